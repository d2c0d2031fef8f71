"""One time for all processes of a database: that of its server.

Leases, delays and timeouts are moments that one process writes down and another one compares with
its own clock.  A machine whose clock is ten seconds ahead would take every lease of another one for
one that ran out.
"""

import asyncio
from datetime import datetime, timedelta

import structlog

from ensuite.clock import Clock
from ensuite.storage.database import Database
from ensuite.storage.sqlstates import DATABASE_TROUBLE

log = structlog.get_logger(__name__)

COMPARE_SECONDS = 5.0

TOLERANCE = timedelta(milliseconds=500)
"""Clocks that are kept by NTP differ by less, and by less than a comparison can be wrong."""


class DatabaseClock:
    """The machine's clock, corrected where it differs from the database server's."""

    def __init__(self, clock: Clock, database: Database) -> None:
        self._clock = clock
        self._database = database
        self._correction = timedelta(0)
        self._comparing: asyncio.Task[None] | None = None

    def now(self) -> datetime:
        """The current time; whole milliseconds."""
        return self._clock.now() + self._correction

    async def open(self) -> None:
        """Compare, and go on doing so from time to time."""
        await self._compare()
        self._comparing = asyncio.create_task(self._compare_forever(), name="database-clock")

    async def close(self) -> None:
        """Compare no more."""
        if self._comparing is not None:
            _ = self._comparing.cancel()
            _ = await asyncio.gather(self._comparing, return_exceptions=True)

    async def _compare_forever(self) -> None:
        while True:
            await asyncio.sleep(COMPARE_SECONDS)
            try:
                await self._compare()
            except DATABASE_TROUBLE as error:
                log.warning("clock.compare_failed", error=str(error))

    async def _compare(self) -> None:
        before = self._clock.now()
        row = await self._database.fetchrow("SELECT clock_timestamp()")
        assert row is not None, "the statement gives one row"
        taken = self._clock.now() - before
        difference: timedelta = row[0] - (before + taken / 2)
        # Half of the time that the answer took is how wrong this may be.
        if abs(difference - self._correction) <= TOLERANCE + abs(taken) / 2:
            return
        if abs(difference) <= TOLERANCE + abs(taken) / 2:
            difference = timedelta(0)
        self._correction = timedelta(milliseconds=round(difference / timedelta(milliseconds=1)))
        log.warning("clock.corrected", seconds=self._correction.total_seconds())
