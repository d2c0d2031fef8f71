"""Short identifiers."""

import secrets
import string
from typing import Annotated

from ensuite.schema.characters import Characters
from ensuite.schema.field import field_type
from ensuite.schema.option import asked

ALPHABET = string.digits + string.ascii_lowercase
SIZE = 11


@field_type(
    "uid",
    en="Short identifier",
    fr="Identifiant court",
    operators="text",
    interfaces=("input",),
    about=("Made by itself, 11 letters and digits", "Créé automatiquement, 11 lettres et chiffres"),
)
class Uid(Characters):
    """A short text that identifies a record, made at random when none is given."""

    generates = True
    wire_is_stored = True

    prefix: Annotated[
        str,
        asked(
            "Prefix",
            "Préfixe",
            hint=(
                "What generated identifiers begin with.",
                "Le début des identifiants engendrés.",
            ),
        ),
    ] = ""
    """What the generated identifiers begin with."""

    def generate(self) -> str:
        return self.prefix + "".join(secrets.choice(ALPHABET) for _ in range(SIZE))
