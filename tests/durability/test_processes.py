"""What survives a process: nothing that was acknowledged is lost, and nothing happens twice.

Each test runs `ensuite serve` and `ensuite worker` as they are installed, on an embedded
PostgreSQL of its own, and ends, freezes or stops them.
"""

import asyncio
import signal
import time
from collections import Counter
from typing import Any

import httpx2
import msgspec

from ensuite.workflow.executions import LEASE_SECONDS
from tests.client import Client
from tests.durability.site import Receiver, Remote, Site
from tests.patience import until

CONCURRENT_CALLS = 16
TAKEN_OVER_SECONDS = LEASE_SECONDS + 12


def noting(note: str) -> dict[str, Any]:
    values = {"collection": "audit", "params": {"values": {"note": note}}}
    return {"type": "create", "config": values}


def calling(receiver: Receiver) -> dict[str, Any]:
    return {"type": "request", "config": {"url": receiver.url, "timeout": 60_000}}


async def arrange(api: Client, *nodes: dict[str, Any], **options: Any) -> None:
    """Posts, notes, and a workflow `k` on posts."""
    await api.collection("audit", {"name": "note", "type": "string"})
    await api.collection("posts", {"name": "title", "type": "string"})
    _ = await api.workflow("posts", *nodes, key="k", **options)


async def create(api: Client, title: str, triggers: str = "k") -> bool:
    """Create a post; whether the server said that it did."""
    try:
        reply = await api.post("posts:create", {"title": title}, triggerWorkflows=triggers)
    except httpx2.TransportError:
        return False
    return reply.status == 200


async def all_rows(api: Client, path: str) -> list[dict[str, Any]]:
    reply = await api.get(path, paginate="false")
    found: list[dict[str, Any]] = reply.data
    return found


async def titles(api: Client) -> Counter[str]:
    return Counter(row["title"] for row in await all_rows(api, "posts:list"))


async def notes(api: Client) -> Counter[str]:
    return Counter(row["note"] for row in await all_rows(api, "audit:list"))


async def no_execution_is_open(api: Client) -> bool:
    # Asked in one query: between two of them an execution would go from queued to started.
    is_open = {"$or": [{"status": 0}, {"status": {"$empty": True}}]}
    return not (await api.get("executions:list", filter=is_open, pageSize="1")).data


async def assert_each_post_ran_once(api: Client, written: dict[str, str]) -> None:
    """One execution a post, ended as it should, and one note of each kind a post."""
    posts = await titles(api)
    executions = await all_rows(api, "executions:list")

    assert set(posts.values()) <= {1}
    about = Counter(each["context"]["data"]["title"] for each in executions)
    assert about == posts
    assert {each["status"] for each in executions} <= {1}
    expected = Counter(form.format(title) for title in posts for form in written.values())
    assert await notes(api) == expected


async def load(api: Client, prefix: str, acknowledged: set[str], limit: int) -> None:
    """Create posts until the server is gone or there are `limit` of them, 16 at a time."""
    numbers = iter(range(limit))

    async def one_after_the_other() -> None:
        for number in numbers:
            title = f"{prefix}{number}"
            if not await create(api, title):
                return
            acknowledged.add(title)

    _ = await asyncio.gather(*(one_after_the_other() for _ in range(CONCURRENT_CALLS)))


# --- kill -9 ------------------------------------------------------------------------------


async def test_a_killed_server_loses_nothing_and_doubles_nothing(
    site: Site, receiver: Receiver
) -> None:
    """Killed twice under load: with rows in flight, executions running, and during recovery."""
    server = await site.serve()
    api = await site.client(server)
    await arrange(
        api,
        noting("before {{$context.data.title}}"),
        calling(receiver),
        noting("after {{$context.data.title}}"),
    )
    acknowledged: set[str] = set()
    receiver.open.set()
    for round_ in ("a", "b"):
        creating = asyncio.create_task(load(api, round_, acknowledged, 1_500))
        await asyncio.sleep(1.0)
        if round_ == "b":
            # Some executions wait for their answer when the process dies.
            receiver.open.clear()
            await asyncio.sleep(0.2)
        server.kill()
        await creating
        receiver.open.set()
        server = await site.serve()
        api = await site.client(server)
    await until(lambda: no_execution_is_open(api), TAKEN_OVER_SECONDS)

    assert len(acknowledged) > 50
    # Calls that the killed process waited for were made again.
    assert receiver.received > len(await all_rows(api, "executions:list"))
    assert acknowledged <= set(await titles(api))
    await assert_each_post_ran_once(api, {"first": "before {0}", "second": "after {0}"})


async def test_another_process_takes_over_from_a_killed_worker(
    site: Site, receiver: Receiver
) -> None:
    server = await site.serve("--no-worker")
    api = await site.client(server)
    await arrange(
        api,
        noting("before {{$context.data.title}}"),
        calling(receiver),
        noting("after {{$context.data.title}}"),
    )
    acknowledged = [await create(api, str(number)) for number in range(20)]
    await asyncio.sleep(0.3)
    idle = await notes(api)
    doomed = await site.worker()
    await receiver.waits_for(20)
    other = await site.worker()
    doomed.kill()
    killed_at = time.monotonic()
    receiver.open.set()
    await until(lambda: no_execution_is_open(api), TAKEN_OVER_SECONDS)
    taken_over_after = time.monotonic() - killed_at

    assert acknowledged == [True] * 20
    # Without a worker nothing ran, with one everything did, and the lease was waited for.
    assert idle == Counter()
    assert taken_over_after > LEASE_SECONDS / 2
    await assert_each_post_ran_once(api, {"first": "before {0}", "second": "after {0}"})
    other.signal(signal.SIGTERM)
    assert await other.ended() == 0


# --- two processes ------------------------------------------------------------------------


async def test_two_workers_share_the_work_and_run_nothing_twice(site: Site) -> None:
    server = await site.serve("--no-worker")
    api = await site.client(server)
    await arrange(api, noting("{{$context.data.title}}"))
    _ = await asyncio.gather(site.worker(), site.worker())
    acknowledged: set[str] = set()
    await load(api, "p", acknowledged, 500)
    await until(lambda: no_execution_is_open(api))
    jobs = await all_rows(api, "jobs:list")

    assert len(acknowledged) == 500
    await assert_each_post_ran_once(api, {"only": "{0}"})
    assert len(jobs) == 500
    # A part of an id is the number of the process that made it.
    assert len({job["id"] >> 16 & 31 for job in jobs}) == 2


async def test_a_change_in_one_process_is_seen_in_the_other(site: Site) -> None:
    one, other = [await site.client(await site.serve()) for _ in range(2)]
    await arrange(one, noting("{{$context.data.title}}"))
    at_once = await create(other, "unknown to the other a moment ago")
    field = {"name": "views", "type": "integer"}
    _ = (await one.post("collections/posts/fields:create", field)).data

    async def has_views() -> bool:
        reply = await other.post("posts:create", {"title": "x", "views": 7})
        return reply.data.get("views") == 7

    await until(has_views, 3)
    [workflow] = (await one.get("workflows:list")).data
    _ = (await one.post(f"workflows:update/{workflow['id']}", {"enabled": False})).data

    async def is_disabled() -> bool:
        reply = await other.post("posts:create", {"title": "y"}, triggerWorkflows="k")
        return reply.workflows[0].get("reason") == "disabled"

    await until(is_disabled, 3)
    _ = (await one.post("collections/posts/fields:destroy", filterByTk="views")).data

    async def has_no_views() -> bool:
        return "views" not in (await other.post("posts:create", {"title": "z"})).data

    await until(has_no_views, 3)

    assert at_once


# --- a frozen process ---------------------------------------------------------------------


async def test_a_worker_that_was_frozen_past_its_lease_writes_nothing_more(
    site: Site, receiver: Receiver
) -> None:
    server = await site.serve("--no-worker")
    api = await site.client(server)
    await arrange(api, calling(receiver), noting("{{$context.data.title}}"))
    frozen = await site.worker()
    assert all([await create(api, str(number)) for number in range(20)])
    await receiver.waits_for(20)
    frozen.signal(signal.SIGSTOP)
    # Its answers arrive while it sleeps, so it goes on with each execution when it wakes.
    receiver.open.set()
    _ = await site.worker()
    await until(lambda: no_execution_is_open(api), TAKEN_OVER_SECONDS)
    jobs_before = await all_rows(api, "jobs:list")
    executions_before = await all_rows(api, "executions:list")
    frozen.signal(signal.SIGCONT)

    async def lost_them_all() -> bool:
        return len(frozen.events("execution.lease_lost")) == 20

    await until(lost_them_all)

    assert await all_rows(api, "jobs:list") == jobs_before
    assert await all_rows(api, "executions:list") == executions_before
    await assert_each_post_ran_once(api, {"only": "{0}"})
    # It works on what comes next.
    assert await create(api, "next")
    await until(lambda: no_execution_is_open(api))
    await assert_each_post_ran_once(api, {"only": "{0}"})


# --- clients that hang up, and a graceful stop --------------------------------------------


async def test_a_client_that_hangs_up_during_a_sync_workflow_stops_nothing(
    site: Site, receiver: Receiver
) -> None:
    server = await site.serve()
    api = await site.client(server)
    await arrange(api, calling(receiver), noting("sync"), sync=True)
    _ = await api.workflow("posts", noting("async"), key="a")
    await hang_up(api, "posts:create?triggerWorkflows=k,a", receiver)
    receiver.open.set()

    async def both_ran() -> bool:
        return await notes(api) == Counter(["sync", "async"])

    await until(both_ran, LEASE_SECONDS / 2)

    assert await titles(api) == Counter(["hung up"])
    assert [row["status"] for row in await all_rows(api, "executions:list")] == [1, 1]


async def hang_up(api: Remote, path: str, receiver: Receiver) -> None:
    """Send a request, and close the connection while its workflow runs."""
    url = api.url
    body = msgspec.json.encode({"title": "hung up"})
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = [
        f"POST /api/{path} HTTP/1.1",
        f"Host: {url.host}",
        f"Authorization: {api.headers['Authorization']}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    writer.write("\r\n".join([*head, "", ""]).encode() + body)
    await writer.drain()
    await receiver.waits_for(1)
    writer.close()
    await writer.wait_closed()
    assert await reader.read() == b""


async def test_a_graceful_stop_loses_nothing_and_hands_over_at_once(
    site: Site, receiver: Receiver
) -> None:
    server = await site.serve()
    api = await site.client(server)
    await arrange(
        api,
        noting("before {{$context.data.title}}"),
        calling(receiver),
        noting("after {{$context.data.title}}"),
    )
    receiver.open.set()
    acknowledged: set[str] = set()
    creating = asyncio.create_task(load(api, "p", acknowledged, 1_500))
    await asyncio.sleep(1.0)
    server.signal(signal.SIGTERM)
    code = await server.ended()
    await creating
    api = await site.client(await site.serve())
    await until(lambda: no_execution_is_open(api), LEASE_SECONDS / 2)

    assert code == 0
    assert len(acknowledged) > 50
    assert acknowledged <= set(await titles(api))
    await assert_each_post_ran_once(api, {"first": "before {0}", "second": "after {0}"})


async def test_a_worker_is_told_while_it_is_idle_and_answers_prometheus(site: Site) -> None:
    server = await site.serve("--no-worker")
    worker = await site.start("worker", "--metrics-port", "0")
    api = await site.client(server)

    async def told() -> list[tuple[str, bool]]:
        found = (await api.get("system:health")).data["workers"]
        return [(each["kind"], each["works"]) for each in found]

    async def listens() -> bool:
        return bool(worker.events("worker.listening"))

    await until(listens)
    there = await told()
    [listening] = worker.events("worker.listening")
    async with httpx2.AsyncClient(base_url=listening["url"]) as http:
        metrics = await http.get("/metrics")
        health = await http.get("/api/__health_check")
    worker.signal(signal.SIGTERM)

    assert there == [("serve", False), ("worker", True)]
    assert "ensuite_database_up 1.0" in metrics.text
    assert health.text == "ok"
    assert await worker.ended() == 0
    assert await told() == [("serve", False)]
