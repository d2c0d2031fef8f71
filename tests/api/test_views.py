"""Saved views: everybody has the own ones."""

from typing import Any

import pytest

from tests.client import Client
from tests.people import person

CONFIG = {"columns": ["title"], "filter": {"views": {"$gt": 1}}, "sort": ["-id"]}


def view(**others: Any) -> dict[str, Any]:
    return {"collection": "posts", "name": "Mine", "config": CONFIG, **others}


@pytest.fixture
async def blog(api: Client) -> Client:
    await api.blog()
    return api


async def test_a_view_is_kept_changed_and_forgotten(blog: Client) -> None:
    made = (await blog.post("views:create", view())).data
    [changed] = (await blog.post(f"views:update/{made['id']}", {"name": "Yours"})).data

    assert made["config"] == CONFIG
    assert (changed["name"], changed["config"], changed["isDefault"]) == ("Yours", CONFIG, False)
    assert (await blog.get("views:list", collection="posts")).data == [changed]
    assert (await blog.get("views:list", collection="tags")).data == []
    assert (await blog.post(f"views:destroy/{made['id']}")).data == 1
    assert (await blog.get("views:list")).data == []


async def test_one_view_of_a_collection_is_the_default(blog: Client) -> None:
    for name, collection in (("A", "posts"), ("B", "posts"), ("A", "tags")):
        _ = await blog.post("views:create", view(name=name, collection=collection, isDefault=True))
    found = (await blog.get("views:list")).data

    assert [(v["collection"], v["name"], v["isDefault"]) for v in found] == [
        ("posts", "A", False),
        ("posts", "B", True),
        ("tags", "A", True),
    ]


async def test_others_views_do_not_exist(blog: Client) -> None:
    made = (await blog.post("views:create", view())).data
    other = await person(blog, "mia", "member")

    assert (await other.get("views:list")).data == []
    assert (await other.post(f"views:update/{made['id']}", {"name": "x"})).status == 404
    assert (await other.post(f"views:destroy/{made['id']}")).codes == ["VIEW_NOT_FOUND"]
    assert (await other.post("views:create", view())).status == 200


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Taken"}, "name"),
        ({"collection": "nothing"}, "collection"),
        ({"config": {"a": "x" * 17_000}}, "config"),
        ({"config": []}, "config"),
        ({"isDefault": "yes"}, "isDefault"),
        ({"userId": 1}, "userId"),
    ],
)
async def test_a_view_that_cannot_be_is_refused(
    blog: Client, wrong: dict[str, Any], field: str
) -> None:
    _ = (await blog.post("views:create", view(name="Taken"))).data
    reply = await blog.post("views:create", view(**wrong))

    assert (reply.status, reply.codes) == (400, ["INVALID_VIEW"])
    assert reply.body["errors"][0]["field"] == field


async def test_there_is_a_bound_for_each_collection(blog: Client) -> None:
    for number in range(50):
        _ = (await blog.post("views:create", view(name=str(number)))).data

    assert (await blog.post("views:create", view(name="more"))).codes == ["INVALID_VIEW"]
    assert (await blog.post("views:create", view(collection="tags"))).status == 200


async def test_views_go_with_their_collection(blog: Client) -> None:
    _ = (await blog.post("views:create", view(collection="tags"))).data
    _ = (await blog.post("collections:destroy/tags", cascade="true")).data

    assert (await blog.get("views:list")).data == []
