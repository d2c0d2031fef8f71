"""Finding records: a page, its count, and the associations that the request appends."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, cast

import asyncpg
import msgspec
import sqlalchemy as sa

from ensuite.data import filters
from ensuite.data.filters import Filter, Keys, LinkedTo
from ensuite.data.query import (
    COUNT,
    Query,
    Selection,
    Statements,
    converters,
    labelled,
    to_records,
)
from ensuite.data.statements import Statement, array_of, compiled, literal
from ensuite.errors import InvalidParameter
from ensuite.schema.association import Association
from ensuite.schema.catalog import Catalog
from ensuite.schema.collection import Collection
from ensuite.schema.field import Field
from ensuite.schema.fields.belongs_to import BelongsTo
from ensuite.schema.fields.belongs_to_array import BelongsToArray
from ensuite.schema.fields.belongs_to_many import BelongsToMany
from ensuite.schema.fields.has_many import HasMany
from ensuite.storage.sqlstates import translated

MAX_APPENDED = 20_000
"""Associated records that one level of one answer may hold."""

# Beside the fields of a record; no field's name has a dot.
OWNER = "owner."
PAIR = "pair."

Record = dict[str, Any]


class Connection(Protocol):
    """What runs a reading statement: the database's pool, or a transaction."""

    async def fetch(self, sql: str, /, *arguments: Any) -> Sequence[asyncpg.Record]:
        """The rows."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """Records, and how many there are in all pages (None: nobody asked)."""

    records: list[Record]
    count: int | None = None


class Reader:
    """Reads the records of one catalog over one connection."""

    def __init__(self, catalog: Catalog, statements: Statements, connection: Connection) -> None:
        self._catalog = catalog
        self._statements = statements
        self._connection = connection

    async def _run(self, statement: Statement, values: Mapping[str, Any]) -> Any:
        try:
            return await self._connection.fetch(statement.sql, *statement.arguments(values))
        except asyncpg.PostgresError as error:
            raise translated(error) or error from error

    async def find(self, collection: Collection, query: Query) -> list[Record]:
        """The records of a query, with their appended associations."""
        rows = await self._page(collection, query)
        return await self._completed(collection, query.selection, rows)

    async def count(self, collection: Collection, filter_: Filter) -> int:
        """How many records match."""
        rows = await self._run(self._statements.count(collection, filter_), bound(filter_))
        return rows[0][0]

    async def page(self, collection: Collection, query: Query) -> Page:
        """The records of one page and the count of all pages, of the same moment."""
        rows = await self._page(collection, query, counts=True)
        if rows:
            count = rows[0][COUNT]
        else:
            count = await self.count(collection, query.filter) if query.offset else 0
        return Page(await self._completed(collection, query.selection, rows), count)

    async def _page(
        self, collection: Collection, query: Query, *, counts: bool = False
    ) -> Sequence[asyncpg.Record]:
        names = self._needed(collection, query.selection)
        statement = self._statements.page(collection, query, names, counts=counts)
        values = bound(query.filter)
        if query.limit is not None:
            values |= {"limit": query.limit, "offset": query.offset}
        return await self._run(statement, values)

    async def aggregate(
        self, collection: Collection, filter_: Filter, function: str, name: str, *, distinct: bool
    ) -> Any:
        """One aggregate over the matching records."""
        statement = self._statements.aggregate(
            collection, filter_, function, name, distinct=distinct
        )
        return (await self._run(statement, bound(filter_)))[0][0]

    def _needed(self, collection: Collection, selection: Selection) -> tuple[str, ...]:
        """The selected fields, and the keys by which associations are found."""
        if not selection.appends:
            return selection.names
        keys = {own_key(collection.associations[name]) for name in selection.appends}
        return (*selection.names, *sorted(keys.difference(selection.names)))

    async def _completed(
        self, collection: Collection, selection: Selection, rows: Sequence[asyncpg.Record]
    ) -> list[Record]:
        records = to_records(collection, selection.names, rows)
        for name, nested in selection.appends.items():
            association = collection.associations[name]
            own = own_key(association)
            keys = [row[own] for row in rows]
            found = await self._associated(association, nested, keys)
            for record, key in zip(records, keys, strict=True):
                record[name] = found(key)
        return records

    async def append(
        self, collection: Collection, records: Sequence[Record], appends: Mapping[str, Selection]
    ) -> None:
        """Load associations into records that hold their stored keys as JSON values."""
        for name, nested in appends.items():
            association = collection.associations[name]
            key = collection.columns[own_key(association)]
            keys = [
                None if record.get(key.name) is None else key.parse(record[key.name])
                for record in records
            ]
            found = await self._associated(association, nested, keys)
            for record, value in zip(records, keys, strict=True):
                record[name] = found(value)

    async def _associated(
        self, association: Association, selection: Selection, keys: Sequence[Any]
    ) -> Any:
        """A function from a record's own key to what its association holds: one statement."""
        target = self._catalog[association.target]
        if isinstance(association, BelongsToArray):
            referred = target.columns[association.target_key]
            wanted = {each for key in keys for each in keys_in(key, referred)}
        else:
            referred = None
            wanted = {key for key in keys if key is not None}
        rows = await self._linked(association, target, selection, list(wanted)) if wanted else []
        if len(rows) > MAX_APPENDED:
            message = (
                f"appends: {association.name!r} holds more than {MAX_APPENDED} records here; "
                f"read them page by page as an association resource"
            )
            raise InvalidParameter(message)
        records = await self._completed(target, selection, rows)
        through = self._through_plan(association)
        by_key: dict[Any, list[Record]] = defaultdict(list)
        for row, record in zip(rows, records, strict=True):
            if through is not None:
                record[through[0]] = {
                    name: row[PAIR + name]
                    if convert is None or row[PAIR + name] is None
                    else convert(row[PAIR + name])
                    for name, convert in through[1]
                }
            by_key[row[OWNER]].append(record)
        if referred is not None:
            return lambda key: [
                member for each in keys_in(key, referred) for member in by_key.get(each, [])
            ]
        if association.to_many:
            return lambda key: by_key.get(key, [])
        first = {key: linked[0] for key, linked in by_key.items()}
        return first.get

    async def with_pairs(
        self,
        source: Collection,
        association: Association,
        which: Filter,
        records: Sequence[Record],
    ) -> list[Record]:
        """Records of a many-to-many resource, each with the pair that links it to the source.

        `which` is the condition that they are linked at all (`filters.LinkedTo`).
        """
        if not isinstance(association, BelongsToMany) or not isinstance(which.shape, LinkedTo):
            return list(records)
        key = Query(Selection((association.source_key,)), Filter(which.shape.shape, which.values))
        owners = await self.find(source, key)
        pairs = self._catalog[association.through]
        condition = Filter(
            Keys(association.foreign_key),
            (
                [
                    source.columns[association.source_key].parse(each[association.source_key])
                    for each in owners
                ],
            ),
        )
        target = self._catalog[association.target]
        members = [
            target.columns[association.target_key].parse(record[association.target_key])
            for record in records
            if association.target_key in record
        ]
        condition &= Filter(Keys(association.other_key), (members,))
        found = await self.find(pairs, Query(Selection(pairs.visible), condition))
        by_member = {pair[association.other_key]: pair for pair in found}
        return [
            {
                **record,
                association.through: by_member.get(record.get(association.target_key)),
                "_pivot_": None,
            }
            for record in records
        ]

    def _through_plan(self, association: Association) -> Any:
        if not isinstance(association, BelongsToMany):
            return None
        through = self._catalog[association.through]
        return association.through, converters(through, through.visible)

    async def _linked(
        self, association: Association, target: Collection, selection: Selection, keys: list[Any]
    ) -> Sequence[asyncpg.Record]:
        names = self._needed(target, selection)
        statement = self._statements.once(
            ("linked", association.works_by, names),
            lambda: self._linked_statement(association, target, names),
        )
        return await self._run(statement, {"keys": keys})

    def _linked_statement(
        self, association: Association, target: Collection, names: tuple[str, ...]
    ) -> Statement:
        columns = labelled(target, target.table, names)
        source: sa.FromClause = target.table
        if isinstance(association, (BelongsTo, BelongsToArray)):
            owner = target.column(association.target_key)
        elif isinstance(association, BelongsToMany):
            through = self._catalog[association.through]
            pairs = through.table.alias("pairs")
            source = target.table.join(
                pairs,
                pairs.c[through.column(association.other_key).name]
                == target.column(association.target_key),
            )
            owner = pairs.c[through.column(association.foreign_key).name]
            columns += [
                pairs.c[through.column(name).name].label(PAIR + name) for name in through.visible
            ]
        else:
            owner = target.column(association.foreign_key)
        statement = sa.select(*columns, owner.label(OWNER)).select_from(source)
        keys = sa.bindparam("keys", type_=array_of(owner))
        statement = statement.where(owner == sa.func.any(keys))
        order = _default_order(association, target)
        return compiled(statement.order_by(*order).limit(literal(MAX_APPENDED + 1)))


def keys_in(stored: Any, referred: Field) -> list[Any]:
    """The keys in the array of a `belongsToArray`, which asyncpg reads as JSON.

    Clients may write the array itself: what cannot be a key is left out.
    """
    decoded = msgspec.json.decode(stored) if isinstance(stored, str) else stored
    keys: list[Any] = []
    for each in cast("list[object]", decoded) if isinstance(decoded, list) else ():
        with suppress(ValueError, OverflowError):
            keys.append(referred.parse(each))
    return keys


def own_key(association: Association) -> str:
    """The field of the record itself by which its associated records are found."""
    if isinstance(association, (BelongsTo, BelongsToArray)):
        return association.foreign_key
    return association.source_key


def _default_order(association: Association, target: Collection) -> list[sa.ColumnElement[Any]]:
    order: list[sa.ColumnElement[Any]] = []
    if isinstance(association, HasMany):
        for each in association.sort_by:
            name = each.removeprefix("-")
            if name in target.columns:
                column = target.column(name)
                order.append(column.desc() if each.startswith("-") else column.asc())
    return order + [target.column(name).asc() for name in target.primary_key]


def bound(filter_: Filter) -> dict[str, Any]:
    """The filter's values under their parameters' names."""
    return dict(zip(filters.names_of(filter_), filter_.values, strict=True))
