"""Templates: where a configuration says `{{ path }}`, the execution's variables stand in for it.

A string that is one template and nothing else becomes the value itself, whatever its type; a
template inside other text becomes text (wire contract, section 5.8).  A path only ever goes
through keys of mappings and indexes of lists, never through attributes of Python objects, and
what a path leads to is not searched for templates again: a record cannot inject any.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import msgspec

from ensuite.clock import Clock, to_wire
from ensuite.errors import InvalidRequest
from ensuite.workflow.outcome import NOTHING

MAX_TEMPLATE_CHARACTERS = 100_000
MAX_TEXT_CHARACTERS = 10_000_000
"""What the templates of one string may grow it to."""

MAX_DEPTH = 64
"""How deep lists and objects nest, in a configuration as well as in values."""

CACHED_TEMPLATES = 4096
CACHED_CHARACTERS = 1000
"""A longer template is parsed each time: the cache's size is bounded in characters, too."""

LARGEST_PLAIN_FLOAT = 1e21
"""JavaScript writes whole numbers below this without an exponent."""

MAX_INDEX_DIGITS = 9

TEMPLATE: Final = re.compile(r"\{\{\s*([^{}\s][^{}]*)\}\}")

_separators = re.compile(r"[.\[\]]+")
_json_types = frozenset({dict, list, str, int, float, bool, type(None)})


class InvalidTemplate(InvalidRequest):
    """A template is too long, nests too deep or makes too long a text; the message says which."""

    code = "INVALID_TEMPLATE"


@dataclass(frozen=True, slots=True)
class Place:
    """One `{{path}}` or `{{path:default}}`."""

    path: str
    names: tuple[str, ...]
    default: str | None

    def value(self, scope: Mapping[str, Any]) -> Any:
        """What the path leads to, and the default where that is nothing or null."""
        value = _plain(_walk(self.names, scope))
        return self.default if value is None else value


Parts = Place | tuple[str | Place, ...]
"""A whole-string template, or text and the places in it."""


def resolve(template: Any, scope: Mapping[str, Any]) -> Any:
    """Replace every template in a JSON value, at any depth; keys of objects stay as they are.

    Raises:
        InvalidTemplate: a bound of this module is exceeded.

    """
    return _resolved(template, scope, MAX_DEPTH)


def lookup(path: str, scope: Mapping[str, Any]) -> Any:
    """What a path leads to: null when it leads to nothing.

    A name that meets a list is looked up in each of its items: `tags.name` is the list of names.
    """
    return _plain(_walk(names_of(path), scope))


def references(template: Any) -> frozenset[str]:
    """The paths of all templates in a JSON value."""
    return frozenset(_paths(template, MAX_DEPTH))


def text(value: Any) -> str:
    """A value as it stands inside other text: null is empty, objects and lists are JSON."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < LARGEST_PLAIN_FLOAT:
            return str(int(value))
        case int() | float():
            return str(value)
        case _:
            return msgspec.json.encode(value).decode()


def place_of(inside: str) -> Place:
    """Parse what stands between `{{` and `}}`."""
    path, colon, default = inside.partition(":")
    path = path.strip()
    return Place(path, names_of(path), default.strip() if colon else None)


def names_of(path: str) -> tuple[str, ...]:
    """The names along a path; `tags[0].name` is `tags.0.name`."""
    return tuple(name for name in _separators.split(path) if name)


def _resolved(template: Any, scope: Mapping[str, Any], depth: int) -> Any:
    if isinstance(template, str):
        return _filled(template, scope) if "{{" in template else template
    if not isinstance(template, dict | list):
        return template
    if depth == 0:
        raise InvalidTemplate(f"A configuration nests more than {MAX_DEPTH} levels deep")
    if isinstance(template, list):
        return [_resolved(each, scope, depth - 1) for each in template]
    return {key: _resolved(each, scope, depth - 1) for key, each in template.items()}


def _filled(template: str, scope: Mapping[str, Any]) -> Any:
    parts = _remembered(template) if len(template) <= CACHED_CHARACTERS else _parsed(template)
    if isinstance(parts, Place):
        return parts.value(scope)
    filled: list[str] = []
    left = MAX_TEXT_CHARACTERS
    for part in parts:
        piece = part if isinstance(part, str) else text(part.value(scope))
        left -= len(piece)
        if left < 0:
            raise InvalidTemplate(
                f"The templates make a text of more than {MAX_TEXT_CHARACTERS} characters"
            )
        filled.append(piece)
    return "".join(filled)


def _parsed(template: str) -> Parts:
    if len(template) > MAX_TEMPLATE_CHARACTERS:
        raise InvalidTemplate(f"A template has more than {MAX_TEMPLATE_CHARACTERS} characters")
    whole = TEMPLATE.fullmatch(template)
    if whole:
        return place_of(whole[1])
    parts: list[str | Place] = []
    end = 0
    for found in TEMPLATE.finditer(template):
        parts.append(template[end : found.start()])
        parts.append(place_of(found[1]))
        end = found.end()
    parts.append(template[end:])
    return tuple(part for part in parts if part)


_remembered = lru_cache(CACHED_TEMPLATES)(_parsed)


def _paths(template: Any, depth: int) -> Iterator[str]:
    if isinstance(template, str):
        for found in TEMPLATE.finditer(template):
            yield place_of(found[1]).path
    elif isinstance(template, dict | list):
        if depth == 0:
            raise InvalidTemplate(f"A configuration nests more than {MAX_DEPTH} levels deep")
        for each in template.values() if isinstance(template, dict) else template:
            yield from _paths(each, depth - 1)


def _walk(names: tuple[str, ...], value: Any) -> Any:
    """Follow a path; `NOTHING` where it ends before its end."""
    for position, name in enumerate(names):
        if isinstance(value, dict):
            value = value.get(name, NOTHING)
        elif isinstance(value, list):
            if not name.isdecimal():
                return _gathered(names[position:], value)
            index = int(name) if len(name) <= MAX_INDEX_DIGITS else len(value)
            value = value[index] if index < len(value) else NOTHING
        elif isinstance(value, Mapping):
            value = value.get(name, NOTHING)
        else:
            return NOTHING
    return value


def _gathered(names: tuple[str, ...], items: list[Any]) -> list[Any]:
    gathered: list[Any] = []
    for item in items:
        found = _walk(names, item)
        if isinstance(found, list):
            gathered.extend(found)
        elif found is not NOTHING:
            gathered.append(found)
    return gathered


def _plain(value: Any) -> Any:
    """A JSON value for what a path led to; a lazy mapping shows what it holds."""
    if type(value) in _json_types:
        return value
    if isinstance(value, Mapping):
        return {name: _plain(value[name]) for name in value}
    return None if value is NOTHING else value


class SystemVariables(Mapping[str, Any]):
    """`$system`: each variable is made at the moment when a template asks for it."""

    __slots__ = ("_variables",)

    def __init__(self, variables: Mapping[str, Callable[[], Any]]) -> None:
        self._variables = variables

    def __getitem__(self, name: str) -> Any:
        return self._variables[name]()

    def __contains__(self, name: object) -> bool:
        return name in self._variables

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)


def system_scope(clock: Clock, new_id: Callable[[], int] | None = None) -> SystemVariables:
    """`$system`: `now`, `epoch` (seconds), `dateRange`, and `genSnowflakeId` given its maker."""
    variables: dict[str, Callable[[], Any]] = {
        "now": lambda: to_wire(clock.now()),
        "epoch": lambda: int(clock.now().timestamp()),
        "dateRange": lambda: date_ranges(clock.now()),
    }
    if new_id is not None:
        variables["genSnowflakeId"] = new_id
    return SystemVariables(variables)


def date_ranges(now: datetime) -> dict[str, str]:
    """The periods around now, UTC, in the form that the date filters take: `2026-03+00:00`."""
    today = now.astimezone(UTC).date()
    monday = today - timedelta(days=today.weekday())
    ranges = {
        "yesterday": f"{today - timedelta(days=1)}",
        "today": f"{today}",
        "tomorrow": f"{today + timedelta(days=1)}",
    }
    for word, step in (("last", -1), ("this", 0), ("next", 1)):
        week = (monday + timedelta(weeks=step)).isocalendar()
        quarter = _months_later(today, 3 * step)
        ranges[f"{word}Week"] = f"{week.year:04}W{week.week:02}"
        ranges[f"{word}Month"] = f"{_months_later(today, step):%Y-%m}"
        ranges[f"{word}Quarter"] = f"{quarter.year:04}Q{(quarter.month + 2) // 3}"
        ranges[f"{word}Year"] = f"{today.year + step:04}"
    return {name: f"{written}+00:00" for name, written in ranges.items()}


def _months_later(day: date, count: int) -> date:
    years, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(years, month + 1, 1)
