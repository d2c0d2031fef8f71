"""A list."""

from ensuite.schema.field import field_type
from ensuite.schema.lists import List


@field_type(
    "array",
    en="List",
    fr="Liste",
    operators="array",
    interfaces=("multipleSelect", "checkboxGroup"),
    about=("Any values in order", "Des valeurs dans un ordre"),
)
class Array(List):
    """A list of values, such as several choices."""
