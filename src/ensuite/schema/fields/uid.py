"""Short identifiers."""

import secrets
import string

from ensuite.schema.characters import Characters
from ensuite.schema.field import field_type

ALPHABET = string.digits + string.ascii_lowercase
SIZE = 11


@field_type(
    "uid", en="Short identifier", fr="Identifiant court", operators="text", interfaces=("input",)
)
class Uid(Characters):
    """A short text that identifies a record, made at random when none is given."""

    generates = True
    wire_is_stored = True

    prefix: str = ""
    """What the generated identifiers begin with."""

    def generate(self) -> str:
        return self.prefix + "".join(secrets.choice(ALPHABET) for _ in range(SIZE))
