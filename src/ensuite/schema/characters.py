"""Text that PostgreSQL can store, and the fields whose values are such text."""

from typing import Any

import sqlalchemy as sa

from ensuite.schema.field import Field

LARGEST_PLAIN_FLOAT = 1e21
"""JavaScript writes whole numbers below this without an exponent, and so do the clients."""


class Characters(Field):
    """A field whose values are text.

    The character NUL passes where `wire_is_stored` skips `parse`; PostgreSQL refuses it then.
    """

    wire = str
    json_is_stored = True

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.Text()

    def parse(self, value: Any) -> str:
        return storable(value)

    def operand(self, value: Any) -> str:
        return stringified(value)


def storable(value: Any) -> str:
    """Give the text back when PostgreSQL can store it.

    Raises:
        ValueError: it is no text, or holds what UTF-8 or PostgreSQL does not have.

    """
    match value:
        case str():
            if "\x00" in value:
                raise ValueError("cannot hold the character NUL")
            if not value.isascii() and any(
                "\ud800" <= character <= "\udfff" for character in value
            ):
                raise ValueError("cannot hold half of a surrogate pair")
            return value
        case _:
            raise ValueError("must be text")


def stringified(value: Any) -> str:
    """The text that a filter on a text column compares with: scalars as JSON writes them.

    Raises:
        ValueError: it is a list, an object or null.

    """
    match value:
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < LARGEST_PLAIN_FLOAT:
            return str(int(value))
        case int() | float():
            return str(value)
        case _:
            return storable(value)
