"""From a URL to what it means: its address and parameters (contract, 1.1 to 1.3).  Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, cast
from urllib.parse import unquote, unquote_plus

import msgspec

from ensuite.errors import InvalidFilter, InvalidParameter, NotFound

MAX_PARAMETERS = 1_000
MAX_NESTING = 12
MAX_QUERY_BYTES = 64 * 1024
MAX_PATH_CHARACTERS = 8 * 1024
CACHED_QUERY_BYTES = 4 * 1024
"""Longer ones are parsed each time: what is kept is bounded in bytes, too."""

MAX_LIST_ITEMS = 1_000

_index = re.compile(r"[0-9]{1,6}")
_number = re.compile(r"-?[0-9]{1,18}")

_rest_actions: Mapping[tuple[str, bool], str] = {
    ("GET", False): "list",
    ("GET", True): "get",
    ("POST", False): "create",
    ("PUT", True): "update",
    ("PATCH", True): "update",
    ("DELETE", False): "destroy",
    ("DELETE", True): "destroy",
}


@dataclass(frozen=True, slots=True)
class Address:
    """What a path names: an action on a resource, or on an association of one of its records."""

    resource: str
    action: str
    target: str | None = None
    """The key at the end of the path: `filterByTk`."""
    source: str | None = None
    """The key of the record whose association is meant."""
    association: str | None = None


@lru_cache(maxsize=2_048)
def parse_path(method: str, path: str) -> Address:
    """The address of a path below `/api/`; `path` is still percent-encoded.

    Raises:
        NotFound: it has no form that the API knows.
        InvalidParameter: it is too long.

    """
    if len(path) > MAX_PATH_CHARACTERS:
        message = f"the path is longer than {MAX_PATH_CHARACTERS} characters"
        raise InvalidParameter(message)
    parts = [part for part in path.split("/") if part]
    with_action = next((n for n, part in enumerate(parts) if ":" in part), None)
    if with_action is not None:
        name, _, action = parts[with_action].partition(":")
        target = unquote("/".join(parts[with_action + 1 :])) or None
        before = [unquote(part) for part in parts[:with_action]]
        name, action = unquote(name), unquote(action)
        if not before:
            resource, _, association = name.partition(".")
            return Address(resource, action, target, None, association or None)
        if len(before) == 2:  # noqa: PLR2004 - collection and source id
            return Address(before[0], action, target, before[1], name)
        raise NotFound
    names = [unquote(part) for part in parts]
    if not 1 <= len(names) <= 4 or (method == "POST" and len(names) in {2, 4}):  # noqa: PLR2004
        raise NotFound
    keyed = len(names) in {2, 4}
    action = _rest_actions.get((method, keyed))
    if action is None:
        raise NotFound
    target = names[-1] if keyed else None
    if len(names) <= 2:  # noqa: PLR2004
        return Address(names[0], action, target)
    return Address(names[0], action, target, names[1], names[2])


@dataclass(frozen=True)
class Parameters:
    """A parsed query string: text, None for a bare name, lists and objects from brackets."""

    given: Mapping[str, Any]

    @cached_property
    def sends_whole_body(self) -> bool:
        """Whether the body is written as it is, without a white or a black list."""
        return not (self.given.keys() & {"whitelist", "blacklist"})

    def text(self, name: str) -> str | None:
        """One value as text.

        Raises:
            InvalidParameter: a list or an object was sent.

        """
        value = self.given.get(name)
        if isinstance(value, list) and value:
            # Of a parameter that is repeated, the last one counts.
            value = cast("list[object]", value)[-1]
        if value is None or isinstance(value, str):
            return value
        message = f"{name} is one value"
        raise InvalidParameter(message)

    def flag(self, name: str) -> bool | None:
        """A switch: `true`, `1` or a bare name; `false` or `0`; None when absent."""
        if name not in self.given:
            return None
        return str(self.given[name]).lower() not in {"false", "0", "no"}

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number.

        Raises:
            InvalidParameter: it is none, or out of range.

        """
        value = self.text(name)
        if value is None or value == "":
            return default
        if not _number.fullmatch(value) or not least <= int(value) <= most:
            message = f"{name} is a whole number from {least} to {most}, not {value!r}"
            raise InvalidParameter(message)
        return int(value)

    def names(self, name: str) -> list[str]:
        """A list: repeated, in brackets, or separated by commas.

        Raises:
            InvalidParameter: it has too many items, or items that are no names.

        """
        value = self.given.get(name)
        if value is None:
            return []
        if isinstance(value, Mapping):
            value = list(value.values())
        items = value if isinstance(value, list) else [value]
        found: list[str] = []
        for item in items:
            if item is None:
                continue
            if not isinstance(item, str):
                message = f"{name} is a list of names"
                raise InvalidParameter(message)
            if item.startswith("["):
                found.extend(str(each) for each in _json(name, item))
            else:
                found.extend(part.strip() for part in item.split(",") if part.strip())
        if len(found) > MAX_LIST_ITEMS:
            message = f"{name} takes {MAX_LIST_ITEMS} items at most"
            raise InvalidParameter(message)
        return found

    def filter(self) -> object:
        """The `filter` parameter: JSON text, or an object in brackets.

        Raises:
            InvalidFilter: it is no JSON.

        """
        value = self.given.get("filter")
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError) as error:
            message = f"the filter is not valid JSON: {error}"
            raise InvalidFilter(message) from error

    def keys(self, name: str = "filterByTk") -> object:
        """A target key: text, a list of keys, or an object for a key of several fields."""
        value = self.given.get(name)
        return parse_key(name, value) if isinstance(value, str) else value


def parse_key(name: str, text: str) -> object:
    """A key: text, or JSON where there are several or one has several fields.

    Raises:
        InvalidParameter: it begins like JSON and is none.

    """
    return _json(name, text) if text[:1] in {"{", "["} else text


def _json(name: str, text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"{name} is not valid JSON: {error}"
        raise InvalidParameter(message) from error


def parse_query(query: bytes) -> Parameters:
    """Parse a query string as `qs` does (section 1.3).  The result is shared: never change it.

    Raises:
        InvalidParameter: it is too long, has too many parameters, or nests too deep.

    """
    if len(query) <= CACHED_QUERY_BYTES:
        return _known_query(query)
    if len(query) > MAX_QUERY_BYTES:
        message = f"the query string is longer than {MAX_QUERY_BYTES} bytes"
        raise InvalidParameter(message)
    return _parsed(query)


def form_as_object(body: bytes) -> bytes:
    """A urlencoded body as the JSON that it stands for.

    Raises:
        InvalidParameter: it has too many parameters, or nests too deep.

    """
    return msgspec.json.encode(_parsed(body).given)


def _parsed(query: bytes) -> Parameters:
    given: dict[str, Any] = {}
    pairs = query.decode(errors="replace").split("&", MAX_PARAMETERS) if query else []
    if len(pairs) > MAX_PARAMETERS:
        message = f"there are more than {MAX_PARAMETERS} parameters"
        raise InvalidParameter(message)
    for pair in pairs:
        if not pair:
            continue
        name, equals, value = pair.partition("=")
        _put(given, _path(unquote_plus(name)), unquote_plus(value) if equals else None)
    return Parameters({name: _settled(value) for name, value in given.items()})


_known_query = lru_cache(maxsize=1_024)(_parsed)


def _path(name: str) -> list[str]:
    head, bracket, rest = name.partition("[")
    if not bracket or not head:
        return [name]
    parts = rest.removesuffix("]").split("][")
    if len(parts) > MAX_NESTING:
        message = f"{head[:40]} nests more than {MAX_NESTING} levels deep"
        raise InvalidParameter(message)
    return [head, *parts]


def _put(into: dict[str, Any], path: list[str], value: str | None) -> None:
    at = into
    for step in path[:-1]:
        # `a[][b]=1` begins another member of the list each time.
        name = step or str(len(at))
        inner = at.get(name)
        if not isinstance(inner, dict):
            inner = at[name] = {} if name not in at else {"0": inner}
        at = cast("dict[str, Any]", inner)
    last = path[-1] or (str(len(at)) if len(path) > 1 else "")
    if last not in at:
        at[last] = value
        return
    # What is repeated is a list.
    known = at[last]
    if isinstance(known, dict):
        members = cast("dict[str, Any]", known)
        members[str(len(members))] = value
    else:
        at[last] = {"0": known, "1": value}


def _settled(value: Any) -> Any:
    """Objects whose keys are 0, 1, … were lists."""
    if not isinstance(value, dict):
        return value
    entries = cast("dict[str, Any]", value)
    if entries and all(_index.fullmatch(key) for key in entries):
        return [_settled(each) for _, each in sorted(entries.items(), key=lambda e: int(e[0]))]
    return {key: _settled(each) for key, each in entries.items()}
