"""A password."""

import hashlib
import secrets
from typing import Any

import pydantic
import sqlalchemy as sa

from ensuite.schema.characters import storable
from ensuite.schema.field import Field, field_type

SCRYPT_COST = 2**14
SCRYPT_BLOCK_SIZE = 8
SCRYPT_PARALLELISM = 1
SALT_BYTES = 16
DIGEST_BYTES = 32


@field_type(
    "password",
    en="Password",
    fr="Mot de passe",
    interfaces=("password",),
    about=("Stored hashed, never shown", "Stocké haché, jamais affiché"),
)
class Password(Field):
    """A password, of which only a salted digest is stored and nothing is ever shown."""

    wire = str
    parses_slowly = True

    hidden: bool = True

    @pydantic.field_validator("hidden")
    @classmethod
    def _stays_hidden(cls, hidden: bool) -> bool:  # noqa: FBT001 - pydantic calls it
        if not hidden:
            raise ValueError("a password is always hidden")
        return hidden

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.Text()

    def parse(self, value: Any) -> str:
        """Digest the password; this takes some 50 ms and other threads can run meanwhile."""
        password = storable(value)
        if not password:
            raise ValueError("must not be empty")
        salt = secrets.token_bytes(SALT_BYTES)
        digest = hashlib.scrypt(
            password.encode(),
            salt=salt,
            n=SCRYPT_COST,
            r=SCRYPT_BLOCK_SIZE,
            p=SCRYPT_PARALLELISM,
            dklen=DIGEST_BYTES,
        )
        parameters = f"{SCRYPT_COST}${SCRYPT_BLOCK_SIZE}${SCRYPT_PARALLELISM}"
        return f"scrypt${parameters}${salt.hex()}${digest.hex()}"
