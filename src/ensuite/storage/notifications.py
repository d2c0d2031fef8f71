"""LISTEN and NOTIFY, and the number that makes this process' ids its own."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

from ensuite.errors import DatabaseUnavailable, EnsuiteError
from ensuite.ids import NODE_NUMBERS
from ensuite.storage.database import Database
from ensuite.storage.sqlstates import DATABASE_TROUBLE

log = structlog.get_logger(__name__)

NODE_LOCK_CLASS = 0x656E73  # "ens"
RECONNECT_SECONDS = 0.5
ANSWER_SECONDS = 5


class TooManyProcesses(EnsuiteError):
    """32 processes already use this database; stop one before starting another."""

    code = "TOO_MANY_PROCESSES"
    status = 503


class Notifications:
    """One connection that listens, for the life of the process.

    A handler gets the payload of each notification, and None after a reconnect: something may
    have been missed, so it must look for itself.
    """

    def __init__(
        self,
        database: Database,
        channels: Sequence[str],
        revive: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._database = database
        self._channels = tuple(channels)
        self._revive = revive
        self._handlers: dict[str, Callable[[str | None], None]] = {}
        self._connection: asyncpg.Connection | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self.node_number = -1
        self.life_lock = secrets.randbits(62)
        """An advisory lock that is held for as long as this process runs, and by no other."""
        self.renumbered: Callable[[int], None] | None = None
        """Told the new node number where the old one was taken while the connection was lost."""

    def handle(self, channel: str, handler: Callable[[str | None], None]) -> None:
        """Call `handler` for what is notified on one of the channels from now on."""
        self._handlers[channel] = handler

    async def open(self) -> None:
        """Listen, and hold a node number.

        Raises:
            TooManyProcesses: no node number is free.

        """
        await self._listen()
        self._keeper = asyncio.create_task(self._keep(), name="notifications")

    async def close(self) -> None:
        """Stop listening; the node number becomes free."""
        if self._keeper is not None:
            _ = self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        if self._connection is not None and not self._connection.is_closed():
            with suppress(OSError, asyncpg.PostgresError):
                await self._connection.close()

    async def fetch(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """The rows of a short statement that must not wait for a connection of the pool.

        Raises:
            DatabaseUnavailable: the connection is lost at the moment.
            OSError, asyncpg.PostgresError: it is lost now, or there is no answer within 5 seconds.

        """
        async with self._one_at_a_time:
            if self._connection is None or self._connection.is_closed():
                raise DatabaseUnavailable
            return await self._connection.fetch(sql, *arguments, timeout=ANSWER_SECONDS)

    async def _listen(self) -> None:
        connection = await self._database.connect()
        try:
            await self._take_node_number(connection)
            _ = await connection.execute("SELECT pg_try_advisory_lock($1)", self.life_lock)
            for channel in self._channels:
                await connection.add_listener(channel, self._heard)
        except BaseException:
            await connection.close()
            raise
        self._lost.clear()
        connection.add_termination_listener(lambda _: self._lost.set())
        self._connection = connection

    async def _take_node_number(self, connection: asyncpg.Connection) -> None:
        # After a reconnect the old number comes first: ids made meanwhile carry it.  A process that
        # started meanwhile may have it, though, and two with one number would make the same ids.
        old = self.node_number
        for number in dict.fromkeys(
            [old, *range(NODE_NUMBERS)] if old >= 0 else range(NODE_NUMBERS)
        ):
            if await connection.fetchval(
                "SELECT pg_try_advisory_lock($1, $2)", NODE_LOCK_CLASS, number
            ):
                self.node_number = number
                if number != old and self.renumbered is not None:
                    log.warning("notifications.renumbered", node=number, before=old)
                    self.renumbered(number)
                return
        raise TooManyProcesses

    def _heard(self, _: object, __: int, channel: str, payload: object) -> None:
        handler = self._handlers.get(channel)
        if handler is not None:
            handler(str(payload))

    async def _keep(self) -> None:
        while True:
            _ = await self._lost.wait()
            log.warning("notifications.lost")
            while True:
                await asyncio.sleep(RECONNECT_SECONDS)
                try:
                    if self._revive is not None:
                        await self._revive()
                    await self._listen()
                except DATABASE_TROUBLE as e:
                    log.warning("notifications.reconnecting", error=str(e))
                else:
                    break
            log.info("notifications.reconnected")
            for handler in self._handlers.values():
                handler(None)
