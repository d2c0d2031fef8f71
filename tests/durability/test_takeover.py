"""Who goes on with an execution, and when, whatever became of the process that had it."""

import asyncio
import signal
import time
from typing import Any

import asyncpg
import pytest

from ensuite.workflow.executions import LEASE_SECONDS
from tests.client import Client
from tests.durability.ledger import OPEN
from tests.durability.site import Receiver, Site
from tests.patience import until

TAKEN_OVER_SECONDS = 15
"""What is promised."""

PATIENCE_SECONDS = TAKEN_OVER_SECONDS + 10
"""A busy machine is given more."""

WAITS_FOR_LOCK = """
SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'ensuite'
"""


async def posts_with(api: Client, *nodes: dict[str, Any]) -> None:
    await api.collection("posts", {"name": "title", "type": "string"})
    _ = await api.workflow("posts", *nodes, key="k")


async def create(api: Client, title: str = "x") -> None:
    reply = await api.post("posts:create", {"title": title}, triggerWorkflows="k")
    assert reply.workflows[0]["state"] == "queued"


async def all_ended(database: asyncpg.Connection) -> None:
    async def nothing_is_open() -> bool:
        return await database.fetchval(OPEN) == 0

    await until(nothing_is_open, PATIENCE_SECONDS)


async def test_what_a_process_froze_on_in_a_transaction_is_taken_over(site: Site) -> None:
    """Its row locks are not for ever: PostgreSQL cuts off who stands still."""
    api = await site.client(await site.fork("serve", "--port", "0", "--no-worker"))
    await api.collection("counters", {"name": "count", "type": "integer"})
    counter = (await api.post("counters:create", {"count": 0})).data["id"]
    params = {"filter": {"id": counter}, "values": {"count": 1}}
    await posts_with(
        api, {"type": "update", "config": {"collection": "counters", "params": params}}
    )
    frozen = await site.fork("worker")
    database = await site.database()
    async with database.transaction():
        _ = await database.execute("SELECT 1 FROM counters FOR UPDATE")
        await create(api)

        async def the_worker_waits() -> bool:
            return await database.fetchval(WAITS_FOR_LOCK) == 1

        await until(the_worker_waits)
        frozen.signal(signal.SIGSTOP)
    # Now the worker's update has its lock, and nobody who would commit.
    began = time.monotonic()
    _ = await site.fork("worker")
    await all_ended(database)
    taken = time.monotonic() - began
    frozen.signal(signal.SIGCONT)
    [row] = await database.fetch("SELECT status, fence FROM ensuite.executions")
    count = await database.fetchval("SELECT count FROM counters")
    await database.close()

    assert (row["status"], row["fence"], count) == (1, 2, 1)
    assert taken < PATIENCE_SECONDS
    # The one who froze goes on with what comes next.
    await create(api, "next")


@pytest.mark.parametrize("ahead_seconds", [30, -30])
async def test_a_machine_with_a_wrong_clock_takes_nothing_from_others_and_loses_nothing(
    site: Site, receiver: Receiver, ahead_seconds: float
) -> None:
    right = await site.fork("serve", "--port", "0")
    api = await site.client(right)
    call = {"type": "request", "config": {"url": receiver.url, "timeout": 60_000}}
    await posts_with(api, call)
    for number in range(5):
        await create(api, f"right {number}")
    await receiver.waits_for(5)
    wrong = await site.fork("serve", "--port", "0", ahead_seconds=ahead_seconds)
    other = await site.client(wrong)
    for number in range(5):
        await create(other, f"wrong {number}")
    await receiver.waits_for(10)
    # Two polls of each.
    await asyncio.sleep(2.5)
    calls = dict(receiver.keys)
    database = await site.database()
    began = time.monotonic()
    wrong.signal(signal.SIGKILL)
    await receiver.waits_for(15)
    taken = time.monotonic() - began
    receiver.open.set()
    await all_ended(database)
    statuses = await database.fetch("SELECT status FROM ensuite.executions")
    await database.close()

    assert set(calls.values()) == {1}
    assert [row["status"] for row in statuses] == [1] * 10
    # And what it had is taken over in time, neither at once nor much later.
    assert LEASE_SECONDS / 2 < taken < PATIENCE_SECONDS
