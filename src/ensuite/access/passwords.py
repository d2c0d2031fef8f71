"""Passwords: argon2id, in a thread, since a hash takes tens of milliseconds on purpose."""

import asyncio
from functools import cache

from argon2 import PasswordHasher, profiles
from argon2.exceptions import Argon2Error, InvalidHashError

from ensuite.errors import InvalidRequest

MIN_LENGTH = 6
MAX_LENGTH = 256
"""A longer password would let a client choose how long a hash takes."""

CONCURRENT_HASHES = 2

COST = profiles.RFC_9106_LOW_MEMORY
"""64 MiB and three passes, as RFC 9106 recommends where memory is scarce."""

hasher = PasswordHasher.from_parameters(COST)
_slots = asyncio.Semaphore(CONCURRENT_HASHES)


@cache
def _decoy(by: PasswordHasher) -> str:
    return by.hash("nobody has this password")


class WeakPassword(InvalidRequest):
    """A password has between 6 and 256 characters."""

    code = "WEAK_PASSWORD"


async def hashed(password: object) -> str:
    """The hash to store.

    Raises:
        WeakPassword: it is no text, too short or too long.

    """
    if not isinstance(password, str) or not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise WeakPassword
    async with _slots:
        return await asyncio.to_thread(hasher.hash, password)


async def matches(password: str, stored: str | None) -> bool:
    """Whether a password is the one that was hashed.

    Takes as long for a user that does not exist (`stored` is None): the time would tell.
    """
    if len(password) > MAX_LENGTH:
        return False
    async with _slots:
        return await asyncio.to_thread(_verify, password, stored)


def _verify(password: str, stored: str | None) -> bool:
    try:
        return hasher.verify(stored or _decoy(hasher), password) and stored is not None
    except (Argon2Error, InvalidHashError):
        return False
