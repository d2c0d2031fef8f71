"""The association actions: `posts/1/tags:add`, `set`, `remove`, `toggle`, and creating through one."""

from dataclasses import dataclass
from typing import Any

from ensuite.access.policy import Grant
from ensuite.api.call import Answer, Call
from ensuite.api.outcomes import selected, started
from ensuite.api.records import (
    LINKING,
    access_of,
    answered,
    association_actions,
    by_keys,
    scope_of,
    values_of,
)
from ensuite.data.associations import NestedWrite
from ensuite.data.permissions import Access
from ensuite.data.query import Query, Selection
from ensuite.data.reading import Record, own_key
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
        value = self.record[name]
        return None if value is None else self.collection.columns[name].parse(value)

    def prepare(self, values: Values) -> None:
        """Give a record that is about to be created the foreign key that links it."""
        if not isinstance(self.association, (BelongsTo, BelongsToArray, BelongsToMany)):
            values.stored[self.association.foreign_key] = self.key

    async def link(self, member: Record) -> None:
        """Link a record that exists."""
        association = self.association
        if isinstance(association, BelongsToMany):
            await self.nested.pair(association, self.key, member)
        elif isinstance(association, BelongsTo):
            await self._set_own(member[association.target_key])

    async def _set_own(self, value: Any) -> None:
        """Change the key in the source's own row: `belongsTo`."""
        call = self.call
        records = call.snapshot.records
        values = Values({}, {self.association.name: value})
        which = by_keys(self.collection, self.record[self.collection.target_key[0]])
        _ = await records.change_in(
            self.nested.tx, call.operation("update"), self.collection, which, values, Access()
        )

    async def change(self, action: str, keys: list[Any]) -> None:
        """Carry out `add`, `set`, `remove` or `toggle` with the given keys (plain JSON)."""
        association = self.association
        if not association.to_many:
            await self._change_one(action, keys)
            return
        if isinstance(association, BelongsToArray):
            message = f"set {association.name!r} by updating the record"
            raise InvalidRequest(message)
        members = await self.nested.members(association, [_bare(each) for each in keys])
        stored = [self.nested.key_of(association, member) for member in members]
        linked = await self.nested.linked(association, self.key)
        match action:
            case "remove":
                await self.nested.unlink(association, self.key, stored)
            case "toggle":
                gone = [each for each in stored if each in linked]
                await self.nested.unlink(association, self.key, gone)
                await self._add(association, keys, members, stored, set(linked))
            case "set":
                await self.nested.unlink_others(association, self.key, stored)
                await self._add(association, keys, members, stored, set(linked))
            case _:
                await self._add(association, keys, members, stored, set(linked))

    async def _change_one(self, action: str, keys: list[Any]) -> None:
        if action == "toggle" or len(keys) > 1:
            message = f"{self.association.name!r} holds one record: use set or remove"
            raise InvalidRequest(message)
        if isinstance(self.association, BelongsTo):
            await self._set_own(keys[0] if keys and action != "remove" else None)
            return
        await self.nested.unlink_others(self.association, self.key, [])
        if action != "remove":
            members = await self.nested.members(self.association, keys)
            stored = [self.nested.key_of(self.association, member) for member in members]
            await self.nested.link(self.association, self.key, stored)

    async def _add(
        self,
        association: Association,
        keys: list[Any],
        members: list[Record],
        stored: list[Any],
        linked: set[Any],
    ) -> None:
        if not isinstance(association, BelongsToMany):
            await self.nested.link(association, self.key, stored)
            return
        done = set(linked)
        for given, member, key in zip(keys, members, stored, strict=True):
            if key not in done:
                done.add(key)
                extra = given[1] if isinstance(given, list) and len(given) > 1 else None
                await self.nested.pair(association, self.key, member, extra)


def _bare(given: Any) -> Any:
    """The key of a pair `[key, {values of the pair}]`."""
    return given[0] if isinstance(given, list) and given else given


async def linked_source(call: Call, tx: Transaction) -> LinkedSource:
    """The source record that the path names, as far as the role may view it.

    Raises:
        AssociationTargetMissing: there is no such record.

    """
    address, snapshot = call.address, call.snapshot
    collection = snapshot.catalog[address.resource]
    association = collection.associations[address.association or ""]
    if address.source is None or address.source == "_":
        message = f"name the record: {collection.name}/{{id}}/{association.name}:{address.action}"
        raise InvalidParameter(message)
    grant = snapshot.policy.grant(call.actor, "update", collection)
    if not grant.allows(association.name):
        raise Forbidden
    which = by_keys(collection, address.source) & scope_of(call, collection, grant)
    names = tuple(
        dict.fromkeys((*collection.primary_key, *collection.target_key, own_key(association)))
    )
    found = await snapshot.records.reader(tx).find(
        collection, Query(Selection(names), which, limit=1)
    )
    if not found:
        message = f"{collection.name!r} has no record {address.source!r}"
        raise AssociationTargetMissing(message)
    access = Access(snapshot.policy, call.actor)
    nested = NestedWrite(snapshot.records, tx, call.operation("update"), access, "")
    return LinkedSource(call, nested, collection, association, found[0])


def _keys(call: Call) -> list[Any]:
    """The keys to link: from the query, from the path, or the body (section 1.5)."""
    if call.address.target is not None:
        return [call.address.target]
    for name in ("filterByTk", "filterByTks"):
        given = call.parameters.keys(name)
        if given is not None:
            if isinstance(given, str):
                return list(given.split(",")) if name == "filterByTks" else [given]
            return list(given) if isinstance(given, list) else [given]
    body = plain(call.body) if call.body else []
    if isinstance(body, dict):
        body = body.get("values", body.get("filterByTk", body.get("filterByTks", [])))
    return body if isinstance(body, list) else [body]


async def create_linked(call: Call, collection: Collection, grant: Grant) -> Answer:
    """Create a record and link it to the source record that the path names."""
    selection = selected(call, collection, "create")
    operation = call.operation("create", selection)
    values = values_of(call, collection, grant)
    async with call.means.database.transaction() as tx:
        source = await linked_source(call, tx)
        source.prepare(values)
        one = await call.snapshot.records.create_in(
            tx, operation, collection, values, access_of(call)
        )
        await source.link(one.record)
    outcome = await started(call, selection, (one,))
    return await answered(call, collection, (one,), outcome, many=False)


async def change_links(call: Call, _: Collection, __: Grant) -> Answer:
    """Link or unlink records: `add`, `set`, `remove`, `toggle`."""
    keys = _keys(call)
    async with call.means.database.transaction() as tx:
        source = await linked_source(call, tx)
        await source.change(call.address.action, keys)
    return Answer({})


association_actions["create"] = create_linked
for _action in LINKING:
    association_actions[_action] = change_links
