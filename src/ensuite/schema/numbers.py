"""Numbers as clients write them: JSON numbers, or text, which is all that a query string has."""

import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any

MAX_SAFE_INTEGER = 2**53 - 1
"""Beyond it a JavaScript client cannot tell neighbouring integers apart (RFC 8259, section 6)."""

MAX_DIGITS = 1_000
"""Digits that any column can hold at most (PostgreSQL's `numeric` with a precision)."""

LONGEST_WHOLE_NUMBER = 40
LONGEST_NUMBER = 2 * MAX_DIGITS
"""Characters of text that may be a number: twice as many as the largest column holds."""

_whole = re.compile(r"([+-]?[0-9]+)(?:\.0*)?")
_any = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def whole(value: Any, lowest: int, highest: int) -> int:
    """The whole number that a client meant.

    Raises:
        ValueError: it is none, or not between `lowest` and `highest`.

    """
    number: int | None = None
    match value:
        case bool():
            pass
        case int():
            number = value
        case float() if value.is_integer():
            number = int(value)
        case str() if len(value) <= LONGEST_WHOLE_NUMBER:
            found = _whole.fullmatch(value.strip())
            number = int(found[1]) if found else None
        case _:
            pass
    if number is None or not lowest <= number <= highest:
        raise ValueError(f"must be a whole number between {lowest:,} and {highest:,}")
    return number


def real(value: Any) -> float:
    """The number that a client meant, in double precision.

    Raises:
        ValueError: it is none, or too large for a double.

    """
    number = math.nan
    match value:
        case bool():
            pass
        case float():
            number = value
        case int():
            try:
                number = float(value)
            except OverflowError:
                number = math.inf
        case str() if len(value) <= LONGEST_NUMBER and _any.fullmatch(value.strip()):
            number = float(value)
        case _:
            pass
    if math.isnan(number):
        raise ValueError("must be a number")
    if math.isinf(number):
        raise ValueError("must be a number between -1.8e308 and 1.8e308")
    return number


def exact(value: Any) -> Decimal:
    """The number that a client meant, digit by digit; a float means what it prints as.

    Raises:
        ValueError: it is none.

    """
    match value:
        case Decimal() if value.is_finite():
            return value
        case bool() | Decimal():
            pass
        case float() if math.isfinite(value):
            return Decimal(repr(value))
        case int():
            return Decimal(value)
        case str() if len(value) <= LONGEST_NUMBER and _any.fullmatch(value.strip()):
            try:
                return Decimal(value.strip())
            except InvalidOperation:  # an exponent beyond all exponents
                pass
        case _:
            pass
    raise ValueError("must be a number")
