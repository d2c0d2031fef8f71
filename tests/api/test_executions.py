"""Looking at executions and jobs, cancelling and deleting them (wire contract, section 5.4)."""

from typing import Any

import pytest

from ensuite.server.app import Ensuite
from tests.client import ROOT_EMAIL, Client

DELAY: dict[str, Any] = {
    "type": "delay",
    "key": "wait",
    "config": {"duration": 1, "unit": 86400000},
}
SAYS: dict[str, Any] = {
    "type": "calculation",
    "key": "says",
    "config": {"engine": "string", "expression": "hello {{$context.data.title}}"},
}
FAILS: dict[str, Any] = {"type": "end", "config": {"endStatus": -1}}


@pytest.fixture
async def posts(api: Client) -> Client:
    await api.collection("posts", {"name": "title", "type": "string"})
    return api


async def started(api: Client, key: str, title: str = "x") -> int:
    reply = await api.post("posts:create", {"title": title}, triggerWorkflows=key)
    found: int = reply.workflows[0]["executionId"]
    return found


async def waiting(api: Client, key: str) -> int:
    """The id of an execution that waits."""
    execution_id = await started(api, key)
    for _ in range(1000):
        jobs = (await api.get("jobs:list", filter={"executionId": execution_id})).data
        if any(job["status"] == 0 for job in jobs):
            return execution_id
    raise AssertionError("it does not wait")


# --- list and get -------------------------------------------------------------------------


async def test_the_history_of_a_workflow_is_filtered_by_key_and_status(posts: Client) -> None:
    _ = await posts.workflow("posts", SAYS, key="good")
    _ = await posts.workflow("posts", FAILS, key="bad")
    _ = await posts.workflow("posts", DELAY, key="slow")
    ids = {key: [await started(posts, key) for _ in range(2)] for key in ("good", "bad")}
    for each in (*ids["good"], *ids["bad"]):
        _ = await posts.ended(each)
    slow = await waiting(posts, "slow")

    async def listed(**filter_: Any) -> list[int]:
        return [row["id"] for row in await posts.executions(**filter_)]

    assert await listed(key="good") == ids["good"]
    assert await listed(status=-1) == ids["bad"]
    assert await listed(status=0) == [slow]
    assert await listed(key="good", status=-1) == []
    assert await listed(status={"$in": [1, -1]}) == [*ids["good"], *ids["bad"]]


async def test_the_list_is_paged_with_a_count(posts: Client) -> None:
    _ = await posts.workflow("posts", key="k")
    ids = [await started(posts, "k") for _ in range(5)]
    reply = await posts.get("executions:list", sort="-id", pageSize="2", page="2")

    assert [row["id"] for row in reply.data] == [ids[2], ids[1]]
    assert reply.body["meta"] == {"count": 5, "page": 2, "pageSize": 2, "totalPage": 3}


async def test_an_execution_shows_its_jobs_and_its_workflow(posts: Client) -> None:
    made = await posts.workflow("posts", SAYS, key="k")
    execution_id = await started(posts, "k", "Ada")
    _ = await posts.ended(execution_id)
    shown = (
        await posts.get(
            f"executions:get/{execution_id}",
            appends="jobs,workflow,workflow.nodes,workflow.versionStats",
        )
    ).data

    assert (shown["key"], shown["workflowId"], shown["status"]) == ("k", made["id"], 1)
    assert shown["manually"] is False
    assert shown["context"]["data"]["title"] == "Ada"
    assert shown["createdAt"] <= shown["startedAt"] <= shown["finishedAt"]
    assert [job["result"] for job in shown["jobs"]] == ["hello Ada"]
    assert [node["key"] for node in shown["workflow"]["nodes"]] == ["says"]
    assert shown["workflow"]["versionStats"]["executed"] == 1


async def test_a_list_says_what_each_execution_is_about_and_how_far_it_has_come(
    posts: Client,
) -> None:
    first = await posts.workflow("posts", SAYS, key="k")
    revised = (await posts.post(f"workflows:revision/{first['id']}", filter={"key": "k"})).data
    _ = (await posts.post(f"workflows:update/{revised['id']}", {"enabled": True})).data
    broken = {"type": "calculation", "title": "Divide", "key": "d", "config": {"expression": "1/0"}}
    _ = await posts.workflow("posts", SAYS, broken, key="bad")
    _ = await posts.workflow("posts", SAYS, DELAY, key="slow")
    ids = [await started(posts, "k"), await started(posts, "bad"), await waiting(posts, "slow")]
    for each in ids[:2]:
        _ = await posts.ended(each)
    appends = "workflow,workflow.version,user,step"
    rows = (await posts.get("executions:list", appends=appends, sort="id")).data
    records = [row["id"] for row in (await posts.get("posts:list", sort="id")).data]

    assert [(row["collection"], row["recordKey"]) for row in rows] == [
        ("posts", str(each)) for each in records
    ]
    assert [row["workflow"]["version"]["number"] for row in rows] == [2, 1, 1]
    assert {row["user"]["email"] for row in rows} == {ROOT_EMAIL}
    assert [
        (row["step"]["nodeKey"], row["step"]["title"], row["step"]["type"], row["step"]["status"])
        for row in rows
    ] == [
        ("says", None, "calculation", 1),
        ("d", "Divide", "calculation", -2),
        ("wait", None, "delay", 0),
    ]


async def test_an_execution_without_a_job_has_no_step(posts: Client) -> None:
    _ = await posts.workflow("posts", key="k")
    _ = await posts.ended(await started(posts, "k"))
    [row] = (await posts.get("executions:list", appends="step")).data

    assert row["step"] is None


async def test_steps_of_a_page_are_found_by_index(ensuite: Ensuite) -> None:
    database = ensuite.database
    _ = await database.execute(
        "INSERT INTO ensuite.jobs (id, execution_id, node_id, node_key, status, started_at)"
        " SELECT n, n / 4, 1, 'k' || n % 4, 1, now() FROM generate_series(1, 20000) AS n"
    )
    _ = await database.execute("ANALYZE ensuite.jobs")
    plan = await database.fetch(
        "EXPLAIN SELECT title FROM ensuite.execution_steps WHERE execution_id = ANY($1::bigint[])",
        [1, 2, 3],
    )
    shown = "\n".join(row[0] for row in plan)

    assert "jobs_turn" in shown
    assert "Seq Scan on jobs" not in shown


async def test_an_execution_that_is_not_there_is_null(posts: Client) -> None:
    assert (await posts.get("executions:get/123456")).data is None


async def test_jobs_are_listed_and_read(posts: Client) -> None:
    _ = await posts.workflow("posts", SAYS, {**SAYS, "key": "again"}, key="k")
    execution_id = await started(posts, "k", "Ada")
    _ = await posts.ended(execution_id)
    listed = (await posts.get("jobs:list", filter={"executionId": execution_id}, sort="id")).data
    one = (await posts.get(f"jobs:get/{listed[0]['id']}", appends="node")).data

    assert [job["nodeKey"] for job in listed] == ["says", "again"]
    assert [job["status"] for job in listed] == [1, 1]
    assert one["result"] == "hello Ada"
    assert one["node"]["key"] == "says"


async def test_a_list_of_jobs_may_leave_out_the_results(posts: Client) -> None:
    _ = await posts.workflow("posts", SAYS, key="k")
    _ = await posts.ended(await started(posts, "k"))
    reply = await posts.get("jobs:list", **{"except": "result"})

    assert "result" not in reply.data[0]


# --- what a step was given ----------------------------------------------------------------


async def test_a_step_shows_what_it_was_given_as_it_was_then(posts: Client) -> None:
    assigned = {"type": "variable", "key": "v", "config": {"value": "{{$context.data.title}}"}}
    changed = {
        "type": "variable",
        "key": "w",
        "config": {"target": "v", "value": "{{$jobsMapByNodeKey.v}} changed"},
    }
    cel = {
        "type": "calculation",
        "key": "cel",
        "config": {"engine": "cel", "expression": "{{$context.data.id}} + 1"},
    }
    _ = await posts.workflow("posts", assigned, changed, SAYS, cel, key="k")
    execution_id = await started(posts, "k", "Ada")
    jobs = {each["nodeKey"]: each["id"] for each in (await posts.ended(execution_id))["jobs"]}

    async def given(key: str) -> Any:
        return (await posts.get(f"jobs:input/{jobs[key]}")).data

    assert await given("v") == {"value": "Ada"}
    # The target is a key, and the value that of before the change.
    assert await given("w") == {"target": "v", "value": "Ada changed"}
    assert await given("says") == {"engine": "string", "expression": "hello Ada"}
    assert await given("cel") == cel["config"]


async def test_the_input_of_a_step_knows_the_time_of_its_turn_and_invents_no_ids(
    posts: Client,
) -> None:
    values = {"now": "{{$system.now}}", "id": "{{$system.genSnowflakeId}}"}
    kept = {"type": "variable", "key": "v", "config": {"value": values}}
    _ = await posts.workflow("posts", kept, key="k")
    [job] = (await posts.ended(await started(posts, "k")))["jobs"]
    given = (await posts.get(f"jobs:input/{job['id']}")).data

    assert given["value"] == {"now": job["startedAt"], "id": "{{$system.genSnowflakeId}}"}


async def test_the_input_of_a_job_that_is_not_there_or_whose_workflow_is_gone(
    posts: Client,
) -> None:
    made = await posts.workflow("posts", SAYS, key="k")
    [job] = (await posts.ended(await started(posts, "k")))["jobs"]
    unknown = await posts.get("jobs:input/123456")
    _ = await posts.post(f"workflows:destroy/{made['id']}")

    assert (unknown.status, unknown.body["code"]) == (404, "JOB_NOT_FOUND")
    assert (await posts.get(f"jobs:input/{job['id']}")).data is None


async def test_an_input_of_more_than_a_mebibyte_is_refused(posts: Client) -> None:
    big = {"type": "variable", "key": "v", "config": {"value": ["{{$context.data.title}}"] * 300}}
    note = {"type": "end", "key": "e", "config": {"endStatus": 1, "many": big["config"]}}
    _ = await posts.workflow("posts", note, key="k")
    execution_id = await started(posts, "k", "x" * 255 * 16)
    [job] = (await posts.ended(execution_id))["jobs"]
    reply = await posts.get(f"jobs:input/{job['id']}")

    assert (reply.status, reply.body["code"]) == (400, "STEP_INPUT_TOO_LARGE")


# --- cancel -------------------------------------------------------------------------------


async def test_a_cancelled_execution_ends_aborted_with_its_pending_job(posts: Client) -> None:
    _ = await posts.workflow("posts", SAYS, DELAY, key="k")
    execution_id = await waiting(posts, "k")
    answer = (await posts.post(f"executions:cancel/{execution_id}")).data
    shown = await posts.ended(execution_id)

    assert (answer["id"], answer["status"], answer["reason"]) == (
        execution_id,
        -3,
        "manual_cancel",
    )
    assert shown["finishedAt"] is not None
    assert [(job["nodeKey"], job["status"]) for job in shown["jobs"]] == [("says", 1), ("wait", -3)]


async def test_cancelling_twice_is_a_400(posts: Client) -> None:
    _ = await posts.workflow("posts", DELAY, key="k")
    execution_id = await waiting(posts, "k")
    _ = (await posts.post(f"executions:cancel/{execution_id}")).data
    reply = await posts.post(f"executions:cancel/{execution_id}")

    assert (reply.status, reply.body["code"]) == (400, "EXECUTION_ENDED")


async def test_an_execution_that_has_ended_keeps_its_status(posts: Client) -> None:
    _ = await posts.workflow("posts", key="k")
    execution_id = await started(posts, "k")
    _ = await posts.ended(execution_id)
    reply = await posts.post(f"executions:cancel/{execution_id}")

    assert reply.status == 400
    assert (await posts.ended(execution_id))["status"] == 1


@pytest.mark.parametrize(("given", "status"), [("123456", 404), ("abc", 400), ("9" * 40, 400)])
async def test_what_is_not_there_cannot_be_cancelled(
    posts: Client, given: str, status: int
) -> None:
    assert (await posts.post("executions:cancel", filterByTk=given)).status == status


async def test_nothing_runs_after_a_cancelled_wait(posts: Client) -> None:
    await posts.collection("audit", {"name": "note", "type": "string"})
    short = {"type": "delay", "config": {"duration": 300, "unit": 1}}
    note = {"type": "create", "config": {"collection": "audit", "params": {"values": {}}}}
    _ = await posts.workflow("posts", short, note, key="cancelled")
    _ = await posts.workflow("posts", short, note, key="goes_on")
    cancelled = await waiting(posts, "cancelled")
    goes_on = await started(posts, "goes_on")
    _ = (await posts.post(f"executions:cancel/{cancelled}")).data

    assert (await posts.ended(goes_on))["status"] == 1
    assert len((await posts.get("audit:list")).data) == 1


# --- destroy ------------------------------------------------------------------------------


async def test_destroy_leaves_executions_that_are_under_way(posts: Client) -> None:
    _ = await posts.workflow("posts", key="done")
    _ = await posts.workflow("posts", DELAY, key="slow")
    done = await started(posts, "done")
    _ = await posts.ended(done)
    slow = await waiting(posts, "slow")
    one = await posts.post(f"executions:destroy/{slow}")
    both = await posts.post("executions:destroy", filter={"key": {"$in": ["done", "slow"]}})

    assert (one.data, both.data) == (0, 1)
    assert [row["id"] for row in await posts.executions()] == [slow]


async def test_jobs_go_with_their_execution(posts: Client) -> None:
    _ = await posts.workflow("posts", SAYS, key="k")
    first, second = await started(posts, "k"), await started(posts, "k")
    for each in (first, second):
        _ = await posts.ended(each)
    assert (await posts.post(f"executions:destroy/{first}")).data == 1

    assert [job["executionId"] for job in (await posts.get("jobs:list")).data] == [second]


async def test_destroy_needs_to_know_which(posts: Client) -> None:
    _ = await posts.workflow("posts", key="k")
    _ = await posts.ended(await started(posts, "k"))
    reply = await posts.post("executions:destroy")

    assert reply.status == 400
    assert len(await posts.executions()) == 1


@pytest.mark.parametrize("path", ["executions:create", "executions:update/1", "jobs:destroy/1"])
async def test_executions_and_jobs_cannot_be_written(posts: Client, path: str) -> None:
    assert (await posts.post(path, {"status": 1})).status == 404


async def test_get_cannot_cancel_or_destroy(posts: Client) -> None:
    assert (await posts.get("executions:cancel/1")).status == 405
    assert (await posts.get("executions:destroy/1")).status == 405
