"""One execution that takes long holds up no other."""

import asyncio
from typing import Any

import pytest

from tests.client import Client
from tests.durability.site import Receiver, Site
from tests.patience import until

QUICK = 1_000
PATIENCE_SECONDS = 120

ENDED = "SELECT count(*) FROM ensuite.executions WHERE key = $1 AND status = 1"


def noting(note: str) -> dict[str, Any]:
    values = {"collection": "audit", "params": {"values": {"note": note}}}
    return {"type": "create", "config": values}


async def create_many(api: Client, trigger: str, count: int) -> None:
    """Create posts, each with an execution of its own."""
    rows = [{"title": str(number)} for number in range(100)]
    for _ in range(count // len(rows)):
        reply = await api.post("posts:create", rows, triggerWorkflows=trigger)
        assert reply.status == 200, reply


@pytest.mark.parametrize("workers", [0, 2])
async def test_a_thousand_quick_ones_end_while_one_waits_for_an_answer(
    site: Site, receiver: Receiver, workers: int
) -> None:
    """In one process, and in processes of their own; of another workflow, and of the same."""
    server = await site.fork("serve", "--port", "0", *(["--no-worker"] if workers else []))
    api = await site.client(server)
    _ = await asyncio.gather(*(site.fork("worker") for _ in range(workers)))
    await api.collection("audit", {"name": "note", "type": "string"})
    await api.collection("posts", {"name": "title", "type": "string"})
    asked = "context.data.title == 'slow'"
    over = {"engine": "cel", "expression": asked, "rejectOnFalse": False}
    call = {"type": "request", "config": {"url": receiver.url, "timeout": 600_000}}
    made = await api.workflow("posts", key="same", enabled=False)
    path = f"workflows/{made['id']}/nodes:create"
    asks = (await api.post(path, {"type": "condition", "config": over})).data["id"]
    _ = (await api.post(path, {**call, "upstreamId": asks, "branchIndex": 1})).data
    _ = (await api.post(path, {**noting("same"), "upstreamId": asks, "branchIndex": 0})).data
    _ = (await api.post(f"workflows:update/{made['id']}", {"enabled": True})).data
    _ = await api.workflow("posts", noting("other"), key="other")
    slow = await api.post("posts:create", {"title": "slow"}, triggerWorkflows="same")
    await receiver.waits_for(1)
    await create_many(api, "same,other", QUICK)
    database = await site.database()

    async def the_quick_ones_have_ended() -> bool:
        return [await database.fetchval(ENDED, key) for key in ("same", "other")] == [QUICK] * 2

    await until(the_quick_ones_have_ended, PATIENCE_SECONDS)
    statuses = await database.fetch(
        "SELECT status FROM ensuite.executions WHERE id = $1", slow.workflows[0]["executionId"]
    )
    receiver.open.set()

    async def the_slow_one_has_ended() -> bool:
        return await database.fetchval(ENDED, "same") == QUICK + 1

    await until(the_slow_one_has_ended)
    await database.close()

    assert [row["status"] for row in statuses] == [0]
    # Nobody thought that it was abandoned.
    assert receiver.received == 1
