"""What a write answers: the records as they are now, as far as the role may view them."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from ensuite.access.policy import Grant
from ensuite.api.call import Answer, Call
from ensuite.api.lists import shown_names
from ensuite.api.outcomes import Started
from ensuite.data.changes import Change
from ensuite.data.filters import EVERYTHING, Filter, Group, Keys
from ensuite.data.query import Query, Selection
from ensuite.data.reading import Record
from ensuite.data.records import Written
from ensuite.schema.collection import Collection


async def answered(
    call: Call, collection: Collection, written: Sequence[Written], outcome: Started, *, many: bool
) -> Answer:
    """The answer of a write: its records, in a list where it could have been several."""
    view = call.snapshot.policy.may(call.actor, "view", collection)
    if not many and not outcome.ran and _sees_all(call, written[0].change, view):
        return with_outcome(msgspec.Raw(written[0].change.encoded), outcome)
    records = [_shown(call, each.record, collection, view) for each in written]
    if outcome.ran:
        now = await _read_again(call, collection, written, shown_names(collection, view))
        records = [{**before, **after} for before, after in zip(records, now, strict=True)]
    return with_outcome(records if many else records[0], outcome)


def with_outcome(data: Any, outcome: Started) -> Answer:
    """The envelope of a write: `{data, meta?, messages?}`.

    Raises:
        EnsuiteError: a sync workflow failed; the error carries what the answer would have been.

    """
    content: dict[str, Any] = {"data": data}
    if outcome.entries:
        content["meta"] = {"workflows": outcome.entries}
    error = outcome.error
    if error is not None:
        # The record is saved although the answer is an error: the client must be able to tell.
        raise type(error)(error.message, issues=error.issues, extra=content)
    if outcome.messages:
        content["messages"] = [{"message": message} for message in outcome.messages]
    return Answer(content)


def _sees_all(call: Call, change: Change, view: Grant | None) -> bool:
    """Whether a role may view all that a written record holds."""
    if view is None:
        return False
    if change.shown is None and not call.actor.is_root:
        # What is nested in it has rules of its own.
        if change.collection.associations.keys() & change.record.keys():
            return False
        return view.fields is None or view.fields.issuperset(change.record)
    if view.fields is None:
        return True
    place = ("sees all", change.collection.name, call.actor.role)
    decided = call.snapshot.decided
    if place not in decided:
        decided[place] = view.fields.issuperset(change.collection.visible)
    return decided[place]


def _shown(call: Call, record: Record, collection: Collection, view: Grant | None) -> Record:
    """A written record as far as the role may view it, with what is nested in it."""
    shown = {name: record[name] for name in shown_names(collection, view) if name in record}
    for name, association in collection.associations.items():
        if name in record and view is not None and view.allows(name):
            target = call.snapshot.catalog[association.target]
            shown[name] = _nested(call, record[name], target)
    return shown


def _nested(call: Call, value: Any, target: Collection) -> Any:
    if isinstance(value, list):
        return [_nested(call, each, target) for each in cast("list[object]", value)]
    if not isinstance(value, Mapping):
        return value
    # Without a permission of its own, an associated record shows what `appends` would.
    view = call.snapshot.policy.may(call.actor, "view", target) or Grant()
    return _shown(call, cast("Record", value), target, view)


async def _read_again(
    call: Call, collection: Collection, written: Sequence[Written], names: Sequence[str]
) -> list[Record]:
    """The records as they are now: a workflow that has run may have changed or deleted them."""
    places = [[each.record[name] for name in collection.primary_key] for each in written]
    return await as_they_are(call, collection, places, names)


async def as_they_are(
    call: Call,
    collection: Collection,
    places: Sequence[Sequence[Any]],
    names: Sequence[str],
    scope: Filter = EVERYTHING,
) -> list[Record]:
    """The records with these primary keys (JSON values); empty where one is gone."""
    key = collection.primary_key
    if not key or not places:
        return [{} for _ in places]
    stored = [
        [collection.columns[name].parse(value) for name, value in zip(key, place, strict=True)]
        for place in places
    ]
    selection = Selection(tuple(dict.fromkeys((*names, *key))))
    reader = call.snapshot.records.reader()
    if len(key) == 1:
        wanted = [Filter(Keys(key[0]), ([value for (value,) in stored],))]
    else:
        shape = Group("and", tuple(Keys(name) for name in key))
        wanted = [Filter(shape, tuple([value] for value in values)) for values in stored]
    found: dict[tuple[Any, ...], Record] = {}
    for each in wanted:
        for record in await reader.find(collection, Query(selection, scope & each)):
            found[tuple(record[name] for name in key)] = record
    return [
        {name: value for name, value in found.get(tuple(place), {}).items() if name in names}
        for place in places
    ]
