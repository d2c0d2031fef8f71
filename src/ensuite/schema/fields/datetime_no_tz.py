"""A date and time without a time zone."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa

from ensuite.schema import moments
from ensuite.schema.field import Field, field_type


@field_type(
    "datetimeNoTz",
    en="Date and time, no time zone",
    fr="Date et heure sans fuseau",
    operators="moment",
    interfaces=("datetimeNoTz",),
    about=("As it is on the wall clock", "Telles qu’à l’horloge"),
)
class DatetimeNoTz(Field):
    """A date and time as a clock on the wall shows it, the same text for everybody."""

    wire = Annotated[datetime, msgspec.Meta(tz=False)]

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.DateTime()

    def parse(self, value: Any) -> datetime:
        return moments.wall_clock(value)

    def to_json(self, value: datetime) -> str:
        return value.isoformat(" ", "seconds")
