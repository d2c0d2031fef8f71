"""`roles:*` and what each role may do in each collection (wire contract, section 4)."""

import json
from collections.abc import Mapping
from typing import Any

import asyncpg
import msgspec

from ensuite.access.policy import EVERYTHING, GROUPS, Grant
from ensuite.access.sessions import ACTORS_CHANNEL
from ensuite.api import records
from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.data.filters import Parser
from ensuite.data.query import Query, Selection
from ensuite.data.values import plain_object
from ensuite.data.variables import substituted
from ensuite.errors import Forbidden, InvalidRequest, NotFound
from ensuite.schema.alter import raise_version, random_key
from ensuite.schema.names import checked_name
from ensuite.storage.database import Row

MANAGE = "pm.acl.roles"
BUILT_IN = frozenset({"root", "admin", "member"})
RESOURCES = "dataSourcesRolesResources"
SCOPES = "rolesResourcesScopes"


class RoleNotFound(NotFound):
    """There is no role of this name; `roles:list` shows those that exist."""

    code = "ROLE_NOT_FOUND_ERR"


class RoleExists(InvalidRequest):
    """Another role has this name; choose another one."""

    code = "ROLE_EXISTS"


class InvalidRoleResource(InvalidRequest):
    """A permission is not valid; the message names the part to correct."""

    code = "INVALID_ROLE_RESOURCE"


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
    if role is None:
        raise RoleNotFound
    row = await call.means.database.fetchrow(
        "SELECT * FROM ensuite.roles WHERE name = $1", role.name
    )
    allowed: dict[str, Any] = {}
    for name, collection in call.snapshot.catalog.items():
        for permission in dict.fromkeys(GROUPS.values()):
            grant = call.snapshot.policy.may(call.actor, permission, collection)
            if grant is not None:
                allowed[f"{name}:{permission}"] = _granted(grant)
    return enveloped(
        {
            **(_shown(row) if row is not None else {}),
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
    return await records.list_records(call, call.snapshot.catalog["roles"], EVERYTHING)


@routes.add("roles", "get", permission=MANAGE, writes=False)
async def get_role(call: Call) -> Answer:
    """One role."""
    return await records.get_record(call, call.snapshot.catalog["roles"], EVERYTHING)


@routes.add("roles", "create", permission=MANAGE)
async def create_role(call: Call) -> Answer:
    """Create a role: `{name, title, strategy: {actions}, snippets, default}`."""
    body = plain_object(call.body)
    name = checked_name(body.get("name") or f"r_{random_key()}", what="role")
    async with call.means.database.transaction() as tx:
        row = await tx.fetchrow(
            "INSERT INTO ensuite.roles (name, title, description, strategy, snippets, hidden,"
            " allow_configure, allow_new_menu) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
            " ON CONFLICT DO NOTHING RETURNING *",
            name,
            body.get("title"),
            body.get("description"),
            _strategy(body.get("strategy")),
            _snippets(body.get("snippets", ["!ui.*", "!pm", "!pm.*"])),
            bool(body.get("hidden")),
            bool(body.get("allowConfigure")),
            bool(body.get("allowNewMenu")),
        )
        if row is None:
            message = f"there is already a role {name!r}"
            raise RoleExists(message)
        if body.get("default"):
            await _make_default(tx, name)
        _ = await raise_version(tx)
    _ = await call.means.snapshots.reload()
    return enveloped(_shown(row))


def _strategy(given: object) -> str | None:
    if given is None:
        return None
    actions = given.get("actions") if isinstance(given, dict) else None
    if not isinstance(actions, list) or not all(isinstance(each, str) for each in actions):
        message = 'strategy is {"actions": ["view", "create:own", …]}'
        raise InvalidRoleResource(message)
    return json.dumps({"actions": actions})


def _snippets(given: object) -> str:
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        message = 'snippets is a list such as ["pm.workflow.*", "!pm.users"]'
        raise InvalidRoleResource(message)
    return json.dumps(given)


async def _make_default(tx: asyncpg.Connection, name: str) -> None:
    _ = await tx.execute('UPDATE ensuite.roles SET "default" = (name = $1)', name)


@routes.add("roles", "update", permission=MANAGE)
async def update_role(call: Call) -> Answer:
    """Change a role's title, strategy, snippets, or make it the default for new users."""
    body = plain_object(call.body)
    name = str(records.named_keys(call) or "")
    if name == "root":
        message = "the role root cannot be changed"
        raise Forbidden(message)
    async with call.means.database.transaction() as tx:
        row = await tx.fetchrow("SELECT * FROM ensuite.roles WHERE name = $1 FOR UPDATE", name)
        if row is None:
            raise RoleNotFound
        strategy = _strategy(body["strategy"]) if "strategy" in body else row["strategy"]
        snippets = _snippets(body["snippets"]) if "snippets" in body else row["snippets"]
        row = await tx.fetchrow(
            "UPDATE ensuite.roles SET title = $2, description = $3, strategy = $4, snippets = $5,"
            " updated_at = now() WHERE name = $1 RETURNING *",
            name,
            body.get("title", row["title"]),
            body.get("description", row["description"]),
            strategy,
            snippets,
        )
        assert row is not None, "the row is locked"
        if body.get("default"):
            await _make_default(tx, name)
        _ = await raise_version(tx)
    _ = await call.means.snapshots.reload()
    return enveloped([_shown(row)])


@routes.add("roles", "destroy", permission=MANAGE)
async def destroy_role(call: Call) -> Answer:
    """Delete a role; users lose it, and its API keys end."""
    name = str(records.named_keys(call) or "")
    if name in BUILT_IN:
        message = f"the role {name} is part of the system"
        raise Forbidden(message)
    async with call.means.database.transaction() as tx:
        tag = await tx.execute("DELETE FROM ensuite.roles WHERE name = $1", name)
        _ = await raise_version(tx)
        _ = await tx.execute("SELECT pg_notify($1, '')", ACTORS_CHANNEL)
    _ = await call.means.snapshots.reload()
    await call.means.forget_actors()
    return enveloped(int(tag.rsplit(" ", 1)[-1]))


# --- permissions in a collection ----------------------------------------------------------


def _role(call: Call) -> str:
    name = call.address.source or ""
    if name not in call.snapshot.policy.roles:
        raise RoleNotFound
    return name


async def _resource(call: Call, resource_id: int) -> dict[str, Any]:
    collection = call.snapshot.catalog[RESOURCES]
    actions = call.snapshot.catalog["dataSourcesRolesResourcesActions"]
    selection = Selection(collection.visible, {"actions": Selection(actions.visible)})
    query = Query(selection, records.by_keys(collection, resource_id))
    return (await call.snapshot.records.reader().find(collection, query))[0]


async def list_resources(call: Call) -> Answer:
    """The collections in which a role has its own permissions, with them."""
    collection = call.snapshot.catalog[RESOURCES]
    name = _role(call)
    parser = Parser(call.snapshot.catalog, call.zone)
    condition = parser.parse(collection, {"roleName": name}) & records.parsed_filter(
        call, collection, call.parameters.filter(), EVERYTHING
    )
    actions = call.snapshot.catalog["dataSourcesRolesResourcesActions"]
    selection = Selection(collection.visible, {"actions": Selection(actions.visible)})
    found = await call.snapshot.records.reader().find(collection, Query(selection, condition))
    if call.address.action == "get":
        return enveloped(found[0] if found else None)
    return enveloped(found)


async def create_resource(call: Call) -> Answer:
    """Give a role its own permissions in a collection: actions, their fields and their scopes."""
    body = plain_object(call.body)
    name = checked_name(body.get("name"), what="collection")
    role = _role(call)
    async with call.means.database.transaction() as tx:
        resource_id = call.means.ids()
        inserted = await tx.fetchval(
            "INSERT INTO ensuite.role_resources"
            " (id, role_name, data_source_key, name, using_actions_config)"
            " VALUES ($1, $2, 'main', $3, $4) ON CONFLICT DO NOTHING RETURNING id",
            resource_id,
            role,
            name,
            bool(body.get("usingActionsConfig", True)),
        )
        if inserted is None:
            message = f"{role!r} already has permissions in {name!r}: update them"
            raise InvalidRoleResource(message)
        await _write_actions(call, tx, resource_id, body.get("actions", []))
        _ = await raise_version(tx)
    _ = await call.means.snapshots.reload()
    return enveloped(await _resource(call, resource_id))


async def update_resource(call: Call) -> Answer:
    """Change a role's permissions in a collection; `actions` replaces all of them."""
    body = plain_object(call.body)
    role = _role(call)
    wanted = call.parameters.filter()
    keys = records.named_keys(call)
    name = wanted.get("name") if isinstance(wanted, dict) else None
    async with call.means.database.transaction() as tx:
        resource_id = await tx.fetchval(
            "SELECT id FROM ensuite.role_resources WHERE role_name = $1"
            " AND (id = $2 OR name = $3 OR name = $4) FOR UPDATE",
            role,
            int(str(keys)) if str(keys).isdigit() else None,
            name if isinstance(name, str) else None,
            keys if isinstance(keys, str) else None,
        )
        if resource_id is None:
            message = "the role has no permissions of its own there: create them"
            raise NotFound(message)
        if "usingActionsConfig" in body:
            _ = await tx.execute(
                "UPDATE ensuite.role_resources SET using_actions_config = $2 WHERE id = $1",
                resource_id,
                bool(body["usingActionsConfig"]),
            )
        if "actions" in body:
            await _write_actions(call, tx, resource_id, body["actions"])
        _ = await raise_version(tx)
    _ = await call.means.snapshots.reload()
    return enveloped([await _resource(call, resource_id)])


async def destroy_resource(call: Call) -> Answer:
    """Take away a role's own permissions in a collection: its general ones apply again."""
    role = _role(call)
    keys = str(records.named_keys(call) or "")
    async with call.means.database.transaction() as tx:
        tag = await tx.execute(
            "DELETE FROM ensuite.role_resources WHERE role_name = $1 AND (id = $2 OR name = $3)",
            role,
            int(keys) if keys.isdigit() else None,
            keys,
        )
        _ = await raise_version(tx)
    _ = await call.means.snapshots.reload()
    return enveloped(int(tag.rsplit(" ", 1)[-1]))


async def _write_actions(
    call: Call, tx: asyncpg.Connection, resource_id: int, given: object
) -> None:
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        message = "actions is a list of {name, fields, scope}"
        raise InvalidRoleResource(message)
    _ = await tx.execute(
        "DELETE FROM ensuite.role_resource_actions WHERE resource_id = $1", resource_id
    )
    for action in given:
        name, fields = action.get("name"), action.get("fields") or []
        if not isinstance(name, str) or not name:
            message = "an action has a name: create, view, update, destroy, …"
            raise InvalidRoleResource(message)
        if not isinstance(fields, list) or not all(isinstance(each, str) for each in fields):
            message = f"{name}: fields is a list of field names"
            raise InvalidRoleResource(message)
        _ = await tx.execute(
            "INSERT INTO ensuite.role_resource_actions (id, resource_id, name, fields, scope_id)"
            " VALUES ($1, $2, $3, $4, $5)",
            call.means.ids(),
            resource_id,
            name,
            json.dumps(fields),
            await _scope_id(call, tx, action),
        )


async def _scope_id(call: Call, tx: asyncpg.Connection, action: Mapping[str, Any]) -> int | None:
    """The scope that an action names: by id, by key, or as a new one with a filter."""
    given = action.get("scope", action.get("scopeId"))
    if isinstance(given, dict):
        if "id" not in given and "key" not in given and "scope" in given:
            scope_id = call.means.ids()
            _ = await tx.execute(
                "INSERT INTO ensuite.role_scopes (id, key, name, scope) VALUES ($1, $2, $3, $4)",
                scope_id,
                random_key(),
                given.get("name"),
                json.dumps(given["scope"]),
            )
            return scope_id
        given = given.get("id", given.get("key"))
    if given is None:
        return None
    found = await tx.fetchval(
        "SELECT id FROM ensuite.role_scopes WHERE id::text = $1 OR key = $1", str(given)
    )
    if found is None:
        message = f"there is no scope {given!r}"
        raise InvalidRoleResource(message)
    return found


for _name in ("roles.dataSourceResources", "roles.resources"):
    _ = routes.add(_name, "list", permission=MANAGE, writes=False)(list_resources)
    _ = routes.add(_name, "get", permission=MANAGE, writes=False)(list_resources)
    _ = routes.add(_name, "create", permission=MANAGE)(create_resource)
    _ = routes.add(_name, "update", permission=MANAGE)(update_resource)
    _ = routes.add(_name, "destroy", permission=MANAGE)(destroy_resource)


# --- scopes -------------------------------------------------------------------------------


async def list_scopes(call: Call) -> Answer:
    """The scopes: filters that permissions may be limited to."""
    return await records.list_records(call, call.snapshot.catalog[SCOPES], EVERYTHING)


async def create_scope(call: Call) -> Answer:
    """Create a scope: `{name, resourceName, scope: {a filter}}`."""
    body = plain_object(call.body)
    scope = body.get("scope") or {}
    resource = body.get("resourceName")
    if isinstance(resource, str):
        # Checked now, so that it does not fail later in somebody's request.
        parser = Parser(call.snapshot.catalog, call.zone)
        checked = substituted(scope, call.actor, call.zone)
        _ = parser.parse(call.snapshot.catalog[resource], checked)
    scope_id = call.means.ids()
    key = str(body.get("key") or random_key())
    async with call.means.database.transaction() as tx:
        _ = await tx.execute(
            "INSERT INTO ensuite.role_scopes (id, key, name, resource_name, scope)"
            " VALUES ($1, $2, $3, $4, $5)",
            scope_id,
            key,
            body.get("name"),
            resource,
            json.dumps(scope),
        )
    return enveloped(
        {
            "id": scope_id,
            "key": key,
            "name": body.get("name"),
            "dataSourceKey": "main",
            "resourceName": resource,
            "scope": msgspec.Raw(json.dumps(scope).encode()),
        }
    )


for _name in ("dataSources.rolesResourcesScopes", SCOPES):
    _ = routes.add(_name, "list", permission=MANAGE, writes=False)(list_scopes)
    _ = routes.add(_name, "create", permission=MANAGE)(create_scope)
