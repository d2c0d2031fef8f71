"""Whole numbers of eight bytes."""

from typing import Annotated, Any

import msgspec
import sqlalchemy as sa

from ensuite.schema import numbers
from ensuite.schema.field import Field, field_type

LOWEST = -(2**63)
HIGHEST = 2**63 - 1


@field_type(
    "bigInt",
    en="Big whole number",
    fr="Grand nombre entier",
    operators="number",
    interfaces=("integer", "id"),
    about=("Up to 19 digits", "Jusqu’à 19 chiffres"),
)
class BigInt(Field):
    """A whole number of up to 19 digits; one beyond 2^53 comes back as text, digit by digit."""

    wire = Annotated[int, msgspec.Meta(ge=LOWEST, le=HIGHEST)]
    wire_is_stored = True

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.BigInteger()

    def parse(self, value: Any) -> int:
        return numbers.whole(value, LOWEST, HIGHEST)

    def to_json(self, value: int) -> int | str:
        return value if abs(value) <= numbers.MAX_SAFE_INTEGER else str(value)
