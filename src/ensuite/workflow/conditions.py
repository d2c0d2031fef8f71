"""Questions with the answer yes or no: groups of comparisons, or an expression.

The comparisons are NocoBase's (wire contract, section 5.10) and compare as JavaScript's `==` and
`<` do: `"5"` equals 5, null equals only null, a list compares as its text.  Two things differ,
where JavaScript would raise or compare identities: a text comparison with null is false (its
negation true), and two lists or two objects are equal when they hold the same.
"""

import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, Self

from pydantic import model_validator

from ensuite.errors import InvalidRequest
from ensuite.workflow.configuration import Part, WrongField, config
from ensuite.workflow.expressions import ExpressionFailed, InvalidExpression, evaluate
from ensuite.workflow.expressions import compile as compile_expression
from ensuite.workflow.scope import resolve, text

MAX_GROUP_DEPTH = 20
MAX_CALCULATIONS = 500
"""Comparisons and groups in one condition, all levels together."""

_decimal = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_based = re.compile(r"0(?:[xX][0-9a-fA-F]{1,200}|[oO][0-7]{1,200}|[bB][01]{1,200})")


class InvalidCondition(InvalidRequest, ValueError):
    """The condition is not valid; the message says what a condition looks like.

    A `ValueError` too, so that the validation of a configuration reports it with its field.
    """

    code = "INVALID_CONDITION"


class Criterion(Part):
    """A question about an execution's variables."""

    engine: Literal["basic", "cel"] = config(
        en="Engine", fr="Moteur", widget="select", default="basic"
    )
    calculation: dict[str, Any] | None = config(
        en="Conditions", fr="Conditions", widget="conditions", default=None
    )
    expression: str = config(en="Expression", fr="Expression", widget="expression", default="")

    @model_validator(mode="after")
    def _is_valid(self) -> Self:
        try:
            if self.engine == "basic":
                check(self.calculation)
            elif self.expression:
                _ = compile_expression(self.expression)
        except InvalidCondition as error:
            raise WrongField("calculation", str(error)) from error
        except InvalidExpression as error:
            raise WrongField("expression", str(error)) from error
        return self

    def holds(self, scope: Mapping[str, Any]) -> bool:
        """The answer.

        Raises:
            InvalidCondition: a comparison has a calculator that does not exist.
            InvalidExpression: the expression is empty.
            ExpressionFailed: the expression cannot be evaluated, or gives no boolean.

        """
        if self.engine == "basic":
            return holds(self.calculation, scope)
        answer = evaluate(self.expression, scope)
        if answer is None:
            return False
        if not isinstance(answer, bool):
            raise ExpressionFailed(f"A condition must give true or false, not {text(answer)[:100]}")
        return answer


def check(calculation: Mapping[str, Any] | None) -> None:
    """Check the form of a condition; its calculators are looked up when they are needed.

    Raises:
        InvalidCondition: it has another form than groups and comparisons, or is too large.

    """
    if calculation and _size(calculation, MAX_GROUP_DEPTH) > MAX_CALCULATIONS:
        raise InvalidCondition(f"A condition holds {MAX_CALCULATIONS} comparisons at most")


def holds(calculation: Mapping[str, Any] | None, scope: Mapping[str, Any]) -> bool:
    """Whether a condition of a valid form holds; one that asks nothing does.

    Raises:
        InvalidCondition: a comparison has a calculator that does not exist.

    """
    if not calculation:
        return True
    match calculation.get("group"):
        case {"type": kind, "calculations": [_, *_] as calculations}:
            quantifier = all if kind == "and" else any
            return quantifier(holds(each, scope) for each in calculations)
        case None:
            return _compared(calculation, scope)
        case _:
            return True


def _size(calculation: object, depth: int) -> int:
    if depth == 0:
        raise InvalidCondition(f"Groups nest {MAX_GROUP_DEPTH} levels deep at most")
    match calculation:
        case {"group": {"type": "and" | "or", **rest}}:
            inner = rest.get("calculations") or []
            if not isinstance(inner, list):
                raise InvalidCondition("The calculations of a group are a list")
            return 1 + sum(_size(each, depth - 1) for each in inner)
        case {"group": group} if group is not None:
            raise InvalidCondition('A group is {"type": "and" or "or", "calculations": […]}')
        case {"operands": operands} if operands is not None and not isinstance(operands, list):
            raise InvalidCondition("The operands of a comparison are a list of two")
        case {"calculator": calculator} if not isinstance(calculator, str | None):
            raise InvalidCondition("The calculator of a comparison is its name")
        case dict():
            return 1
        case _:
            raise InvalidCondition("A condition is made of groups and comparisons, both objects")


def _compared(comparison: Mapping[str, Any], scope: Mapping[str, Any]) -> bool:
    name, operands = comparison.get("calculator"), comparison.get("operands")
    if not name or not operands:
        return True
    calculator = calculators.get(name)
    if calculator is None:
        known = ", ".join(calculators)
        raise InvalidCondition(f"There is no calculator {name!r}; there are {known}")
    left, right, *_ = *resolve(operands[:2], scope), None
    return calculator(left, right)


def equal(left: Any, right: Any) -> bool:
    """JavaScript's `==`."""
    if left is None or right is None:
        return left is right
    if _is_object(left) and _is_object(right):
        return left == right
    left, right = _primitive(left), _primitive(right)
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    return _number(left) == _number(right)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """JavaScript's `<` and its kin: texts by their characters, all else as numbers."""

    def compared(left: Any, right: Any) -> bool:
        left, right = _primitive(left), _primitive(right)
        if isinstance(left, str) and isinstance(right, str):
            return compare(left, right)
        return compare(_number(left), _number(right))

    return compared


def includes(left: Any, right: Any) -> bool:
    """Whether a list holds an item of this type and value, or a text this part."""
    if isinstance(left, list):
        return any(
            isinstance(item, bool) == isinstance(right, bool) and item == right for item in left
        )
    return _both_texts(left, right, operator.contains)


def _both_texts(left: Any, right: Any, compare: Callable[[str, str], bool]) -> bool:
    return left is not None and right is not None and compare(_written(left), _written(right))


def _starts(left: Any, right: Any) -> bool:
    return _both_texts(left, right, str.startswith)


def _ends(left: Any, right: Any) -> bool:
    return _both_texts(left, right, str.endswith)


def _not(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: not compare(left, right)


calculators: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "equal": equal,
    "notEqual": _not(equal),
    "gt": _ordered(operator.gt),
    "gte": _ordered(operator.ge),
    "lt": _ordered(operator.lt),
    "lte": _ordered(operator.le),
    "==": equal,
    "!=": _not(equal),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    "includes": includes,
    "notIncludes": _not(includes),
    "startsWith": _starts,
    "notStartsWith": _not(_starts),
    "endsWith": _ends,
    "notEndsWith": _not(_ends),
}


def _is_object(value: Any) -> bool:
    return isinstance(value, list | dict)


def _primitive(value: Any) -> Any:
    return _written(value) if _is_object(value) else value


def _written(value: Any) -> str:
    """JavaScript's `String(value)`, except that null inside a list is its empty text."""
    match value:
        case list():
            return ",".join(_written(each) for each in value)
        case dict():
            return "[object Object]"
        case _:
            return text(value)


def _number(value: Any) -> float:
    """JavaScript's `Number(value)` for null, booleans, numbers and text."""
    match value:
        case None:
            return 0
        case str():
            written = value.strip()
            if not written:
                return 0
            if _decimal.fullmatch(written):
                return float(written)
            return float(int(written, 0)) if _based.fullmatch(written) else math.nan
        case _:
            return value
