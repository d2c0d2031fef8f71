"""What an operation does to records, told to listeners before it commits.

This is the inversion that lets capture write into the record's own transaction while the data
layer knows nothing of workflows: a listener answers a change with rows that ride along.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import asyncpg
import msgspec
import sqlalchemy as sa

from ensuite.access.actor import Actor
from ensuite.schema.collection import Collection

Origin = Literal["request", "workflow"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One call, or one node's turn: made once, passed along, never copied apart."""

    id: int
    action: str
    actor: Actor | None = None
    origin: Origin = "request"
    wanted: Any = None
    """What the caller asked to start; only the listener that it is meant for looks inside."""


@dataclass(slots=True)
class Change:
    """One record that was, or is about to be, created, updated or destroyed.

    `record` holds every field as JSON values, with the associations that were written along;
    for a destroyed record its last state.  `previous` and `changed` are of an update only.
    """

    collection: Collection
    action: Literal["create", "update", "destroy"]
    record: Mapping[str, Any]
    previous: Mapping[str, Any] | None = None
    changed: tuple[str, ...] = ()
    _encoded: bytes | None = field(default=None, repr=False)

    @property
    def encoded(self) -> bytes:
        """`record` as JSON, encoded once however many executions carry it."""
        if self._encoded is None:
            self._encoded = msgspec.json.encode(self.record)
        return self._encoded


@dataclass(frozen=True, slots=True)
class Rider:
    """A row that is written by the statement, or in the transaction, that writes the record."""

    table: sa.Table
    values: tuple[Any, ...]
    """One value for each column of `table`, in its order, as asyncpg writes them."""


class Listener(Protocol):
    """Somebody who wants to write rows along with changes."""

    def decides_alone(self, operation: Operation, collection: Collection) -> bool:
        """Whether `riders` can answer; else `riders_after_reading` has to be asked."""
        ...

    def riders(self, operation: Operation, change: Change) -> Sequence[Rider]:
        """The rows for one change, from the change alone."""
        ...

    async def riders_after_reading(
        self, tx: asyncpg.Connection, operation: Operation, change: Change
    ) -> Sequence[Rider]:
        """The rows for one change whose record is written in `tx`, which also serves reads."""
        ...


listeners: list[Listener] = []
"""Filled by the composition root."""
