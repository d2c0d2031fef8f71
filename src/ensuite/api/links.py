"""The association actions: `add`, `set`, `remove`, `toggle`, and creating through one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from ensuite.access.policy import Grant
from ensuite.api.answers import answered
from ensuite.api.call import Answer, Call
from ensuite.api.conditions import by_keys, scope_of, source_record
from ensuite.api.outcomes import selected, started
from ensuite.api.records import LINKING, access_of, association_actions, values_of
from ensuite.data.associations import NestedWrite
from ensuite.data.permissions import UNLIMITED, Access
from ensuite.data.query import Query, Selection
from ensuite.data.reading import Record, keys_in, own_key
from ensuite.data.values import Values, plain
from ensuite.errors import AssociationTargetMissing, Forbidden, InvalidParameter, InvalidRequest
from ensuite.schema.association import Association
from ensuite.schema.collection import Collection
from ensuite.schema.fields.belongs_to import BelongsTo
from ensuite.schema.fields.belongs_to_array import BelongsToArray
from ensuite.schema.fields.belongs_to_many import BelongsToMany
from ensuite.storage.database import Transaction


@dataclass
class LinkedSource:
    """The source record of an association resource, and the ways to link records to it."""

    call: Call
    nested: NestedWrite
    collection: Collection
    association: Association
    record: Record

    @property
    def key(self) -> Any:
        """The stored value of the source's own key in this association."""
        name = own_key(self.association)
        return self.collection.columns[name].parse(self.record[name])

    async def prepare(self, values: Values) -> None:
        """Give a record that is about to be created the foreign key that links it."""
        association = self.association
        if isinstance(association, (BelongsTo, BelongsToArray, BelongsToMany)):
            return
        if not association.to_many:
            await self.nested.links.unlink_others(association, self.key, [])
        values.stored[association.foreign_key] = self.key

    async def link(self, member: Record) -> None:
        """Link a record that has just been created."""
        association = self.association
        if isinstance(association, BelongsToMany):
            await self.nested.pair(association, self.key, member)
        elif isinstance(association, BelongsTo):
            await self._set_own(member[association.target_key])
        elif isinstance(association, BelongsToArray):
            await self._change_array("add", [member[association.target_key]])

    async def change(self, action: str, keys: Sequence[object]) -> None:
        """Carry out `add`, `set`, `remove` or `toggle` with the given keys (plain JSON)."""
        association = self.association
        if not association.to_many:
            await self._change_one(action, keys)
        elif isinstance(association, BelongsToArray):
            await self._change_array(action, keys)
        else:
            await self._change_many(association, action, keys)

    async def _change_one(self, action: str, keys: Sequence[object]) -> None:
        association, links = self.association, self.nested.links
        if action == "toggle" or len(keys) > 1:
            message = f"{association.name!r} holds one record: use set or remove"
            raise InvalidRequest(message)
        kept = [] if action == "remove" else keys
        if isinstance(association, BelongsTo):
            await self._set_own(kept[0] if kept else None)
            return
        members = [
            self.nested.key_of(association, member)
            for member in await self.nested.members(association, kept)
        ]
        await links.unlink_others(association, self.key, members)
        await links.link(association, self.key, members)

    async def _change_array(self, action: str, keys: Sequence[object]) -> None:
        association = self.association
        key = self.call.snapshot.catalog[association.target].columns[association.target_key]
        given = [
            self.nested.key_of(association, member)
            for member in await self.nested.members(association, keys)
        ]
        stored = self.record[association.foreign_key]
        present = keys_in(None if stored is None else msgspec.json.decode(stored), key)
        changed = [key.to_json(each) for each in _changed(action, present, given)]
        await self._set_own(changed)

    async def _set_own(self, value: Any) -> None:
        """Change the key in the source's own row: `belongsTo` and `belongsToArray`."""
        call, names = self.call, self.collection.target_key
        key = self.record[names[0]]
        if len(names) > 1:
            key = {name: self.record[name] for name in names}
        _ = await call.snapshot.records.change_in(
            self.nested.tx,
            call.operation("update"),
            self.collection,
            by_keys(self.collection, key),
            Values({}, {self.association.name: value}),
            access=UNLIMITED,
        )

    async def _change_many(
        self, association: Association, action: str, keys: Sequence[object]
    ) -> None:
        nested, links = self.nested, self.nested.links
        members = await nested.members(association, [_bare(each) for each in keys])
        stored = [nested.key_of(association, member) for member in members]
        present = await links.linked(association, self.key)
        wanted = set(_changed(action, present, stored))
        await links.unlink(association, self.key, [each for each in present if each not in wanted])
        if not isinstance(association, BelongsToMany):
            await links.link(association, self.key, [each for each in stored if each in wanted])
            return
        paired = set(present) & wanted
        for given, member, key in zip(keys, members, stored, strict=True):
            values = _pair_values(given)
            if key in paired and values is not None:
                # A pair that is there already gets the values that are given for it.
                await links.unlink(association, self.key, [key])
                paired.remove(key)
            if key in wanted and key not in paired:
                paired.add(key)
                await nested.pair(association, self.key, member, values)


def _changed(action: str, present: Sequence[Any], given: Sequence[Any]) -> list[Any]:
    """The keys that are linked after an action."""
    match action:
        case "set":
            changed = list(given)
        case "remove":
            changed = [each for each in present if each not in set(given)]
        case "toggle":
            stays = [each for each in present if each not in set(given)]
            changed = stays + [each for each in given if each not in set(present)]
        case _:
            changed = [*present, *given]
    return list(dict.fromkeys(changed))


def _bare(given: object) -> object:
    """The key of a pair `[key, {values of the pair}]`."""
    return cast("list[object]", given)[0] if isinstance(given, list) and given else given


def _pair_values(given: object) -> object:
    """The values of a pair `[key, {values of the pair}]`; None where there are none."""
    pair = cast("list[object]", given) if isinstance(given, list) else []
    return pair[1] if len(pair) > 1 else None


async def linked_source(call: Call, tx: Transaction) -> LinkedSource:
    """The source record that the path names, as far as the role may update it.

    Raises:
        AssociationTargetMissing: there is no such record.

    """
    address, snapshot = call.address, call.snapshot
    collection = snapshot.catalog[address.resource]
    association = collection.associations[address.association or ""]
    if address.source == "_":
        message = f"name the record: {collection.name}/{{id}}/{association.name}:{address.action}"
        raise InvalidParameter(message)
    grant = snapshot.policy.grant(call.actor, "update", collection)
    if not grant.allows(association.name):
        raise Forbidden
    which = source_record(call, collection) & scope_of(call, collection, grant)
    # Two changes of the same links at once would each start from what the other is changing.
    lock = f"links/{collection.name}/{which.values}/{association.name}"
    _ = await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", lock)
    names = tuple(
        dict.fromkeys((*collection.primary_key, *collection.target_key, own_key(association)))
    )
    found = await snapshot.records.reader(tx).find(
        collection, Query(Selection(names), which, limit=1)
    )
    if not found:
        message = f"{collection.name!r} has no record {address.source!r}"
        raise AssociationTargetMissing(message)
    if found[0][own_key(association)] is None and not isinstance(
        association, (BelongsTo, BelongsToArray)
    ):
        message = f"{association.name!r}: the record has no {own_key(association)!r} to link by"
        raise InvalidRequest(message)
    nested = NestedWrite(
        snapshot.records, tx, call.operation("update"), Access(snapshot.policy, call.actor)
    )
    return LinkedSource(call, nested, collection, association, found[0])


def _keys(call: Call) -> list[object]:
    """The keys to link: from the path, from the query, or the body (section 1.5)."""
    if call.address.target is not None:
        return [call.address.target]
    for name in ("filterByTk", "filterByTks"):
        given = call.parameters.keys(name)
        if isinstance(given, str):
            return list(given.split(",")) if name == "filterByTks" else [given]
        if given is not None:
            return list(given) if isinstance(given, list) else [given]
    body = plain(call.body) if call.body else []
    if isinstance(body, dict):
        sent = cast("dict[str, object]", body)
        names = [name for name in ("values", "filterByTk", "filterByTks") if name in sent]
        if sent and not names:
            message = "send the keys as an array"
            raise InvalidRequest(message)
        body = sent[names[0]] if names else []
    return cast("list[object]", body) if isinstance(body, list) else [body]


async def create_linked(call: Call, collection: Collection, grant: Grant) -> Answer:
    """Create a record and link it to the source record that the path names."""
    selection = selected(call, collection, "create")
    operation = call.operation("create", selection)
    values = await values_of(call, collection, grant)
    async with call.transaction() as tx:
        source = await linked_source(call, tx)
        await source.prepare(values)
        one = await call.snapshot.records.create_in(
            tx, operation, collection, values, access_of(call)
        )
        await source.link(one.record)
    outcome = await started(call, selection, (one,))
    return await answered(call, collection, (one,), outcome, many=False)


async def change_links(call: Call, _: Collection, __: Grant) -> Answer:
    """Link or unlink records: `add`, `set`, `remove`, `toggle`."""
    keys = _keys(call)
    async with call.transaction() as tx:
        source = await linked_source(call, tx)
        await source.change(call.address.action, keys)
    call.wrote = True
    return Answer({})


association_actions["create"] = create_linked
for _action in LINKING:
    association_actions[_action] = change_links
