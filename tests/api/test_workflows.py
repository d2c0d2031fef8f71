"""Workflows and their revisions, over the API (wire contract, sections 5.3, 5.4 and 6.8, 6.9)."""

import asyncio
from typing import Any

import pytest

from tests.client import Client, Reply

ACTION: dict[str, Any] = {"type": "action", "config": {"collection": "posts"}}


@pytest.fixture
async def blog(api: Client) -> Client:
    await api.blog()
    await api.collection("audit", {"name": "note", "type": "string"})
    return api


def noting(note: str, key: str | None = None) -> dict[str, Any]:
    values = {"collection": "audit", "params": {"values": {"note": note}}}
    return {"type": "create", "config": values, **({"key": key} if key else {})}


async def notes(api: Client) -> list[str]:
    return [row["note"] for row in (await api.get("audit:list", sort="id")).data]


async def revisions(api: Client, key: str) -> list[dict[str, Any]]:
    reply = await api.get("workflows:list", filter={"key": key}, sort="id")
    found: list[dict[str, Any]] = reply.data
    return found


async def revise(api: Client, workflow: dict[str, Any]) -> dict[str, Any]:
    reply = await api.post(f"workflows:revision/{workflow['id']}", filter={"key": workflow["key"]})
    made: dict[str, Any] = reply.data
    return made


async def enable(api: Client, workflow: dict[str, Any], *, enabled: bool = True) -> Reply:
    return await api.post(f"workflows:update/{workflow['id']}", {"enabled": enabled})


async def trigger(api: Client, key: str) -> dict[str, Any]:
    """Create a post with this workflow bound, and wait until the execution has ended."""
    reply = await api.post("posts:create", {"title": "x"}, triggerWorkflows=key)
    return await api.ended(reply.workflows[0]["executionId"])


# --- create -------------------------------------------------------------------------------


async def test_a_new_workflow_is_current_and_not_enabled(blog: Client) -> None:
    made = (await blog.post("workflows:create", {**ACTION, "title": "Mine"})).data

    assert made["title"] == "Mine"
    assert (made["enabled"], made["current"], made["sync"]) == (False, True, False)
    assert made["options"] == {"timeout": 0}
    assert made["config"]["collection"] == "posts"
    assert made["key"]
    assert made["createdById"] is not None


async def test_a_workflow_may_be_given_its_key_and_be_enabled_at_once(blog: Client) -> None:
    made = (
        await blog.post(
            "workflows:create", {**ACTION, "key": "mine", "enabled": True, "sync": True}
        )
    ).data

    assert (made["key"], made["enabled"], made["sync"]) == ("mine", True, True)
    assert (await trigger(blog, "mine"))["status"] == 1


async def test_a_workflow_may_be_drawn_before_it_is_configured(blog: Client) -> None:
    made = (await blog.post("workflows:create", {"type": "action"})).data
    _ = (await enable(blog, made)).data
    reply = await blog.post("posts:create", {"title": "x"}, triggerWorkflows=made["key"])

    assert made["config"] == {}
    assert reply.workflows[0]["reason"] == "wrong_type"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"title": "x"}, "Trigger type is required"),
        ({"type": "nope"}, 'Trigger type "nope" is not registered'),
        ({"type": "nope", "config": {}}, 'Trigger type "nope" is not registered'),
        ({"type": {"a": 1}}, "is not registered"),
        ({"type": "action", "config": {}}, '"collection" is required'),
        (
            {"type": "action", "config": {"collection": "nope"}},
            'Collection "nope" does not exist in data source "main"',
        ),
        ({"type": "action", "config": []}, "config is a JSON object"),
        ({"type": "action", "config": {"collection": 5}}, '"collection"'),
        ({**ACTION, "title": 5}, "title is text"),
        ({**ACTION, "key": "a,b"}, "key is text"),
        ({**ACTION, "key": "a!b"}, "key is text"),
        ({**ACTION, "key": "a" * 65}, "key is text"),
        ({**ACTION, "key": 5}, "key is text"),
        ({**ACTION, "enabled": "false"}, "enabled is true or false"),
        ({**ACTION, "sync": []}, "sync is true or false"),
        ({**ACTION, "options": []}, "options is a JSON object"),
        ({**ACTION, "options": {"timeout": -1}}, "options.timeout"),
        ({**ACTION, "options": {"timeout": "soon"}}, "options.timeout"),
        ({**ACTION, "options": {"timeout": 1e300}}, "options.timeout"),
        ({**ACTION, "options": {"deleteExecutionOnStatus": 1}}, "options.deleteExecutionOnStatus"),
        (
            {**ACTION, "options": {"deleteExecutionOnStatus": [[1]]}},
            "options.deleteExecutionOnStatus",
        ),
        (
            {**ACTION, "options": {"deleteExecutionOnStatus": [99]}},
            "options.deleteExecutionOnStatus",
        ),
        ({**ACTION, "options": {"stackLimit": 0}}, "options.stackLimit"),
        ({**ACTION, "options": {"flow": {"concurrency": True}}}, "options.flow.concurrency"),
        ({**ACTION, "options": {"flow": {"key": "data.("}}}, "options.flow.key"),
        ({**ACTION, "options": {"flow": {"key": "context.data.id"}}}, "options.flow.key"),
        ({**ACTION, "options": {"flow": {"mode": "newest"}}}, "options.flow.mode"),
        ({**ACTION, "options": {"flow": {"rate": {"limit": -1}}}}, "options.flow.rate.limit"),
        ({**ACTION, "sync": True, "options": {"flow": {"concurrency": 1}}}, "sync workflow"),
        ({**ACTION, "options": {"retention": {"failedDays": -1}}}, "options.retention.failedDays"),
    ],
)
async def test_a_workflow_that_cannot_be_is_refused(
    blog: Client, values: dict[str, Any], message: str
) -> None:
    reply = await blog.post("workflows:create", values)

    assert reply.status == 400, reply.body
    [issue] = reply.body["errors"]
    assert message in issue["message"]
    if message.startswith("options."):
        assert issue["field"].startswith(message)
    assert (await blog.get("workflows:list")).data == []


async def test_the_data_source_may_be_written_before_the_collection(blog: Client) -> None:
    made = (
        await blog.post(
            "workflows:create",
            {"type": "action", "config": {"collection": "main:posts"}, "enabled": True},
        )
    ).data

    assert (await trigger(blog, made["key"]))["status"] == 1


async def test_extra_keys_of_a_configuration_are_kept(blog: Client) -> None:
    config = {"collection": "posts", "extra": {"x": [1, None]}}
    made = (await blog.post("workflows:create", {"type": "action", "config": config})).data

    assert made["config"] == config


async def test_a_key_names_one_workflow(blog: Client) -> None:
    _ = (await blog.post("workflows:create", {**ACTION, "key": "mine"})).data
    reply = await blog.post("workflows:create", {**ACTION, "key": "mine"})

    assert reply.status == 400
    assert len(await revisions(blog, "mine")) == 1


async def test_what_only_the_server_knows_cannot_be_sent(blog: Client) -> None:
    sent = {"current": False, "invalid": True, "id": 5, "createdById": 99, "executed": 7}
    made = (await blog.post("workflows:create", {**ACTION, **sent})).data

    assert made["current"] is True
    assert made["id"] != 5
    assert made["createdById"] != 99


async def test_workflows_that_are_made_at_once_all_work_at_once(blog: Client) -> None:
    """Whoever is answered finds the workflow in place, however many change at the same time."""

    async def make_and_use(number: int) -> Reply:
        key = f"k{number}"
        _ = (await blog.post("workflows:create", {**ACTION, "key": key, "enabled": True})).data
        return await blog.post("posts:create", {"title": key}, triggerWorkflows=key)

    replies = await asyncio.gather(*(make_and_use(number) for number in range(24)))

    assert [reply.workflows[0]["state"] for reply in replies] == ["queued"] * 24


# --- list and get -------------------------------------------------------------------------


async def test_the_list_shows_one_row_a_workflow_where_only_current_ones_are_asked_for(
    blog: Client,
) -> None:
    first = await blog.workflow("posts", key="a")
    _ = await blog.workflow("posts", key="b")
    _ = await revise(blog, first)
    rows = (
        await blog.get("workflows:list", filter={"current": True}, sort="key", appends="stats")
    ).data

    assert [row["key"] for row in rows] == ["a", "b"]
    assert [row["stats"]["executed"] for row in rows] == [0, 0]


async def test_get_appends_what_the_canvas_shows(blog: Client) -> None:
    made = await blog.workflow("posts", noting("1"), noting("2"), key="k")
    revision = await revise(blog, made)
    shown = (
        await blog.get(f"workflows:get/{made['id']}", appends="nodes,revisions,stats,versionStats")
    ).data

    assert [node["type"] for node in shown["nodes"]] == ["create", "create"]
    assert [each["id"] for each in shown["revisions"]] == [made["id"], revision["id"]]
    assert shown["stats"]["executed"] == 0
    assert shown["versionStats"]["executed"] == 0


# --- update -------------------------------------------------------------------------------


async def test_type_sync_and_key_cannot_be_updated(blog: Client) -> None:
    made = await blog.workflow("posts", key="k", enabled=False)
    values = {"type": "schedule", "sync": True, "key": "other", "title": "Other"}
    [updated] = (await blog.post(f"workflows:update/{made['id']}", values)).data

    assert updated["title"] == "Other"
    assert (updated["type"], updated["sync"], updated["key"]) == ("action", False, "k")


async def test_title_description_trigger_title_config_and_options_can(blog: Client) -> None:
    made = await blog.workflow("posts", key="k", enabled=False)
    values = {
        "title": "t",
        "description": "d",
        "triggerTitle": "tt",
        "config": {"collection": "categories"},
        "options": {"timeout": 1000},
    }
    _ = (await blog.post(f"workflows:update/{made['id']}", values)).data
    [found] = await revisions(blog, "k")

    assert {name: found[name] for name in values} == values


@pytest.mark.parametrize(
    "values",
    [
        {"config": {}},
        {"config": {"collection": "nope"}},
        {"options": {"timeout": -1}},
        {"enabled": "yes"},
        {"title": ["x"]},
    ],
)
async def test_an_update_that_cannot_be_changes_nothing(
    blog: Client, values: dict[str, Any]
) -> None:
    made = await blog.workflow("posts", key="k", enabled=False)
    reply = await blog.post(f"workflows:update/{made['id']}", {"description": "changed", **values})
    [found] = await revisions(blog, "k")

    assert reply.status == 400
    assert found["description"] is None


@pytest.mark.parametrize("action", ["update", "revision", "destroy", "execute"])
async def test_an_action_without_a_workflow_says_what_is_missing(blog: Client, action: str) -> None:
    reply = await blog.post(f"workflows:{action}", {"title": "x"})

    assert reply.status == 400
    assert reply.body["errors"][0]["message"] == "filterByTk is required"


@pytest.mark.parametrize("given", ["abc", "1.5", "-1", "²", "9" * 40])
async def test_an_id_that_cannot_be_is_the_clients_mistake(blog: Client, given: str) -> None:
    for action in ("update", "revision", "destroy", "execute"):
        reply = await blog.post(f"workflows:{action}", {}, filterByTk=given)
        assert reply.status == 400, (action, reply.body)


async def test_a_workflow_that_is_not_there_is_a_404(blog: Client) -> None:
    for action in ("update", "revision", "execute"):
        reply = await blog.post(f"workflows:{action}/123456", {"title": "x"})
        assert reply.status == 404, (action, reply.body)


# --- revisions ----------------------------------------------------------------------------


async def test_a_revision_has_the_same_key_and_nodes_with_the_same_keys(blog: Client) -> None:
    made = await blog.workflow("posts", noting("1", "n1"), noting("2", "n2"), key="k", sync=True)
    revision = await revise(blog, made)
    old = (await blog.get(f"workflows:get/{made['id']}", appends="nodes")).data["nodes"]
    new = (await blog.get(f"workflows:get/{revision['id']}", appends="nodes")).data["nodes"]

    assert revision["id"] != made["id"]
    assert (revision["key"], revision["title"], revision["sync"]) == ("k", made["title"], True)
    assert (revision["enabled"], revision["current"]) == (False, None)
    assert [node["key"] for node in new] == [node["key"] for node in old] == ["n1", "n2"]
    assert not {node["id"] for node in new} & {node["id"] for node in old}
    assert new[1]["upstreamId"] == new[0]["id"]
    assert new[0]["downstreamId"] == new[1]["id"]


async def test_without_the_key_it_is_a_copy_of_its_own(blog: Client) -> None:
    made = await blog.workflow("posts", noting("1", "n1"), key="k", title="Mine")
    copy = (await blog.post(f"workflows:revision/{made['id']}")).data

    assert copy["key"] != "k"
    assert copy["title"] == "Mine copy"
    assert (copy["enabled"], copy["current"]) == (False, True)
    assert [row["id"] for row in await revisions(blog, "k")] == [made["id"]]


async def test_enabling_a_revision_switches_the_others_off(blog: Client) -> None:
    first = await blog.workflow("posts", noting("first"), key="k")
    second = await revise(blog, first)
    _ = (await enable(blog, second)).data

    shown = [(row["enabled"], row["current"]) for row in await revisions(blog, "k")]
    assert shown == [(False, None), (True, True)]
    _ = (await enable(blog, first)).data
    shown = [(row["enabled"], row["current"]) for row in await revisions(blog, "k")]
    assert shown == [(True, True), (False, None)]


async def test_a_disabled_workflow_stays_the_current_one(blog: Client) -> None:
    made = await blog.workflow("posts", key="k")
    _ = (await enable(blog, made, enabled=False)).data
    [found] = await revisions(blog, "k")

    assert (found["enabled"], found["current"]) == (False, True)


async def test_a_revision_that_has_executed_keeps_its_configuration(blog: Client) -> None:
    made = await blog.workflow("posts", noting("n"), key="k")
    _ = await trigger(blog, "k")
    path = f"workflows:update/{made['id']}"
    changed = await blog.post(path, {"config": {"collection": "categories"}})
    same = await blog.post(path, {"config": {"collection": "posts"}, "title": "Renamed"})

    assert changed.status == 400
    message = "config of executed workflow can not be updated"
    assert changed.body["errors"][0]["message"] == message
    assert same.data[0]["title"] == "Renamed"


async def test_an_execution_runs_on_the_revision_that_it_was_captured_for(blog: Client) -> None:
    delay = {"type": "delay", "config": {"duration": 400, "unit": 1}}
    first = await blog.workflow("posts", delay, noting("first"), key="k")
    reply = await blog.post("posts:create", {"title": "x"}, triggerWorkflows="k")
    second = await revise(blog, first)
    _ = (await enable(blog, second)).data
    execution = await blog.ended(reply.workflows[0]["executionId"])

    assert execution["status"] == 1
    assert execution["workflowId"] == first["id"]
    assert await notes(blog) == ["first"]


# --- destroy ------------------------------------------------------------------------------


async def test_destroying_the_current_revision_destroys_all_but_the_executions(
    blog: Client,
) -> None:
    first = await blog.workflow("posts", noting("n"), key="k")
    _ = await revise(blog, first)
    execution = await trigger(blog, "k")
    reply = await blog.post(f"workflows:destroy/{first['id']}")

    assert reply.status == 200
    assert await revisions(blog, "k") == []
    assert (await blog.get("flow_nodes:list")).data == []
    assert [row["id"] for row in await blog.executions(key="k")] == [execution["id"]]


async def test_destroying_another_revision_destroys_only_that(blog: Client) -> None:
    first = await blog.workflow("posts", noting("n"), key="k")
    second = await revise(blog, first)
    _ = (await blog.post(f"workflows:destroy/{second['id']}")).data

    assert [row["id"] for row in await revisions(blog, "k")] == [first["id"]]
    assert len((await blog.get("flow_nodes:list")).data) == 1


async def test_several_can_be_destroyed_at_once(blog: Client) -> None:
    a, b = await blog.workflow("posts", key="a"), await blog.workflow("posts", key="b")
    reply = await blog.post("workflows:destroy", filterByTk=[a["id"], b["id"]])

    assert reply.data == 2
    assert (await blog.get("workflows:list")).data == []


async def test_a_destroyed_workflow_is_an_unknown_key(blog: Client) -> None:
    made = await blog.workflow("posts", key="k")
    _ = (await blog.post(f"workflows:destroy/{made['id']}")).data
    reply = await blog.post("posts:create", {"title": "x"}, triggerWorkflows="k")

    assert reply.workflows[0]["reason"] == "unknown_key"


async def test_an_execution_of_a_destroyed_workflow_is_aborted(blog: Client) -> None:
    delay = {"type": "delay", "config": {"duration": 500, "unit": 1}}
    made = await blog.workflow("posts", delay, noting("never"), key="k", enabled=False)
    values = {"data": {"id": 1}, "userId": await user_id(blog)}
    for _ in range(3):
        _ = (await blog.post(f"workflows:execute/{made['id']}", values)).data
    _ = (await blog.post(f"workflows:destroy/{made['id']}")).data
    ended = [await blog.ended(row["id"]) for row in await blog.executions()]

    assert [(row["status"], row["reason"]) for row in ended] == [(-3, "workflow_deleted")] * 3
    assert [job["status"] for row in ended for job in row["jobs"]] == [-3] * 3
    assert await notes(blog) == []


# --- execute ------------------------------------------------------------------------------


async def user_id(api: Client) -> int:
    found: int = (await api.get("auth:check")).data["id"]
    return found


async def test_a_workflow_runs_by_hand_even_when_it_is_disabled(blog: Client) -> None:
    made = await blog.workflow(
        "posts", noting("{{$context.data.title}} {{$context.user.email}}"), key="k", enabled=False
    )
    reply = await blog.post(
        f"workflows:execute/{made['id']}",
        {"data": {"title": "by hand"}, "userId": await user_id(blog)},
    )
    [execution] = await blog.executions(key="k")

    assert reply.data == {"execution": {"id": execution["id"], "status": 1}}
    assert execution["manually"] is True
    assert await notes(blog) == ["by hand root@example.test"]


async def test_the_record_is_loaded_where_its_key_is_given(blog: Client) -> None:
    made = await blog.workflow("posts", key="k", enabled=False)
    post = (await blog.post("posts:create", {"title": "in the database"})).data
    for data in (post["id"], str(post["id"])):
        values = {"data": data, "userId": await user_id(blog), "roleName": "member"}
        _ = (await blog.post(f"workflows:execute/{made['id']}", values)).data

    for execution in await blog.executions(key="k"):
        assert execution["context"]["data"]["title"] == "in the database"
        assert execution["context"]["roleName"] == "member"


async def test_appends_are_loaded_by_the_records_key(blog: Client) -> None:
    made = await blog.workflow("posts", key="k", enabled=False, config={"appends": ["category"]})
    values = {"title": "x", "category": {"title": "News"}}
    post = (await blog.post("posts:create", values)).data
    given = {"data": {"id": post["id"]}, "userId": await user_id(blog)}
    _ = (await blog.post(f"workflows:execute/{made['id']}", given)).data
    [execution] = await blog.executions(key="k")

    assert execution["context"]["data"]["category"]["title"] == "News"


async def test_a_record_that_is_not_there_is_null(blog: Client) -> None:
    made = await blog.workflow("posts", key="k", enabled=False)
    values = {"data": 123456, "userId": await user_id(blog)}
    _ = (await blog.post(f"workflows:execute/{made['id']}", values)).data
    [execution] = await blog.executions(key="k")

    assert execution["context"]["data"] is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"userId": 1}, "data: a record"),
        ({"data": {}}, "userId: the number"),
        ({"data": {}, "userId": "1"}, "userId: the number"),
        ({"data": {}, "userId": True}, "userId: the number"),
        ({"data": {}, "userId": 10**30}, "userId: the number"),
        ({"data": {}, "userId": 123456}, "user not found"),
    ],
)
async def test_an_execution_by_hand_needs_a_record_and_a_user(
    blog: Client, values: dict[str, Any], message: str
) -> None:
    made = await blog.workflow("posts", key="k", enabled=False)
    reply = await blog.post(f"workflows:execute/{made['id']}", values)

    assert reply.status == 400, reply.body
    assert message in reply.body["errors"][0]["message"]
    assert await blog.executions() == []


async def test_an_execution_by_hand_tells_how_far_it_came(blog: Client) -> None:
    delay = {"type": "delay", "config": {"duration": 60}}
    fail = {"type": "end", "config": {"endStatus": -1}}
    waits = await blog.workflow("posts", delay, enabled=False)
    fails = await blog.workflow("posts", fail, enabled=False)
    values = {"data": {}, "userId": await user_id(blog)}
    replies = [
        await blog.post(f"workflows:execute/{made['id']}", values) for made in (waits, fails)
    ]

    assert [reply.data["execution"]["status"] for reply in replies] == [0, -1]


@pytest.mark.parametrize(("given", "makes"), [("1", True), ("0", False), ("", False)])
async def test_execute_may_make_the_next_revision(blog: Client, given: str, *, makes: bool) -> None:
    made = await blog.workflow("posts", key="k", enabled=False)
    values = {"data": {}, "userId": await user_id(blog)}
    path = f"workflows:execute/{made['id']}"
    answer = (await blog.post(path, values, autoRevision=given)).data
    ids = [row["id"] for row in await revisions(blog, "k")]

    assert ids == ([made["id"], answer["newVersionId"]] if makes else [made["id"]])


async def test_sync_answers_204(blog: Client) -> None:
    assert (await blog.post("workflows:sync")).status == 204


async def test_only_who_may_manage_workflows_sees_or_changes_them(
    blog: Client, anonymous: Client
) -> None:
    made = await blog.workflow("posts", key="k")
    member = blog.acting(X_Role="member")
    paths = ["workflows:list", f"workflows:update/{made['id']}", "executions:list", "jobs:list"]
    _ = (
        await blog.post(
            "users:create",
            {"username": "ada", "email": "a@example.test", "password": "correct horse"},
        )
    ).data
    _ = await member.sign_in("ada", "correct horse")
    replies = [await member.post(path, {"title": "x"}) for path in paths]

    assert [reply.status for reply in replies] == [403] * len(paths)
    assert (await anonymous.post("workflows:list")).status == 401


async def test_reading_is_no_writing_and_get_cannot_write(blog: Client) -> None:
    made = await blog.workflow("posts", key="k")
    for action in ("update", "destroy", "revision", "execute"):
        reply = await blog.get(f"workflows:{action}/{made['id']}")
        assert reply.status == 405, action


# --- statistics ---------------------------------------------------------------------------


async def stats(api: Client, workflow: dict[str, Any]) -> tuple[int, int]:
    shown = (await api.get(f"workflows:get/{workflow['id']}", appends="stats,versionStats")).data
    return shown["stats"]["executed"], shown["versionStats"]["executed"]


async def test_counters_are_per_key_and_per_revision_and_survive_the_history(
    blog: Client,
) -> None:
    first = await blog.workflow("posts", noting("n"), key="k")
    for _ in range(3):
        _ = await trigger(blog, "k")
    second = await revise(blog, first)
    _ = (await enable(blog, second)).data
    _ = await trigger(blog, "k")
    before = [await stats(blog, first), await stats(blog, second)]
    deleted = (await blog.post("executions:destroy", filter={"key": "k"})).data

    assert before == [(4, 3), (4, 1)]
    assert deleted == 4
    assert await blog.executions() == []
    assert [await stats(blog, first), await stats(blog, second)] == before


async def test_executions_that_are_not_kept_are_counted(blog: Client) -> None:
    options = {"timeout": 0, "deleteExecutionOnStatus": [1]}
    made = await blog.workflow("posts", noting("n"), key="k", sync=True, options=options)
    reply = await blog.post("posts:create", {"title": "x"}, triggerWorkflows="k")

    assert reply.workflows[0]["state"] == "succeeded"
    assert await blog.executions() == []
    assert (await blog.get("jobs:list")).data == []
    assert await stats(blog, made) == (1, 1)


async def test_executions_with_another_status_are_kept(blog: Client) -> None:
    options = {"deleteExecutionOnStatus": [1]}
    fail = {"type": "end", "config": {"endStatus": -1}}
    _ = await blog.workflow("posts", fail, key="k", sync=True, options=options)
    _ = await blog.post("posts:create", {"title": "x"}, triggerWorkflows="k")

    assert [row["status"] for row in await blog.executions()] == [-1]
