"""From a request's body to the values that are written.

The fast path decides: one msgspec decode into a struct made for this collection and these
permissions.  The slow path explains: it runs only when that fails, looks at each field alone, and
reports all offending fields at once, or finds that a lenient reading was meant (`"12"` for 12).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import msgspec
from msgspec import UNSET

from ensuite.errors import InvalidFields, Issue, MalformedJson
from ensuite.schema import validation
from ensuite.schema.association import Association
from ensuite.schema.collection import Collection
from ensuite.schema.field import Field

MAX_RECORDS_PER_CALL = 1_000
"""How many records one `create` call may make."""

NUL = rb"\u0000"
"""The character that PostgreSQL does not have, as JSON writes it: worth a look at each field."""

INVALID_FIELD = "INVALID_FIELD"

V = TypeVar("V")


@dataclass(slots=True)
class Values:
    """One record's worth of input: stored values by field name, and values of associations.

    Stored values are what asyncpg writes, None where null was sent; what was not sent is absent.
    `nested` holds plain JSON.
    """

    stored: dict[str, Any]
    nested: dict[str, Any]


class Input:
    """What a role may send to write records of a collection; made once per snapshot and grant."""

    def __init__(self, collection: Collection, allowed: frozenset[str] | None) -> None:
        self._collection = collection
        self._fields = [
            each
            for name, each in collection.fields.items()
            if (allowed is None or name in allowed) and is_sent(collection, each)
        ]
        self.parses_slowly = any(each.parses_slowly for each in self._fields)
        self._plan: list[tuple[str, Field, bool]] = [
            (f"f{number}", each, isinstance(each, Association) or each.wire_is_stored)
            for number, each in enumerate(self._fields)
        ]
        struct = msgspec.defstruct(
            "Body",
            [
                (f"f{number}", each.wire | None | msgspec.UnsetType, UNSET)
                for number, each in enumerate(self._fields)
            ],
            rename={f"f{number}": each.name for number, each in enumerate(self._fields)},
        )
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(struct)
        self._validators: dict[str, Callable[[Any], str | None]] = {}
        for each in self._fields:
            rules = (each.model_extra or {}).get("validation")
            check = validation.compiled(rules, each.title) if isinstance(rules, Mapping) else None
            if check is not None:
                self._validators[each.name] = check

    async def run(self, work: Callable[[], V]) -> V:
        """Do `work`, which reads values by this input: in a thread where that takes long."""
        return await asyncio.to_thread(work) if self.parses_slowly else work()

    @property
    def has_rules(self) -> bool:
        """Whether fields have validation rules, which look at what was sent."""
        return bool(self._validators)

    def decode(self, body: bytes) -> Values:
        """Read one record from a JSON object.

        Raises:
            MalformedJson: the body is no JSON object.
            InvalidFields: values do not fit; all of them are listed.

        """
        if self._validators or NUL in body:
            # Rules are about what the client sent, so they need the plain values.
            return self.parse(plain_object(body))
        try:
            decoded = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self.parse(plain_object(body))
        stored: dict[str, Any] = {}
        nested: dict[str, Any] = {}
        try:
            for attribute, field, direct in self._plan:
                value = getattr(decoded, attribute)
                if value is UNSET:
                    continue
                if isinstance(field, Association):
                    nested[field.name] = value
                elif direct or value is None:
                    stored[field.name] = value
                else:
                    stored[field.name] = field.parse(value)
        except ValueError:
            return self.parse(plain_object(body))
        return Values(stored, nested)

    def parse(self, record: Mapping[str, Any]) -> Values:
        """Read one record from decoded JSON, field by field, leniently.

        Raises:
            InvalidFields: values do not fit; all of them are listed.

        """
        stored: dict[str, Any] = {}
        nested: dict[str, Any] = {}
        issues: list[Issue] = []
        for field in self._fields:
            if field.name not in record:
                continue
            value = record[field.name]
            if isinstance(field, Association):
                nested[field.name] = value
                continue
            check = self._validators.get(field.name)
            sentence = None if check is None else check(value)
            if sentence is not None:
                issues.append(Issue(sentence, INVALID_FIELD, field.name))
            elif value is None:
                stored[field.name] = None
            else:
                try:
                    stored[field.name] = field.parse(value)
                except (ValueError, OverflowError) as error:
                    issues.append(Issue(f"{field.title} {error}", INVALID_FIELD, field.name))
        if issues:
            raise InvalidFields("; ".join(issue.message for issue in issues), issues=issues)
        return Values(stored, nested)


def is_sent(collection: Collection, field: Field) -> bool:
    """Whether clients send the field; what the server fills in is not theirs (section 2.2)."""
    association = collection.associations.get(field.name)
    if association is not None:
        return association.foreign_key not in collection.filled_by_server
    return field.column_type() is not None and field.name not in collection.filled_by_server


def plain(body: bytes) -> Any:
    """The body as plain JSON.

    Raises:
        MalformedJson: it is none, or is nested too deeply.

    """
    try:
        return msgspec.json.decode(body) if body else {}
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"the body is not valid JSON: {error}"
        raise MalformedJson(message) from error
    except RecursionError as error:
        message = "the body is nested too deeply"
        raise MalformedJson(message) from error


def plain_object(body: bytes) -> Mapping[str, Any]:
    """The body as one JSON object.

    Raises:
        MalformedJson: it is something else.

    """
    decoded = plain(body)
    if not isinstance(decoded, dict):
        message = "invalid JSON, only supports object and array"
        if isinstance(decoded, list):
            message = "this action takes one object, not an array"
        raise MalformedJson(message)
    return cast("dict[str, Any]", decoded)


def plain_objects(body: bytes) -> Sequence[Mapping[str, Any]]:
    """The body as a JSON array of objects, 1,000 at most.

    Raises:
        MalformedJson: it is something else, or longer.

    """
    decoded = plain(body)
    if not isinstance(decoded, list) or not all(isinstance(each, dict) for each in decoded):
        message = "the array may hold objects only"
        raise MalformedJson(message)
    if len(decoded) > MAX_RECORDS_PER_CALL:
        message = f"one call can write {MAX_RECORDS_PER_CALL} records, not {len(decoded)}"
        raise MalformedJson(message)
    return cast("list[dict[str, Any]]", decoded)
