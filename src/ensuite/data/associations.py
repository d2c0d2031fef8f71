"""Values of associations in a write: linking, creating and unlinking records (section 1.6).

`NestedWrite.before` settles what has to be known before the record is written (the keys in its
own table), `after` what needs the record's key.  Nested records are written in the same
transaction and follow the role's own permissions on their collection; they are no operations of
their own, so they start nothing by themselves.  Records of the system (users, roles) can be
linked, and only linked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import msgspec

from ensuite.access.policy import Grant
from ensuite.data.changes import Change, Operation
from ensuite.data.filters import Filter, Keys
from ensuite.data.links import Links
from ensuite.data.permissions import Access
from ensuite.data.query import Query, Selection, Statements
from ensuite.data.reading import Reader, Record
from ensuite.data.values import Input, Values
from ensuite.errors import AssociationTargetMissing, Forbidden, InvalidFields, Issue
from ensuite.schema.association import Association
from ensuite.schema.catalog import Catalog
from ensuite.schema.collection import Collection
from ensuite.schema.fields.belongs_to import BelongsTo
from ensuite.schema.fields.belongs_to_array import BelongsToArray
from ensuite.schema.fields.belongs_to_many import BelongsToMany
from ensuite.storage.database import Transaction

MAX_DEPTH = 8
MAX_LINKS = 5_000
"""Associated records that one call may link or create in one association."""


class Writer(Protocol):
    """What nested writing needs of `data.records`, which in turn writes nested values."""

    catalog: Catalog
    statements: Statements

    def reader(self, connection: Transaction | None = None) -> Reader: ...

    def input(self, collection: Collection, grant: Grant) -> Input: ...

    async def insert_in(
        self,
        tx: Transaction,
        operation: Operation,
        collection: Collection,
        values: Values,
        *,
        access: Access,
        path: str = "",
    ) -> Record: ...

    async def change_in(
        self,
        tx: Transaction,
        operation: Operation,
        collection: Collection,
        filter_: Filter,
        values: Values,
        *,
        access: Access,
        path: str = "",
    ) -> list[Change]: ...


@dataclass
class NestedWrite:
    """The nested values of one record's write, at `path` from the record of the request."""

    writer: Writer
    tx: Transaction
    operation: Operation
    access: Access
    path: str = ""
    _written: dict[str, Any] = field(default_factory=dict)
    """The records of `belongsTo` and `belongsToArray`, from before the record was written."""

    @property
    def links(self) -> Links:
        """The keys that link records, in the same transaction."""
        return Links(self.writer.catalog, self.writer.statements, self.tx)

    async def before(self, collection: Collection, values: Values) -> None:
        """Turn values of `belongsTo` and `belongsToArray` into the keys in this table."""
        for name, value in values.nested.items():
            association = collection.associations[name]
            if isinstance(association, BelongsTo):
                members = await self._members(association, _one_at_most(association, value))
                self._written[name] = members[0] if members else None
                key = self.key_of(association, members[0]) if members else None
                values.stored[association.foreign_key] = key
            elif isinstance(association, BelongsToArray):
                members = await self._members(association, _listed(association, value))
                self._written[name] = members
                keys = [self.key_of(association, member) for member in members]
                values.stored[association.foreign_key] = msgspec.json.encode(keys).decode()

    async def after(
        self, collection: Collection, record: Record, values: Values, *, replacing: bool
    ) -> None:
        """Write the associations whose keys are elsewhere, and show all of them in `record`."""
        for name, value in values.nested.items():
            association = collection.associations[name]
            if name in self._written:
                record[name] = self._written[name]
                continue
            key = collection.columns[association.source_key].parse(record[association.source_key])
            if association.to_many:
                given = _listed(association, value)
            else:
                given = _one_at_most(association, value)
            if isinstance(association, BelongsToMany):
                members = await self._pair(association, key, given, replacing=replacing)
            else:
                members = await self._own(association, key, given, replacing=replacing)
            record[name] = members if association.to_many else (members[0] if members else None)

    async def _own(
        self, association: Association, key: Any, given: Sequence[object], *, replacing: bool
    ) -> list[Record]:
        """Let the records that the values stand for belong to the record with this key."""
        existing = await self._existing(association, given)
        if replacing:
            await self.links.unlink_others(association, key, list(existing))
        members = await self._members(association, given, existing, owner=key)
        keys = {self.key_of(association, member) for member in members}
        # What was created just now has its foreign key already.
        await self.links.link(association, key, [each for each in existing if each in keys])
        foreign_key = self._target(association).columns[association.foreign_key]
        for member in members:
            member[association.foreign_key] = foreign_key.to_json(key)
        return members

    async def _pair(
        self, association: BelongsToMany, key: Any, given: Sequence[object], *, replacing: bool
    ) -> list[Record]:
        """Pair the records that the values stand for with the record with this key."""
        existing = await self._existing(association, given)
        extras = {
            self._key_in(association, each): each[association.through]
            for each in map(_mapping, given)
            if association.through in each and each.get(association.target_key) is not None
        }
        linked: set[Any] = set()
        if replacing:
            # A pair that stays keeps its values, unless others are given for it.
            kept = [each for each in existing if each not in extras]
            await self.links.unlink_others(association, key, kept)
            linked = set(await self.links.linked(association, key))
        members: list[Record] = []
        for each in given:
            for member in await self._members(association, [each], existing):
                members.append(member)
                if self.key_of(association, member) not in linked:
                    extra = _mapping(each).get(association.through)
                    await self.pair(association, key, member, extra)
        return members

    def _target(self, association: Association) -> Collection:
        return self.writer.catalog[association.target]

    def key_of(self, association: Association, member: Record) -> Any:
        """The stored key by which an association refers to a target record."""
        key = self._target(association).columns[association.target_key]
        return key.parse(member[association.target_key])

    async def members(self, association: Association, keys: Sequence[object]) -> list[Record]:
        """The existing target records with these keys (plain JSON).

        Raises:
            AssociationTargetMissing: some do not exist.

        """
        listed = _listed(association, list(keys))
        existing = await self._existing(association, listed)
        return [existing[self._parsed(association, each)] for each in listed]

    async def _existing(
        self, association: Association, given: Sequence[object]
    ) -> dict[Any, Record]:
        """The target records that values name, by their stored keys: one statement.

        Raises:
            AssociationTargetMissing: a bare key names no record.

        """
        bare = {
            self._parsed(association, each): each for each in given if not isinstance(each, Mapping)
        }
        named = [self._key_in(association, each) for each in map(_mapping, given)]
        wanted = list(dict.fromkeys([*bare, *(key for key in named if key is not None)]))
        if not wanted:
            return {}
        target = self._target(association)
        query = Query(Selection(target.visible), Filter(Keys(association.target_key), (wanted,)))
        records = await self.writer.reader(self.tx).find(target, query)
        found = {self.key_of(association, record): record for record in records}
        missing = [each for key, each in bare.items() if key not in found]
        if missing:
            issues = [
                Issue(
                    f"{association.title}: {target.name!r} has no record {each!r}",
                    AssociationTargetMissing.code,
                    association.name,
                )
                for each in missing
            ]
            raise AssociationTargetMissing(issues[0].message, issues=issues)
        return {key: found[key] for key in wanted if key in found}

    async def _members(
        self,
        association: Association,
        given: Sequence[object],
        existing: Mapping[Any, Record] | None = None,
        owner: Any = None,
    ) -> list[Record]:
        """The records that values stand for: existing ones, and those that are created now.

        What the role may not create is left out (section 4.4).
        """
        if existing is None:
            existing = await self._existing(association, given)
        members: list[Record] = []
        for each in given:
            if not isinstance(each, Mapping):
                members.append(existing[self._parsed(association, each)])
                continue
            values = _mapping(each)
            found = existing.get(self._key_in(association, values))
            member = (
                await self._created(association, values, owner)
                if found is None
                else await self._updated(association, found, values)
            )
            if member is not None:
                members.append(member)
        return members

    async def _created(
        self, association: Association, given: Mapping[str, Any], owner: Any
    ) -> Record | None:
        target = self._target(association)
        if target.system:
            message = f"{association.title}: records of {target.name!r} can only be linked here"
            issue = Issue(message, InvalidFields.code, association.name)
            raise InvalidFields(message, issues=[issue])
        grant = self.access.may("create", target)
        if grant is None:
            return None
        parser = self.writer.input(target, grant)
        values = await parser.run(lambda: parser.parse(given))
        key = self._key_in(association, given)
        if key is not None:
            values.stored[association.target_key] = key
        if owner is not None:
            values.stored[association.foreign_key] = owner
        return await self.writer.insert_in(
            self.tx, self.operation, target, values, access=self.access, path=self._at(association)
        )

    async def _updated(
        self, association: Association, found: Record, given: Mapping[str, Any]
    ) -> Record:
        """The record, changed where the call names its path as one that may be modified."""
        path = self._at(association)
        if path not in self.access.update_paths:
            return found
        target = self._target(association)
        if target.system:
            message = f"records of {target.name!r} cannot be changed here"
            raise Forbidden(message)
        grant = self.access.may("update", target)
        if grant is None:
            return found
        parser = self.writer.input(target, grant)
        values = await parser.run(lambda: parser.parse(given))
        only = Filter(Keys(association.target_key), ([self.key_of(association, found)],))
        changes = await self.writer.change_in(
            self.tx,
            self.operation,
            target,
            only & self.access.scope(target, grant),
            values,
            access=self.access,
            path=path,
        )
        return cast("Record", changes[0].record) if changes else found

    def _at(self, association: Association) -> str:
        path = f"{self.path}.{association.name}" if self.path else association.name
        if path.count(".") >= MAX_DEPTH:
            message = f"{path}: associations nest {MAX_DEPTH} levels deep at most"
            raise InvalidFields(message)
        return path

    async def pair(
        self, association: BelongsToMany, key: Any, member: Record, extra: object = None
    ) -> None:
        """Add a pair of keys, with the values of the pair's own fields: `belongsToMany`."""
        through = self.writer.catalog[association.through]
        values = Values({}, {})
        if isinstance(extra, Mapping):
            values = self.writer.input(through, Grant()).parse(cast("Mapping[str, Any]", extra))
        elif extra is not None:
            message = f"{association.title}: the values of a pair are a JSON object"
            raise InvalidFields(message)
        values.stored |= {
            association.foreign_key: key,
            association.other_key: self.key_of(association, member),
        }
        _ = await self.writer.insert_in(
            self.tx, self.operation, through, values, access=self.access
        )

    def _key_in(self, association: Association, given: Mapping[str, Any]) -> Any:
        key = given.get(association.target_key)
        return None if key is None else self._parsed(association, key)

    def _parsed(self, association: Association, key: object) -> Any:
        if key is None:
            return None
        try:
            return self._target(association).columns[association.target_key].parse(key)
        except (ValueError, OverflowError) as error:
            message = f"{association.title}: the key {error}"
            issue = Issue(message, InvalidFields.code, association.name)
            raise InvalidFields(message, issues=[issue]) from error


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _listed(association: Association, value: object) -> list[object]:
    """The values of a to-many association; null stands for none."""
    if value is None:
        return []
    given = cast("list[object]", value) if isinstance(value, list) else [value]
    if len(given) > MAX_LINKS:
        message = f"{association.title}: {MAX_LINKS} associated records at most in one call"
        raise InvalidFields(message)
    return [each for each in given if each is not None]


def _one_at_most(association: Association, value: object) -> list[object]:
    """The value of a to-one association; null stands for none."""
    if isinstance(value, list):
        message = f"The value of '{association.name}' cannot be in array format"
        issue = Issue(message, InvalidFields.code, association.name)
        raise InvalidFields(message, issues=[issue])
    return [] if value is None else [value]
