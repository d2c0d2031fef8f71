"""Accounts in the database: who a token or a key stands for, and in which roles."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from ensuite.access import api_keys
from ensuite.access.actor import Actor
from ensuite.access.tokens import BlockedToken, Claims, ExpiredToken, InvalidToken
from ensuite.clock import to_wire
from ensuite.errors import Unauthenticated
from ensuite.ids import UserId
from ensuite.storage.database import Database, Row


class UserNotFound(Unauthenticated):
    """The account of this token does not exist any more."""

    code = "NOT_EXIST_USER"


class NoRoles(Unauthenticated):
    """The account has no role; an administrator has to give it one."""

    code = "USER_HAS_NO_ROLES_ERR"


class RoleNotHeld(Unauthenticated):
    """The account does not hold the role of `X-Role`; leave it out or name one that it holds."""

    code = "ROLE_NOT_FOUND_FOR_USER"


_ACCOUNT = """
SELECT u.*, (
    SELECT coalesce(
        json_agg(r.role_name ORDER BY r."default" DESC, r.created_at, r.role_name), '[]'
    )
    FROM ensuite.roles_users r WHERE r.user_id = u.id
) AS role_names
FROM ensuite.users u WHERE u.id = $1
"""


@dataclass(frozen=True, slots=True)
class Account:
    """A user and the roles it holds, the default one first."""

    user_id: UserId
    profile: Mapping[str, Any]
    roles: tuple[str, ...]
    password_changed_ms: int | None

    def acting(self, wanted: str | None) -> Actor:
        """The account as an actor in one of its roles.

        Raises:
            NoRoles: it has none.
            RoleNotHeld: `wanted` is not one of them.

        """
        if not self.roles:
            raise NoRoles
        if wanted is not None and wanted not in self.roles:
            raise RoleNotHeld
        return Actor(
            user_id=self.user_id,
            role=wanted or self.roles[0],
            user=self.profile,
            roles=self.roles,
            user_json=msgspec.json.encode(self.profile),
        )


def profile_of(row: Row) -> dict[str, Any]:
    """A user's record without hidden fields, as the API and `$context.user` show it."""
    settings = row["system_settings"]
    return {
        "id": row["id"],
        "nickname": row["nickname"],
        "username": row["username"],
        "email": row["email"],
        "phone": row["phone"],
        "appLang": row["app_lang"],
        "systemSettings": json.loads(settings) if settings else None,
        "createdAt": to_wire(row["created_at"]),
        "updatedAt": to_wire(row["updated_at"]),
        "createdById": row["created_by_id"],
        "updatedById": row["updated_by_id"],
    }


async def by_id(database: Database, user_id: int) -> Account:
    """The account of a user.

    Raises:
        UserNotFound: there is none.

    """
    row = await database.fetchrow(_ACCOUNT, user_id)
    if row is None:
        raise UserNotFound
    return Account(
        UserId(row["id"]),
        profile_of(row),
        tuple(json.loads(row["role_names"])),
        row["password_change_tz"],
    )


async def by_claims(database: Database, claims: Claims) -> Account:
    """The account that a session token stands for.

    Raises:
        BlockedToken: it was signed out.
        InvalidToken: the password was changed since the session began.
        UserNotFound: the user is gone.

    """
    revoked = await database.fetchrow(
        "SELECT 1 FROM ensuite.revoked_tokens WHERE jti = $1", claims.jti
    )
    if revoked is not None:
        raise BlockedToken
    account = await by_id(database, claims.user_id)
    changed = account.password_changed_ms
    if changed is not None and round(claims.signed_in_at * 1000) < changed:
        raise InvalidToken
    return account


async def by_api_key(database: Database, key: str, now: datetime) -> tuple[Actor, datetime | None]:
    """The actor that an API key stands for, and when the key ends.

    The key's role beats `X-Role` (wire contract, section 3).

    Raises:
        InvalidToken: there is no such key.
        ExpiredToken: it has expired.
        RoleNotHeld: its owner does not hold the role any more.

    """
    row = await database.fetchrow(
        "SELECT user_id, role_name, expires_at FROM ensuite.api_keys WHERE digest = $1",
        api_keys.digest(key),
    )
    if row is None:
        raise InvalidToken
    if row["expires_at"] is not None and row["expires_at"] <= now:
        raise ExpiredToken
    account = await by_id(database, row["user_id"])
    actor = account.acting(row["role_name"])
    bound = Actor(actor.user_id, actor.role, actor.user, (actor.role,), "api_key", actor.user_json)
    return bound, row["expires_at"]
