"""What a trigger does: every row of the table in architecture, § 5, over the API."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from tests.client import Client, Reply

FORM = "application/x-www-form-urlencoded"
STRICT = {"Prefer": "handling=strict"}


def noting(note: str) -> dict[str, Any]:
    """A node that writes a row by which a test sees that it ran."""
    values = {"values": {"note": note}}
    return {"type": "create", "config": {"collection": "audit", "params": values}}


def retitling(title: str) -> dict[str, Any]:
    """A node that changes the record which the workflow is about."""
    params = {"filter": {"id": "{{$context.data.id}}"}, "values": {"title": title}}
    return {"type": "update", "config": {"collection": "posts", "params": params}}


def everywhere(*actions: str) -> dict[str, Any]:
    return {"global": True, "actions": list(actions)}


REFUSING: dict[str, Any] = {"type": "end", "config": {"endStatus": -1}}
FAILING: dict[str, Any] = {
    "type": "condition",
    "config": {"rejectOnFalse": True, "engine": "cel", "expression": "false"},
}


@pytest.fixture
async def blog(api: Client) -> Client:
    """The API with posts, categories, tags, and a collection that workflows write notes to."""
    await api.blog()
    await api.collection("audit", {"name": "note", "type": "string"})
    return api


async def notes(api: Client) -> list[str]:
    rows = (await api.get("audit:list", sort="id", pageSize="200")).data
    return [row["note"] for row in rows]


async def contexts(api: Client, **filter_: Any) -> list[dict[str, Any]]:
    return [each["context"] for each in await api.executions(**filter_)]


async def titles(api: Client, collection: str = "posts") -> list[str]:
    rows = (await api.get(f"{collection}:list", sort="id", pageSize="200")).data
    return [row["title"] for row in rows]


async def create(api: Client, triggers: str, values: Any = None, **headers: str) -> Reply:
    """`posts:create?triggerWorkflows=…`."""
    given = {"title": "a title"} if values is None else values
    return await api.acting(**headers).post("posts:create", given, triggerWorkflows=triggers)


# --- the body -----------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", [FORM, "application/json", "text/plain", None])
async def test_json_is_json_whatever_it_is_called(blog: Client, content_type: str | None) -> None:
    _ = await blog.workflow("posts", key="k")
    reply = await blog.call(
        "POST",
        "posts:create?triggerWorkflows=k",
        content=b'{"title": "Bonjour", "views": 3}',
        headers={"Content-Type": content_type} if content_type else {},
    )

    assert (reply.data["title"], reply.data["views"]) == ("Bonjour", 3)
    assert [entry["state"] for entry in reply.workflows] == ["queued"]


async def test_the_parameter_counts_in_the_query_only(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k")
    reply = await blog.post("posts:create", {"title": "x", "triggerWorkflows": "k"})

    assert reply.workflows == []
    assert await blog.executions() == []


# --- what is skipped ----------------------------------------------------------------------


async def test_a_write_without_workflows_says_nothing_of_them(blog: Client) -> None:
    reply = await blog.post("posts:create", {"title": "x"})

    assert set(reply.body) == {"data"}


async def test_an_unknown_key_is_skipped_and_the_row_saved(blog: Client) -> None:
    reply = await create(blog, "nobody")

    assert reply.data["title"] == "a title"
    assert reply.workflows == [{"key": "nobody", "state": "skipped", "reason": "unknown_key"}]
    assert await titles(blog) == ["a title"]


async def test_keys_are_case_sensitive(blog: Client) -> None:
    _ = await blog.workflow("posts", key="mine")
    [entry] = (await create(blog, "Mine")).workflows

    assert entry["reason"] == "unknown_key"


async def test_a_disabled_workflow_is_skipped(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k", enabled=False)
    reply = await create(blog, "k")

    assert reply.workflows == [{"key": "k", "state": "skipped", "reason": "disabled"}]
    assert await blog.executions() == []


async def test_a_workflow_of_another_collection_is_skipped(blog: Client) -> None:
    _ = await blog.workflow("categories", key="k")
    reply = await create(blog, "k")

    assert reply.workflows == [{"key": "k", "state": "skipped", "reason": "collection_mismatch"}]
    assert await titles(blog) == ["a title"]


@pytest.mark.parametrize("path", ["nofield", "title", "category.nofield", "tags.title"])
async def test_a_path_that_is_no_association_is_skipped(blog: Client, path: str) -> None:
    _ = await blog.workflow("categories", key="k")
    reply = await create(blog, f"k!{path}")

    assert reply.workflows == [
        {"key": "k", "path": path, "state": "skipped", "reason": "unknown_path"}
    ]
    assert await titles(blog) == ["a title"]


async def test_a_workflow_whose_collection_was_dropped_is_skipped(blog: Client) -> None:
    await blog.collection("drafts", {"name": "title", "type": "string"})
    _ = await blog.workflow("drafts", key="k")
    _ = (await blog.post("collections:destroy", filterByTk="drafts")).data
    [entry] = (await create(blog, "k")).workflows

    assert entry["reason"] == "collection_mismatch"


async def test_an_association_that_a_workflow_no_longer_finds_stops_nobody(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k", config={"appends": ["category", "nofield"]})
    _ = (await blog.post("collections/posts/fields:destroy", filterByTk="category")).data
    [entry] = (await create(blog, "k")).workflows

    assert entry["state"] == "queued"


# --- strict -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("nobody", "unknown_key"),
        ("asleep", "disabled"),
        ("other", "collection_mismatch"),
        ("other!nofield", "unknown_path"),
    ],
)
async def test_a_strict_call_writes_nothing(blog: Client, item: str, reason: str) -> None:
    _ = await blog.workflow("posts", key="fine")
    _ = await blog.workflow("posts", key="asleep", enabled=False)
    _ = await blog.workflow("categories", key="other")
    reply = await create(blog, f"fine,{item}", **STRICT)

    assert (reply.status, reply.body["code"]) == (400, "INVALID_TRIGGER_WORKFLOWS")
    assert reply.codes == [reason]
    assert reply.body["errors"][0]["message"].startswith(f"{item}: {reason}; valid keys here: ")
    assert await titles(blog) == []
    assert await blog.executions() == []


async def test_a_strict_call_names_the_keys_that_would_be_valid(blog: Client) -> None:
    _ = await blog.workflow("posts", key="mine")
    _ = await blog.workflow("categories", key="other")
    reply = await create(blog, "nobody,nobody!category", **STRICT)

    assert [error["message"] for error in reply.body["errors"]] == [
        "nobody: unknown_key; valid keys here: mine",
        "nobody!category: unknown_key; valid keys here: other",
    ]


@pytest.mark.parametrize(
    "prefer", ["handling=strict", "respond-async, Handling = strict", 'handling="strict"; x=1']
)
async def test_strict_is_asked_for_as_rfc_7240_has_it(blog: Client, prefer: str) -> None:
    assert (await create(blog, "nobody", Prefer=prefer)).status == 400


@pytest.mark.parametrize("prefer", ["handling=lenient", "handling=stricter", "respond-async", ""])
async def test_other_preferences_are_not_strict(blog: Client, prefer: str) -> None:
    assert (await create(blog, "nobody", Prefer=prefer)).status == 200


async def test_a_strict_call_with_valid_items_runs_them(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k")
    reply = await create(blog, "k", **STRICT)

    assert [entry["state"] for entry in reply.workflows] == ["queued"]


async def test_a_strict_update_and_destroy_change_nothing(blog: Client) -> None:
    post = (await blog.post("posts:create", {"title": "as it was"})).data
    strict = blog.acting(**STRICT)
    updated = await strict.post(
        f"posts:update/{post['id']}", {"title": "other"}, triggerWorkflows="nobody"
    )
    destroyed = await strict.post(f"posts:destroy/{post['id']}", triggerWorkflows="nobody")

    assert (updated.status, destroyed.status) == (400, 400)
    assert await titles(blog) == ["as it was"]


# --- associations -------------------------------------------------------------------------


async def test_an_empty_association_is_skipped_and_never_a_reason_to_refuse(blog: Client) -> None:
    _ = await blog.workflow("categories", key="k")
    reply = await create(blog, "k!category", **STRICT)

    assert reply.data["title"] == "a title"
    assert reply.workflows == [
        {"key": "k", "path": "category", "state": "skipped", "reason": "no_related_record"}
    ]
    assert await blog.executions() == []


async def test_the_association_is_found_by_its_key_alone(blog: Client) -> None:
    _ = await blog.workflow("categories", key="k")
    category = (await blog.post("categories:create", {"title": "News"})).data
    created = await create(blog, "k!category", {"title": "x", "categoryId": category["id"]})
    updated = await blog.post(
        f"posts:update/{created.data['id']}", {"title": "y"}, triggerWorkflows="k!category"
    )

    assert [entry["state"] for entry in (*created.workflows, *updated.workflows)] == ["queued"] * 2
    assert [each["data"]["title"] for each in await contexts(blog)] == ["News", "News"]


async def test_a_to_many_association_starts_one_execution_a_record(blog: Client) -> None:
    _ = await blog.workflow("tags", noting("tag {{$context.data.name}}"), key="k")
    tags = [{"name": "a"}, {"name": "b"}, {"name": "c"}]
    [entry] = (await create(blog, "k!tags", {"title": "x", "tags": tags})).workflows
    for each in entry["executionIds"]:
        assert (await blog.ended(each))["status"] == 1

    assert entry["executionId"] == entry["executionIds"][0]
    assert len(entry["executionIds"]) == 3
    assert sorted(await notes(blog)) == ["tag a", "tag b", "tag c"]


async def test_a_longer_path_goes_through_to_many_associations(blog: Client) -> None:
    _ = await blog.workflow("tags", key="k")
    category = (
        await blog.post(
            "categories:create",
            {
                "title": "News",
                "posts": [
                    {"title": "1", "tags": [{"name": "a"}, {"name": "b"}]},
                    {"title": "2", "tags": [{"name": "c"}]},
                    {"title": "3"},
                ],
            },
        )
    ).data
    reply = await blog.post(
        f"categories:update/{category['id']}", {"title": "Olds"}, triggerWorkflows="k!posts.tags"
    )

    [entry] = reply.workflows
    assert len(entry["executionIds"]) == 3
    assert sorted([each["data"]["name"] for each in await contexts(blog)]) == ["a", "b", "c"]


async def test_a_record_that_is_reached_in_two_ways_starts_one_execution(blog: Client) -> None:
    _ = await blog.workflow("tags", key="k")
    tag = (await blog.post("tags:create", {"name": "both"})).data
    category = (
        await blog.post(
            "categories:create",
            {
                "title": "News",
                "posts": [{"title": "1", "tags": [tag["id"]]}, {"title": "2", "tags": [tag["id"]]}],
            },
        )
    ).data
    [entry] = (
        await blog.post(
            f"categories:update/{category['id']}", {"title": "x"}, triggerWorkflows="k!posts.tags"
        )
    ).workflows

    assert entry["state"] == "queued"
    assert len(await blog.executions()) == 1


async def test_two_rows_of_one_call_may_lead_to_the_same_record(blog: Client) -> None:
    _ = await blog.workflow("categories", key="k")
    category = (await blog.post("categories:create", {"title": "News"})).data
    rows = [{"title": str(number), "categoryId": category["id"]} for number in range(3)]
    [entry] = (await create(blog, "k!category", rows)).workflows

    assert len(entry["executionIds"]) == 3
    assert [each["data"]["title"] for each in await contexts(blog)] == ["News"] * 3


async def test_a_path_may_lead_to_users_without_their_secrets(blog: Client) -> None:
    _ = await blog.workflow("users", key="k")
    [entry] = (await create(blog, "k!createdBy")).workflows
    [context] = await contexts(blog)

    assert entry["state"] == "queued"
    assert context["data"]["email"] == "root@example.test"
    assert not {"password", "passwordHash", "resetToken"} & set(context["data"])


async def test_more_related_records_than_the_bound_are_refused_not_dropped(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k")
    category = (await blog.post("categories:create", {"title": "News"})).data
    for _ in range(2):
        rows = [{"title": str(n), "categoryId": category["id"]} for n in range(600)]
        assert len((await blog.post("posts:create", rows)).data) == 600
    path = f"categories:update/{category['id']}"
    reply = await blog.post(path, {"title": "changed"}, triggerWorkflows="k!posts")

    assert (reply.status, reply.body["code"]) == (400, "TOO_MANY_RELATED_RECORDS")
    assert await titles(blog, "categories") == ["News"]
    assert await blog.executions() == []


# --- the parameter's forms ----------------------------------------------------------------


async def test_each_distinct_pair_of_key_and_path_runs_once(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k")
    _ = await blog.workflow("categories", key="c")
    values = {"title": "x", "category": {"title": "News"}}
    reply = await create(blog, "k,c!category,k,c!category,k!", values)

    assert [(e["key"], e.get("path")) for e in reply.workflows] == [("k", None), ("c", "category")]
    assert len(await blog.executions()) == 2


async def test_the_same_key_with_and_without_a_path_are_two_items(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k")
    values = {"title": "x", "category": {"title": "News"}}
    reply = await create(blog, "k,k!category", values)

    assert [(e["state"], e.get("reason")) for e in reply.workflows] == [
        ("queued", None),
        ("skipped", "collection_mismatch"),
    ]


@pytest.mark.parametrize(
    "query",
    [
        "triggerWorkflows=a,b",
        "triggerWorkflows=%20a%20,%20b",
        "triggerWorkflows=a&triggerWorkflows=b",
        "triggerWorkflows[]=a&triggerWorkflows[]=b",
        "triggerWorkflows[0]=a&triggerWorkflows[1]=b",
        "triggerWorkflows=a%2Cb",
        "triggerWorkflows=a&triggerWorkflows=b,a",
        "triggerWorkflows&triggerWorkflows=a&triggerWorkflows=b",
        "triggerWorkflows=%5B%22a%22%2C%22b%22%5D",
    ],
)
async def test_a_list_may_be_written_in_every_way(blog: Client, query: str) -> None:
    _ = await blog.workflow("posts", key="a")
    _ = await blog.workflow("posts", key="b")
    reply = await blog.call("POST", f"posts:create?{query}", content=b'{"title": "x"}')

    assert [(e["key"], e["state"]) for e in reply.workflows] == [("a", "queued"), ("b", "queued")]


@pytest.mark.parametrize(
    "query", ["triggerWorkflows", "triggerWorkflows=", "triggerWorkflows[]", "triggerWorkflows=,"]
)
async def test_a_bare_parameter_is_empty(blog: Client, query: str) -> None:
    reply = await blog.call("POST", f"posts:create?{query}", content=b'{"title": "x"}')

    assert (reply.status, reply.workflows) == (200, [])
    assert await titles(blog) == ["x"]


async def test_the_path_may_be_percent_encoded(blog: Client) -> None:
    _ = await blog.workflow("categories", key="k")
    reply = await blog.call(
        "POST",
        "posts:create?triggerWorkflows=k%21category",
        content=b'{"title": "x", "category": {"title": "News"}}',
    )

    assert [entry["path"] for entry in reply.workflows] == ["category"]


async def test_too_many_items_are_refused_before_anything_is_written(blog: Client) -> None:
    reply = await create(blog, ",".join(f"k{number}" for number in range(101)))

    assert reply.status == 400
    assert await titles(blog) == []


# --- global workflows ---------------------------------------------------------------------


async def test_a_global_workflow_runs_unasked_for_its_actions_only(blog: Client) -> None:
    _ = await blog.workflow("posts", key="g", config=everywhere("create"))
    created = await blog.post("posts:create", {"title": "x"})
    updated = await blog.post(f"posts:update/{created.data['id']}", {"title": "y"})

    assert [(e["key"], e["state"]) for e in created.workflows] == [("g", "queued")]
    assert updated.workflows == []


async def test_a_global_workflow_that_is_named_too_runs_once(blog: Client) -> None:
    _ = await blog.workflow("posts", key="g", config=everywhere("create"))
    reply = await create(blog, "g")

    assert [(e["key"], e["state"]) for e in reply.workflows] == [("g", "queued")]
    assert len(await blog.executions()) == 1


async def test_a_path_cannot_suppress_a_global_workflow(blog: Client) -> None:
    _ = await blog.workflow("posts", key="g", config=everywhere("create"))
    reply = await create(blog, "g!category", {"title": "x", "category": {"title": "News"}})

    assert [(e.get("path"), e["state"], e.get("reason")) for e in reply.workflows] == [
        ("category", "skipped", "collection_mismatch"),
        (None, "queued", None),
    ]
    assert len(await blog.executions(key="g")) == 1


async def test_a_global_workflow_of_the_associated_collection_runs_through_a_path(
    blog: Client,
) -> None:
    _ = await blog.workflow("categories", key="g", config=everywhere("create"))
    reply = await create(blog, "g!category", {"title": "x", "category": {"title": "News"}})

    assert [(e["path"], e["state"]) for e in reply.workflows] == [("category", "queued")]
    assert [each["data"]["title"] for each in await contexts(blog)] == ["News"]


async def test_a_global_workflow_without_actions_never_runs(blog: Client) -> None:
    _ = await blog.workflow("posts", key="g", config={"global": True})
    reply = await create(blog, "g")

    assert [(e["state"], e["reason"]) for e in reply.workflows] == [("skipped", "action_mismatch")]


# --- destroy, firstOrCreate, updateOrCreate -----------------------------------------------


async def test_destroy_fires_with_the_deleted_record(blog: Client) -> None:
    _ = await blog.workflow("posts", noting("gone {{$context.data.title}}"), key="k")
    _ = await blog.workflow("posts", key="g", config=everywhere("destroy"))
    post = (await blog.post("posts:create", {"title": "bye"})).data
    reply = await blog.post(f"posts:destroy/{post['id']}", triggerWorkflows="k")

    assert reply.data == 1
    assert [(e["key"], e["state"]) for e in reply.workflows] == [("k", "queued"), ("g", "queued")]
    assert (await blog.ended(reply.workflows[0]["executionId"]))["status"] == 1
    assert await notes(blog) == ["gone bye"]
    assert [each["data"]["title"] for each in await contexts(blog)] == ["bye", "bye"]


async def test_destroy_reaches_what_the_deleted_record_pointed_to(blog: Client) -> None:
    _ = await blog.workflow("categories", key="k")
    values = {"title": "x", "category": {"title": "News"}}
    post = (await blog.post("posts:create", values)).data
    [entry] = (
        await blog.post(f"posts:destroy/{post['id']}", triggerWorkflows="k!category")
    ).workflows

    assert entry["state"] == "queued"
    assert [each["data"]["title"] for each in await contexts(blog)] == ["News"]


async def test_destroy_by_filter_starts_one_execution_a_row(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k")
    _ = await blog.post("posts:create", [{"title": "a"}, {"title": "a"}, {"title": "b"}])
    reply = await blog.post("posts:destroy", filter={"title": "a"}, triggerWorkflows="k")

    assert reply.data == 2
    assert len(reply.workflows[0]["executionIds"]) == 2
    assert await titles(blog) == ["b"]


async def test_first_or_create_fires_as_what_it_did(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k")
    _ = await blog.workflow("posts", key="c", config=everywhere("create"))
    _ = await blog.workflow("posts", key="u", config=everywhere("update"))
    path = "posts:firstOrCreate?filterKeys[]=title&triggerWorkflows=k"
    made = await blog.call("POST", path, content=b'{"title": "x"}')
    found = await blog.call("POST", path, content=b'{"title": "x"}')

    assert made.data["id"] == found.data["id"]
    assert [(e["key"], e["state"]) for e in made.workflows] == [("k", "queued"), ("c", "queued")]
    assert [(e["key"], e["reason"]) for e in found.workflows] == [
        ("k", "no_record"),
        ("c", "no_record"),
    ]
    assert len(await blog.executions()) == 2


async def test_update_or_create_fires_as_what_it_did(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k")
    _ = await blog.workflow("posts", key="c", config=everywhere("create"))
    _ = await blog.workflow("posts", key="u", config=everywhere("update"))
    path = "posts:updateOrCreate?filterKeys[]=title&triggerWorkflows=k"
    _ = (await blog.call("POST", path, content=b'{"title": "x", "views": 1}')).data
    made = [each["key"] for each in await blog.executions()]
    _ = (await blog.call("POST", path, content=b'{"title": "x", "views": 2}')).data
    both = await blog.executions()

    assert sorted(made) == ["c", "k"]
    assert sorted(each["key"] for each in both[2:]) == ["k", "u"]
    assert [each["context"]["changed"] for each in both[2:]] == [["views"], ["views"]]


# --- order --------------------------------------------------------------------------------


async def test_sync_runs_first_in_the_order_of_the_items_then_global_then_async(
    blog: Client,
) -> None:
    _ = await blog.workflow("posts", noting("async named"), key="a")
    _ = await blog.workflow("posts", noting("async global"), key="ag", config=everywhere("create"))
    _ = await blog.workflow(
        "posts", noting("sync global"), key="sg", config=everywhere("create"), sync=True
    )
    _ = await blog.workflow("posts", noting("sync 1"), key="s1", sync=True)
    _ = await blog.workflow("posts", noting("sync 2"), key="s2", sync=True)
    reply = await create(blog, "a,s2,s1")
    for entry in reply.workflows:
        assert (await blog.ended(entry["executionId"]))["status"] == 1

    assert [(e["key"], e["state"]) for e in reply.workflows] == [
        ("a", "queued"),
        ("s2", "succeeded"),
        ("s1", "succeeded"),
        ("ag", "queued"),
        ("sg", "succeeded"),
    ]
    written = await notes(blog)
    assert written[:3] == ["sync 2", "sync 1", "sync global"]
    assert set(written[3:]) == {"async named", "async global"}


async def test_async_executions_begin_when_the_sync_ones_have_ended(blog: Client) -> None:
    _ = await blog.workflow("posts", noting("async"), key="a")
    _ = await blog.workflow("posts", noting("sync"), key="s", sync=True)
    reply = await create(blog, "a,s")
    a, s = [await blog.ended(entry["executionId"]) for entry in reply.workflows]

    assert s["finishedAt"] <= a["jobs"][0]["startedAt"]


# --- the context --------------------------------------------------------------------------


async def test_an_update_tells_what_was_before_and_what_changed(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k")
    post = (await blog.post("posts:create", {"title": "old", "views": 1})).data
    _ = await blog.post(
        f"posts:update/{post['id']}", {"title": "new", "views": 1}, triggerWorkflows="k"
    )
    [context] = await contexts(blog)

    assert context["data"]["title"] == "new"
    assert context["previous"]["title"] == "old"
    assert context["previous"]["views"] == 1
    assert context["changed"] == ["title"]


async def test_an_update_that_changes_nothing_still_fires_and_says_so(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k")
    post = (await blog.post("posts:create", {"title": "same"})).data
    reply = await blog.post(f"posts:update/{post['id']}", {"title": "same"}, triggerWorkflows="k")
    [context] = await contexts(blog)

    assert [entry["state"] for entry in reply.workflows] == ["queued"]
    assert context["changed"] == []


async def test_a_create_has_neither_previous_nor_changed(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k")
    _ = await create(blog, "k")
    [context] = await contexts(blog)

    assert set(context) == {"data", "user", "roleName"}


async def test_the_context_holds_every_column_the_user_and_the_role(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k")
    reply = await create(blog, "k", {"title": "x", "views": 7, "category": {"title": "News"}})
    [context] = await contexts(blog)

    assert {"id", "title", "content", "views", "categoryId", "createdAt", "updatedAt"} <= set(
        context["data"]
    )
    assert context["data"]["content"] is None
    assert context["data"]["category"]["title"] == "News"
    assert context["data"]["id"] == reply.data["id"]
    assert context["user"]["email"] == "root@example.test"
    assert "password" not in context["user"]
    assert context["roleName"] == "root"


async def test_hidden_fields_are_not_in_the_context(blog: Client) -> None:
    await blog.collection(
        "members",
        {"name": "name", "type": "string"},
        {"name": "pin", "type": "password"},
        {"name": "secret", "type": "string", "hidden": True},
    )
    _ = await blog.workflow("members", key="k")
    values = {"name": "Ada", "pin": "1234", "secret": "s"}
    made = (await blog.post("members:create", values, triggerWorkflows="k")).data
    _ = (
        await blog.post(f"members:update/{made['id']}", {"secret": "t"}, triggerWorkflows="k")
    ).data
    created, updated = await contexts(blog)

    assert created["data"]["name"] == "Ada"
    assert not {"pin", "secret"} & set(created["data"])
    assert not {"pin", "secret"} & set(updated["data"])
    assert not {"pin", "secret"} & set(updated["previous"])


async def test_the_context_is_not_limited_by_what_the_role_may_view(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k")
    writer = await member(
        blog,
        {"name": "posts:create", "fields": ["title", "content"]},
        {"name": "posts:view", "fields": ["title"]},
    )
    reply = await writer.post(
        "posts:create", {"title": "x", "content": "long"}, triggerWorkflows="k"
    )
    [context] = await contexts(blog)

    assert "content" not in reply.data
    assert context["data"]["content"] == "long"
    assert context["user"]["username"] == "ada"
    assert context["roleName"] == "writers"


async def test_appends_load_associations_into_the_context(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k", config={"appends": ["category", "tags"]})
    category = (await blog.post("categories:create", {"title": "News"})).data
    tag = (await blog.post("tags:create", {"name": "a"})).data
    _ = await create(blog, "k", {"title": "x", "categoryId": category["id"], "tags": [tag["id"]]})
    [context] = await contexts(blog)

    assert context["data"]["category"]["title"] == "News"
    assert [each["name"] for each in context["data"]["tags"]] == ["a"]


async def test_appends_hold_for_updates_and_through_paths(blog: Client) -> None:
    _ = await blog.workflow("categories", key="c", config={"appends": ["posts"]})
    _ = await blog.workflow("posts", key="p", config={"appends": ["category"]})
    values = {"title": "x", "category": {"title": "News"}}
    post = (await blog.post("posts:create", values)).data
    _ = await blog.post(
        f"posts:update/{post['id']}", {"title": "y"}, triggerWorkflows="c!category,p"
    )
    [through] = await contexts(blog, key="c")
    [direct] = await contexts(blog, key="p")

    assert [each["title"] for each in through["data"]["posts"]] == ["y"]
    assert "previous" not in through
    assert direct["data"]["category"]["title"] == "News"
    assert direct["changed"] == ["title"]


# --- sync outcomes ------------------------------------------------------------------------


async def test_after_a_sync_workflow_data_is_the_row_as_it_is_now(blog: Client) -> None:
    _ = await blog.workflow("posts", retitling("by the workflow"), key="k", sync=True)
    reply = await create(blog, "k", {"title": "by the caller"})

    assert reply.data["title"] == "by the workflow"
    assert reply.workflows[0]["state"] == "succeeded"


async def test_after_a_sync_workflow_an_update_answers_the_rows_as_they_are_now(
    blog: Client,
) -> None:
    _ = await blog.workflow("posts", retitling("by the workflow"), key="k", sync=True)
    post = (await blog.post("posts:create", {"title": "x"})).data
    reply = await blog.post(f"posts:update/{post['id']}", {"title": "y"}, triggerWorkflows="k")

    assert [each["title"] for each in reply.data] == ["by the workflow"]


async def test_a_row_that_a_sync_workflow_deleted_is_answered_as_it_was(blog: Client) -> None:
    params = {"filter": {"id": "{{$context.data.id}}"}}
    _ = await blog.workflow(
        "posts",
        {"type": "destroy", "config": {"collection": "posts", "params": params}},
        key="k",
        sync=True,
    )
    reply = await create(blog, "k", {"title": "short-lived"})

    assert reply.data["title"] == "short-lived"
    assert await titles(blog) == []


async def test_a_failed_sync_workflow_is_a_500_that_holds_the_saved_row(blog: Client) -> None:
    _ = await blog.workflow("posts", FAILING, key="k", sync=True)
    reply = await create(blog, "k")
    [error] = reply.body["errors"]
    [execution] = await blog.executions()

    assert reply.status == 500
    assert error["message"] == "Workflow on your action failed, please contact the administrator"
    assert reply.body["data"]["title"] == "a title"
    assert reply.workflows == [{"key": "k", "state": "failed", "executionId": execution["id"]}]
    assert execution["status"] == -1
    assert await titles(blog) == ["a title"]


async def test_a_sync_workflow_that_says_no_is_a_400_with_its_messages(blog: Client) -> None:
    said = {"type": "response-message", "config": {"message": "no {{$context.data.title}} here"}}
    also = {"type": "response-message", "config": {"message": "sorry"}}
    _ = await blog.workflow("posts", said, also, REFUSING, key="k", sync=True)
    reply = await create(blog, "k")

    assert reply.status == 400
    assert [error["message"] for error in reply.body["errors"]] == ["no a title here", "sorry"]
    assert reply.body["data"]["title"] == "a title"
    assert reply.workflows[0]["state"] == "failed"
    assert await titles(blog) == ["a title"]


async def test_a_sync_workflow_that_waits_is_a_500_and_goes_on_later(blog: Client) -> None:
    delay = {"type": "delay", "config": {"duration": 300, "unit": 1}}
    _ = await blog.workflow("posts", delay, noting("later"), key="k", sync=True)
    reply = await create(blog, "k")

    assert reply.status == 500
    assert reply.body["errors"][0]["message"].startswith("Workflow on your action hangs")
    assert reply.body["data"]["title"] == "a title"
    assert reply.workflows[0]["state"] == "waiting"
    assert (await blog.ended(reply.workflows[0]["executionId"]))["status"] == 1
    assert await notes(blog) == ["later"]


async def test_messages_of_sync_workflows_are_answered(blog: Client) -> None:
    said = {"type": "response-message", "config": {"message": "hello {{$context.data.title}}"}}
    _ = await blog.workflow("posts", said, key="k", sync=True)
    one = await create(blog, "k")
    many = await create(blog, "k", [{"title": "a"}, {"title": "b"}])

    assert one.body["messages"] == [{"message": "hello a title"}]
    assert [each["message"] for each in many.body["messages"]] == ["hello a", "hello b"]


async def test_an_end_node_ends_its_own_execution_only(blog: Client) -> None:
    done = {"type": "end", "config": {"endStatus": 1}}
    _ = await blog.workflow("posts", done, noting("never"), key="s1", sync=True)
    _ = await blog.workflow("posts", noting("sync"), key="s2", sync=True)
    _ = await blog.workflow("posts", noting("async"), key="a")
    reply = await create(blog, "s1,s2,a")
    _ = await blog.ended(reply.workflows[2]["executionId"])

    assert [e["state"] for e in reply.workflows] == ["succeeded", "succeeded", "queued"]
    assert await notes(blog) == ["sync", "async"]


async def test_after_a_failed_sync_workflow_the_others_still_run(blog: Client) -> None:
    _ = await blog.workflow("posts", FAILING, key="bad", sync=True)
    _ = await blog.workflow("posts", noting("sync"), key="s", sync=True)
    _ = await blog.workflow("posts", noting("async"), key="a")
    reply = await create(blog, "bad,s,a")
    _ = await blog.ended(reply.workflows[2]["executionId"])

    assert reply.status == 500
    assert [e["state"] for e in reply.workflows] == ["failed", "succeeded", "queued"]
    assert await notes(blog) == ["sync", "async"]


async def test_a_failed_sync_workflow_of_an_update_keeps_the_update(blog: Client) -> None:
    _ = await blog.workflow("posts", FAILING, key="k", sync=True)
    post = (await blog.post("posts:create", {"title": "old"})).data
    reply = await blog.post(f"posts:update/{post['id']}", {"title": "new"}, triggerWorkflows="k")

    assert reply.status == 500
    assert [each["title"] for each in reply.body["data"]] == ["new"]
    assert await titles(blog) == ["new"]


# --- which requests fire ------------------------------------------------------------------


async def member(api: Client, *grants: Mapping[str, Any]) -> Client:
    """A user in a role that may do what the grants say, and nothing else."""
    _ = (await api.post("roles:create", {"name": "writers", "title": "Writers"})).data
    by_collection: dict[str, list[dict[str, Any]]] = {}
    for grant in grants:
        collection, _, action = grant["name"].partition(":")
        by_collection.setdefault(collection, []).append({**grant, "name": action})
    for collection, actions in by_collection.items():
        _ = (
            await api.post(
                "roles/writers/resources:create",
                {"name": collection, "usingActionsConfig": True, "actions": actions},
            )
        ).data
    _ = (
        await api.post(
            "users:create",
            {
                "username": "ada",
                "email": "ada@example.test",
                "password": "correct horse",
                "roles": ["writers"],
            },
        )
    ).data
    client = api.acting()
    _ = await client.sign_in("ada@example.test", "correct horse")
    return client


async def test_a_role_without_permission_triggers_nothing(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k")
    _ = await blog.workflow("posts", key="g", config=everywhere("create", "update", "destroy"))
    post = (await blog.post("categories:create", {"title": "x"})).data
    reader = await member(blog, {"name": "posts:view"})
    replies = [
        await reader.post("posts:create", {"title": "x"}, triggerWorkflows="k"),
        await reader.post(f"posts:update/{post['id']}", {"title": "x"}, triggerWorkflows="k"),
        await reader.post(f"posts:destroy/{post['id']}", triggerWorkflows="k"),
    ]

    assert [reply.status for reply in replies] == [403, 403, 403]
    assert await blog.executions() == []


async def test_a_refused_write_triggers_nothing(blog: Client) -> None:
    await blog.collection("slugs", {"name": "slug", "type": "string", "unique": True})
    _ = await blog.workflow("slugs", key="k")
    _ = (await blog.post("slugs:create", {"slug": "a"})).data
    reply = await blog.post("slugs:create", {"slug": "a"}, triggerWorkflows="k")

    assert (reply.status, reply.codes) == (400, ["UNIQUE_VIOLATION"])
    assert await blog.executions() == []


async def test_anonymous_is_told_so_before_anything_else(blog: Client, anonymous: Client) -> None:
    reply = await anonymous.post("posts:create", {"title": "x"}, triggerWorkflows="nobody")

    assert reply.status == 401
    assert await titles(blog) == []


@pytest.mark.parametrize("action", ["create", "update", "destroy", "firstOrCreate"])
async def test_get_on_a_writing_action_is_refused(blog: Client, action: str) -> None:
    _ = await blog.workflow("posts", key="k")
    reply = await blog.get(f"posts:{action}", triggerWorkflows="k", filterByTk="1")

    assert reply.status == 405
    assert await blog.executions() == []


async def test_rest_verbs_fire_too(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k")
    made = await blog.call("POST", "posts?triggerWorkflows=k", content=b'{"title": "x"}')
    path = f"posts/{made.data['id']}?triggerWorkflows=k"
    changed = await blog.call("PATCH", path, content=b'{"title": "y"}')
    deleted = await blog.call("DELETE", path)
    states = [e["state"] for each in (made, changed, deleted) for e in each.workflows]

    assert states == ["queued"] * 3


async def test_an_array_starts_one_execution_a_row(blog: Client) -> None:
    _ = await blog.workflow("posts", noting("{{$context.data.title}}"), key="k")
    [entry] = (await create(blog, "k", [{"title": "a"}, {"title": "b"}])).workflows
    for each in entry["executionIds"]:
        _ = await blog.ended(each)

    assert entry["state"] == "queued"
    assert sorted(await notes(blog)) == ["a", "b"]


async def test_rows_without_a_key_start_executions_each(blog: Client) -> None:
    await blog.collection("readings", {"name": "value", "type": "integer"}, presets=False)
    _ = await blog.workflow("readings", key="k")
    reply = await blog.post("readings:create", [{"value": 1}, {"value": 1}], triggerWorkflows="k")

    assert reply.status == 200, reply.body
    assert len(reply.workflows[0]["executionIds"]) == 2


async def test_an_update_by_filter_starts_one_execution_a_row(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k")
    _ = await blog.post("posts:create", [{"title": "a"}, {"title": "a"}, {"title": "b"}])
    reply = await blog.post(
        "posts:update", {"views": 1}, filter={"title": "a"}, triggerWorkflows="k"
    )

    assert len(reply.data) == 2
    assert len(reply.workflows[0]["executionIds"]) == 2
    assert [each["data"]["title"] for each in await contexts(blog)] == ["a", "a"]


async def test_an_update_of_no_row_starts_nothing(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k")
    reply = await blog.post(
        "posts:update", {"views": 1}, filter={"title": "none"}, triggerWorkflows="k"
    )

    assert reply.data == []
    assert reply.workflows == [{"key": "k", "state": "skipped", "reason": "no_record"}]


async def test_an_association_resource_fires_for_its_target(blog: Client) -> None:
    _ = await blog.workflow("posts", key="k")
    category = (await blog.post("categories:create", {"title": "News"})).data
    path = f"categories/{category['id']}/posts"
    made = await blog.post(f"{path}:create", {"title": "x"}, triggerWorkflows="k")
    changed = await blog.post(
        f"{path}:update", {"title": "y"}, triggerWorkflows="k", filterByTk=str(made.data["id"])
    )

    assert [e["state"] for e in (*made.workflows, *changed.workflows)] == ["queued", "queued"]
    first, second = await contexts(blog)
    assert first["data"]["categoryId"] == category["id"]
    assert (second["data"]["title"], second["changed"]) == ("y", ["title"])


async def test_update_profile_fires_as_an_update_of_users(blog: Client) -> None:
    _ = await blog.workflow("users", key="g", config=everywhere("update"))
    reply = await blog.post("users:updateProfile", {"nickname": "Root"})
    [context] = await contexts(blog)

    assert [(e["key"], e["state"]) for e in reply.workflows] == [("g", "queued")]
    assert context["data"]["nickname"] == "Root"
    assert "password" not in context["data"]


async def test_linking_fires_nothing(blog: Client) -> None:
    _ = await blog.workflow("tags", key="t", config=everywhere("create", "update"))
    _ = await blog.workflow("posts", key="p", config=everywhere("create", "update"))
    tag = (await blog.post("tags:create", {"name": "a"})).data
    post = (await blog.post("posts:create", {"title": "x"})).data
    before = len(await blog.executions())
    for action in ("add", "set", "remove", "toggle"):
        reply = await blog.post(f"posts/{post['id']}/tags:{action}", [tag["id"]])
        assert reply.status == 200, reply.body

    assert len(await blog.executions()) == before == 2


async def test_nested_rows_have_no_event_of_their_own(blog: Client) -> None:
    _ = await blog.workflow("categories", key="g", config=everywhere("create", "update"))
    values = {"title": "x", "category": {"title": "News"}}
    reply = await blog.post("posts:create", values)

    assert reply.workflows == []
    assert await titles(blog, "categories") == ["News"]
    assert await blog.executions() == []


async def test_rows_that_nodes_write_fire_nothing(blog: Client) -> None:
    for action in ("create", "update"):
        _ = await blog.workflow("audit", key=f"on_{action}", config=everywhere(action))
    _ = await blog.workflow("posts", key="loop", config=everywhere("update"))
    _ = await blog.workflow("posts", noting("n"), retitling("t"), key="k", sync=True)
    _ = (await create(blog, "k")).data

    assert await notes(blog) == ["n"]
    assert [each["key"] for each in await blog.executions()] == ["k"]


async def test_the_key_of_an_old_revision_runs_the_enabled_one(blog: Client) -> None:
    old = await blog.workflow("posts", noting("old"), key="k")
    revision = (await blog.post(f"workflows:revision/{old['id']}", filter={"key": "k"})).data
    [node] = (await blog.get("flow_nodes:list", filter={"workflowId": revision["id"]})).data
    _ = (
        await blog.post(f"flow_nodes:update/{node['id']}", {"config": noting("new")["config"]})
    ).data
    _ = (await blog.post(f"workflows:update/{revision['id']}", {"enabled": True})).data
    [entry] = (await create(blog, "k")).workflows
    execution = await blog.ended(entry["executionId"])

    assert execution["workflowId"] == revision["id"]
    assert await notes(blog) == ["new"]


async def test_many_calls_at_once_each_start_their_own(blog: Client) -> None:
    _ = await blog.workflow("posts", noting("{{$context.data.title}}"), key="k")
    replies = await asyncio.gather(
        *(create(blog, "k", {"title": str(number)}) for number in range(60))
    )
    for reply in replies:
        assert (await blog.ended(reply.workflows[0]["executionId"]))["status"] == 1

    assert sorted(map(int, await notes(blog))) == list(range(60))


async def test_a_sync_workflow_sees_its_own_row_committed(blog: Client) -> None:
    query = {"collection": "posts", "params": {"filter": {"id": "{{$context.data.id}}"}}}
    _ = await blog.workflow(
        "posts",
        {"type": "query", "key": "found", "config": query},
        noting("found {{$jobsMapByNodeKey.found.title}}"),
        key="k",
        sync=True,
    )
    _ = (await create(blog, "k")).data

    assert await notes(blog) == ["found a title"]
