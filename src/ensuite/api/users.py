"""`users:*`: accounts, their roles, and the own profile."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from ensuite.access import passwords
from ensuite.access.policy import EVERYTHING, Grant
from ensuite.access.sessions import ACTORS_CHANNEL
from ensuite.api import records
from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.api.outcomes import selected, started
from ensuite.data.filters import Filter
from ensuite.data.records import Written
from ensuite.data.values import Values, plain_object
from ensuite.errors import Forbidden, InvalidRequest
from ensuite.schema.collection import Collection

PROFILE_FIELDS = frozenset({"nickname", "username", "email", "phone", "appLang", "systemSettings"})
MANAGE = "pm.users"


class UnknownRole(InvalidRequest):
    """There is no role of this name; `roles:list` shows those that exist."""

    code = "UNKNOWN_ROLE"


def _grant(call: Call, action: str) -> Grant:
    """Administrators manage all users; others see what their role's configuration says."""
    role = call.snapshot.policy.roles.get(call.actor.role)
    if role is not None and role.has_snippet(MANAGE):
        return EVERYTHING
    return call.snapshot.policy.grant(call.actor, action, _users(call))


def _users(call: Call) -> Collection:
    return call.snapshot.catalog["users"]


@routes.add("users", "list", writes=False)
async def list_users(call: Call) -> Answer:
    """One page of users."""
    return await records.list_records(call, _users(call), _grant(call, "list"))


@routes.add("users", "get", writes=False)
async def get_user(call: Call) -> Answer:
    """One user."""
    return await records.get_record(call, _users(call), _grant(call, "get"))


@routes.add("users", "create", permission=MANAGE)
async def create_user(call: Call) -> Answer:
    """Create a user, with a password and roles (`roles: ["member"]`)."""
    users = _users(call)
    body = plain_object(call.body)
    values = await _values(call, users, body)
    _ = values.nested.pop("roles", None)
    role_names = _role_names(call, body.get("roles")) if body.get("roles") is not None else None
    if role_names is None:
        role_names = await _default_roles(call)
    selection = selected(call, users, "create")
    async with call.means.database.transaction() as tx:
        one = await call.snapshot.records.create_in(
            tx, call.operation("create", selection), users, values
        )
        await _set_roles(tx, one.record["id"], role_names)
        _ = await tx.execute("SELECT pg_notify($1, '')", ACTORS_CHANNEL)
    outcome = await started(call, selection, (one,))
    return await records.answered(call, users, (one,), outcome, many=False)


@routes.add("users", "update", permission=MANAGE)
async def update_users(call: Call) -> Answer:
    """Change users, also their password and their roles."""
    users = _users(call)
    body = plain_object(call.body)
    condition = records.chosen(call, users, EVERYTHING, required=True)
    return await _update(call, users, body, condition)


@routes.add("users", "updateProfile")
async def update_profile(call: Call) -> Answer:
    """Change the own profile; it is an `update` of `users` for workflows."""
    users = _users(call)
    given = plain_object(call.body)
    body = {name: value for name, value in given.items() if name in PROFILE_FIELDS}
    return await _update(call, users, body, records.by_keys(users, call.actor.user_id))


@routes.add("users", "destroy", permission=MANAGE)
async def destroy_users(call: Call) -> Answer:
    """Delete users."""
    users = _users(call)
    condition = records.chosen(call, users, EVERYTHING, required=True)
    selection = selected(call, users, "destroy")
    async with call.means.database.transaction() as tx:
        written = await call.snapshot.records.destroy_in(
            tx, call.operation("destroy", selection), users, condition
        )
        if any(each.record["id"] == call.actor.user_id for each in written):
            message = "nobody can delete the own account"
            raise Forbidden(message)
        _ = await tx.execute("SELECT pg_notify($1, '')", ACTORS_CHANNEL)
    await call.means.forget_actors()
    outcome = await started(call, selection, written)
    meta = {"workflows": outcome.entries} if outcome.entries else None
    return enveloped(len(written), meta)


async def _update(
    call: Call, users: Collection, body: Mapping[str, Any], condition: Filter
) -> Answer:
    values = await _values(call, users, body)
    _ = values.nested.pop("roles", None)
    role_names = _role_names(call, body["roles"]) if body.get("roles") is not None else None
    selection = selected(call, users, "update")
    written: list[Written] = []
    async with call.means.database.transaction() as tx:
        written = await call.snapshot.records.update_in(
            tx, call.operation("update", selection), users, condition, values
        )
        for each in written if role_names is not None else ():
            await _set_roles(tx, each.record["id"], role_names or [])
        _ = await tx.execute("SELECT pg_notify($1, '')", ACTORS_CHANNEL)
    await call.means.forget_actors()
    outcome = await started(call, selection, written)
    return await records.answered(call, users, written, outcome, many=True)


async def _values(call: Call, users: Collection, body: Mapping[str, Any]) -> Values:
    given = {name: value for name, value in body.items() if name not in {"password", "id"}}
    values = call.snapshot.records.input(users, EVERYTHING).parse(given)
    password = body.get("password")
    if password is not None:
        values.stored["password"] = await passwords.hashed(password)
        now = call.means.clock.now()
        values.stored["passwordChangeTz"] = int(now.timestamp() * 1000)
    return values


def _role_names(call: Call, given: object) -> list[str]:
    if not isinstance(given, list):
        message = "roles is a list of role names"
        raise InvalidRequest(message)
    names = [each.get("name") if isinstance(each, dict) else each for each in given]
    for name in names:
        if name not in call.snapshot.policy.roles:
            message = f"there is no role {name!r}"
            raise UnknownRole(message)
        if name == "root" and not call.actor.is_root:
            raise Forbidden
    return [str(name) for name in names]


async def _default_roles(call: Call) -> list[str]:
    row = await call.means.database.fetchrow(
        'SELECT name FROM ensuite.roles WHERE "default" ORDER BY created_at LIMIT 1'
    )
    return [] if row is None else [row["name"]]


async def _set_roles(tx: asyncpg.Connection, user_id: int, names: Sequence[str]) -> None:
    """Replace a user's roles; the first one is the default, unless the old default stays."""
    kept = await tx.fetchval(
        'SELECT role_name FROM ensuite.roles_users WHERE user_id = $1 AND "default"', user_id
    )
    default = kept if kept in names else (names[0] if names else None)
    _ = await tx.execute("DELETE FROM ensuite.roles_users WHERE user_id = $1", user_id)
    for name in dict.fromkeys(names):
        _ = await tx.execute(
            'INSERT INTO ensuite.roles_users (user_id, role_name, "default") VALUES ($1, $2, $3)',
            user_id,
            name,
            name == default,
        )
