"""Capture: the executions that an operation starts are written with the record, or not at all."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import asyncpg
import msgspec

from ensuite.access.actor import Actor
from ensuite.clock import Clock
from ensuite.data.changes import Change, Operation, Rider, identity_of
from ensuite.data.query import parse_selection
from ensuite.data.records import Records
from ensuite.errors import InvalidRequest
from ensuite.ids import ExecutionId
from ensuite.schema.collection import Collection
from ensuite.workflow.bindings import Workflow
from ensuite.workflow.executions import LEASE, Claim, captured_executions, traced_executions
from ensuite.workflow.outcome import Status
from ensuite.workflow.selection import NOTHING_SELECTED, Selection, Start

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

    def has_room_for(self, workflow: Workflow) -> bool:
        """Whether it can start one more execution of this workflow now."""
        ...


class Captured(Rider, frozen=True):
    """An execution's row on its way into the database."""

    start: Start | None
    """What started it; None: a person did, by hand."""
    claim: Claim | None
    """The lease that it was written with; None: a worker has to claim it."""

    @property
    def execution_id(self) -> ExecutionId:
        """The id of the execution."""
        return self.values[0]

    def in_trace(self, traceparent: str | None) -> "Captured":
        """The same where the call is part of no trace, else with it, as is its claim."""
        if traceparent is None:
            return self
        claim = self.claim and msgspec.structs.replace(self.claim, traceparent=traceparent)
        return Captured(traced_executions, (*self.values, traceparent), self.start, claim)


@dataclass
class Capture:
    """The listener that turns changes into executions."""

    records: Callable[[], Records]
    """The records of the current snapshot: where related records are read."""
    next_id: Callable[[], int]
    clock: Clock
    holder: LeaseHolder | None

    def decides_alone(self, operation: Operation, collection: Collection) -> bool:
        """Whether the record as written tells every execution's context."""
        return not _selection(operation).reads

    def riders(self, operation: Operation, change: Change) -> Sequence[Captured]:
        """One execution for each start that is about the record itself."""
        starts = _selection(operation).entries
        if not starts:
            return ()
        return [
            self._captured(operation, change, start, change.encoded, change.identity)
            for start in starts
            if isinstance(start, Start) and _applies(start, change.action)
        ]

    async def riders_after_reading(
        self, tx: asyncpg.Connection, operation: Operation, change: Change
    ) -> Sequence[Captured]:
        """One execution for each start and record at the end of its path."""
        captured: list[Captured] = []
        for start in _selection(operation).entries:
            if not isinstance(start, Start) or not _applies(start, change.action):
                continue
            if not start.reads:
                captured.append(
                    self._captured(operation, change, start, change.encoded, change.identity)
                )
                continue
            at, found = await self._related(tx, change, start)
            for number, data in enumerate(found):
                # Two records of one operation may lead to the same related one.
                identity = f"{change.identity}/{number}"
                about = (at.name, identity_of(at, data)) if at.primary_key else (at.name, None)
                encoded = msgspec.json.encode(data)
                captured.append(self._captured(operation, change, start, encoded, identity, about))
        return captured

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
        data: bytes,
        identity: str,
        about: tuple[str, str | None] | None = None,
    ) -> Captured:
        """The row of one execution; `about` is its collection and record where not the change's."""
        workflow, actor = start.workflow, operation.actor
        collection, record_key = about or (change.collection.name, identity)
        if not change.collection.primary_key:
            # Nothing else tells such records of one operation apart.
            record_key = None if about is None else record_key
            identity = f"{identity}/{self.next_id()}"
        now = change.at or self.clock.now()
        leased = self.holder is not None and self.holder.has_room_for(workflow)
        context = _context(operation.actor, change, data, related=bool(start.path))
        execution_id = ExecutionId(self.next_id())
        claim = (
            Claim(execution_id, workflow.id, workflow.key, 1, context, now, fresh=True)
            if leased
            else None
        )
        owner = self.holder.owner if leased and self.holder is not None else None
        return Captured(
            captured_executions,
            (
                execution_id,
                workflow.id,
                workflow.key,
                event_key(operation.id, workflow.id, ".".join(start.path), identity),
                Status.STARTED if leased else None,
                context,
                now + LEASE if leased else now,
                owner,
                1 if leased else 0,
                False,
                now,
                now if leased else None,
                collection,
                record_key,
                change.action,
                None if actor is None else actor.user_id,
            ),
            start,
            claim,
        ).in_trace(operation.traceparent)


def _selection(operation: Operation) -> Selection:
    wanted = operation.wanted
    return wanted if isinstance(wanted, Selection) else NOTHING_SELECTED


def _applies(start: Start, action: str) -> bool:
    """A global workflow runs for the actions it lists, a local one for each that names it."""
    return not start.trigger.everywhere or start.trigger.fires_on(action)


def event_key(operation_id: int, workflow_id: int, path: str, identity: str) -> str:
    """The same for the same operation, workflow and record: a repeated capture finds its row.

    A UUID's digits; asyncpg takes them as they are.
    """
    text = f"{operation_id}/{workflow_id}/{path}/{identity}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


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


def manual(
    execution_id: ExecutionId,
    workflow: Workflow,
    context: str,
    *,
    about: tuple[str, str | None],
    user_id: int,
    now: datetime,
    owner: str,
) -> Captured:
    """An execution that a person starts by hand; it is leased to this process and runs at once.

    `about` is the collection and the key of the record in the context, `user_id` is who acts in it.
    """
    claim = Claim(
        execution_id, workflow.id, workflow.key, 1, context, now, fresh=True, manually=True
    )
    key = event_key(execution_id, workflow.id, "", "manual")
    return Captured(
        captured_executions,
        (
            execution_id,
            workflow.id,
            workflow.key,
            key,
            Status.STARTED,
            context,
            now + LEASE,
            owner,
            1,
            True,
            now,
            now,
            *about,
            None,
            user_id,
        ),
        None,
        claim,
    )
