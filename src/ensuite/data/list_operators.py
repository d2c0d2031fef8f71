"""Filter operators that compare lists as sets; a `jsonb` column holds them.

What is compared is JSON: the text "5" is not the number 5.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from ensuite.data.dates import Zone
from ensuite.data.operator import LISTS, Operator, Prepared, members
from ensuite.schema.field import Field
from ensuite.schema.json_text import json_text


def _set(_field: Field, operand: Any, _zone: Zone) -> Prepared:
    if operand is None:
        raise ValueError("must be a list of values")
    return "set", (json_text(members(operand)),)


def _singletons(_field: Field, operand: Any, _zone: Zone) -> Prepared:
    if operand is None:
        raise ValueError("must be a list of values")
    return "any", ([json_text([member]) for member in members(operand)],)


def _matches(
    column: sa.ColumnElement[Any], _variant: str, names: Sequence[str]
) -> sa.ColumnElement[bool]:
    expected = sa.bindparam(names[0], type_=JSONB())
    return sa.and_(column.bool_op("@>")(expected), column.bool_op("<@")(expected))


def _has_any(
    column: sa.ColumnElement[Any], _variant: str, names: Sequence[str]
) -> sa.ColumnElement[bool]:
    return column.bool_op("@>")(sa.any_(sa.bindparam(names[0], type_=sa.ARRAY(JSONB()))))


list_operators = (
    Operator("$match", LISTS, _set, _matches),
    Operator(
        "$notMatch",
        LISTS,
        _set,
        lambda column, *rest: sa.or_(sa.not_(_matches(column, *rest)), column.is_(sa.null())),
    ),
    Operator("$anyOf", LISTS, _singletons, _has_any),
    Operator(
        "$noneOf",
        LISTS,
        _singletons,
        lambda column, *rest: sa.or_(sa.not_(_has_any(column, *rest)), column.is_(sa.null())),
    ),
)
