"""Writing records: each operation is one transaction that its listeners' rows ride in.

The fast path is one statement on a lane; what needs more than one statement (nested values, a
listener that reads, ids counted by the database) takes a transaction of its own, and only that.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, cast

import asyncpg
import msgspec
import sqlalchemy as sa

from ensuite.access.policy import Grant
from ensuite.clock import Clock
from ensuite.data.associations import NestedWrite
from ensuite.data.changes import Change, Listener, Operation, Rider
from ensuite.data.direct import DirectCreate
from ensuite.data.filters import Filter, Keys
from ensuite.data.permissions import UNLIMITED, Access
from ensuite.data.query import Query, Selection, Statements, converters
from ensuite.data.reading import Reader, Record, bound
from ensuite.data.rows import Moment, NewRow
from ensuite.data.statements import (
    OLD,
    Guard,
    arranged,
    delete_returning,
    flight,
    insert_returning,
    parameter,
    set_null,
    update_returning,
)
from ensuite.data.values import Input, Values
from ensuite.errors import Conflict, InvalidRequest
from ensuite.ids import IdGenerator
from ensuite.schema.catalog import Catalog
from ensuite.schema.collection import Collection
from ensuite.storage.database import Database, Row, Transaction
from ensuite.storage.sqlstates import translated

MAX_AFFECTED = 10_000
"""Records that one update or destroy may touch: each is read, compared and reported."""

STAMPS = frozenset({"updatedAt", "updatedById"})
"""Every update changes them, so they say nothing about what changed."""

MAX_RIDERS_IN_FLIGHT = 8
MAX_CASCADE_DEPTH = 32


class TooManyRecords(InvalidRequest):
    """One call may touch 10,000 records; narrow the filter and repeat."""

    code = "TOO_MANY_RECORDS"


class DeletionRestricted(Conflict):
    """Other records refer to this one and forbid its deletion; delete or unlink them first."""

    code = "DELETION_RESTRICTED"


class Written(msgspec.Struct, frozen=True):
    """What was done to a record, and the rows that rode along."""

    change: Change
    riders: Sequence[Rider] = ()

    @property
    def record(self) -> Record:
        """The record as it was written: JSON values of every field that is not hidden."""
        return cast("Record", self.change.record)


class Planned(msgspec.Struct, frozen=True):
    """A record that one flight will write: nothing has happened yet."""

    collection: Collection
    row: Sequence[Any]
    change: Change
    riders: Sequence[Rider]


@dataclass
class Records:
    """The records of one snapshot, as operations change them."""

    catalog: Catalog
    database: Database
    ids: IdGenerator
    clock: Clock
    listeners: Sequence[Listener] = ()
    statements: Statements = field(init=False)
    _inputs: dict[tuple[str, frozenset[str] | None], Input] = field(default_factory=dict)
    _new_rows: dict[str, NewRow] = field(default_factory=dict)
    _direct: dict[tuple[str, frozenset[str] | None], DirectCreate | None] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        self.statements = Statements(self.catalog)

    def heard_by(self, listeners: Sequence[Listener]) -> "Records":
        """The same records, whose changes others are told of; what is compiled is shared."""
        same = copy(self)
        same.listeners = listeners
        return same

    def reader(self, connection: Transaction | None = None) -> Reader:
        """Reads through the pool, or through an open transaction."""
        return Reader(self.catalog, self.statements, connection or self.database)

    def input(self, collection: Collection, grant: Grant) -> Input:
        """What a grant may write of a collection."""
        # Bounded: grants come from roles, not from requests.
        place = (collection.name, grant.fields)
        found = self._inputs.get(place)
        if found is None:
            found = self._inputs[place] = Input(collection, grant.fields)
        return found

    def new_row(self, collection: Collection) -> NewRow:
        """How new records of a collection get their values."""
        found = self._new_rows.get(collection.name)
        if found is None:
            found = self._new_rows[collection.name] = NewRow(collection)
        return found

    def direct(self, collection: Collection, grant: Grant) -> DirectCreate | None:
        """The short way to create records under a grant; None where there is none."""
        place = (collection.name, grant.fields)
        if place not in self._direct:
            given = self.input(collection, grant)
            possible = not (collection.automatic or given.has_rules or given.parses_slowly)
            self._direct[place] = DirectCreate(collection, grant.fields) if possible else None
        return self._direct[place]

    def moment(self, operation: Operation) -> Moment:
        """Now, as this operation writes it."""
        actor = operation.actor
        return Moment.at(self.clock.now(), actor.user_id if actor else None, self.ids)

    # --- create ---------------------------------------------------------------------------

    def plan(self, operation: Operation, collection: Collection, values: Values) -> Planned | None:
        """The record as one flight can write it, or None when it takes a transaction."""
        if values.nested or not self._decide_alone(operation, collection):
            return None
        new_row = self.new_row(collection)
        if new_row.automatic is not None:
            return None
        row, record = new_row.fill(values.stored, self.moment(operation))
        return self._planned(operation, row, Change(collection, "create", record))

    def plan_directly(
        self, operation: Operation, collection: Collection, grant: Grant, body: bytes
    ) -> Planned | None:
        """As `plan`, straight from the bytes of a request; None also where they need a look."""
        direct = self.direct(collection, grant)
        if direct is None or not self._decide_alone(operation, collection):
            return None
        planned = direct.planned(body, self.moment(operation))
        return None if planned is None else self._planned(operation, *planned)

    def _decide_alone(self, operation: Operation, collection: Collection) -> bool:
        # A loop, not `all`: it runs for every create, and a generator costs more than its body.
        for listener in self.listeners:  # noqa: SIM110
            if not listener.decides_alone(operation, collection):
                return False
        return True

    def _planned(self, operation: Operation, row: Sequence[Any], change: Change) -> Planned | None:
        riders: list[Rider] = []
        for listener in self.listeners:
            riders += listener.riders(operation, change)
        if len(riders) > MAX_RIDERS_IN_FLIGHT:
            return None
        return Planned(change.collection, row, change, riders)

    async def create_planned(self, planned: Planned) -> Written:
        """Write a planned record and commit.

        Raises:
            EnsuiteError: the database refused it; nothing was written.

        """
        try:
            _ = await self.commit((planned,))
        except Exception as error:
            raise explained(error, planned.collection) from error
        return Written(planned.change, planned.riders)

    async def commit(
        self,
        planned: Sequence[Planned],
        riders: Sequence[Rider] = (),
        guard: Guard | None = None,
        guard_values: Sequence[Any] = (),
    ) -> bool:
        """Write planned records and rows in one flight; False when the guard held it back."""
        tables: list[sa.Table] = []
        values: list[Any] = list(guard_values)
        riding: list[Rider] = []
        for each in planned:
            tables.append(each.collection.table)
            values += each.row
            riding += each.riders
        riding += riders
        for rider in riding:
            tables.append(rider.table)
            values += rider.values
        sql, order = flight(tuple(tables), guard)
        row = await self.database.commit(sql, arranged(order, values))
        return row[0]

    async def write_in(self, tx: Transaction, planned: Planned) -> None:
        """Write a planned record in a transaction after all."""
        values = list(planned.row)
        for rider in planned.riders:
            values.extend(rider.values)
        tables = (planned.collection.table, *(rider.table for rider in planned.riders))
        sql, order = flight(tables)
        try:
            _ = await tx.execute(sql, *arranged(order, values))
        except Exception as error:
            raise explained(error, planned.collection) from error

    async def create_in(
        self,
        tx: Transaction,
        operation: Operation,
        collection: Collection,
        values: Values,
        access: Access = UNLIMITED,
    ) -> Written:
        """Create one record, its nested values and its riders in the caller's transaction."""
        record = await self.insert_in(tx, operation, collection, values, access=access)
        change = Change(collection, "create", record)
        return (await self._ride(tx, operation, [change]))[0]

    async def insert_in(
        self,
        tx: Transaction,
        operation: Operation,
        collection: Collection,
        values: Values,
        *,
        access: Access,
        path: str = "",
    ) -> Record:
        """Insert one record with its nested values, without telling the listeners."""
        nested = NestedWrite(self, tx, operation, access, path)
        await nested.before(collection, values)
        new_row = self.new_row(collection)
        row, record = new_row.fill(values.stored, self.moment(operation))
        columns = list(collection.table.columns.keys())
        given = [
            (name, value)
            for name, value in zip(columns, row, strict=True)
            if not (name == new_row.automatic and value is None)
        ]
        statement = insert_returning(collection.table, tuple(name for name, _ in given))
        named = {parameter(number): value for number, (_, value) in enumerate(given)}
        try:
            inserted = await tx.fetchrow(statement.sql, *statement.arguments(named))
        except Exception as error:
            raise explained(error, collection) from error
        assert inserted is not None, "RETURNING gives the row"
        if new_row.automatic is not None:
            record[new_row.automatic] = inserted[new_row.automatic]
        await nested.after(collection, record, values, replacing=False)
        return record

    # --- update ---------------------------------------------------------------------------

    async def update_in(
        self,
        tx: Transaction,
        operation: Operation,
        collection: Collection,
        filter_: Filter,
        values: Values,
        access: Access = UNLIMITED,
    ) -> list[Written]:
        """Update the matching records in the caller's transaction.

        Raises:
            TooManyRecords: more than 10,000 match; nothing is written.
            EnsuiteError: the database refuses it; nothing is written.

        """
        changes = await self.change_in(tx, operation, collection, filter_, values, access=access)
        return await self._ride(tx, operation, changes)

    async def change_in(
        self,
        tx: Transaction,
        operation: Operation,
        collection: Collection,
        filter_: Filter,
        values: Values,
        *,
        access: Access,
        path: str = "",
    ) -> list[Change]:
        """Update with nested values, without telling the listeners."""
        if not collection.identity:
            message = f"{collection.name!r} has no key: its records cannot be updated"
            raise InvalidRequest(message)
        if values.nested and not await self._any(tx, collection, filter_):
            # Nothing to update: what is nested in it must not be created for nothing.
            return []
        nested = NestedWrite(self, tx, operation, access, path)
        await nested.before(collection, values)
        moment = self.moment(operation)
        sets = {
            name: value
            for name, value in values.stored.items()
            if name not in collection.primary_key
        }
        if "updatedAt" in collection.filled_by_server:
            sets["updatedAt"] = moment.now
        if "updatedById" in collection.filled_by_server and moment.user_id is not None:
            sets["updatedById"] = moment.user_id
        names = tuple(sorted(sets))
        statement = self.statements.once(
            ("update", collection.name, names, filter_.shape),
            lambda: update_returning(
                collection,
                names,
                self.statements.where(collection, filter_),
                limit=MAX_AFFECTED + 1,
            ),
        )
        given = bound(filter_) | {f"s{n}": sets[name] for n, name in enumerate(names)}
        arguments = statement.arguments(given)
        rows = await self._affected(tx, collection, statement.sql, arguments)
        plan = converters(collection, collection.visible)
        changes: list[Change] = []
        for row in rows:
            record = _read(collection, row, plan, "")
            previous = _read(collection, row, plan, OLD)
            changed = tuple(
                name
                for name, _ in plan
                if name not in STAMPS
                and row[(column := collection.column(name).name)] != row[OLD + column]
            )
            await nested.after(collection, record, values, replacing=True)
            changes.append(Change(collection, "update", record, previous, changed))
        return changes

    async def _any(self, tx: Transaction, collection: Collection, filter_: Filter) -> bool:
        query = Query(Selection(collection.identity), filter_, limit=1)
        return bool(await self.reader(tx).find(collection, query))

    # --- destroy --------------------------------------------------------------------------

    async def destroy_in(
        self, tx: Transaction, operation: Operation, collection: Collection, filter_: Filter
    ) -> list[Written]:
        """Delete the matching records, and see to what refers to them, in the caller's transaction.

        Raises:
            DeletionRestricted: something refers to one of them and forbids it.
            TooManyRecords: more than 10,000 match; nothing is deleted.

        """
        rows = await self._delete(tx, collection, filter_, depth=0)
        plan = converters(collection, collection.visible)
        changes = [Change(collection, "destroy", _read(collection, row, plan, "")) for row in rows]
        return await self._ride(tx, operation, changes)

    async def _delete(
        self, tx: Transaction, collection: Collection, filter_: Filter, *, depth: int
    ) -> Sequence[Row]:
        statement = self.statements.once(
            ("delete", collection.name, filter_.shape),
            lambda: delete_returning(
                collection, self.statements.where(collection, filter_), limit=MAX_AFFECTED + 1
            ),
        )
        arguments = statement.arguments(bound(filter_))
        rows = await self._affected(tx, collection, statement.sql, arguments)
        for holder in collection.holders if rows else ():
            target = self.catalog[holder.collection]
            key = collection.column(holder.refers_to).name
            keys = [row[key] for row in rows if row[key] is not None]
            held = Filter(Keys(holder.column), (keys,))
            if holder.on_delete == "CASCADE":
                if depth >= MAX_CASCADE_DEPTH:
                    message = f"deletions cascade more than {MAX_CASCADE_DEPTH} levels deep"
                    raise TooManyRecords(message)
                _ = await self._delete(tx, target, held, depth=depth + 1)
            elif holder.on_delete == "SET NULL":
                await self._set_null(tx, target, holder.column, keys)
            elif holder.on_delete == "RESTRICT" and await self.reader(tx).count(target, held):
                message = f"records of {target.name!r} refer to it by {holder.column!r}"
                raise DeletionRestricted(message)
        return rows

    async def _set_null(
        self, tx: Transaction, collection: Collection, name: str, keys: list[Any]
    ) -> None:
        column = collection.column(name)
        statement = self.statements.once(
            ("set null", collection.name, name), lambda: set_null(collection, column)
        )
        try:
            _ = await tx.execute(statement.sql, *statement.arguments({"keys": keys}))
        except Exception as error:
            raise explained(error, collection) from error

    async def _affected(
        self, tx: Transaction, collection: Collection, sql: str, arguments: Sequence[Any]
    ) -> list[asyncpg.Record]:
        try:
            rows = await tx.fetch(sql, *arguments)
        except Exception as error:
            raise explained(error, collection) from error
        if len(rows) > MAX_AFFECTED:
            raise TooManyRecords
        return rows

    async def _ride(
        self, tx: Transaction, operation: Operation, changes: Sequence[Change]
    ) -> list[Written]:
        """Let the listeners' rows ride in the transaction that changed the records."""
        written: list[Written] = []
        by_table: dict[sa.Table, list[Rider]] = {}
        for change in changes:
            riders: list[Rider] = []
            for listener in self.listeners:
                if listener.decides_alone(operation, change.collection):
                    riders.extend(listener.riders(operation, change))
                else:
                    riders.extend(await listener.riders_after_reading(tx, operation, change))
            for rider in riders:
                by_table.setdefault(rider.table, []).append(rider)
            written.append(Written(change, riders))
        for table, riders in by_table.items():
            sql, order = flight((table,))
            await tx.executemany(sql, [arranged(order, rider.values) for rider in riders])
        return written


def explained(error: Exception, collection: Collection) -> Exception:
    """The error as the client should see it, with the fields' titles; else the error itself."""
    return translated(error, collection.title_of) or error


def _read(collection: Collection, row: Row, plan: Sequence[Any], prefix: str) -> Record:
    record: Record = {}
    for name, convert in plan:
        value = row[prefix + collection.column(name).name]
        record[name] = value if convert is None or value is None else convert(value)
    return record
