"""A date."""

from datetime import date
from typing import Any

import sqlalchemy as sa

from ensuite.schema import moments
from ensuite.schema.field import Field, field_type


@field_type(
    "dateOnly",
    en="Date",
    fr="Date",
    operators="date",
    interfaces=("date",),
    about=("A day without a time", "Un jour sans heure"),
)
class DateOnly(Field):
    """A day of the calendar."""

    wire = date
    wire_is_stored = True

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.Date()

    def parse(self, value: Any) -> date:
        return moments.day(value)

    def to_json(self, value: date) -> str:
        return value.isoformat()
