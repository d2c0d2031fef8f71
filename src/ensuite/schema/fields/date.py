"""A date and time."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa

from ensuite.clock import to_wire
from ensuite.schema import moments
from ensuite.schema.field import Field, field_type


@field_type(
    "date",
    en="Date and time",
    fr="Date et heure",
    operators="moment",
    interfaces=("datetime", "createdAt", "updatedAt"),
    aliases=("datetime", "datetimeTz"),
    about=("The same moment for everybody", "Le même instant pour tous"),
)
class Date(Field):
    """A date and time that is the same moment for everybody, wherever they are."""

    wire = Annotated[datetime, msgspec.Meta(tz=True)]

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.DateTime(timezone=True)

    def parse(self, value: Any) -> datetime:
        return moments.instant(value)

    def to_json(self, value: datetime) -> str:
        return to_wire(value)
