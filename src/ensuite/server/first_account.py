"""The first account: made on the first start, so that somebody can sign in."""

import secrets
import sys

from ensuite.access import passwords
from ensuite.ids import IdGenerator
from ensuite.settings import Settings
from ensuite.storage.database import Database

ROLES = ("root", "admin", "member")


async def ensure_first_account(database: Database, settings: Settings, ids: IdGenerator) -> None:
    """Make the root account where there are no users; its password is shown once if made up here.

    Raises:
        WeakPassword: `ENSUITE_ROOT_PASSWORD` is too short.

    """
    if await database.fetchrow("SELECT 1 FROM ensuite.users LIMIT 1"):
        return
    password = settings.root_password or secrets.token_urlsafe(12)
    hashed = await passwords.hashed(password)
    async with database.transaction() as tx:
        # Two processes may start on one empty database: the lock lets one of them do it.
        _ = await tx.execute("LOCK TABLE ensuite.users IN EXCLUSIVE MODE")
        if await tx.fetchval("SELECT 1 FROM ensuite.users LIMIT 1"):
            return
        user_id = ids()
        _ = await tx.execute(
            "INSERT INTO ensuite.users (id, nickname, username, email, password)"
            " VALUES ($1, 'Super Admin', 'root', $2, $3)",
            user_id,
            settings.root_email,
            hashed,
        )
        for role in ROLES:
            _ = await tx.execute(
                'INSERT INTO ensuite.roles_users (user_id, role_name, "default")'
                " VALUES ($1, $2, $3)",
                user_id,
                role,
                role == "root",
            )
    if settings.root_password is None:
        # Not through the log: it would be kept there.
        print(  # noqa: T201
            f"\nFirst account: {settings.root_email}  password: {password}\n"
            "This password is shown only now.\n",
            file=sys.stderr,
            flush=True,
        )
