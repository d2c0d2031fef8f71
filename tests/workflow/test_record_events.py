"""Workflows that listen for changes of records, and what keeps them from starting each other."""

from typing import Any

import pytest

from tests.client import Client
from tests.patience import until
from tests.workflow.shop import node, notes, noting

CREATE, UPDATE, DESTROY = 1, 2, 4


async def listens(
    api: Client,
    *nodes: dict[str, Any],
    on: str = "orders",
    key: str = "k",
    config: dict[str, Any] | None = None,
    **others: Any,
) -> None:
    given = {"collection": on, "mode": CREATE | UPDATE, **(config or {})}
    _ = await api.workflow(on, *nodes, key=key, type="collection", config=given, **others)


async def settled(api: Client, count: int) -> list[dict[str, Any]]:
    """The executions, oldest first, as soon as there are so many and all have ended."""

    async def have_ended() -> bool:
        found = await api.executions()
        return len(found) >= count and all(each["status"] not in {None, 0} for each in found)

    await until(have_ended)
    return await api.executions()


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (CREATE, ["create"]),
        (UPDATE, ["update"]),
        (DESTROY, ["destroy"]),
        (CREATE | UPDATE | DESTROY, ["create", "update", "destroy"]),
    ],
)
async def test_it_starts_on_the_changes_of_its_mode(
    shop: Client, mode: int, expected: list[str]
) -> None:
    await listens(shop, config={"mode": mode})
    order = (await shop.post("orders:create", {"title": "x"})).data
    _ = (await shop.post(f"orders:update/{order['id']}", {"title": "y"})).data
    _ = (await shop.post(f"orders:destroy/{order['id']}")).data
    executions = await settled(shop, len(expected))

    assert [each["action"] for each in executions] == expected
    assert {each["recordKey"] for each in executions} == {str(order["id"])}


@pytest.mark.parametrize(
    ("config", "starts"),
    [
        ({"changed": ["title"]}, True),
        ({"changed": ["total"]}, False),
        ({"changed": ["total", "title"]}, True),
        ({"when": "data.total > 100"}, False),
        ({"when": "data.total < 100 && previous.title == 'x' && 'title' in changed"}, True),
        # What cannot be evaluated does not hold, and does not fail the write.
        ({"when": "data.nothing.at.all"}, False),
        ({"when": "data.total"}, False),
        ({"condition": {"title": "y"}}, True),
        ({"condition": {"title": "x"}}, False),
        ({"condition": {"lines": {"item": "none"}}}, False),
    ],
)
async def test_an_update_has_to_fit_its_fields_and_its_condition(
    shop: Client, config: dict[str, Any], *, starts: bool
) -> None:
    order = (await shop.post("orders:create", {"title": "x", "total": 5})).data
    await listens(shop, config={"mode": UPDATE, **config})
    reply = await shop.post(f"orders:update/{order['id']}", {"title": "y"})
    [entry] = reply.workflows

    assert (entry["key"], entry["state"]) == ("k", "queued" if starts else "skipped")
    assert entry.get("reason") == (None if starts else "condition_not_met")
    assert len(await shop.executions()) == int(starts)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, "mode"),
        ({"mode": 0}, "mode"),
        ({"mode": 8}, "mode"),
        ({"mode": 1, "when": "data."}, "when"),
        ({"mode": 1, "when": "context.data.id > 1"}, "when"),
        ({"mode": 4, "condition": {"title": "x"}}, "condition"),
    ],
)
async def test_a_configuration_that_cannot_be_is_refused(
    shop: Client, config: dict[str, Any], said: str
) -> None:
    values = {"title": "k", "type": "collection", "config": {"collection": "orders", **config}}
    reply = await shop.post("workflows:create", values)

    assert (reply.status, reply.codes) == (400, ["INVALID_TRIGGER_CONFIG"])
    [issue] = reply.body["errors"]
    assert said in issue["message"]
    assert issue["field"] == f"config.{said}"


async def test_naming_it_in_a_call_is_the_wrong_way(shop: Client) -> None:
    await listens(shop)
    reply = await shop.post("orders:create", {"title": "x"}, triggerWorkflows="k")

    assert [each.get("reason") for each in reply.workflows] == ["wrong_type", None]
    assert len(await shop.executions()) == 1


# --- what a step writes -------------------------------------------------------------------


async def test_what_a_step_writes_starts_the_workflows_that_listen(shop: Client) -> None:
    line = node("create", "line", collection="lines", params={"values": {"item": "bolt"}})
    _ = await shop.workflow("orders", line, key="first")
    await listens(shop, noting("{{$context.data.item}}"), on="lines", key="second")
    reply = await shop.post("orders:create", {"title": "x"}, triggerWorkflows="first")
    first, second = await settled(shop, 2)

    assert first["id"] == reply.workflows[0]["executionId"]
    assert (second["key"], second["causeExecutionId"]) == ("second", first["id"])
    assert second["stack"] == [{"executionId": first["id"], "key": "first", "nodeKey": "line"}]
    assert await notes(shop) == ["bolt"]


@pytest.mark.parametrize(
    ("type_", "config", "action"),
    [
        ("update", {"filter": {"item": "bolt"}, "values": {"price": 2}}, "update"),
        ("destroy", {"filter": {"item": "bolt"}}, "destroy"),
    ],
)
async def test_updates_and_deletions_by_steps_count_too(
    shop: Client, type_: str, config: dict[str, Any], action: str
) -> None:
    for _ in range(3):
        _ = (await shop.post("lines:create", {"item": "bolt", "price": 1})).data
    _ = await shop.workflow("orders", node(type_, collection="lines", params=config), key="k")
    await listens(shop, on="lines", key="second", config={"mode": UPDATE | DESTROY})
    _ = await shop.post("orders:create", {"title": "x"}, triggerWorkflows="k")
    executions = await settled(shop, 4)

    assert [each["action"] for each in executions] == ["create", *[action] * 3]


async def test_a_step_that_is_undone_starts_nothing(shop: Client) -> None:
    """Its write and the executions that hear of it are one transaction."""
    twice = node("create", collection="audit", params={"values": {"note": "unique"}})
    _ = await shop.workflow("orders", twice, key="k")
    await listens(shop, on="audit", key="second")
    for _ in range(2):
        _ = await shop.post("orders:create", {"title": "x"}, triggerWorkflows="k")
    executions = await settled(shop, 3)

    assert sorted((each["key"], each["status"]) for each in executions) == [
        ("k", -2),
        ("k", 1),
        ("second", 1),
    ]


async def test_a_trial_starts_nothing(shop: Client) -> None:
    await listens(shop, on="lines", key="second")
    config = {"collection": "lines", "params": {"values": {"item": "bolt"}}}
    reply = await shop.post("flow_nodes:test", {"type": "create", "config": config})

    assert reply.data["status"] == 1
    assert await shop.executions() == []


# --- loops --------------------------------------------------------------------------------

RAISE = node(
    "update",
    "raise",
    collection="orders",
    params={
        "filter": {"id": "{{$context.data.id}}"},
        "values": {"title": "{{$context.data.title}}+"},
    },
)


@pytest.mark.parametrize("limit", [1, 3])
async def test_a_workflow_starts_itself_as_often_as_its_limit_allows(
    shop: Client, limit: int
) -> None:
    await listens(shop, RAISE, options={"stackLimit": limit})
    order = (await shop.post("orders:create", {"title": "x"})).data
    executions = await settled(shop, limit + 1)
    *ran, skipped = executions
    chain = [{"executionId": each["id"], "key": "k", "nodeKey": "raise"} for each in ran]

    assert [each["status"] for each in ran] == [1] * limit
    # The one that would have started is on record, with the chain that says why it did not.
    assert (skipped["status"], skipped["reason"]) == (-4, "loop")
    assert skipped["stack"] == chain
    assert (await shop.get(f"orders:get/{order['id']}")).data["title"] == "x" + "+" * limit


async def test_two_workflows_that_start_each_other_end_as_well(shop: Client) -> None:
    for key in ("ping", "pong"):
        await listens(shop, RAISE, key=key)
    _ = (await shop.post("orders:create", {"title": "x"})).data
    executions = await settled(shop, 6)
    ended = [(each["key"], each["status"], each["reason"]) for each in executions]

    # Each starts the other once, and neither itself.
    assert ended.count(("ping", 1, None)) == 2
    assert ended.count(("pong", 1, None)) == 2
    assert {each for each in ended if each[1] != 1} == {("ping", -4, "loop"), ("pong", -4, "loop")}
