"""Running one execution: asks the interpreter what comes next, does it, and commits.

The decisions are `interpreter.advance`'s; here are the effects.  Jobs of nodes that write nothing
are not committed alone: they ride in the next commit, and a crash before it only repeats them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from ensuite.clock import Clock
from ensuite.data.changes import Operation, Rider
from ensuite.data.records import Records
from ensuite.data.statements import Guard, arranged, flight
from ensuite.errors import DatabaseUnavailable, EnsuiteError
from ensuite.ids import JobId
from ensuite.storage.lanes import TooManyWaitingWrites
from ensuite.storage.sqlstates import translated
from ensuite.workflow import executions
from ensuite.workflow.bindings import Workflow
from ensuite.workflow.executions import Claim, attempt_rider, job_rider, outcome_of
from ensuite.workflow.graph import PlacedNode
from ensuite.workflow.interpreter import Ended, Waits, advance
from ensuite.workflow.node import Http
from ensuite.workflow.outcome import NOTHING, Failed, Outcome, Status, Waiting
from ensuite.workflow.progress import Progress
from ensuite.workflow.scope import system_scope
from ensuite.workflow.step import StepRecords, Turn

log = structlog.get_logger(__name__)

FOREVER = timedelta(days=36_500)
"""For what only somebody's answer makes ready again."""

MAX_JOBS_IN_FLIGHT = 16
"""Job rows that one statement writes; each number of them is a statement of its own."""


class LeaseLost(Exception):
    """Another process holds this execution now, or it was cancelled: nothing was written."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How far an execution came: its status, and what a waiting caller is told."""

    status: Status
    messages: tuple[str, ...] = ()
    by_end_node: bool = False


@dataclass(frozen=True, slots=True)
class Means:
    """What every execution of a process runs with."""

    records: Callable[[], Records]
    """The records of the current snapshot: a step that starts later sees a newer schema."""
    http: Http
    clock: Clock
    next_id: Callable[[], int]


def failed_by(error: Exception, **about: Any) -> Failed:
    """What a turn comes to that ended with an exception; one that nobody expected is logged."""
    explained = error if isinstance(error, EnsuiteError) else translated(error)
    if explained is None:
        log.warning("node.raised", exc_info=error, **about)
    message = explained.message if explained else f"{type(error).__name__}: {error}"
    return Failed(message, Status.ERROR, {"message": message})


class Run:
    """One execution, from its claim to its end, its next wait, or the loss of its lease."""

    def __init__(self, means: Means, claim: Claim, workflow: Workflow, *, caller: bool) -> None:
        self._means = means
        self._claim = claim
        self._workflow = workflow
        self._caller = caller
        self._progress = Progress()
        # Those that are not committed yet.
        self._jobs: list[Rider] = []
        # When the turns began that were under way when the journal was read.
        self._begun: dict[str, datetime] = {}
        self._operation = Operation(
            means.next_id(), "workflow", origin="workflow", execution_id=claim.id
        )
        self._scope = self._progress.scope(
            msgspec.json.decode(claim.context), system_scope(means.clock, means.next_id)
        )
        timeout = workflow.timeout_seconds
        self._deadline = None if timeout is None else claim.started_at + timedelta(seconds=timeout)

    async def to_rest(self) -> Ran:
        """Run until it ends or waits.

        Raises:
            LeaseLost: the execution is somebody else's now.
            DatabaseUnavailable, OSError: the database is gone, or its disk is full; the execution
                goes on when the lease has run out.

        """
        if not self._claim.fresh:
            await self._read_journal()
        while True:
            now = self._means.clock.now()
            if self._deadline is not None and now >= self._deadline:
                return await self._time_out(now)
            state = advance(self._workflow.graph.sequence, self._progress.journal)
            if isinstance(state, Ended):
                return await self._end(state)
            if isinstance(state, Waits):
                until = state.waiting.until
                if until is None or until > now:
                    return await self._park(until, now)
                ended = await self._turn(state.node, state.waiting)
            else:
                ended = await self._turn(state.node)
            if ended is not None:
                return ended

    async def _read_journal(self) -> None:
        rows = await self._means.records().database.fetch(executions.JOURNAL, self._claim.id)
        for row in rows:
            outcome = outcome_of(row)
            if row["status"] == Status.STARTED:
                self._begun[row["node_key"]] = row["started_at"]
            if outcome is not None:
                self._progress.note(row["node_key"], outcome)
        # What a caller was told is told; whoever goes on with an execution has no caller.
        self._progress.messages.clear()

    async def _turn(self, placed: PlacedNode, waited: Waiting | None = None) -> Ran | None:
        """Let one node have its turn; gives the end where this was it and is committed."""
        started_at = self._begun.get(placed.key) or self._means.clock.now()
        calls_out = placed.node is not None and placed.node.calls_out
        if calls_out:
            await self._announce(placed, started_at)
        records = StepRecords(self._means.records(), self._operation, self._means.clock)

        def as_job(outcome: Outcome) -> Rider:
            return job_rider(
                JobId(self._means.next_id()),
                self._claim,
                placed.id,
                placed.key,
                outcome,
                known=calls_out or waited is not None,
                started_at=started_at,
                finished_at=self._means.clock.now(),
            )

        try:
            outcome = await self._outcome(placed, waited, records)
            job = as_job(outcome)
            if records.wrote and not isinstance(outcome, Failed):
                return await self._commit_step(placed, records, job, outcome)
        except Exception as error:
            await records.roll_back()
            if isinstance(error, (LeaseLost, DatabaseUnavailable, TooManyWaitingWrites)):
                raise
            if isinstance(translated(error), DatabaseUnavailable):
                raise
            outcome = failed_by(error, execution=self._claim.id, node=placed.key)
            job = as_job(outcome)
        except BaseException:
            await records.roll_back()
            raise
        else:
            await records.roll_back()
        self._jobs.append(job)
        self._progress.note(placed.key, outcome)
        return None

    async def _outcome(
        self, placed: PlacedNode, waited: Waiting | None, records: StepRecords
    ) -> Outcome:
        if placed.node is None:
            return Failed(placed.problem, Status.ERROR)
        turn = Turn(
            key=f"{self._claim.id}/{placed.key}/0",
            waits_for_caller=self._caller,
            clock=self._means.clock,
            records=records,
            http=self._means.http,
            scope=self._scope,
        )
        if waited is not None:
            return await placed.node.resume(turn, waited.value)
        return await placed.node.run(turn)

    async def _announce(self, placed: PlacedNode, started_at: datetime) -> None:
        """Put an outgoing call on record before it is made, with the jobs that led to it."""
        job_id = JobId(self._means.next_id())
        self._jobs.append(
            attempt_rider(job_id, self._claim, placed.id, placed.key, started_at=started_at)
        )
        await self._commit(executions.CONTINUE, [self._lease_end()])

    async def _commit_step(
        self, placed: PlacedNode, records: StepRecords, job: Rider, outcome: Outcome
    ) -> Ran | None:
        """Commit what a step wrote with its job, and with the end where nothing is left to do."""
        progress = self._progress
        if len(self._jobs) >= MAX_JOBS_IN_FLIGHT:
            await self._commit(executions.CONTINUE, [self._lease_end()])
        state = advance(self._workflow.graph.sequence, {**progress.journal, placed.key: outcome})
        riders = [*self._jobs, job]
        if isinstance(state, Ended):
            guard, values = executions.END, self._ending(state)
        else:
            guard, values = executions.CONTINUE, [self._lease_end()]
        fenced = [self._claim.id, self._claim.fence, *values]
        if records.tx is not None:
            sql, order = flight(tuple(rider.table for rider in riders), guard)
            flat = [*fenced, *(value for rider in riders for value in rider.values)]
            if not await records.tx.fetchval(sql, *arranged(order, flat)):
                raise LeaseLost
            await records.commit()
        else:
            planned = [records.planned] if records.planned else []
            if not await self._means.records().commit(planned, riders, guard, fenced):
                raise LeaseLost
        self._jobs.clear()
        progress.note(placed.key, outcome)
        return self._ran(state) if isinstance(state, Ended) else None

    async def _commit(self, guard: Guard, values: Sequence[Any]) -> None:
        """Write the jobs that wait for a commit, and the execution's own row."""
        commit = self._means.records().commit
        fence = [self._claim.id, self._claim.fence]
        jobs, self._jobs = self._jobs, []
        while len(jobs) > MAX_JOBS_IN_FLIGHT:
            part, jobs = jobs[:MAX_JOBS_IN_FLIGHT], jobs[MAX_JOBS_IN_FLIGHT:]
            if not await commit([], part, executions.CONTINUE, [*fence, self._lease_end()]):
                raise LeaseLost
        if not await commit([], jobs, guard, [*fence, *values]):
            raise LeaseLost

    def _lease_end(self) -> datetime:
        return self._means.clock.now() + executions.LEASE

    async def _park(self, until: datetime | None, now: datetime) -> Ran:
        ready_at = until or now + FOREVER
        if self._deadline is not None:
            ready_at = min(ready_at, self._deadline)
        await self._commit(executions.PARK, [ready_at, None, Status.STARTED])
        return Ran(Status.STARTED, tuple(self._progress.messages))

    async def _end(self, state: Ended) -> Ran:
        await self._commit(executions.END, self._ending(state))
        return self._ran(state)

    async def _time_out(self, now: datetime) -> Ran:
        if self._jobs:
            await self._commit(executions.CONTINUE, [self._lease_end()])
        ended = Ended(Status.ABORTED)
        sql, order = flight((), executions.END)
        values = [self._claim.id, self._claim.fence, *self._ending(ended, "timeout")]
        async with self._means.records().database.transaction() as tx:
            if not await tx.fetchval(sql, *arranged(order, values)):
                raise LeaseLost
            _ = await tx.execute(executions.ABORT_JOBS, self._claim.id, now)
        return self._ran(ended)

    def _ending(self, state: Ended, reason: str | None = None) -> list[Any]:
        output = self._progress.output
        encoded = None if output is NOTHING else msgspec.json.encode(output).decode()
        return [state.status, reason, encoded, None, self._means.clock.now()]

    def _ran(self, state: Ended) -> Ran:
        return Ran(state.status, tuple(self._progress.messages), state.by_end_node)
