"""Reading records: from a request's parameters to one statement per level of associations.

A `Selection` is what a request wants to see of a collection and, nested, of its associations.
The statements are compiled once per shape and kept with the collection they belong to.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from ensuite.access.policy import Grant
from ensuite.data import filters
from ensuite.data.filters import Filter
from ensuite.data.statements import Statement, compiled
from ensuite.errors import InvalidParameter, UnknownField
from ensuite.schema.association import Association
from ensuite.schema.catalog import Catalog
from ensuite.schema.collection import Collection
from ensuite.schema.fields.belongs_to import BelongsTo
from ensuite.storage.database import Row

MAX_PAGE_SIZE = 5_000
MAX_APPEND_DEPTH = 6
MAX_APPENDS = 40
MAX_SORTS = 10
MAX_STATEMENTS = 500
"""Compiled statements kept per collection; clients choose the shapes."""

MAX_OFFSET = 2**62


@dataclass(frozen=True, slots=True)
class Selection:
    """What to read of each record: field names (in table order) and associations with theirs."""

    names: tuple[str, ...]
    appends: Mapping[str, "Selection"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Query:
    """A whole reading request, parsed."""

    selection: Selection
    filter: Filter = filters.EVERYTHING
    sort: tuple[tuple[tuple[str, ...], bool], ...] = ()
    """Paths to sort by, each with whether it descends."""
    limit: int | None = None
    offset: int = 0


def parse_selection(
    catalog: Catalog,
    collection: Collection,
    *,
    fields: Sequence[str] = (),
    excepted: Sequence[str] = (),
    appends: Sequence[str] = (),
    grant: Grant = Grant(),  # noqa: B008 - frozen
) -> Selection:
    """What `fields`, `except` and `appends` ask for, of what the role may view.

    Unknown associations in `appends` are ignored, as are fields that the role may not view
    (contract, sections 1.3 and 4.4).

    Raises:
        UnknownField: `fields` names a field that does not exist.
        InvalidParameter: there are too many appends, or they nest too deep.

    """
    if len(appends) > MAX_APPENDS or any(each.count(".") >= MAX_APPEND_DEPTH for each in appends):
        message = f"appends: {MAX_APPENDS} at most, {MAX_APPEND_DEPTH} levels deep at most"
        raise InvalidParameter(message)
    plain = [each for each in fields if "." not in each]
    for name in plain:
        if name not in collection.fields:
            message = f"{collection.name!r} has no field {name!r}"
            raise UnknownField(message)
    nested = [*appends, *(each for each in fields if "." in each)]
    nested += [each for each in plain if each in collection.associations]
    own = [each for each in plain if each in collection.columns]
    dropped = set(excepted)
    shown = tuple(
        name
        for name, each in collection.columns.items()
        if not each.hidden
        and grant.allows(name)
        and name not in dropped
        and (name in own or not (own or any("." in each for each in fields)))
    )
    allowed = [
        each for each in nested if grant.allows(each.split(".", 1)[0]) and each not in dropped
    ]
    return Selection(shown, _appended(catalog, collection, allowed, dropped))


def _appended(
    catalog: Catalog, collection: Collection, paths: Iterable[str], dropped: set[str]
) -> dict[str, Selection]:
    heads: dict[str, list[str]] = {}
    for path in paths:
        head, _, rest = path.partition(".")
        # An association may be written as `tags(recursively=true)`; the depth is ours to bound.
        name = head.partition("(")[0]
        if name in collection.associations:
            parts = heads.setdefault(name, [])
            if rest:
                parts.append(rest)
    selections: dict[str, Selection] = {}
    for name, rests in heads.items():
        target = catalog[collection.associations[name].target]
        within = {each.removeprefix(f"{name}.") for each in dropped if each.startswith(f"{name}.")}
        deeper = [each for each in rests if each.partition(".")[0] in target.associations]
        only = {each for each in rests if each in target.columns}
        names = tuple(
            each
            for each, its_field in target.columns.items()
            if not its_field.hidden and each not in within and (not only or each in only)
        )
        selections[name] = Selection(names, _appended(catalog, target, deeper, within))
    return selections


def parse_sort(
    catalog: Catalog,
    collection: Collection,
    sort: Sequence[str],
    *,
    readable: frozenset[str] | None = None,
) -> tuple[tuple[tuple[str, ...], bool], ...]:
    """The `sort` parameter: names, `-` in front for descending, `assoc.field` through to-one.

    Raises:
        UnknownField: a name does not exist, or the role may not view it.

    """
    if len(sort) > MAX_SORTS:
        message = f"sort takes {MAX_SORTS} fields at most"
        raise InvalidParameter(message)
    parsed: list[tuple[tuple[str, ...], bool]] = []
    for each in sort:
        descending = each.startswith("-")
        path = tuple(each.removeprefix("-").removeprefix("+").split("."))
        if readable is not None and path[0] not in readable:
            message = f"you may not sort by {path[0]!r}"
            raise UnknownField(message)
        at = collection
        for head in path[:-1]:
            association = at.associations.get(head)
            if association is None or association.to_many:
                message = f"{at.name!r} has no to-one association {head!r} to sort by"
                raise UnknownField(message)
            at = catalog[association.target]
        last = at.stored_field(path[-1])
        if last.hidden:
            message = f"you may not sort by {path[-1]!r}"
            raise UnknownField(message)
        parsed.append((path, descending))
    return tuple(parsed)


class Statements:
    """The compiled reading statements of one catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._kept: dict[Any, Statement] = {}

    def once(self, key: Any, build: Callable[[], Statement]) -> Statement:
        """The statement kept under `key`, built the first time."""
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= MAX_STATEMENTS:
                self._kept.clear()
            found = self._kept[key] = build()
        return found

    def page(self, collection: Collection, query: Query, names: tuple[str, ...]) -> Statement:
        """SELECT the named fields; parameters `f…` of the filter, `limit` and `offset`."""
        limited = query.limit is not None
        key = ("page", collection.name, names, query.filter.shape, query.sort, limited)
        return self.once(key, lambda: self._page(collection, query, names))

    def _page(self, collection: Collection, query: Query, names: tuple[str, ...]) -> Statement:
        statement = sa.select(*labelled(collection, collection.table, names))
        statement = statement.where(self.where(collection, query.filter))
        statement = statement.order_by(*self._order(collection, query.sort))
        if query.limit is not None:
            statement = statement.limit(sa.bindparam("limit", type_=sa.BigInteger()))
            statement = statement.offset(sa.bindparam("offset", type_=sa.BigInteger()))
        return compiled(statement)

    def count(self, collection: Collection, filter_: Filter) -> Statement:
        """SELECT count(*); parameters `f…`."""
        return self.once(
            ("count", collection.name, filter_.shape),
            lambda: compiled(
                sa.select(sa.func.count())
                .select_from(collection.table)
                .where(self.where(collection, filter_))
            ),
        )

    def aggregate(
        self, collection: Collection, filter_: Filter, function: str, name: str, *, distinct: bool
    ) -> Statement:
        """SELECT one of PostgreSQL's aggregates of a field; parameters `f…`."""
        return self.once(
            ("aggregate", collection.name, filter_.shape, function, name, distinct),
            lambda: self._aggregate(collection, filter_, function, name, distinct=distinct),
        )

    def _aggregate(
        self, collection: Collection, filter_: Filter, function: str, name: str, *, distinct: bool
    ) -> Statement:
        column: sa.ColumnElement[Any] = collection.column(name)
        value = getattr(sa.func, function)(column.distinct() if distinct else column)
        statement = sa.select(value).select_from(collection.table)
        return compiled(statement.where(self.where(collection, filter_)))

    def where(self, collection: Collection, filter_: Filter) -> sa.ColumnElement[bool]:
        """The SQL condition of a filter; parameters `f0`, `f1`, …"""
        names = iter(filters.names_of(filter_))
        return filters.clause(self._catalog, collection, filter_.shape, names)

    def _order(
        self, collection: Collection, sort: Sequence[tuple[tuple[str, ...], bool]]
    ) -> list[sa.ColumnElement[Any]]:
        order: list[sa.ColumnElement[Any]] = []
        last_descends = False
        for path, descending in sort:
            column = self._sorted_column(collection, collection.table, path)
            order.append(column.desc() if descending else column.asc())
            last_descends = descending
        # The key makes the order total, so that no record is on two pages or on none.
        named = {path[0] for path, _ in sort if len(path) == 1}
        for name in collection.primary_key:
            if name not in named:
                key = collection.column(name)
                order.append(key.desc() if last_descends else key.asc())
        return order

    def _sorted_column(
        self, collection: Collection, table: sa.FromClause, path: tuple[str, ...]
    ) -> sa.ColumnElement[Any]:
        if len(path) == 1:
            return table.c[collection.column(path[0]).name]
        association = collection.associations[path[0]]
        target = self._catalog[association.target]
        alias = target.table.alias()
        linked = _to_one(collection, table, association, target, alias)
        value = self._sorted_column(target, alias, path[1:])
        return sa.select(value).where(linked).limit(1).correlate(table).scalar_subquery()


def _to_one(
    collection: Collection,
    table: sa.FromClause,
    association: Association,
    target: Collection,
    alias: sa.FromClause,
) -> sa.ColumnElement[bool]:
    if isinstance(association, BelongsTo):
        own = table.c[collection.column(association.foreign_key).name]
        return alias.c[target.column(association.target_key).name] == own
    own = table.c[collection.column(association.source_key).name]
    return alias.c[target.column(association.foreign_key).name] == own


def labelled(
    collection: Collection, table: sa.FromClause, names: Iterable[str]
) -> list[sa.ColumnElement[Any]]:
    """The columns of the named fields, labelled by the fields' names."""
    return [table.c[collection.column(name).name].label(name) for name in names]


Converter = tuple[str, Callable[[Any], Any] | None]


def converters(collection: Collection, names: Iterable[str]) -> list[Converter]:
    """For each named field how its stored values become JSON; None: they already are."""
    return [
        (
            name,
            None if collection.columns[name].json_is_stored else collection.columns[name].to_json,
        )
        for name in names
    ]


def to_record(row: Row, plan: Sequence[Converter]) -> dict[str, Any]:
    """A row, whose columns are labelled by field names, as JSON values."""
    record: dict[str, Any] = {}
    for name, convert in plan:
        value = row[name]
        record[name] = value if convert is None or value is None else convert(value)
    return record
