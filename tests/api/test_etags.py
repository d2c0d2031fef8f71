"""`ETag` and `If-Match`: nobody overwrites what somebody else changed meanwhile."""

import asyncio
from typing import Any

import pytest

from tests.client import Client, Reply

SUM: dict[str, Any] = {"type": "calculation", "config": {"expression": "1 + 1"}}
NEVER = '"never"'


@pytest.fixture
async def blog(api: Client) -> Client:
    await api.blog()
    return api


def matching(client: Client, tag: str) -> Client:
    return client.acting(If_Match=tag)


async def tag_of(client: Client, path: str, **params: Any) -> str:
    reply = await client.get(path, **params)
    assert reply.status == 200
    return reply.headers["etag"]


def refused(reply: Reply) -> bool:
    return (reply.status, reply.codes) == (412, ["PRECONDITION_FAILED"])


async def test_a_record_is_only_written_as_it_was_read(blog: Client) -> None:
    post = (await blog.post("posts:create", {"title": "a"})).data
    path = f"posts:update/{post['id']}"
    seen = await tag_of(blog, f"posts:get/{post['id']}", fields="id,updatedAt")
    await asyncio.sleep(0.002)
    first = await matching(blog, seen).post(path, {"title": "b"})

    assert first.status == 200
    assert refused(await matching(blog, seen).post(path, {"title": "c"}))
    assert refused(await matching(blog, seen).post(f"posts:destroy/{post['id']}"))
    read = await blog.get(f"posts:get/{post['id']}")
    assert read.data["title"] == "b"
    assert read.headers["etag"] == first.headers["etag"] != seen
    assert (await matching(blog, f"{NEVER}, {first.headers['etag']}").post(path, {})).status == 200


async def test_of_two_writers_that_read_the_same_one_wins(blog: Client) -> None:
    post = (await blog.post("posts:create", {"title": "a", "tags": []})).data
    seen = await tag_of(blog, f"posts:get/{post['id']}")
    await asyncio.sleep(0.002)
    writer = matching(blog, seen)
    replies = await asyncio.gather(
        *(writer.post(f"posts:update/{post['id']}", {"title": str(n)}) for n in range(5))
    )

    assert sorted(reply.status for reply in replies) == [200, 412, 412, 412, 412]


async def test_a_star_stands_for_whatever_is_there(blog: Client) -> None:
    post = (await blog.post("posts:create", {"title": "a"})).data
    anything = matching(blog, "*")

    assert (await anything.post(f"posts:update/{post['id']}", {"title": "b"})).status == 200
    assert (await anything.post(f"posts:destroy/{post['id']}")).data == 1
    assert refused(await anything.post(f"posts:destroy/{post['id']}"))
    assert refused(await anything.post(f"posts:update/{post['id']}", {"title": "b"}))


async def test_a_refused_write_leaves_no_trace(blog: Client) -> None:
    _ = await blog.workflow("posts", SUM, key="sum")
    post = (await blog.post("posts:create", {"title": "a"})).data
    reply = await matching(blog, NEVER).post(
        f"posts:update/{post['id']}",
        {"title": "b", "category": {"title": "made on the way"}},
        triggerWorkflows="sum",
    )

    assert refused(reply)
    assert await blog.executions() == []
    assert (await blog.get("categories:list")).data == []


async def test_several_records_match_no_tag(blog: Client) -> None:
    for _ in range(2):
        _ = (await blog.post("posts:create", {"title": "a"})).data
    reply = await matching(blog, "*").post("posts:update", {"title": "b"}, filter={"title": "a"})

    assert refused(reply)


async def test_where_updates_have_no_time_there_is_no_tag(blog: Client) -> None:
    await blog.collection(
        "bare", {"name": "id", "type": "bigInt", "primaryKey": True}, presets=False
    )
    _ = (await blog.post("bare:create", {"id": 1})).data

    assert "etag" not in (await blog.get("bare:get/1")).headers
    assert "etag" not in (await blog.get("users:get/1")).headers


async def test_every_change_of_a_node_is_one_of_its_workflow(blog: Client) -> None:
    workflow = await blog.workflow("posts", SUM, enabled=False)
    get, add = f"workflows:get/{workflow['id']}", f"workflows/{workflow['id']}/nodes:create"
    seen = [await tag_of(blog, get)]

    async def changed(path: str, values: Any = None) -> Reply:
        for old in seen[:-1]:
            assert refused(await matching(blog, old).post(path, values))
        reply = await matching(blog, seen[-1]).post(path, values)
        assert reply.status == 200, reply.body
        assert await tag_of(blog, get) == reply.headers["etag"]
        assert reply.headers["etag"] not in seen
        seen.append(reply.headers["etag"])
        return reply

    _ = await changed(f"workflows:update/{workflow['id']}", {"title": "other"})
    node = (await changed(add, {**SUM, "upstreamId": None})).data["id"]
    second = (await changed(add, {**SUM, "upstreamId": node})).data["id"]
    _ = await changed(f"flow_nodes:update/{node}", {"title": "first"})
    _ = await changed(f"flow_nodes:move/{second}", {"upstreamId": None})
    assert await tag_of(blog, f"flow_nodes:get/{node}") == seen[-1]
    assert await tag_of(blog, f"workflows/{workflow['id']}/nodes:list") == seen[-1]
    _ = await changed(f"flow_nodes:destroy/{second}")
    assert refused(await matching(blog, seen[0]).post(f"workflows:destroy/{workflow['id']}"))
    assert (await matching(blog, seen[-1]).post(f"workflows:destroy/{workflow['id']}")).data == 1
    assert refused(await matching(blog, "*").post(f"workflows:destroy/{workflow['id']}"))


async def test_an_execution_is_no_change_of_its_workflow(blog: Client) -> None:
    workflow = await blog.workflow("posts", SUM, key="sum")
    before = await tag_of(blog, f"workflows:get/{workflow['id']}")
    reply = await blog.post("posts:create", {"title": "x"}, triggerWorkflows="sum")
    _ = await blog.ended(reply.workflows[0]["executionId"])

    assert await tag_of(blog, f"workflows:get/{workflow['id']}") == before


async def test_every_change_of_a_field_is_one_of_its_collection(blog: Client) -> None:
    seen = [await tag_of(blog, "collections:get/posts")]

    async def changed(path: str, values: Any = None) -> None:
        for old in seen[:-1]:
            assert refused(await matching(blog, old).post(path, values))
        reply = await matching(blog, seen[-1]).post(path, values)
        assert reply.status == 200, reply.body
        seen.append(await tag_of(blog, "collections:get/posts"))
        assert seen[-1] != seen[-2]
        assert reply.headers["etag"] == seen[-1]

    fields = "collections/posts/fields"
    _ = await changed("collections:update/posts", {"title": "Articles"})
    _ = await changed(f"{fields}:create", {"name": "note", "type": "text"})
    assert await tag_of(blog, f"{fields}:get/note") == seen[-1]
    assert await tag_of(blog, f"{fields}:list") == seen[-1]
    _ = await changed(f"{fields}:update/note", {"description": "for people"})
    _ = await changed(f"{fields}:destroy/note")
    assert refused(await matching(blog, seen[-2]).post("collections:destroy/tags"))
    assert (await matching(blog, "*").post("collections:destroy/tags")).status == 200
