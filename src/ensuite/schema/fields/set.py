"""A list without duplicates."""

from typing import Any

from ensuite.schema.field import field_type
from ensuite.schema.json_text import json_text
from ensuite.schema.lists import List


@field_type(
    "set",
    en="List without duplicates",
    fr="Liste sans doublons",
    operators="array",
    interfaces=("multipleSelect", "checkboxGroup"),
    about=("Several values, each once", "Plusieurs valeurs, chacune une fois"),
)
class Set(List):
    """A list of values of which each is kept once, in the order given."""

    def members(self, value: Any) -> list[Any]:
        once: dict[str, Any] = {}
        for member in super().members(value):
            _ = once.setdefault(json_text(member), member)
        return list(once.values())
