"""Filter operators that ask whether there is a value, and whether it is a yes."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from ensuite.data.dates import Zone
from ensuite.data.operator import EVERY, LISTS, Operator, Prepared
from ensuite.schema.field import Field

BOOLEAN = frozenset({"boolean"})


def _confirmed(field: Field, operand: Any, _zone: Zone) -> Prepared:
    """These operators have nothing to compare with; clients give them `true`."""
    if operand not in (True, "true", "1"):
        raise ValueError("must be true; for the opposite there is another operator")
    match field.operators:
        case "text":
            return "text", ()
        case group if group in LISTS:
            return "list", ()
        case _:
            return "value", ()


def _constant(field: Field, operand: Any, _zone: Zone) -> Prepared:
    if operand in (None, "null"):
        return "null", ()
    if field.operators == "boolean" and operand in (True, "true"):
        return "true", ()
    if field.operators == "boolean" and operand in (False, "false"):
        return "false", ()
    raise ValueError("must be null, or true or false for a yes-or-no field")


def _is_constant(
    column: sa.ColumnElement[Any], variant: str, _names: Sequence[str]
) -> sa.ColumnElement[bool]:
    constants = {"null": sa.null(), "true": sa.true(), "false": sa.false()}
    return column.is_(constants[variant])


def _is_empty(
    column: sa.ColumnElement[Any], variant: str, _names: Sequence[str]
) -> sa.ColumnElement[bool]:
    match variant:
        case "text":
            return sa.or_(column.is_(sa.null()), column == sa.literal_column("''"))
        case "list":
            return sa.or_(column.is_(sa.null()), column == sa.literal_column("'[]'::jsonb"))
        case _:
            return column.is_(sa.null())


def _is_null(
    column: sa.ColumnElement[Any], _variant: str, _names: Sequence[str]
) -> sa.ColumnElement[bool]:
    return column.is_(sa.null())


def _is_true(
    column: sa.ColumnElement[Any], _variant: str, _names: Sequence[str]
) -> sa.ColumnElement[bool]:
    return column.is_(sa.true())


presence_operators = (
    Operator("$is", EVERY, _constant, _is_constant),
    Operator("$isNot", EVERY, _constant, lambda *shape: sa.not_(_is_constant(*shape))),
    Operator("$not", EVERY, _constant, lambda *shape: sa.not_(_is_constant(*shape))),
    Operator("$empty", EVERY, _confirmed, _is_empty),
    Operator("$notEmpty", EVERY, _confirmed, lambda *shape: sa.not_(_is_empty(*shape))),
    Operator("$arrayEmpty", LISTS, _confirmed, _is_empty),
    Operator("$arrayNotEmpty", LISTS, _confirmed, lambda *shape: sa.not_(_is_empty(*shape))),
    Operator("$notExists", EVERY, _confirmed, _is_null),
    Operator("$exists", EVERY, _confirmed, lambda *shape: sa.not_(_is_null(*shape))),
    Operator("$isTruly", BOOLEAN, _confirmed, _is_true),
    Operator("$isFalsy", BOOLEAN, _confirmed, lambda *shape: sa.not_(_is_true(*shape))),
)
