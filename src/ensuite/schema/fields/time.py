"""A time of day."""

from datetime import time
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa

from ensuite.schema import moments
from ensuite.schema.field import Field, field_type


@field_type(
    "time",
    en="Time",
    fr="Heure",
    operators="time",
    interfaces=("time",),
    about=("A time of day", "Une heure de la journée"),
)
class Time(Field):
    """A time of day, to the second."""

    wire = Annotated[time, msgspec.Meta(tz=False)]

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.Time()

    def parse(self, value: Any) -> time:
        return moments.time_of_day(value)

    def to_json(self, value: time) -> str:
        return value.isoformat("seconds")
