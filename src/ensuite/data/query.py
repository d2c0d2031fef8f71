"""Reading records: from a request's parameters to one statement per level of associations.

A `Selection` is what a request wants to see of a collection and, nested, of its associations.
The statements are compiled once per shape and kept with the collection they belong to.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import sqlalchemy as sa

from ensuite.data import filters
from ensuite.data.clauses import clause
from ensuite.data.filters import Filter, Viewable, unlimited
from ensuite.data.statements import Statement, compiled, literal
from ensuite.errors import InvalidParameter, UnknownField
from ensuite.schema.association import Association
from ensuite.schema.catalog import Catalog
from ensuite.schema.collection import Collection
from ensuite.schema.fields.belongs_to import BelongsTo

T = TypeVar("T")

MAX_PAGE_SIZE = 5_000
MAX_APPEND_DEPTH = 6
MAX_APPENDS = 40
MAX_SORTS = 10
MAX_STATEMENTS = 500
"""Compiled statements, and parsed requests, kept per catalog; clients choose the shapes."""

MAX_OFFSET = 2**62

USUAL_LIMITS = frozenset(
    size + more
    for size in (1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 100, 200, 500, 1_000, 5_000)
    for more in (0, 1)
)
"""Limits that are written into the SQL text.

Not knowing the limit, PostgreSQL thinks its general plan dear and plans each execution anew,
which takes longer than reading a page.  Other limits are parameters: clients choose them, and
each text is prepared and kept.
"""

COUNT = "count."
"""The column of a page that says how many rows match; no field's name has a dot."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to read of each record: field names (in table order) and associations with theirs."""

    names: tuple[str, ...]
    appends: Mapping[str, "Selection"] = field(default_factory=dict)


Sort = tuple[tuple[tuple[str, ...], bool], ...]
"""Paths to sort by, each with whether it descends."""


@dataclass(frozen=True, slots=True)
class Query:
    """A whole reading request, parsed."""

    selection: Selection
    filter: Filter = filters.EVERYTHING
    sort: Sort = ()
    limit: int | None = None
    offset: int = 0

    def limited(self, limit: int, offset: int = 0) -> "Query":
        """The same request for some of its records."""
        return replace(self, limit=limit, offset=offset)


def parse_selection(
    catalog: Catalog,
    collection: Collection,
    *,
    fields: Sequence[str] = (),
    excepted: Sequence[str] = (),
    appends: Sequence[str] = (),
    viewable: Viewable = unlimited,
) -> Selection:
    """What `fields`, `except` and `appends` ask for, of what the role may view.

    Unknown associations in `appends` are ignored, as are fields that the role may not view
    (contract, sections 1.3 and 4.4).

    Raises:
        UnknownField: `fields` names a field that does not exist.
        InvalidParameter: there are too many appends, or they nest too deep.

    """
    for each in fields:
        _check_path(catalog, collection, each)
    paths = [*appends, *(each for each in fields if _is_nested(collection, each))]
    if len(paths) > MAX_APPENDS or any(each.count(".") > MAX_APPEND_DEPTH for each in paths):
        message = f"appends: {MAX_APPENDS} at most, {MAX_APPEND_DEPTH} levels deep at most"
        raise InvalidParameter(message)
    only = {each for each in fields if each in collection.columns} if fields else None
    return _selected(
        catalog, collection, only, paths, excepted=frozenset(excepted), viewable=viewable
    )


def _is_nested(collection: Collection, path: str) -> bool:
    return "." in path or path in collection.associations


def _check_path(catalog: Catalog, collection: Collection, path: str) -> None:
    head, _, rest = path.partition(".")
    association = collection.associations.get(head)
    if rest and association is not None and path.count(".") <= MAX_APPEND_DEPTH:
        _check_path(catalog, catalog[association.target], rest)
    elif rest or head not in collection.fields:
        message = f"{collection.name!r} has no field {path!r}"
        raise UnknownField(message)


def _selected(
    catalog: Catalog,
    collection: Collection,
    only: AbstractSet[str] | None,
    paths: Iterable[str],
    *,
    excepted: AbstractSet[str],
    viewable: Viewable,
) -> Selection:
    """The selection of `only` these columns (None: all) and of what the paths lead to."""
    allowed = viewable(collection)
    names = tuple(
        name
        for name in collection.visible
        if (only is None or name in only)
        and name not in excepted
        and (allowed is None or name in allowed)
    )
    below: dict[str, list[str]] = {}
    for path in paths:
        head, _, rest = path.partition(".")
        # An association may be written as `tags(recursively=true)`; the depth is ours to bound.
        name = head.partition("(")[0]
        association = collection.associations.get(name)
        if (
            association is not None
            and not association.hidden
            and name not in excepted
            and (allowed is None or name in allowed)
        ):
            below.setdefault(name, []).append(rest)
    appends: dict[str, Selection] = {}
    for name, rests in below.items():
        target = catalog[collection.associations[name].target]
        within = {e.removeprefix(f"{name}.") for e in excepted if e.startswith(f"{name}.")}
        # `category.title` asks for the title alone, `category` next to it for everything.
        columns = {each for each in rests if each in target.columns}
        of_target = None if "" in rests or not columns else columns
        deeper = [each for each in rests if each]
        appends[name] = _selected(
            catalog, target, of_target, deeper, excepted=within, viewable=viewable
        )
    return Selection(names, appends)


def parse_sort(
    catalog: Catalog,
    collection: Collection,
    sort: Sequence[str],
    *,
    viewable: Viewable = unlimited,
) -> Sort:
    """The `sort` parameter: names, `-` in front for descending, `assoc.field` through to-one.

    Raises:
        UnknownField: a name does not exist, or the role may not view it.
        InvalidParameter: there are too many, or a path is too long.

    """
    if len(sort) > MAX_SORTS or any(each.count(".") > MAX_APPEND_DEPTH for each in sort):
        message = f"sort takes {MAX_SORTS} fields at most, {MAX_APPEND_DEPTH} levels deep at most"
        raise InvalidParameter(message)
    parsed: list[tuple[tuple[str, ...], bool]] = []
    for each in sort:
        path = tuple(each.removeprefix("-").removeprefix("+").split("."))
        at = collection
        for place, name in enumerate(path):
            allowed = viewable(at)
            if allowed is not None and name not in allowed and name in at.fields:
                message = f"you may not sort by {name!r}"
                raise UnknownField(message)
            if place == len(path) - 1:
                break
            association = at.associations.get(name)
            if association is None or association.to_many or association.hidden:
                message = f"{at.name!r} has no to-one association {name!r} to sort by"
                raise UnknownField(message)
            at = catalog[association.target]
        if at.stored_field(path[-1]).hidden:
            message = f"you may not sort by {path[-1]!r}"
            raise UnknownField(message)
        parsed.append((path, each.startswith("-")))
    return tuple(parsed)


def _once(kept: dict[Any, T], key: Any, build: Callable[[], T]) -> T:
    found = kept.get(key)
    if found is None:
        if len(kept) >= MAX_STATEMENTS:
            kept.clear()
        found = kept[key] = build()
    return found


class Statements:
    """The compiled reading statements of one catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._kept: dict[Any, Statement] = {}
        self._shapes: dict[Any, tuple[Selection, Sort]] = {}

    def once(self, key: Any, build: Callable[[], Statement]) -> Statement:
        """The statement kept under `key`, built the first time."""
        return _once(self._kept, key, build)

    def shape_once(
        self, key: Any, build: Callable[[], tuple[Selection, Sort]]
    ) -> tuple[Selection, Sort]:
        """The parsed request kept under `key`, built the first time."""
        return _once(self._shapes, key, build)

    def page(
        self, collection: Collection, query: Query, names: tuple[str, ...], *, counts: bool = False
    ) -> Statement:
        """SELECT the named fields; parameters `f…` of the filter, `limit` and `offset`.

        With `counts`, each row also says in `COUNT` how many rows match in all.
        """
        # As text: a limit of 1 and "there is one" are the same key otherwise.
        limit = str(query.limit if query.limit in USUAL_LIMITS else query.limit is not None)
        what = (collection.name, names, query.filter.shape, query.sort)
        key = ("page", what, limit, query.offset > 0, counts)
        return self.once(key, lambda: self._page(collection, query, names, counts=counts))

    def _page(
        self, collection: Collection, query: Query, names: tuple[str, ...], *, counts: bool
    ) -> Statement:
        where = self.where(collection, query.filter)
        statement = sa.select(*labelled(collection, collection.table, names)).where(where)
        statement = statement.order_by(*self._order(collection, query.sort))
        if query.limit is None:
            return compiled(statement)
        limit = literal(query.limit) if query.limit in USUAL_LIMITS else _bound("limit")
        statement = statement.limit(limit)
        if query.offset:
            statement = statement.offset(_bound("offset"))
        if not counts:
            return compiled(statement)
        count: sa.ColumnElement[int] = (
            sa.select(sa.func.count()).select_from(collection.table).where(where).scalar_subquery()
        )
        # Scanned as it is, without a join or a sort, a CTE keeps its order.
        page = statement.cte("page")
        if not query.offset:
            # A first page that is not full tells the count itself: PostgreSQL then never runs
            # the other one, which reads all that the filter lets pass.
            seen = sa.select(sa.func.count()).select_from(page).scalar_subquery()
            count = sa.case((seen < limit, seen), else_=count)
        return compiled(sa.select(*page.columns, count.label(COUNT)))

    def count(self, collection: Collection, filter_: Filter) -> Statement:
        """SELECT the number of matching rows; parameters `f…`."""
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
        """The SQL condition of a filter, with the parameters `f0`, `f1` and so on."""
        names = iter(filters.names_of(filter_))
        return clause(self._catalog, collection, filter_.shape, names)

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
        return (
            sa.select(value)
            .where(linked)
            .limit(sa.literal_column("1"))
            .correlate(table)
            .scalar_subquery()
        )


def _bound(name: str) -> sa.BindParameter[int]:
    return sa.bindparam(name, type_=sa.BigInteger())


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


def to_records(
    collection: Collection, names: Sequence[str], rows: Iterable[Iterable[Any]]
) -> list[dict[str, Any]]:
    """Rows whose first columns are the named fields, in this order, as JSON values."""
    records = [dict(zip(names, row, strict=False)) for row in rows]
    for name, convert in converters(collection, names):
        if convert is not None:
            for record in records:
                value = record[name]
                if value is not None:
                    record[name] = convert(value)
    return records
