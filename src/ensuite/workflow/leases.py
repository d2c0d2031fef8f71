"""The leases of one process: signs of life for what it holds, and word of what it has lost."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime

import asyncpg
import structlog

from ensuite.clock import Clock
from ensuite.ids import ExecutionId
from ensuite.storage.database import Database
from ensuite.storage.sqlstates import DATABASE_TROUBLE
from ensuite.workflow.executions import EXTEND, FENCES, LEASE, LEASE_SECONDS, RELEASE, Claim

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = LEASE_SECONDS / 4
FRESH = LEASE * 0.7
"""A lease that holds for longer needs no sign of life yet."""


Fetch = Callable[..., Awaitable[list[asyncpg.Record]]]
"""Runs a statement with its arguments and gives its rows."""


class Leases:
    """What one owner holds, each until a time and under a fence."""

    def __init__(
        self,
        database: Database,
        fetch: Fetch,
        clock: Clock,
        owner: str,
        lost: Callable[[ExecutionId], None],
    ) -> None:
        self.owner = owner
        self._database = database
        # Steps that wait for locks may hold every connection of the pool: signs of life go apart.
        self._fetch = fetch
        self._clock = clock
        self._lost = lost
        self._held: dict[ExecutionId, tuple[int, datetime]] = {}
        # When all of them had their time: later than that, this process stood still.
        self._beaten_at = clock.now()

    def hold(self, claim: Claim) -> None:
        """Keep a lease alive from now on that was taken a moment ago."""
        self._held[claim.id] = (claim.fence, self._clock.now() + LEASE)

    def let_go(self, claim: Claim) -> None:
        """Keep it no longer: the execution has ended, waits, or is another claim's."""
        held = self._held.get(claim.id)
        if held is not None and held[0] == claim.fence:
            del self._held[claim.id]

    def run_out_unnoticed(self, now: datetime) -> list[ExecutionId]:
        """What is held here although its time may be up, since this process stood still.

        Whoever claims for this owner leaves it out: it is at work here, and is not to be begun a
        second time beside that.  The next sign of life extends it, or finds it lost.
        """
        return list(self._held) if now - self._beaten_at > LEASE / 2 else []

    async def beat_forever(self) -> None:
        """Extend what is due every few seconds."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                await self._beat()
            except DATABASE_TROUBLE as error:
                log.warning("leases.heartbeat_failed", error=str(error))

    async def _beat(self) -> None:
        now = self._clock.now()
        due = {each: fence for each, (fence, until) in self._held.items() if until < now + FRESH}
        if not due:
            self._beaten_at = now
            return
        ids, fences = [*due], [*due.values()]
        rows = await self._fetch(EXTEND, ids, fences, self.owner, now + LEASE)
        self._beaten_at = now
        extended = {row["id"] for row in rows}
        for each, fence in due.items():
            if each in extended and self._held.get(each, (0,))[0] == fence:
                self._held[each] = (fence, now + LEASE)
        missing = [each for each in ids if each not in extended and each in self._held]
        if missing:
            await self._tell_lost(missing, due)

    async def _tell_lost(self, ids: list[ExecutionId], fences: dict[ExecutionId, int]) -> None:
        # What has just ended by itself has its fence still; it is nobody's loss.
        rows = await self._fetch(FENCES, ids)
        now = {row["id"]: row["fence"] for row in rows}
        for each in ids:
            if now.get(each) != fences[each] and self._held.get(each, (0,))[0] == fences[each]:
                del self._held[each]
                self._lost(each)

    async def hand_back(self, ids: Iterable[ExecutionId] = ()) -> bool:
        """Let others go on with these, and with all that is still held; whether there was any."""
        given = [*ids, *self._held]
        self._held.clear()
        if not given:
            return False
        with suppress(*DATABASE_TROUBLE):
            # Else they are ready when their leases have run out.
            _ = await self._database.execute(RELEASE, given, self.owner, self._clock.now())
        return True
