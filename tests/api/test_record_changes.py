"""What became of a record: written with the change, shown to those who may view the record."""

from typing import Any

import pytest

from tests.client import Client
from tests.people import permit, person, role, user_id


@pytest.fixture
async def blog(api: Client) -> Client:
    await api.blog()
    return api


async def made(api: Client, **values: Any) -> int:
    found: int = (await api.post("posts:create", values)).data["id"]
    return found


async def changes_of(api: Client, key: object, **params: Any) -> list[dict[str, Any]]:
    filter_ = {"collection": "posts", "recordKey": key}
    found: list[dict[str, Any]] = (
        await api.get("record-changes:list", filter=filter_, **params)
    ).data
    return found


async def test_an_update_says_who_changed_what(blog: Client) -> None:
    post = await made(blog, title="A", views=1)
    _ = await blog.post(f"posts:update/{post}", {"title": "B", "views": 1})
    [change] = await changes_of(blog, str(post))

    assert change["changes"] == [{"field": "title", "from": "A", "to": "B"}]
    assert (change["action"], change["recordKey"]) == ("update", str(post))
    assert change["user"]["id"] == change["userId"] == await user_id(blog)
    assert change["executionId"] is None


async def test_an_update_that_changes_nothing_leaves_no_trace(blog: Client) -> None:
    post = await made(blog, title="A")
    _ = await blog.post(f"posts:update/{post}", {"title": "A"})

    assert await changes_of(blog, post) == []


async def test_the_newest_change_comes_first_page_by_page(blog: Client) -> None:
    post = await made(blog, views=0)
    for number in range(1, 4):
        _ = await blog.post(f"posts:update/{post}", {"views": number})
    filter_ = {"collection": "posts", "recordKey": post}
    first = await blog.get("record-changes:list", filter=filter_, pageSize="2", sort="-id")
    second = await blog.get("record-changes:list", filter=filter_, pageSize="2", page="2")

    assert [each["changes"][0]["to"] for each in first.data] == [3, 2]
    assert [each["changes"][0]["to"] for each in second.data] == [1]
    assert (first.body["meta"]["hasNext"], second.body["meta"]["hasNext"]) == (True, False)


async def test_the_changes_of_a_record_that_is_gone_stay(blog: Client) -> None:
    post = await made(blog, title="A")
    _ = await blog.post(f"posts:update/{post}", {"title": "B"})
    _ = await blog.post(f"posts:destroy/{post}")

    assert [each["action"] for each in await changes_of(blog, post)] == ["destroy", "update"]


async def test_many_records_that_change_at_once_each_have_their_own(blog: Client) -> None:
    posts = [await made(blog, title="A") for _ in range(3)]
    _ = await blog.post("posts:update", {"title": "B"}, filter={"title": "A"})

    for post in posts:
        assert [each["changes"][0]["to"] for each in await changes_of(blog, post)] == ["B"]


async def test_a_change_by_a_workflow_names_the_execution(blog: Client) -> None:
    params = {"filter": {"id": "{{$context.data.id}}"}, "values": {"title": "B"}}
    node = {"type": "update", "config": {"collection": "posts", "params": params}}
    _ = await blog.workflow("posts", node, key="rename", sync=True)
    reply = await blog.post("posts:create", {"title": "A"}, triggerWorkflows="rename")
    [change] = await changes_of(blog, reply.data["id"])

    assert change["executionId"] == reply.workflows[0]["executionId"]
    assert change["user"] is None


async def test_a_large_value_is_told_without_itself(blog: Client) -> None:
    post = await made(blog, content="A")
    _ = await blog.post(f"posts:update/{post}", {"content": "B" * 3_000})
    [change] = await changes_of(blog, post)

    assert change["changes"] == [{"field": "content", "large": True}]


async def test_a_collection_can_do_without(blog: Client) -> None:
    values = {"name": "secrets", "logging": False, "fields": [{"name": "word", "type": "string"}]}
    _ = (await blog.post("collections:create", values)).data
    secret = (await blog.post("secrets:create", {"word": "A"})).data["id"]
    _ = await blog.post(f"secrets:update/{secret}", {"word": "B"})
    filter_ = {"collection": "secrets", "recordKey": secret}

    assert (await blog.get("record-changes:list", filter=filter_)).data == []


async def test_a_role_sees_changes_of_its_fields_and_of_its_records(blog: Client) -> None:
    await role(blog, "reader")
    scope = (
        await blog.post(
            "rolesResourcesScopes:create",
            {"name": "popular", "resourceName": "posts", "scope": {"views": {"$gt": 10}}},
        )
    ).data
    await permit(blog, "reader", "posts", view={"fields": ["title"], "scope": {"id": scope["id"]}})
    reader = await person(blog, "rita", "reader")
    seen, hidden = await made(blog, title="A", views=11), await made(blog, title="A", views=1)
    for post in (seen, hidden):
        _ = await blog.post(f"posts:update/{post}", {"title": "B", "content": "secret"})

    [change] = await changes_of(reader, seen)
    assert [each["field"] for each in change["changes"]] == ["title"]
    assert await changes_of(reader, hidden) == []


async def test_who_may_not_view_the_collection_is_refused(blog: Client) -> None:
    await role(blog, "nobody")
    nobody = await person(blog, "noa", "nobody")
    post = await made(blog, title="A")
    reply = await nobody.get(
        "record-changes:list", filter={"collection": "posts", "recordKey": post}
    )

    assert reply.status == 403


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({}, 400, "INVALID_FILTER"),
        ({"filter": {"collection": "posts"}}, 400, "INVALID_FILTER"),
        ({"filter": {"collection": ["posts"], "recordKey": 1}}, 400, "INVALID_FILTER"),
        ({"filter": {"collection": "posts", "recordKey": 1, "x": 1}}, 400, "INVALID_FILTER"),
        ({"filter": {"collection": "nowhere", "recordKey": 1}}, 404, "COLLECTION_NOT_FOUND"),
        ({"filter": {"collection": "users", "recordKey": 1}}, 404, "NOT_FOUND"),
        ({"filter": {"collection": "posts", "recordKey": "x"}}, 400, "INVALID_PARAMETER"),
        ({"filter": {"collection": "posts", "recordKey": 1}, "sort": "id"}, 400, None),
    ],
)
async def test_what_cannot_be_asked_is_said(
    blog: Client, params: dict[str, Any], status: int, code: str | None
) -> None:
    reply = await blog.get("record-changes:list", **params)

    assert reply.status == status
    assert code is None or reply.codes == [code]


async def test_a_dropped_collection_takes_its_changes_along(blog: Client) -> None:
    post = await made(blog, title="A")
    _ = await blog.post(f"posts:update/{post}", {"title": "B"})
    _ = (await blog.post("collections:destroy/posts")).data
    await blog.collection("posts", {"name": "title", "type": "string"})

    assert await changes_of(blog, post) == []


async def test_an_execution_says_what_it_is_about(blog: Client) -> None:
    await blog.workflow("posts", key="own")
    await blog.workflow("categories", key="of-category")
    category = (await blog.post("categories:create", {"title": "C"})).data["id"]
    reply = await blog.post(
        "posts:create",
        {"title": "A", "categoryId": category},
        triggerWorkflows="own,of-category!category",
    )
    who = await user_id(blog)

    [own] = await blog.executions(key="own")
    [other] = await blog.executions(collection="categories", recordKey=str(category))
    assert (own["collection"], own["recordKey"]) == ("posts", str(reply.data["id"]))
    assert (own["action"], own["userId"], other["key"]) == ("create", who, "of-category")
    [named] = (
        await blog.get("executions:list", filter={"user.id": who, "key": "own"}, appends="user")
    ).data
    assert named["user"]["id"] == who
