"""Searching a collection for a text: one filter over all fields that may hold it."""

import re

import sqlalchemy as sa

from ensuite.data.dates import Zone
from ensuite.data.filters import Condition, Filter, Group, Viewable
from ensuite.data.operators import operators
from ensuite.schema.collection import Collection
from ensuite.schema.field import Field

_whole_number = re.compile(r"[+-]?[0-9]{1,19}")


def search(collection: Collection, text: str, zone: Zone, *, viewable: Viewable) -> Filter:
    """The records that hold a text in a field that may be viewed, whatever its case.

    A whole number also finds the records that have it as their key, or in a field of whole
    numbers.  Nothing matches where the collection has no such field.

    Raises:
        ValueError: the text has characters that PostgreSQL cannot hold.

    """
    seen = viewable(collection)
    conditions: list[Condition] = []
    values: list[object] = []
    for name in collection.visible:
        field = collection.columns[name]
        operator = _operator(field, text, is_key=name in collection.identity)
        if operator is None or (seen is not None and name not in seen):
            continue
        try:
            variant, taken = operators[operator].prepare(field, text, zone)
        except (ValueError, OverflowError):
            if operator == "$eq":
                # The number is out of the field's range, so no record has it there.
                continue
            raise
        conditions.append(Condition(name, part=False, operator=operator, variant=variant, values=1))
        values += taken
    return Filter(Group("or", tuple(conditions)), tuple(values))


def _operator(field: Field, text: str, *, is_key: bool) -> str | None:
    """By which operator a field is searched, if it is."""
    if field.operators == "text" or (is_key and field.operators == "exact"):
        return "$includes"
    counts = field.operators == "number" and isinstance(field.column_type(), sa.Integer)
    return "$eq" if counts and _whole_number.fullmatch(text) else None
