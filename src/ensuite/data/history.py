"""History: what became of a record is written with each update and deletion, or not at all.

A creation needs no row of its own, since the record says who made it and when.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from ensuite.clock import Clock
from ensuite.data.changes import Change, Operation, Rider
from ensuite.schema.collection import Collection

MAX_VALUE_BYTES = 2_000
"""Of a value's JSON; of a larger one the history says only that it changed."""

record_changes = sa.Table(
    "record_changes",
    sa.MetaData(),
    sa.Column("id", sa.BigInteger()),
    sa.Column("collection", sa.Text()),
    sa.Column("record_key", sa.Text()),
    sa.Column("action", sa.Text()),
    sa.Column("user_id", sa.BigInteger()),
    sa.Column("execution_id", sa.BigInteger()),
    sa.Column("created_at", sa.DateTime(timezone=True)),
    sa.Column("changes", postgresql.JSON()),
    schema="ensuite",
)


@dataclass(frozen=True)
class History:
    """The listener that keeps what changed; a collection with `logging: false` is left out."""

    next_id: Callable[[], int]
    clock: Clock

    def decides_alone(self, operation: Operation, collection: Collection) -> bool:
        """Whether the change tells everything: always."""
        return True

    def riders(self, operation: Operation, change: Change) -> Sequence[Rider]:
        """One row for an update that changed something, and for a deletion."""
        collection = change.collection
        if change.action == "create" or (change.action == "update" and not change.changed):
            return ()
        if collection.system or not collection.primary_key:
            return ()
        if collection.options.get("logging") is False:
            return ()
        before: Mapping[str, Any] = change.previous or {}
        changes = [_entry(name, before[name], change.record[name]) for name in change.changed]
        row = (
            self.next_id(),
            collection.name,
            change.identity,
            change.action,
            None if operation.actor is None else operation.actor.user_id,
            operation.execution_id,
            self.clock.now(),
            msgspec.json.encode(changes).decode(),
        )
        return (Rider(record_changes, row),)

    async def riders_after_reading(
        self, tx: asyncpg.Connection, operation: Operation, change: Change
    ) -> Sequence[Rider]:
        """The same: nothing is to be read."""
        return self.riders(operation, change)


def _entry(name: str, old: Any, new: Any) -> dict[str, Any]:
    if max(len(msgspec.json.encode(old)), len(msgspec.json.encode(new))) > MAX_VALUE_BYTES:
        return {"field": name, "large": True}
    return {"field": name, "from": old, "to": new}
