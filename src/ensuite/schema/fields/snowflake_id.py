"""Identifiers that grow with time."""

from typing import Annotated, Any

import msgspec
import sqlalchemy as sa

from ensuite.schema import numbers
from ensuite.schema.field import Field, field_type


@field_type(
    "snowflakeId",
    en="Snowflake ID",
    fr="Identifiant Snowflake",
    operators="number",
    interfaces=("snowflakeId",),
    about=("Grows with time, made by itself", "Croît avec le temps, créé automatiquement"),
)
class SnowflakeId(Field):
    """A number that identifies a record and is made when the record is created."""

    wire = Annotated[int, msgspec.Meta(ge=-numbers.MAX_SAFE_INTEGER, le=numbers.MAX_SAFE_INTEGER)]
    wire_is_stored = True
    json_is_stored = True

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.BigInteger()

    def parse(self, value: Any) -> int:
        return numbers.whole(value, -numbers.MAX_SAFE_INTEGER, numbers.MAX_SAFE_INTEGER)
