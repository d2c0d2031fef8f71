"""The connection that listens, and the node number that it holds for the process."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from ensuite.storage.database import Database
from ensuite.storage.notifications import NODE_LOCK_CLASS, Notifications
from tests.patience import until

CHANNEL = "news"


@pytest.fixture
async def admin(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def notifications(database_url: str) -> AsyncIterator[Notifications]:
    notifications = Notifications(Database(database_url, write_lanes=1, connections=2), [CHANNEL])
    await notifications.open()
    yield notifications
    await notifications.close()


async def cut(admin: asyncpg.Connection) -> None:
    _ = await admin.fetch(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


async def test_after_a_loss_it_listens_again_and_says_that_something_may_be_missed(
    notifications: Notifications, admin: asyncpg.Connection
) -> None:
    heard: list[str | None] = []
    notifications.handle(CHANNEL, heard.append)
    number = notifications.node_number
    await cut(admin)

    async def knows_of_it() -> bool:
        return heard == [None]

    await until(knows_of_it)
    _ = await admin.execute(f"NOTIFY {CHANNEL}, 'again'")

    async def hears() -> bool:
        return heard == [None, "again"]

    await until(hears)

    assert notifications.node_number == number


async def test_who_finds_its_node_number_taken_after_a_loss_takes_another(
    notifications: Notifications, admin: asyncpg.Connection
) -> None:
    """Two processes with one number would make the same ids."""
    numbers: list[int] = []
    notifications.renumbered = numbers.append
    before = notifications.node_number
    await cut(admin)
    # As a process does that starts at this moment.
    taken = await admin.fetchval("SELECT pg_try_advisory_lock($1, $2)", NODE_LOCK_CLASS, before)

    async def is_renumbered() -> bool:
        return bool(numbers)

    await until(is_renumbered)

    assert taken
    assert numbers == [notifications.node_number]
    assert notifications.node_number != before
