"""API keys: shown once, stored as SHA-256, bound to one role."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from ensuite.errors import InvalidRequest

PREFIX = "en_"
SHOWN_PREFIX_LENGTH = 10
"""How much of a key stays readable in lists, so that people can tell keys apart."""

_days = re.compile(r"(\d{1,5})d")


class InvalidExpiry(InvalidRequest):
    """`expiresIn` is a number of days such as `30d`, or `never`."""

    code = "INVALID_EXPIRY"


def make() -> str:
    """A new key: 256 random bits, so an unsalted digest is enough to store."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(key: str) -> bytes:
    """What is stored and looked up in place of the key."""
    return hashlib.sha256(key.encode()).digest()


def expiry(expires_in: object, now: datetime) -> datetime | None:
    """When a key made now ends; None: never.

    Raises:
        InvalidExpiry: it is neither `<n>d` nor `never`.

    """
    if expires_in == "never":
        return None
    found = _days.fullmatch(expires_in) if isinstance(expires_in, str) else None
    if found is None or int(found.group(1)) == 0:
        raise InvalidExpiry
    return now + timedelta(days=int(found.group(1)))
