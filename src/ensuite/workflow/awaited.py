"""Waiting for executions to end, whichever process runs them: one watch for all who wait.

What this process ends it hears of at once; for the rest, one statement every 250 ms asks after
all that is waited for.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from ensuite.ids import ExecutionId
from ensuite.storage.database import Database
from ensuite.storage.sqlstates import DATABASE_TROUBLE
from ensuite.workflow.outcome import Status

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.25
MAX_WAITERS = 1_000
"""Calls of one process that wait at a time; further ones are answered without waiting."""

MAX_AWAITED = 10_000
"""Executions that they wait for together."""

DELETED = "deleted"
"""In place of a state: the execution has ended, and its workflow does not keep it."""

RESTING = frozenset({"succeeded", "failed", "skipped", DELETED})

# Whoever waits for a time or an answer holds no lease, and has a job that says so.
_STATES = """
SELECT e.id, e.status, e.lease_owner IS NULL AND EXISTS (
    SELECT 1 FROM ensuite.jobs j WHERE j.execution_id = e.id AND j.status = 0
) AS parked
FROM ensuite.executions e WHERE e.id = ANY($1::bigint[])
"""


async def states_of(database: Database, ids: Sequence[int]) -> dict[int, str]:
    """How far executions are: `queued`, `waiting`, `succeeded`, `failed`, `skipped`, `deleted`."""
    rows = await database.fetch(_STATES, ids)
    states = {row["id"]: state_of(row["status"], parked=row["parked"]) for row in rows}
    return {each: states.get(each, DELETED) for each in ids}


def state_of(status: int | None, *, parked: bool) -> str:
    """What a status says to whoever started the execution."""
    if status is None or status == Status.STARTED:
        return "waiting" if parked and status is not None else "queued"
    if status == Status.CANCELED:
        return "skipped"
    return "succeeded" if status == Status.RESOLVED else "failed"


@dataclass(eq=False, slots=True)
class _Waiter:
    pending: set[int]
    states: dict[int, str] = field(default_factory=dict[int, str])
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def hears(self, execution_id: int, state: str) -> None:
        self.states[execution_id] = state
        if state in RESTING:
            self.pending.discard(execution_id)
            if not self.pending:
                self.done.set()


class Awaited:
    """The executions that callers of this process wait for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_id: dict[int, list[_Waiter]] = {}
        self._waiters = 0
        self._task: asyncio.Task[None] | None = None

    def has_room_for(self, count: int) -> bool:
        """Whether one more caller may wait for so many executions."""
        return self._waiters < MAX_WAITERS and len(self._by_id) + count <= MAX_AWAITED

    async def ended(self, ids: Iterable[int], seconds: float) -> dict[int, str]:
        """The states of executions when all have ended, or after so many seconds.

        What nothing is known of is left out.
        """
        waiter = _Waiter(set(ids))
        self._waiters += 1
        for each in waiter.pending:
            self._by_id.setdefault(each, []).append(waiter)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch(), name="awaited-executions")
        waited = list(waiter.pending)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    _ = await waiter.done.wait()
        finally:
            self._waiters -= 1
            for each in waited:
                self._let_go(each, waiter)
        return waiter.states

    def _let_go(self, execution_id: int, waiter: _Waiter) -> None:
        others = [each for each in self._by_id[execution_id] if each is not waiter]
        if others:
            self._by_id[execution_id] = others
        else:
            del self._by_id[execution_id]

    def rested(self, execution_id: ExecutionId, status: Status) -> None:
        """Hear from this process' dispatcher that an execution has ended, or waits."""
        for waiter in self._by_id.get(execution_id, ()):
            waiter.hears(execution_id, state_of(status, parked=True))

    def stop(self) -> None:
        """Ask no more: the process is stopping."""
        if self._task is not None:
            _ = self._task.cancel()

    async def _watch(self) -> None:
        while self._by_id:
            await asyncio.sleep(POLL_SECONDS)
            # What has ended meanwhile need not be asked after.
            ids = [
                each
                for each, waiters in self._by_id.items()
                if any(each in waiter.pending for waiter in waiters)
            ]
            if not ids:
                continue
            try:
                states = await states_of(self._database, ids)
            except DATABASE_TROUBLE as error:
                log.warning("awaited.failed", error=str(error))
                continue
            for each, state in states.items():
                for waiter in self._by_id.get(each, ()):
                    if each in waiter.pending:
                        waiter.hears(each, state)
