"""One node's turn, as the node sees it, and what it has asked to be written.

A step that only creates one record needs no transaction: the record rides in the flight that
writes its job.  Anything else opens a transaction, in which the job is then written as well.
Either way the effect and its record in the journal commit together.
"""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from ensuite.access.policy import EVERYTHING
from ensuite.clock import Clock
from ensuite.data import filters
from ensuite.data.changes import Operation, Rider
from ensuite.data.dates import Zone
from ensuite.data.filters import Filter, LinkedTo, Parser
from ensuite.data.query import MAX_PAGE_SIZE, Query, parse_selection, parse_sort
from ensuite.data.reading import Reader, own_key
from ensuite.data.records import Planned, Records, Written
from ensuite.data.values import Values
from ensuite.errors import Forbidden, UnknownField
from ensuite.schema.collection import Collection
from ensuite.storage.database import Transaction
from ensuite.workflow.node import Http


class StepRecords:
    """Records as one step reaches them: as the workflow, which no role limits.

    System collections can be read, not written: their rules are the API's.
    """

    def __init__(self, records: Records, operation: Operation, clock: Clock) -> None:
        self._records = records
        self._operation = operation
        self._clock = clock
        self._resources = AsyncExitStack()
        self.planned: Planned | None = None
        self.tx: Transaction | None = None
        self.riders: list[Rider] = []
        """The rows that ride along with what the step writes."""

    async def transaction(self) -> Transaction:
        """The step's transaction, opened when it is first needed."""
        if self.tx is None:
            self.tx = await self._resources.enter_async_context(
                self._records.database.transaction()
            )
            if self.planned is not None:
                planned, self.planned = self.planned, None
                await self._records.write_in(self.tx, planned)
        return self.tx

    @property
    def wrote(self) -> bool:
        """Whether there is something to commit."""
        return self.tx is not None or self.planned is not None

    async def commit(self) -> None:
        """Commit the step's transaction."""
        await self._resources.aclose()
        self.tx = self.planned = None

    async def roll_back(self) -> None:
        """Undo what the step wrote."""
        error = _Undone()
        _ = await self._resources.__aexit__(_Undone, error, None)
        self.tx = self.planned = None

    async def _reader(self) -> Reader:
        return self._records.reader(await self.transaction() if self.wrote else None)

    def _collection(self, name: str) -> Collection:
        return self._records.catalog[name.removeprefix("main:")]

    def _writable(self, name: str) -> Collection:
        collection = self._collection(name)
        if collection.system:
            message = f"a workflow cannot write to {collection.name!r}"
            raise Forbidden(message)
        return collection

    def _filter(self, collection: Collection, given: Mapping[str, Any] | None) -> Filter:
        zone = Zone.named(None, self._clock.now())
        return Parser(self._records.catalog, zone).parse(collection, given)

    def _linked(self, source: Collection, association: str, key: Any) -> Filter:
        """The records that an association of the record with this key holds."""
        if association not in source.associations:
            message = f"{source.name!r} has no association {association!r}"
            raise UnknownField(message)
        name = source.target_key[0]
        which = (
            Filter(filters.Keys(name), ([source.columns[name].parse(key)],))
            if key is not None
            else Filter(filters.Group("or", ()))
        )
        return Filter(LinkedTo(source.name, association, which.shape), which.values)

    def _values(self, collection: Collection, given: Mapping[str, Any]) -> Values:
        return self._records.input(collection, EVERYTHING).parse(given)

    async def find(
        self,
        collection: str,
        *,
        filter: Mapping[str, Any] | None = None,
        sort: Sequence[str] = (),
        appends: Sequence[str] = (),
        page: int = 1,
        page_size: int = 20,
    ) -> list[dict[str, Any]]:
        """The matching records of one page."""
        found = self._collection(collection)
        catalog = self._records.catalog
        limit = max(1, min(page_size, MAX_PAGE_SIZE))
        query = Query(
            parse_selection(catalog, found, appends=appends),
            self._filter(found, filter),
            parse_sort(catalog, found, sort),
            limit=limit,
            offset=(max(1, page) - 1) * limit,
        )
        return await (await self._reader()).find(found, query)

    async def create(
        self, collection: str, values: Mapping[str, Any], *, appends: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Create one record and give it back with all its fields."""
        found = self._writable(collection)
        parsed = self._values(found, values)
        planned = None
        if not self.wrote and not appends:
            planned = self._records.plan(self._operation, found, parsed)
        if planned is not None:
            self.planned = planned
            self.riders += planned.riders
            return dict(planned.change.record)
        tx = await self.transaction()
        written = await self._records.create_in(tx, self._operation, found, parsed)
        self.riders += written.riders
        record = dict(written.record)
        if appends:
            selection = parse_selection(self._records.catalog, found, appends=appends)
            missing = {n: s for n, s in selection.appends.items() if n not in record}
            if all(own_key(found.associations[name]) in record for name in missing):
                await self._records.reader(tx).append(found, [record], missing)
        return record

    async def update(
        self, collection: str, values: Mapping[str, Any], *, filter: Mapping[str, Any]
    ) -> int:
        """Update the matching records and say how many there were."""
        found = self._writable(collection)
        parsed = self._values(found, values)
        condition = self._filter(found, filter)
        tx = await self.transaction()
        written = await self._records.update_in(tx, self._operation, found, condition, parsed)
        return self._count(written)

    async def destroy(self, collection: str, *, filter: Mapping[str, Any]) -> int:
        """Delete the matching records and say how many there were."""
        found = self._writable(collection)
        condition = self._filter(found, filter)
        tx = await self.transaction()
        return self._count(await self._records.destroy_in(tx, self._operation, found, condition))

    def _count(self, written: Sequence[Written]) -> int:
        self.riders += [rider for each in written for rider in each.riders]
        return len(written)

    async def aggregate(
        self,
        collection: str,
        *,
        function: str,
        field: str,
        filter: Mapping[str, Any] | None = None,
        distinct: bool = False,
        source_key: Any = None,
    ) -> int | float | None:
        """`count`, `sum`, `avg`, `min` or `max` of a field over the matching records."""
        name, _, association = collection.partition(".")
        found = self._collection(name)
        linked = filters.EVERYTHING
        if association:
            linked = self._linked(found, association, source_key)
            found = self._collection(found.associations[association].target)
        _ = found.stored_field(field)
        reader = await self._reader()
        value = await reader.aggregate(
            found, self._filter(found, filter) & linked, function, field, distinct=distinct
        )
        return value if value is None or isinstance(value, (int, float)) else float(value)


@dataclass(frozen=True, slots=True)
class Turn:
    """A `Step`: what one turn of a node is given."""

    key: str
    waits_for_caller: bool
    clock: Clock
    records: StepRecords
    http: Http
    scope: Mapping[str, Any]


class _Undone(Exception):
    """Makes a transaction's block end without a commit."""
