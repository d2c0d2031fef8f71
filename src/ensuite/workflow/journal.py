"""What is on record of one execution, read when it is taken over, written under its fence.

A row that is written here finds the execution held by this claim, or is not written at all.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ensuite.clock import Clock
from ensuite.data.changes import Rider
from ensuite.data.records import Records
from ensuite.data.statements import Guard, arranged, flight
from ensuite.storage.database import Transaction
from ensuite.workflow import executions, tasks
from ensuite.workflow.deletion import delete_executions
from ensuite.workflow.executions import Claim, outcome_of
from ensuite.workflow.interpreter import Ended
from ensuite.workflow.outcome import NOTHING, EndReason, Retrying, Status, Waiting
from ensuite.workflow.progress import Progress
from ensuite.workflow.step import StepRecords

FOREVER = timedelta(days=36_500)
"""For what only somebody's answer makes ready again."""

MAX_JOBS_IN_FLIGHT = 16
"""Job rows that one statement writes; each number of them is a statement of its own."""


class LeaseLost(Exception):
    """Another process holds this execution now, or it was cancelled: nothing was written."""


@dataclass
class Journal:
    """The rows of one execution.

    What writes raises `LeaseLost`, or `DatabaseUnavailable` and `OSError` where the database is
    gone or its disk is full; then nothing of it was written.
    """

    claim: Claim
    progress: Progress
    records: Callable[[], Records]
    clock: Clock
    next_id: Callable[[], int]
    passing: Collection[int] = ()
    """The statuses with which an execution is not kept: it is deleted as it ends."""
    begun: dict[str, datetime] = field(default_factory=dict[str, datetime])
    """When the turns began that were under way when the journal was read."""
    attempts: dict[str, int] = field(default_factory=dict[str, int])
    """Which attempt of a node comes next, where it is not the first."""
    # Those that are not committed yet.
    _jobs: list[Rider] = field(default_factory=list[Rider])

    async def read(self) -> None:
        """Go on from what is on record."""
        rows = await self.records().database.fetch(executions.JOURNAL, self.claim.id)
        for row in rows:
            key, outcome = row["node_key"], outcome_of(row)
            again = isinstance(outcome, Retrying)
            self.attempts[key] = row["attempt"] + again
            if row["status"] == Status.STARTED:
                self.begun[key] = row["started_at"]
            if outcome is not None:
                self.progress.note(key, outcome)
        # What a caller was told is told; whoever goes on with an execution has no caller.
        self.progress.messages.clear()

    def add(self, job: Rider) -> None:
        """Write a job with the next commit."""
        self._jobs.append(job)

    async def commit(self, guard: Guard = executions.CONTINUE, values: Sequence[Any] = ()) -> None:
        """Write the jobs that wait for it, and the execution's own row as the guard says."""
        commit = self.records().commit
        jobs, self._jobs = self._jobs, []
        while len(jobs) > MAX_JOBS_IN_FLIGHT:
            part, jobs = jobs[:MAX_JOBS_IN_FLIGHT], jobs[MAX_JOBS_IN_FLIGHT:]
            if not await commit([], part, executions.CONTINUE, self._fence):
                raise LeaseLost
        if not await commit([], jobs, guard, [*self._fence, *values]):
            raise LeaseLost

    async def commit_step(self, step: StepRecords, job: Rider, end: Ended | None) -> bool:
        """Write what a step wrote with its job; whether the end that it leads to is written too."""
        if len(self._jobs) >= MAX_JOBS_IN_FLIGHT:
            await self.commit()
        riders = [*self._jobs, job]
        ends = end is not None and end.status not in self.passing
        guard, values = (
            (executions.END, self._ending(end)) if end and ends else (executions.CONTINUE, [])
        )
        if step.tx is not None:
            await self._write_in(step.tx, riders, guard, values)
            await step.commit()
        else:
            planned = [step.planned] if step.planned else []
            values = [*self._fence, *values]
            if not await self.records().commit(planned, riders, guard, values):
                raise LeaseLost
        self._jobs.clear()
        return ends

    async def park(
        self, waiting: Waiting | Retrying, key: str, deadline: datetime | None
    ) -> datetime:
        """Let go of the execution until it is due, and say when that is.

        With the tasks that its node puts before people: both at once, or neither.
        """
        now = self.clock.now()
        until = waiting.until
        ready_at = min(each for each in (until, deadline, now + FOREVER) if each is not None)
        parking = [ready_at, None, Status.STARTED]
        if not (isinstance(waiting, Waiting) and waiting.tasks):
            await self.commit(executions.PARK, parking)
            return ready_at
        asks_forever = until is None and deadline is None
        riders, self._jobs = self._jobs[-MAX_JOBS_IN_FLIGHT:], self._jobs[:-MAX_JOBS_IN_FLIGHT]
        if self._jobs:
            await self.commit()
        async with self.records().database.transaction() as tx:
            await self._write_in(tx, riders, executions.PARK, parking)
            await tasks.ask(
                tx,
                self.claim,
                key,
                waiting.tasks,
                ids=self.next_id,
                now=now,
                expires_at=None if asks_forever else ready_at,
            )
        return ready_at

    async def withdraw(self, key: str) -> None:
        """End the tasks of a node that are still open: it goes on without them."""
        fenced = (*self._fence, key, self.clock.now())
        row = await self.records().database.fetchrow(tasks.WITHDRAW, *fenced)
        if row is None or not row[0]:
            raise LeaseLost

    async def end(self, end: Ended) -> None:
        """Write the end of the execution."""
        if end.status not in self.passing:
            await self.commit(executions.END, self._ending(end))
            return
        # In one transaction: a process that dies before it leaves the execution to be ended again.
        self._jobs.clear()
        async with self.records().database.transaction() as tx:
            await self._write_in(tx, (), executions.END, self._ending(end))
            _ = await delete_executions(tx, [self.claim.id])

    async def break_off(self, status: Status, reason: EndReason) -> Ended:
        """Write that it ends here, whatever was under way."""
        if self._jobs:
            await self.commit()
        end = Ended(status)
        async with self.records().database.transaction() as tx:
            await self._write_in(tx, (), executions.END, self._ending(end, reason))
            if status in self.passing:
                _ = await delete_executions(tx, [self.claim.id])
            else:
                _ = await tx.execute(executions.ABORT_JOBS, [self.claim.id], self.clock.now())
        return end

    @property
    def _fence(self) -> list[Any]:
        return [self.claim.id, self.claim.fence]

    async def _write_in(
        self, tx: Transaction, riders: Sequence[Rider], guard: Guard, values: Sequence[Any]
    ) -> None:
        sql, order = flight(tuple(rider.table for rider in riders), guard)
        flat = [*self._fence, *values, *(value for rider in riders for value in rider.values)]
        if not await tx.fetchval(sql, *arranged(order, flat)):
            raise LeaseLost

    def _ending(self, end: Ended, reason: EndReason | None = None) -> list[Any]:
        output = self.progress.output
        encoded = None if output is NOTHING else msgspec.json.encode(output).decode()
        return [end.status, reason, encoded, None, self.clock.now()]
