"""Running ended executions again: from where they failed, from the start, from a step."""

from typing import Any

import pytest

from tests.client import Client, Reply
from tests.people import person
from tests.workflow.shop import (
    Receiver,
    Timed,
    cel,
    node,
    notes,
    noting,
    parked,
    results,
    start,
    statuses,
)


def calling(receiver: Receiver, **policy: Any) -> dict[str, Any]:
    return node("request", "call", url=f"{receiver.url}/hook", onFailure=policy)


async def failed(api: Client, *nodes: dict[str, Any], **values: Any) -> dict[str, Any]:
    """An execution that has failed."""
    _ = await api.workflow("orders", *nodes, key="k")
    execution = await api.ended(await start(api, values or None))
    assert execution["status"] < 0
    return execution


async def rerun(api: Client, which: int | list[int], **wish: Any) -> Reply:
    return await api.post("executions:rerun", wish, filterByTk=which)


async def repeated(api: Client, which: int, **wish: Any) -> dict[str, Any]:
    """The new execution, as soon as it has ended."""
    reply = await rerun(api, which, **wish)
    assert reply.status == 202, reply.body
    [one] = reply.body["data"]
    assert one["rerunOfId"] == which
    return await api.ended(one["id"])


# --- from where it failed -----------------------------------------------------------------


async def test_it_goes_on_with_the_step_that_failed_and_keeps_the_results(
    shop: Client, receiver: Receiver
) -> None:
    receiver.refuses = ["500 Broken"]
    first = await failed(
        shop,
        noting("before"),
        cel("context.data.total * 2", "double"),
        calling(receiver),
        noting("after {{$jobsMapByNodeKey.double}}"),
        title="x",
        total=21,
    )
    second = await repeated(shop, first["id"])

    assert (second["status"], statuses(second)) == (1, [1, 1, 1, 1])
    assert second["context"] == first["context"]
    assert (second["rerunOfId"], second["recordKey"]) == (first["id"], first["recordKey"])
    # Nothing was done twice: the first note is unique.
    assert await notes(shop) == ["before", "after 42"]
    kept = [job["meta"].get("keptFrom") for job in second["jobs"] if job["meta"]]
    assert kept[:2] == [job["id"] for job in first["jobs"][:2]]
    assert results(second)[:2] == results(first)[:2]


async def test_the_earlier_execution_stays_as_it_ended(shop: Client, receiver: Receiver) -> None:
    receiver.refuses = ["500 Broken"]
    first = await failed(shop, calling(receiver))
    _ = await repeated(shop, first["id"])

    assert await shop.ended(first["id"]) == first


async def test_its_attempts_begin_anew(timed: Timed, receiver: Receiver) -> None:
    receiver.refuses = ["500 Broken"] * 2
    first = await failed(timed.api, calling(receiver, attempts=2, delay=1))
    second = await repeated(timed.api, first["id"])

    assert (statuses(first), statuses(second)) == ([-6, -1], [1])


async def test_it_begins_inside_the_branch_where_it_failed(
    shop: Client, receiver: Receiver
) -> None:
    workflow = await shop.workflow("orders", key="k", enabled=False)
    path = f"workflows/{workflow['id']}/nodes:create"
    question = {"rejectOnFalse": False, "engine": "cel", "expression": "true"}
    head = (await shop.post(path, node("condition", "ask", **question))).data["id"]
    inside = {"upstreamId": head, "branchIndex": 1}
    noted = (await shop.post(path, {**noting("inside"), **inside})).data["id"]
    _ = (await shop.post(path, {**calling(receiver), "upstreamId": noted})).data
    _ = (await shop.post(f"workflows:update/{workflow['id']}", {"enabled": True})).data
    receiver.refuses = ["500 Broken"]
    first = await shop.ended(await start(shop))
    second = await repeated(shop, first["id"])

    assert (statuses(first), statuses(second)) == ([1, 1, -1], [1, 1, 1])
    assert await notes(shop) == ["inside"]


async def test_a_failure_that_was_passed_over_is_kept(shop: Client, receiver: Receiver) -> None:
    broken = cel("context.data.title + 1", "broken")
    broken["config"]["onFailure"] = {"then": "continue"}
    receiver.refuses = ["500 Broken"]
    first = await failed(shop, broken, calling(receiver))
    second = await repeated(shop, first["id"])

    assert (statuses(first), statuses(second)) == ([-2, -1], [-2, 1])
    assert second["jobs"][0]["meta"]["keptFrom"] == first["jobs"][0]["id"]


async def test_what_was_cancelled_goes_on_where_it_was(timed: Timed) -> None:
    _ = await timed.api.workflow("orders", noting("before"), node("delay", duration=3600), key="k")
    execution_id = await start(timed.api)
    await parked(timed.api, execution_id)
    _ = (await timed.api.post(f"executions:cancel/{execution_id}")).data
    reply = await rerun(timed.api, execution_id)
    [one] = reply.body["data"]
    await parked(timed.api, one["id"])
    await timed.later(hours=1, seconds=1)
    second = await timed.api.ended(one["id"])

    assert second["status"] == 1
    assert await notes(timed.api) == ["before"]


# --- from the start, from a step, on the newest revision ----------------------------------


async def test_from_the_start_everything_runs_again(shop: Client, receiver: Receiver) -> None:
    first = await failed(shop, cel("1", "one"), node("end", endStatus=-1))
    second = await repeated(shop, first["id"], **{"from": "start"})

    assert (second["status"], statuses(second)) == (-1, [1, -1])
    assert all(job["meta"] is None or "keptFrom" not in job["meta"] for job in second["jobs"])


async def test_what_has_succeeded_runs_again_from_its_start_only(shop: Client) -> None:
    _ = await shop.workflow("orders", cel("1"), key="k")
    first = await shop.ended(await start(shop))
    refused = await rerun(shop, first["id"])
    again = await repeated(shop, first["id"], **{"from": "start"})

    assert refused.body["data"] == []
    assert refused.body["meta"]["skipped"] == [{"id": first["id"], "reason": "succeeded"}]
    assert again["status"] == 1


@pytest.mark.parametrize("by", ["nodeKey", "nodeId"])
async def test_it_can_begin_with_a_step_of_ones_choice(shop: Client, by: str) -> None:
    _ = await shop.workflow("orders", cel("1", "one"), cel("2", "two"), cel("3", "three"), key="k")
    first = await shop.ended(await start(shop))
    chosen = first["jobs"][1]
    second = await repeated(shop, first["id"], **{by: chosen[by]})
    kept = [bool(job["meta"] and job["meta"].get("keptFrom")) for job in second["jobs"]]

    assert (statuses(second), kept) == ([1, 1, 1], [True, False, False])


async def test_on_the_newest_revision_the_mended_step_runs(shop: Client) -> None:
    first = await failed(shop, noting("before"), cel("context.data.title + 1", "broken"))
    [old] = (await shop.get("workflows:list")).data
    path = f"workflows:revision/{old['id']}"
    new = (await shop.post(path, filter={"key": "k"})).data
    nodes = (await shop.get("flow_nodes:list", filter={"workflowId": new["id"]}, sort="id")).data
    mended = {"config": {"expression": "context.data.title"}}
    _ = (await shop.post(f"flow_nodes:update/{nodes[1]['id']}", mended)).data
    _ = (await shop.post(f"workflows:update/{new['id']}", {"enabled": True})).data
    same = await repeated(shop, first["id"])
    newest = await repeated(shop, first["id"], revision="newest")

    assert (same["status"], same["workflowId"]) == (-2, old["id"])
    assert (newest["status"], newest["workflowId"]) == (1, new["id"])
    assert [job["nodeId"] for job in newest["jobs"]] == [each["id"] for each in nodes]
    assert await notes(shop) == ["before"]


# --- several ------------------------------------------------------------------------------


async def test_all_that_match_a_filter_run_again(shop: Client, receiver: Receiver) -> None:
    receiver.refuses = ["500 Broken"] * 3
    _ = await shop.workflow("orders", calling(receiver), key="k")
    firsts = [await shop.ended(await start(shop)) for _ in range(4)]
    reply = await shop.post("executions:rerun", filter={"key": "k", "status": {"$lt": 0}})
    seconds = [await shop.ended(each["id"]) for each in reply.body["data"]]

    assert [each["status"] for each in firsts] == [-1, -1, -1, 1]
    assert [each["rerunOfId"] for each in seconds] == [each["id"] for each in firsts[:3]]
    assert {each["status"] for each in seconds} == {1}
    assert reply.body["meta"] == {"skipped": [], "more": False}


async def test_several_are_cancelled_and_those_that_have_ended_are_left(
    shop: Client, receiver: Receiver
) -> None:
    slow = node("request", url=f"{receiver.url}/slow", timeout=600_000)
    _ = await shop.workflow("orders", slow, key="slow")
    _ = await shop.workflow("orders", key="quick")
    ended = await shop.ended(await start(shop, key="quick"))
    at_work = [await start(shop, key="slow") for _ in range(3)]
    by_ids = await shop.post("executions:cancel", filterByTk=[ended["id"], at_work[0]])
    by_filter = await shop.post("executions:cancel", filter={"key": "slow"})

    assert [each["id"] for each in by_ids.data] == at_work[:1]
    assert sorted(each["id"] for each in by_filter.data) == at_work[1:]
    assert {each["status"] for each in await shop.executions(key="slow")} == {-3}
    assert await shop.ended(ended["id"]) == ended


# --- what is refused ----------------------------------------------------------------------


async def test_why_one_is_not_run_again(shop: Client, receiver: Receiver) -> None:
    slow = node("request", "slow", url=f"{receiver.url}/slow", timeout=600_000)
    workflow = await shop.workflow("orders", slow, key="k")
    at_work = await start(shop)
    busy = await rerun(shop, at_work)
    _ = (await shop.post(f"executions:cancel/{at_work}")).data
    unknown = await rerun(shop, at_work, nodeKey="nobody")
    _ = (await shop.post(f"workflows:destroy/{workflow['id']}")).data
    deleted = await rerun(shop, at_work)

    for reply, reason in (
        (busy, "at_work"),
        (unknown, "unknown_node"),
        (deleted, "workflow_deleted"),
    ):
        assert reply.status == 202
        assert reply.body["meta"]["skipped"] == [{"id": at_work, "reason": reason}]


@pytest.mark.parametrize(
    ("path", "wish", "status", "code"),
    [
        ("executions:rerun/123", {}, 404, "EXECUTION_NOT_FOUND"),
        ("executions:rerun", {}, 400, "FILTER_REQUIRED"),
        ("executions:rerun/123", {"from": "middle"}, 400, "INVALID_PARAMETER"),
        ("executions:rerun/123", {"revision": "oldest"}, 400, "INVALID_PARAMETER"),
        ("executions:rerun/123", {"nodeKey": 5}, 400, "INVALID_PARAMETER"),
        ("executions:rerun/123", {"nodeId": "x"}, 400, "INVALID_PARAMETER"),
    ],
)
async def test_a_wish_that_cannot_be_is_refused(
    shop: Client, path: str, wish: dict[str, Any], status: int, code: str
) -> None:
    reply = await shop.post(path, wish)

    assert (reply.status, reply.codes) == (status, [code])


async def test_it_is_for_those_who_look_after_workflows(shop: Client) -> None:
    member = await person(shop, "someone")

    assert (await member.post("executions:rerun/1", {})).status == 403
