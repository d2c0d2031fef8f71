"""Numbers with a fixed number of decimal places."""

import decimal
from typing import Annotated, Any, Self

import pydantic
import sqlalchemy as sa

from ensuite.schema import numbers
from ensuite.schema.field import Field, field_type
from ensuite.schema.option import asked

MAX_PRECISION = 1_000  # PostgreSQL's


@field_type(
    "decimal",
    en="Decimal",
    fr="Nombre décimal",
    operators="number",
    interfaces=("number",),
    about=("Exact, for money", "Exact, pour l’argent"),
)
class Decimal(Field):
    """A number with a fixed number of decimal places, such as an amount of money."""

    wire = decimal.Decimal

    precision: Annotated[
        int,
        pydantic.Field(ge=1, le=MAX_PRECISION),
        asked(
            "Digits",
            "Chiffres",
            hint=(
                "Before and after the decimal point together.",
                "Avant et après la virgule, au total.",
            ),
            fixed=True,
        ),
    ] = 10
    """How many digits a value may have, before and after the decimal point together."""
    scale: Annotated[
        int,
        pydantic.Field(ge=0),
        asked(
            "Decimal places",
            "Décimales",
            hint=("What is beyond is rounded.", "Ce qui dépasse est arrondi."),
            fixed=True,
        ),
    ] = 2
    """How many of them are after the decimal point; what is beyond is rounded, halves up."""

    @pydantic.model_validator(mode="after")
    def _has_room_for_its_places(self) -> Self:
        if self.scale > self.precision:
            raise ValueError("scale can be at most precision")
        return self

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.Numeric(self.precision, self.scale)

    def parse(self, value: Any) -> decimal.Decimal:
        number = numbers.exact(value)
        whole_digits = self.precision - self.scale
        # An exponent that is far too large cannot be written out; ask for its size first.
        if not number or number.adjusted() < whole_digits:
            context = decimal.Context(prec=self.precision + 1, rounding=decimal.ROUND_HALF_UP)
            rounded = number.quantize(decimal.Decimal(1).scaleb(-self.scale), context=context)
            if not rounded:
                return rounded.copy_abs()
            if rounded.adjusted() < whole_digits:
                return rounded
        highest = "9" * whole_digits or "0"
        if self.scale:
            highest += "." + "9" * self.scale
        raise ValueError(f"must be a number between -{highest} and {highest}")

    def operand(self, value: Any) -> decimal.Decimal:
        return numbers.exact(value)

    def to_json(self, value: decimal.Decimal) -> str:
        return f"{value:f}"
