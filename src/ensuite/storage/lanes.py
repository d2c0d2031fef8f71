"""Group commit: writes that arrive while a lane is busy share its next flight.

A lane is one connection and one task.  A flight is one statement, run for many argument rows in
one implicit transaction, so that many requests wait for one fsync.  Nothing waits for a batch to
fill: when no lane is in the air, the next job leaves at once, alone.

One lane in the air carries the most: what arrives meanwhile makes the next batch larger, and a
commit for more requests.  Another one leaves only when a flight takes long, since it may be held
up by a lock, or by a disk whose time is better spent on two commits at once.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

from ensuite.errors import DatabaseUnavailable, EnsuiteError
from ensuite.metrics import Histogram
from ensuite.storage.sqlstates import DATABASE_TROUBLE, is_connection_loss

log = structlog.get_logger(__name__)

MAX_BATCH = 128
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)
MAX_WAITING = 20_000
"""Jobs that may wait for a lane; beyond it a write is refused with 503, not queued for ever."""

RELIEF_SECONDS = 0.004
"""After this time of one flight, what waits does not wait for it any longer."""

RECONNECT_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)

Connect = Callable[[], Awaitable[asyncpg.Connection]]
Job = tuple[Sequence[Any], "asyncio.Future[asyncpg.Record]"]


class TooManyWaitingWrites(EnsuiteError):
    """Writes arrive faster than the database commits them; retry after the time given."""

    code = "TOO_MANY_WAITING_WRITES"
    status = 503

    def __init__(self) -> None:
        super().__init__(headers=(("retry-after", "1"),))


class Lanes:
    """The write lanes of one process."""

    def __init__(self, connect: Connect, count: int) -> None:
        self._connect = connect
        self._count = count
        # One queue a statement, in order of arrival: a flight carries one statement only.
        self._waiting: dict[str, deque[Job]] = {}
        self._length = 0
        self._idle: list[asyncio.Future[None]] = []
        self._lanes: list[asyncio.Task[None]] = []
        self._closing = False
        # Lanes that know of no loss; those that do leave the queue to them.
        self._connected = count
        self._in_the_air = 0
        self._departed = 0.0
        self._relief: asyncio.TimerHandle | None = None
        self.sizes = Histogram(BATCH_SIZES)
        self.flights = 0
        self.jobs = 0

    async def open(self) -> None:
        """Connect all lanes.

        Raises:
            OSError, asyncpg.PostgresError: the database cannot be reached.

        """
        connections = [await self._connect() for _ in range(self._count)]
        self._lanes = [
            asyncio.create_task(self._fly(connection), name=f"lane-{number}")
            for number, connection in enumerate(connections)
        ]

    async def close(self) -> None:
        """Finish the flights that are under way and those waiting, then disconnect."""
        self._closing = True
        while self._idle:
            self._wake_one()
        _ = await asyncio.gather(*self._lanes)

    def submit(self, sql: str, arguments: Sequence[Any]) -> "asyncio.Future[asyncpg.Record]":
        """Queue one run of `sql`, which must always return exactly one row: the future's result.

        The future ends after the commit.  It fails with `asyncpg.PostgresError` when this run
        fails, and with `DatabaseUnavailable` when the connection was lost: then it is unknown
        whether the write was committed.

        Raises:
            TooManyWaitingWrites: the queue is full; nothing was queued.

        """
        if self._length >= MAX_WAITING:
            raise TooManyWaitingWrites
        loop = asyncio.get_running_loop()
        future: asyncio.Future[asyncpg.Record] = loop.create_future()
        queue = self._waiting.get(sql)
        if queue is None:
            queue = self._waiting[sql] = deque()
        queue.append((arguments, future))
        self._length += 1
        if self._idle:
            if self._in_the_air == 0:
                self._wake_one()
            elif self._relief is None:
                self._relief = loop.call_later(RELIEF_SECONDS, self._relieve)
        return future

    @property
    def waiting(self) -> int:
        """How many jobs wait for a flight."""
        return self._length

    def _wake_one(self) -> None:
        while self._idle:
            wake = self._idle.pop()
            if not wake.done():
                # It counts from now on, so that the next job does not wake another one.
                self._in_the_air += 1
                wake.set_result(None)
                return

    def _relieve(self) -> None:
        """Let another lane leave if the last flight has been in the air for long."""
        self._relief = None
        if not self._waiting or not self._idle:
            return
        loop = asyncio.get_running_loop()
        rest = self._departed + RELIEF_SECONDS - loop.time()
        if rest <= 0:
            self._wake_one()
        else:
            self._relief = loop.call_later(rest, self._relieve)

    def _next_batch(self) -> tuple[str, list[Job]] | None:
        while self._waiting:
            sql, queue = next(iter(self._waiting.items()))
            batch: list[Job] = []
            while queue and len(batch) < MAX_BATCH:
                job = queue.popleft()
                self._length -= 1
                if not job[1].done():
                    batch.append(job)
            # What is left goes behind the other statements, so that none starves.
            del self._waiting[sql]
            if queue:
                self._waiting[sql] = queue
            if batch:
                return sql, batch
        return None

    async def _fly(self, connection: asyncpg.Connection) -> None:
        loop = asyncio.get_running_loop()
        self._in_the_air += 1
        while True:
            batch = self._next_batch()
            if batch is None:
                self._in_the_air -= 1
                if self._closing:
                    break
                wake = loop.create_future()
                self._idle.append(wake)
                await wake
                continue
            sql, jobs = batch
            if connection.is_closed():
                self._connected -= 1
                connection = await self._reconnected(jobs) or connection
                self._connected += 1
                # Who was refused meanwhile may have tried again: nothing is written twice.
                jobs = [job for job in jobs if not job[1].done()]
                if connection.is_closed() or not jobs:
                    continue
            self._departed = loop.time()
            self.flights += 1
            self.jobs += len(jobs)
            self.sizes.observe(len(jobs))
            try:
                rows = await connection.fetchmany(sql, [arguments for arguments, _ in jobs])
            except Exception as error:  # noqa: BLE001 - whatever it is, the waiting requests get it
                await self._fly_one_by_one(connection, sql, jobs, error)
                continue
            for (_, future), row in zip(jobs, rows, strict=True):
                if not future.done():
                    future.set_result(row)
        with suppress(OSError, asyncpg.PostgresError):
            await connection.close()

    async def _fly_one_by_one(
        self, connection: asyncpg.Connection, sql: str, jobs: list[Job], error: Exception
    ) -> None:
        """Find out which jobs of a failed batch fail: the batch was rolled back as a whole."""
        for position, (arguments, future) in enumerate(jobs):
            if is_connection_loss(error):
                # What was sent may or may not have been committed: nobody may run it again.
                for _, stranded in jobs[position:]:
                    if not stranded.done():
                        stranded.set_exception(DatabaseUnavailable())
                return
            if future.done():
                continue
            if len(jobs) == 1:
                future.set_exception(error)
                return
            outcome: asyncpg.Record | Exception
            try:
                outcome = (await connection.fetchmany(sql, [arguments]))[0]
            except Exception as own_error:  # noqa: BLE001 - as above
                lost = is_connection_loss(own_error)
                outcome = DatabaseUnavailable() if lost else own_error
                error = own_error if lost else error
            # Who waited may have been cancelled meanwhile.
            if future.done():
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    async def _reconnected(self, jobs: list[Job]) -> asyncpg.Connection | None:
        """A new connection, or None when closing; the batch at hand does not wait for it."""
        for attempt in range(1_000_000):
            try:
                connection = await self._connect()
            except DATABASE_TROUBLE as error:
                log.warning("lane.reconnecting", error=str(error))
            else:
                log.info("lane.reconnected")
                return connection
            # Nothing of this batch was sent, but its requests should not hang until recovery.
            for _, future in jobs:
                if not future.done():
                    future.set_exception(DatabaseUnavailable())
            if self._closing:
                return None
            await asyncio.sleep(RECONNECT_SECONDS[min(attempt, len(RECONNECT_SECONDS) - 1)])
            if not self._connected:
                self._refuse_waiting()
        return None

    def _refuse_waiting(self) -> None:
        while (batch := self._next_batch()) is not None:
            for _, future in batch[1]:
                if not future.done():
                    future.set_exception(DatabaseUnavailable())
