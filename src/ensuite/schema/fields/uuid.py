"""Universally unique identifiers."""

import re
import uuid
from typing import Any

import sqlalchemy as sa

from ensuite.schema.field import Field, field_type
from ensuite.schema.option import AutoFill

_form = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@field_type(
    "uuid",
    en="UUID",
    fr="UUID",
    operators="exact",
    interfaces=("uuid",),
    about=("Made by itself, 36 characters", "Créé automatiquement, 36 caractères"),
)
class Uuid(Field):
    """A universally unique identifier, made at random when none is given."""

    generates = True
    wire = uuid.UUID
    wire_is_stored = True

    auto_fill: AutoFill = True
    """Whether a new record gets an identifier when none is given."""

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.Uuid()

    def parse(self, value: Any) -> uuid.UUID:
        match value:
            case uuid.UUID():
                return value
            case str() if _form.fullmatch(value):
                return uuid.UUID(value)
            case _:
                raise ValueError("must be a UUID such as 0f8fad5b-d9cb-469f-a165-70867728950e")

    def to_json(self, value: uuid.UUID) -> str:
        return str(value)

    def generate(self) -> uuid.UUID | None:
        return uuid.uuid4() if self.auto_fill else None
