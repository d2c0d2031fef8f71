"""Filter operators that look into text.

Those of NocoBase (`$includes` and its like) ignore case, take `%` and `_` as they are and search
what the client sees, so they also serve numbers and UUIDs.  Those of Sequelize (`$like`, `$iLike`,
`$regexp` and their like) take PostgreSQL's patterns.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from ensuite.data.dates import Zone
from ensuite.data.operator import Operator, Prepared, members
from ensuite.schema.characters import stringified
from ensuite.schema.field import Field

MAX_EXPRESSION_LENGTH = 500
"""Characters of a regular expression: PostgreSQL's time for one grows with its length."""

TEXT = frozenset({"text"})
SEARCHABLE = frozenset({"text", "number", "exact"})

Prepare = Callable[[Field, Any, Zone], Prepared]


def _parts(pattern: str) -> Prepare:
    """Take the operand as a part of a text, and `pattern` as what surrounds it."""

    def prepare(_field: Field, operand: Any, _zone: Zone) -> Prepared:
        if operand is None:
            return "null", ()
        patterns = [
            pattern.format(re.sub(r"([\\%_])", r"\\\1", stringified(part)))
            for part in members(operand)
        ]
        return ("any", (patterns,)) if isinstance(operand, list) else ("one", (patterns[0],))

    return prepare


def _includes(
    column: sa.ColumnElement[Any], variant: str, names: Sequence[str]
) -> sa.ColumnElement[bool]:
    text = _as_text(column)
    match variant:
        case "null":
            return column.is_(sa.null())
        case "one":
            return text.ilike(_text_parameter(names[0]))
        case _:
            return text.ilike(sa.any_(_texts_parameter(names[0])))


def _excludes(
    column: sa.ColumnElement[Any], variant: str, names: Sequence[str]
) -> sa.ColumnElement[bool]:
    text = _as_text(column)
    match variant:
        case "null":
            return column.is_not(sa.null())
        case "one":
            excluded = text.not_ilike(_text_parameter(names[0]))
        case _:
            excluded = text.not_ilike(sa.all_(_texts_parameter(names[0])))
    return sa.or_(excluded, column.is_(sa.null()))


def _pattern(_field: Field, operand: Any, _zone: Zone) -> Prepared:
    pattern = stringified(operand)
    if (len(pattern) - len(pattern.rstrip("\\"))) % 2:
        raise ValueError(r"must not end with a single \, which makes the next character ordinary")
    return "one", (pattern,)


def _expression(_field: Field, operand: Any, _zone: Zone) -> Prepared:
    expression = stringified(operand)
    if len(expression) > MAX_EXPRESSION_LENGTH:
        raise ValueError(f"must be {MAX_EXPRESSION_LENGTH} characters long at most")
    return "one", (expression,)


def _matched(name: str, prepare: Prepare, sql_operator: str) -> Operator:
    def build(
        column: sa.ColumnElement[Any], _variant: str, names: Sequence[str]
    ) -> sa.ColumnElement[bool]:
        return column.bool_op(sql_operator)(_text_parameter(names[0]))

    return Operator(name, TEXT, prepare, build)


def _as_text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return column if isinstance(column.type, sa.String) else sa.cast(column, sa.Text())


def _text_parameter(name: str) -> sa.BindParameter[str]:
    return sa.bindparam(name, type_=sa.Text())


def _texts_parameter(name: str) -> sa.BindParameter[Sequence[str]]:
    return sa.bindparam(name, type_=sa.ARRAY(sa.Text()))


text_operators = (
    Operator("$includes", SEARCHABLE, _parts("%{}%"), _includes),
    Operator("$notIncludes", SEARCHABLE, _parts("%{}%"), _excludes),
    Operator("$startsWith", SEARCHABLE, _parts("{}%"), _includes),
    Operator("$notStartsWith", SEARCHABLE, _parts("{}%"), _excludes),
    Operator("$endWith", SEARCHABLE, _parts("%{}"), _includes),
    Operator("$notEndWith", SEARCHABLE, _parts("%{}"), _excludes),
    _matched("$like", _pattern, "LIKE"),
    _matched("$notLike", _pattern, "NOT LIKE"),
    _matched("$iLike", _pattern, "ILIKE"),
    _matched("$notILike", _pattern, "NOT ILIKE"),
    _matched("$regexp", _expression, "~"),
    _matched("$notRegexp", _expression, "!~"),
    _matched("$iRegexp", _expression, "~*"),
    _matched("$notIRegexp", _expression, "!~*"),
)
