"""The filter operators: those that compare values are here, the others in modules of their kind.

An operator and its negation share out the rows between them, and a row without a value goes to the
negation: `$ne`, `$notIn`, `$notIncludes`, `$noneOf`, `$dateNotOn` and their like include null.  The
negations that NocoBase takes over from Sequelize as they are (`$notBetween`, `$notLike`,
`$notRegexp` and their like) leave such rows out, as SQL does.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ensuite.data.date_operators import date_operators
from ensuite.data.dates import Zone
from ensuite.data.list_operators import list_operators
from ensuite.data.operator import (
    EVERY,
    LISTS,
    ORDERED,
    Operator,
    Prepared,
    list_parameter,
    members,
    parameter,
)
from ensuite.data.presence_operators import presence_operators
from ensuite.data.text_operators import text_operators
from ensuite.schema.field import Field

__all__ = ["Operator", "operators"]


def _equal(field: Field, operand: Any, zone: Zone) -> Prepared:
    if operand is None:
        return "null", ()
    if isinstance(operand, list) and field.operators not in LISTS:
        return _member(field, operand, zone)
    return "value", (field.operand(operand),)


def _member(field: Field, operand: Any, _zone: Zone) -> Prepared:
    given = members(operand)
    values = [field.operand(each) for each in given if each is not None]
    return "any or null" if len(values) < len(given) else "any", (values,)


def _is_equal(
    column: sa.ColumnElement[Any], variant: str, names: Sequence[str]
) -> sa.ColumnElement[bool]:
    match variant:
        case "null":
            return column.is_(sa.null())
        case "value":
            return column == parameter(column, names[0])
        case "any":
            return column == sa.any_(list_parameter(column, names[0]))
        case _:
            equals_one = column == sa.any_(list_parameter(column, names[0]))
            return sa.or_(equals_one, column.is_(sa.null()))


def _differs(
    column: sa.ColumnElement[Any], variant: str, names: Sequence[str]
) -> sa.ColumnElement[bool]:
    match variant:
        case "null":
            return column.is_not(sa.null())
        case "value":
            return column.is_distinct_from(parameter(column, names[0]))
        case "any":
            differs_from_all = column != sa.all_(list_parameter(column, names[0]))
            return sa.or_(differs_from_all, column.is_(sa.null()))
        case _:
            # The list may be empty but for null, and then anything differs from all of it.
            differs_from_all = column != sa.all_(list_parameter(column, names[0]))
            return sa.and_(differs_from_all, column.is_not(sa.null()))


def _value(field: Field, operand: Any, _zone: Zone) -> Prepared:
    if operand is None:
        raise ValueError("must be a value, not null")
    return "value", (field.operand(operand),)


def _pair(field: Field, operand: Any, _zone: Zone) -> Prepared:
    match operand:
        case [lowest, highest] if lowest is not None and highest is not None:
            return "pair", (field.operand(lowest), field.operand(highest))
        case _:
            raise ValueError("must be a list of two values")


def _ordered(name: str, compare: Callable[[Any, Any], sa.ColumnElement[bool]]) -> Operator:
    return Operator(
        name,
        ORDERED,
        _value,
        lambda column, _, names: compare(column, parameter(column, names[0])),
    )


def _is_between(
    column: sa.ColumnElement[Any], _variant: str, names: Sequence[str]
) -> sa.ColumnElement[bool]:
    lowest, highest = (parameter(column, name) for name in names)
    return column.between(lowest, highest)


comparison_operators = (
    Operator("$eq", EVERY, _equal, _is_equal),
    Operator("$ne", EVERY, _equal, _differs),
    Operator("$in", EVERY, _member, _is_equal),
    Operator("$notIn", EVERY, _member, _differs),
    _ordered("$gt", operator.gt),
    _ordered("$gte", operator.ge),
    _ordered("$lt", operator.lt),
    _ordered("$lte", operator.le),
    Operator("$between", ORDERED, _pair, _is_between),
    Operator("$notBetween", ORDERED, _pair, lambda *shape: sa.not_(_is_between(*shape))),
)

operators: Mapping[str, Operator] = {
    each.name: each
    for each in (
        *comparison_operators,
        *presence_operators,
        *text_operators,
        *list_operators,
        *date_operators,
    )
}
