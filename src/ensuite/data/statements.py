"""SQLAlchemy Core compiles, asyncpg executes: a statement is SQL text and its parameters' order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import asyncpg as postgresql
from sqlalchemy.dialects.postgresql import insert as upsert

from ensuite.schema.collection import Collection

_dialect = postgresql.dialect()

REPLACES = "replaces"
"""In a table's `info`: the columns of a unique key; a row with the same key is replaced."""

OLD = "old."
"""Prefix of the columns that hold the values before an update; no field's name has a dot."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Compiled SQL; `names` gives for `$1`, `$2`, … which parameter goes there."""

    sql: str
    names: tuple[str, ...]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The parameters in the order of the SQL text."""
        return [values[name] for name in self.names]


def compiled(clause: sa.ClauseElement) -> Statement:
    """Compile a statement whose literals are all named parameters."""
    done = clause.compile(dialect=_dialect)
    positions = getattr(done, "positiontup", None) or ()
    return Statement(str(done), tuple(positions))


def parameter(number: int) -> str:
    """The name of the parameter at this place."""
    return f"p{number}"


def literal(number: int) -> sa.ColumnElement[int]:
    """A number in the SQL text itself."""
    return sa.literal_column(str(number), sa.BigInteger())


def array_of(column: sa.ColumnElement[Any]) -> sa.ARRAY[Any]:
    """The type of a list of values that a column is compared with.

    An integer column is compared with eight-byte ones: keys of either size refer to the other.
    """
    compared = sa.BigInteger() if isinstance(column.type, sa.Integer) else column.type
    return sa.ARRAY(compared)


@dataclass(frozen=True, slots=True)
class Guard:
    """An UPDATE, or a SELECT that locks, which has to find its row for the flight to happen."""

    statement: sa.Update | sa.Select[Any]
    """Its parameters are named `g0`, `g1`, …; it returns something."""
    size: int
    """How many parameters it has."""


@lru_cache(maxsize=1_024)
def flight(
    tables: tuple[sa.Table, ...], guard: Guard | None = None
) -> tuple[str, tuple[int, ...] | None]:
    """One statement that inserts one row into each table, all or none, and returns one row.

    Gives the SQL and, for `$1`, `$2`, …, the index into the list that holds the guard's values
    first and then each row's values in its table's column order.  The returned row's only column
    says whether the guard let it pass.
    """
    owned = guard.statement.cte("owned") if guard else None
    offset = guard.size if guard else 0
    inserts: list[sa.CTE] = []
    place: dict[str, int] = {f"g{n}": n for n in range(offset)}
    for number, table in enumerate(tables):
        binds: list[sa.BindParameter[Any]] = []
        for column in table.columns:
            name = parameter(offset)
            place[name] = offset
            binds.append(sa.bindparam(name, type_=column.type))
            offset += 1
        insert = _insert(table)
        if owned is None:
            filled = insert.values(dict(zip(table.columns.keys(), binds, strict=True)))
        else:
            chosen = sa.select(*binds).select_from(owned)
            filled = insert.from_select(list(table.columns.keys()), chosen, include_defaults=False)
        inserts.append(filled.cte(f"row{number}"))
    if owned is None:
        final = sa.select(sa.true().label("passed")).add_cte(*inserts)
    else:
        passed = sa.exists(sa.select(sa.literal_column("1")).select_from(owned))
        final = sa.select(passed.label("passed")).add_cte(owned, *inserts)
    statement = compiled(final)
    order = tuple(place[name] for name in statement.names)
    return statement.sql, None if order == tuple(range(len(order))) else order


def _insert(table: sa.Table) -> sa.Insert:
    key: tuple[str, ...] | None = table.info.get(REPLACES)
    if key is None:
        return sa.insert(table)
    insert = upsert(table)
    # The row keeps its id and its key; the rest is as the later write says.
    kept = {"id", *key}
    sets = {
        column.name: insert.excluded[column.name]
        for column in table.columns
        if column.name not in kept
    }
    return insert.on_conflict_do_update(index_elements=key, set_=sets)


def arranged(order: tuple[int, ...] | None, values: Sequence[Any]) -> Sequence[Any]:
    """The values of a flight in the order of its parameters; None: they are in order already."""
    return values if order is None else [values[index] for index in order]


@lru_cache(maxsize=512)
def insert_returning(table: sa.Table, names: tuple[str, ...]) -> Statement:
    """INSERT of the named columns that gives back the whole row; parameters `p0` and so on."""
    binds = {
        name: sa.bindparam(parameter(number), type_=table.c[name].type)
        for number, name in enumerate(names)
    }
    return compiled(sa.insert(table).values(binds).returning(*table.columns))


def update_returning(
    collection: Collection, names: Sequence[str], where: sa.ColumnElement[bool], *, limit: int
) -> Statement:
    """UPDATE of the matching rows; each row comes back as it is and as it was (`old.…`).

    One statement: the rows are locked as they are read, so that what is reported as previous is
    what the update replaced, also when two updates of one row meet.
    """
    table = collection.table
    keys = [collection.column(name) for name in collection.identity]
    # Rows are locked in key order, so that two updates of the same rows cannot deadlock.
    old = (
        sa.select(*table.columns)
        .where(where)
        .order_by(*keys)
        .limit(literal(limit))
        .with_for_update()
    ).cte("old")
    same = sa.and_(*(key == old.c[key.name] for key in keys))
    before = [old.c[column.name].label(OLD + column.name) for column in table.columns]
    if not names:
        current = [column.label(column.name) for column in old.columns]
        return compiled(sa.select(*current, *before))
    sets = {
        collection.column(name): sa.bindparam(f"s{number}", type_=collection.column(name).type)
        for number, name in enumerate(names)
    }
    update = sa.update(table).values(sets).where(same).returning(*table.columns, *before)
    return compiled(update)


def delete_returning(
    collection: Collection, where: sa.ColumnElement[bool], *, limit: int
) -> Statement:
    """DELETE of the matching rows; each comes back as it was."""
    table = collection.table
    keys = [collection.column(name) for name in collection.identity]
    if not keys:
        return compiled(sa.delete(table).where(where).returning(*table.columns))
    # Locked in key order, as updates are, so that the two cannot deadlock.
    doomed = (
        sa.select(*keys)
        .where(where)
        .order_by(*keys)
        .limit(literal(limit))
        .with_for_update()
        .cte("doomed")
    )
    same = sa.and_(*(key == doomed.c[key.name] for key in keys))
    return compiled(sa.delete(table).where(same).returning(*table.columns))


def set_null(collection: Collection, column: sa.Column[Any]) -> Statement:
    """UPDATE that empties a column where it holds one of the array parameter `keys`."""
    keys = sa.bindparam("keys", type_=array_of(column))
    return compiled(
        sa.update(collection.table).values({column: sa.null()}).where(column == sa.func.any(keys))
    )
