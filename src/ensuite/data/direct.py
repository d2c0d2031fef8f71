"""The shortest way from a body to a row: what most creates take.

For a collection and a grant it is settled once which values the client may send, which the server
fills in, and in what order the columns come.  A create is then one decode into a struct whose
defaults are the fields' own, one permutation into the row, and one encoding of the record.
Whatever needs a second look (nested values, an unusual spelling of a value, rules) is left to
`data.values` and `data.rows`, which do the same thing field by field.
"""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import msgspec
from msgspec import UNSET

from ensuite.data.changes import Change
from ensuite.data.rows import Moment, Source, default_of, source_of
from ensuite.data.values import NUL, is_sent
from ensuite.schema.association import Association
from ensuite.schema.collection import Collection
from ensuite.schema.field import Field

# Where the values that the server fills in stand in front of the client's.
NOW, ACTOR = 0, 1

Conversion = tuple[int, Callable[[Any], Any]]


class DirectCreate:
    """Creates of one collection under one grant; made once per snapshot."""

    def __init__(self, collection: Collection, allowed: frozenset[str] | None) -> None:
        self._collection = collection
        sent = [
            field
            for name, field in collection.columns.items()
            if (allowed is None or name in allowed) and is_sent(collection, field)
        ]
        nested = [
            association
            for name, association in collection.associations.items()
            if (allowed is None or name in allowed) and is_sent(collection, association)
        ]
        self._sent = len(sent)
        self._has_nested = bool(nested)
        self._none_nested = (UNSET,) * len(nested)
        self._decoder = _decoder(sent, nested)
        self._parses = [(n, f.parse) for n, f in enumerate(sent) if not f.wire_is_stored]
        names = {field.name: position for position, field in enumerate(sent)}
        withheld = [field for name, field in collection.columns.items() if name not in names]
        # The row's values before they are in order: now, actor, what nobody sends, what is sent.
        self._constants: list[Any] = []
        self._shown_constants: list[Any] = []
        places: dict[str, int] = {}
        ids: list[tuple[str, Callable[[Moment], Any]]] = []
        for field in withheld:
            source = source_of(field)
            if source in {Source.NOW, Source.ACTOR}:
                places[field.name] = NOW if source is Source.NOW else ACTOR
                continue
            if source in {Source.ID, Source.GENERATED}:
                ids.append((field.name, _made(field)))
            default = default_of(field)
            places[field.name] = ACTOR + 1 + len(self._constants)
            self._constants.append(default)
            shown = default if default is None or field.json_is_stored else field.to_json(default)
            self._shown_constants.append(shown)
        first = ACTOR + 1 + len(self._constants)
        places |= {name: first + position for name, position in names.items()}
        self._shows: list[Conversion] = [
            (places[field.name], field.to_json)
            for field in sent
            if not field.json_is_stored and not field.hidden
        ]
        ids += [
            (field.name, _made(field))
            for field in sent
            if source_of(field) in {Source.ID, Source.GENERATED}
        ]
        self._made = [(places[name], make) for name, make in ids]
        self._ordered = _permutation([places[name] for name in collection.columns])
        visible = collection.visible
        self._ordered_shown = _permutation([places[name] for name in visible])
        self._names = visible
        self._record = msgspec.defstruct(
            "Record",
            [(f"f{n}", Any) for n in range(len(visible))],
            rename={f"f{n}": name for n, name in enumerate(visible)},
            gc=False,
        )
        self._keys = [places[name] for name in collection.primary_key]

    def planned(self, body: bytes, moment: Moment) -> tuple[Sequence[Any], Change] | None:
        """The row in column order and the change, or None: the body needs a second look."""
        if NUL in body:
            return None
        try:
            given = self._given(body)
        except (ValueError, RecursionError):
            return None
        if given is None:
            return None
        values = [moment.now, moment.user_id, *self._constants, *given]
        for place, make in self._made:
            if values[place] is None:
                values[place] = make(moment)
        shown = [moment.now_json, moment.user_id, *self._shown_constants, *given]
        for place, _ in self._made:
            shown[place] = values[place]
        for place, show in self._shows:
            if values[place] is not None:
                shown[place] = show(values[place])
        record = self._record(*self._ordered_shown(shown))
        keys = self._keys
        identity = str(shown[keys[0]]) if len(keys) == 1 else str([shown[key] for key in keys])
        change = Change(
            self._collection,
            "create",
            None,
            at=moment.now,
            shown=(self._names, record),
            known_identity=identity,
        )
        return self._ordered(values), change

    def _given(self, body: bytes) -> Sequence[Any] | None:
        """What the client sends or leaves to the defaults, stored; None: values are nested."""
        decoded = msgspec.structs.astuple(self._decoder.decode(body))
        if self._has_nested:
            if decoded[self._sent :] != self._none_nested:
                return None
            decoded = decoded[: self._sent]
        if not self._parses:
            return decoded
        given = list(decoded)
        for place, parse in self._parses:
            if given[place] is not None:
                given[place] = parse(given[place])
        return given


def _decoder(sent: Sequence[Field], nested: Sequence[Association]) -> msgspec.json.Decoder[Any]:
    fields: list[tuple[str, Any, Any]] = []
    for position, field in enumerate(sent):
        default = default_of(field)
        if isinstance(default, (list, dict, set)):
            default = msgspec.field(default_factory=default.copy)
        fields.append((f"f{position}", field.wire | None, default))
    fields += [(f"n{n}", Any, UNSET) for n in range(len(nested))]
    rename = {f"f{position}": field.name for position, field in enumerate(sent)}
    rename |= {f"n{n}": association.name for n, association in enumerate(nested)}
    return msgspec.json.Decoder(msgspec.defstruct("Body", fields, rename=rename, gc=False))


def _permutation(places: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    if len(places) <= 1:
        return lambda values: tuple(values[place] for place in places)
    return itemgetter(*places)


def _made(field: Field) -> Callable[[Moment], Any]:
    if source_of(field) is Source.ID:
        return lambda moment: moment.next_id()
    return lambda _: field.generate()
