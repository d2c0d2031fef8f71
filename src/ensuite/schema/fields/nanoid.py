"""Random identifiers of a chosen length and alphabet."""

import secrets
import string
from typing import Annotated

import pydantic

from ensuite.schema.characters import Characters
from ensuite.schema.field import field_type
from ensuite.schema.option import AutoFill, asked

ALPHABET = string.digits + string.ascii_letters + "_-"
MAX_SIZE = 255


@field_type(
    "nanoid",
    en="Nano ID",
    fr="Nano ID",
    operators="text",
    interfaces=("nanoid",),
    about=("Made by itself, of a length you choose", "Créé automatiquement, de longueur choisie"),
)
class Nanoid(Characters):
    """A random text that identifies a record, of a length and from characters that you choose."""

    generates = True
    wire_is_stored = True

    size: Annotated[
        int,
        pydantic.Field(ge=2, le=MAX_SIZE),
        asked("Length", "Longueur", hint=("In characters.", "En caractères.")),
    ] = 12
    """How many characters a generated identifier has."""
    custom_alphabet: Annotated[
        str,
        pydantic.Field(min_length=2),
        asked(
            "Alphabet",
            "Alphabet",
            hint=(
                "The characters that it is made from.",
                "Les caractères dont il est fait.",
            ),
        ),
    ] = ALPHABET
    """The characters that it is made from."""
    auto_fill: AutoFill = True
    """Whether a new record gets an identifier when none is given."""

    def generate(self) -> str | None:
        if not self.auto_fill:
            return None
        return "".join(secrets.choice(self.custom_alphabet) for _ in range(self.size))
