"""Fields whose values are lists, in a `jsonb` column."""

from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from ensuite.schema.field import Field
from ensuite.schema.json_text import json_text


class List(Field):
    """A field whose values are lists; asyncpg gives and takes them as JSON text."""

    wire = list[Any]

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return JSONB(none_as_null=True)

    def parse(self, value: Any) -> str:
        return json_text(self.members(value))

    def members(self, value: Any) -> list[Any]:
        """What is in the list that a client sent.

        Raises:
            ValueError: it is no list.

        """
        plain = msgspec.json.decode(value) if isinstance(value, msgspec.Raw) else value
        match plain:
            case list() | tuple():
                return list(plain)
            case _:
                raise ValueError("must be a list")

    def to_json(self, value: str) -> msgspec.Raw:
        return msgspec.Raw(value.encode())
