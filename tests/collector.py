"""A collector on the loopback: it takes spans by OTLP over HTTP and keeps them."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1 import trace_pb2


@dataclass(frozen=True)
class Received:
    """One span, as the collector got it."""

    name: str
    kind: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]
    failure: str | None
    """None: it has not failed."""
    exceptions: list[str]
    """The types of those that it tells of."""
    links: list[str]
    """The traces that it names."""
    of: dict[str, Any]
    """What it is from."""


@dataclass
class Collector:
    """Where the spans go."""

    url: str = ""
    spans: list[Received] = field(default_factory=list[Received])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def take(self, content: bytes) -> None:
        for group in ExportTraceServiceRequest.FromString(content).resource_spans:
            of = _named(group.resource.attributes)
            for scope in group.scope_spans:
                self.spans += [_received(span, of) for span in scope.spans]


def _received(span: trace_pb2.Span, of: dict[str, Any]) -> Received:
    return Received(
        name=span.name,
        kind=trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        attributes=_named(span.attributes),
        failure=span.status.message
        if span.status.code == trace_pb2.Status.STATUS_CODE_ERROR
        else None,
        exceptions=[_named(event.attributes)["exception.type"] for event in span.events],
        links=[link.trace_id.hex() for link in span.links],
        of=of,
    )


def _named(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


@contextmanager
def collecting() -> Generator[Collector]:
    """A collector that runs for as long as the block takes."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.headers.append(dict(self.headers.items()))
            collector.take(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
            """Say nothing: the tests look at what came."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
