"""A node's turn on trial: what it would come to, and nothing of it stays."""

from typing import Any

import pytest

from tests.client import Client
from tests.people import person, role


@pytest.fixture
async def blog(api: Client) -> Client:
    await api.blog()
    return api


async def trial(api: Client, type_: str, config: dict[str, Any], **scope: Any) -> dict[str, Any]:
    values = {"type": type_, "config": config, **scope}
    found: dict[str, Any] = (await api.post("flow_nodes:test", values)).data
    return found


async def test_a_calculation_says_what_it_comes_to(blog: Client) -> None:
    config = {"engine": "cel", "expression": "context.data.views * 2 + jobs.earlier"}
    found = await trial(
        blog, "calculation", config, context={"data": {"views": 4}}, jobs={"earlier": 1}
    )

    assert found == {"status": 1, "result": 9, "log": None}


async def test_what_it_writes_is_undone(blog: Client) -> None:
    params = {"values": {"title": "{{$context.data.title}}"}}
    config = {"collection": "posts", "params": params}
    found = await trial(blog, "create", config, context={"data": {"title": "A"}})

    assert (found["status"], found["result"]["title"]) == (1, "A")
    assert (await blog.get("posts:list")).data == []


async def test_what_the_database_refuses_is_told(blog: Client) -> None:
    await blog.collection("codes", {"name": "code", "type": "string", "unique": True})
    _ = await blog.post("codes:create", {"code": "A"})
    config = {"collection": "codes", "params": {"values": {"code": "A"}}}
    found = await trial(blog, "create", config)

    assert found["status"] == -2
    assert "code" in found["log"]
    assert len((await blog.get("codes:list")).data) == 1


async def test_an_update_starts_nothing(blog: Client) -> None:
    post = (await blog.post("posts:create", {"title": "A"})).data["id"]
    _ = await blog.workflow(
        "posts", key="everywhere", config={"global": True, "actions": ["update"]}
    )
    params = {"filter": {"id": post}, "values": {"title": "B"}}
    found = await trial(blog, "update", {"collection": "posts", "params": params})

    assert (found["status"], found["result"]) == (1, 1)
    assert (await blog.get(f"posts:get/{post}")).data["title"] == "A"
    assert await blog.executions() == []
    filter_ = {"collection": "posts", "recordKey": post}
    assert (await blog.get("record-changes:list", filter=filter_)).data == []


async def test_a_condition_names_its_branch_and_a_delay_waits(blog: Client) -> None:
    no = await trial(
        blog,
        "condition",
        {"engine": "cel", "expression": "context.data.views > 5", "rejectOnFalse": False},
        context={"data": {"views": 4}},
    )
    waits = await trial(blog, "delay", {"duration": 1, "unit": 60_000})

    assert (no["status"], no["result"]) == (1, False)
    assert waits["status"] == 0


async def test_a_failure_says_why(blog: Client) -> None:
    found = await trial(blog, "calculation", {"engine": "cel", "expression": "1 / 0"})

    assert found["status"] == -2
    assert "zero" in found["log"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "nothing", "config": {}},
        {"type": "create", "config": {"collection": 3}},
        {"type": "create", "config": []},
        {"type": "calculation", "config": {"expression": "1"}, "context": "x"},
        {"config": {}},
    ],
)
async def test_what_is_no_node_is_refused(blog: Client, wrong: dict[str, Any]) -> None:
    assert (await blog.post("flow_nodes:test", wrong)).status == 400


async def test_who_may_not_draw_workflows_may_not_try_nodes(blog: Client) -> None:
    await role(blog, "reader", "view")
    reader = await person(blog, "rita", "reader")
    values = {"type": "calculation", "config": {"engine": "cel", "expression": "1"}}

    assert (await reader.post("flow_nodes:test", values)).status == 403
