"""What happens to executions, as it happens: server-sent events."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest

from ensuite.server.app import Ensuite
from ensuite.workflow import watch
from tests.client import ROOT_EMAIL, Client
from tests.people import person

PATIENCE_SECONDS = 10
DELAY: dict[str, Any] = {"type": "delay", "config": {"duration": 1, "unit": 604_800_000}}
SUM: dict[str, Any] = {"type": "calculation", "config": {"expression": "1 + 1"}}


@dataclass
class Stream:
    """An open stream, as a browser has it."""

    sent: asyncio.Queue[MutableMapping[str, Any]] = field(default_factory=asyncio.Queue)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    last_id: str = ""
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)

    async def event(self) -> tuple[str, dict[str, Any]]:
        """The next event, without comments; `closed` once the response has ended."""
        while True:
            message = await asyncio.wait_for(self.sent.get(), PATIENCE_SECONDS)
            if not message.get("more_body"):
                return "closed", {}
            lines = [
                line.partition(": ")
                for line in message["body"].decode().splitlines()
                if line and not line.startswith(":")
            ]
            parts = {name: value for name, _, value in lines}
            self.last_id = parts.get("id", self.last_id)
            if "event" in parts:
                return parts["event"], json.loads(parts["data"])

    async def until_status(self, status: int, execution_id: int) -> list[tuple[str, Any]]:
        """The events up to the one that says that an execution has this status."""
        heard: list[tuple[str, Any]] = []
        while True:
            name, value = await self.event()
            heard.append((name, value))
            assert name != "closed", heard
            if name == "execution" and value["id"] == execution_id and value["status"] == status:
                return heard


@asynccontextmanager
async def stream(client: Client, app: Any, path: str = "", **params: Any) -> AsyncGenerator[Stream]:
    """Open `executions:stream`; parameters that are objects are sent as JSON."""
    opened = Stream()
    query = {k: v if isinstance(v, str) else json.dumps(v) for k, v in params.items()}
    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/api/executions:stream{path}",
        "raw_path": f"/api/executions:stream{path}".encode(),
        "query_string": urlencode(query).encode(),
        "headers": [(k.lower().encode(), v.encode()) for k, v in client.headers.items()],
    }
    requests = iter([{"type": "http.request", "body": b""}])

    async def receive() -> Mapping[str, Any]:
        for message in requests:
            return message
        _ = await opened.hung_up.wait()
        return {"type": "http.disconnect"}

    task = asyncio.create_task(app(scope, receive, opened.sent.put))
    start = await asyncio.wait_for(opened.sent.get(), PATIENCE_SECONDS)
    opened.status = start["status"]
    opened.headers = {name.decode(): value.decode() for name, value in start["headers"]}
    try:
        yield opened
    finally:
        opened.hung_up.set()
        await asyncio.wait_for(task, PATIENCE_SECONDS)


@pytest.fixture
async def blog(api: Client) -> Client:
    await api.blog()
    return api


async def started(api: Client, key: str) -> int:
    """An execution that a new post starts."""
    reply = await api.post("posts:create", {"title": "x"}, triggerWorkflows=key)
    execution_id: int = reply.workflows[0]["executionId"]
    return execution_id


async def test_what_is_created_and_ends_is_told(blog: Client, ensuite: Ensuite) -> None:
    workflow = await blog.workflow("posts", SUM, key="sum")
    before = await started(blog, "sum")
    _ = await blog.ended(before)
    async with stream(blog, ensuite.endpoint) as heard:
        execution_id = await started(blog, "sum")
        events = await heard.until_status(1, execution_id)

    assert heard.headers["content-type"].startswith("text/event-stream")
    assert {name for name, _ in events} == {"execution"}
    assert {value["id"] for _, value in events} == {execution_id}
    last = events[-1][1]
    version = {"id": workflow["id"], "number": 1}
    assert last["workflow"] == {
        "id": workflow["id"],
        "key": "sum",
        "title": "sum",
        "version": version,
    }
    assert last["user"]["email"] == ROOT_EMAIL
    assert (last["step"]["type"], last["step"]["status"]) == ("calculation", 1)
    assert "context" not in last
    assert last["finishedAt"] is not None


async def test_a_filter_says_to_which_executions(blog: Client, ensuite: Ensuite) -> None:
    for key in ("a", "b"):
        _ = await blog.workflow("posts", SUM, key=key)
    async with stream(blog, ensuite.endpoint, filter={"key": "b", "status": 1}) as heard:
        _ = await started(blog, "a")
        execution_id = await started(blog, "b")
        events = await heard.until_status(1, execution_id)

    assert [(value["key"], value["status"]) for _, value in events] == [("b", 1)]


@pytest.mark.parametrize("form", ["filter", "operator", "path"])
async def test_one_execution_is_told_as_it_is_with_its_jobs_and_then_its_changes(
    blog: Client, ensuite: Ensuite, form: str
) -> None:
    _ = await blog.workflow("posts", SUM, DELAY, key="slow")
    execution_id = await started(blog, "slow")
    jobs: list[dict[str, Any]] = []
    while len(jobs) < 2:
        found = await blog.get("jobs:list", filter={"executionId": execution_id}, sort="id")
        jobs = found.data
    wanted: dict[str, Any] = {
        "filter": {"filter": {"id": execution_id}},
        "operator": {"filter": {"$and": [{"id": {"$eq": execution_id}}]}},
        "path": {},
    }[form]
    path = f"/{execution_id}" if form == "path" else ""
    async with stream(blog, ensuite.endpoint, path, **wanted) as heard:
        present = await heard.until_status(0, execution_id)
        _ = (await blog.post(f"executions:cancel/{execution_id}")).data
        changed = await heard.until_status(-3, execution_id)

    assert [value["id"] for name, value in present if name == "job"] == [j["id"] for j in jobs]
    assert present[-1][1]["context"]["data"]["title"] == "x"
    assert [value["status"] for name, value in changed if name == "job"] == [-3]


async def test_who_comes_back_hears_what_happened_meanwhile(blog: Client, ensuite: Ensuite) -> None:
    _ = await blog.workflow("posts", SUM, key="sum")
    async with stream(blog, ensuite.endpoint) as heard:
        _ = await heard.until_status(1, await started(blog, "sum"))
    missed = [await started(blog, "sum") for _ in range(3)]
    for each in missed:
        _ = await blog.ended(each)
    async with stream(blog, ensuite.endpoint, lastEventId=heard.last_id) as again:
        found: set[int] = set()
        while not found >= set(missed):
            _, value = await again.event()
            found.add(value["id"])
    header = blog.acting(Last_Event_ID=heard.last_id)
    async with stream(header, ensuite.endpoint) as by_header:
        _ = await by_header.until_status(1, missed[-1])


async def test_a_change_that_commits_late_is_not_lost(blog: Client, ensuite: Ensuite) -> None:
    _ = await blog.workflow("posts", SUM, key="sum")
    done = await started(blog, "sum")
    _ = await blog.ended(done)
    async with stream(blog, ensuite.endpoint) as heard:
        async with ensuite.database.transaction() as tx:
            now = ensuite.clock.now()
            _ = await tx.execute(
                "UPDATE ensuite.executions SET status = -1, finished_at = $2 WHERE id = $1",
                done,
                now,
            )
            # Others commit meanwhile, and the stream goes on with its cursor.
            for _ in range(3):
                _ = await heard.until_status(1, await started(blog, "sum"))
        _ = await heard.until_status(-1, done)


async def test_a_token_and_a_role_may_be_parameters(blog: Client, ensuite: Ensuite) -> None:
    token = blog.headers["Authorization"].removeprefix("Bearer ")
    nobody = blog.acting(Authorization="")
    async with stream(nobody, ensuite.endpoint, token=token, role="root") as heard:
        assert heard.status == 200
    async with stream(nobody, ensuite.endpoint, token=token, role="nothing") as heard:
        assert heard.status == 401


async def test_it_asks_for_the_permission_of_the_list(blog: Client, ensuite: Ensuite) -> None:
    member = await person(blog, "mia", "member")
    async with stream(member, ensuite.endpoint) as heard:
        assert heard.status == 403


@pytest.mark.parametrize("given", ["x", "1.x", "1." + "9" * 20, "-1.5", "²."])
async def test_a_cursor_that_no_stream_has_sent_is_refused(
    blog: Client, ensuite: Ensuite, given: str
) -> None:
    async with stream(blog, ensuite.endpoint, lastEventId=given) as heard:
        assert heard.status == 400


async def test_a_stream_ends_with_its_session(
    blog: Client, ensuite: Ensuite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ensuite.api.streams.HEARTBEAT_SECONDS", 0.05)
    other = blog.acting()
    _ = await other.sign_in("root@example.test", "a root password")
    async with stream(other, ensuite.endpoint) as heard:
        _ = await other.post("auth:signOut")

        assert await heard.event() == ("end", {"reason": "session"})
        assert await heard.event() == ("closed", {})
    assert len(ensuite.watcher) == 0


async def test_streams_end_when_the_process_stops(blog: Client, ensuite: Ensuite) -> None:
    async with stream(blog, ensuite.endpoint) as heard:
        ensuite.watcher.stop()

        assert await heard.event() == ("end", {"reason": "stopping"})
        assert await heard.event() == ("closed", {})


async def test_a_process_serves_so_many_streams_and_forgets_who_hung_up(
    blog: Client, ensuite: Ensuite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MAX_SUBSCRIBERS", 1)
    async with stream(blog, ensuite.endpoint), stream(blog, ensuite.endpoint) as second:
        assert (second.status, second.headers["retry-after"]) == (503, "5")
    async with stream(blog, ensuite.endpoint) as third:
        assert third.status == 200
    assert len(ensuite.watcher) == 0


async def test_too_many_changes_are_told_as_a_reset(
    blog: Client, ensuite: Ensuite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MAX_CHANGES", 2)
    _ = await blog.workflow("posts", SUM, key="sum")
    async with stream(blog, ensuite.endpoint) as heard:
        _ = await asyncio.gather(*(started(blog, "sum") for _ in range(30)))
        while (await heard.event())[0] != "reset":
            pass
