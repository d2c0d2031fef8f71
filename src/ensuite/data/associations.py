"""Values of associations in a write: linking, creating and unlinking records (section 1.6).

`NestedWrite.before` settles what has to be known before the record is written (the keys in its
own table), `after` what needs the record's key.  Nested records are written in the same
transaction and follow the role's own permissions on their collection; they are no operations of
their own, so they start nothing by themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import msgspec
import sqlalchemy as sa

from ensuite.access.policy import Grant
from ensuite.data.changes import Change, Operation
from ensuite.data.filters import Filter, Keys
from ensuite.data.permissions import Access
from ensuite.data.query import Query, Selection, Statements
from ensuite.data.reading import Reader, Record
from ensuite.data.statements import Statement, compiled
from ensuite.data.values import Input, Values
from ensuite.errors import AssociationTargetMissing, InvalidFields, Issue
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
    path: str

    async def before(self, collection: Collection, values: Values) -> None:
        """Turn values of `belongsTo` and `belongsToArray` into the keys in this table."""
        self._written: dict[str, Any] = {}
        for name, value in values.nested.items():
            association = collection.associations[name]
            if isinstance(association, BelongsTo):
                record = await self._one(association, value)
                self._written[name] = record
                key = self._target(association).columns[association.target_key]
                values.stored[association.foreign_key] = (
                    None if record is None else key.parse(record[association.target_key])
                )
            elif isinstance(association, BelongsToArray):
                members = await self._many(association, value)
                self._written[name] = members
                keys = [member[association.target_key] for member in members]
                values.stored[association.foreign_key] = msgspec.json.encode(keys).decode()

    async def after(
        self, collection: Collection, record: Record, values: Values, *, replacing: bool
    ) -> None:
        """Write the associations whose keys are elsewhere, and show all of them in `record`."""
        for name, value in values.nested.items():
            association = collection.associations[name]
            if isinstance(association, (BelongsTo, BelongsToArray)):
                record[name] = self._written[name]
                continue
            key = collection.columns[association.source_key].parse(record[association.source_key])
            if association.to_many:
                given = _listed(association, value)
            else:
                if isinstance(value, list):
                    raise _not_an_array(association)
                given = [] if value is None else [value]
            if replacing:
                await self.unlink_others(association, key, [])
            linked: list[Record] = []
            for each in given:
                member = await self._linked_member(association, key, each)
                if member is not None:
                    linked.append(member)
            record[name] = linked if association.to_many else (linked[0] if linked else None)

    async def _linked_member(
        self, association: Association, key: Any, value: object
    ) -> Record | None:
        if isinstance(association, BelongsToMany):
            member = await self._one(association, value)
            if member is not None:
                given = cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
                extra = given.get(association.through)
                await self.pair(association, key, member, extra)
            return member
        member = await self._one(association, value, owner=key)
        if member is not None:
            await self.link(association, key, [self.key_of(association, member)])
            member[association.foreign_key] = key
        return member

    def _target(self, association: Association) -> Collection:
        return self.writer.catalog[association.target]

    def key_of(self, association: Association, member: Record) -> Any:
        """The stored key by which an association refers to a target record."""
        return (
            self._target(association)
            .columns[association.target_key]
            .parse(member[association.target_key])
        )

    async def _many(self, association: Association, value: object) -> list[Record]:
        members = [await self._one(association, each) for each in _listed(association, value)]
        return [member for member in members if member is not None]

    async def _one(
        self, association: Association, value: object, owner: Any = None
    ) -> Record | None:
        """The record that a value stands for: an existing one, or one created now.

        None where null was sent, and where the role may not create what was sent (section 4.4).
        """
        if value is None:
            return None
        if isinstance(value, list):
            raise _not_an_array(association)
        target = self._target(association)
        if not isinstance(value, Mapping):
            return await self._existing(association, target, value)
        given = cast("Mapping[str, Any]", value)
        path = f"{self.path}.{association.name}" if self.path else association.name
        if path.count(".") >= MAX_DEPTH:
            message = f"{path}: associations nest {MAX_DEPTH} levels deep at most"
            raise InvalidFields(message)
        key = given.get(association.target_key)
        if key is not None:
            found = await self._found(association, target, key)
            if found is not None:
                return await self._updated(association, target, found, given, path)
        grant = self.access.may("create", target)
        if grant is None:
            return None
        values = self.writer.input(target, grant).parse(given)
        if key is not None and association.target_key in target.columns:
            values.stored[association.target_key] = _parsed(target, association, key)
        if owner is not None:
            values.stored[association.foreign_key] = owner
        return await self.writer.insert_in(
            self.tx, self.operation, target, values, self.access, path
        )

    async def _updated(
        self,
        association: Association,
        target: Collection,
        found: Record,
        given: Mapping[str, Any],
        path: str,
    ) -> Record:
        if path not in self.access.update_paths:
            return found
        grant = self.access.may("update", target)
        if grant is None:
            return found
        values = self.writer.input(target, grant).parse(given)
        only = Filter(Keys(association.target_key), ([self.key_of(association, found)],))
        changes = await self.writer.change_in(
            self.tx, self.operation, target, only, values, self.access, path
        )
        return cast("Record", changes[0].record) if changes else found

    async def _found(
        self, association: Association, target: Collection, key: object
    ) -> Record | None:
        selection = Selection(tuple(n for n, f in target.columns.items() if not f.hidden))
        only = Filter(Keys(association.target_key), ([_parsed(target, association, key)],))
        records = await self.writer.reader(self.tx).find(target, Query(selection, only))
        return records[0] if records else None

    async def _existing(self, association: Association, target: Collection, key: object) -> Record:
        found = await self._found(association, target, key)
        if found is None:
            message = f"{association.title}: {target.name!r} has no record {key!r}"
            issue = Issue(message, AssociationTargetMissing.code, association.name)
            raise AssociationTargetMissing(message, issues=[issue])
        return found

    async def members(self, association: Association, keys: Sequence[object]) -> list[Record]:
        """The existing target records with these keys (plain JSON).

        Raises:
            AssociationTargetMissing: one of them does not exist.

        """
        target = self._target(association)
        listed = _listed(association, list(keys))
        return [await self._existing(association, target, key) for key in listed]

    # --- links ----------------------------------------------------------------------------

    async def link(self, association: Association, key: Any, members: Sequence[Any]) -> None:
        """Set the foreign key of the members: `hasOne` and `hasMany`."""
        target = self._target(association)
        column = target.column(association.foreign_key)
        member = target.column(association.target_key)
        statement = self.writer.statements.once(
            ("link", target.name, association.foreign_key, association.target_key),
            lambda: compiled(
                sa.update(target.table)
                .values({column: sa.bindparam("key", type_=column.type)})
                .where(member == sa.func.any(sa.bindparam("members", type_=sa.ARRAY(member.type))))
            ),
        )
        arguments = statement.arguments({"key": key, "members": list(members)})
        _ = await self.tx.execute(statement.sql, *arguments)

    async def linked(self, association: Association, key: Any) -> list[Any]:
        """The stored keys of what the record with this key is linked to."""
        statement = self.writer.statements.once(
            ("linked keys", association.name, association.foreign_key, association.target),
            lambda: self._linked_statement(association),
        )
        rows = await self.tx.fetch(statement.sql, *statement.arguments({"key": key}))
        return [row[0] for row in rows]

    def _linked_statement(self, association: Association) -> Statement:
        holder, owner, member = self._holder(association)
        key = sa.bindparam("key", type_=owner.type)
        # Locked, so that two calls that toggle the same pair do not both find it missing.
        return compiled(
            sa.select(member).select_from(holder.table).where(owner == key).with_for_update()
        )

    def _holder(
        self, association: Association
    ) -> tuple[Collection, sa.Column[Any], sa.Column[Any]]:
        """Where the keys of a to-many association are: the owner's and the member's column."""
        if isinstance(association, BelongsToMany):
            pairs = self.writer.catalog[association.through]
            return pairs, pairs.column(association.foreign_key), pairs.column(association.other_key)
        target = self._target(association)
        return target, target.column(association.foreign_key), target.column(association.target_key)

    async def pair(
        self, association: BelongsToMany, key: Any, member: Record, extra: object = None
    ) -> None:
        """Add a pair of keys, with the values of the pair's own fields: `belongsToMany`."""
        through = self.writer.catalog[association.through]
        values = Values({}, {})
        if isinstance(extra, Mapping):
            values = self.writer.input(through, Grant()).parse(cast("Mapping[str, Any]", extra))
        values.stored |= {
            association.foreign_key: key,
            association.other_key: self.key_of(association, member),
        }
        _ = await self.writer.insert_in(self.tx, self.operation, through, values, self.access)

    async def unlink_others(self, association: Association, key: Any, kept: Sequence[Any]) -> None:
        """Unlink all but `kept` of what the record with this key is associated with."""
        await self._unlink(association, key, kept, keep=True)

    async def unlink(self, association: Association, key: Any, members: Sequence[Any]) -> None:
        """Unlink these members from the record with this key."""
        await self._unlink(association, key, members, keep=False)

    async def _unlink(
        self, association: Association, key: Any, members: Sequence[Any], *, keep: bool
    ) -> None:
        statement = self.writer.statements.once(
            ("unlink", association.name, association.foreign_key, association.target, keep),
            lambda: self._unlink_statement(association, keep=keep),
        )
        arguments = statement.arguments({"key": key, "members": list(members)})
        _ = await self.tx.execute(statement.sql, *arguments)

    def _unlink_statement(self, association: Association, *, keep: bool) -> Statement:
        holder, owner, member = self._holder(association)
        change = (
            sa.delete(holder.table)
            if isinstance(association, BelongsToMany)
            else sa.update(holder.table).values({owner: None})
        )
        members = sa.bindparam("members", type_=sa.ARRAY(member.type))
        chosen = member != sa.func.all(members) if keep else member == sa.func.any(members)
        return compiled(change.where(owner == sa.bindparam("key", type_=owner.type), chosen))


def _listed(association: Association, value: object) -> list[object]:
    if value is None:
        return []
    given = cast("list[object]", value) if isinstance(value, list) else [value]
    if len(given) > MAX_LINKS:
        message = f"{association.title}: {MAX_LINKS} associated records at most in one call"
        raise InvalidFields(message)
    return given


def _not_an_array(association: Association) -> InvalidFields:
    message = f"The value of '{association.name}' cannot be in array format"
    return InvalidFields(message, issues=[Issue(message, "INVALID_FIELD", association.name)])


def _parsed(target: Collection, association: Association, key: object) -> Any:
    try:
        return target.columns[association.target_key].parse(key)
    except (ValueError, OverflowError) as error:
        message = f"{association.title}: the key {error}"
        issue = Issue(message, "INVALID_FIELD", association.name)
        raise InvalidFields(message, issues=[issue]) from error
