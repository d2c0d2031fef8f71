"""Outgoing calls that go on with the trace of their execution."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass

from ensuite.tracing import child
from ensuite.workflow.node import Http, HttpAnswer

HEADER = "traceparent"


def traced(http: Http, traceparent: str | None) -> Http:
    """The port for outgoing calls of an execution that may be part of a trace."""
    return http if traceparent is None else TracedHttp(http, traceparent)


@dataclass(frozen=True, slots=True)
class TracedHttp:
    """Sends each call as a part of its own, unless the node says which."""

    http: Http
    traceparent: str

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        params: Sequence[tuple[str, str]],
        content: bytes | None,
        timeout_seconds: float,
    ) -> Awaitable[HttpAnswer]:
        """Send one request, as `Http` says."""
        return self.http.request(
            method,
            url,
            headers={HEADER: child(self.traceparent), **headers},
            params=params,
            content=content,
            timeout_seconds=timeout_seconds,
        )
