"""A new record's values: what the client sent, completed by defaults and by the server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from ensuite.clock import to_wire
from ensuite.schema.collection import Collection
from ensuite.schema.field import Field


class _Source(Enum):
    CLIENT = auto()
    NOW = auto()
    ACTOR = auto()
    ID = auto()
    GENERATED = auto()
    DATABASE = auto()


@dataclass(frozen=True, slots=True)
class Moment:
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
        self._plan: list[tuple[str, _Source, Any, Any, Callable[[Any], Any] | None, Field]] = []
        for name, field in collection.columns.items():
            default = None if field.default_value is None else _parsed(field)
            convert = None if field.json_is_stored else field.to_json
            shown = default if default is None or convert is None else convert(default)
            self._plan.append((name, _source(field), default, shown, convert, field))

    def fill(self, stored: Mapping[str, Any], moment: Moment) -> tuple[list[Any], dict[str, Any]]:
        """The row in column order, and the record as JSON values, of one set of stored values.

        The value that the database counts up is None in both when the client did not send one.
        """
        row: list[Any] = []
        record: dict[str, Any] = {}
        for name, source, default, shown, convert, field in self._plan:
            if source is _Source.NOW:
                row.append(moment.now)
                record[name] = moment.now_json
                continue
            if source is _Source.ACTOR:
                row.append(moment.user_id)
                record[name] = moment.user_id
                continue
            value = stored.get(name)
            if value is None:
                if source is _Source.ID:
                    value = moment.next_id()
                elif source is _Source.GENERATED:
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


def _source(field: Field) -> _Source:
    if field.auto_increment:
        return _Source.DATABASE
    if field.type == "snowflakeId" and field.primary_key:
        return _Source.ID
    if field.name in {"createdAt", "updatedAt"} and field.type == "date":
        return _Source.NOW
    if field.name in {"createdById", "updatedById"}:
        return _Source.ACTOR
    return _Source.GENERATED if field.generates else _Source.CLIENT


def _parsed(field: Field) -> Any:
    try:
        return field.parse(field.default_value)
    except ValueError:
        # Such as NocoBase's dynamic defaults: the client resolves them, the server has none.
        return None
