"""The first account: whoever can read what the server prints makes it, and is root."""

import hashlib
import hmac

from ensuite.errors import Conflict, Forbidden
from ensuite.ids import IdGenerator, UserId
from ensuite.storage.database import Database

ROLES = ("root", "admin", "member")
NICKNAME = "Super Admin"
CODE_LENGTH = 32


class FirstAccountExists(Conflict):
    """There are accounts already: sign in with one, or ask its owner to make another."""

    code = "FIRST_ACCOUNT_EXISTS"


class WrongSetupCode(Forbidden):
    """This is not the code that the server printed when it started."""

    code = "WRONG_SETUP_CODE"


def setup_code(secret: str) -> str:
    """What proves that somebody can read what the server prints; 128 bits, for one key the same.

    It is good only while there are no users, so nothing has to be kept for it.
    """
    return hmac.new(secret.encode(), b"first account", hashlib.sha256).hexdigest()[:CODE_LENGTH]


def check_code(secret: str, given: object) -> None:
    """Let only those pass who know the code.

    Raises:
        WrongSetupCode: it is another one.

    """
    text = given if isinstance(given, str) else ""
    if not hmac.compare_digest(text.strip().encode(), setup_code(secret).encode()):
        raise WrongSetupCode


async def is_needed(database: Database) -> bool:
    """Whether nobody has an account."""
    return await database.fetchrow("SELECT 1 FROM ensuite.users LIMIT 1") is None


async def create(
    database: Database,
    ids: IdGenerator,
    *,
    email: str,
    hashed: str,
    nickname: str = NICKNAME,
    username: str | None = None,
) -> UserId:
    """Make the first account, with the roles root, admin and member.

    Raises:
        FirstAccountExists: somebody was faster.

    """
    async with database.transaction() as tx:
        # Two may try on one empty database: the lock lets one of them do it.
        _ = await tx.execute("LOCK TABLE ensuite.users IN EXCLUSIVE MODE")
        if await tx.fetchval("SELECT 1 FROM ensuite.users LIMIT 1"):
            raise FirstAccountExists
        user_id = UserId(ids())
        _ = await tx.execute(
            "INSERT INTO ensuite.users (id, nickname, username, email, password)"
            " VALUES ($1, $2, $3, $4, $5)",
            user_id,
            nickname,
            username,
            email,
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
    return user_id
