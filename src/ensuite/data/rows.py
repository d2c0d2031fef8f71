"""A new record's values: what the client sent, completed by defaults and by the server."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum, auto
from typing import Any

import msgspec

from ensuite.clock import to_wire
from ensuite.errors import InvalidFields, Issue
from ensuite.schema.collection import MOMENTS, Collection, is_filled_by_server
from ensuite.schema.field import Field
from ensuite.schema.validation import is_required


class Source(Enum):
    """Where a new record's value comes from when the client sends none."""

    CLIENT = auto()
    NOW = auto()
    ACTOR = auto()
    ID = auto()
    GENERATED = auto()
    DATABASE = auto()


class Moment(msgspec.Struct, frozen=True, gc=False):
    """The circumstances of a write: when, by whom, and where ids come from."""

    now: datetime
    now_json: str
    user_id: int | None
    next_id: Callable[[], int]

    @classmethod
    def at(cls, now: datetime, user_id: int | None, next_id: Callable[[], int]) -> "Moment":
        """A moment with its time written out once."""
        return cls(now, to_wire(now), user_id, next_id)


class NewRow:
    """How new records of one collection get their values; made once per snapshot."""

    def __init__(self, collection: Collection) -> None:
        self.automatic = collection.automatic
        self._hidden = [name for name, field in collection.columns.items() if field.hidden]
        self._required: list[Field] = []
        self._plan: list[tuple[str, Source, Any, Any, Callable[[Any], Any] | None, Field]] = []
        for name, field in collection.columns.items():
            default = default_of(field)
            convert = None if field.json_is_stored else field.to_json
            shown = default if default is None or convert is None else convert(default)
            source = source_of(field)
            self._plan.append((name, source, default, shown, convert, field))
            if source is Source.CLIENT and default is None and is_required(field):
                self._required.append(field)

    def fill(self, stored: Mapping[str, Any], moment: Moment) -> tuple[list[Any], dict[str, Any]]:
        """The row in column order, and the record as JSON values, of one set of stored values.

        The value that the database counts up is None in both when the client did not send one.

        Raises:
            InvalidFields: a field that a rule requires has no value; all of them are listed.

        """
        if self._required:
            self._check_required(stored)
        row: list[Any] = []
        record: dict[str, Any] = {}
        for name, source, default, shown, convert, field in self._plan:
            if source is Source.NOW:
                row.append(moment.now)
                record[name] = moment.now_json
                continue
            if source is Source.ACTOR:
                row.append(moment.user_id)
                record[name] = moment.user_id
                continue
            value = stored.get(name)
            if value is None:
                if source is Source.ID:
                    value = moment.next_id()
                elif source is Source.GENERATED:
                    value = field.generate()
                elif name not in stored and default is not None:
                    row.append(default)
                    record[name] = shown
                    continue
            row.append(value)
            record[name] = value if value is None or convert is None else convert(value)
        for name in self._hidden:
            del record[name]
        return row, record

    def _check_required(self, stored: Mapping[str, Any]) -> None:
        issues = [
            Issue(f"{field.title} is required", InvalidFields.code, field.name)
            for field in self._required
            if stored.get(field.name) is None
        ]
        if issues:
            raise InvalidFields("; ".join(issue.message for issue in issues), issues=issues)


def source_of(field: Field) -> Source:
    """Who fills the field in."""
    if field.auto_increment:
        return Source.DATABASE
    if field.type == "snowflakeId" and field.primary_key:
        return Source.ID
    if is_filled_by_server(field):
        return Source.NOW if field.name in MOMENTS else Source.ACTOR
    return Source.GENERATED if field.generates else Source.CLIENT


def default_of(field: Field) -> Any:
    """The field's default as it is stored; None where there is none."""
    if field.default_value is None:
        return None
    try:
        return field.parse(field.default_value)
    except ValueError:
        # Such as NocoBase's dynamic defaults: the client resolves them, the server has none.
        return None
