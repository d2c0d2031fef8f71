"""Filter operators that compare dates and times with a period of the calendar.

A period is compared as its first and last value that the column can hold: instants, wall-clock
times, days, or counted seconds.  A day has no parts, so a period that begins or ends within one
takes all of it.
"""

import operator
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ensuite.data.dates import Zone, period
from ensuite.data.operator import Operator, Prepared, parameter
from ensuite.schema.field import Field

MOMENTS = frozenset({"moment", "date"})

MICROSECOND = timedelta(microseconds=1)
"""The smallest difference that PostgreSQL's times know."""


def _first(field: Field, operand: Any, zone: Zone) -> Prepared:
    return "value", (_stored(field, period(operand, zone).start),)


def _last(field: Field, operand: Any, zone: Zone) -> Prepared:
    return "value", (_stored_before(field, period(operand, zone).end),)


def _both(field: Field, operand: Any, zone: Zone) -> Prepared:
    meant = period(operand, zone)
    return "pair", (_stored(field, meant.start), _stored_before(field, meant.end))


def _stored(field: Field, moment: datetime) -> Any:
    """What the field's column holds at this moment."""
    match field.column_type():
        case sa.DateTime(timezone=True):
            return moment.astimezone(UTC)
        case sa.DateTime():
            return moment.replace(tzinfo=None)
        case _:
            return field.parse(moment)


def _stored_before(field: Field, moment: datetime) -> Any:
    """What the field's column holds just before this moment."""
    match field.column_type():
        case sa.DateTime(timezone=True):
            # In UTC, since an hour that the clock repeats in autumn has two such moments.
            return moment.astimezone(UTC) - MICROSECOND
        case _:
            return _stored(field, moment - MICROSECOND)


def _is_on(
    column: sa.ColumnElement[Any], _variant: str, names: Sequence[str]
) -> sa.ColumnElement[bool]:
    first, last = (parameter(column, name) for name in names)
    return column.between(first, last)


def _is_not_on(
    column: sa.ColumnElement[Any], variant: str, names: Sequence[str]
) -> sa.ColumnElement[bool]:
    return sa.or_(sa.not_(_is_on(column, variant, names)), column.is_(sa.null()))


def _compared(
    name: str,
    prepare: Callable[[Field, Any, Zone], Prepared],
    compare: Callable[[Any, Any], sa.ColumnElement[bool]],
) -> Operator:
    return Operator(
        name,
        MOMENTS,
        prepare,
        lambda column, _, names: compare(column, parameter(column, names[0])),
    )


date_operators = (
    Operator("$dateOn", MOMENTS, _both, _is_on),
    Operator("$dateNotOn", MOMENTS, _both, _is_not_on),
    Operator("$dateBetween", MOMENTS, _both, _is_on),
    _compared("$dateBefore", _first, operator.lt),
    _compared("$dateNotBefore", _first, operator.ge),
    _compared("$dateAfter", _last, operator.gt),
    _compared("$dateNotAfter", _last, operator.le),
)
