"""What a role may do: a table of decisions (wire contract, section 4.2)."""

import pytest

from ensuite.access.actor import Actor
from ensuite.access.policy import EVERYTHING, OWN_SCOPE, Grant, Policy, Role
from ensuite.errors import Forbidden
from ensuite.ids import UserId
from ensuite.schema.catalog import load_field_types
from ensuite.schema.collection import Collection, make_table
from ensuite.schema.field import make_field
from ensuite.schema.system import system_collections

load_field_types()


def collection(name: str, *field_names: str) -> Collection:
    fields = {
        "id": make_field({"name": "id", "type": "snowflakeId", "primaryKey": True}),
        **{each: make_field({"name": each, "type": "string"}) for each in field_names},
    }
    return Collection(name=name, fields=fields, table=make_table(name, fields, schema="public"))


def owned(name: str) -> Collection:
    return collection(name, "title", "secret", "createdAt", "createdById")


POSTS = owned("posts")
NOTES = owned("notes")
BARE = collection("bare", "title")
USERS = next(each for each in system_collections() if each.name == "users")

policy = Policy(
    [
        Role("root"),
        Role("admin", strategy=frozenset({"create", "view", "update", "destroy"})),
        Role("member", strategy=frozenset({"view:own"})),
        Role("editor", strategy=frozenset({"create:own", "view", "update:own"})),
        Role("empty"),
        Role(
            "limited",
            strategy=frozenset({"create", "view", "update", "destroy"}),
            resources={
                "posts": {
                    "view": Grant(frozenset({"title"})),
                    "create": Grant(frozenset({"title"}), {"title": "x"}),
                    "update": Grant(None, OWN_SCOPE),
                },
                "notes": {},
            },
        ),
    ]
)


def acting(role: str) -> Actor:
    return Actor(UserId(1), role, {"id": 1})


@pytest.mark.parametrize(
    ("role", "action", "where", "expected"),
    [
        # Root may do everything.
        ("root", "destroy", POSTS, EVERYTHING),
        ("root", "list", USERS, EVERYTHING),
        # The general strategy, by the permission that covers the action.
        ("admin", "list", POSTS, EVERYTHING),
        ("admin", "get", POSTS, EVERYTHING),
        ("admin", "query", POSTS, EVERYTHING),
        ("admin", "view", POSTS, EVERYTHING),
        ("admin", "create", POSTS, EVERYTHING),
        ("admin", "firstOrCreate", POSTS, EVERYTHING),
        ("admin", "updateOrCreate", POSTS, EVERYTHING),
        ("admin", "update", POSTS, EVERYTHING),
        ("admin", "move", POSTS, EVERYTHING),
        ("admin", "add", POSTS, EVERYTHING),
        ("admin", "set", POSTS, EVERYTHING),
        ("admin", "remove", POSTS, EVERYTHING),
        ("admin", "toggle", POSTS, EVERYTHING),
        ("admin", "destroy", POSTS, EVERYTHING),
        ("admin", "export", POSTS, None),
        ("admin", "frobnicate", POSTS, None),
        # Own records: those that the user created, where a collection knows who did.
        ("member", "list", POSTS, Grant(None, OWN_SCOPE)),
        ("member", "get", POSTS, Grant(None, OWN_SCOPE)),
        ("member", "list", BARE, None),
        ("member", "create", POSTS, None),
        ("member", "update", POSTS, None),
        ("member", "destroy", POSTS, None),
        ("editor", "create", POSTS, EVERYTHING),
        ("editor", "create", BARE, EVERYTHING),
        ("editor", "update", POSTS, Grant(None, OWN_SCOPE)),
        ("editor", "update", BARE, None),
        ("editor", "list", BARE, EVERYTHING),
        ("editor", "destroy", POSTS, None),
        # A configuration of a collection's own replaces the strategy there.
        (
            "limited",
            "list",
            POSTS,
            Grant(frozenset({"title", "id", "createdAt", "createdById"})),
        ),
        ("limited", "create", POSTS, Grant(frozenset({"title"}), {"title": "x"})),
        ("limited", "firstOrCreate", POSTS, Grant(frozenset({"title"}), {"title": "x"})),
        ("limited", "update", POSTS, Grant(None, OWN_SCOPE)),
        ("limited", "destroy", POSTS, None),
        ("limited", "list", NOTES, None),
        ("limited", "list", BARE, EVERYTHING),
        # Nothing from nothing.
        ("empty", "list", POSTS, None),
        ("unknown", "list", POSTS, None),
        # The system's collections are written by their own routes only.
        ("root", "update", USERS, None),
        ("root", "create", USERS, None),
        ("admin", "update", USERS, None),
        ("admin", "set", USERS, None),
        ("admin", "list", USERS, EVERYTHING),
        ("member", "list", USERS, Grant(None, OWN_SCOPE)),
    ],
)
def test_decision(role: str, action: str, where: Collection, expected: Grant | None) -> None:
    actor = acting(role)

    assert policy.may(actor, action, where) == expected
    # The second time it is remembered.
    assert policy.may(actor, action, where) == expected


def test_what_is_not_granted_is_forbidden() -> None:
    with pytest.raises(Forbidden, match="No permissions"):
        _ = policy.grant(acting("empty"), "list", POSTS)


def test_a_role_is_decided_by_itself_not_by_who_asked_before() -> None:
    one = Policy([Role("a", strategy=frozenset({"view"})), Role("b")])

    assert one.may(acting("a"), "list", POSTS) is not None
    assert one.may(acting("b"), "list", POSTS) is None


@pytest.mark.parametrize(
    ("snippets", "name", "granted"),
    [
        (["pm.*"], "pm.users", True),
        (["pm.*"], "pm.workflow.workflows", True),
        (["pm"], "pm.users", False),
        (["pm.users"], "pm.users", True),
        (["pm.users"], "pm.users.more", False),
        (["pm.*", "!pm.users"], "pm.users", False),
        (["!pm.users", "pm.*"], "pm.users", False),
        (["pm.*", "!pm.users"], "pm.acl.roles", True),
        (["!pm.*", "pm.users"], "pm.users", False),
        (["ui.*"], "pm.users", False),
        ([], "pm.users", False),
        (["PM.*"], "pm.users", False),
    ],
)
def test_snippets(snippets: list[str], name: str, *, granted: bool) -> None:
    assert Role("r", snippets=tuple(snippets)).has_snippet(name) is granted


def test_root_has_every_snippet() -> None:
    assert Role("root", snippets=("!pm.*",)).has_snippet("pm.anything")


def test_an_administrative_action_needs_its_snippet() -> None:
    guarded = Policy([Role("admin", snippets=("pm.*",)), Role("member", snippets=("!pm.*",))])

    guarded.require_snippet(acting("admin"), "pm.users")
    for role in ("member", "gone"):
        with pytest.raises(Forbidden):
            guarded.require_snippet(acting(role), "pm.users")


@pytest.mark.parametrize(
    ("grant", "allowed"), [(EVERYTHING, True), (Grant(frozenset({"title"})), False)]
)
def test_a_grant_without_fields_covers_all_of_them(grant: Grant, *, allowed: bool) -> None:
    assert grant.allows("title")
    assert grant.allows("secret") is allowed
