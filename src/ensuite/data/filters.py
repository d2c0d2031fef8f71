"""The filter language of wire contract section 1.4: from JSON to SQL.

A filter is parsed into a shape (hashable: which fields, which operators) and its values.  The
shape is compiled once and cached; a later filter of the same shape only brings other values.
Names are looked up in the collection, never written into SQL.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from ensuite.data.dates import Zone
from ensuite.data.operators import Operator, operators
from ensuite.errors import InvalidFilter
from ensuite.schema.association import Association
from ensuite.schema.catalog import Catalog
from ensuite.schema.collection import Collection
from ensuite.schema.field import Field, make_field
from ensuite.schema.fields.belongs_to import BelongsTo
from ensuite.schema.fields.belongs_to_array import BelongsToArray
from ensuite.schema.fields.belongs_to_many import BelongsToMany

MAX_DEPTH = 12
MAX_CONDITIONS = 200

LOGICAL: Mapping[str, Literal["and", "or"]] = {"$and": "and", "$or": "or"}

# Operators that hold for a missing value: for an association they also hold where there is none.
ACCEPT_NULL = frozenset({
    "$ne", "$notIn", "$notIncludes", "$notStartsWith", "$notEndWith", "$empty", "$notExists",
    "$isFalsy", "$arrayEmpty", "$noneOf", "$notMatch", "$dateNotOn",
})  # fmt: skip
EQUALITIES = frozenset({"$eq", "$in", "$is"})

JSON_NUMBER_OPERATORS = frozenset({"$gt", "$gte", "$lt", "$lte", "$between", "$notBetween"})


@dataclass(frozen=True, slots=True)
class Condition:
    """One field compared; `values` counts how many parameters it takes.

    With `part`, a part of a JSON value is compared, and the first parameter is the path to it.
    """

    field: str
    part: bool
    operator: str
    variant: str
    values: int


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions joined; `not` holds one."""

    kind: Literal["and", "or", "not"]
    members: tuple["Shape", ...]


@dataclass(frozen=True, slots=True)
class Related:
    """A condition on the associated records; `or_none`: it also holds where there are none."""

    association: str
    shape: "Shape"
    or_none: bool


@dataclass(frozen=True, slots=True)
class Keys:
    """The field is one of the values in one array parameter: how the server itself selects."""

    field: str


@dataclass(frozen=True, slots=True)
class LinkedTo:
    """The record is what `association` of a record of `source` holds: association resources."""

    source: str
    association: str
    shape: "Shape"
    """Which record of `source`."""


Shape = Condition | Group | Related | Keys | LinkedTo
ALWAYS = Group("and", ())


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter: its shape and the values of its parameters, in order."""

    shape: Shape = ALWAYS
    values: tuple[Any, ...] = ()

    def __and__(self, other: "Filter") -> "Filter":
        """Both hold."""
        if self.shape == ALWAYS:
            return other
        if other.shape == ALWAYS:
            return self
        return Filter(Group("and", (self.shape, other.shape)), self.values + other.values)


EVERYTHING = Filter()


class Parser:
    """Parses filters of one request: what it may name, and the zone that its dates are in."""

    def __init__(
        self, catalog: Catalog, zone: Zone, *, readable: frozenset[str] | None = None
    ) -> None:
        self._catalog = catalog
        self._zone = zone
        self._readable = readable
        self._values: list[Any] = []
        self._conditions = 0

    def parse(self, collection: Collection, given: object) -> Filter:
        """Parse a filter on `collection`.

        Raises:
            InvalidFilter: it is malformed, too deep or too large, or names what does not exist
                or what the role may not view.

        """
        self._values = []
        self._conditions = 0
        if given is None:
            return EVERYTHING
        shape = self._object(collection, given, 0, top=True)
        return Filter(shape, tuple(self._values))

    def _object(self, collection: Collection, given: object, depth: int, *, top: bool) -> Shape:
        if depth > MAX_DEPTH:
            message = f"the filter is nested more than {MAX_DEPTH} levels deep"
            raise InvalidFilter(message)
        if isinstance(given, list):
            given = {"$and": given}
        if not isinstance(given, Mapping):
            message = f"a filter is a JSON object, not {given!r}"
            raise InvalidFilter(message)
        members: list[Shape] = []
        for key, operand in _nested(collection, given).items():
            if key in LOGICAL:
                members.append(self._logical(collection, key, operand, depth, top=top))
            elif key == "$not":
                inner = self._object(collection, operand, depth + 1, top=top)
                members.append(Group("not", (inner,)))
            elif key.startswith("$"):
                message = f"{key} needs a field in front of it: {{field: {{{key}: …}}}}"
                raise InvalidFilter(message)
            else:
                members.append(self._field(collection, key, operand, depth, top=top))
        return members[0] if len(members) == 1 else Group("and", tuple(members))

    def _logical(
        self, collection: Collection, key: str, operand: object, depth: int, *, top: bool
    ) -> Shape:
        parts = (
            list(operand.values())
            if isinstance(operand, Mapping) and all(str(each).isdigit() for each in operand)
            else operand
        )
        if isinstance(parts, Mapping):
            parts = [parts]
        if not isinstance(parts, list):
            message = f"{key} takes a list of filters"
            raise InvalidFilter(message)
        return Group(
            LOGICAL[key],
            tuple(self._object(collection, part, depth + 1, top=top) for part in parts),
        )

    def _field(
        self, collection: Collection, name: str, operand: object, depth: int, *, top: bool
    ) -> Shape:
        head, _, rest = name.partition(".")
        if top and self._readable is not None and head not in self._readable:
            message = f"you may not filter by {head!r}"
            raise InvalidFilter(message)
        association = collection.associations.get(head)
        if association is not None:
            return self._related(association, operand, depth)
        field = collection.columns.get(head)
        if field is None or field.hidden:
            message = f"{collection.name!r} has no field {head!r} to filter by"
            raise InvalidFilter(message)
        if field.operators == "json" and (rest or _is_nested(operand)):
            return self._json(field, tuple(rest.split(".")) if rest else (), operand, depth)
        if rest:
            message = f"{head!r} has no parts to filter by: {name!r}"
            raise InvalidFilter(message)
        return self._compared(field, (), operand)

    def _related(self, association: Association, operand: object, depth: int) -> Shape:
        target = self._catalog[association.target]
        if not _is_nested(operand):
            # `{category: 5}`, `{category: null}`, `{tags: {$exists: true}}`: by the target's key.
            operand = {association.target_key: operand}
        first = len(self._values)
        shape = self._object(target, operand, depth + 1, top=False)
        return Related(
            association.name, shape, self._holds_for_none(shape, iter(self._values[first:]))
        )

    def _holds_for_none(self, shape: Shape, values: Iterator[Any]) -> bool:
        match shape:
            case Condition(_, _, operator, variant, count):
                for _ in range(count):
                    _ = next(values)
                return operator in ACCEPT_NULL or (operator in EQUALITIES and "null" in variant)
            case Group(kind, members):
                held = [self._holds_for_none(member, values) for member in members]
                if kind == "not":
                    return not all(held)
                return all(held) if kind == "and" else any(held)
            case Related(_, _, or_none):
                return or_none
            case Keys() | LinkedTo():
                return False

    def _json(self, field: Field, path: tuple[str, ...], operand: object, depth: int) -> Shape:
        if depth > MAX_DEPTH:
            message = f"the filter is nested more than {MAX_DEPTH} levels deep"
            raise InvalidFilter(message)
        if not path and not isinstance(operand, Mapping):
            message = f"name the part of {field.name!r} to compare: {field.name}.part"
            raise InvalidFilter(message)
        if _is_nested(operand) and isinstance(operand, Mapping):
            members = [
                self._json(field, (*path, *key.split(".")), value, depth + 1)
                for key, value in operand.items()
            ]
            return members[0] if len(members) == 1 else Group("and", tuple(members))
        return self._compared(field, path, operand)

    def _compared(self, field: Field, path: tuple[str, ...], operand: object) -> Shape:
        if not isinstance(operand, Mapping):
            operand = {"$in" if isinstance(operand, list) else "$eq": operand}
        members = [
            self._condition(field, path, str(name), value) for name, value in operand.items()
        ]
        return members[0] if len(members) == 1 else Group("and", tuple(members))

    def _condition(
        self, field: Field, path: tuple[str, ...], name: str, operand: object
    ) -> Condition:
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            message = f"a filter has {MAX_CONDITIONS} conditions at most"
            raise InvalidFilter(message)
        operator = operators.get(name)
        compared = json_part(name) if path else field
        if operator is None or compared.operators not in operator.groups:
            message = f"{name} cannot compare {field.name!r}, which is of type {field.type!r}"
            raise InvalidFilter(message)
        if path and compared.type == "text":
            operand = _json_text(operand)
        try:
            variant, values = operator.prepare(compared, operand, self._zone)
        except (ValueError, OverflowError, RecursionError) as error:
            message = f"{field.name} {name}: the operand {error}"
            raise InvalidFilter(message) from error
        if path:
            values = (list(path), *values)
        self._values.extend(values)
        return Condition(field.name, bool(path), name, variant, len(values))


def _is_nested(operand: object) -> bool:
    """Whether an operand speaks of parts, `{name: …}`, and not of operators, `{$eq: …}`."""
    return isinstance(operand, Mapping) and any(
        not str(key).startswith("$") or key in LOGICAL or key == "$not" for key in operand
    )


def _nested(collection: Collection, given: Mapping[str, Any]) -> dict[str, Any]:
    """Bring `{"tags.name": a, "tags.color": b}` together: both speak of the same record."""
    grouped: dict[str, Any] = {}
    for key, operand in given.items():
        head, _, rest = str(key).partition(".")
        if rest and head in collection.associations:
            part = grouped.setdefault(head, {})
            if isinstance(part, dict) and rest not in part:
                part[rest] = operand
                continue
            grouped[head] = {"$and": [part, {rest: operand}]}
        elif head in grouped:
            message = f"{head!r} is named twice; join the two by $and"
            raise InvalidFilter(message)
        else:
            grouped[str(key)] = operand
    return grouped


def json_part(operator: str) -> Field:
    """The field type by which a part of a JSON value is compared."""
    kind = "double" if operator in JSON_NUMBER_OPERATORS else "text"
    return make_field({"name": "part", "type": kind})


def _json_text(operand: object) -> object:
    """JSON scalars as PostgreSQL's `#>>` gives them."""
    if isinstance(operand, bool):
        return "true" if operand else "false"
    if isinstance(operand, (int, float)):
        return str(operand)
    if isinstance(operand, list):
        return [_json_text(each) for each in operand]
    return operand


def names_of(filter_: Filter) -> Sequence[str]:
    """The names of the filter's parameters, in the order of its values."""
    return [f"f{number}" for number in range(len(filter_.values))]


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
                keys = sa.bindparam(next(self._names), type_=sa.ARRAY(column.type))
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
            return sa.select(value).where(chosen).limit(1).scalar_subquery()

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
    return sa.case((kind == "number", sa.cast(text, sa.Double())), else_=None)
