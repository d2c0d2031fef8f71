"""Filters on collections and fields: metadata is in the snapshot, no query is needed for it."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from ensuite.errors import InvalidFilter

MAX_DEPTH = 12

Matcher = Callable[[Mapping[str, Any]], bool]

_operators: Mapping[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda value, operand: value == operand,
    "$ne": lambda value, operand: value != operand,
    "$in": lambda value, operand: value in _listed(operand),
    "$notIn": lambda value, operand: value not in _listed(operand),
    "$includes": lambda value, operand: str(operand).lower() in str(value or "").lower(),
    "$isTruly": lambda value, _: value is True,
    "$isFalsy": lambda value, _: value is not True,
}


def matcher(given: object, depth: int = 0) -> Matcher:
    """What tells whether a collection or a field, as the API shows it, matches a filter.

    Raises:
        InvalidFilter: it is malformed, too deep, or has an operator that metadata does not know.

    """
    if given is None:
        return lambda _: True
    if depth > MAX_DEPTH:
        message = f"the filter is nested more than {MAX_DEPTH} levels deep"
        raise InvalidFilter(message)
    if isinstance(given, list):
        return _all([matcher(each, depth + 1) for each in cast("list[object]", given)])
    if not isinstance(given, Mapping):
        message = "a filter is a JSON object"
        raise InvalidFilter(message)
    parts: list[Matcher] = []
    for key, operand in cast("Mapping[str, object]", given).items():
        if key == "$and":
            parts.append(matcher(_listed(operand), depth + 1))
        elif key == "$or":
            parts.append(_any([matcher(each, depth + 1) for each in _listed(operand)]))
        elif key == "$not":
            parts.append(_none([matcher(operand, depth + 1)]))
        else:
            name, _, operator = key.partition(".")
            parts.extend(_conditions(name, {operator: operand} if operator else operand))
    return _all(parts)


def _conditions(name: str, operand: object) -> list[Matcher]:
    if not isinstance(operand, Mapping):
        operand = {"$in" if isinstance(operand, list) else "$eq": operand}
    given = cast("Mapping[str, object]", operand)
    return [_condition(name, operator, each) for operator, each in given.items()]


def _condition(name: str, operator: str, operand: object) -> Matcher:
    holds = _operators.get(operator)
    if holds is None:
        message = f"{name}: metadata can be filtered by {', '.join(_operators)}, not {operator!r}"
        raise InvalidFilter(message)
    # A query string has no booleans.
    meant = _words.get(operand, operand) if isinstance(operand, str) else operand
    return lambda shown: holds(shown.get(name), meant)


_words: Mapping[str, object] = {"true": True, "false": False}


def _listed(operand: object) -> list[object]:
    return cast("list[object]", operand) if isinstance(operand, list) else [operand]


def _all(parts: list[Matcher]) -> Matcher:
    return lambda shown: all(part(shown) for part in parts)


def _any(parts: list[Matcher]) -> Matcher:
    return lambda shown: not parts or any(part(shown) for part in parts)


def _none(parts: list[Matcher]) -> Matcher:
    return lambda shown: not any(part(shown) for part in parts)
