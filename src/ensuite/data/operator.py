"""What a filter operator is: from an operand to parameters, and from a column to SQL.

The two halves meet in a *variant*, which names the shape of the SQL, so that one compiled
statement serves all operands of the same variant.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ensuite.data.dates import Zone
from ensuite.schema.field import Field

MAX_MEMBERS = 1_000

ORDERED = frozenset({"text", "number", "moment", "date", "time"})
"""The groups of fields (`Field.operators`) whose values have an order."""

LISTS = frozenset({"array", "json"})
"""The groups of fields that hold JSON: a list is one value of them, not several."""

EVERY = ORDERED | LISTS | {"boolean", "exact"}

Prepared = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Operator:
    """One `$operator` of the filter language (wire contract, section 1.4)."""

    name: str
    groups: frozenset[str]
    prepare: Callable[[Field, Any, Zone], Prepared]
    """Turns an operand, plain JSON, into a variant and the parameters that asyncpg takes.

    However many values an operand has, they are one parameter.  Raises ValueError with a message
    that completes "the operand …".
    """
    build: Callable[[sa.ColumnElement[Any], str, Sequence[str]], sa.ColumnElement[bool]]
    """Makes the SQL of a variant for a column; its parameters get the names given, in order."""


def members(operand: Any) -> list[Any]:
    """The values of an operand that may be one value or a list of them.

    Raises:
        ValueError: there are too many.

    """
    if not isinstance(operand, list):
        return [operand]
    if len(operand) > MAX_MEMBERS:
        raise ValueError(f"must have {MAX_MEMBERS:,} values at most")
    return operand


def parameter(column: sa.ColumnElement[Any], name: str) -> sa.BindParameter[Any]:
    """A parameter for one value that the column is compared with."""
    return sa.bindparam(name, type_=_compared_type(column))


def list_parameter(column: sa.ColumnElement[Any], name: str) -> sa.BindParameter[Any]:
    """A parameter for several values that the column is compared with."""
    return sa.bindparam(name, type_=sa.ARRAY(_compared_type(column)))


def _compared_type(column: sa.ColumnElement[Any]) -> sa.types.TypeEngine[Any]:
    # As a parameter's type, numeric(10, 2) would round what the column is compared with.
    return sa.Numeric() if isinstance(column.type, sa.Numeric) else column.type
