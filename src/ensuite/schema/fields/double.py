"""Numbers in double precision."""

from typing import Any

import sqlalchemy as sa

from ensuite.schema import numbers
from ensuite.schema.field import Field, field_type


@field_type(
    "double",
    en="Number",
    fr="Nombre",
    operators="number",
    interfaces=("number", "percent"),
    about=("With decimals, about 15 digits", "Avec décimales, environ 15 chiffres"),
)
class Double(Field):
    """A number with about 15 significant digits."""

    wire = float
    wire_is_stored = True
    json_is_stored = True

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.Double()

    def parse(self, value: Any) -> float:
        return numbers.real(value)
