"""Names of collections and fields: checked once, before any of them reaches SQL or a path."""

import hashlib
import re
from typing import Any

from ensuite.errors import InvalidRequest

MAX_NAME_BYTES = 63
"""PostgreSQL cuts identifiers beyond this length (NAMEDATALEN - 1)."""

SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
"""Columns that every PostgreSQL table has already."""

DIGEST_BYTES = 6

_name = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class InvalidName(InvalidRequest):
    """A name begins with a letter or `_` and holds letters, digits, `_` and `-`, 63 at most."""

    code = "INVALID_NAME"


def checked_name(name: Any, *, what: str) -> str:
    """Give the name back when it may name a `what` (a collection, a field).

    Raises:
        InvalidName: it is not a string of the form above, or PostgreSQL has it for itself.

    """
    if isinstance(name, str) and len(name) <= MAX_NAME_BYTES and _name.fullmatch(name):
        if name in SYSTEM_COLUMNS:
            message = f"{name!r} cannot name a {what}: PostgreSQL uses it itself"
            raise InvalidName(message)
        return name
    message = (
        f"{name!r} cannot name a {what}: begin with a letter or _ and use letters, digits, "
        f"_ and -, {MAX_NAME_BYTES} at most"
    )
    raise InvalidName(message)


def shortened(name: str) -> str:
    """A name that the server made, cut to what PostgreSQL takes; a digest keeps it distinct."""
    if len(name) <= MAX_NAME_BYTES:
        return name
    digest = hashlib.blake2b(name.encode(), digest_size=DIGEST_BYTES).hexdigest()
    return f"{name[: MAX_NAME_BYTES - 1 - len(digest)]}_{digest}"


def camel_singular(name: str) -> str:
    """`posts` → `post`, `blog_posts` → `blogPost`: how default foreign keys are named."""
    words = [word for word in re.split(r"[_-]+", name) if word]
    first, *rest = words or [name]
    camel = first[0].lower() + first[1:] + "".join(word[0].upper() + word[1:] for word in rest)
    return singular(camel)


_irregular = {"people": "person", "children": "child", "men": "man", "women": "woman"}


def singular(word: str) -> str:
    """The English singular of a plural word, by its ending; other words stay as they are."""
    if word in _irregular:
        return _irregular[word]
    for ending, replacement in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + replacement
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 2:  # noqa: PLR2004
        return word[:-1]
    return word
