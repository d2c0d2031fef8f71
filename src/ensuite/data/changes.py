"""What an operation does to records, told to listeners before it commits.

This is the inversion that lets capture write into the record's own transaction while the data
layer knows nothing of workflows: a listener answers a change with rows that ride along.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

import asyncpg
import msgspec
import sqlalchemy as sa

from ensuite.access.actor import Actor
from ensuite.schema.collection import Collection

Origin = Literal["request", "workflow"]


class Operation(msgspec.Struct, frozen=True):
    """One call, or one node's turn: made once, passed along, never copied apart."""

    id: int
    action: str
    actor: Actor | None = None
    origin: Origin = "request"
    wanted: Any = None
    """What the caller asked to start; only the listener that it is meant for looks inside."""
    execution_id: int | None = None
    """The execution whose node does it."""
    chain: Sequence[Any] = ()
    """The executions that led to it, for the listener that starts further ones."""
    traceparent: str | None = None
    """The trace that it is a part of, and its caller there."""


@dataclass(slots=True)
class Change:
    """One record that was, or is about to be, created, updated or destroyed.

    `record` holds every field as JSON values, with the associations that were written along;
    for a destroyed record its last state.  `previous` and `changed` are of an update only.
    """

    collection: Collection
    action: Literal["create", "update", "destroy"]
    _record: Mapping[str, Any] | None
    previous: Mapping[str, Any] | None = None
    changed: tuple[str, ...] = ()
    at: datetime | None = None
    """When it is about to be written; None: it is written already."""
    shown: tuple[Sequence[str], Any] | None = field(default=None, repr=False)
    """In place of `record`: the fields' names and a struct of their values."""
    known_identity: str | None = field(default=None, repr=False)
    _encoded: bytes | None = field(default=None, repr=False)

    @property
    def identity(self) -> str:
        """The record's primary key as text (see `identity_of`)."""
        if self.known_identity is not None:
            return self.known_identity
        return identity_of(self.collection, self.record)

    @property
    def record(self) -> Mapping[str, Any]:
        """Every field that is not hidden, as JSON values."""
        if self._record is None:
            assert self.shown is not None, "a change has its record in one of two forms"
            names, struct = self.shown
            self._record = dict(zip(names, msgspec.structs.astuple(struct), strict=True))
        return self._record

    @property
    def encoded(self) -> bytes:
        """`record` as JSON, encoded once however many executions carry it."""
        if self._encoded is None:
            self._encoded = msgspec.json.encode(self.shown[1] if self.shown else self.record)
        return self._encoded


def identity_of(collection: Collection, record: Mapping[str, Any]) -> str:
    """A record's primary key as text: `12`; of several fields `[12, 'fr']`; of none `[]`."""
    names = collection.primary_key
    if len(names) == 1:
        return str(record.get(names[0]))
    return str([record.get(name) for name in names])


class Rider(msgspec.Struct, frozen=True):
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
