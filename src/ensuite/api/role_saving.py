"""`roles:save`: a role as a whole, its general permissions and those in collections, or nothing."""

from typing import Any, cast

import asyncpg

from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.api.permissions import DATA_SOURCE, InvalidRoleResource, write_actions
from ensuite.api.roles import MANAGE, change_role, named_roles
from ensuite.data.values import plain_object
from ensuite.schema.alter import raise_version

MAX_RESOURCES = 1_000
"""Collections whose permissions one call changes."""


@routes.add("roles", "save", permission=MANAGE)
async def save_role(call: Call) -> Answer:
    """Change a role as `update` does, and its permissions in collections, all or nothing.

    `resources` is `{collection: {actions: [{name, fields, scope}]}}`; null in place of an object
    takes the collection's own permissions away, and one that is not named stays as it is.
    """
    body = plain_object(call.body)
    [name, *_] = named_roles(call)
    resources = _resources(body.get("resources"))
    # A collection may have been made by another process just now.
    call.snapshot = await call.means.snapshots.reload()
    async with call.means.database.transaction() as tx:
        changed = await change_role(call, tx, name, body)
        for collection, given in resources.items():
            if given is None:
                _ = await tx.execute(
                    "DELETE FROM ensuite.role_resources WHERE role_name = $1 AND name = $2",
                    name,
                    collection,
                )
            else:
                await _replace(call, tx, name, collection, given.get("actions"))
        _ = await raise_version(tx)
    _ = await call.means.snapshots.reload()
    return enveloped([changed])


def _resources(given: object) -> dict[str, dict[str, Any] | None]:
    resources = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    if (given is not None and not isinstance(given, dict)) or not all(
        each is None or isinstance(each, dict) for each in resources.values()
    ):
        message = 'resources is an object such as {"posts": {"actions": []}, "tags": null}'
        raise InvalidRoleResource(message)
    if len(resources) > MAX_RESOURCES:
        message = f"resources: {MAX_RESOURCES} collections at most in one call"
        raise InvalidRoleResource(message)
    return resources


async def _replace(
    call: Call, tx: asyncpg.Connection, role: str, collection: str, actions: object
) -> None:
    if collection not in call.snapshot.catalog:
        message = f"resources: there is no collection {collection!r}"
        raise InvalidRoleResource(message)
    resource_id = await tx.fetchval(
        "INSERT INTO ensuite.role_resources"
        " (id, role_name, data_source_key, name, using_actions_config)"
        " VALUES ($1, $2, $3, $4, true)"
        " ON CONFLICT (role_name, data_source_key, name)"
        " DO UPDATE SET using_actions_config = true RETURNING id",
        call.means.ids(),
        role,
        DATA_SOURCE,
        collection,
    )
    await write_actions(call, tx, resource_id, collection, actions)
