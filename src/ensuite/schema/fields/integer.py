"""Whole numbers of four bytes."""

from typing import Annotated, Any

import msgspec
import sqlalchemy as sa

from ensuite.schema import numbers
from ensuite.schema.field import Field, field_type

LOWEST = -(2**31)
HIGHEST = 2**31 - 1


@field_type(
    "integer",
    en="Whole number",
    fr="Nombre entier",
    operators="number",
    interfaces=("integer",),
    about=("Up to about two billion", "Jusqu’à environ deux milliards"),
)
class Integer(Field):
    """A whole number between -2,147,483,648 and 2,147,483,647."""

    wire = Annotated[int, msgspec.Meta(ge=LOWEST, le=HIGHEST)]
    wire_is_stored = True
    json_is_stored = True

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.Integer()

    def parse(self, value: Any) -> int:
        return numbers.whole(value, LOWEST, HIGHEST)
