"""Connections that are shared: each statement or transaction has one to itself while it runs.

asyncpg's pool makes them, counts them and lets callers wait.  In front of it is a stack of those
that nobody uses, since to acquire and to release one costs as much as a small statement.
"""

import asyncio
from contextlib import suppress

import asyncpg

from ensuite.errors import DatabaseUnavailable
from ensuite.storage.sqlstates import DATABASE_TROUBLE, is_connection_loss

ACQUIRE_SECONDS = 10


class Connections:
    """At most as many connections as the pool has."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._idle: list[asyncpg.Connection] = []
        self._waiting = 0
        self._closing = False

    @property
    def in_use(self) -> int:
        """How many are out."""
        return self._pool.get_size() - self._pool.get_idle_size() - len(self._idle)

    @property
    def waiting(self) -> int:
        """How many callers wait for one."""
        return self._waiting

    async def take(self) -> asyncpg.Connection:
        """A connection; whoever takes one gives it back or lets it go.

        Raises:
            DatabaseUnavailable: none came free in time, or the database cannot be reached.

        """
        while self._idle:
            connection = self._idle.pop()
            try:
                if not connection.is_closed():
                    return connection
            except asyncpg.InterfaceError:
                # It was cut, and the pool has taken it back by itself.
                continue
            await self.let_go(connection)
        self._waiting += 1
        try:
            return await self._pool.acquire(timeout=ACQUIRE_SECONDS)  # pyright: ignore[reportReturnType] - a proxy with the same methods
        except DATABASE_TROUBLE as error:
            if isinstance(error, TimeoutError) or is_connection_loss(error):
                raise DatabaseUnavailable from error
            raise
        finally:
            self._waiting -= 1

    async def give_back(self, connection: asyncpg.Connection) -> None:
        """Take back a connection whose last statement has succeeded."""
        # While closing, the pool waits for every connection that is still out.
        if self._waiting or self._closing:
            await self.let_go(connection)
        else:
            self._idle.append(connection)

    async def let_go(self, connection: asyncpg.Connection) -> None:
        """Take back a connection after whatever happened: asyncpg sees to its state."""
        # Cut at this very moment, it is back already, which the pool calls an error of its own.
        with suppress(asyncpg.InternalClientError):
            await asyncio.shield(self._pool.release(connection))  # pyright: ignore[reportArgumentType] - the proxy that `take` gave

    async def close(self) -> None:
        """Let what runs finish, then disconnect."""
        self._closing = True
        while self._idle:
            await self.let_go(self._idle.pop())
        await self._pool.close()
