"""Numbers in double precision, under the name that older clients use."""

from typing import Any

import sqlalchemy as sa

from ensuite.schema import numbers
from ensuite.schema.field import Field, field_type


@field_type(
    "float",
    en="Number (float)",
    fr="Nombre (flottant)",
    operators="number",
    interfaces=("number", "percent"),
    about=("The same as Number, under an older name", "Comme Nombre, sous un ancien nom"),
)
class Float(Field):
    """A number with about 15 significant digits, stored exactly as `double` is."""

    wire = float
    wire_is_stored = True
    json_is_stored = True

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.Double()

    def parse(self, value: Any) -> float:
        return numbers.real(value)
