"""Buttons of collections: who sees them, what they may be, in which order they stand."""

from typing import Any

import pytest

from tests.client import Client
from tests.people import person, role

LABEL = {"en": "Publish", "fr": "Publier"}


def button(**others: Any) -> dict[str, Any]:
    return {"collection": "posts", "label": LABEL, "scope": "record", **others}


@pytest.fixture
async def blog(api: Client) -> Client:
    await api.blog()
    return api


async def test_a_button_is_kept_as_it_was_written(blog: Client) -> None:
    given = button(
        icon="send",
        style="primary",
        visibleWhen={"views": {"$gt": 3}},
        confirm={"en": "Sure?", "fr": "Sûr ?"},
        workflows=[{"key": "publish", "path": ""}, {"key": "tell", "path": "category"}],
        values={"title": "Published"},
        roles=["member"],
    )
    made = (await blog.post("buttons:create", given)).data

    assert given.items() <= made.items()
    assert made["sort"] == 1
    assert (await blog.get("buttons:list", collection="posts")).data == [made]
    assert (await blog.get("buttons:list", collection="tags")).data == []


async def test_everything_that_is_wrong_is_told_at_once(blog: Client) -> None:
    given = {
        **button(style="loud", roles=["nobody"], visibleWhen={"nothing": 1}, extra=1),
        "label": {"en": " ", "fr": "Publier"},
        "workflows": [{"key": "a,b"}, {"key": "c", "path": "category.nowhere"}],
        "values": {"nothing": 1},
    }
    reply = await blog.post("buttons:create", given)

    assert reply.status == 400
    assert set(reply.codes) == {"INVALID_BUTTON"}
    assert {each["field"] for each in reply.body["errors"]} == {
        "label.en",
        "style",
        "roles",
        "visibleWhen",
        "workflows[0].key",
        "workflows[1].path",
        "values",
        "extra",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"collection": "nothing"},
        {"collection": "workflows"},
        {"scope": "form", "values": {"title": "x"}},
        {"values": {"title": "x" * 20_000}},
        {"label": "Publish"},
        {"workflows": [{"key": "k"}] * 21},
        {"workflows": [{"key": "k", "path": ".".join(["category", "posts"] * 4)}]},
    ],
)
async def test_a_button_that_cannot_be_is_refused(blog: Client, wrong: dict[str, Any]) -> None:
    reply = await blog.post("buttons:create", {**button(), **wrong})

    assert (reply.status, set(reply.codes)) == (400, {"INVALID_BUTTON"})


async def test_an_update_changes_what_it_names(blog: Client) -> None:
    made = (await blog.post("buttons:create", button(icon="send"))).data
    path = f"buttons:update/{made['id']}"
    [changed] = (await blog.post(path, {"style": "danger", "icon": None})).data

    assert (changed["style"], changed["icon"], changed["label"]) == ("danger", None, LABEL)
    assert (await blog.post(path, {"collection": "tags"})).status == 400
    assert (await blog.post("buttons:update/1", {"style": "danger"})).codes == ["BUTTON_NOT_FOUND"]


async def test_buttons_are_moved_before_and_after_others(blog: Client) -> None:
    a, b, c = [(await blog.post("buttons:create", button())).data["id"] for _ in range(3)]

    async def moved(which: int, **place: int) -> list[int]:
        reply = await blog.post(f"buttons:move/{which}", place)
        return [each["id"] for each in reply.data]

    assert await moved(c, before=a) == [c, a, b]
    assert await moved(c, after=a) == [a, c, b]
    assert await moved(a, after=b) == [c, b, a]
    assert await moved(a, after=a) == [c, b, a]
    assert (await blog.post(f"buttons:move/{a}", {"after": 1})).status == 404
    assert (await blog.post(f"buttons:move/{a}", {})).codes == ["INVALID_BUTTON"]


async def test_buttons_for_other_roles_are_left_out_but_not_for_who_manages_them(
    blog: Client,
) -> None:
    await role(blog, "editor", "view")
    for roles in (["editor"], ["member"], []):
        _ = (await blog.post("buttons:create", button(roles=roles))).data
    member = await person(blog, "mia", "member")

    assert [each["roles"] for each in (await member.get("buttons:list")).data] == [["member"], []]
    assert len((await blog.get("buttons:list")).data) == 3
    assert (await member.post("buttons:create", button())).status == 403
    assert (await member.post("buttons:destroy/1")).status == 403


async def test_buttons_are_destroyed_alone_and_with_their_collection(blog: Client) -> None:
    made = [(await blog.post("buttons:create", button())).data["id"] for _ in range(3)]

    assert (await blog.post(f"buttons:destroy/{made[0]}")).data == 1
    assert (await blog.post(f"buttons:destroy/{made[0]}")).data == 0
    _ = (await blog.post("collections:destroy/posts", cascade="true")).data
    assert (await blog.get("buttons:list")).data == []
