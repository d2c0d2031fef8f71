"""Shared connections on a real PostgreSQL: nobody waits for one that is free, none is lost."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from ensuite.errors import DatabaseUnavailable
from ensuite.storage import connections
from ensuite.storage.database import Database

BACKEND = "SELECT pg_backend_pid()"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with two connections to share."""
    database = Database(database_url, write_lanes=1, connections=2)
    await database.open()
    yield database
    await database.close()


async def backend(database: Database) -> int:
    return (await database.fetch(BACKEND))[0][0]


async def test_one_after_the_other_use_the_same_connection(database: Database) -> None:
    assert len({await backend(database) for _ in range(5)}) == 1


async def test_who_waits_gets_the_next_that_is_given_back(database: Database) -> None:
    release = asyncio.Event()

    async def hold() -> None:
        async with database.connection() as connection:
            _ = await connection.fetch(BACKEND)
            _ = await release.wait()

    holders = [asyncio.create_task(hold()) for _ in range(2)]
    await asyncio.sleep(0.1)
    waiting = [asyncio.create_task(backend(database)) for _ in range(6)]
    await asyncio.sleep(0.1)
    assert not any(each.done() for each in waiting)
    release.set()
    assert len({await each for each in waiting}) <= 2
    _ = await asyncio.gather(*holders)


async def test_none_free_in_time_is_said(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "ACQUIRE_SECONDS", 0.1)
    async with database.connection(), database.connection():
        with pytest.raises(DatabaseUnavailable):
            _ = await backend(database)
    assert await backend(database)


async def test_a_failed_or_cancelled_statement_leaves_the_connection_usable(
    database: Database,
) -> None:
    for _ in range(4):
        with pytest.raises(asyncpg.DivisionByZeroError):
            _ = await database.fetch("SELECT 1 / 0")
        slow = asyncio.create_task(database.fetch("SELECT pg_sleep(30)"))
        await asyncio.sleep(0.05)
        _ = slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            _ = await slow
    assert [await backend(database) for _ in range(3)]


async def test_a_connection_that_was_cut_while_idle_is_replaced(database: Database) -> None:
    before = await backend(database)
    async with database.connection() as first, database.connection() as second:
        pids = {await each.fetchval(BACKEND) for each in (first, second)}
    assert before in pids
    async with database.connection() as connection:
        own = await connection.fetchval(BACKEND)
        other = (pids - {own}).pop()
        assert await connection.fetchval("SELECT pg_terminate_backend($1)", other)
        # As long as it takes until this end has heard of it.
        await asyncio.sleep(0.2)
        assert await backend(database) not in {own, other}


async def test_closing_waits_for_what_runs_and_for_nothing_else(database_url: str) -> None:
    database = Database(database_url, write_lanes=1, connections=2)
    await database.open()
    running = asyncio.create_task(database.fetch("SELECT pg_sleep(0.3), 7 AS seven"))
    await asyncio.sleep(0.1)
    await asyncio.wait_for(database.close(), 20)
    assert (await running)[0]["seven"] == 7
