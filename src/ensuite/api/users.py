"""`users:*`: accounts, their roles, and the own profile."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from ensuite.access import passwords
from ensuite.access.actor import ROOT
from ensuite.access.policy import EVERYTHING, Grant
from ensuite.access.sessions import ACTORS_CHANNEL
from ensuite.api.answers import answered, with_outcome
from ensuite.api.call import Answer, Call, routes
from ensuite.api.conditions import by_keys, chosen
from ensuite.api.lists import get_record, list_records
from ensuite.api.outcomes import selected, started
from ensuite.data.filters import Filter
from ensuite.data.records import Written
from ensuite.data.values import INVALID_FIELD, Values, plain_object
from ensuite.errors import Conflict, Forbidden, InvalidFields, InvalidRequest, Issue
from ensuite.schema.collection import Collection

PROFILE_FIELDS = frozenset({"nickname", "username", "email", "phone", "appLang", "systemSettings"})
SET_BY_SERVER = frozenset({"id", "password", "passwordChangeTz", "roles"})
"""Fields of a body that are not written as they come."""

MANAGE = "pm.users"

LOGIN_NAMES: Mapping[str, tuple[re.Pattern[str], str]] = {
    "email": (re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}"), "is an e-mail address"),
    # One signs in with either: a user name that looks like somebody's address would shadow it.
    "username": (re.compile(r"[^@<>\"'/\s]{1,50}"), "has no spaces, @, quotes, /, < or >"),
    "phone": (re.compile(r"[^@<>\"'/]{1,50}"), "is a phone number"),
}


class UnknownRole(InvalidRequest):
    """There is no role of this name; `roles:list` shows those that exist."""

    code = "UNKNOWN_ROLE"


class RootNeeded(Conflict):
    """Somebody has to hold the role root; give it to another account first."""

    code = "ROOT_NEEDED"


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
    return await list_records(call, _users(call), _grant(call, "list"))


@routes.add("users", "get", writes=False)
async def get_user(call: Call) -> Answer:
    """One user."""
    return await get_record(call, _users(call), _grant(call, "get"))


@routes.add("users", "create", permission=MANAGE)
async def create_user(call: Call) -> Answer:
    """Create a user, with a password and roles (`roles: ["member"]`)."""
    users = _users(call)
    body = plain_object(call.body)
    values = await _values(call, users, body)
    role_names = _role_names(call, body.get("roles"))
    if role_names is None:
        role_names = await _default_roles(call)
    selection = selected(call, users, "create")
    async with call.transaction() as tx:
        one = await call.snapshot.records.create_in(
            tx, call.operation("create", selection), users, values
        )
        await _set_roles(tx, one.record["id"], role_names)
        _ = await tx.execute("SELECT pg_notify($1, '')", ACTORS_CHANNEL)
    outcome = await started(call, selection, (one,))
    return await answered(call, users, (one,), outcome, many=False)


@routes.add("users", "update", permission=MANAGE)
async def update_users(call: Call) -> Answer:
    """Change users, also their password and their roles."""
    users = _users(call)
    body = plain_object(call.body)
    condition = chosen(call, users, EVERYTHING, required=True)
    return await _update(call, users, body, condition)


@routes.add("users", "updateProfile")
async def update_profile(call: Call) -> Answer:
    """Change the own profile; it is an `update` of `users` for workflows."""
    users = _users(call)
    given = plain_object(call.body)
    body = {name: value for name, value in given.items() if name in PROFILE_FIELDS}
    return await _update(call, users, body, by_keys(users, call.actor.user_id), own=True)


@routes.add("users", "destroy", permission=MANAGE)
async def destroy_users(call: Call) -> Answer:
    """Delete users."""
    users = _users(call)
    condition = chosen(call, users, EVERYTHING, required=True)
    selection = selected(call, users, "destroy")
    async with call.transaction() as tx:
        before = await _roots(tx)
        written = await call.snapshot.records.destroy_in(
            tx, call.operation("destroy", selection), users, condition
        )
        gone = {each.record["id"] for each in written}
        if call.actor.user_id in gone:
            message = "nobody can delete the own account"
            raise Forbidden(message)
        await _check_roots(call, tx, before, gone)
        _ = await tx.execute("SELECT pg_notify($1, '')", ACTORS_CHANNEL)
    await call.means.forget_actors()
    outcome = await started(call, selection, written)
    return with_outcome(len(written), outcome)


async def _update(
    call: Call,
    users: Collection,
    body: Mapping[str, Any],
    condition: Filter,
    *,
    own: bool = False,
) -> Answer:
    values = await _values(call, users, body)
    role_names = _role_names(call, body.get("roles"))
    selection = selected(call, users, "update")
    written: list[Written] = []
    async with call.transaction() as tx:
        before = await _roots(tx)
        written = await call.snapshot.records.update_in(
            tx, call.operation("update", selection), users, condition, values
        )
        for each in written if role_names is not None else ():
            await _set_roles(tx, each.record["id"], role_names or [])
        if not own:
            await _check_roots(call, tx, before, {each.record["id"] for each in written})
        _ = await tx.execute("SELECT pg_notify($1, '')", ACTORS_CHANNEL)
    await call.means.forget_actors()
    outcome = await started(call, selection, written)
    return await answered(call, users, written, outcome, many=True)


async def _values(call: Call, users: Collection, body: Mapping[str, Any]) -> Values:
    given = {name: value for name, value in body.items() if name not in SET_BY_SERVER}
    # An empty form field is no value: two accounts without a phone do not share one.
    given |= {name: None for name in LOGIN_NAMES if given.get(name) == ""}
    values = call.snapshot.records.input(users, EVERYTHING).parse(given)
    issues = [
        Issue(f"{users.columns[name].title} {rule}", INVALID_FIELD, name)
        for name, (pattern, rule) in LOGIN_NAMES.items()
        if values.stored.get(name) is not None and not pattern.fullmatch(values.stored[name])
    ]
    if issues:
        raise InvalidFields("; ".join(issue.message for issue in issues), issues=issues)
    password = body.get("password")
    if password is not None:
        values.stored["password"] = await passwords.hashed(password)
        now = call.means.clock.now()
        values.stored["passwordChangeTz"] = int(now.timestamp() * 1000)
    return values


# --- roles --------------------------------------------------------------------------------


def _role_names(call: Call, given: object) -> list[str] | None:
    """The roles that a body gives; None: it says nothing of roles."""
    if given is None:
        return None
    if not isinstance(given, list):
        message = "roles is a list of role names"
        raise InvalidRequest(message)
    names: list[str] = []
    for each in given:
        name = each.get("name") if isinstance(each, dict) else each
        if not isinstance(name, str) or name not in call.snapshot.policy.roles:
            message = f"there is no role {name!r}"
            raise UnknownRole(message)
        if name == ROOT and not call.actor.is_root:
            message = "only root gives the role root"
            raise Forbidden(message)
        if name not in names:
            names.append(name)
    return names


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
    for name in names:
        _ = await tx.execute(
            'INSERT INTO ensuite.roles_users (user_id, role_name, "default") VALUES ($1, $2, $3)',
            user_id,
            name,
            name == default,
        )


async def _roots(tx: asyncpg.Connection) -> set[int]:
    """The accounts that hold root, which nobody else changes until this transaction ends."""
    # Two roots that take the role from each other at once would leave nobody with it.
    _ = await tx.execute("SELECT 1 FROM ensuite.roles WHERE name = 'root' FOR NO KEY UPDATE")
    rows = await tx.fetch("SELECT user_id FROM ensuite.roles_users WHERE role_name = 'root'")
    return {row["user_id"] for row in rows}


async def _check_roots(
    call: Call, tx: asyncpg.Connection, before: set[int], touched: set[int]
) -> None:
    """Only root changes an account that holds root, by its password for one; one is always left.

    Raises:
        Forbidden, RootNeeded: so that the transaction is undone.

    """
    if before & touched and not call.actor.is_root:
        message = "only root changes an account that holds the role root"
        raise Forbidden(message)
    if not await tx.fetchval("SELECT 1 FROM ensuite.roles_users WHERE role_name = 'root' LIMIT 1"):
        raise RootNeeded
