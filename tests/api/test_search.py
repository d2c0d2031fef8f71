"""`search`: one text, looked for in every field that may hold it."""

from typing import Any

import pytest

from tests.client import Client
from tests.people import permit, person, role


@pytest.fixture(scope="module")
async def things(shared: Client) -> Client:
    await shared.collection(
        "things",
        {"name": "title", "type": "string"},
        {"name": "note", "type": "text"},
        {"name": "secret", "type": "string"},
        {"name": "sealed", "type": "password"},
        {"name": "count", "type": "integer"},
        {"name": "weight", "type": "double"},
        {"name": "tags", "type": "array"},
    )
    for values in (
        {"title": "Apple Pie", "note": "100% sweet", "count": 7, "weight": 7.5},
        {"title": "Banana", "note": "an apple is nearby", "count": 70},
        {"title": "Cherry_tree", "secret": "apple", "count": 700, "sealed": "apple"},
    ):
        _ = (await shared.post("things:create", values)).data
    return shared


async def titles(client: Client, search: str, **params: Any) -> list[str]:
    reply = await client.get("things:list", search=search, sort="title", **params)
    assert reply.body["meta"]["count"] == len(reply.data)
    return [each["title"] for each in reply.data]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("apple", ["Apple Pie", "Banana", "Cherry_tree"]),
        ("BANANA", ["Banana"]),
        ("y_t", ["Cherry_tree"]),
        ("%", ["Apple Pie"]),
        ("_", ["Cherry_tree"]),
        ("\\", []),
        ("70", ["Banana"]),
        ("7", ["Apple Pie"]),
        ("100", ["Apple Pie"]),
        ("99999999999999999999", []),
        ("3000000000", []),
        ("  ", ["Apple Pie", "Banana", "Cherry_tree"]),
        (" pie ", ["Apple Pie"]),
        ("scrypt", []),
    ],
)
async def test_it_finds_what_holds_the_text(things: Client, text: str, found: list[str]) -> None:
    assert await titles(things, text) == found


async def test_it_finds_a_record_by_its_key(things: Client) -> None:
    [banana] = (await things.get("things:list", filter={"title": "Banana"})).data

    assert await titles(things, str(banana["id"])) == ["Banana"]


async def test_filter_and_search_both_have_to_hold(things: Client) -> None:
    assert await titles(things, "apple", filter={"count": {"$gt": 10}}) == ["Banana", "Cherry_tree"]


async def test_it_does_not_look_where_the_role_may_not(things: Client) -> None:
    await role(things, "reader")
    await permit(things, "reader", "things", view={"fields": ["title"]})
    reader = await person(things, "rea", "reader")

    assert await titles(reader, "apple") == ["Apple Pie"]
    assert await titles(reader, "7") == []


async def test_it_searches_the_systems_own_collections_too(things: Client) -> None:
    assert len((await things.get("users:list", search="root@")).data) == 1
    assert (await things.get("users:list", search="argon2")).data == []
    assert (await things.get("executions:list", search="nothing")).data == []


@pytest.mark.parametrize("text", ["x" * 201, "a\x00b"])
async def test_a_text_that_no_search_takes_is_refused(things: Client, text: str) -> None:
    assert (await things.get("things:list", search=text)).codes == ["INVALID_PARAMETER"]


async def test_a_search_is_no_reason_to_destroy(things: Client) -> None:
    assert (await things.post("things:destroy", search="apple")).codes == ["FILTER_REQUIRED"]


async def test_where_no_field_can_hold_a_text_nothing_is_found(things: Client) -> None:
    await things.collection("numbers", {"name": "n", "type": "double"})
    _ = (await things.post("numbers:create", {"n": 1.5})).data

    assert (await things.get("numbers:list", search="a")).data == []
