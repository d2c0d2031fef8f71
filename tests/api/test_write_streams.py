"""`Accept: text/event-stream` on a write: its answer, and then what becomes of what it started."""

import asyncio
import json
from collections.abc import AsyncGenerator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest

from ensuite.api import write_streams
from ensuite.server.app import Ensuite
from ensuite.workflow import watch
from tests.client import Client
from tests.patience import until
from tests.people import person, role

PATIENCE_SECONDS = 20
SUM: dict[str, Any] = {"type": "calculation", "config": {"expression": "1 + 1"}}
REFUSAL: dict[str, Any] = {"type": "end", "config": {"endStatus": -1}}
MESSAGE: dict[str, Any] = {"type": "response-message", "config": {"message": "well done"}}
WEEK: dict[str, Any] = {"type": "delay", "config": {"duration": 1, "unit": 604_800_000}}


@dataclass
class Stream:
    """An answer as its caller gets it, message by message."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    sent: asyncio.Queue[MutableMapping[str, Any]] = field(default_factory=asyncio.Queue)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    async def part(self) -> bytes | None:
        """The next part of the body; None at its end."""
        message = await asyncio.wait_for(self.sent.get(), PATIENCE_SECONDS)
        return message["body"] if message.get("more_body") else None

    async def event(self) -> tuple[str, Any]:
        """The next event, without heartbeats."""
        while (part := await self.part()) is not None:
            lines = dict(line.split(": ", 1) for line in part.decode().splitlines() if line)
            if "event" in lines:
                return lines["event"], json.loads(lines["data"])
        return "closed", {}

    async def all(self) -> list[tuple[str, Any]]:
        """Every event up to the end of the answer."""
        events: list[tuple[str, Any]] = []
        while (event := await self.event())[0] != "closed":
            events.append(event)
        return events


@asynccontextmanager
async def writing(
    api: Client, app: Ensuite, path: str, values: Any = None, key: str = "", **params: str
) -> AsyncGenerator[Stream]:
    """Write, and listen to what becomes of it."""
    opened = Stream()
    headers = {**api.headers, "Accept": "text/event-stream"}
    if key:
        headers["Idempotency-Key"] = key
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/api/{path}",
        "raw_path": f"/api/{path}".encode(),
        "query_string": urlencode(params).encode(),
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
    }
    requests = iter([{"type": "http.request", "body": json.dumps(values).encode()}])

    async def receive() -> MutableMapping[str, Any]:
        for message in requests:
            return message
        _ = await opened.hung_up.wait()
        return {"type": "http.disconnect"}

    task = asyncio.create_task(app.endpoint(scope, receive, opened.sent.put))
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


async def test_the_answer_is_followed_by_jobs_and_executions(
    blog: Client, ensuite: Ensuite
) -> None:
    _ = await blog.workflow("posts", SUM, {**SUM, "title": "again"}, key="k")
    async with writing(blog, ensuite, "posts:create", {"title": "a"}, triggerWorkflows="k") as s:
        events = await s.all()
    execution_id = events[0][1]["meta"]["workflows"][0]["executionId"]

    assert s.status == 200
    assert s.headers["content-type"].startswith("text/event-stream")
    assert events[0][0] == "record"
    assert events[0][1]["data"]["title"] == "a"
    assert events[0][1]["meta"]["workflows"][0]["state"] == "queued"
    assert [value["result"] for name, value in events if name == "job"] == [2, 2]
    told = [value for name, value in events if name == "execution"]
    assert {each["id"] for each in told} == {execution_id}
    assert told[-1]["status"] == 1
    entry = {"key": "k", "state": "succeeded", "executionId": execution_id}
    assert events[-1] == ("end", {"reason": "ended", "meta": {"workflows": [entry]}})


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("posts:create", {"title": "b"}),
        ("posts:create", [{"title": "b"}]),
        ("posts:update/{id}", {"title": "b"}),
        ("posts:destroy/{id}", None),
        ("posts/{id}/tags:create", {"name": "b"}),
        ("posts/{id}/tags:set", []),
    ],
)
async def test_a_write_that_starts_nothing_ends_at_once(
    blog: Client, ensuite: Ensuite, path: str, values: Any
) -> None:
    post = (await blog.post("posts:create", {"title": "a"})).data
    async with writing(blog, ensuite, path.format(**post), values) as stream:
        events = await stream.all()

    assert [name for name, _ in events] == ["record", "end"]
    assert events[-1][1] == {"reason": "ended"}
    assert len(ensuite.watcher) == 0


@pytest.mark.parametrize(
    ("node", "state", "said"),
    [
        (MESSAGE, "succeeded", {"messages": [{"message": "well done"}]}),
        (
            REFUSAL,
            "failed",
            {
                "errors": [
                    {
                        "message": "The workflow ended with a refusal; its messages say why."
                        "  The record is saved.",
                        "code": "WORKFLOW_REJECTED",
                    }
                ]
            },
        ),
    ],
)
async def test_sync_workflows_run_while_their_jobs_are_told(
    blog: Client, ensuite: Ensuite, node: dict[str, Any], state: str, said: dict[str, Any]
) -> None:
    _ = await blog.workflow("posts", SUM, node, key="k", sync=True)
    async with writing(blog, ensuite, "posts:create", {"title": "a"}, triggerWorkflows="k") as s:
        events = await s.all()
    last = events[-1][1]

    assert s.status == 200
    assert [name for name, _ in events if name == "job"] == ["job", "job"]
    assert [each["state"] for each in last["meta"]["workflows"]] == [state]
    assert {key: value for key, value in last.items() if key not in {"reason", "meta"}} == said


async def test_sync_and_async_workflows_end_on_one_stream(blog: Client, ensuite: Ensuite) -> None:
    _ = await blog.workflow("posts", SUM, key="now", sync=True)
    _ = await blog.workflow("posts", SUM, key="later")
    asked = {"triggerWorkflows": "later,now,unknown"}
    async with writing(blog, ensuite, "posts:create", {"title": "a"}, **asked) as stream:
        events = await stream.all()

    states = [each["state"] for each in events[-1][1]["meta"]["workflows"]]
    assert states == ["succeeded", "succeeded", "skipped"]


async def test_who_may_not_look_at_workflows_hears_states_only(
    blog: Client, ensuite: Ensuite
) -> None:
    await role(blog, "writer", "create", "view")
    ann = await person(blog, "ann", "writer")
    _ = await blog.workflow("posts", SUM, key="k")
    async with writing(ann, ensuite, "posts:create", {"title": "a"}, triggerWorkflows="k") as s:
        events = await s.all()

    jobs = [value for name, value in events if name == "job"]
    executions = [value for name, value in events if name == "execution"]
    assert [set(each) for each in jobs] == [{"id", "executionId", "nodeKey", "status"}]
    assert executions
    assert all(set(each) == {"id", "key", "status"} for each in executions)


async def test_an_execution_that_is_not_kept_has_ended_too(blog: Client, ensuite: Ensuite) -> None:
    options = {"deleteExecutionOnStatus": [1]}
    _ = await blog.workflow("posts", SUM, key="k", options=options)
    async with writing(blog, ensuite, "posts:create", {"title": "a"}, triggerWorkflows="k") as s:
        events = await s.all()

    assert events[-1][1]["reason"] == "ended"
    assert [each["state"] for each in events[-1][1]["meta"]["workflows"]] == ["succeeded"]


async def test_a_stream_ends_after_its_longest_time(
    blog: Client, ensuite: Ensuite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_streams, "MAX_SECONDS", 1)
    _ = await blog.workflow("posts", WEEK, key="k")
    async with writing(blog, ensuite, "posts:create", {"title": "a"}, triggerWorkflows="k") as s:
        events = await s.all()

    assert events[-1][1]["reason"] == "time"
    assert [each["state"] for each in events[-1][1]["meta"]["workflows"]] == ["waiting"]


async def test_of_more_executions_than_a_stream_follows_only_the_record_is_told(
    blog: Client, ensuite: Ensuite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_streams, "MAX_FOLLOWED", 1)
    _ = await blog.workflow("posts", SUM, key="k")
    async with writing(blog, ensuite, "posts:create", [{}, {}], triggerWorkflows="k") as stream:
        events = await stream.all()

    assert [name for name, _ in events] == ["record", "end"]
    assert events[-1][1]["reason"] == "many"
    for each in await blog.executions():
        assert (await blog.ended(each["id"]))["status"] == 1


async def test_who_hangs_up_loses_nothing(blog: Client, ensuite: Ensuite) -> None:
    """The client is gone after the first event; a sync and an async execution run to their end."""
    _ = await blog.workflow("posts", SUM, key="now", sync=True)
    _ = await blog.workflow("posts", SUM, key="later")
    asked = {"triggerWorkflows": "now,later"}
    async with writing(blog, ensuite, "posts:create", {"title": "a"}, **asked) as stream:
        name, _ = await stream.event()

    assert name == "record"
    for each in await blog.executions():
        assert (await blog.ended(each["id"]))["status"] == 1

    async def nobody_listens() -> bool:
        return len(ensuite.watcher) == 0

    await until(nobody_listens)


@pytest.mark.parametrize(
    ("path", "values", "code"),
    [
        ("posts:create", {"views": "many"}, "INVALID_FIELDS"),
        ("posts:update", {"views": 1}, "FILTER_REQUIRED"),
        ("nothing:create", {}, "COLLECTION_NOT_FOUND"),
    ],
)
async def test_an_error_before_the_write_is_an_ordinary_answer(
    blog: Client, ensuite: Ensuite, path: str, values: Any, code: str
) -> None:
    reply = await blog.acting(Accept="text/event-stream").post(path, values)

    assert reply.status in {400, 404}
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.body["code"] == code
    assert len(ensuite.watcher) == 0


async def test_without_a_place_for_one_more_stream_nothing_is_written(
    blog: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MAX_SUBSCRIBERS", 0)
    reply = await blog.acting(Accept="text/event-stream").post("posts:create", {"title": "a"})

    assert reply.status == 503
    assert reply.codes == ["TOO_MANY_STREAMS"]
    assert (await blog.get("posts:list")).data == []


async def test_reading_is_answered_in_json(blog: Client) -> None:
    reply = await blog.acting(Accept="text/event-stream").get("posts:list")

    assert reply.data == []


async def test_under_a_key_the_first_event_is_the_answer_that_is_given_again(
    blog: Client, ensuite: Ensuite
) -> None:
    _ = await blog.workflow("posts", SUM, key="k")
    asked = {"triggerWorkflows": "k"}
    async with writing(blog, ensuite, "posts:create", {"title": "a"}, "1", **asked) as stream:
        events = await stream.all()
    again = await blog.acting(Idempotency_Key="1").call(
        "POST", "posts:create", content=b'{"title": "a"}', params=asked
    )

    assert again.headers["idempotency-replayed"] == "true"
    assert again.body == events[0][1]
    assert len((await blog.get("posts:list")).data) == 1
