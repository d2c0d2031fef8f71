"""What executions ask of people: `workflowManualTasks:*`, `userWorkflowTasks:*`, `jobs:resume`."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from ensuite.server.app import Ensuite, running
from ensuite.settings import Settings
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client, Reply
from tests.movable_clock import MovableClock
from tests.patience import until
from tests.people import permit, person, role, user_id

YES = {"result": {"form": {}, "_": "approve"}}
NO = {"result": {"form": {"comment": "too dear"}, "_": "reject"}}


@dataclass
class Office:
    """A running Ensuite whose time the test moves, and two who are asked."""

    api: Client
    ada: Client
    bob: Client
    clock: MovableClock
    ensuite: Ensuite

    async def later(self, **amount: float) -> None:
        self.clock.move(**amount)
        self.ensuite.dispatcher.wake()


@asynccontextmanager
async def server(settings: Settings, clock: MovableClock) -> AsyncGenerator[tuple[Ensuite, Client]]:
    async with running(settings, clock=clock) as ensuite, Client(ensuite.endpoint) as api:
        _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        yield ensuite, api


@pytest.fixture
async def office(settings: Settings) -> AsyncIterator[Office]:
    clock = MovableClock()
    async with server(settings, clock) as (ensuite, api):
        await api.collection(
            "orders", {"name": "title", "type": "string"}, {"name": "total", "type": "integer"}
        )
        ada, bob = await person(api, "ada"), await person(api, "bob")
        yield Office(api, ada, bob, clock, ensuite)


AFTER = {
    "type": "calculation",
    "key": "after",
    "config": {"engine": "string", "expression": "{{$jobsMapByNodeKey.ask.form.comment}}"},
}


async def asking(office: Office, *behind: Mapping[str, Any], **config: Any) -> int:
    """An execution that waits for people, by default for Ada and Bob."""
    who = [await user_id(office.ada), await user_id(office.bob)]
    ask = {"type": "manual", "key": "ask", "title": "Look", "config": {"assignees": who, **config}}
    options = config.get("options", {})
    _ = await office.api.workflow("orders", ask, *behind, key="k", options=options)
    return await started(office.api)


async def started(api: Client) -> int:
    reply = await api.post("orders:create", {"title": "bolts", "total": 7}, triggerWorkflows="k")
    execution_id: int = reply.workflows[0]["executionId"]
    await waits(api, execution_id)
    return execution_id


async def waits(api: Client, execution_id: int, key: str = "ask") -> None:
    """Return when the step of this key waits."""

    async def holds() -> bool:
        filter_ = {"executionId": execution_id, "nodeKey": key, "status": 0}
        return bool((await api.get("jobs:list", filter=filter_)).data)

    await until(holds)


async def task_of(client: Client) -> dict[str, Any]:
    """The only open task of this user."""
    [found] = (await client.get("workflowManualTasks:listMine", filter={"status": 0})).data
    return found


async def submit(client: Client, values: Any, task_id: int | None = None) -> Reply:
    found = task_id or (await task_of(client))["id"]
    return await client.post(f"workflowManualTasks:submit/{found}", values)


async def statuses(api: Client, execution_id: int) -> list[int]:
    """How the tasks of an execution stand, Ada's first."""
    [job] = (
        await api.get(
            "jobs:list", filter={"executionId": execution_id, "nodeKey": "ask"}, appends="tasks"
        )
    ).data
    return [task["status"] for task in job["tasks"]]


def job_of(execution: Mapping[str, Any], key: str = "ask") -> dict[str, Any]:
    [found] = [job for job in execution["jobs"] if job["nodeKey"] == key]
    return found


# --- who decides --------------------------------------------------------------------------


async def test_whoever_answers_first_decides(office: Office) -> None:
    execution_id = await asking(office, AFTER)
    values = {"result": {"form": {"comment": "fine"}, "_": "approve"}}
    reply = await submit(office.bob, values)
    execution = await office.api.ended(execution_id)

    assert (reply.status, reply.body["data"]["status"]) == (202, 1)
    assert execution["status"] == 1
    assert job_of(execution)["result"] == {
        "userId": await user_id(office.bob),
        "form": {"comment": "fine"},
        "_": "approve",
    }
    assert job_of(execution, "after")["result"] == "fine"
    assert await statuses(office.api, execution_id) == [-3, 1]


async def test_a_refusal_ends_the_execution_as_rejected(office: Office) -> None:
    execution_id = await asking(office, AFTER)
    _ = await submit(office.ada, NO)
    execution = await office.api.ended(execution_id)

    assert (execution["status"], [job["status"] for job in execution["jobs"]]) == (-5, [-5])
    assert job_of(execution)["result"]["form"] == {"comment": "too dear"}


async def test_all_have_to_agree(office: Office) -> None:
    execution_id = await asking(office, AFTER, mode=1)
    _ = await submit(office.ada, YES)
    [waiting] = (await office.api.get("jobs:list", filter={"executionId": execution_id})).data
    _ = await submit(office.bob, YES)
    execution = await office.api.ended(execution_id)
    ids = [await user_id(office.ada), await user_id(office.bob)]

    assert waiting["status"] == 0
    assert waiting["result"]["assignees"] == ids
    assert [answer["userId"] for answer in waiting["result"]["answers"]] == ids[:1]
    assert execution["status"] == 1
    assert [answer["userId"] for answer in job_of(execution)["result"]] == ids


async def test_of_all_the_first_refusal_decides(office: Office) -> None:
    execution_id = await asking(office, mode=1)
    _ = await submit(office.bob, NO)

    assert (await office.api.ended(execution_id))["status"] == -5
    assert await statuses(office.api, execution_id) == [-3, -5]


async def test_one_who_agrees_is_enough(office: Office) -> None:
    execution_id = await asking(office, mode=-1)
    _ = await submit(office.ada, NO)
    _ = await submit(office.bob, YES)
    execution = await office.api.ended(execution_id)

    assert execution["status"] == 1
    assert job_of(execution)["result"]["userId"] == await user_id(office.bob)
    assert await statuses(office.api, execution_id) == [-5, 1]


async def test_nobody_who_agrees_is_a_refusal(office: Office) -> None:
    execution_id = await asking(office, mode=-1)
    _ = await submit(office.ada, NO)
    _ = await submit(office.bob, NO)

    assert (await office.api.ended(execution_id))["status"] == -5


async def test_a_refusal_may_be_a_branch(office: Office) -> None:
    execution_id = await asking(office, endOnReject=False)
    [row] = (await office.api.get("flow_nodes:list", filter={"key": "ask"})).data
    revised = await office.api.post(f"workflows:revision/{row['workflowId']}", filter={"key": "k"})
    new_id = revised.data["id"]
    [ask] = (await office.api.get(f"workflows/{new_id}/nodes:list")).data
    for index, key in enumerate(("refused", "agreed")):
        made = await office.api.post(
            f"workflows/{new_id}/nodes:create",
            {**AFTER, "key": key, "upstreamId": ask["id"], "branchIndex": index},
        )
        assert made.status == 200, made.body
    _ = (await office.api.post(f"workflows:update/{new_id}", {"enabled": True})).data
    _ = await submit(office.ada, NO)
    first = await office.api.ended(execution_id)
    second_id = await started(office.api)
    _ = await submit(office.ada, NO)
    second = await office.api.ended(second_id)

    assert [job["nodeKey"] for job in first["jobs"]] == ["ask"]
    assert first["status"] == 1
    assert [job["nodeKey"] for job in second["jobs"]] == ["ask", "refused"]
    assert job_of(second, "refused")["result"] == "too dear"


# --- somebody else ------------------------------------------------------------------------


async def reassigned(client: Client, task_id: int, user_id: Any) -> Reply:
    return await client.post(f"workflowManualTasks:reassign/{task_id}", {"userId": user_id})


@pytest.mark.parametrize(
    ("mode", "answers", "ends"),
    [
        (0, [("eve", YES)], 1),
        (1, [("bob", YES), ("eve", YES)], 1),
        (1, [("bob", YES), ("eve", NO)], -5),
        (-1, [("eve", NO), ("bob", YES)], 1),
        (-1, [("bob", NO), ("eve", NO)], -5),
    ],
)
async def test_who_is_asked_instead_has_the_same_voice(
    office: Office, mode: int, answers: list[tuple[str, Any]], ends: int
) -> None:
    execution_id = await asking(office, mode=mode)
    people = {"bob": office.bob, "eve": await person(office.api, "eve")}
    task = await task_of(office.ada)
    reply = await reassigned(office.api, task["id"], await user_id(people["eve"]))
    refused = await submit(office.ada, YES, task["id"])
    for name, said in answers:
        assert (await submit(people[name], said)).status == 202
    execution = await office.api.ended(execution_id)

    assert (reply.status, reply.data["userId"]) == (200, await user_id(people["eve"]))
    assert refused.status == 403
    assert (await office.ada.get("workflowManualTasks:listMine")).data == []
    assert execution["status"] == ends


async def test_nobody_has_two_voices(office: Office) -> None:
    _ = await asking(office, mode=1)
    mine, bobs = await task_of(office.ada), await task_of(office.bob)
    ada = await user_id(office.ada)
    _ = await submit(office.ada, YES)
    open_task = await reassigned(office.api, bobs["id"], ada)
    answered = await reassigned(office.api, mine["id"], 1)
    itself = await reassigned(office.api, bobs["id"], await user_id(office.bob))

    assert (open_task.status, open_task.codes) == (409, ["ALREADY_ASKED"])
    assert (answered.status, answered.codes) == (400, ["TASK_NOT_PENDING"])
    assert (itself.status, itself.codes) == (409, ["ALREADY_ASKED"])


async def test_only_who_manages_workflows_asks_somebody_else(office: Office) -> None:
    _ = await asking(office)
    mine = (await task_of(office.ada))["id"]
    await role(office.api, "draws", snippets=("pm.workflow.workflows",))
    eve = await person(office.api, "eve", "draws")

    assert (await reassigned(office.ada, mine, await user_id(eve))).status == 403
    assert (await reassigned(office.api, mine, 123456)).codes == ["USER_NOT_FOUND"]
    assert (await reassigned(office.api, mine, "ada")).codes == ["USER_NOT_FOUND"]
    assert (await reassigned(office.api, 123, 1)).codes == ["TASK_NOT_FOUND"]
    assert (await reassigned(eve, mine, await user_id(eve))).status == 200


async def test_the_task_of_a_deleted_user_stays_and_a_draft_goes(office: Office) -> None:
    actions = [{"key": "later", "status": 0}, {"key": "approve", "status": 1}]
    execution_id = await asking(office, mode=1, actions=actions)
    draft = {"result": {"form": {"comment": "well"}, "_": "later"}}
    task = (await submit(office.ada, draft)).body["data"]
    ada, bob = await user_id(office.ada), await user_id(office.bob)
    _ = await office.api.post(f"users:destroy/{ada}", {})
    [job] = (
        await office.api.get(
            "jobs:list", filter={"executionId": execution_id}, appends="tasks,tasks.user"
        )
    ).data
    _ = await submit(office.bob, YES)
    eve = await person(office.api, "eve")
    after = (await reassigned(office.api, task["id"], await user_id(eve))).data
    [waiting] = (await office.api.get("jobs:list", filter={"executionId": execution_id})).data
    _ = await submit(eve, YES)
    execution = await office.api.ended(execution_id)

    assert [(each["status"], each["user"] is None) for each in job["tasks"]] == [
        (0, True),
        (0, False),
    ]
    assert (after["status"], after["result"]) == (0, None)
    assert waiting["result"]["assignees"] == [await user_id(eve), bob]
    assert {each["userId"] for each in job_of(execution)["result"]} == {bob, await user_id(eve)}


# --- answers ------------------------------------------------------------------------------


async def test_a_draft_is_kept_and_decides_nothing(office: Office) -> None:
    actions = [{"key": "approve", "status": 1}, {"key": "later", "status": 0}]
    execution_id = await asking(office, actions=actions)
    draft = {"result": {"form": {"comment": "hm"}, "_": "later"}}
    kept = (await submit(office.ada, draft)).body["data"]
    task = await task_of(office.ada)
    _ = await submit(office.ada, YES)

    assert (kept["status"], task["result"]["form"]) == (0, {"comment": "hm"})
    assert (await office.api.ended(execution_id))["status"] == 1


async def test_values_that_do_not_fit_are_refused_by_field(office: Office) -> None:
    fields = [{"name": "amount", "type": "number", "required": True}]
    _ = await asking(office, fields=fields)
    reply = await submit(office.ada, {"result": {"form": {"comment": 1}, "_": "approve"}})
    french = await submit(office.ada.acting(X_Locale="fr-FR"), YES)

    assert (reply.status, reply.body["code"]) == (400, "INVALID_ANSWER")
    assert {error["field"] for error in reply.body["errors"]} == {"amount", "comment"}
    assert french.body["errors"][0]["message"] == "amount\u202f: une valeur est nécessaire"
    assert (await task_of(office.ada))["status"] == 0


async def test_an_answer_is_checked_in_the_order_of_the_contract(office: Office) -> None:
    _ = await asking(office)
    mine = (await task_of(office.ada))["id"]
    wrong = {"result": {"_": "nothing"}}
    missing = await submit(office.ada, wrong, 123)
    foreign = await submit(office.bob, wrong, mine)
    unfit = await submit(office.ada, wrong, mine)
    _ = await submit(office.ada, YES, mine)
    again = await submit(office.ada, wrong, mine)

    assert (missing.status, missing.codes) == (404, ["TASK_NOT_FOUND"])
    assert (foreign.status, foreign.codes) == (403, ["FORBIDDEN"])
    assert (unfit.status, unfit.codes) == (400, ["INVALID_ANSWER"])
    assert (again.status, again.codes) == (400, ["TASK_NOT_PENDING"])


async def test_of_two_answers_at_the_same_moment_one_decides(office: Office) -> None:
    for number in range(5):
        execution_id = await started(office.api) if number else await asking(office)
        tasks = [await task_of(each) for each in (office.ada, office.bob)]
        replies = await asyncio.gather(
            submit(office.ada, YES, tasks[0]["id"]), submit(office.bob, NO, tasks[1]["id"])
        )
        execution = await office.api.ended(execution_id)
        winner = 0 if replies[0].status == 202 else 1

        assert sorted(reply.status for reply in replies) == [202, 400]
        assert execution["status"] == (1, -5)[winner]
        assert (await statuses(office.api, execution_id))[1 - winner] == -3


async def test_answers_of_all_at_the_same_moment_are_all_counted(office: Office) -> None:
    execution_id = await asking(office, mode=1)
    tasks = [await task_of(each) for each in (office.ada, office.bob)]
    replies = await asyncio.gather(
        submit(office.ada, YES, tasks[0]["id"]), submit(office.bob, YES, tasks[1]["id"])
    )
    execution = await office.api.ended(execution_id)

    assert [reply.status for reply in replies] == [202, 202]
    assert (execution["status"], len(job_of(execution)["result"])) == (1, 2)


async def test_several_questions_follow_each_other(office: Office) -> None:
    again = {
        "type": "manual",
        "key": "again",
        "config": {"assignees": [await user_id(office.bob)], "title": "And you"},
    }
    execution_id = await asking(office, again)
    _ = await submit(office.ada, YES)
    await waits(office.api, execution_id, "again")
    task = await task_of(office.bob)
    _ = await submit(office.bob, YES)

    assert task["title"] == "And you"
    assert (await office.api.ended(execution_id))["status"] == 1


async def test_a_question_outlives_the_process(settings: Settings) -> None:
    clock = MovableClock()
    async with server(settings, clock) as (ensuite, api):
        await api.collection("orders", {"name": "title", "type": "string"})
        ada, bob = await person(api, "ada"), await person(api, "bob")
        execution_id = await asking(Office(api, ada, bob, clock, ensuite), AFTER)
        token = ada.headers["Authorization"]
    async with server(settings, clock) as (_, api):
        reply = await submit(api.acting(Authorization=token), NO)
        execution = await api.ended(execution_id)

    assert (reply.status, execution["status"]) == (202, -5)


async def test_an_answer_takes_the_lease_from_whoever_has_not_seen_it(office: Office) -> None:
    execution_id = await asking(office)
    row = await office.ensuite.database.fetchrow(
        "UPDATE ensuite.executions SET lease_owner = 'elsewhere', fence = fence + 1,"
        " ready_at = now() + interval '1 hour' WHERE id = $1 RETURNING fence",
        execution_id,
    )
    _ = await submit(office.ada, YES)
    execution = await office.api.ended(execution_id)
    after = await office.ensuite.database.fetchrow(
        "SELECT fence FROM ensuite.executions WHERE id = $1", execution_id
    )

    assert row is not None
    assert after is not None
    assert execution["status"] == 1
    assert after["fence"] > row["fence"]


async def test_what_asks_nobody_fails_with_a_sentence(office: Office) -> None:
    ask = {"type": "manual", "key": "ask", "config": {"assignees": ["{{$context.data.total}}"]}}
    _ = await office.api.workflow("orders", ask, key="k")
    reply = await office.api.post("orders:create", {"total": 7}, triggerWorkflows="k")
    execution = await office.api.ended(reply.workflows[0]["executionId"])

    assert execution["status"] == -2
    assert job_of(execution)["error"] == "There is no user 7"


async def test_a_sync_caller_does_not_wait_for_people(office: Office) -> None:
    ask = {"type": "manual", "key": "ask", "config": {"assignees": [await user_id(office.ada)]}}
    _ = await office.api.workflow("orders", ask, key="k", sync=True)
    reply = await office.api.post("orders:create", {"title": "x"}, triggerWorkflows="k")
    _ = await submit(office.ada, YES)
    execution = await office.api.ended(reply.workflows[0]["executionId"])

    assert (reply.status, reply.body["code"]) == (500, "WORKFLOW_HANGS")
    assert reply.workflows[0]["state"] == "waiting"
    assert execution["status"] == 1


# --- time ---------------------------------------------------------------------------------


async def test_a_deadline_that_passes_rejects(office: Office) -> None:
    execution_id = await asking(office, AFTER, deadline=60_000)
    await office.later(seconds=61)
    execution = await office.api.ended(execution_id)

    assert (execution["status"], job_of(execution)["error"]) == (-5, "Nobody decided in time")
    assert await statuses(office.api, execution_id) == [-3, -3]


async def test_a_deadline_may_go_on_with_the_answers_so_far(office: Office) -> None:
    execution_id = await asking(office, mode=1, deadline=60_000, deadlineStatus=1)
    _ = await submit(office.ada, YES)
    await office.later(seconds=61)
    execution = await office.api.ended(execution_id)

    assert execution["status"] == 1
    assert [each["userId"] for each in job_of(execution)["result"]] == [await user_id(office.ada)]
    assert await statuses(office.api, execution_id) == [1, -3]


async def test_an_answer_after_the_deadline_is_too_late(settings: Settings) -> None:
    clock = MovableClock()
    async with server(settings, clock) as (ensuite, api):
        await api.collection("orders", {"name": "title", "type": "string"})
        ada, bob = await person(api, "ada"), await person(api, "bob")
        _ = await asking(Office(api, ada, bob, clock, ensuite), deadline=60_000)
        task = await task_of(ada)
        token = ada.headers["Authorization"]
    clock.move(seconds=61)
    # A process that works on nothing: nobody has noticed the deadline yet.
    async with running(settings, works=False, clock=clock) as ensuite:
        late = Client(ensuite.endpoint, {"Authorization": token})
        reply = await submit(late, YES, task["id"])

    assert (reply.status, reply.codes) == (400, ["EXECUTION_TIMED_OUT"])
    assert reply.body["errors"][0]["message"] == "Execution timed out"


async def test_the_timeout_of_the_workflow_is_a_deadline_too(office: Office) -> None:
    execution_id = await asking(office, options={"timeout": 60_000})
    expires = (await task_of(office.ada))["expiresAt"]
    await office.later(seconds=61)
    execution = await office.api.ended(execution_id)

    assert expires is not None
    assert (execution["status"], execution["reason"]) == (-3, "timeout")
    assert await statuses(office.api, execution_id) == [-3, -3]


async def test_a_cancelled_execution_asks_nobody_any_more(office: Office) -> None:
    execution_id = await asking(office)
    task = await task_of(office.ada)
    _ = (await office.api.post(f"executions:cancel/{execution_id}")).data
    reply = await submit(office.ada, YES, task["id"])

    assert await statuses(office.api, execution_id) == [-3, -3]
    assert (reply.status, reply.codes) == (400, ["TASK_NOT_PENDING"])


async def test_a_deleted_execution_takes_its_tasks_along(office: Office) -> None:
    execution_id = await asking(office)
    task = await task_of(office.ada)
    _ = await submit(office.ada, YES)
    _ = await office.api.ended(execution_id)
    _ = (await office.api.post(f"executions:destroy/{execution_id}")).data

    assert (await office.ada.get(f"workflowManualTasks:get/{task['id']}")).status == 404


# --- jobs:resume --------------------------------------------------------------------------


async def test_root_may_decide_for_people(office: Office) -> None:
    execution_id = await asking(office, AFTER)
    [job] = (await office.api.get("jobs:list", filter={"executionId": execution_id})).data
    values = {"status": 1, "result": {"form": {"comment": "by root"}}}
    reply = await office.api.post(f"jobs:resume/{job['id']}", values)
    execution = await office.api.ended(execution_id)

    assert reply.status == 202
    assert (execution["status"], job_of(execution, "after")["result"]) == (1, "by root")
    assert await statuses(office.api, execution_id) == [-3, -3]


async def test_root_may_end_a_delay(office: Office) -> None:
    wait = {"type": "delay", "key": "ask", "config": {"duration": 1, "unit": 86_400_000}}
    _ = await office.api.workflow("orders", wait, key="k")
    ids = [await started(office.api) for _ in range(2)]
    for execution_id, status in zip(ids, (1, -1), strict=True):
        [job] = (await office.api.get("jobs:list", filter={"executionId": execution_id})).data
        reply = await office.api.post(f"jobs:resume/{job['id']}", {"status": status, "result": 3})
        assert reply.status == 202
    ended = [await office.api.ended(each) for each in ids]

    assert [(each["status"], job_of(each)["result"]) for each in ended] == [(1, 3), (-1, 3)]


async def test_only_root_resumes_and_only_what_waits(office: Office) -> None:
    execution_id = await asking(office)
    [job] = (await office.api.get("jobs:list", filter={"executionId": execution_id})).data
    admin = await person(office.api, "eve", "admin")
    path = f"jobs:resume/{job['id']}"
    foreign = await admin.post(path, {"status": 1})
    missing = await office.api.post("jobs:resume/123", {"status": 1})
    unknown = [await office.api.post(path, {"status": each}) for each in (0, 7, True, "1")]
    _ = await submit(office.ada, YES)
    _ = await office.api.ended(execution_id)
    over = await office.api.post(path, {"status": 1})

    assert foreign.status == 403
    assert (missing.status, missing.codes) == (404, ["JOB_NOT_FOUND"])
    assert [reply.status for reply in unknown] == [400, 400, 400, 400]
    assert (over.status, over.codes) == (400, ["JOB_NOT_WAITING"])


# --- reading ------------------------------------------------------------------------------


async def test_a_task_says_what_it_is_about(office: Office) -> None:
    execution_id = await asking(office, title="Buy {{$context.data.title}}?", description="Now")
    mine = await task_of(office.ada)
    one = (await office.ada.get(f"workflowManualTasks:get/{mine['id']}")).data

    assert one == mine
    assert (mine["title"], mine["description"], mine["key"]) == ("Buy bolts?", "Now", "k")
    assert mine["workflow"]["title"] == "k"
    assert mine["node"]["title"] == "Look"
    assert mine["execution"]["id"] == execution_id
    assert mine["forms"]["actions"][0]["label"] == {"en": "Approve", "fr": "Approuver"}
    assert mine["expiresAt"] is None


async def test_a_task_without_a_title_has_that_of_its_step(office: Office) -> None:
    _ = await asking(office)

    assert (await task_of(office.ada))["title"] == "Look"


async def test_the_record_is_shown_as_far_as_the_role_may_view_it(office: Office) -> None:
    await role(office.api, "reader")
    await permit(office.api, "reader", "orders", view={"fields": ["title"]})
    await role(office.api, "narrow")
    scope = {"total": {"$gt": 100}}
    named = (
        await office.api.post(
            "rolesResourcesScopes:create", {"name": "x", "resourceName": "orders", "scope": scope}
        )
    ).data
    await permit(office.api, "narrow", "orders", view={"fields": ["title"], "scopeId": named["id"]})
    people = {
        name: await person(office.api, name, each)
        for name, each in (("eve", "reader"), ("joe", "narrow"), ("kim", "member"))
    }
    ids = [await user_id(each) for each in people.values()]
    _ = await asking(office, assignees=ids)
    seen = {name: await task_of(each) for name, each in people.items()}

    assert seen["eve"]["record"]["title"] == "bolts"
    assert "total" not in seen["eve"]["record"]
    assert seen["eve"]["collection"] == "orders"
    assert seen["eve"]["recordKey"] == str(seen["eve"]["record"]["id"])
    for name in ("joe", "kim"):
        assert (seen[name]["record"], seen[name]["recordKey"]) == (None, None)


async def test_everybody_lists_the_own_tasks_newest_first(office: Office) -> None:
    ids = [await asking(office), await started(office.api), await started(office.api)]
    open_ = await task_of_execution(office.ada, ids[1])
    _ = await submit(office.ada, YES, open_["id"])
    mine = await office.ada.get("workflowManualTasks:listMine", pageSize="2")
    open_tasks = await office.ada.get("workflowManualTasks:listMine", filter={"status": 0})
    done = await office.ada.get("workflowManualTasks:listMine", filter={"status": {"$ne": 0}})
    other = await office.ada.get("workflowManualTasks:listMine", filter={"key": "other"})
    nobody = await office.api.get("workflowManualTasks:listMine")

    assert [task["executionId"] for task in mine.data] == [ids[2], ids[1]]
    assert mine.body["meta"] == {"count": 3, "page": 1, "pageSize": 2, "totalPage": 2}
    assert [task["executionId"] for task in open_tasks.data] == [ids[2], ids[0]]
    assert [task["executionId"] for task in done.data] == [ids[1]]
    assert (other.data, nobody.data) == ([], [])


async def task_of_execution(client: Client, execution_id: int) -> dict[str, Any]:
    filter_ = {"executionId": execution_id}
    [found] = (await client.get("workflowManualTasks:listMine", filter=filter_)).data
    return found


async def test_a_filter_does_not_reach_behind_the_tasks(office: Office) -> None:
    _ = await asking(office)
    filter_ = {"user": {"email": {"$includes": "ada"}}}
    reply = await office.ada.get("workflowManualTasks:listMine", filter=filter_)

    assert reply.status in {400, 403}


async def test_tasks_of_others_cannot_be_read(office: Office) -> None:
    _ = await asking(office)
    mine = (await task_of(office.ada))["id"]
    foreign = await office.bob.get(f"workflowManualTasks:get/{mine}")
    missing = await office.bob.get("workflowManualTasks:get/123")
    listed = await office.bob.get("workflowManualTasks:list")

    assert (foreign.status, missing.status, listed.status) == (403, 404, 404)


async def test_the_counters_are_of_the_own_tasks(office: Office) -> None:
    _ = [await asking(office), await started(office.api)]
    _ = await submit(
        office.ada, YES, (await office.ada.get("workflowManualTasks:listMine")).data[0]["id"]
    )

    async def stats(client: Client) -> dict[str, int]:
        [row] = (await client.get("userWorkflowTasks:listMine")).data
        return row["stats"]

    assert await stats(office.ada) == {"pending": 1, "all": 2}
    assert await stats(office.bob) == {"pending": 1, "all": 2}
    assert await stats(office.api) == {"pending": 0, "all": 0}


@pytest.mark.parametrize("open_only", [True, False])
async def test_the_own_tasks_of_a_million_are_found_by_index(
    ensuite: Ensuite, *, open_only: bool
) -> None:
    database = ensuite.database
    _ = await database.execute(
        "INSERT INTO ensuite.manual_tasks (id, user_id, job_id, node_id, execution_id, workflow_id,"
        " key, mode, status, title, description, forms, created_at, updated_at)"
        " SELECT n, n % 100, n, 1, n, 1, 'k', 0, (n % 50 > 0)::int, '', '', '{}', now(), now()"
        " FROM generate_series(1, 20000) AS n"
    )
    _ = await database.execute("ANALYZE ensuite.manual_tasks")
    plan = await database.fetch(
        "EXPLAIN SELECT * FROM ensuite.manual_tasks"
        " WHERE user_id = 50 AND (status = 0 OR NOT $1) ORDER BY id DESC LIMIT 20",
        open_only,
    )
    shown = "\n".join(row[0] for row in plan)

    assert ("manual_tasks_open" if open_only else "manual_tasks_mine") in shown
    assert "Seq Scan" not in shown
