"""The `Prefer` header of a write: how long to wait, and for what."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ensuite.api.preferences import Preferences, preferences
from ensuite.server.app import Ensuite, running
from ensuite.settings import Settings
from ensuite.workflow import awaited
from tests.asgi import request
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client, Reply
from tests.patience import until

SUM: dict[str, Any] = {"type": "calculation", "config": {"expression": "1 + 1"}}
REFUSAL: dict[str, Any] = {"type": "end", "config": {"endStatus": -1}}
WEEK: dict[str, Any] = {"type": "delay", "config": {"duration": 1, "unit": 604_800_000}}
RENAMING: dict[str, Any] = {
    "type": "update",
    "config": {
        "collection": "posts",
        "params": {
            "filter": {"id": "{{$context.data.id}}"},
            "values": {"title": "renamed"},
        },
    },
}


@pytest.fixture
async def blog(api: Client) -> Client:
    await api.blog()
    return api


@pytest.fixture
async def without_worker(settings: Settings) -> AsyncIterator[tuple[Client, Ensuite]]:
    """A server that leaves async executions to workers."""
    async with running(settings, works=False) as server, Client(server.endpoint) as api:
        _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        await api.blog()
        yield api, server


async def create(api: Client, prefer: str, triggers: str = "", **values: Any) -> Reply:
    client = api.acting(Prefer=prefer)
    return await client.post("posts:create", {"title": "a", **values}, triggerWorkflows=triggers)


def applied(reply: Reply) -> str | None:
    return reply.headers.get("preference-applied")


# --- the header ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", Preferences()),
        ("wait=5", Preferences(wait=5)),
        ("wait=0", Preferences(wait=0)),
        ("wait=60", Preferences(wait=60)),
        ("wait=61", Preferences(wait=60)),
        ("wait=99999999999", Preferences()),
        ("wait", Preferences()),
        ("wait=-1", Preferences()),
        ("wait=1.5", Preferences()),
        ("wait=soon", Preferences()),
        ('wait="5"', Preferences(wait=5)),
        (" Wait = 5 ", Preferences(wait=5)),
        ("wait=5, wait=9", Preferences(wait=5)),
        ("respond-async", Preferences(respond_async=True)),
        ("RESPOND-ASYNC", Preferences(respond_async=True)),
        ("respond-async, wait=10", Preferences(respond_async=True, wait=10)),
        ("handling=strict", Preferences(strict=True)),
        ('handling="strict"', Preferences(strict=True)),
        ("handling=lenient", Preferences()),
        ("handling=strict;why=not, wait=3;x", Preferences(strict=True, wait=3)),
        ('foo="handling=strict, wait=3"', Preferences()),
        ('foo; bar="respond-async, wait=3", wait=4', Preferences(wait=4)),
        (",,; =,wait=2", Preferences(wait=2)),
        ('"', Preferences()),
    ],
)
def test_preferences_are_read_as_rfc_7240_says(header: str, expected: Preferences) -> None:
    assert preferences(header.encode()) == expected


# --- wait ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefer", "node", "sync", "state", "said"),
    [
        ("wait=20", SUM, False, "succeeded", "wait=20"),
        ("wait=20", REFUSAL, False, "failed", "wait=20"),
        ("wait=20", SUM, True, "succeeded", "wait=20"),
        ("wait=1", WEEK, False, "waiting", "wait=1"),
        ("wait=0", SUM, False, "queued", "wait=0"),
        ("wait=100", SUM, False, "succeeded", "wait=60"),
        ("wait=soon", SUM, False, "queued", None),
        ("wait=20, respond-async", SUM, True, "succeeded", "respond-async, wait=20"),
        ("handling=strict, wait=20", SUM, False, "succeeded", "handling=strict, wait=20"),
    ],
)
async def test_a_call_may_wait_for_what_it_started(
    blog: Client,
    prefer: str,
    node: dict[str, Any],
    *,
    sync: bool,
    state: str,
    said: str | None,
) -> None:
    _ = await blog.workflow("posts", node, key="k", sync=sync)
    reply = await create(blog, prefer, "k")

    assert reply.status == 200
    assert [each["state"] for each in reply.workflows] == [state]
    assert applied(reply) == said


async def test_preferences_of_several_lines_are_one_list(blog: Client, ensuite: Ensuite) -> None:
    _ = await blog.workflow("posts", SUM, key="k", sync=True)
    lines = {**blog.headers, "Prefer": "respond-async", "prefer": "wait=20"}
    target = b"/api/posts:create?triggerWorkflows=k"
    reply = await request(ensuite.endpoint, "POST", target, headers=lines, body=b"{}")

    assert reply.headers["preference-applied"] == "respond-async, wait=20"


async def test_what_ran_meanwhile_shows_in_the_record(blog: Client) -> None:
    _ = await blog.workflow("posts", RENAMING, key="k")
    reply = await create(blog, "wait=20", "k")

    assert reply.data["title"] == "renamed"


async def test_a_call_that_starts_nothing_does_not_wait(blog: Client) -> None:
    reply = await create(blog, "wait=60")

    assert reply.data["title"] == "a"
    assert applied(reply) == "wait=60"


async def test_what_another_process_runs_is_waited_for(
    without_worker: tuple[Client, Ensuite], settings: Settings
) -> None:
    api, _ = without_worker
    _ = await api.workflow("posts", SUM, key="k")
    async with running(settings):
        reply = await create(api, "wait=20", "k")

    assert reply.workflows[0]["state"] == "succeeded"


async def test_nobody_runs_it_and_the_time_is_over(
    without_worker: tuple[Client, Ensuite],
) -> None:
    api, _ = without_worker
    _ = await api.workflow("posts", SUM, key="k")
    reply = await create(api, "wait=1", "k")

    assert reply.status == 200
    assert reply.workflows[0]["state"] == "queued"


async def test_an_execution_that_is_not_kept_has_ended_too(
    without_worker: tuple[Client, Ensuite], settings: Settings
) -> None:
    api, _ = without_worker
    _ = await api.workflow("posts", SUM, key="k", options={"deleteExecutionOnStatus": [1]})
    async with running(settings):
        reply = await create(api, "wait=20", "k")

    assert reply.workflows[0]["state"] == "succeeded"
    assert await api.executions() == []


async def test_beyond_the_bound_a_call_is_answered_without_waiting(
    blog: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awaited, "MAX_WAITERS", 0)
    _ = await blog.workflow("posts", WEEK, key="k")
    reply = await create(blog, "wait=60", "k")

    assert reply.workflows[0]["state"] == "queued"
    assert applied(reply) is None


async def test_many_wait_with_one_question(
    without_worker: tuple[Client, Ensuite], settings: Settings
) -> None:
    api, server = without_worker
    _ = await api.workflow("posts", SUM, key="k")
    calls = asyncio.gather(*(create(api, "wait=20", "k") for _ in range(40)))

    async def all_are_captured() -> bool:
        return len(await api.executions()) == 40

    await until(all_are_captured)
    async with running(settings):
        replies = await calls

    assert {each.workflows[0]["state"] for each in replies} == {"succeeded"}
    assert server.dispatcher.rested is not None


# --- respond-async ------------------------------------------------------------------------


async def test_a_caller_may_leave_sync_workflows_behind(blog: Client) -> None:
    _ = await blog.workflow("posts", REFUSAL, key="k", sync=True)
    reply = await create(blog, "respond-async", "k")
    ended = await blog.ended(reply.workflows[0]["executionId"])

    assert reply.status == 200
    assert reply.workflows[0]["state"] == "queued"
    assert applied(reply) == "respond-async"
    assert ended["status"] == -1


async def test_the_next_call_waits_for_them_again(blog: Client) -> None:
    _ = await blog.workflow("posts", SUM, key="k", sync=True)
    replies = [await create(blog, prefer, "k") for prefer in ("", "respond-async", "")]

    states = [each.workflows[0]["state"] for each in replies]
    assert states == ["succeeded", "queued", "succeeded"]


async def test_global_sync_workflows_are_left_behind_too(blog: Client) -> None:
    config = {"collection": "posts", "global": True, "actions": ["create"]}
    _ = await blog.workflow("posts", SUM, key="k", sync=True, config=config)
    reply = await create(blog, "respond-async")

    assert [each["state"] for each in reply.workflows] == ["queued"]


async def test_a_worker_runs_what_a_server_without_one_leaves_behind(
    without_worker: tuple[Client, Ensuite], settings: Settings
) -> None:
    api, _ = without_worker
    _ = await api.workflow("posts", SUM, key="k", sync=True)
    reply = await create(api, "respond-async", "k")
    execution = (await api.executions())[0]
    async with running(settings):
        ended = await api.ended(reply.workflows[0]["executionId"])

    assert execution["status"] is None
    assert ended["status"] == 1


async def test_a_strict_call_that_is_refused_writes_nothing(blog: Client) -> None:
    reply = await create(blog, "respond-async, handling=strict, wait=5", "unknown")

    assert reply.codes == ["unknown_key"]
    assert (await blog.get("posts:list")).data == []


async def test_a_reading_call_applies_no_preference(blog: Client) -> None:
    reply = await blog.acting(Prefer="wait=60, respond-async").get("posts:list")

    assert applied(reply) is None
