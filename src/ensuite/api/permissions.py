"""What each role may do in each collection, and the scopes of it (wire contract, section 4.3)."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import asyncpg
import msgspec

from ensuite.access.policy import EVERYTHING, GROUPS, PERMISSIONS
from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.api.conditions import by_keys, named_keys, parsed_filter
from ensuite.api.lists import list_records
from ensuite.api.roles import MANAGE, RoleNotFound
from ensuite.data.filters import Parser
from ensuite.data.query import Query, Selection
from ensuite.data.values import plain_object
from ensuite.data.variables import substituted
from ensuite.errors import InvalidFilter, InvalidRequest, NotFound
from ensuite.schema.alter import raise_version, random_key
from ensuite.schema.collection import Collection

RESOURCES = "dataSourcesRolesResources"
ACTIONS = "dataSourcesRolesResourcesActions"
SCOPES = "rolesResourcesScopes"
DATA_SOURCE = "main"
LARGEST_KEY = 2**63 - 1


class InvalidRoleResource(InvalidRequest):
    """A permission is not valid; the message names the part to correct."""

    code = "INVALID_ROLE_RESOURCE"


class RoleResourceNotFound(NotFound):
    """The role has no permissions of its own in this collection; create them first."""

    code = "ROLE_RESOURCE_NOT_FOUND"


async def _role(call: Call) -> str:
    """The role in the path; from here on the call works with the newest snapshot.

    Raises:
        RoleNotFound: there is no such role.

    """
    # The role or the collection may have been made by another process just now.
    call.snapshot = await call.means.snapshots.reload()
    name = call.address.source or ""
    if name not in call.snapshot.policy.roles:
        raise RoleNotFound
    return name


def _which(call: Call) -> tuple[int | None, str | None]:
    """The permissions that a call means: by their id, or by the name of the collection."""
    key = named_keys(call)
    if key is None:
        wanted = call.parameters.filter()
        key = wanted.get("name") if isinstance(wanted, Mapping) else None
    text = str(key) if isinstance(key, (str, int)) else ""
    if not text:
        message = 'name the collection: by filterByTk, or by filter={"name": …}'
        raise InvalidRoleResource(message)
    if text.isascii() and text.isdigit() and len(text) < len(str(LARGEST_KEY)):
        return int(text), text
    return None, text


def _selection(call: Call) -> Selection:
    catalog = call.snapshot.catalog
    actions = Selection(catalog[ACTIONS].visible, {"scope": Selection(catalog[SCOPES].visible)})
    return Selection(catalog[RESOURCES].visible, {"actions": actions})


async def _resource(call: Call, resource_id: int) -> dict[str, Any]:
    collection = call.snapshot.catalog[RESOURCES]
    query = Query(_selection(call), by_keys(collection, resource_id))
    return (await call.snapshot.records.reader().find(collection, query))[0]


async def list_resources(call: Call) -> Answer:
    """The collections in which a role has its own permissions, with them."""
    collection = call.snapshot.catalog[RESOURCES]
    parser = Parser(call.snapshot.catalog, call.zone)
    condition = parser.parse(collection, {"roleName": await _role(call)})
    condition &= parsed_filter(call, collection, call.parameters.filter(), EVERYTHING)
    query = Query(_selection(call), condition)
    return enveloped(await call.snapshot.records.reader().find(collection, query))


async def get_resource(call: Call) -> Answer:
    """A role's own permissions in one collection, or null."""
    role = await _role(call)
    row = await call.means.database.fetchrow(
        "SELECT id FROM ensuite.role_resources WHERE role_name = $1 AND (id = $2 OR name = $3)",
        role,
        *_which(call),
    )
    return enveloped(None if row is None else await _resource(call, row["id"]))


async def create_resource(call: Call) -> Answer:
    """Give a role its own permissions in a collection: actions, their fields and their scopes."""
    body = plain_object(call.body)
    role = await _role(call)
    name = body.get("name")
    if not isinstance(name, str) or name not in call.snapshot.catalog:
        message = f"name: there is no collection {name!r}"
        raise InvalidRoleResource(message)
    if body.get("dataSourceKey", DATA_SOURCE) != DATA_SOURCE:
        message = f"dataSourceKey: {DATA_SOURCE} is the only one"
        raise InvalidRoleResource(message)
    async with call.means.database.transaction() as tx:
        resource_id = call.means.ids()
        inserted = await tx.fetchval(
            "INSERT INTO ensuite.role_resources"
            " (id, role_name, data_source_key, name, using_actions_config)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING id",
            resource_id,
            role,
            DATA_SOURCE,
            name,
            bool(body.get("usingActionsConfig", True)),
        )
        if inserted is None:
            message = f"{role!r} already has permissions in {name!r}: update them"
            raise InvalidRoleResource(message)
        await write_actions(call, tx, resource_id, name, body.get("actions", []))
        _ = await raise_version(tx)
    _ = await call.means.snapshots.reload()
    return enveloped(await _resource(call, resource_id))


async def update_resource(call: Call) -> Answer:
    """Change a role's permissions in a collection; `actions` replaces all of them."""
    body = plain_object(call.body)
    role = await _role(call)
    async with call.means.database.transaction() as tx:
        row = await tx.fetchrow(
            "SELECT id, name FROM ensuite.role_resources"
            " WHERE role_name = $1 AND (id = $2 OR name = $3) FOR UPDATE",
            role,
            *_which(call),
        )
        if row is None:
            raise RoleResourceNotFound
        if "usingActionsConfig" in body:
            _ = await tx.execute(
                "UPDATE ensuite.role_resources SET using_actions_config = $2 WHERE id = $1",
                row["id"],
                bool(body["usingActionsConfig"]),
            )
        if "actions" in body:
            await write_actions(call, tx, row["id"], row["name"], body["actions"])
        _ = await raise_version(tx)
    _ = await call.means.snapshots.reload()
    return enveloped([await _resource(call, row["id"])])


async def destroy_resource(call: Call) -> Answer:
    """Take away a role's own permissions in a collection: its general ones apply again."""
    role = await _role(call)
    async with call.means.database.transaction() as tx:
        tag = await tx.execute(
            "DELETE FROM ensuite.role_resources WHERE role_name = $1 AND (id = $2 OR name = $3)",
            role,
            *_which(call),
        )
        _ = await raise_version(tx)
    _ = await call.means.snapshots.reload()
    return enveloped(int(tag.rsplit(" ", 1)[-1]))


async def write_actions(
    call: Call, tx: asyncpg.Connection, resource_id: int, name: str, given: object
) -> None:
    """Replace the actions that a role's permissions in the collection `name` list.

    Raises:
        InvalidRoleResource: an action, a field or a scope is not one.

    """
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        message = "actions is a list of {name, fields, scope}"
        raise InvalidRoleResource(message)
    collection = call.snapshot.catalog[name]
    _ = await tx.execute(
        "DELETE FROM ensuite.role_resource_actions WHERE resource_id = $1", resource_id
    )
    permissions: set[str] = set()
    for action in cast("list[dict[str, Any]]", given):
        permission = _permission(action.get("name"))
        if permission in permissions:
            message = f"actions: {permission} is listed twice"
            raise InvalidRoleResource(message)
        permissions.add(permission)
        _ = await tx.execute(
            "INSERT INTO ensuite.role_resource_actions (id, resource_id, name, fields, scope_id)"
            " VALUES ($1, $2, $3, $4, $5)",
            call.means.ids(),
            resource_id,
            permission,
            json.dumps(_fields(collection, permission, action.get("fields"))),
            await _scope_id(call, tx, collection, action),
        )


def _permission(name: object) -> str:
    # `list` or `move` is given as what covers it.
    permission = GROUPS.get(name, name) if isinstance(name, str) else None
    if permission not in PERMISSIONS:
        message = f"actions: {name!r} is none of {', '.join(sorted(PERMISSIONS))}"
        raise InvalidRoleResource(message)
    return permission


def _fields(collection: Collection, permission: str, given: object) -> list[str]:
    names = given or []
    if not isinstance(names, list):
        message = f"{permission}: fields is a list of field names"
        raise InvalidRoleResource(message)
    for each in names:
        if not isinstance(each, str) or each not in collection.fields:
            message = f"{permission}: {collection.name!r} has no field {each!r}"
            raise InvalidRoleResource(message)
    return names


async def _scope_id(
    call: Call, tx: asyncpg.Connection, collection: Collection, action: Mapping[str, Any]
) -> int | None:
    """The scope that an action names: by id, by key, or as a new one with a filter."""
    given = action.get("scope", action.get("scopeId"))
    if isinstance(given, dict):
        if "id" not in given and "key" not in given and "scope" in given:
            return (await _insert_scope(call, tx, collection, given))["id"]
        given = given.get("id", given.get("key"))
    if given is None:
        return None
    row = await tx.fetchrow(
        "SELECT id, scope FROM ensuite.role_scopes WHERE id::text = $1 OR key = $1", str(given)
    )
    if row is None:
        message = f"there is no scope {given!r}"
        raise InvalidRoleResource(message)
    _check_scope(call, collection, json.loads(row["scope"]))
    return row["id"]


for _name in ("roles.dataSourceResources", "roles.resources"):
    _ = routes.add(_name, "list", permission=MANAGE, writes=False)(list_resources)
    _ = routes.add(_name, "get", permission=MANAGE, writes=False)(get_resource)
    _ = routes.add(_name, "create", permission=MANAGE)(create_resource)
    _ = routes.add(_name, "update", permission=MANAGE)(update_resource)
    _ = routes.add(_name, "destroy", permission=MANAGE)(destroy_resource)


# --- scopes -------------------------------------------------------------------------------


async def list_scopes(call: Call) -> Answer:
    """The scopes: filters that permissions may be limited to."""
    # `dataSources/main/…` names no record that they would be associated with.
    call.address = replace(call.address, resource=SCOPES, association=None, source=None)
    return await list_records(call, call.snapshot.catalog[SCOPES], EVERYTHING)


async def create_scope(call: Call) -> Answer:
    """Create a scope: `{name, resourceName, scope: {a filter}}`."""
    body = plain_object(call.body)
    call.snapshot = await call.means.snapshots.reload()
    name = body.get("resourceName")
    if not isinstance(name, str) or name not in call.snapshot.catalog:
        message = f"resourceName: there is no collection {name!r}"
        raise InvalidRoleResource(message)
    async with call.means.database.transaction() as tx:
        made = await _insert_scope(call, tx, call.snapshot.catalog[name], body)
    return enveloped(made)


async def _insert_scope(
    call: Call, tx: asyncpg.Connection, collection: Collection, given: Mapping[str, Any]
) -> dict[str, Any]:
    scope = given.get("scope") or {}
    _check_scope(call, collection, scope)
    scopes = call.snapshot.catalog[SCOPES]
    texts = {each: given[each] for each in ("key", "name") if given.get(each) is not None}
    stored = call.snapshot.records.input(scopes, EVERYTHING).parse(texts).stored
    encoded = msgspec.json.encode(scope)
    made = {
        "id": call.means.ids(),
        "key": stored.get("key") or random_key(),
        "name": stored.get("name"),
        "dataSourceKey": DATA_SOURCE,
        "resourceName": collection.name,
        "scope": msgspec.Raw(encoded),
    }
    _ = await tx.execute(
        "INSERT INTO ensuite.role_scopes (id, key, name, data_source_key, resource_name, scope)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        *(encoded.decode() if name == "scope" else value for name, value in made.items()),
    )
    return made


def _check_scope(call: Call, collection: Collection, scope: object) -> None:
    """Refuse now what would fail later, in the requests of those whom it limits."""
    parser = Parser(call.snapshot.catalog, call.zone)
    try:
        _ = parser.parse(collection, substituted(scope, call.actor, call.zone))
    except InvalidFilter as error:
        message = f"scope: {error.message}"
        raise InvalidRoleResource(message) from error


for _name in ("dataSources.rolesResourcesScopes", SCOPES):
    _ = routes.add(_name, "list", permission=MANAGE, writes=False)(list_scopes)
    _ = routes.add(_name, "create", permission=MANAGE)(create_scope)
