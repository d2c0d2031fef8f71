"""Yes or no."""

from typing import Any

import sqlalchemy as sa

from ensuite.schema.field import Field, field_type

_words = {"true": True, "1": True, "false": False, "0": False}


@field_type(
    "boolean",
    en="Checkbox",
    fr="Case à cocher",
    operators="boolean",
    interfaces=("checkbox",),
    about=("Yes or no", "Oui ou non"),
)
class Boolean(Field):
    """Yes or no."""

    wire = bool
    wire_is_stored = True
    json_is_stored = True

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.Boolean()

    def parse(self, value: Any) -> bool:
        match value:
            case bool():
                return value
            case int() if value in (0, 1):
                return value == 1
            case str() if value.lower() in _words:
                return _words[value.lower()]
            case _:
                raise ValueError("must be true or false")
