"""Rules that values of a field must keep, under the names that Joi and so NocoBase give them.

`{type: "string", rules: [{key: "r1", name: "max", args: {limit: 20}}]}` (wire contract, section
2.3).  A rule looks at what the client sent, or at what msgspec decoded that to; a value that has
not the rule's type at all is the field's own business and passes.  So do null and empty text,
except where a value is `required`.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Context, Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from ensuite.schema import moments, numbers
from ensuite.schema.field import Field, InvalidFieldOptions

MAX_RULES = 50
MAX_PATTERN_LENGTH = 500
REQUIRED = "required"

_EMAIL = r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@.]+(?:\.[^\s@.]+)+"
_UUID = r"(?i)[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}"
_MOMENT = "{:%Y-%m-%dT%H:%M:%SZ}"
_written_in_slashes = re.compile(r"/(.*)/([a-z]*)", re.DOTALL)
_flags = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
_wide = Context(prec=numbers.MAX_DIGITS)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one type: what its argument may be, when a value keeps it, what to say if not."""

    argument: Callable[[Any], Any]
    keeps: Callable[[Any, Any], bool]
    sentence: str
    """It goes on after the field's title; `{}` is the argument."""


def compiled(validation: Mapping[str, Any], title: str) -> Callable[[Any], str | None] | None:
    """What checks a value: it gives the sentence about the first rule that is broken, or None.

    There is nothing to check with when there are no rules.

    Raises:
        InvalidFieldOptions: the type or a rule is unknown, or a rule's argument is not possible.

    """
    kind, definitions = validation.get("type"), validation.get("rules") or []
    if not isinstance(kind, str) or kind not in _rules:
        raise InvalidFieldOptions(f"{title}: a validation's type is one of {', '.join(_rules)}")
    if not isinstance(definitions, list) or len(definitions) > MAX_RULES:
        raise InvalidFieldOptions(f"{title}: a validation has a list of {MAX_RULES} rules at most")
    required = any(_name(definition) == REQUIRED for definition in definitions)
    rules = [
        _bound(kind, definition, title)
        for definition in definitions
        if _name(definition) != REQUIRED
    ]
    if not rules and not required:
        return None
    read = _readers[kind]

    def check(value: Any) -> str | None:
        if value is None or value == "":
            return f"{title} is required" if required else None
        readable = read(value)
        if readable is None:
            return None
        return next((sentence for keeps, sentence in rules if not keeps(readable)), None)

    return check


def is_required(field: Field) -> bool:
    """Whether a rule wants a value in every record."""
    match field.model_extra:
        case {"validation": {"rules": list() as rules}}:
            return any(_name(rule) == REQUIRED for rule in rules)
        case _:
            return False


def _name(definition: Any) -> Any:
    return definition.get("name") if isinstance(definition, dict) else None


def _bound(kind: str, definition: Any, title: str) -> tuple[Callable[[Any], bool], str]:
    """A rule with its argument: the check, and the sentence about a value that breaks it."""
    name = _name(definition)
    rule = _rules[kind].get(name) if isinstance(name, str) else None
    if rule is None:
        known = ", ".join([REQUIRED, *_rules[kind]])
        raise InvalidFieldOptions(f"{title}: {kind} has no rule {name!r}; there are {known}")
    given = definition.get("args") or {}
    # NocoBase hands the arguments to Joi in order, whatever they are called.
    first = next(iter(given.values()), None) if isinstance(given, dict) else given
    try:
        argument = rule.argument(first)
    except ValueError as error:
        message = f"{title}: the argument of the rule {name!r} {error}"
        raise InvalidFieldOptions(message) from error
    sentence = f"{title} {rule.sentence.format(argument)}"
    return lambda value: rule.keeps(value, argument), sentence


def _anything(given: Any) -> Any:
    return given


def _count(given: Any) -> int:
    return numbers.whole(given, 0, numbers.MAX_SAFE_INTEGER)


def _divisor(given: Any) -> Decimal:
    divisor = numbers.exact(given)
    if not divisor:
        raise ValueError("must not be zero")
    return divisor


def _pattern(given: Any) -> re.Pattern[str]:
    """A regular expression, bare or as `/…/i`; its classes are ASCII, as in JavaScript."""
    if not isinstance(given, str) or not 0 < len(given) <= MAX_PATTERN_LENGTH:
        raise ValueError(f"must be a pattern of {MAX_PATTERN_LENGTH} characters at most")
    flags = re.ASCII
    if found := _written_in_slashes.fullmatch(given):
        given = found[1]
        for letter in found[2]:
            flags |= _flags.get(letter, re.ASCII)
    try:
        return re.compile(given, flags)
    except re.error as error:
        raise ValueError(f"must be a regular expression: {error}") from error


def _schemes(given: Any) -> tuple[str, ...]:
    match given:
        case None | []:
            return ()
        case str():
            return (given.lower(),)
        case list() if all(isinstance(each, str) for each in given):
            return tuple(each.lower() for each in given)
        case _:
            raise ValueError("must be a list of schemes such as https")


def _case(given: Any) -> str:
    if given not in _cases:
        raise ValueError("must be upper or lower")
    return given


def _is_uri(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return (
        bool(parts.scheme and (parts.netloc or parts.path))
        and (not schemes or parts.scheme in schemes)
        and not re.search(r"\s", text)
    )


def _is_multiple(number: Decimal, divisor: Decimal) -> bool:
    try:
        return not _wide.remainder(number, divisor)
    except InvalidOperation:  # more digits than any column has
        return False


def _has_places(number: Decimal, most: int) -> bool:
    exponent = _wide.normalize(number).as_tuple().exponent
    return isinstance(exponent, int) and -exponent <= most


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> Decimal | None:
    try:
        return numbers.exact(value)
    except ValueError:
        return None


def _moment(value: Any) -> datetime | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    try:
        return moments.instant(value)
    except ValueError:
        return None


def _list(value: Any) -> list[Any] | None:
    return value if isinstance(value, list) else None


_readers: Mapping[str, Callable[[Any], Any]] = {
    "string": _text,
    "number": _number,
    "date": _moment,
    "array": _list,
    "boolean": _anything,
    "object": _anything,
    "any": _anything,
}


def _length(compare: Callable[[int, int], bool]) -> Callable[[Any, int], bool]:
    return lambda value, limit: compare(len(value), limit)


def _all_of(pattern: str) -> Callable[[str, Any], bool]:
    whole = re.compile(pattern)
    return lambda text, _: bool(whole.fullmatch(text))


_cases: Mapping[str, Callable[[str], str]] = {"upper": str.upper, "lower": str.lower}
_uri = Rule(_schemes, _is_uri, "must be an address such as https://example.org")
_guid = Rule(_anything, _all_of(_UUID), "must be a UUID")

_rules: Mapping[str, Mapping[str, Rule]] = {
    "string": {
        "min": Rule(_count, _length(operator.ge), "must be at least {:,} characters long"),
        "max": Rule(_count, _length(operator.le), "must be at most {:,} characters long"),
        "length": Rule(_count, _length(operator.eq), "must be {:,} characters long"),
        "pattern": Rule(
            _pattern,
            lambda text, pattern: bool(pattern.search(text)),
            "must match the pattern {0.pattern}",
        ),
        "email": Rule(_anything, _all_of(_EMAIL), "must be an e-mail address"),
        "uri": _uri,
        "url": _uri,
        "uuid": _guid,
        "guid": _guid,
        "hex": Rule(_anything, _all_of("[0-9a-fA-F]+"), "must be hexadecimal digits only"),
        "alphanum": Rule(_anything, _all_of("[0-9a-zA-Z]+"), "must be letters and digits only"),
        "token": Rule(_anything, _all_of("[0-9a-zA-Z_]+"), "must be letters, digits and _ only"),
        "uppercase": Rule(_anything, lambda text, _: text == text.upper(), "must be upper case"),
        "lowercase": Rule(_anything, lambda text, _: text == text.lower(), "must be lower case"),
        "case": Rule(_case, lambda text, case: text == _cases[case](text), "must be {} case"),
    },
    "number": {
        "min": Rule(numbers.exact, operator.ge, "must be at least {}"),
        "max": Rule(numbers.exact, operator.le, "must be at most {}"),
        "greater": Rule(numbers.exact, operator.gt, "must be greater than {}"),
        "less": Rule(numbers.exact, operator.lt, "must be less than {}"),
        "multiple": Rule(_divisor, _is_multiple, "must be a multiple of {}"),
        "precision": Rule(_count, _has_places, "must have at most {} decimal places"),
        "integer": Rule(
            _anything, lambda number, _: number == number.to_integral_value(), "must be whole"
        ),
        "positive": Rule(_anything, lambda number, _: number > 0, "must be greater than zero"),
        "negative": Rule(_anything, lambda number, _: number < 0, "must be less than zero"),
        # Joi refuses numbers beyond 2^53 unless this allows them; here a field says what it holds.
        "unsafe": Rule(_anything, lambda _number, _: True, ""),
    },
    "date": {
        "min": Rule(moments.instant, operator.ge, f"must be {_MOMENT} or later"),
        "max": Rule(moments.instant, operator.le, f"must be {_MOMENT} or earlier"),
        "greater": Rule(moments.instant, operator.gt, f"must be later than {_MOMENT}"),
        "less": Rule(moments.instant, operator.lt, f"must be earlier than {_MOMENT}"),
    },
    "array": {
        "min": Rule(_count, _length(operator.ge), "must have at least {:,} values"),
        "max": Rule(_count, _length(operator.le), "must have at most {:,} values"),
        "length": Rule(_count, _length(operator.eq), "must have {:,} values"),
    },
    "boolean": {},
    "object": {},
    "any": {},
}
