"""Text of one line."""

from typing import Annotated, Any

from pydantic import PositiveInt

from ensuite.schema.characters import Characters
from ensuite.schema.field import field_type
from ensuite.schema.option import asked


@field_type(
    "string",
    en="Text",
    fr="Texte",
    operators="text",
    interfaces=("input", "email", "phone", "url", "color", "icon", "select", "radioGroup"),
    about=("One line, such as a name or an address", "Une ligne, comme un nom ou une adresse"),
)
class String(Characters):
    """Text of one line, such as a name or an address."""

    length: Annotated[
        PositiveInt | None,
        asked(
            "Longest",
            "Longueur maximale",
            hint=(
                "In characters. Left empty, any number.",
                "En caractères. Laissée vide, sans limite.",
            ),
        ),
    ] = None
    """How many characters a value may have; absent: any number."""
    trim: Annotated[
        bool,
        asked(
            "Trim",
            "Élaguer",
            hint=(
                "Cut off white space at both ends.",
                "Supprimer les espaces aux deux extrémités.",
            ),
        ),
    ] = False
    """Whether white space at both ends is cut off."""

    # What the class promises for all of its fields, each field of it can promise for itself.
    @property
    def wire_is_stored(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.length is None and not self.trim

    def parse(self, value: Any) -> str:
        text = super().parse(value)
        if self.trim:
            text = text.strip()
        if self.length is not None and len(text) > self.length:
            raise ValueError(f"must be at most {self.length:,} characters long")
        return text
