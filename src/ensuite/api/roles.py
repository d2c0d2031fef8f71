"""`roles:*`: what a role may do in general (wire contract, sections 4.1, 4.2 and 4.5)."""

import json
from collections.abc import Mapping
from typing import Any, cast

import asyncpg

from ensuite.access.actor import ROOT
from ensuite.access.policy import EVERYTHING, GROUPS, PERMISSIONS, Grant
from ensuite.access.sessions import ACTORS_CHANNEL, DEFAULT_ROLE
from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.api.conditions import named_keys
from ensuite.api.lists import get_record, list_records
from ensuite.data.values import plain_object
from ensuite.errors import Conflict, Forbidden, InvalidRequest, NotFound
from ensuite.schema.alter import raise_version, random_key
from ensuite.schema.names import checked_name
from ensuite.storage.database import Row

MANAGE = "pm.acl.roles"
BUILT_IN = frozenset({"root", "admin", "member"})
RESERVED = DEFAULT_ROLE | {"anonymous"}
"""Values of `X-Role` that mean something else."""

NEW_SNIPPETS = ["!ui.*", "!pm", "!pm.*"]
OPTIONS = ("title", "description", "hidden", "allowConfigure", "allowNewMenu")


class RoleNotFound(NotFound):
    """There is no role of this name; `roles:list` shows those that exist."""

    code = "ROLE_NOT_FOUND_ERR"


class RoleExists(InvalidRequest):
    """Another role has this name; choose another one."""

    code = "ROLE_EXISTS"


class InvalidRole(InvalidRequest):
    """A part of the role is not valid; the message names it."""

    code = "INVALID_ROLE"


class DefaultRoleNeeded(Conflict):
    """New users get this role; make another one the default first."""

    code = "DEFAULT_ROLE_NEEDED"


def _shown(row: Row) -> dict[str, Any]:
    return {
        "name": row["name"],
        "title": row["title"],
        "description": row["description"],
        "strategy": json.loads(row["strategy"]) if row["strategy"] else None,
        "snippets": json.loads(row["snippets"]),
        "default": row["default"],
        "hidden": row["hidden"],
        "allowConfigure": row["allow_configure"],
        "allowNewMenu": row["allow_new_menu"],
    }


@routes.add("roles", "check", writes=False)
async def check(call: Call) -> Answer:
    """What the current role may do: what a client asks first."""
    role = call.snapshot.policy.roles.get(call.actor.role)
    row = await call.means.database.fetchrow(
        "SELECT * FROM ensuite.roles WHERE name = $1", call.actor.role
    )
    if role is None or row is None:
        raise RoleNotFound
    allowed: dict[str, Any] = {}
    for name, collection in call.snapshot.catalog.items():
        for permission in dict.fromkeys(GROUPS.values()):
            grant = call.snapshot.policy.may(call.actor, permission, collection)
            if grant is not None:
                allowed[f"{name}:{permission}"] = _granted(grant)
    return enveloped(
        {
            **_shown(row),
            "role": role.name,
            "roles": [{"name": each} for each in call.actor.roles],
            "roleMode": "default",
            "allowAll": call.actor.is_root,
            "actions": allowed,
            "resources": list(role.resources),
            "actionAlias": dict(GROUPS),
            "availableActions": list(dict.fromkeys(GROUPS.values())),
        }
    )


def _granted(grant: Grant) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if grant.fields is not None:
        shown["fields"] = sorted(grant.fields)
    if grant.scope is not None:
        shown["filter"] = dict(grant.scope)
    return shown


@routes.add("roles", "list", permission=MANAGE, writes=False)
async def list_roles(call: Call) -> Answer:
    """One page of roles."""
    return await list_records(call, call.snapshot.catalog["roles"], EVERYTHING)


@routes.add("roles", "get", permission=MANAGE, writes=False)
async def get_role(call: Call) -> Answer:
    """One role."""
    return await get_record(call, call.snapshot.catalog["roles"], EVERYTHING)


@routes.add("roles", "create", permission=MANAGE)
async def create_role(call: Call) -> Answer:
    """Create a role: `{name, title, strategy: {actions}, snippets, default}`."""
    body = plain_object(call.body)
    name = checked_name(body.get("name") or f"r_{random_key()}", what="role")
    if name in RESERVED:
        message = f"{name!r} is reserved: choose another name"
        raise RoleExists(message)
    options = _options(call, body)
    async with call.means.database.transaction() as tx:
        inserted = await tx.fetchval(
            "INSERT INTO ensuite.roles (name, title, description, strategy, snippets, hidden,"
            " allow_configure, allow_new_menu) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
            " ON CONFLICT DO NOTHING RETURNING name",
            name,
            options.get("title"),
            options.get("description"),
            _strategy(body.get("strategy")),
            _snippets(body.get("snippets", NEW_SNIPPETS)),
            bool(options.get("hidden")),
            bool(options.get("allowConfigure")),
            bool(options.get("allowNewMenu")),
        )
        if inserted is None:
            message = f"there is already a role {name!r}"
            raise RoleExists(message)
        if body.get("default"):
            await _make_default(tx, name)
        made = await _row(tx, name)
        _ = await raise_version(tx)
    _ = await call.means.snapshots.reload()
    return enveloped(_shown(made))


def _options(call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
    """The plain values that a body gives, checked as those of a record are."""
    given = {name: body[name] for name in OPTIONS if name in body}
    roles = call.snapshot.catalog["roles"]
    return call.snapshot.records.input(roles, EVERYTHING).parse(given).stored


def _strategy(given: object) -> str | None:
    if given is None:
        return None
    actions = given.get("actions") if isinstance(given, dict) else None
    if not isinstance(actions, list) or not all(isinstance(each, str) for each in actions):
        message = 'strategy is {"actions": ["view", "create:own", …]}'
        raise InvalidRole(message)
    kept = [each.removesuffix(":all") for each in cast("list[str]", actions)]
    for each in kept:
        if each.removesuffix(":own") not in PERMISSIONS:
            known = ", ".join(sorted(PERMISSIONS))
            message = f"strategy: {each!r} is none of {known}, each also with :own"
            raise InvalidRole(message)
    return json.dumps({"actions": kept})


def _snippets(given: object) -> str:
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        message = 'snippets is a list such as ["pm.workflow.*", "!pm.users"]'
        raise InvalidRole(message)
    return json.dumps(given)


async def _make_default(tx: asyncpg.Connection, name: str) -> None:
    _ = await tx.execute('UPDATE ensuite.roles SET "default" = (name = $1)', name)


async def _row(tx: asyncpg.Connection, name: str) -> Row:
    """A role as this transaction has written it."""
    row = await tx.fetchrow("SELECT * FROM ensuite.roles WHERE name = $1", name)
    assert row is not None, "it was just written"
    return row


def named_roles(call: Call) -> list[str]:
    """The roles that the call names.

    Raises:
        InvalidRequest: it names none.

    """
    keys = named_keys(call)
    names = [str(each) for each in (keys if isinstance(keys, list) else [keys]) if each]
    if not names:
        message = "filterByTk names the role"
        raise InvalidRequest(message)
    return names


@routes.add("roles", "update", permission=MANAGE)
async def update_role(call: Call) -> Answer:
    """Change a role's title, strategy, snippets, or make it the default for new users."""
    [name, *_] = named_roles(call)
    async with call.means.database.transaction() as tx:
        changed = await change_role(call, tx, name, plain_object(call.body))
        _ = await raise_version(tx)
    _ = await call.means.snapshots.reload()
    return enveloped([changed])


async def change_role(
    call: Call, tx: asyncpg.Connection, name: str, body: Mapping[str, Any]
) -> dict[str, Any]:
    """Change what a body says of a role, and give the role as it is then.

    Raises:
        Forbidden: it is root.
        RoleNotFound, InvalidRole: nothing is changed.

    """
    if name == ROOT:
        message = "the role root cannot be changed"
        raise Forbidden(message)
    options = _options(call, body)
    row = await tx.fetchrow("SELECT * FROM ensuite.roles WHERE name = $1 FOR UPDATE", name)
    if row is None:
        raise RoleNotFound
    _ = await tx.execute(
        "UPDATE ensuite.roles SET title = $2, description = $3, strategy = $4, snippets = $5,"
        " hidden = $6, allow_configure = $7, allow_new_menu = $8, updated_at = now()"
        " WHERE name = $1",
        name,
        options.get("title", row["title"]),
        options.get("description", row["description"]),
        _strategy(body["strategy"]) if "strategy" in body else row["strategy"],
        _snippets(body["snippets"]) if "snippets" in body else row["snippets"],
        bool(options.get("hidden", row["hidden"])),
        bool(options.get("allowConfigure", row["allow_configure"])),
        bool(options.get("allowNewMenu", row["allow_new_menu"])),
    )
    if body.get("default"):
        await _make_default(tx, name)
    return _shown(await _row(tx, name))


@routes.add("roles", "destroy", permission=MANAGE)
async def destroy_role(call: Call) -> Answer:
    """Delete roles; users lose them, and their API keys end."""
    names = named_roles(call)
    for name in names:
        if name in BUILT_IN:
            message = f"the role {name} is part of the system"
            raise Forbidden(message)
    async with call.means.database.transaction() as tx:
        gone = await tx.fetch(
            'DELETE FROM ensuite.roles WHERE name = ANY($1::text[]) RETURNING "default"', names
        )
        if any(row["default"] for row in gone):
            raise DefaultRoleNeeded
        _ = await raise_version(tx)
        _ = await tx.execute("SELECT pg_notify($1, '')", ACTORS_CHANNEL)
    _ = await call.means.snapshots.reload()
    await call.means.forget_actors()
    return enveloped(len(gone))
