"""Repeated calls: whatever dies between the write and its answer, the write happens once.

Each test runs processes as they are installed, on an embedded PostgreSQL of its own, and kills
them at the worst moment: a sync workflow calls a receiver that does not answer, so that the
record is committed and its caller has no answer yet.
"""

import asyncio
import json
from collections import Counter
from typing import Any

import httpx2

from ensuite.workflow.executions import LEASE_SECONDS
from tests.client import Client, Reply
from tests.durability.site import Receiver, Remote, Site
from tests.patience import until

TAKEN_OVER_SECONDS = LEASE_SECONDS + 20


async def keyed(api: Client, key: str, path: str, values: Any, **params: str) -> Reply | None:
    """A call under a key; None where the server died before it answered."""
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    content = json.dumps(values).encode()
    try:
        return await api.call("POST", path, content=content, params=params, headers=headers)
    except httpx2.TransportError:
        return None


async def answered(api: Client, key: str, path: str, values: Any, **params: str) -> Reply:
    """What a call under a key is answered when the one before is known to be over."""
    replies: list[Reply] = []

    async def is_over() -> bool:
        reply = await keyed(api, key, path, values, **params)
        assert reply is not None
        replies.append(reply)
        return reply.status != 409 or reply.codes != ["IDEMPOTENCY_KEY_IN_USE"]

    await until(is_over)
    return replies[-1]


async def arrange(api: Client, receiver: Receiver, *, sync: bool) -> int:
    """Posts, and a workflow `k` on them that calls the receiver; gives its id."""
    await api.collection("posts", {"name": "title", "type": "string"})
    node = {"type": "request", "config": {"url": receiver.url, "timeout": 120_000}}
    workflow = await api.workflow("posts", node, key="k", sync=sync)
    found: int = workflow["id"]
    return found


async def titles(api: Client) -> Counter[str]:
    rows = (await api.get("posts:list", paginate="false")).data
    return Counter(row["title"] for row in rows)


async def test_a_server_killed_between_commit_and_answer_has_written_once(
    site: Site, receiver: Receiver
) -> None:
    first, second = await site.serve(), await site.serve()
    api, other = await site.client(first), await site.client(second)
    _ = await arrange(api, receiver, sync=True)
    values = {"title": "a"}
    lost = asyncio.create_task(keyed(api, "1", "posts:create", values, triggerWorkflows="k"))
    await receiver.waits_for(1)
    meanwhile = await keyed(other, "1", "posts:create", values, triggerWorkflows="k")
    changed = await keyed(other, "1", "posts:create", {"title": "b"}, triggerWorkflows="k")
    first.kill()
    again = await answered(other, "1", "posts:create", values, triggerWorkflows="k")
    entry = again.workflows[0]
    receiver.open.set()

    assert await lost is None
    assert meanwhile is not None
    assert meanwhile.codes == ["IDEMPOTENCY_KEY_IN_USE"]
    assert meanwhile.headers["retry-after"] == "1"
    assert changed is not None
    assert changed.codes == ["IDEMPOTENCY_KEY_REUSED"]
    assert again.headers["idempotency-replayed"] == "true"
    assert again.data["title"] == "a"
    assert entry["state"] == "queued"
    assert await titles(other) == {"a": 1}

    async def has_gone_on() -> bool:
        told = await answered(other, "1", "posts:create", values, triggerWorkflows="k")
        return told.workflows == [{**entry, "state": "succeeded"}]

    await until(has_gone_on, TAKEN_OVER_SECONDS)
    assert len(await other.executions()) == 1


async def test_of_a_system_write_whose_server_was_killed_the_outcome_is_unknown(
    site: Site, receiver: Receiver
) -> None:
    first, second = await site.serve(), await site.serve()
    api, other = await site.client(first), await site.client(second)
    workflow_id = await arrange(api, receiver, sync=False)
    user = (await api.get("auth:check")).data["id"]
    path, values = f"workflows:execute/{workflow_id}", {"data": {"title": "a"}, "userId": user}
    lost = asyncio.create_task(keyed(api, "1", path, values))
    await receiver.waits_for(1)
    first.kill()
    again = await answered(other, "1", path, values)

    assert await lost is None
    assert again.codes == ["IDEMPOTENCY_OUTCOME_UNKNOWN"]
    assert len(await other.executions()) == 1


async def test_two_servers_that_get_the_same_call_write_once(site: Site) -> None:
    servers = [await site.serve(), await site.serve()]
    clients = [await site.client(each) for each in servers]
    await clients[0].collection("posts", {"name": "title", "type": "string"})
    calls = [
        keyed(client, f"{number}", "posts:create", {"title": f"{number}"})
        for number in range(40)
        for client in clients
    ]
    replies = await asyncio.gather(*calls)

    assert all(each is not None and each.status in {200, 409} for each in replies)
    assert await titles(clients[0]) == {f"{number}": 1 for number in range(40)}


async def test_calls_that_are_repeated_until_they_succeed_happen_once(site: Site) -> None:
    """Killed under load, with flights in the air; every caller sends its call again."""
    server = await site.serve()
    api = await site.client(server)
    await api.collection("posts", {"name": "title", "type": "string"})
    numbers = range(600)
    places = asyncio.Semaphore(16)

    async def send(client: Remote, number: int) -> bool:
        async with places:
            values = {"title": f"{number}"}
            reply = await keyed(client, f"{number}", "posts:create", values)
            return reply is not None and reply.status == 200

    first = asyncio.gather(*(send(api, number) for number in numbers))

    async def is_under_load() -> bool:
        return len(await titles(api)) > 60

    await until(is_under_load)
    server.kill()
    told = await first
    revived = await site.client(await site.serve())
    rest = [number for number, done in zip(numbers, told, strict=True) if not done]
    for number in rest:
        reply = await answered(revived, f"{number}", "posts:create", {"title": f"{number}"})
        assert reply.status == 200

    assert rest
    assert await titles(revived) == {f"{number}": 1 for number in numbers}


async def test_a_caller_waits_for_what_a_worker_runs(site: Site, receiver: Receiver) -> None:
    server = await site.serve("--no-worker")
    api = await site.client(server)
    _ = await arrange(api, receiver, sync=True)
    receiver.open.set()
    _ = await site.worker()
    patient = Remote(server.url + "/", {**api.headers, "Prefer": "respond-async, wait=30"})
    site.clients.append(patient)
    reply = await patient.post("posts:create", {"title": "a"}, triggerWorkflows="k")

    assert reply.headers["preference-applied"] == "respond-async, wait=30"
    assert reply.workflows[0]["state"] == "succeeded"
