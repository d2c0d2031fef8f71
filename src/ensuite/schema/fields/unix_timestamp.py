"""A date and time, stored as a count from 1970."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa

from ensuite.clock import to_wire
from ensuite.schema import moments
from ensuite.schema.field import Field, field_type
from ensuite.schema.option import asked

Accuracy = Literal["second", "millisecond"]


@field_type(
    "unixTimestamp",
    en="Unix timestamp",
    fr="Horodatage Unix",
    operators="moment",
    interfaces=("unixTimestamp",),
    about=("Stored as a count since 1970", "Stocké comme un compte depuis 1970"),
)
class UnixTimestamp(Field):
    """A date and time that the database holds as seconds or milliseconds since 1970."""

    wire = Annotated[datetime, msgspec.Meta(tz=True)]

    accuracy: Annotated[
        Accuracy,
        asked(
            "Counts",
            "Compte",
            hint=("What the stored number counts.", "Ce que compte le nombre stocké."),
            choices={
                "second": ("Seconds", "Les secondes"),
                "millisecond": ("Milliseconds", "Les millisecondes"),
            },
            fixed=True,
        ),
    ] = "second"
    """What the stored number counts; the field's form may say it instead, as NocoBase's does."""

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.BigInteger()

    @property
    def representation(self) -> tuple[str, ...]:
        return (*super().representation, str(self.milliseconds_each))

    @property
    def milliseconds_each(self) -> int:
        """How many milliseconds the stored number's unit has."""
        match self.model_extra:
            case {
                "uiSchema": {"x-component-props": {"accuracy": "second" | "millisecond" as shown}}
            }:
                accuracy = shown
            case _:
                accuracy = self.accuracy
        return 1 if accuracy == "millisecond" else 1000

    def parse(self, value: Any) -> int:
        return moments.milliseconds(moments.instant(value)) // self.milliseconds_each

    def to_json(self, value: int) -> str:
        return to_wire(moments.EPOCH + value * self.milliseconds_each * moments.MILLISECOND)
