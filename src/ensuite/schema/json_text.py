"""JSON as a `jsonb` column takes it: text that PostgreSQL can turn into its own form."""

import re
from typing import Any

import msgspec

# An escaped NUL, not the six characters that follow an escaped backslash.
_escaped_nul = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def json_text(value: Any) -> str:
    """The text of a JSON value.

    Raises:
        ValueError: a text in it holds what UTF-8 or PostgreSQL does not have.

    """
    try:
        return checked(msgspec.json.encode(value).decode())
    except UnicodeEncodeError:
        raise ValueError("cannot hold half of a surrogate pair") from None


def checked(text: str) -> str:
    """Give valid JSON text back when PostgreSQL can store it.

    Raises:
        ValueError: it escapes the character NUL, the one that `jsonb` does not have.

    """
    if _escaped_nul.search(text):
        raise ValueError("cannot hold the character NUL")
    return text
