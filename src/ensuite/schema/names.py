"""Names of collections and fields: checked once, before any of them reaches SQL or a path."""

import re
from typing import Any

from ensuite.errors import InvalidRequest

MAX_NAME_BYTES = 63
"""PostgreSQL cuts identifiers beyond this length (NAMEDATALEN - 1)."""

_name = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class InvalidName(InvalidRequest):
    """A name begins with a letter or `_` and holds letters, digits, `_` and `-`, 63 at most."""

    code = "INVALID_NAME"


def checked_name(name: Any, *, what: str) -> str:
    """Give the name back when it may name a `what` (a collection, a field).

    Raises:
        InvalidName: it is not a string of the form above.

    """
    if isinstance(name, str) and len(name) <= MAX_NAME_BYTES and _name.fullmatch(name):
        return name
    message = (
        f"{name!r} cannot name a {what}: begin with a letter or _ and use letters, digits, "
        f"_ and -, {MAX_NAME_BYTES} at most"
    )
    raise InvalidName(message)


def camel_singular(name: str) -> str:
    """`posts` → `post`, `blog_posts` → `blogPost`: how default foreign keys are named."""
    words = [word for word in re.split(r"[_-]+", name) if word]
    first, *rest = words or [name]
    camel = first[0].lower() + first[1:] + "".join(word[0].upper() + word[1:] for word in rest)
    return singular(camel)


def singular(word: str) -> str:
    """The English singular of a plural word, by its ending; other words stay as they are."""
    for ending, replacement in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + replacement
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 2:  # noqa: PLR2004
        return word[:-1]
    return word
