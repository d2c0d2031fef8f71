"""The filter language of wire contract section 1.4: from JSON to a shape and its values.

A filter is parsed into a shape (hashable: which fields, which operators) and its values.  The
shape is compiled once and cached (`data.clauses`); a later filter of the same shape only brings
other values.

A group without conditions says nothing, whatever joins it: `{$or: []}`, `{$and: [{}]}` and
`{title: {}}` are left out, as NocoBase does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from ensuite.data.dates import Zone
from ensuite.data.operator import LISTS
from ensuite.data.operators import operators
from ensuite.errors import InvalidFilter
from ensuite.schema.association import Association
from ensuite.schema.catalog import Catalog
from ensuite.schema.characters import storable, stringified
from ensuite.schema.collection import Collection
from ensuite.schema.field import Field, make_field

MAX_DEPTH = 12
MAX_CONDITIONS = 200
MAX_OBJECTS = 400
"""Objects in a filter, groups and conditions together, that are looked at at all."""

SHOWN_CHARACTERS = 80
"""How much of what was sent an error message repeats."""

LOGICAL: Mapping[str, Literal["and", "or"]] = {"$and": "and", "$or": "or"}

# Operators that hold for a missing value: for an association they also hold where there is none.
ACCEPT_NULL = frozenset({
    "$ne", "$notIn", "$notIncludes", "$notStartsWith", "$notEndWith", "$empty", "$notExists",
    "$isFalsy", "$arrayEmpty", "$noneOf", "$notMatch", "$dateNotOn", "$isNot", "$not",
})  # fmt: skip

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

Viewable = Callable[[Collection], frozenset[str] | None]
"""The fields of a collection that a role may view, and so filter and sort by; None: all."""


def unlimited(_: Collection) -> None:
    """All fields of every collection."""


class Parser:
    """Parses filters of one request: what it may name, and the zone that its dates are in."""

    def __init__(self, catalog: Catalog, zone: Zone, *, viewable: Viewable = unlimited) -> None:
        self._catalog = catalog
        self._zone = zone
        self._viewable = viewable
        self._values: list[Any] = []
        self._conditions = 0
        self._objects = 0

    def parse(self, collection: Collection, given: object) -> Filter:
        """Parse a filter on `collection`.

        Raises:
            InvalidFilter: it is malformed, too deep or too large, or names what does not exist
                or what the role may not view.

        """
        self._values = []
        self._conditions = self._objects = 0
        if given is None:
            return EVERYTHING
        shape = self._object(collection, given, 0)
        return Filter(shape, tuple(self._values))

    def _object(self, collection: Collection, given: object, depth: int) -> Shape:
        self._count_object(depth)
        if isinstance(given, list):
            given = {"$and": given}
        if not isinstance(given, Mapping):
            message = f"a filter is a JSON object, not {_short(given)}"
            raise InvalidFilter(message)
        members: list[Shape] = []
        for key, operands in _by_name(cast("Mapping[str, object]", given)).items():
            if key in LOGICAL:
                members.extend(self._logical(collection, key, each, depth) for each in operands)
            elif key == "$not":
                members.extend(_negated(self._object(collection, o, depth + 1)) for o in operands)
            elif key.startswith("$"):
                message = f"{key} needs a field in front of it: {{field: {{{key}: …}}}}"
                raise InvalidFilter(message)
            else:
                members.append(self._field(collection, key, operands, depth))
        return _joined("and", members)

    def _count_object(self, depth: int) -> None:
        self._objects += 1
        if depth > MAX_DEPTH:
            message = f"the filter is nested more than {MAX_DEPTH} levels deep"
            raise InvalidFilter(message)
        if self._objects > MAX_OBJECTS:
            message = f"a filter has {MAX_OBJECTS} groups and conditions at most"
            raise InvalidFilter(message)

    def _logical(self, collection: Collection, key: str, operand: object, depth: int) -> Shape:
        if isinstance(operand, Mapping):
            given = cast("Mapping[str, object]", operand)
            # `$and[0]=…` of a query string, where the indices have holes.
            operand = list(given.values()) if given and all(map(str.isdigit, given)) else [given]
        if not isinstance(operand, list):
            message = f"{key} takes a list of filters"
            raise InvalidFilter(message)
        members = [self._object(collection, part, depth + 1) for part in operand]
        return _joined(LOGICAL[key], members)

    def _field(
        self, collection: Collection, name: str, operands: Sequence[object], depth: int
    ) -> Shape:
        viewable = self._viewable(collection)
        if viewable is not None and name not in viewable and name in collection.fields:
            message = f"you may not filter by {name!r}"
            raise InvalidFilter(message)
        association = collection.associations.get(name)
        if association is not None and not association.hidden:
            return self._related(association, operands, depth)
        field = collection.columns.get(name)
        if field is None or field.hidden:
            message = f"{collection.name!r} has no field {name!r} to filter by"
            raise InvalidFilter(message)
        if field.operators == "json":
            return _joined("and", [self._json(field, (), each, depth) for each in operands])
        return _joined("and", [self._compared(field, (), each) for each in operands])

    def _related(self, association: Association, operands: Sequence[object], depth: int) -> Shape:
        # `{category: 5}`, `{category: null}`, `{tags: {$exists: true}}`: by the target's key.
        parts = [
            each if _speaks_of_parts(each) else {association.target_key: each} for each in operands
        ]
        target = self._catalog[association.target]
        given = parts[0] if len(parts) == 1 else {"$and": parts}
        shape = self._object(target, given, depth + 1)
        if shape == ALWAYS:
            return ALWAYS
        return Related(association.name, shape, _holds_for_none(shape))

    def _json(self, field: Field, path: tuple[str, ...], operand: object, depth: int) -> Shape:
        """A condition on a JSON value or, by a path, on a part of it."""
        if not isinstance(operand, Mapping):
            return self._compared(field, path, operand)
        self._count_object(depth)
        members: list[Shape] = []
        for key, value in cast("Mapping[str, object]", operand).items():
            name, dollar, operator = key.partition("$")
            if dollar and (not name or name.endswith(".")):
                at = (*path, *name.removesuffix(".").split(".")) if name else path
                members.append(self._condition(field, at, f"${operator}", value))
            else:
                members.append(self._json(field, (*path, *key.split(".")), value, depth + 1))
        return _joined("and", members)

    def _compared(self, field: Field, path: tuple[str, ...], operand: object) -> Shape:
        if not isinstance(operand, Mapping):
            several = isinstance(operand, list) and (path or field.operators not in LISTS)
            operand = {"$in" if several else "$eq": operand}
        given = cast("Mapping[str, object]", operand)
        return _joined("and", [self._condition(field, path, *each) for each in given.items()])

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
            message = f"{_short(name)} cannot compare {field.name!r}, of type {field.type!r}"
            raise InvalidFilter(message)
        if path and compared.operators == "text":
            operand = _json_text(operand)
        try:
            variant, values = operator.prepare(compared, operand, self._zone)
            if path:
                values = ([storable(each) for each in path], *values)
        except (ValueError, OverflowError, RecursionError) as error:
            message = f"{field.name} {name}: the operand {error}"
            raise InvalidFilter(message) from error
        self._values.extend(values)
        return Condition(field.name, bool(path), name, variant, len(values))


def _by_name(given: Mapping[str, object]) -> dict[str, list[object]]:
    """The operands by what they are about: a field, or what joins them.

    `{"tags.name": a, "tags.color": b}` speaks of one associated record twice;
    `"title.$includes": a` is `title: {$includes: a}`.
    """
    grouped: dict[str, list[object]] = {}
    for key, operand in given.items():
        head, _, rest = key.partition(".")
        if rest and not head.startswith("$"):
            grouped.setdefault(head, []).append({rest: operand})
        else:
            grouped.setdefault(key, []).append(operand)
    return grouped


def _joined(kind: Literal["and", "or"], members: Sequence[Shape]) -> Shape:
    saying = tuple(each for each in members if each != ALWAYS)
    return saying[0] if len(saying) == 1 else Group(kind, saying) if saying else ALWAYS


def _negated(shape: Shape) -> Shape:
    return ALWAYS if shape == ALWAYS else Group("not", (shape,))


def _holds_for_none(shape: Shape) -> bool:
    """Whether a condition holds for a record all of whose values are missing."""
    match shape:
        case Condition(_, _, operator, variant, _):
            # Where null itself is the operand, or among several, it is the other way round.
            return (operator in ACCEPT_NULL) != ("null" in variant)
        case Group("and", members):
            return all(_holds_for_none(member) for member in members)
        case Group("or", members):
            return any(_holds_for_none(member) for member in members)
        case Group(_, members):
            return not _holds_for_none(members[0])
        case Related(_, _, or_none):
            return or_none
        case Keys() | LinkedTo():
            return False


def _speaks_of_parts(operand: object) -> bool:
    """Whether an operand speaks of fields, `{name: …}`, and not of operators, `{$eq: …}`."""
    if not isinstance(operand, Mapping):
        return False
    given = cast("Mapping[str, object]", operand)
    return any(
        not key.startswith("$")
        or key in LOGICAL
        or (key == "$not" and isinstance(value, Mapping | list))
        for key, value in given.items()
    )


def json_part(operator: str) -> Field:
    """The field type by which a part of a JSON value is compared."""
    kind = "double" if operator in JSON_NUMBER_OPERATORS else "text"
    return make_field({"name": "part", "type": kind})


def _json_text(operand: object) -> object:
    """JSON scalars as PostgreSQL's `#>>` gives them."""
    match operand:
        case bool() | int() | float():
            return stringified(operand)
        case list():
            return [_json_text(each) for each in cast("list[object]", operand)]
        case _:
            return operand


def _short(given: object) -> str:
    text = repr(given)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def names_of(filter_: Filter) -> Sequence[str]:
    """The names of the filter's parameters, in the order of its values."""
    return [f"f{number}" for number in range(len(filter_.values))]
