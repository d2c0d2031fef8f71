"""`users:*`: who may manage accounts, and that nobody climbs higher by them."""

from collections.abc import Mapping
from typing import Any

import asyncpg
import pytest

from ensuite.settings import Settings
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client, Reply
from tests.people import PASSWORD, person, role, signed_in, user_id

HIDDEN = {"password", "passwordChangeTz"}


async def roles_of(client: Client) -> list[str]:
    """The roles of who this client is, the default one first."""
    return [each["name"] for each in (await client.get("auth:check")).data["roles"]]


def forbidden(reply: Reply) -> bool:
    return reply.status == 403 and reply.codes == ["FORBIDDEN"]


# --- managing accounts --------------------------------------------------------------------


async def test_a_new_user_gets_the_default_role_and_can_sign_in(api: Client) -> None:
    made = (
        await api.post(
            "users:create",
            {"username": "alice", "nickname": "Alice", "password": PASSWORD, "phone": "+33 1"},
        )
    ).data

    assert made["username"] == "alice"
    assert made["nickname"] == "Alice"
    assert not HIDDEN & set(made)
    assert await roles_of(await signed_in(api, "alice")) == ["member"]


async def test_another_role_may_be_the_default(api: Client) -> None:
    await role(api, "newcomer", "view")
    _ = (await api.post("roles:update/newcomer", {"default": True})).data
    _ = await api.post("users:create", {"username": "alice", "password": PASSWORD})

    assert await roles_of(await signed_in(api, "alice")) == ["newcomer"]


@pytest.mark.parametrize("given", [["admin", "member"], [{"name": "admin"}, {"name": "member"}]])
async def test_the_first_of_the_roles_given_is_the_default_one(api: Client, given: object) -> None:
    values = {"username": "alice", "password": PASSWORD, "roles": given}
    _ = (await api.post("users:create", values)).data
    alice = await signed_in(api, "alice")

    assert await roles_of(alice) == ["admin", "member"]
    assert (await alice.get("auth:check")).data["currentRole"] == "admin"


async def test_a_role_that_stays_remains_the_default_one(api: Client) -> None:
    alice = await person(api, "alice", "member")
    await role(api, "editor", "view")
    _ = await api.post(f"users:update/{await user_id(alice)}", {"roles": ["editor", "member"]})

    assert await roles_of(alice) == ["member", "editor"]


@pytest.mark.parametrize(
    ("roles", "code"),
    [
        (["nobody"], "UNKNOWN_ROLE"),
        ([None], "UNKNOWN_ROLE"),
        ([["member"]], "UNKNOWN_ROLE"),
        ([{"name": {"a": 1}}], "UNKNOWN_ROLE"),
        ([{}], "UNKNOWN_ROLE"),
        ([5], "UNKNOWN_ROLE"),
        ("member", "INVALID_REQUEST"),
        ({"name": "member"}, "INVALID_REQUEST"),
    ],
)
async def test_roles_are_a_list_of_roles_that_exist(api: Client, roles: object, code: str) -> None:
    reply = await api.post("users:create", {"username": "alice", "roles": roles})

    assert reply.status == 400
    assert reply.codes == [code]
    assert (await api.get("users:list", filter={"username": "alice"})).data == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email", "nobody"),
        ("email", "a b@example.test"),
        ("username", "root@example.test"),
        ("username", "two words"),
        ("username", "<b>"),
        ("username", "x" * 51),
        ("phone", "call@me"),
        ("email", 5),
    ],
)
async def test_a_name_to_sign_in_by_has_its_form(api: Client, name: str, value: object) -> None:
    reply = await api.post("users:create", {name: value, "password": PASSWORD})

    assert reply.status == 400
    assert [each["field"] for each in reply.body["errors"]] == [name]


@pytest.mark.parametrize("name", ["email", "username", "phone"])
async def test_a_name_to_sign_in_by_belongs_to_one_account(api: Client, name: str) -> None:
    value = {"email": "a@example.test", "username": "alice", "phone": "117"}[name]
    assert (await api.post("users:create", {name: value})).status == 200
    reply = await api.post("users:create", {name: value})

    assert reply.status == 400
    assert reply.codes == ["UNIQUE_VIOLATION"]


async def test_an_empty_name_is_none_so_that_two_can_be_without(api: Client) -> None:
    for name in ("alice", "bob"):
        made = await api.post("users:create", {"username": name, "email": "", "phone": ""})

        assert made.data["email"] is None
        assert made.data["phone"] is None


@pytest.mark.parametrize("password", ["12345", "x" * 257, 12345678, ["secret word"]])
async def test_a_weak_password_makes_no_account(api: Client, password: object) -> None:
    reply = await api.post("users:create", {"username": "alice", "password": password})

    assert reply.codes == ["WEAK_PASSWORD"]
    assert (await api.get("users:list")).body["meta"]["count"] == 1


async def test_the_server_sets_what_is_its_own(api: Client) -> None:
    values = {"username": "alice", "id": 7, "passwordChangeTz": 1, "createdById": 7}
    made = (await api.post("users:create", values)).data

    assert made["id"] != 7
    assert made["createdById"] == await user_id(api)


async def test_a_deleted_account_is_gone_with_its_roles(api: Client, settings: Settings) -> None:
    alice = await person(api, "alice", "admin", "member")
    alice_id = await user_id(alice)
    destroyed = await api.post(f"users:destroy/{alice_id}")

    assert destroyed.data == 1
    assert (await api.get(f"users:get/{alice_id}")).data is None
    connection = await asyncpg.connect(settings.database_url)
    try:
        left = await connection.fetchval(
            "SELECT count(*) FROM ensuite.roles_users WHERE user_id = $1", alice_id
        )
    finally:
        await connection.close()
    assert left == 0


# --- what stays hidden --------------------------------------------------------------------


async def test_no_answer_shows_a_password(api: Client) -> None:
    await api.collection("posts", {"name": "title", "type": "string"})
    post = (await api.post("posts:create", {"title": "x"})).data
    own_id = await user_id(api)
    replies = [
        await api.get("users:list", appends="roles"),
        await api.get(f"users:get/{own_id}", fields="id,email,password,passwordChangeTz"),
        await api.get(f"posts:get/{post['id']}", appends="createdBy"),
        await api.get(f"posts:get/{post['id']}", fields="createdBy.password,createdBy.email"),
        await api.get(f"posts/{post['id']}/createdBy:get"),
        await api.get("roles:list", appends="users"),
        await api.post(f"users:update/{own_id}", {"nickname": "x"}),
        await api.post("users:create", {"username": "a", "password": PASSWORD}),
        await api.post("users:updateProfile", {"nickname": "y"}),
        await api.get("auth:check"),
    ]

    for reply in replies:
        assert "argon2" not in str(reply.body)
        assert "passwordChangeTz" not in str(reply.body)
        assert "'password'" not in str(reply.body)


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("users:list", {"filter": {"password": {"$startsWith": "$argon2id"}}}),
        ("users:list", {"filter": {"$or": [{"password.$notEmpty": True}]}}),
        ("users:list", {"sort": "password"}),
        ("users:list", {"sort": "-passwordChangeTz"}),
        ("posts:list", {"filter": {"createdBy": {"password": {"$startsWith": "$"}}}}),
        ("posts:list", {"filter": {"createdBy.password.$startsWith": "$"}}),
        ("posts:list", {"sort": "createdBy.password"}),
        ("roles:list", {"filter": {"users.password.$includes": "a"}}),
        ("apiKeys:list", {"filter": {"role.users.password.$includes": "a"}}),
        ("apiKeys:list", {"filter": {"role.users.email.$includes": "a"}}),
        ("apiKeys:list", {"filter": {"userId": 1}}),
        ("apiKeys:list", {"filter": {"digest": "a"}}),
    ],
)
async def test_a_password_cannot_be_guessed_by_filters_or_sorts(
    api: Client, path: str, parameters: Mapping[str, Any]
) -> None:
    await api.collection("posts", {"name": "title", "type": "string"})
    reply = await api.get(path, **parameters)

    assert reply.status == 400
    assert reply.codes[0] in {"INVALID_FILTER", "UNKNOWN_FIELD"}


async def test_a_workflow_on_users_does_not_see_the_password(api: Client) -> None:
    _ = await api.workflow("users", config={"global": True, "actions": ["create", "update"]})
    alice = await person(api, "alice", "member")
    _ = (await alice.post("users:updateProfile", {"nickname": "Alice"})).data
    _ = await api.post(f"users:update/{await user_id(alice)}", {"password": "another horse"})
    executions = await api.executions()

    assert len(executions) == 3
    for each in executions:
        context = each["context"]
        assert context["data"]["username"] == "alice"
        assert "argon2" not in str(context)
        assert not HIDDEN & {*context["data"], *context["user"]}


# --- nobody climbs ------------------------------------------------------------------------


async def test_a_member_manages_nobody(api: Client) -> None:
    alice = await person(api, "alice", "member")
    own_id, root_id = await user_id(alice), await user_id(api)

    for path, values in (
        ("users:create", {"username": "bob"}),
        (f"users:update/{own_id}", {"roles": ["root"]}),
        (f"users:update/{own_id}", {"nickname": "x"}),
        (f"users:update/{root_id}", {"password": "mine now"}),
        (f"users:destroy/{root_id}", {}),
        ("users:frobnicate", {}),
    ):
        assert (await alice.post(path, values)).status in {403, 404}, path
    assert (await alice.get("users:list")).data == []
    assert (await alice.get(f"users:get/{root_id}")).data is None


async def test_an_administrator_is_not_root(api: Client) -> None:
    admin = await person(api, "alice", "admin")
    bob = await person(api, "bob", "member")
    own_id, root_id, bob_id = await user_id(admin), await user_id(api), await user_id(bob)
    attempts: list[tuple[str, dict[str, Any]]] = [
        (f"users:update/{own_id}", {"roles": ["root"]}),
        (f"users:update/{own_id}", {"roles": [{"name": "root"}, "admin"]}),
        (f"users:update/{bob_id}", {"roles": ["root"]}),
        ("users:create", {"username": "eve", "password": PASSWORD, "roles": ["root"]}),
        (f"users:update/{root_id}", {"password": "mine now"}),
        (f"users:update/{root_id}", {"email": "mine@example.test"}),
        (f"users:update/{root_id}", {"roles": ["member"]}),
        ("users:update?forceUpdate=true", {"password": "mine now"}),
        ('users:update?filter={"nickname":"Super Admin"}', {"password": "mine now"}),
        (f"users:update?filterByTk[]={own_id}&filterByTk[]={root_id}", {"nickname": "x"}),
        (f"users:destroy/{root_id}", {}),
        (f"users:destroy/{own_id}", {}),
        ("users:destroy?truncate=true", {}),
        ("roles:update/root", {"title": "mine"}),
        ("roles:destroy/root", {}),
    ]

    for path, values in attempts:
        assert forbidden(await admin.post(path, values)), (path, values)
    assert await roles_of(admin) == ["admin"]
    assert await roles_of(bob) == ["member"]
    assert (await api.get("users:list")).body["meta"]["count"] == 3
    assert (await signed_in(api, ROOT_EMAIL, ROOT_PASSWORD)).headers["Authorization"]
    # What an administrator is there for works.
    changed = await admin.post(f"users:update/{bob_id}", {"password": "x" * 8, "roles": ["admin"]})
    assert changed.status == 200
    assert (await admin.post(f"users:destroy/{bob_id}")).data == 1


async def test_root_in_a_lesser_role_is_that_role(api: Client) -> None:
    as_admin = api.acting(X_Role="admin")
    root_id = await user_id(api)

    assert forbidden(await as_admin.post(f"users:update/{root_id}", {"password": "x" * 8}))
    assert forbidden(await as_admin.post("users:create", {"username": "a", "roles": ["root"]}))


@pytest.mark.parametrize("role_name", ["root", "admin"])
@pytest.mark.parametrize("action", ["create", "update"])
async def test_a_nested_value_does_not_change_users(
    api: Client, settings: Settings, role_name: str, action: str
) -> None:
    await api.collection(
        "posts",
        {"name": "title", "type": "string"},
        {"name": "editor", "type": "belongsTo", "target": "users"},
        {"name": "editors", "type": "belongsToMany", "target": "users"},
    )
    admin = await person(api, "alice", "admin") if role_name == "admin" else api
    bob = await person(api, "bob", "member")
    bob_id = await user_id(bob)
    post = (await api.post("posts:create", {"title": "x"})).data
    taken = {"id": bob_id, "password": "mine now", "roles": ["root"], "nickname": "mine"}
    fresh = {"username": "eve", "password": "mine now", "roles": ["root"]}
    for values in (
        {"editor": taken},
        {"editors": [taken]},
        {"editor": fresh},
        {"editors": [fresh]},
    ):
        path = "posts:create" if action == "create" else f"posts:update/{post['id']}"
        reply = await admin.post(
            path, values, **{"updateAssociationValues[]": ["editor", "editors"]}
        )
        assert reply.status in {200, 400, 403}, reply.body

    assert await roles_of(bob) == ["member"]
    assert (await bob.get("auth:check")).data["nickname"] is None
    assert (await api.get("users:list", filter={"username": "eve"})).data == []
    _ = await signed_in(api, "bob", PASSWORD)


async def test_somebody_always_holds_root(api: Client) -> None:
    root_id = await user_id(api)
    alone = await api.post(f"users:update/{root_id}", {"roles": ["admin"]})
    assert alone.status == 409
    assert alone.codes == ["ROOT_NEEDED"]
    assert await roles_of(api) == ["root", "admin", "member"]
    second = await person(api, "alice", "root")
    given_up = await api.post(f"users:update/{root_id}", {"roles": ["admin"]})

    assert given_up.status == 200
    assert await roles_of(second) == ["root"]
    assert forbidden(await api.post(f"users:destroy/{await user_id(second)}"))


async def test_nobody_deletes_the_own_account(api: Client) -> None:
    _ = await person(api, "alice", "root")

    assert forbidden(await api.post(f"users:destroy/{await user_id(api)}"))
    assert forbidden(await api.post("users:destroy?truncate=true"))
    assert (await api.get("users:list")).body["meta"]["count"] == 2


# --- the own profile ----------------------------------------------------------------------


async def test_everybody_changes_the_own_profile(api: Client) -> None:
    alice = await person(api, "alice", "member")
    values = {"nickname": "Alice", "appLang": "fr-FR", "systemSettings": {"theme": "dark"}}
    reply = await alice.post("users:updateProfile", values)

    assert reply.status == 200
    checked = (await alice.get("auth:check")).data
    assert {name: checked[name] for name in values} == values


async def test_the_profile_has_no_roles_and_no_password(api: Client) -> None:
    alice = await person(api, "alice", "member")
    root_id = await user_id(api)
    reply = await alice.post(
        f"users:updateProfile?filterByTk={root_id}",
        {
            "id": root_id,
            "password": "mine now",
            "roles": ["root"],
            "passwordChangeTz": 1,
            "createdById": 1,
            "nickname": "Alice",
        },
    )

    assert reply.status == 200
    assert await roles_of(alice) == ["member"]
    assert (await api.get(f"users:get/{root_id}")).data["nickname"] == "Super Admin"
    _ = await signed_in(api, "alice", PASSWORD)


async def test_a_profile_cannot_shadow_another_account(api: Client) -> None:
    alice = await person(api, "alice", "member")
    for values in ({"email": "root"}, {"username": ROOT_EMAIL}, {"username": "root"}):
        assert (await alice.post("users:updateProfile", values)).status == 400, values

    _ = await signed_in(api, "root", ROOT_PASSWORD)
    _ = await signed_in(api, ROOT_EMAIL, ROOT_PASSWORD)


async def test_a_changed_profile_is_an_update_for_workflows(api: Client) -> None:
    await api.collection("audit", {"name": "note", "type": "string"})
    node = {
        "type": "create",
        "config": {
            "collection": "audit",
            "params": {"values": {"note": "{{$context.data.nickname}}"}},
        },
    }
    _ = await api.workflow("users", node, key="k1", sync=True)
    reply = await api.post("users:updateProfile?triggerWorkflows=k1", {"nickname": "Somebody"})

    [entry] = reply.workflows
    assert entry["state"] == "succeeded"
    [audit] = (await api.get("audit:list")).data
    assert audit["note"] == "Somebody"
