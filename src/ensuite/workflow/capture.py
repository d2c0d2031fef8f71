"""Capture: the executions that an operation starts are written with the record, or not at all."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import asyncpg
import msgspec

from ensuite.access.actor import Actor
from ensuite.clock import Clock
from ensuite.data.changes import Change, Operation, identity_of
from ensuite.data.dates import Zone
from ensuite.data.filters import Filter, Keys, Parser
from ensuite.data.query import parse_selection
from ensuite.data.records import Records
from ensuite.errors import InvalidRequest
from ensuite.ids import ExecutionId
from ensuite.schema.collection import Collection
from ensuite.workflow.bindings import Bindings
from ensuite.workflow.captured import About, Captured, unusual, usual
from ensuite.workflow.flow import lane_of
from ensuite.workflow.selection import NOTHING_SELECTED, Selection, Start, caused

MAX_RELATED = 1_000
"""Executions that one `key!path` may start for one record."""


class TooManyRelatedRecords(InvalidRequest):
    """A `key!path` would start more than 1,000 executions for one record: nothing was written."""

    code = "TOO_MANY_RELATED_RECORDS"


class LeaseHolder(Protocol):
    """Who may take captured executions at once: the dispatcher of this process."""

    @property
    def owner(self) -> str:
        """The name under which it holds leases."""
        ...

    def has_room_for(self, start: Start) -> bool:
        """Whether it can begin one more execution for this start now."""
        ...


@dataclass
class Capture:
    """The listener that turns changes into executions."""

    records: Callable[[], Records]
    """The records of the current snapshot: where related records are read."""
    bindings: Callable[[], Bindings]
    next_id: Callable[[], int]
    clock: Clock
    holder: LeaseHolder | None

    def decides_alone(self, operation: Operation, collection: Collection) -> bool:
        """Whether the record as written tells every execution's context."""
        return not self._selection(operation, collection).reads

    def riders(self, operation: Operation, change: Change) -> Sequence[Captured]:
        """One execution for each start that is about the record itself."""
        starts = self._selection(operation, change.collection).entries
        if not starts:
            return ()
        return [
            self._captured(operation, change, start, change.encoded, change.identity)
            for start in starts
            if isinstance(start, Start) and start.applies(change)
        ]

    async def riders_after_reading(
        self, tx: asyncpg.Connection, operation: Operation, change: Change
    ) -> Sequence[Captured]:
        """One execution for each start and record at the end of its path."""
        captured: list[Captured] = []
        for start in self._selection(operation, change.collection).entries:
            if not isinstance(start, Start) or not start.applies(change):
                continue
            if not start.reads:
                captured.append(
                    self._captured(operation, change, start, change.encoded, change.identity)
                )
                continue
            condition = start.trigger.condition_filter
            if condition and not await self._matches(tx, change, condition):
                continue
            at, found = await self._related(tx, change, start)
            for number, data in enumerate(found):
                # Two records of one operation may lead to the same related one.
                identity = f"{change.identity}/{number}"
                about = (at.name, identity_of(at, data)) if at.primary_key else (at.name, None)
                encoded = msgspec.json.encode(data)
                captured.append(
                    self._captured(operation, change, start, encoded, identity, about, data)
                )
        return captured

    def _selection(self, operation: Operation, collection: Collection) -> Selection:
        wanted = operation.wanted
        if isinstance(wanted, Selection):
            return wanted
        if operation.origin == "workflow":
            return caused(self.bindings(), collection)
        return NOTHING_SELECTED

    async def _matches(
        self, tx: asyncpg.Connection, change: Change, condition: Mapping[str, Any]
    ) -> bool:
        """Whether the record, as it is in the transaction, matches a filter."""
        collection, records = change.collection, self.records()
        parser = Parser(records.catalog, Zone.named(None, self.clock.now()))
        stored = [
            collection.columns[name].parse(change.record[name]) for name in collection.identity
        ]
        which = [
            Filter(Keys(name), ([value],))
            for name, value in zip(collection.identity, stored, strict=True)
        ]
        wanted = parser.parse(collection, condition)
        for each in which:
            wanted &= each
        return bool(which) and await records.reader(tx).count(collection, wanted) > 0

    async def _related(
        self, tx: asyncpg.Connection, change: Change, start: Start
    ) -> tuple[Collection, list[dict[str, Any]]]:
        """The records at the end of a start's path, with the associations it wants to see."""
        records = self.records()
        catalog = records.catalog
        reader = records.reader(tx)
        # A destroyed row is gone, but what its own keys point to can still be read.
        found = [dict(change.record)]
        at = change.collection
        for name in start.path:
            selection = parse_selection(catalog, at, fields=(), appends=(name,))
            await reader.append(at, found, selection.appends)
            at = catalog[at.associations[name].target]
            found = _distinct(at, [member for record in found for member in _members(record[name])])
            if len(found) > MAX_RELATED:
                raise TooManyRelatedRecords
        if start.trigger.appends:
            selection = parse_selection(catalog, at, appends=start.trigger.appends)
            await reader.append(at, found, selection.appends)
        return at, found

    def _captured(
        self,
        operation: Operation,
        change: Change,
        start: Start,
        encoded: bytes,
        identity: str,
        place: tuple[str, str | None] | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> Captured:
        """The row of one execution; `place` is its collection and record where not the change's."""
        workflow, actor = start.workflow, operation.actor
        collection, record_key = place or (change.collection.name, identity)
        if not change.collection.primary_key:
            # Nothing else tells such records of one operation apart.
            record_key = None if place is None else record_key
            identity = f"{identity}/{self.next_id()}"
        now = change.at or self.clock.now()
        context = _context(actor, change, encoded, related=bool(start.path))
        about = About(
            collection, record_key, change.action, None if actor is None else actor.user_id
        )
        key = event_key(operation.id, workflow.id, ".".join(start.path), identity)
        execution_id = ExecutionId(self.next_id())
        holder, flow = self.holder, workflow.options.flow
        owner = holder.owner if holder is not None and holder.has_room_for(start) else None
        # A lane needs an expression's value: only where the workflow asks for one.
        lane = None
        if flow.holds_back and not start.waits:
            lane = lane_of(flow, _event(actor, change, data), execution_id)
        if lane is None and not operation.chain and operation.traceparent is None:
            return usual(execution_id, workflow, key, context, about, now, owner, start)
        return unusual(
            execution_id,
            workflow,
            key,
            context,
            about,
            now,
            owner,
            start,
            lane=lane,
            chain=operation.chain,
            traceparent=operation.traceparent,
        )


def _event(actor: Actor | None, change: Change, data: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the expression of a lane may name; `data` where it is not the change's record."""
    who = {} if actor is None else msgspec.json.decode(b"{%b}" % actor.as_context)
    if data is not None:
        return {"data": data, "previous": None, "changed": [], **who}
    changed = [*change.changed]
    return {"data": change.record, "previous": change.previous, "changed": changed, **who}


def event_key(operation_id: int, workflow_id: int, path: str, identity: str) -> str:
    """The same for the same operation, workflow and record: a repeated capture finds its row.

    A UUID's digits; asyncpg takes them as they are.  The operation comes first, so that keys grow
    with time and an index of millions of them is only ever written at its end.
    """
    text = f"{workflow_id}/{path}/{identity}"
    return f"{operation_id:016x}{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"


def _context(actor: Actor | None, change: Change, data: bytes, *, related: bool) -> str:
    who = b'"user":null,"roleName":null' if actor is None else actor.as_context
    parts = [b'{"data":', data, b",", who]
    if change.previous is not None and not related:
        parts += [b',"previous":', msgspec.json.encode(change.previous)]
        parts += [b',"changed":', msgspec.json.encode(change.changed)]
    parts.append(b"}")
    return b"".join(parts).decode()


def _members(value: Any) -> list[dict[str, Any]]:
    if value is None:
        return []
    return [dict(each) for each in value] if isinstance(value, list) else [dict(value)]


def _distinct(collection: Collection, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One execution for each related record, however many ways lead to it."""
    names = collection.primary_key
    if not names:
        return records
    return list({tuple(record[name] for name in names): record for record in records}.values())
