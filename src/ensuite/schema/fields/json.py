"""Any JSON value."""

from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from ensuite.schema import json_text
from ensuite.schema.field import Field, field_type


@field_type(
    "json",
    en="JSON",
    fr="JSON",
    operators="json",
    interfaces=("json",),
    aliases=("jsonb",),
    about=("Any structure", "Une structure libre"),
)
class Json(Field):
    """Any JSON value: an object, a list, a text, a number or a boolean."""

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return JSONB(none_as_null=True)

    def parse(self, value: Any) -> str:
        if isinstance(value, msgspec.Raw):
            return json_text.checked(bytes(value).decode())
        return json_text.json_text(value)

    def to_json(self, value: str) -> msgspec.Raw:
        return msgspec.Raw(value.encode())
