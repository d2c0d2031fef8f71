"""Spans by OpenTelemetry's SDK, sent to a collector by OTLP over HTTP.

Only imported where `ENSUITE_TRACING` is on, since its packages are an extra.  The SDK keeps ended
spans in a bounded queue, which a thread of its own sends: a collector that is slow or gone costs
spans, and nothing else.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from ensuite import __version__, tracing
from ensuite.errors import EnsuiteError
from ensuite.settings import InvalidSettings
from ensuite.tracing import NOTHING, Kind, Value

log = structlog.get_logger(__name__)

FLUSH_SECONDS = 3
"""For the spans that are left at the end of the process; what is not sent by then is lost."""

COMPLAINT_SECONDS = 60
"""Between two lines in the log about a collector that takes nothing."""

REASON_CHARACTERS = 300
"""Of what a span says about its failure."""

ATTRIBUTE_CHARACTERS = 4_096
"""Of an attribute, where `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT` says nothing else."""

_LENGTH_LIMIT = "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"

_kinds: Mapping[Kind, trace.SpanKind] = {
    "server": trace.SpanKind.SERVER,
    "consumer": trace.SpanKind.CONSUMER,
    "internal": trace.SpanKind.INTERNAL,
}

_flags = {f"{each:02x}": trace.TraceFlags(each) for each in range(256)}

_ROOT = Context()


class OpenSpan:
    """A span of the SDK's, as `ensuite.tracing` wants it."""

    __slots__ = ("_failed", "_span", "_tracer")

    def __init__(self, tracer: trace.Tracer, span: trace.Span) -> None:
        self._tracer = tracer
        self._span = span
        self._failed = False

    @property
    def traceparent(self) -> str:
        """What is told to whom it calls."""
        own = self._span.get_span_context()
        return f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags:02x}"

    def child(self, name: str, attributes: Mapping[str, Value] = NOTHING) -> tracing.Span:
        """Begin a part of it."""
        context = trace.set_span_in_context(self._span, _ROOT)
        span = self._tracer.start_span(name, context, attributes=attributes)
        return OpenSpan(self._tracer, span)

    def rename(self, name: str) -> None:
        """Call it otherwise."""
        if self._span.is_recording():
            self._span.update_name(name)

    def set(self, attributes: Mapping[str, Value]) -> None:
        """Say more about it."""
        if self._span.is_recording():
            self._span.set_attributes(attributes)

    def link(self, traceparent: str) -> None:
        """Say that another trace has to do with it."""
        if self._span.is_recording():
            self._span.add_link(_context_of(traceparent))

    def fail(self, reason: str = "", error: BaseException | None = None) -> None:
        """Say that it failed, unless that is said already.

        Of an error that has a code, the code is told: its message may name values of a record.
        """
        if self._failed or not self._span.is_recording():
            return
        self._failed = True
        if error is not None:
            known = isinstance(error, EnsuiteError)
            kind = error.code if known else type(error).__name__
            self._span.set_attribute("error.type", kind)
            if isinstance(error, Exception) and not known:
                self._span.record_exception(error)
            reason = reason or kind
        self._span.set_status(trace.StatusCode.ERROR, reason[:REASON_CHARACTERS])

    def end(self) -> None:
        """Say that it is over."""
        if self._span.is_recording():
            self._span.end()


class Spans:
    """The tracer of a process."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    def begin(
        self, name: str, kind: Kind, traceparent: str | None, attributes: Mapping[str, Value]
    ) -> tracing.Span:
        """Begin a span as a part of whoever called."""
        context = _ROOT
        if traceparent is not None:
            caller = trace.NonRecordingSpan(_context_of(traceparent))
            context = trace.set_span_in_context(caller, _ROOT)
        span = self._tracer.start_span(name, context, _kinds[kind], attributes)
        return OpenSpan(self._tracer, span)


def _context_of(traceparent: str) -> trace.SpanContext:
    _, trace_id, span_id, flags = traceparent.split("-")
    return trace.SpanContext(
        int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=_flags[flags]
    )


class Complaints(logging.Handler):
    """What OpenTelemetry's packages have to complain of, in our log and no more than once a minute.

    They say something for each batch that is not sent.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._silent_until = float("-inf")
        self._withheld = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Log it, or count it."""
        if monotonic() < self._silent_until:
            self._withheld += 1
            return
        self._silent_until = monotonic() + COMPLAINT_SECONDS
        log.warning("tracing.trouble", says=record.getMessage(), withheld=self._withheld)
        self._withheld = 0


_complaints = Complaints()


class Exporting:
    """Where a process's spans go, from its start to its end."""

    def __init__(self) -> None:
        """Begin to send.

        Raises:
            InvalidSettings: an `OTEL_…` variable has a value that it cannot have.

        """
        logger = logging.getLogger("opentelemetry")
        logger.addHandler(_complaints)
        logger.propagate = False
        try:
            longest = _length_limit()
            self._provider = TracerProvider(
                resource=_resource(),
                shutdown_on_exit=False,
                span_limits=SpanLimits(max_attribute_length=longest),
            )
            self._exporter = OTLPSpanExporter()
            self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        except ValueError as error:
            message = f"an OTEL_ variable is wrong: {error}"
            raise InvalidSettings(message) from error

    @property
    def tracer(self) -> Spans | None:
        """The tracer; None: `OTEL_SDK_DISABLED` says that there is to be none."""
        found = self._provider.get_tracer("ensuite", __version__)
        return None if isinstance(found, trace.NoOpTracer) else Spans(found)

    async def stop(self) -> None:
        """Send what is left, as far as the collector takes it in time."""
        loop, sent = asyncio.get_running_loop(), asyncio.Event()

        def send() -> None:
            self._provider.shutdown()
            with suppress(RuntimeError):  # The loop is closed: nobody has waited so long.
                loop.call_soon_threadsafe(sent.set)

        # Not one of the loop's own threads, which the end of the process would wait for.
        threading.Thread(target=send, name="last-spans", daemon=True).start()
        try:
            async with asyncio.timeout(FLUSH_SECONDS):
                _ = await sent.wait()
        except TimeoutError:
            log.warning("tracing.spans_lost")
            self._exporter.shutdown()


def _length_limit() -> int:
    given = os.environ.get(_LENGTH_LIMIT) or str(ATTRIBUTE_CHARACTERS)
    if not given.isdecimal():
        message = f"{_LENGTH_LIMIT} is a number of characters"
        raise ValueError(message)
    return int(given)


def _resource() -> Resource:
    """What the spans are from: us, unless the variables say otherwise."""
    ours = Resource({"service.name": "ensuite", "service.version": __version__})
    return Resource.create(ours.merge(OTELResourceDetector().detect()).attributes)
