"""Filters as SQL: the condition that a shape of `data.filters` stands for.

Names are looked up in the collection, never written into SQL; values are parameters.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from ensuite.data.filters import (
    JSON_NUMBER_OPERATORS,
    Condition,
    Group,
    Keys,
    LinkedTo,
    Related,
    Shape,
)
from ensuite.data.operators import Operator, operators
from ensuite.data.statements import array_of
from ensuite.schema.association import Association
from ensuite.schema.catalog import Catalog
from ensuite.schema.collection import Collection
from ensuite.schema.fields.belongs_to import BelongsTo
from ensuite.schema.fields.belongs_to_array import BelongsToArray
from ensuite.schema.fields.belongs_to_many import BelongsToMany


def clause(
    catalog: Catalog, collection: Collection, shape: Shape, names: Iterator[str]
) -> sa.ColumnElement[bool]:
    """The SQL condition of a shape; takes its parameters' names from `names`, in order."""
    return _Builder(catalog, names).build(shape, collection, collection.table)


class _Builder:
    """Builds conditions; each association on the way gets a table alias of its own."""

    def __init__(self, catalog: Catalog, names: Iterator[str]) -> None:
        self._catalog = catalog
        self._names = names

    def build(
        self, shape: Shape, collection: Collection, table: sa.FromClause
    ) -> sa.ColumnElement[bool]:
        match shape:
            case Condition():
                return self._condition(shape, collection, table)
            case Group("not", (member,)):
                # Three-valued logic: what is unknown does not hold, so its negation does.
                return sa.not_(sa.func.coalesce(self.build(member, collection, table), sa.false()))
            case Group(kind, members):
                join = sa.and_ if kind == "and" else sa.or_
                empty = sa.true() if kind == "and" else sa.false()
                parts = [self.build(member, collection, table) for member in members]
                return join(*parts) if parts else empty
            case Keys(name):
                column = table.c[collection.column(name).name]
                keys = sa.bindparam(next(self._names), type_=array_of(column))
                return column == sa.func.any(keys)
            case LinkedTo():
                return self._linked_to(shape, collection, table)
            case Related(name, inner, or_none):
                return self._related(
                    collection.associations[name], inner, collection, table, or_none=or_none
                )

    def _condition(
        self, condition: Condition, collection: Collection, table: sa.FromClause
    ) -> sa.ColumnElement[bool]:
        operator: Operator = operators[condition.operator]
        field = collection.columns[condition.field]
        column: sa.ColumnElement[Any] = table.c[field.column_name or field.name]
        taken = [next(self._names) for _ in range(condition.values)]
        if condition.part:
            column = _json_value(column, taken.pop(0), condition.operator)
        return operator.build(column, condition.variant, taken)

    def _related(
        self,
        association: Association,
        inner: Shape,
        collection: Collection,
        table: sa.FromClause,
        *,
        or_none: bool,
    ) -> sa.ColumnElement[bool]:
        target = self._catalog[association.target]
        alias = target.table.alias()
        linked, source = self._link(association, collection, table, target, alias)
        holds = self.build(inner, target, alias)
        some = sa.exists(sa.select(sa.literal_column("1")).select_from(source).where(linked, holds))
        if not or_none:
            return some
        none = sa.exists(sa.select(sa.literal_column("1")).select_from(source).where(linked))
        return sa.or_(some, sa.not_(none))

    def _linked_to(
        self, linked: LinkedTo, collection: Collection, table: sa.FromClause
    ) -> sa.ColumnElement[bool]:
        source = self._catalog[linked.source]
        association = source.associations[linked.association]
        alias = source.table.alias()

        def of_source(name: str) -> sa.ScalarSelect[Any]:
            chosen = self.build(linked.shape, source, alias)
            value = alias.c[source.column(name).name]
            # One record at most has the key, so this is computed once, not for every row.
            return sa.select(value).where(chosen).limit(sa.literal_column("1")).scalar_subquery()

        def own(name: str) -> sa.ColumnElement[Any]:
            return table.c[collection.column(name).name]

        match association:
            case BelongsTo():
                return own(association.target_key) == of_source(association.foreign_key)
            case BelongsToArray():
                keys = of_source(association.foreign_key)
                member = sa.func.to_jsonb(own(association.target_key), type_=JSONB)
                return sa.type_coerce(keys, JSONB).op("@>", is_comparison=True)(member)
            case BelongsToMany():
                through = self._catalog[association.through]
                pairs = through.table.alias()
                paired = pairs.c[through.column(association.other_key).name] == own(
                    association.target_key
                )
                first = pairs.c[through.column(association.foreign_key).name]
                same = first == of_source(association.source_key)
                return sa.exists(
                    sa.select(sa.literal_column("1")).select_from(pairs).where(paired, same)
                )
            case _:
                return own(association.foreign_key) == of_source(association.source_key)

    def _link(
        self,
        association: Association,
        collection: Collection,
        table: sa.FromClause,
        target: Collection,
        alias: sa.FromClause,
    ) -> tuple[sa.ColumnElement[bool], sa.FromClause]:
        def own(name: str) -> sa.ColumnElement[Any]:
            return table.c[collection.column(name).name]

        def other(name: str) -> sa.ColumnElement[Any]:
            return alias.c[target.column(name).name]

        match association:
            case BelongsTo():
                return other(association.target_key) == own(association.foreign_key), alias
            case BelongsToArray():
                key = sa.func.to_jsonb(other(association.target_key), type_=JSONB)
                return own(association.foreign_key).op("@>", is_comparison=True)(key), alias
            case BelongsToMany():
                through = self._catalog[association.through]
                pairs = through.table.alias()
                joined = alias.join(
                    pairs,
                    pairs.c[through.column(association.other_key).name]
                    == other(association.target_key),
                )
                first = pairs.c[through.column(association.foreign_key).name]
                return first == own(association.source_key), joined
            case _:
                return other(association.foreign_key) == own(association.source_key), alias


def _json_value(
    column: sa.ColumnElement[Any], path_name: str, operator: str
) -> sa.ColumnElement[Any]:
    whole = sa.cast(column, JSONB)
    path = sa.bindparam(path_name, type_=sa.ARRAY(sa.Text()))
    text = whole.op("#>>", return_type=sa.Text())(path)
    if operator not in JSON_NUMBER_OPERATORS:
        return text
    kind = sa.func.jsonb_typeof(whole.op("#>")(path))
    # Only numbers are cast: a record that holds something else there does not match.
    is_number = kind == sa.literal_column("'number'")
    return sa.case((is_number, sa.cast(text, sa.Double())), else_=None)
