"""An execution's part in a trace: the spans of its turns and steps, and what its calls are told.

A turn here is what one process does of an execution at a stretch, until it ends or waits.
"""

from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from ensuite.tracing import Kind, Span, Tracer, Value, child
from ensuite.workflow.executions import Claim, as_job
from ensuite.workflow.graph import PlacedNode
from ensuite.workflow.node import Http, HttpAnswer
from ensuite.workflow.outcome import Outcome, Status

HEADER = "traceparent"

INTERRUPTED = "interrupted"
"""The status of an execution that was stopped from outside: its row says what became of it."""

TROUBLE = frozenset({Status.ERROR, Status.ABORTED, Status.RETRY_NEEDED})
"""What a step has come to that could not be carried out; else it may have said no on purpose."""


class Trace:
    """The trace of an execution as it is without spans: its calls go on with what it was given."""

    def __init__(self, http: Http, traceparent: str | None) -> None:
        self.http = http
        if traceparent is not None:
            self.http = TracedHttp(http, lambda: child(traceparent))
        self.traceparent = traceparent
        """What the executions are parts of that a step starts."""

    def begin_step(self, placed: PlacedNode, attempt: int) -> None:
        """A node has its turn."""

    def fail_step(self, error: BaseException) -> None:
        """An error was raised in it."""

    def end_step(self, outcome: Outcome | None) -> None:
        """It is over, and came to this; None: to nothing that counts."""

    def rest(self, status: Status, *, refused: bool) -> None:
        """The execution has ended or waits; `refused`: it ended as its workflow wanted it to."""

    def break_off(self, error: BaseException) -> None:
        """The execution is somebody else's now, or goes on later."""


class Spans(Trace):
    """The spans of one turn of an execution and of its steps."""

    def __init__(self, http: Http, claim: Claim, tracer: Tracer, kind: Kind) -> None:
        super().__init__(http, None)
        attributes: dict[str, Value] = {
            "ensuite.execution.id": claim.id,
            "ensuite.workflow.key": claim.key,
        }
        self._turn = tracer.begin(f"execute {claim.key}", kind, claim.traceparent, attributes)
        self._step: Span | None = None
        self._error: BaseException | None = None
        self._untraced = http
        self.traceparent = self._turn.traceparent

    def begin_step(self, placed: PlacedNode, attempt: int) -> None:
        attributes: dict[str, Value] = {
            "ensuite.node.type": placed.type,
            "ensuite.node.key": placed.key,
            "ensuite.job.attempt": attempt,
        }
        self._step = self._turn.child(f"step {placed.type}", attributes)
        self.traceparent = own = self._step.traceparent
        self.http = TracedHttp(self._untraced, lambda: own)

    def fail_step(self, error: BaseException) -> None:
        # Who is stopped from outside has not failed.
        self._error = None if isinstance(error, CancelledError) else error

    def end_step(self, outcome: Outcome | None) -> None:
        step, error, reason = self._step, self._error, None
        assert step is not None, "a step ends that has begun"
        if outcome is not None:
            status, _, _, reason = as_job(outcome)
            step.set({"ensuite.job.status": named(status)})
            if status in TROUBLE:
                reason = reason or named(status)
        if error is not None or reason is not None:
            step.fail(reason or "", error)
        step.end()
        self._step, self._error, self.traceparent = None, None, self._turn.traceparent

    def rest(self, status: Status, *, refused: bool) -> None:
        self._turn.set({"ensuite.execution.status": named(status)})
        if status < 0 and not refused:
            self._turn.fail(named(status))
        self._turn.end()

    def break_off(self, error: BaseException) -> None:
        if isinstance(error, CancelledError):
            self._turn.set({"ensuite.execution.status": INTERRUPTED})
        else:
            self._turn.fail(error=error)
        self._turn.end()


def named(status: Status) -> str:
    """A status in a word; what has not ended when its turn is over waits."""
    return "waiting" if status is Status.STARTED else status.name.lower()


@dataclass(frozen=True, slots=True)
class TracedHttp:
    """Says with each call which part of a trace makes it, unless the node says that itself."""

    http: Http
    caller: Callable[[], str]

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
            headers={HEADER: self.caller(), **headers},
            params=params,
            content=content,
            timeout_seconds=timeout_seconds,
        )


def traced(http: Http, claim: Claim, tracer: Tracer | None, *, caller: bool) -> Trace:
    """The trace of an execution that begins a turn; `caller`: a request waits for it."""
    if tracer is None:
        return Trace(http, claim.traceparent)
    return Spans(http, claim, tracer, "internal" if caller else "consumer")
