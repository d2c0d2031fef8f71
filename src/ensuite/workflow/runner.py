"""Running one execution: asks the interpreter what comes next, does it, and commits.

The decisions are `interpreter.advance`'s; here are the effects.  Jobs of nodes that write nothing
are not committed alone: they ride in the next commit, and a crash before it only repeats them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from ensuite.clock import Clock, TimeIsUp, sleep_until, within
from ensuite.data.changes import Operation, Rider
from ensuite.data.records import Records
from ensuite.errors import DatabaseUnavailable, EnsuiteError
from ensuite.ids import JobId
from ensuite.storage.lanes import TooManyWaitingWrites
from ensuite.storage.sqlstates import is_contention, translated
from ensuite.tracing import Tracer
from ensuite.workflow.bindings import Workflow
from ensuite.workflow.executions import Claim, Link, attempt_rider, job_rider
from ensuite.workflow.graph import PlacedNode
from ensuite.workflow.interpreter import Ended, Waits, advance
from ensuite.workflow.journal import Journal, LeaseLost
from ensuite.workflow.measures import Measures
from ensuite.workflow.node import Http, Node
from ensuite.workflow.outcome import EndReason, Failed, Outcome, Retrying, Status, Waiting
from ensuite.workflow.progress import Progress
from ensuite.workflow.scope import system_scope
from ensuite.workflow.step import StepRecords, Turn
from ensuite.workflow.traced import traced

log = structlog.get_logger(__name__)

MAX_GIVEN_WAY = 10
"""How often an execution's turns are had again, because of deadlocks, before that is a failure."""

SHORT_PAUSE = timedelta(seconds=5)
"""A caller waits for a pause between two attempts that is no longer; a longer one ends its wait."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How far an execution came: its status, and what a waiting caller is told."""

    status: Status
    messages: tuple[str, ...] = ()
    by_end_node: bool = False
    until: datetime | None = None
    """When an execution that waits is due again."""


@dataclass(frozen=True, slots=True)
class Means:
    """What every execution of a process runs with."""

    records: Callable[[], Records]
    """The records of the current snapshot: a step that starts later sees a newer schema."""
    http: Http
    clock: Clock
    next_id: Callable[[], int]
    started: Callable[[Sequence[Rider]], None]
    """Told of the rows that rode along with what a step wrote: executions may be among them."""
    measures: Measures = field(default_factory=Measures)
    tracer: Tracer | None = None
    """Makes the spans of executions; None: nobody traces."""


def failed_by(error: Exception, **about: Any) -> Failed:
    """What a turn comes to that ended with an exception; one that nobody expected is logged."""
    explained = error if isinstance(error, EnsuiteError) else translated(error)
    if explained is None:
        log.warning("node.raised", exc_info=error, **about)
    message = explained.message if explained else f"{type(error).__name__}: {error}"
    return Failed(message, Status.ERROR, {"message": message})


def _is_not_of_the_node(error: Exception) -> bool:
    """Whether the turn has not failed but could not be had: it is had again later."""
    ours = isinstance(error, (LeaseLost, DatabaseUnavailable, TooManyWaitingWrites))
    return ours or isinstance(translated(error), DatabaseUnavailable)


class Run:
    """One execution, from its claim to its end, its next wait, or the loss of its lease."""

    def __init__(self, means: Means, claim: Claim, workflow: Workflow, *, caller: bool) -> None:
        self._means = means
        self._claim = claim
        self._workflow = workflow
        self._caller = caller
        self._progress = Progress()
        self._journal = Journal(
            claim,
            self._progress,
            means.records,
            means.clock,
            means.next_id,
            workflow.options.delete_execution_on_status,
        )
        self._given_way = 0
        self._trace = traced(means.http, claim, means.tracer, caller=caller)
        self._scope = self._progress.scope(
            msgspec.json.decode(claim.context), system_scope(means.clock, means.next_id)
        )
        limit = workflow.options.time_limit
        self._deadline = None if limit is None else claim.started_at + limit

    async def to_rest(self) -> Ran:
        """Run until it ends or waits.

        Raises:
            LeaseLost: the execution is somebody else's now.
            DatabaseUnavailable, OSError: the database is gone, or its disk is full; the execution
                goes on when the lease has run out.

        """
        try:
            ran = await self._to_rest()
        except BaseException as error:
            self._trace.break_off(error)
            raise
        self._trace.rest(ran.status, refused=ran.by_end_node)
        return ran

    async def _to_rest(self) -> Ran:
        if not self._claim.fresh:
            await self._journal.read()
        while True:
            now = self._means.clock.now()
            if self._deadline is not None and now >= self._deadline:
                ended = await self._journal.break_off(Status.ABORTED, EndReason.TIMEOUT)
                return self._ended(ended)
            state = advance(self._workflow.graph.sequence, self._progress.journal)
            if isinstance(state, Ended):
                await self._journal.end(state)
                return self._ended(state)
            if isinstance(state, Waits):
                waiting, until = state.waiting, state.waiting.until
                decided = isinstance(waiting, Waiting) and waiting.decided is not None
                if not decided and (until is None or until > now):
                    if not self._may_stay(waiting, now):
                        until = await self._journal.park(waiting, state.node.key, self._deadline)
                        return Ran(Status.STARTED, tuple(self._progress.messages), until=until)
                    # What led here is on record while the caller waits.
                    await self._journal.commit()
                    await sleep_until(self._means.clock, until or now)
                    continue
                ended = await self._turn(state.node, state.waiting)
            else:
                ended = await self._turn(state.node)
            if ended is not None:
                return ended

    def _may_stay(self, waiting: Waiting | Retrying, now: datetime) -> bool:
        """Whether the next attempt is so near that the caller may wait for it."""
        return self._caller and isinstance(waiting, Retrying) and waiting.until - now <= SHORT_PAUSE

    async def _turn(
        self, placed: PlacedNode, waited: Waiting | Retrying | None = None
    ) -> Ran | None:
        """Let one node have its turn; gives the end where this was it and is committed."""
        outcomes, attempt = self._progress.journal, self._journal.attempts.get(placed.key, 1)
        before = outcomes.get(placed.key)
        self._trace.begin_step(placed, attempt)
        try:
            return await self._step(placed, waited, attempt)
        except BaseException as error:
            self._trace.fail_step(error)
            raise
        finally:
            outcome = outcomes.get(placed.key)
            self._trace.end_step(None if outcome is before else outcome)

    async def _step(
        self, placed: PlacedNode, waited: Waiting | Retrying | None, attempt: int
    ) -> Ran | None:
        resumed = waited if isinstance(waited, Waiting) else None
        started_at = self._journal.begun.get(placed.key) or self._means.clock.now()
        calls_out = placed.node is not None and placed.node.calls_out
        if calls_out:
            await self._announce(placed, attempt, started_at)
        records = StepRecords(self._means.records(), self._operation(placed), self._means.clock)

        def as_job(outcome: Outcome) -> Rider:
            return job_rider(
                JobId(self._means.next_id()),
                self._claim,
                placed.id,
                placed.key,
                outcome,
                attempt=attempt,
                known=calls_out or resumed is not None,
                started_at=started_at,
                finished_at=self._means.clock.now(),
            )

        try:
            outcome = self._judged(placed, attempt, await self._outcome(placed, resumed, records))
            job = as_job(outcome)
            if records.wrote and not isinstance(outcome, (Failed, Retrying)):
                return await self._commit_step(placed, records, job, outcome)
        except TimeIsUp:
            # Not the step's time, but the execution's: the loop ends it.
            await records.roll_back()
            return None
        except Exception as error:  # noqa: BLE001 - the step is one of the two edges
            await records.roll_back()
            failed = self._failed(error, placed)
            if failed is None:
                return None
            outcome = self._judged(placed, attempt, failed)
            job = as_job(outcome)
        except BaseException:
            await records.roll_back()
            raise
        else:
            await records.roll_back()
        self._journal.add(job)
        self._progress.note(placed.key, outcome)
        if isinstance(outcome, Retrying):
            self._journal.attempts[placed.key] = attempt + 1
            _ = self._journal.begun.pop(placed.key, None)
        return None

    def _failed(self, error: Exception, placed: PlacedNode) -> Failed | None:
        """How a turn failed; None: it only lost against another transaction, and is had again.

        Raises the error itself where the turn has not failed but could not be had.
        """
        if _is_not_of_the_node(error):
            raise error
        calls_out = placed.node is not None and placed.node.calls_out
        if is_contention(error) and not calls_out and self._given_way < MAX_GIVEN_WAY:
            self._given_way += 1
            return None
        self._trace.fail_step(error)
        return failed_by(error, execution=self._claim.id, node=placed.key)

    def _judged(self, placed: PlacedNode, attempt: int, outcome: Outcome) -> Outcome:
        """What a turn came to; a failure that leaves another attempt is none yet."""
        if not isinstance(outcome, Failed) or placed.node is None:
            return outcome
        policy = placed.node.on_failure
        if not policy.retries(attempt, outcome):
            return outcome
        self._means.measures.retries += 1
        pause = policy.pause(attempt, outcome, self._key(placed))
        return Retrying(self._means.clock.now() + pause, outcome)

    def _operation(self, placed: PlacedNode) -> Operation:
        """What the step writes, it writes as one operation, which other workflows hear of."""
        claim = self._claim
        return Operation(
            self._means.next_id(),
            "workflow",
            origin="workflow",
            execution_id=claim.id,
            traceparent=self._trace.traceparent,
            chain=(*claim.stack, Link(claim.id, claim.key, placed.key)),
        )

    def _key(self, placed: PlacedNode) -> str:
        """The step's idempotency key: the same for every attempt."""
        return f"{self._claim.id}/{placed.key}/0"

    async def _outcome(
        self, placed: PlacedNode, waited: Waiting | None, records: StepRecords
    ) -> Outcome:
        node = placed.node
        if node is None:
            return Failed(placed.problem, Status.ERROR, permanent=True)
        turn = Turn(
            key=self._key(placed),
            waits_for_caller=self._caller,
            clock=self._means.clock,
            records=records,
            http=self._trace.http,
            scope=self._scope,
        )
        work = self._means.measures.timed(node.type, self._worked(placed, node, turn, waited))
        milliseconds = node.on_failure.timeout
        if not milliseconds and self._deadline is None:
            return await work
        clock = self._means.clock
        own = clock.now() + timedelta(milliseconds=milliseconds) if milliseconds else None
        limits = [each for each in (own, self._deadline) if each is not None]
        try:
            return await within(clock, min(limits), work)
        except TimeIsUp:
            if self._deadline is not None and clock.now() >= self._deadline:
                raise
            said = f"The step took longer than {milliseconds} ms"
            return Failed(said, Status.ABORTED, {"message": said})

    async def _worked(
        self, placed: PlacedNode, node: Node, turn: Turn, waited: Waiting | None
    ) -> Outcome:
        if waited is None:
            return await node.run(turn)
        if node.asks:
            await self._journal.withdraw(placed.key)
        if waited.decided is not None:
            return await node.decided(turn, waited.decided, waited.value)
        return await node.resume(turn, waited.value)

    async def _announce(self, placed: PlacedNode, attempt: int, started_at: datetime) -> None:
        """Put an outgoing call on record before it is made, with the jobs that led to it."""
        job_id = JobId(self._means.next_id())
        self._journal.add(
            attempt_rider(
                job_id,
                self._claim,
                placed.id,
                placed.key,
                attempt=attempt,
                started_at=started_at,
            )
        )
        await self._journal.commit()

    async def _commit_step(
        self, placed: PlacedNode, records: StepRecords, job: Rider, outcome: Outcome
    ) -> Ran | None:
        """Commit what a step wrote with its job, and with the end where nothing is left to do."""
        journal = {**self._progress.journal, placed.key: outcome}
        state = advance(self._workflow.graph.sequence, journal)
        end = state if isinstance(state, Ended) else None
        is_over = await self._journal.commit_step(records, job, end)
        self._means.started(records.riders)
        self._progress.note(placed.key, outcome)
        return self._ended(end) if end and is_over else None

    def _ended(self, end: Ended) -> Ran:
        return Ran(end.status, tuple(self._progress.messages), end.by_end_node)
