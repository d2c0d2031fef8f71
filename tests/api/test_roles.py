"""Roles: what they may do with records, by field, by record and by administrative action.

The rules are those of wire contract section 4, but for architecture.md section 5: nobody filters,
sorts or reads back by a write what the role may not view.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from ensuite.server.app import Ensuite, running
from ensuite.settings import Settings
from tests.client import Client, Reply
from tests.patience import until
from tests.people import permit, person, role, user_id

VISIBLE_ANYWAY = {"id", "createdAt", "updatedAt", "createdById"}


def forbidden(reply: Reply) -> bool:
    return reply.status == 403 and reply.body["errors"] == [
        {"message": "No permissions", "code": "FORBIDDEN"}
    ]


def refused(reply: Reply) -> str | None:
    """The code of a 400."""
    assert reply.status == 400, (reply.status, reply.body)
    return reply.codes[0]


@pytest.fixture
async def blog(api: Client) -> Client:
    """Root's API with posts, categories, tags, and an empty role `limited`."""
    await api.blog()
    await role(api, "limited")
    return api


@pytest.fixture
async def alice(blog: Client) -> Client:
    """Somebody in the role `limited`."""
    return await person(blog, "alice", "limited")


async def row(api: Client, **values: Any) -> dict[str, Any]:
    """A post that root made, as root sees it."""
    made = (await api.post("posts:create", {"title": "by root", **values})).data
    return (await api.get(f"posts:get/{made['id']}", appends="category,tags")).data


async def stored(api: Client, post_id: int) -> dict[str, Any]:
    """A post as it is now, as root sees it."""
    found: dict[str, Any] = (await api.get(f"posts:get/{post_id}", appends="category,tags")).data
    return found


# --- roles themselves ---------------------------------------------------------------------


async def test_a_fresh_server_has_three_roles(api: Client) -> None:
    roles = {each["name"]: each for each in (await api.get("roles:list")).data}

    assert set(roles) == {"root", "admin", "member"}
    assert roles["root"]["hidden"] is True
    assert roles["admin"]["strategy"]["actions"][:4] == ["create", "view", "update", "destroy"]
    assert roles["admin"]["snippets"] == ["ui.*", "pm", "pm.*"]
    assert roles["member"]["strategy"] == {"actions": ["view:own"]}
    assert roles["member"]["default"] is True


async def test_a_member_of_a_fresh_server_writes_nothing(api: Client) -> None:
    await api.blog()
    post = await row(api)
    bob = await person(api, "bob")

    assert (await bob.get("posts:list")).data == []
    assert (await bob.get(f"posts:get/{post['id']}")).data is None
    for path in ("posts:create", f"posts:update/{post['id']}", f"posts:destroy/{post['id']}"):
        assert forbidden(await bob.post(path, {"title": "x"}))
    assert (await stored(api, post["id"]))["title"] == "by root"


async def test_a_role_is_made_changed_and_deleted(api: Client) -> None:
    made = (
        await api.post(
            "roles:create",
            {"name": "editor", "title": "Editor", "strategy": {"actions": ["view", "update:own"]}},
        )
    ).data
    assert made["name"] == "editor"
    assert made["strategy"] == {"actions": ["view", "update:own"]}
    assert made["snippets"] == ["!ui.*", "!pm", "!pm.*"]
    [changed] = (
        await api.post(
            "roles:update/editor",
            {"title": "Writer", "snippets": ["ui.*"], "hidden": True, "allowConfigure": True},
        )
    ).data
    assert changed["title"] == "Writer"
    assert changed["snippets"] == ["ui.*"]
    assert changed["hidden"] is changed["allowConfigure"] is True
    assert changed["strategy"] == {"actions": ["view", "update:own"]}
    assert (await api.get("roles:get/editor")).data["title"] == "Writer"
    assert (await api.post("roles:destroy/editor")).data == 1
    assert (await api.get("roles:get/editor")).data is None


async def test_a_role_without_a_name_gets_one(api: Client) -> None:
    made = (await api.post("roles:create", {"title": "Nameless"})).data

    assert made["name"].startswith("r_")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": "admin"}, "ROLE_EXISTS"),
        ({"name": "root"}, "ROLE_EXISTS"),
        ({"name": "anonymous"}, "ROLE_EXISTS"),
        ({"name": "__union__"}, "ROLE_EXISTS"),
        ({"name": "two words"}, "INVALID_NAME"),
        ({"name": 5}, "INVALID_NAME"),
        ({"name": "r", "title": ["x"]}, "INVALID_FIELD"),
        ({"name": "r", "strategy": "view"}, "INVALID_ROLE"),
        ({"name": "r", "strategy": {"actions": "view"}}, "INVALID_ROLE"),
        ({"name": "r", "strategy": {"actions": ["look"]}}, "INVALID_ROLE"),
        ({"name": "r", "strategy": {"actions": ["view:mine"]}}, "INVALID_ROLE"),
        ({"name": "r", "snippets": "pm.*"}, "INVALID_ROLE"),
        ({"name": "r", "snippets": [5]}, "INVALID_ROLE"),
    ],
)
async def test_a_role_that_makes_no_sense_is_refused(
    api: Client, values: Mapping[str, Any], code: str
) -> None:
    assert refused(await api.post("roles:create", values)) == code
    assert len((await api.get("roles:list")).data) == 3


async def test_the_systems_roles_stay(api: Client) -> None:
    for path in (
        "roles:destroy/root",
        "roles:destroy/admin",
        "roles:destroy/member",
        "roles:update/root",
    ):
        assert (await api.post(path, {"title": "x"})).status == 403
    assert (await api.post("roles:update/nobody", {"title": "x"})).status == 404
    assert (await api.post("roles:destroy/nobody")).data == 0
    assert refused(await api.post("roles:destroy")) == "INVALID_REQUEST"


async def test_new_users_always_have_a_default_role(api: Client) -> None:
    await role(api, "newcomer", "view")
    _ = (await api.post("roles:update/newcomer", {"default": True})).data
    reply = await api.post("roles:destroy/newcomer")

    assert reply.status == 409
    assert reply.codes == ["DEFAULT_ROLE_NEEDED"]
    [default] = (await api.get("roles:list", filter={"default": True})).data
    assert default["name"] == "newcomer"


async def test_who_holds_a_deleted_role_acts_in_another(blog: Client) -> None:
    bob = await person(blog, "bob", "limited", "member")
    assert (await bob.get("auth:check")).data["currentRole"] == "limited"
    _ = (await blog.post("roles:destroy/limited")).data

    assert (await bob.get("auth:check")).data["currentRole"] == "member"
    assert (await bob.acting(X_Role="limited").get("auth:check")).status == 401


async def test_check_tells_a_client_what_it_may_do(blog: Client, alice: Client) -> None:
    await permit(
        blog, "limited", "posts", view={"fields": ["title"]}, update={"scope": "own"}, create={}
    )
    checked = (await alice.get("roles:check")).data

    assert checked["role"] == "limited"
    assert checked["allowAll"] is False
    assert checked["roles"] == [{"name": "limited"}]
    assert checked["resources"] == ["posts"]
    assert set(checked["actions"]) == {"posts:view", "posts:create", "posts:update"}
    assert set(checked["actions"]["posts:view"]["fields"]) == {"title", *VISIBLE_ANYWAY}
    assert "createdById" in str(checked["actions"]["posts:update"]["filter"])
    assert checked["actions"]["posts:create"] == {}
    assert (await blog.get("roles:check")).data["allowAll"] is True


# --- the general strategy -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("strategy", "allowed"),
    [
        ([], set[str]()),
        (["view"], {"list", "get"}),
        (["create"], {"create"}),
        (["update"], {"update"}),
        (["destroy"], {"destroy"}),
        (["view:all", "destroy"], {"list", "get", "destroy"}),
    ],
)
async def test_the_strategy_allows_what_it_lists(
    blog: Client, alice: Client, strategy: list[str], allowed: set[str]
) -> None:
    _ = (await blog.post("roles:update/limited", {"strategy": {"actions": strategy}})).data
    post_id = (await row(blog))["id"]
    replies = {
        "list": await alice.get("posts:list"),
        "get": await alice.get(f"posts:get/{post_id}"),
        "create": await alice.post("posts:create", {"title": "x"}),
        "update": await alice.post(f"posts:update/{post_id}", {"title": "y"}),
        "destroy": await alice.post(f"posts:destroy/{post_id}"),
    }

    for action, reply in replies.items():
        assert (reply.status == 200) is (action in allowed), (action, reply.body)
        assert reply.status == 200 or forbidden(reply)


async def test_a_changed_strategy_counts_in_every_process(
    blog: Client, alice: Client, settings: Settings
) -> None:
    async with running(settings) as second, Client(second.endpoint, alice.headers) as elsewhere:
        assert forbidden(await elsewhere.get("posts:list"))
        _ = (await blog.post("roles:update/limited", {"strategy": {"actions": ["view"]}})).data
        assert (await alice.get("posts:list")).status == 200

        async def heard() -> bool:
            return (await elsewhere.get("posts:list")).status == 200

        await until(heard)


async def test_an_own_configuration_replaces_the_strategy(blog: Client, alice: Client) -> None:
    _ = await blog.post("roles:update/limited", {"strategy": {"actions": ["view", "create"]}})
    await permit(blog, "limited", "posts", view={})

    assert (await alice.get("posts:list")).status == 200
    assert forbidden(await alice.post("posts:create", {"title": "x"}))
    assert (await alice.post("categories:create", {"title": "x"})).status == 200


async def test_a_configuration_that_is_not_used_changes_nothing(
    blog: Client, alice: Client
) -> None:
    _ = await blog.post("roles:update/limited", {"strategy": {"actions": ["view"]}})
    values = {"name": "posts", "usingActionsConfig": False, "actions": []}
    _ = (await blog.post("roles/limited/dataSourceResources:create", values)).data
    assert (await alice.get("posts:list")).status == 200
    changed = await blog.post(
        "roles/limited/dataSourceResources:update",
        {"usingActionsConfig": True},
        filter={"dataSourceKey": "main", "name": "posts"},
    )

    assert changed.data[0]["usingActionsConfig"] is True
    assert forbidden(await alice.get("posts:list"))


# --- fields -------------------------------------------------------------------------------


async def test_only_viewable_fields_are_shown(blog: Client, alice: Client) -> None:
    await permit(blog, "limited", "posts", view={"fields": ["title"]})
    post = await row(blog, content="secret", views=7)
    expected = {"title", *VISIBLE_ANYWAY}

    assert set((await alice.get(f"posts:get/{post['id']}")).data) == expected
    [listed] = (await alice.get("posts:list")).data
    assert set(listed) == expected
    asked = await alice.get(f"posts:get/{post['id']}", fields="title,content,views")
    assert set(asked.data) <= expected
    assert "secret" not in str(asked.body)


@pytest.mark.parametrize("action", ["create", "update", "firstOrCreate", "updateOrCreate"])
async def test_what_may_not_be_written_is_dropped(blog: Client, alice: Client, action: str) -> None:
    writable = {"fields": ["title"]}
    await permit(blog, "limited", "posts", view={}, create=writable, update=writable)
    post = await row(blog)
    path, values = f"posts:{action}", {"title": "by alice", "content": "x", "views": 7}
    if action == "update":
        path += f"/{post['id']}"
    if action.endswith("OrCreate"):
        path += "?filterKeys[]=title"
    reply = await alice.post(path, values)
    [written] = reply.data if isinstance(reply.data, list) else [reply.data]

    assert written["title"] == "by alice"
    kept = await stored(blog, written["id"])
    assert kept["content"] is None
    assert kept["views"] is None


@pytest.mark.parametrize("action", ["create", "update", "updateOrCreate"])
@pytest.mark.parametrize("many", [False, True])
async def test_what_may_not_be_viewed_is_not_in_the_answer_of_a_write(
    blog: Client, alice: Client, action: str, *, many: bool
) -> None:
    await permit(blog, "limited", "posts", view={"fields": ["title"]}, create={}, update={})
    post = await row(blog, content="secret", views=7)
    path = f"posts:{action}"
    if action == "update":
        path += f"/{post['id']}"
    if action == "updateOrCreate":
        path += "?filterKeys[]=title"
    values = {"title": "by root", "views": 8}
    if many and action != "create":
        reply = await alice.post("posts:update", values, filter={"title": "by root"})
    else:
        reply = await alice.post(path, [values, values] if many else values)
    written = reply.data if isinstance(reply.data, list) else [reply.data]

    assert written
    for each in written:
        assert set(each) == {"title", *VISIBLE_ANYWAY}
    assert "secret" not in str(reply.body)


async def test_without_view_a_write_answers_the_key(blog: Client, alice: Client) -> None:
    await permit(blog, "limited", "posts", create={})
    made = (await alice.post("posts:create", {"title": "x", "content": "y"})).data

    assert set(made) == {"id"}
    assert (await stored(blog, made["id"]))["content"] == "y"


@pytest.mark.parametrize(
    "parameters",
    [
        {"filter": {"content": "secret"}},
        {"filter": {"content": {"$startsWith": "s"}}},
        {"filter": {"content.$startsWith": "s"}},
        {"filter": {"$or": [{"title": "x"}, {"$not": {"content": "secret"}}]}},
        {"filter": {"$and": [{"$and": [{"content": {"$notEmpty": True}}]}]}},
        {"filter": {"category": {"title": "x"}}},
        {"filter": {"category.title": "x"}},
        {"filter": {"categoryId": 1}},
        {"filter": {"tags": {"$exists": True}}},
        {"sort": "content"},
        {"sort": "-content"},
        {"sort": "title,-content"},
        {"sort": "category.title"},
    ],
)
async def test_what_may_not_be_viewed_is_nothing_to_filter_or_sort_by(
    blog: Client, alice: Client, parameters: Mapping[str, Any]
) -> None:
    await permit(blog, "limited", "posts", view={"fields": ["title"]}, update={}, destroy={})
    post = await row(blog, content="secret")

    assert refused(await alice.get("posts:list", **parameters)) in {
        "INVALID_FILTER",
        "UNKNOWN_FIELD",
    }
    assert (await alice.get("posts:get", **parameters)).status == 400
    if "filter" in parameters:
        for path in ("posts:update", "posts:destroy"):
            assert (await alice.post(path, {"title": "x"}, **parameters)).status == 400
    assert (await stored(blog, post["id"]))["title"] == "by root"
    # Root may.
    assert (await blog.get("posts:list", **parameters)).status == 200


async def test_the_keys_of_first_or_create_are_a_filter_too(blog: Client, alice: Client) -> None:
    await permit(blog, "limited", "posts", view={"fields": ["title"]}, create={}, update={})
    _ = await row(blog, content="secret")

    for action in ("firstOrCreate", "updateOrCreate"):
        reply = await alice.post(
            f"posts:{action}?filterKeys[]=content", {"content": "secret", "title": "x"}
        )
        assert reply.status == 400, action


async def test_a_field_that_is_viewable_can_be_filtered_and_sorted_by(
    blog: Client, alice: Client
) -> None:
    await permit(blog, "limited", "posts", view={"fields": ["title"]})
    for title in ("b", "a", "c"):
        _ = await row(blog, title=title)
    found = (await alice.get("posts:list", filter={"title": {"$ne": "c"}}, sort="-title")).data

    assert [each["title"] for each in found] == ["b", "a"]


async def test_only_permitted_associations_are_appended(blog: Client, alice: Client) -> None:
    await permit(blog, "limited", "posts", view={"fields": ["title", "tags"]})
    post = await row(blog, category={"title": "c"}, tags=[{"name": "t"}])
    seen = (await alice.get(f"posts:get/{post['id']}", appends="category,tags,createdBy")).data

    assert [each["name"] for each in seen["tags"]] == ["t"]
    assert not {"category", "categoryId", "createdBy"} & set(seen)
    nested = await alice.get(f"posts:get/{post['id']}", fields="title,category.title")
    assert "category" not in nested.data
    assert (await alice.get(f"posts/{post['id']}/category:get")).status == 403


async def test_an_appended_record_shows_what_the_role_sees_of_it(
    blog: Client, alice: Client
) -> None:
    await permit(blog, "limited", "posts", view={}, create={})
    await permit(blog, "limited", "tags", view={"fields": ["id"]})
    post = await row(blog, tags=[{"name": "secret"}])
    tag_id = post["tags"][0]["id"]
    appended = await alice.get(f"posts:get/{post['id']}", appends="tags")
    linked = await alice.post("posts:create", {"title": "x", "tags": [tag_id]})

    assert [each["id"] for each in appended.data["tags"]] == [tag_id]
    assert "secret" not in str(appended.body)
    assert "secret" not in str(linked.body)
    for parameters in ({"filter": {"tags.name": "secret"}}, {"filter": {"tags": {"name": "x"}}}):
        assert (await alice.get("posts:list", **parameters)).status == 400


# --- records ------------------------------------------------------------------------------


async def test_own_records_are_those_that_one_created(blog: Client, alice: Client) -> None:
    own = {"scope": "own"}
    await permit(blog, "limited", "posts", view=own, update=own, destroy=own, create={})
    theirs = await row(blog)
    mine = (await alice.post("posts:create", {"title": "by alice"})).data

    assert [each["id"] for each in (await alice.get("posts:list")).data] == [mine["id"]]
    assert (await alice.get("posts:list")).body["meta"]["count"] == 1
    assert (await alice.get(f"posts:get/{mine['id']}")).data["title"] == "by alice"
    assert (await alice.get(f"posts:get/{theirs['id']}")).data is None
    assert len((await alice.post(f"posts:update/{mine['id']}", {"title": "x"})).data) == 1
    assert (await alice.post(f"posts:destroy/{mine['id']}")).data == 1


async def test_a_scope_miss_is_answered_as_the_contract_says(blog: Client, alice: Client) -> None:
    """get: null, update: [], destroy: 403, where a record is there; else 0."""
    own = {"scope": "own"}
    await permit(blog, "limited", "posts", view=own, update=own, destroy=own)
    theirs = await row(blog)

    assert (await alice.get(f"posts:get/{theirs['id']}")).data is None
    assert (await alice.get("posts:get", filter={"title": "by root"})).data is None
    assert (await alice.post(f"posts:update/{theirs['id']}", {"title": "x"})).data == []
    assert (await alice.post("posts:update?forceUpdate=true", {"title": "x"})).data == []
    assert forbidden(await alice.post(f"posts:destroy/{theirs['id']}"))
    assert (await alice.post("posts:destroy/12345")).data == 0
    assert (await stored(blog, theirs["id"]))["title"] == "by root"


async def test_destroying_all_takes_only_what_is_in_scope(blog: Client, alice: Client) -> None:
    await permit(blog, "limited", "posts", view={}, create={}, destroy={"scope": "own"})
    theirs = await row(blog)
    for _ in range(2):
        _ = (await alice.post("posts:create", {"title": "by alice"})).data

    assert (await alice.post("posts:destroy?truncate=true")).data == 2
    assert [each["id"] for each in (await alice.get("posts:list")).data] == [theirs["id"]]


async def test_own_means_the_user_not_the_role(blog: Client, alice: Client) -> None:
    own = {"scope": "own"}
    await permit(blog, "limited", "posts", view=own, create={})
    bob = await person(blog, "bob", "limited")
    _ = (await bob.post("posts:create", {"title": "by bob"})).data
    _ = (await alice.post("posts:create", {"title": "by alice"})).data

    for client, title in ((alice, "by alice"), (bob, "by bob")):
        assert [each["title"] for each in (await client.get("posts:list")).data] == [title]


async def test_nobody_claims_a_record_by_what_is_sent(blog: Client, alice: Client) -> None:
    own = {"scope": "own"}
    await permit(blog, "limited", "posts", view={}, create={}, update=own)
    root_id, alice_id = await user_id(blog), await user_id(alice)
    made = (await alice.post("posts:create", {"title": "x", "createdById": root_id})).data
    assert made["createdById"] == alice_id
    values = {"title": "y", "createdById": root_id, "createdBy": root_id}
    _ = await alice.post(f"posts:update/{made['id']}", values)

    assert (await stored(blog, made["id"]))["createdById"] == alice_id


async def test_a_custom_scope_is_a_filter_compiled_into_every_statement(
    blog: Client, alice: Client
) -> None:
    scope = {"scope": {"scope": {"views": {"$gte": 10}}}}
    await permit(blog, "limited", "posts", view=scope, update=scope, destroy=scope)
    low = await row(blog, views=1)
    high = await row(blog, views=10)

    assert [each["id"] for each in (await alice.get("posts:list")).data] == [high["id"]]
    assert (await alice.get(f"posts:get/{low['id']}")).data is None
    found = await alice.get("posts:list", filter={"$or": [{"views": 1}, {"views": 10}]})
    assert [each["id"] for each in found.data] == [high["id"]]
    assert (await alice.post(f"posts:update/{low['id']}", {"title": "x"})).data == []
    updated = (await alice.post("posts:update", {"title": "x"}, filter={"views": {"$lt": 99}})).data
    assert [each["id"] for each in updated] == [high["id"]]
    assert forbidden(await alice.post(f"posts:destroy/{low['id']}"))


async def test_a_scope_may_name_the_user_and_look_through_associations(
    blog: Client, alice: Client
) -> None:
    made = (
        await blog.post(
            "rolesResourcesScopes:create",
            {
                "name": "Mine or in news",
                "resourceName": "posts",
                "scope": {
                    "$or": [
                        {"createdById": "{{ctx.state.currentUser.id}}"},
                        {"category": {"title": "news"}},
                    ]
                },
            },
        )
    ).data
    await permit(blog, "limited", "posts", view={"scope": made["id"]}, create={})
    news = await row(blog, category={"title": "news"})
    _ = await row(blog, category={"title": "other"})
    mine = (await alice.post("posts:create", {"title": "by alice"})).data
    found = (await alice.get("posts:list", sort="id")).data

    assert [each["id"] for each in found] == [news["id"], mine["id"]]


async def test_scopes_are_listed_with_the_built_in_ones(api: Client) -> None:
    scopes = (await api.get("dataSources/main/rolesResourcesScopes:list")).data

    assert (await api.get("rolesResourcesScopes:list")).data == scopes
    assert {each["key"]: each["scope"] for each in scopes} == {
        "all": {},
        "own": {"createdById": "{{ ctx.state.currentUser.id }}"},
    }


# --- associations -------------------------------------------------------------------------


async def test_a_nested_record_needs_the_permission_to_create_it(
    blog: Client, alice: Client
) -> None:
    await permit(blog, "limited", "posts", view={}, create={}, update={})
    values = {"title": "x", "category": {"title": "by alice"}, "tags": [{"name": "by alice"}]}
    without = (await alice.post("posts:create", values)).data
    seen = await stored(blog, without["id"])
    assert seen["category"] is None
    assert seen["tags"] == []
    assert (await blog.get("categories:list")).data == []
    await permit(blog, "limited", "categories", view={}, create={})
    await permit(blog, "limited", "tags", view={}, create={"fields": ["id"]})
    allowed = (await alice.post("posts:create", values)).data

    seen = await stored(blog, allowed["id"])
    assert seen["category"]["title"] == "by alice"
    assert seen["category"]["createdById"] == await user_id(alice)
    # Its fields follow the permission, too.
    assert [each["name"] for each in seen["tags"]] == [None]


async def test_a_nested_record_needs_the_permission_to_change_it(
    blog: Client, alice: Client
) -> None:
    await permit(blog, "limited", "posts", view={}, create={}, update={})
    category = (await blog.post("categories:create", {"title": "news"})).data
    values = {"title": "x", "category": {"id": category["id"], "title": "changed"}}
    path = "posts:create?updateAssociationValues[]=category"

    async def title_after() -> str:
        made = (await alice.post(path, values)).data
        assert (await stored(blog, made["id"]))["categoryId"] == category["id"]
        return (await blog.get(f"categories:get/{category['id']}")).data["title"]

    assert await title_after() == "news"
    await permit(blog, "limited", "categories", view={}, update={"scope": "own"})
    assert await title_after() == "news"
    _ = await blog.post(
        "roles/limited/dataSourceResources:update/categories",
        {"actions": [{"name": "view"}, {"name": "update", "fields": ["id"]}]},
    )
    assert await title_after() == "news"
    _ = await blog.post(
        "roles/limited/dataSourceResources:update/categories",
        {"actions": [{"name": "view"}, {"name": "update", "fields": ["title"]}]},
    )
    assert await title_after() == "changed"


async def test_without_the_path_an_associated_record_is_only_linked(
    blog: Client, alice: Client
) -> None:
    for name in ("posts", "categories"):
        await permit(blog, "limited", name, view={}, create={}, update={})
    category = (await blog.post("categories:create", {"title": "news"})).data
    values = {"title": "x", "category": {"id": category["id"], "title": "changed"}}
    made = (await alice.post("posts:create", values)).data

    assert (await stored(blog, made["id"]))["category"]["title"] == "news"


async def test_a_foreign_key_is_not_covered_by_its_association(blog: Client, alice: Client) -> None:
    await permit(blog, "limited", "posts", view={}, create={"fields": ["title", "category"]})
    category = (await blog.post("categories:create", {"title": "news"})).data
    by_key = (await alice.post("posts:create", {"categoryId": category["id"]})).data
    by_name = (await alice.post("posts:create", {"category": category["id"]})).data

    assert (await stored(blog, by_key["id"]))["categoryId"] is None
    assert (await stored(blog, by_name["id"]))["categoryId"] == category["id"]


@pytest.mark.parametrize("action", ["add", "set", "remove", "toggle"])
async def test_links_are_an_update_of_the_record_that_holds_them(
    blog: Client, alice: Client, action: str
) -> None:
    await permit(blog, "limited", "posts", view={}, update={"fields": ["title"]})
    post = await row(blog, tags=[{"name": "t"}])
    tag_id = post["tags"][0]["id"]
    path = f"posts/{post['id']}/tags:{action}?filterByTk={tag_id}"
    assert forbidden(await alice.post(path))
    own = [{"name": "view"}, {"name": "update", "fields": ["tags"], "scope": "own"}]
    _ = await blog.post("roles/limited/dataSourceResources:update/posts", {"actions": own})
    assert (await alice.post(path)).status in {400, 403, 404}
    assert [each["id"] for each in (await stored(blog, post["id"]))["tags"]] == [tag_id]
    every = [{"name": "view"}, {"name": "update", "fields": ["tags"]}]
    _ = await blog.post("roles/limited/dataSourceResources:update/posts", {"actions": every})

    assert (await alice.post(path)).status == 200


async def test_an_association_is_read_through_a_record_that_one_may_view(
    blog: Client, alice: Client
) -> None:
    await permit(blog, "limited", "posts", view={"scope": "own"}, create={})
    await permit(blog, "limited", "tags", view={})
    post = await row(blog, tags=[{"name": "t"}])

    assert (await alice.get(f"posts/{post['id']}/tags:list")).data == []
    _ = await blog.post(
        "roles/limited/dataSourceResources:update/posts", {"actions": [{"name": "view"}]}
    )
    assert len((await alice.get(f"posts/{post['id']}/tags:list")).data) == 1
    _ = await blog.post("roles/limited/dataSourceResources:update/tags", {"actions": []})
    assert forbidden(await alice.get(f"posts/{post['id']}/tags:list"))


# --- configuring --------------------------------------------------------------------------


async def test_permissions_are_read_back_as_they_were_given(blog: Client) -> None:
    values = {
        "dataSourceKey": "main",
        "name": "posts",
        "usingActionsConfig": True,
        "actions": [
            {"name": "view", "fields": ["title", "category"]},
            {"name": "update", "fields": [], "scope": {"key": "own"}},
        ],
    }
    made = (await blog.post("roles/limited/dataSourceResources:create", values)).data
    assert made["name"] == "posts"
    assert made["roleName"] == "limited"
    actions = {each["name"]: each for each in made["actions"]}
    assert actions["view"]["fields"] == ["title", "category"]
    assert actions["view"]["scope"] is None
    assert actions["update"]["scope"]["key"] == "own"
    wanted = {"dataSourceKey": "main", "name": "posts"}
    path = "roles/limited/dataSourceResources"

    assert (await blog.get(f"{path}:get", filter=wanted)).data == made
    assert (await blog.get(f"{path}:get/{made['id']}")).data == made
    assert (await blog.get(f"{path}:get/posts")).data == made
    assert (await blog.get(f"{path}:list")).data == [made]
    assert (await blog.get("roles/limited/resources:get", filter=wanted)).data == made
    assert (await blog.get("roles/admin/dataSourceResources:get", filter=wanted)).data is None
    assert (await blog.get(f"{path}:get", filter={"name": "tags"})).data is None


async def test_permissions_that_are_taken_away_leave_the_strategy(
    blog: Client, alice: Client
) -> None:
    await permit(blog, "limited", "posts", view={})
    assert (await alice.get("posts:list")).status == 200
    assert (await blog.post("roles/limited/dataSourceResources:destroy/posts")).data == 1

    assert forbidden(await alice.get("posts:list"))
    assert (await blog.post("roles/limited/dataSourceResources:destroy/posts")).data == 0


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"name": 5},
        {"name": "nothing"},
        {"name": "posts", "dataSourceKey": "other"},
        {"name": "posts", "actions": {"name": "view"}},
        {"name": "posts", "actions": ["view"]},
        {"name": "posts", "actions": [{}]},
        {"name": "posts", "actions": [{"name": "look"}]},
        {"name": "posts", "actions": [{"name": ["view"]}]},
        {"name": "posts", "actions": [{"name": "view"}, {"name": "view"}]},
        {"name": "posts", "actions": [{"name": "update", "fields": ["title"]}, {"name": "move"}]},
        {"name": "posts", "actions": [{"name": "view", "fields": "title"}]},
        {"name": "posts", "actions": [{"name": "view", "fields": ["titel"]}]},
        {"name": "posts", "actions": [{"name": "view", "fields": [["title"]]}]},
        {"name": "posts", "actions": [{"name": "view", "scope": "nothing"}]},
        {"name": "posts", "actions": [{"name": "view", "scope": 99999}]},
        {"name": "posts", "actions": [{"name": "view", "scope": {"scope": {"nothing": 1}}}]},
        {"name": "posts", "actions": [{"name": "view", "scope": {"scope": "all of them"}}]},
        {"name": "posts", "actions": [{"name": "view", "scope": {"scope": {"id": "{{x}}"}}}]},
        {"name": "bare", "actions": [{"name": "view", "scope": "own"}]},
    ],
)
async def test_permissions_that_make_no_sense_are_refused(
    blog: Client, alice: Client, values: Mapping[str, Any]
) -> None:
    await blog.collection("bare", {"name": "title", "type": "string"}, presets=False)
    reply = await blog.post("roles/limited/dataSourceResources:create", values)

    assert refused(reply) == "INVALID_ROLE_RESOURCE"
    assert (await blog.get("roles/limited/dataSourceResources:list")).data == []
    assert forbidden(await alice.get("posts:list"))


async def test_permissions_are_made_once(blog: Client) -> None:
    await permit(blog, "limited", "posts", view={})
    again = await blog.post("roles/limited/dataSourceResources:create", {"name": "posts"})

    assert refused(again) == "INVALID_ROLE_RESOURCE"


@pytest.mark.parametrize("key", ["tags", "²", "9" * 40, "-1", "{}", "[]"])
async def test_permissions_that_do_not_exist_are_not_found(blog: Client, key: str) -> None:
    await permit(blog, "limited", "posts", view={})
    path = "roles/limited/dataSourceResources"
    replies = [
        await blog.post(f"{path}:update", {"actions": []}, filterByTk=key),
        await blog.post(f"{path}:destroy", filterByTk=key),
        await blog.get(f"{path}:get", filterByTk=key),
    ]

    assert all(reply.status in {200, 400, 404} for reply in replies)
    assert len((await blog.get(f"{path}:list")).data) == 1


async def test_permissions_of_an_unknown_role_are_not_found(blog: Client) -> None:
    for path in ("roles/nobody/dataSourceResources:list", "roles/nobody/resources:get/posts"):
        assert (await blog.get(path)).codes == ["ROLE_NOT_FOUND_ERR"]


# --- administrative actions ---------------------------------------------------------------

ADMINISTRATIVE: list[tuple[str, str, str]] = [
    ("pm.acl.roles", "GET", "roles:list"),
    ("pm.acl.roles", "GET", "roles:get/member"),
    ("pm.acl.roles", "POST", "roles:create"),
    ("pm.acl.roles", "POST", "roles:update/member"),
    ("pm.acl.roles", "POST", "roles:destroy/nobody"),
    ("pm.acl.roles", "GET", "roles/member/dataSourceResources:list"),
    ("pm.acl.roles", "POST", "roles/member/dataSourceResources:create"),
    ("pm.acl.roles", "POST", "roles/member/resources:destroy/posts"),
    ("pm.acl.roles", "GET", "rolesResourcesScopes:list"),
    ("pm.acl.roles", "POST", "dataSources/main/rolesResourcesScopes:create"),
    ("pm.users", "POST", "users:create"),
    ("pm.users", "POST", "users:update/5"),
    ("pm.users", "POST", "users:destroy/5"),
    ("pm.data-source-manager.main", "POST", "collections:create"),
    ("pm.data-source-manager.main", "POST", "collections:update/posts"),
    ("pm.data-source-manager.main", "POST", "collections:destroy/nothing"),
    ("pm.data-source-manager.main", "POST", "collections/posts/fields:create"),
    ("pm.data-source-manager.main", "POST", "collections/posts/fields:destroy/nothing"),
    ("pm.workflow.workflows", "GET", "workflows:list"),
    ("pm.workflow.workflows", "POST", "workflows:create"),
    ("pm.workflow.workflows", "POST", "workflows:execute?filterByTk=1"),
    ("pm.workflow.workflows", "POST", "workflows/1/nodes:create"),
    ("pm.workflow.workflows", "GET", "executions:list"),
    ("pm.workflow.workflows", "GET", "jobs:list"),
]


@pytest.mark.parametrize(("snippet", "method", "path"), ADMINISTRATIVE)
async def test_an_administrative_action_needs_its_snippet(
    shared: Client, shared_ensuite: Ensuite, snippet: str, method: str, path: str
) -> None:
    # A role that may do everything with records still administers nothing.
    forwarded = {"X-Role": "everything"}
    if "everything" not in shared_ensuite.snapshots.current.policy.roles:
        await shared.collection("posts", {"name": "title", "type": "string"})
        await role(shared, "everything", "create", "view", "update", "destroy")
        await role(shared, "administers", snippets=("pm.*",))
        own_id = await user_id(shared)
        roles = ["root", "everything", "administers"]
        _ = (await shared.post(f"users:update/{own_id}", {"roles": roles})).data
    reply = await shared.call(method, path, headers=forwarded)
    assert forbidden(reply), reply.body
    administered = await shared.call(method, path, headers={"X-Role": "administers"})
    assert administered.status != 403, administered.body
    others = [f"!{snippet}", "pm.*"]
    _ = (await shared.post("roles:update/everything", {"snippets": others})).data
    assert forbidden(await shared.call(method, path, headers=forwarded))
    _ = (await shared.post("roles:update/everything", {"snippets": [snippet]})).data
    allowed = await shared.call(method, path, headers=forwarded)
    _ = (await shared.post("roles:update/everything", {"snippets": []})).data

    assert allowed.status != 403, allowed.body


async def test_the_schema_is_open_to_everybody_who_signed_in(blog: Client, alice: Client) -> None:
    assert "posts" in [each["name"] for each in (await alice.get("collections:list")).data]
    assert (await alice.get("collections/posts/fields:list")).status == 200
