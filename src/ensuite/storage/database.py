"""The database of one process: lanes for small writes, a pool for the rest, notifications."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Literal, Protocol

import asyncpg

from ensuite.storage.connections import Connections
from ensuite.storage.lanes import Lanes

STATEMENTS_PER_CONNECTION = 256
"""Prepared statements kept by one connection; clients choose the shapes, so it is bounded."""

CONNECT_SECONDS = 5

STANDSTILL_SECONDS = 10
"""A process that stands still inside a transaction, or whose machine is gone, is cut off after it.

It holds row locks, of its execution perhaps, that nobody gets past: who takes over would wait.
"""

SESSION = {
    "application_name": "ensuite",
    "timezone": "UTC",
    "jit": "off",
    "idle_in_transaction_session_timeout": f"{STANDSTILL_SECONDS}s",
}

LOCK_SECONDS = 20
"""Who waits longer for a record that somebody else holds gives up: others wait behind him."""

SHARED = {**SESSION, "lock_timeout": f"{LOCK_SECONDS}s"}
"""Of the connections that serve many: the pool's and the lanes'."""


class Row(Protocol):
    """A row as asyncpg gives it, or a mapping in its place: values by column name."""

    def __getitem__(self, name: str, /) -> Any: ...


Isolation = Literal["read_committed", "repeatable_read", "serializable"]

Transaction = asyncpg.Connection
"""An open transaction: who holds one may write, only who opened it commits."""


class Database:
    """Connections to one PostgreSQL database, from one process."""

    def __init__(self, dsn: str, *, write_lanes: int, connections: int) -> None:
        self.dsn = dsn
        self.lanes = Lanes(partial(self._connect, SHARED), write_lanes)
        self._size = connections
        self._connections: Connections | None = None

    async def connect(self) -> asyncpg.Connection:
        """One more connection, outside the pool."""
        return await self._connect(SESSION)

    async def _connect(self, session: dict[str, str]) -> asyncpg.Connection:
        return await asyncpg.connect(
            self.dsn,
            statement_cache_size=STATEMENTS_PER_CONNECTION,
            max_cached_statement_lifetime=0,
            timeout=CONNECT_SECONDS,
            server_settings=session,
        )

    async def open(self) -> None:
        """Connect.

        Raises:
            OSError, asyncpg.PostgresError: the database cannot be reached.

        """
        pool = await asyncpg.create_pool(
            self.dsn,
            min_size=min(2, self._size),
            max_size=self._size,
            reset=_leave_as_it_is,
            statement_cache_size=STATEMENTS_PER_CONNECTION,
            max_cached_statement_lifetime=0,
            max_inactive_connection_lifetime=0,
            timeout=CONNECT_SECONDS,
            server_settings=SHARED,
        )
        self._connections = Connections(pool)
        await self.lanes.open()

    async def close(self) -> None:
        """Let what runs finish, then disconnect."""
        await self.lanes.close()
        if self._connections is not None:
            await self._connections.close()

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[asyncpg.Connection]:
        """A connection of the pool, for statements that need no transaction.

        Raises:
            DatabaseUnavailable: none came free in time, or the database cannot be reached.

        """
        connections = self._shared
        connection = await connections.take()
        try:
            yield connection
        except BaseException:
            await connections.let_go(connection)
            raise
        await connections.give_back(connection)

    @property
    def in_use(self) -> int:
        """How many connections of the pool are out."""
        return self._shared.in_use

    @property
    def waiting(self) -> int:
        """How many callers wait for a connection of the pool."""
        return self._shared.waiting

    @property
    def _shared(self) -> Connections:
        assert self._connections is not None, "the database is not open"
        return self._connections

    @asynccontextmanager
    async def transaction(
        self, *, isolation: Isolation | None = None
    ) -> AsyncGenerator[Transaction]:
        """A transaction on a connection of its own; commits when the block ends without error."""
        async with self.connection() as connection, connection.transaction(isolation=isolation):
            yield connection

    async def fetch(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """The rows of one reading statement."""
        # As `connection` does it; a generator and its context cost more than a short statement.
        connections = self._shared
        connection = await connections.take()
        try:
            rows = await connection.fetch(sql, *arguments)
        except BaseException:
            await connections.let_go(connection)
            raise
        await connections.give_back(connection)
        return rows

    async def fetchrow(self, sql: str, *arguments: Any) -> asyncpg.Record | None:
        """The first row of one reading statement."""
        async with self.connection() as connection:
            return await connection.fetchrow(sql, *arguments)

    async def execute(self, sql: str, *arguments: Any) -> str:
        """Run one statement in a transaction of its own; gives PostgreSQL's command tag."""
        async with self.connection() as connection:
            return await connection.execute(sql, *arguments)

    async def commit(self, sql: str, arguments: Sequence[Any]) -> asyncpg.Record:
        """Run a statement that returns one row on a lane: it shares its commit with others."""
        return await self.lanes.submit(sql, arguments)


async def _leave_as_it_is(_: object) -> None:
    """Nothing sets session state, so nothing is reset: `RESET ALL` costs a round trip a request."""
