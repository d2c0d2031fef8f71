"""Executions from end to end: each node type for real, waits, timeouts, errors, fairness.

Arranged and looked at over the API, on a real PostgreSQL; a clock that the test moves makes the
waits, and a server on the loopback answers the outgoing calls.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from ensuite.server.app import running
from ensuite.settings import Settings
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client
from tests.patience import until
from tests.workflow.shop import (
    ManualClock,
    Receiver,
    Timed,
    arrange,
    cel,
    node,
    notes,
    noting,
    parked,
    ran,
    results,
    start,
    statuses,
)

# --- no nodes, order, results -------------------------------------------------------------


async def test_a_workflow_without_nodes_resolves_without_jobs(shop: Client) -> None:
    execution = await ran(shop)

    assert (execution["status"], execution["jobs"]) == (1, [])


async def test_nodes_run_in_order_and_see_the_results_before_them(shop: Client) -> None:
    execution = await ran(
        shop,
        cel("context.data.total * 2", "double"),
        node("calculation", "said", engine="string", expression="{{$jobsMapByNodeKey.double}} EUR"),
        noting("{{$jobsMapByNodeKey.said}}"),
        total=21,
    )

    assert statuses(execution) == [1, 1, 1]
    assert results(execution)[:2] == [42, "42 EUR"]
    assert await notes(shop) == ["42 EUR"]


async def test_the_system_variables_are_there(shop: Client) -> None:
    execution = await ran(
        shop,
        node("variable", value="{{$system.now}}"),
        node("variable", value="{{$system.genSnowflakeId}}"),
        node("variable", value="{{$context.user.email}} {{$context.roleName}}"),
    )
    now, made_id, who = results(execution)

    assert execution["createdAt"][:10] <= now[:10]
    assert made_id > execution["id"]
    assert who == f"{ROOT_EMAIL} root"


async def test_a_record_cannot_inject_a_template(shop: Client) -> None:
    execution = await ran(
        shop, node("variable", value="{{$context.data.title}}"), title="{{$context.user.email}}"
    )

    assert results(execution) == ["{{$context.user.email}}"]


# --- condition, multi-conditions, end -----------------------------------------------------


async def branching(api: Client, type_: str, heads: Mapping[int, str], **config: Any) -> None:
    """A branching node, a node in each of these branches, and one after it."""
    made = await api.workflow("orders", node(type_, "asks", **config), noting("after"), key="k")
    path = f"workflows/{made['id']}/nodes:create"
    [asks] = (
        await api.get("flow_nodes:list", filter={"workflowId": made["id"], "key": "asks"})
    ).data
    for index, note in heads.items():
        inside = {**noting(note), "upstreamId": asks["id"], "branchIndex": index}
        _ = (await api.post(path, inside)).data


OVER_TEN = {
    "group": {
        "type": "and",
        "calculations": [{"calculator": "gt", "operands": ["{{$context.data.total}}", 10]}],
    }
}


@pytest.mark.parametrize(("total", "note"), [(11, "yes"), (10, "no")])
async def test_condition_takes_the_branch_of_its_answer_and_goes_on(
    shop: Client, total: int, note: str
) -> None:
    await branching(
        shop, "condition", {1: "yes", 0: "no"}, rejectOnFalse=False, calculation=OVER_TEN
    )
    execution = await shop.ended(await start(shop, {"total": total}))

    assert execution["status"] == 1
    assert results(execution)[0] is (note == "yes")
    assert await notes(shop) == [note, "after"]


async def test_condition_without_a_node_in_the_branch_goes_on(shop: Client) -> None:
    await branching(shop, "condition", {1: "yes"}, rejectOnFalse=False, calculation=OVER_TEN)
    execution = await shop.ended(await start(shop, {"total": 1}))

    assert execution["status"] == 1
    assert await notes(shop) == ["after"]


async def test_condition_may_end_the_workflow_where_the_answer_is_no(shop: Client) -> None:
    await branching(shop, "condition", {1: "yes"}, rejectOnFalse=True, calculation=OVER_TEN)
    execution = await shop.ended(await start(shop, {"total": 1}))

    assert (execution["status"], statuses(execution)) == (-1, [-1])
    assert await notes(shop) == []


CASES = [
    {"engine": "cel", "expression": "context.data.total > 100.0"},
    {"engine": "basic", "calculation": OVER_TEN},
]


@pytest.mark.parametrize(
    ("total", "status", "written"),
    [(200, 1, ["huge", "after"]), (50, 1, ["large", "after"]), (1, -1, ["default"])],
)
async def test_multi_conditions_takes_the_first_branch_that_holds(
    shop: Client, total: int, status: int, written: list[str]
) -> None:
    heads = {1: "huge", 2: "large", 0: "default"}
    await branching(shop, "multi-conditions", heads, conditions=CASES, continueOnNoMatch=False)
    execution = await shop.ended(await start(shop, {"total": total}))

    assert execution["status"] == status
    assert await notes(shop) == written


async def test_multi_conditions_may_go_on_without_a_match(shop: Client) -> None:
    await branching(
        shop, "multi-conditions", {0: "default"}, conditions=CASES, continueOnNoMatch=True
    )
    execution = await shop.ended(await start(shop, {"total": 1}))

    assert execution["status"] == 1
    assert await notes(shop) == ["default", "after"]


async def test_a_default_branch_that_waits_still_ends_the_workflow_afterwards(
    timed: Timed,
) -> None:
    """What the node decided before the wait is in the journal, whoever goes on."""
    api = timed.api
    await branching(api, "multi-conditions", {}, conditions=CASES, continueOnNoMatch=False)
    [asks] = (await api.get("flow_nodes:list", filter={"key": "asks"})).data
    inside = {**node("delay", duration=1), "upstreamId": asks["id"], "branchIndex": 0}
    _ = (await api.post(f"workflows/{asks['workflowId']}/nodes:create", inside)).data
    execution_id = await start(api, {"total": 1})
    await parked(api, execution_id)
    await timed.later(seconds=5)
    execution = await api.ended(execution_id)

    assert execution["status"] == -1
    assert await notes(api) == []


@pytest.mark.parametrize("end_status", [1, -1])
async def test_end_ends_everything_also_from_inside_a_branch(shop: Client, end_status: int) -> None:
    await branching(shop, "condition", {}, rejectOnFalse=False, calculation=None)
    [asks] = (await shop.get("flow_nodes:list", filter={"key": "asks"})).data
    path = f"workflows/{asks['workflowId']}/nodes:create"
    inside = {**node("end", endStatus=end_status), "upstreamId": asks["id"], "branchIndex": 1}
    _ = (await shop.post(path, inside)).data
    execution = await shop.ended(await start(shop))

    assert (execution["status"], statuses(execution)) == (end_status, [1, end_status])
    assert await notes(shop) == []


# --- records ------------------------------------------------------------------------------


async def test_query_finds_one_record_or_a_page(shop: Client) -> None:
    for price in (3, 1, 2):
        _ = (await shop.post("lines:create", {"item": "screw", "price": price})).data
    _ = (await shop.post("lines:create", {"item": "bolt", "price": 9})).data
    params = {
        "filter": {"item": "{{$context.data.title}}"},
        "sort": [{"field": "price", "direction": "desc"}],
    }
    execution = await ran(
        shop,
        node("query", collection="lines", params=params),
        node("query", "all", collection="lines", multiple=True, params={**params, "pageSize": 2}),
        node("query", collection="lines", params={"filter": {"item": "none"}}),
        node("variable", value="{{$jobsMapByNodeKey.all.price}}"),
        title="screw",
    )
    one, page, none, prices = results(execution)

    assert one["price"] == 3
    assert [each["price"] for each in page] == [3, 2]
    assert none is None
    assert prices == [3, 2]


async def test_query_may_fail_where_nothing_is_found(shop: Client) -> None:
    execution = await ran(
        shop,
        node("query", collection="lines", failOnEmpty=True, params={"filter": {"item": "none"}}),
        noting("never"),
    )

    assert (execution["status"], statuses(execution)) == (-1, [-1])
    assert await notes(shop) == []


async def test_query_appends_associations_and_hides_secrets(shop: Client) -> None:
    filter_ = {"id": "{{$context.data.id}}"}
    execution = await ran(
        shop,
        node("query", collection="orders", params={"filter": filter_, "appends": ["lines"]}),
        node("query", collection="users", params={"filter": {"email": ROOT_EMAIL}}),
        title="x",
        lines=[{"item": "a"}, {"item": "b"}],
    )
    order, user = results(execution)

    assert [line["item"] for line in order["lines"]] == ["a", "b"]
    assert user["email"] == ROOT_EMAIL
    assert "password" not in user


async def test_create_writes_a_record_and_gives_it_back(shop: Client) -> None:
    values = {"item": "{{$context.data.title}}", "price": "{{$context.data.total}}"}
    execution = await ran(
        shop, node("create", collection="lines", params={"values": values}), title="nut", total=1.5
    )
    [line] = (await shop.get("lines:list")).data

    assert (line["item"], line["price"]) == ("nut", 1.5)
    assert results(execution) == [line]


async def test_create_writes_nested_records_and_appends(shop: Client) -> None:
    values = {"title": "nested", "lines": [{"item": "a"}, {"item": "b"}]}
    params = {"values": values, "appends": ["lines"]}
    execution = await ran(shop, node("create", collection="orders", params=params))
    [made] = results(execution)

    assert [line["item"] for line in made["lines"]] == ["a", "b"]
    assert len((await shop.get("lines:list", filter={"orderId": made["id"]})).data) == 2


async def test_a_create_that_violates_a_unique_field_ends_in_error_and_writes_nothing(
    shop: Client,
) -> None:
    _ = (await shop.post("audit:create", {"note": "taken"})).data
    execution = await ran(shop, cel("1"), noting("taken"), noting("never"))
    [failed] = [job for job in execution["jobs"] if job["status"] != 1]

    assert (execution["status"], statuses(execution)) == (-2, [1, -2])
    assert failed["result"] == {"message": "note already exists"}
    assert await notes(shop) == ["taken"]


async def test_what_was_written_before_a_failure_stays(shop: Client) -> None:
    execution = await ran(shop, noting("first"), noting("first"), noting("never"))

    assert (execution["status"], statuses(execution)) == (-2, [1, -2])
    assert await notes(shop) == ["first"]


async def test_update_changes_the_matching_records_and_counts_them(shop: Client) -> None:
    for item in ("a", "a", "b"):
        _ = (await shop.post("lines:create", {"item": item})).data
    params = {"filter": {"item": "a"}, "values": {"price": "{{$context.data.total}}"}}
    execution = await ran(shop, node("update", collection="lines", params=params), total=7)
    rows = (await shop.get("lines:list", sort="id")).data

    assert results(execution) == [2]
    assert [row["price"] for row in rows] == [7, 7, None]


async def test_destroy_deletes_the_matching_records_and_counts_them(shop: Client) -> None:
    for item in ("a", "a", "b"):
        _ = (await shop.post("lines:create", {"item": item})).data
    params = {"filter": {"item": "a"}}
    execution = await ran(shop, node("destroy", collection="lines", params=params))

    assert results(execution) == [2]
    assert [row["item"] for row in (await shop.get("lines:list")).data] == ["b"]


@pytest.mark.parametrize("type_", ["update", "destroy"])
async def test_a_filter_that_leaves_nothing_out_is_refused(shop: Client, type_: str) -> None:
    _ = (await shop.post("lines:create", {"item": "a"})).data
    execution = await ran(
        shop, node(type_, collection="lines", params={"filter": {}, "values": {"item": "b"}})
    )

    assert execution["status"] == -2
    assert [row["item"] for row in (await shop.get("lines:list")).data] == ["a"]


@pytest.mark.parametrize("type_", ["create", "update", "destroy"])
async def test_system_collections_are_out_of_reach(shop: Client, type_: str) -> None:
    params = {"filter": {"email": ROOT_EMAIL}, "values": {"nickname": "owned"}}
    execution = await ran(shop, node(type_, collection="users", params=params))
    me = (await shop.get("auth:check")).data

    assert execution["status"] == -2
    assert me["nickname"] != "owned"


async def test_aggregate_counts_and_sums(shop: Client) -> None:
    def over(aggregator: str, field: str, **params: Any) -> dict[str, Any]:
        given = {"field": field, **params}
        return node("aggregate", aggregator=aggregator, collection="lines", params=given)

    for item, price in (("a", 1), ("a", 2), ("b", 2), ("c", 10)):
        _ = (await shop.post("lines:create", {"item": item, "price": price})).data
    not_c = {"filter": {"item": {"$ne": "c"}}}
    of_this_order = {
        "associatedCollection": "orders",
        "name": "lines",
        "associatedKey": "{{$context.data.id}}",
    }
    execution = await ran(
        shop,
        over("count", "id"),
        over("sum", "price", **not_c),
        over("avg", "price", **not_c),
        over("min", "price"),
        over("max", "price"),
        over("count", "item", distinct=True),
        over("sum", "price", filter={"item": "none"}),
        node(
            "aggregate",
            aggregator="sum",
            associated=True,
            association=of_this_order,
            params={"field": "price"},
        ),
        lines=[{"item": "d", "price": 3}, {"item": "e", "price": 4}],
    )

    assert results(execution) == [6, 12, 2.4, 1, 10, 5, 0, 7]


# --- variable, output, response-message ---------------------------------------------------


async def test_variables_are_declared_and_reassigned(shop: Client) -> None:
    execution = await ran(
        shop,
        node("variable", "count", value=1),
        node("variable", target="count", value=2),
        cel("{{$jobsMapByNodeKey.count}} + 40"),
    )

    assert results(execution) == [1, 2, 42]


async def test_a_reassigned_variable_survives_a_wait(timed: Timed) -> None:
    _ = await timed.api.workflow(
        "orders",
        node("variable", "count", value=1),
        node("variable", target="count", value=2),
        node("delay", duration=1),
        cel("{{$jobsMapByNodeKey.count}} + 40"),
        key="k",
    )
    execution_id = await start(timed.api)
    await parked(timed.api, execution_id)
    await timed.later(seconds=5)

    assert results(await timed.api.ended(execution_id))[-1] == 42


async def test_output_is_what_the_execution_gives_back(shop: Client) -> None:
    execution = await ran(
        shop,
        node("output", value="first"),
        node("output", value={"total": "{{$context.data.total}}"}),
        cel("1"),
        total=9,
    )

    assert execution["output"] == {"total": 9}


async def test_the_output_before_a_wait_is_kept(timed: Timed) -> None:
    nodes = (node("output", value="early"), node("delay", duration=1))
    _ = await timed.api.workflow("orders", *nodes, key="k")
    execution_id = await start(timed.api)
    await parked(timed.api, execution_id)
    await timed.later(seconds=5)

    assert (await timed.api.ended(execution_id))["output"] == "early"


async def test_response_message_speaks_only_where_somebody_waits(shop: Client) -> None:
    say = node("response-message", message="saved {{$context.data.title}}")
    _ = await shop.workflow("orders", say, key="async")
    _ = await shop.workflow("orders", say, key="sync", sync=True)
    nobody = await shop.post("orders:create", {"title": "a"}, triggerWorkflows="async")
    somebody = await shop.post("orders:create", {"title": "b"}, triggerWorkflows="sync")
    silent = await shop.ended(nobody.workflows[0]["executionId"])
    spoken = await shop.ended(somebody.workflows[0]["executionId"])

    assert "messages" not in nobody.body
    assert results(silent) == [None]
    assert somebody.body["messages"] == [{"message": "saved b"}]
    assert results(spoken) == ["saved b"]


# --- delay --------------------------------------------------------------------------------


async def test_delay_holds_what_follows_until_its_time(timed: Timed) -> None:
    _ = await timed.api.workflow(
        "orders",
        noting("before"),
        node("delay", duration=2, unit=3_600_000),
        noting("after"),
        key="k",
    )
    execution_id = await start(timed.api)
    await parked(timed.api, execution_id)
    await timed.later(hours=1)
    await asyncio.sleep(0.2)
    early = await notes(timed.api)
    await timed.later(hours=1, seconds=1)
    execution = await timed.api.ended(execution_id)

    assert early == ["before"]
    assert (execution["status"], statuses(execution)) == (1, [1, 1, 1])
    assert results(execution)[1] == 7_200_000
    began, ended = (
        datetime.fromisoformat(execution["jobs"][1][name]) for name in ("createdAt", "updatedAt")
    )
    assert ended - began >= timedelta(hours=2)
    assert await notes(timed.api) == ["before", "after"]


async def test_delay_may_end_the_workflow(timed: Timed) -> None:
    _ = await timed.api.workflow(
        "orders", node("delay", duration=1, endStatus=-1), noting("never"), key="k"
    )
    execution_id = await start(timed.api)
    await parked(timed.api, execution_id)
    await timed.later(seconds=5)
    execution = await timed.api.ended(execution_id)

    assert (execution["status"], statuses(execution)) == (-1, [-1])
    assert await notes(timed.api) == []


async def test_a_waiting_execution_holds_no_lease(timed: Timed, database_url: str) -> None:
    _ = await timed.api.workflow("orders", node("delay", duration=3600), key="k")
    execution_id = await start(timed.api)
    await parked(timed.api, execution_id)
    connection = await asyncpg.connect(database_url)
    row = await connection.fetchrow(
        "SELECT status, lease_owner, ready_at FROM ensuite.executions WHERE id = $1", execution_id
    )
    await connection.close()

    assert row is not None
    assert (row["status"], row["lease_owner"]) == (0, None)
    assert row["ready_at"] > timed.clock.now() + timedelta(minutes=50)


async def test_several_delays_follow_each_other(timed: Timed) -> None:
    waits = [node("delay", f"d{number}", duration=10) for number in range(3)]
    _ = await timed.api.workflow("orders", *waits, noting("through"), key="k")
    execution_id = await start(timed.api)
    for number in range(3):

        async def waits_here(key: str = f"d{number}") -> bool:
            filter_ = {"executionId": execution_id, "nodeKey": key, "status": 0}
            return bool((await timed.api.get("jobs:list", filter=filter_)).data)

        await until(waits_here)
        await timed.later(seconds=15)
    execution = await timed.api.ended(execution_id)

    assert statuses(execution) == [1, 1, 1, 1]
    assert await notes(timed.api) == ["through"]


async def test_a_wait_goes_on_after_a_restart(settings: Settings) -> None:
    clock = ManualClock()

    @asynccontextmanager
    async def server() -> AsyncGenerator[Client]:
        async with running(settings, clock=clock) as ensuite, Client(ensuite.endpoint) as api:
            _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
            yield api

    async with server() as api:
        await arrange(api)
        _ = await api.workflow("orders", node("delay", duration=60), noting("after"), key="k")
        execution_id = await start(api)
        await parked(api, execution_id)
    clock.ahead += timedelta(seconds=61)
    async with server() as api:
        execution = await api.ended(execution_id)
        written = await notes(api)

    assert (execution["status"], written) == (1, ["after"])


# --- timeout ------------------------------------------------------------------------------


async def test_a_timeout_aborts_a_waiting_execution_with_its_job(timed: Timed) -> None:
    _ = await timed.api.workflow(
        "orders",
        cel("1"),
        node("delay", duration=3600),
        noting("never"),
        key="k",
        options={"timeout": 60_000},
    )
    execution_id = await start(timed.api)
    await parked(timed.api, execution_id)
    await timed.later(seconds=61)
    execution = await timed.api.ended(execution_id)

    assert (execution["status"], execution["reason"]) == (-3, "timeout")
    assert statuses(execution) == [1, -3]
    assert await notes(timed.api) == []


async def test_an_execution_within_its_timeout_is_left_alone(timed: Timed) -> None:
    _ = await timed.api.workflow(
        "orders", node("delay", duration=30), key="k", options={"timeout": 60_000}
    )
    execution_id = await start(timed.api)
    await parked(timed.api, execution_id)
    await timed.later(seconds=31)
    execution = await timed.api.ended(execution_id)

    assert (execution["status"], execution["reason"]) == (1, None)


# --- request ------------------------------------------------------------------------------


async def test_request_sends_and_keeps_the_answer(shop: Client, receiver: Receiver) -> None:
    execution = await ran(
        shop,
        node(
            "request",
            "call",
            method="POST",
            url=f"{receiver.url}/hook",
            headers=[{"name": "X-Order", "value": "{{$context.data.id}}"}],
            params=[{"name": "q", "value": "{{$context.data.title}}"}],
            data={"total": "{{$context.data.total}}"},
        ),
        node("variable", value="{{$jobsMapByNodeKey.call.data.ok}}"),
        title="a b",
        total=3,
    )
    [sent] = receiver.received
    answer, ok = results(execution)

    assert (answer["status"], answer["data"], ok) == (200, {"ok": True}, True)
    assert (sent["method"], json.loads(sent["body"])) == ("POST", {"total": 3})
    assert sent["path"] in {"/hook?q=a+b", "/hook?q=a%20b"}
    assert sent["headers"]["x-order"] == str(execution["context"]["data"]["id"])
    assert sent["headers"]["idempotency-key"] == f"{execution['id']}/call/0"


async def test_a_refused_request_fails_the_workflow_unless_that_is_ignored(
    shop: Client, receiver: Receiver
) -> None:
    url = f"{receiver.url}/status/500"
    _ = await shop.workflow("orders", node("request", url=url), noting("never"), key="fails")
    _ = await shop.workflow(
        "orders", node("request", url=url, ignoreFail=True), noting("went on"), key="ignores"
    )
    fails = await shop.ended(await start(shop, key="fails"))
    ignores = await shop.ended(await start(shop, key="ignores"))

    assert (fails["status"], statuses(fails), results(fails)[0]["status"]) == (-1, [-1], 500)
    assert (ignores["status"], statuses(ignores)) == (1, [1, 1])
    assert await notes(shop) == ["went on"]


async def test_a_request_without_an_answer_in_time_is_aborted(
    shop: Client, receiver: Receiver
) -> None:
    execution = await ran(shop, node("request", url=f"{receiver.url}/slow", timeout=100))

    assert (execution["status"], statuses(execution)) == (-3, [-3])


async def test_a_request_to_nobody_fails(shop: Client) -> None:
    execution = await ran(shop, node("request", url="http://127.0.0.1:1/"))

    assert (execution["status"], statuses(execution)) == (-1, [-1])


async def test_a_request_is_on_record_before_it_is_sent(shop: Client, receiver: Receiver) -> None:
    slow = node("request", "call", url=f"{receiver.url}/slow")
    _ = await shop.workflow("orders", cel("1", "first"), slow, noting("after"), key="k")
    execution_id = await start(shop)

    async def arrived() -> bool:
        return bool(receiver.received)

    await until(arrived)
    jobs = (await shop.get("jobs:list", filter={"executionId": execution_id}, sort="id")).data
    receiver.hold.set()
    execution = await shop.ended(execution_id)

    assert [(job["nodeKey"], job["status"]) for job in jobs] == [("first", 1), ("call", 0)]
    assert statuses(execution) == [1, 1, 1]
    assert [job["id"] for job in execution["jobs"]][:2] == [job["id"] for job in jobs]


async def test_a_request_that_is_cancelled_leaves_nothing_behind(
    shop: Client, receiver: Receiver
) -> None:
    slow = node("request", url=f"{receiver.url}/slow", timeout=60_000)
    _ = await shop.workflow("orders", slow, noting("never"), key="k")
    execution_id = await start(shop)
    await parked(shop, execution_id)
    _ = (await shop.post(f"executions:cancel/{execution_id}")).data
    receiver.hold.set()
    await asyncio.sleep(0.2)
    execution = await shop.ended(execution_id)

    assert (execution["status"], execution["reason"]) == (-3, "manual_cancel")
    assert statuses(execution) == [-3]
    assert await notes(shop) == []


async def test_a_sync_execution_that_is_cancelled_tells_its_caller(
    shop: Client, receiver: Receiver
) -> None:
    slow = node("request", url=f"{receiver.url}/slow", timeout=60_000)
    _ = await shop.workflow("orders", slow, noting("never"), key="k", sync=True)
    call = shop.post("orders:create", {"title": "x"}, triggerWorkflows="k")
    calling = asyncio.create_task(call)

    async def arrived() -> bool:
        return bool(receiver.received)

    await until(arrived)
    [execution] = await shop.executions()
    _ = (await shop.post(f"executions:cancel/{execution['id']}")).data
    receiver.hold.set()
    reply = await calling

    assert reply.status == 500
    assert reply.workflows == [{"key": "k", "state": "failed", "executionId": execution["id"]}]
    assert await notes(shop) == []


# --- errors -------------------------------------------------------------------------------


async def test_a_node_without_a_valid_configuration_fails_when_its_turn_comes(
    shop: Client,
) -> None:
    execution = await ran(shop, noting("before"), {"type": "query"}, noting("never"))

    assert (execution["status"], statuses(execution)) == (-2, [1, -2])
    assert '"collection"' in execution["jobs"][1]["result"]["message"]
    assert await notes(shop) == ["before"]


@pytest.mark.parametrize(
    ("failing", "says"),
    [
        (node("query", collection="nowhere"), "nowhere"),
        (node("query", collection="lines", params={"filter": {"nofield": 1}}), "nofield"),
        (node("create", collection="lines", params={"values": {"price": "much"}}), "price"),
        (cel("context.data.nothing + 1"), "nothing"),
        (cel("1 / 0"), "zero"),
        (node("delay", duration="soon"), "soon"),
        (node("variable", value="{{$context.data.title}}" * 2_000), "characters"),
    ],
)
async def test_an_error_ends_the_execution_and_says_what_was_wrong(
    shop: Client, failing: dict[str, Any], says: str
) -> None:
    execution = await ran(shop, failing, noting("never"), title="t" * 10_000)

    assert (execution["status"], statuses(execution)) == (-2, [-2])
    assert says in execution["jobs"][0]["result"]["message"]
    assert await notes(shop) == []


async def test_a_result_that_is_too_large_is_an_error(shop: Client) -> None:
    title = "t" * 60_000
    execution = await ran(
        shop, node("variable", value=["{{$context.data.title}}"] * 20), title=title
    )

    assert (execution["status"], statuses(execution)) == (-2, [-2])
    assert "1 MiB" in execution["jobs"][0]["result"]["message"]


async def test_a_created_record_that_is_too_large_a_result_is_not_written(shop: Client) -> None:
    await shop.collection("texts", {"name": "body", "type": "text"})
    values = {"body": "{{$context.data.title}}" * 20}
    create = node("create", collection="texts", params={"values": values})
    execution = await ran(shop, create, title="t" * 60_000)

    assert (execution["status"], statuses(execution)) == (-2, [-2])
    assert (await shop.get("texts:list")).data == []


async def test_many_pure_nodes_are_all_on_record(shop: Client) -> None:
    nodes = [cel(str(number)) for number in range(45)]
    execution = await ran(shop, *nodes, noting("end"))

    assert results(execution)[:-1] == list(range(45))
    assert await notes(shop) == ["end"]


# --- losing the database, fairness, more than one process ---------------------------------


async def test_an_execution_goes_on_after_the_connections_were_lost(
    timed: Timed, receiver: Receiver, database_url: str
) -> None:
    """A lost connection is no error of the workflow: whoever goes on takes the last commit."""
    slow = node("request", url=f"{receiver.url}/slow", timeout=60_000)
    query = node("query", collection="lines", multiple=True)
    _ = await timed.api.workflow("orders", slow, query, noting("once"), key="k")
    execution_id = await start(timed.api)

    async def arrived() -> bool:
        return bool(receiver.received)

    await until(arrived)
    connection = await asyncpg.connect(database_url)
    _ = await connection.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()
    receiver.hold.set()
    await asyncio.sleep(1.0)
    await timed.later(seconds=60)
    execution = await timed.api.ended(execution_id)

    assert (execution["status"], statuses(execution)) == (1, [1, 1, 1])
    assert await notes(timed.api) == ["once"]


async def test_a_busy_pool_is_no_error_of_a_workflow(timed: Timed, settings: Settings) -> None:
    """Every pooled connection is taken for longer than a step waits for one."""
    database = timed.ensuite.database
    query = node("query", collection="lines", multiple=True)
    _ = await timed.api.workflow("orders", query, noting("done"), key="k")
    async with AsyncExitStack() as stack:
        reply = asyncio.create_task(start(timed.api))
        execution_id = await reply
        for _ in range(settings.connections):
            _ = await stack.enter_async_context(database.connection())
        second = await start(timed.api, {"title": "y"})
        await asyncio.sleep(11)
    await timed.later(seconds=60)
    first, second_ = await timed.api.ended(execution_id), await timed.api.ended(second)

    # The note is unique: only one of the two may write it, and no other error happens.
    assert sorted([first["status"], second_["status"]]) == [-2, 1]
    for execution in (first, second_):
        for job in execution["jobs"]:
            assert job["status"] == 1 or job["result"] == {"message": "note already exists"}


@asynccontextmanager
async def process(settings: Settings, *, works: bool, **changed: Any) -> AsyncGenerator[Client]:
    """One more process on the same database (in this one, which the database cannot tell)."""
    own = settings.model_copy(update=changed)
    async with running(own, works=works) as ensuite, Client(ensuite.endpoint) as api:
        _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        yield api


async def test_what_a_serving_process_captures_a_worker_runs(settings: Settings) -> None:
    async with process(settings, works=False) as api:
        await arrange(api)
        _ = await api.workflow("orders", noting("ran"), key="k")
        execution_id = await start(api)
        await asyncio.sleep(0.3)
        queued = (await api.get(f"executions:get/{execution_id}")).data
        async with process(settings, works=True):
            execution = await api.ended(execution_id)

    assert (queued["status"], queued["startedAt"]) == (None, None)
    assert execution["status"] == 1


async def test_a_worker_with_few_places_drains_a_long_queue_quickly(settings: Settings) -> None:
    async with process(settings, works=False) as api:
        await arrange(api)
        _ = await api.workflow("orders", noting("{{$context.data.title}}"), key="k")
        rows = [{"title": str(number)} for number in range(300)]
        _ = (await api.post("orders:create", rows, triggerWorkflows="k")).data

        async def drained() -> bool:
            return len(await api.executions(status=1)) == 300

        async with process(settings, works=True, concurrency=8):
            await until(drained, 12)

        assert len(await notes(api)) == 300


async def test_one_slow_workflow_blocks_no_other(settings: Settings, receiver: Receiver) -> None:
    slow = node("request", url=f"{receiver.url}/slow", timeout=60_000)
    async with process(settings, works=True, concurrency=8) as api:
        await arrange(api)
        _ = await api.workflow("orders", slow, key="slow")
        _ = await api.workflow("orders", noting("{{$context.data.title}}"), key="quick")
        _ = await api.workflow(
            "orders", node("delay", duration=100, unit=1), noting("delayed"), key="delayed"
        )
        rows = [{"title": str(number)} for number in range(40)]
        _ = (await api.post("orders:create", rows, triggerWorkflows="slow")).data
        quick, delayed = await start(api, key="quick"), await start(api, key="delayed")

        # Neither what is captured here nor what has to be claimed waits for the slow ones.
        assert (await api.ended(quick))["status"] == 1
        assert (await api.ended(delayed))["status"] == 1
        assert len(await api.executions(key="slow", status=0)) == 40
        receiver.hold.set()
        await until(lambda: _all_ended(api))


async def _all_ended(api: Client) -> bool:
    return not await api.executions(status=0)


async def test_a_graceful_stop_hands_back_what_cannot_finish(
    settings: Settings, receiver: Receiver
) -> None:
    slow = node("request", url=f"{receiver.url}/slow", timeout=60_000)
    async with process(settings, works=False) as other:
        await arrange(other)
        _ = await other.workflow("orders", slow, noting("done"), key="k")
        async with AsyncExitStack() as stack:
            ensuite = await stack.enter_async_context(running(settings))
            api = await stack.enter_async_context(Client(ensuite.endpoint))
            _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
            execution_id = await start(api)
            await parked(api, execution_id)
            await ensuite.dispatcher.stop(grace_seconds=0.1)
            connection = await asyncpg.connect(settings.database_url)
            owner = await connection.fetchval(
                "SELECT lease_owner FROM ensuite.executions WHERE id = $1", execution_id
            )
            await connection.close()
            receiver.hold.set()
        async with process(settings, works=True):
            execution = await other.ended(execution_id)

    assert owner is None
    assert execution["status"] == 1
    assert len(receiver.received) == 2
    assert {each["headers"]["idempotency-key"] for each in receiver.received} == {
        receiver.received[0]["headers"]["idempotency-key"]
    }
