"""Changing the schema at run time: metadata rows and tables in one transaction.

Every function takes the transaction of its caller and the catalog as that transaction sees it
(`locked_catalog`); the version that it raises tells all processes to read the catalog again.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import asyncpg

from ensuite.errors import Conflict, Forbidden, InvalidRequest, NotFound
from ensuite.schema import ddl, metadata
from ensuite.schema.association import Association
from ensuite.schema.catalog import Catalog, load_catalog, make_catalog, make_collection
from ensuite.schema.collection import Collection, is_filled_by_server
from ensuite.schema.completion import Completed, completed, reverse_of, serves
from ensuite.schema.definitions import (
    MAX_FIELDS,
    FieldExists,
    check_target_key,
    check_together,
    checked_field,
    collection_options,
    field_definitions,
    is_association,
    named,
    random_key,
    with_key,
)
from ensuite.schema.field import Field, InvalidFieldOptions
from ensuite.schema.fields.belongs_to import BelongsTo
from ensuite.schema.fields.belongs_to_array import BelongsToArray
from ensuite.schema.fields.belongs_to_many import BelongsToMany
from ensuite.schema.names import checked_name
from ensuite.schema.system import RESERVED_NAMES

__all__ = [
    "SNAPSHOT_CHANNEL",
    "Alteration",
    "FieldNotFound",
    "locked_catalog",
    "raise_version",
    "random_key",
]

SNAPSHOT_CHANNEL = "ensuite_snapshot"
MAX_COLLECTIONS = 2_000

FLAGS = ("createdAt", "updatedAt", "createdBy", "updatedBy")
LOCKED_OPTIONS = (
    "name",
    "type",
    "primaryKey",
    "autoIncrement",
    "target",
    "foreignKey",
    "otherKey",
    "through",
    "sourceKey",
    "targetKey",
    "reverseField",
    "collectionName",
    "key",
    "columnName",
)


class CollectionExists(InvalidRequest):
    """Another collection has this name; choose another one."""

    code = "COLLECTION_EXISTS"


class FieldNotFound(NotFound):
    """The collection has no field of this name."""

    code = "FIELD_NOT_FOUND"


class SystemCollection(Forbidden):
    """The system needs this collection as it is: it cannot be changed or dropped."""

    code = "SYSTEM_COLLECTION"


class FieldInUse(Conflict):
    """Other fields depend on this one; remove them first, or destroy with `cascade`."""

    code = "FIELD_IN_USE"
    status: ClassVar[int] = 409


async def raise_version(tx: asyncpg.Connection) -> int:
    """Make every process read its snapshot again, once the transaction has committed."""
    version: int = await tx.fetchval(
        "UPDATE ensuite.snapshot SET version = version + 1 RETURNING version"
    )
    _ = await tx.execute("SELECT pg_notify($1, $2)", SNAPSHOT_CHANNEL, str(version))
    return version


async def locked_catalog(tx: asyncpg.Connection) -> Catalog:
    """The catalog as it is now, and no other change until this transaction ends."""
    # Two changes at once would each check against a catalog that the other makes stale.
    _ = await tx.execute("SELECT version FROM ensuite.snapshot FOR UPDATE")
    return await load_catalog(tx)


class Alteration:
    """The changes of one transaction, each seeing what the ones before it did."""

    def __init__(self, tx: asyncpg.Connection, catalog: Catalog) -> None:
        self._tx = tx
        self.catalog = catalog

    def _collection(self, name: str) -> Collection:
        collection = self.catalog[name]
        if collection.system:
            raise SystemCollection
        return collection

    def _replace(self, name: str, collection: Collection | None) -> None:
        others = {n: each for n, each in self.catalog.collections.items() if n != name}
        if collection is not None:
            others[name] = collection
        self.catalog = make_catalog(self.catalog.version, others.values())

    # --- collections ----------------------------------------------------------------------

    async def create_collection(self, options: Mapping[str, Any]) -> Collection:
        """Make a collection and its table from `collections:create`'s body.

        Raises:
            CollectionExists, InvalidName, InvalidCollectionOptions, InvalidFieldOptions,
                FieldExists, UnsupportedFieldType: nothing was made.

        """
        name = checked_name(options.get("name") or f"t_{random_key()}", what="collection")
        if name in self.catalog or name in RESERVED_NAMES:
            message = f"Collection named {name} already exists"
            raise CollectionExists(message)
        if len(self.catalog) >= MAX_COLLECTIONS:
            message = f"there are {MAX_COLLECTIONS} collections, more are not possible"
            raise InvalidRequest(message)
        definitions = field_definitions(options.get("fields"))
        if options.get("autoGenId") is not False:
            definitions = with_key(definitions)
        names = {each["name"] for each in definitions if isinstance(each["name"], str)}
        flags = {flag: flag in names for flag in FLAGS}
        kept = {**collection_options(options), "name": name, "key": random_key(), **flags}
        stored = [each for each in definitions if not is_association(each)]
        fields = [checked_field(each) for each in stored]
        check_together(name, fields)
        await metadata.insert_collection(self._tx, kept)
        for field, definition in zip(fields, stored, strict=True):
            await metadata.insert_field(self._tx, random_key(), name, field, definition)
        await self._execute(ddl.create_table(name, fields))
        self._replace(name, make_collection(kept, fields))
        for definition in definitions:
            if is_association(definition):
                _ = await self.create_field(name, definition)
        check_target_key(self.catalog[name])
        await self._serve_pending(name)
        return self.catalog[name]

    async def update_collection(self, name: str, options: Mapping[str, Any]) -> Collection:
        """Change a collection's own options; its name and its fields stay as they are."""
        collection = self._collection(name)
        fixed = {"name", "key", "fields", "autoGenId", *FLAGS}
        given = {k: v for k, v in options.items() if k not in fixed}
        changed = collection_options({**collection.options, **given})
        updated = make_collection(changed, collection.fields.values())
        check_target_key(updated)
        await metadata.write_collection(self._tx, changed)
        self._replace(name, updated)
        return self.catalog[name]

    async def drop_collection(self, name: str, *, cascade: bool = False) -> None:
        """Drop a collection with its table and all its records.

        With `cascade`, the associations of other collections that point to it go as well;
        without, they stay and are pending until a collection of this name exists again.

        Raises:
            SystemCollection: the system needs it.

        """
        _ = self._collection(name)
        if cascade:
            for other in list(self.catalog.values()):
                for field in list(other.fields.values()):
                    if (
                        isinstance(field, Association)
                        and field.target == name
                        and other.name != name
                        and not other.system
                    ):
                        await self.drop_field(other.name, field.name)
        await metadata.delete_collection(self._tx, name)
        await self._execute(ddl.drop_table(name))
        self._replace(name, None)

    # --- fields ---------------------------------------------------------------------------

    async def create_field(self, collection_name: str, definition: Mapping[str, Any]) -> Field:
        """Add a field, and what it implies (foreign keys, a collection of pairs, its reverse).

        Raises:
            FieldExists, InvalidFieldOptions, UnsupportedFieldType: nothing was made.

        """
        collection = self._collection(collection_name)
        given = named(definition)
        field = checked_field(given)
        known = collection.fields.get(field.name)
        if known is not None and not _confirms_key(known, field):
            message = f'Field name "{field.name}" already exists in collection "{collection_name}"'
            raise FieldExists(message)
        if len(collection.fields) >= MAX_FIELDS:
            message = f"{collection_name!r} has {MAX_FIELDS} fields, more are not possible"
            raise InvalidRequest(message)
        if known is not None:
            return known
        if not isinstance(field, Association):
            await self._add_stored(collection, field, given)
            return field
        plan = self._plan(collection_name, field)
        if plan is not None:
            await self._make_implied(plan)
            field = plan.field
        await metadata.insert_field(self._tx, random_key(), collection_name, field, given)
        self._replace_fields(collection_name, {field.name: field})
        if plan is not None:
            await self._make_reverse(collection_name, field)
        return field

    async def update_field(
        self, collection_name: str, name: str, definition: Mapping[str, Any]
    ) -> Field:
        """Change a field's options.

        What its column is (type, keys) stays; `unique`, `index` and `allowNull` change the table.

        Raises:
            FieldNotFound: there is no such field.
            InvalidFieldOptions: the type would need another column.

        """
        collection = self._collection(collection_name)
        old = _field(collection, name)
        new_type = definition.get("type", old.type)
        given = named({k: v for k, v in definition.items() if k not in LOCKED_OPTIONS})
        cleared = [k for k, v in definition.items() if v is None and k not in LOCKED_OPTIONS]
        merged = {k: v for k, v in old.options().items() if k not in cleared} | given
        new = checked_field({**merged, "name": name, "type": new_type})
        same = (
            new.type == old.type
            if isinstance(old, Association)
            else new.representation == old.representation
        )
        if not same:
            message = (
                f"{name!r} cannot become a {new_type!r}: make another field and copy the values"
            )
            raise InvalidFieldOptions(message)
        if new.hidden and not old.hidden:
            self._refuse_key(collection, old)
        if old.column_type() is not None:
            await self._change_column(collection_name, old, new)
        await metadata.write_field(self._tx, collection_name, new, merged)
        self._replace_fields(collection_name, {name: new})
        return new

    async def drop_field(self, collection_name: str, name: str) -> None:
        """Remove a field with its column and values.

        Raises:
            FieldNotFound: there is no such field.
            FieldInUse: it is the primary key, or an association's key.

        """
        collection = self._collection(collection_name)
        field = _field(collection, name)
        self._refuse_key(collection, field)
        if field.column_type() is not None:
            await self._execute(ddl.drop_column(collection_name, name))
        await metadata.delete_field(self._tx, collection_name, name)
        self._replace_fields(collection_name, {name: None})

    def _refuse_key(self, collection: Collection, field: Field) -> None:
        """Raise FieldInUse when records of any collection are found by this field."""
        name = field.name
        if name in collection.primary_key:
            message = f"{name!r} is the primary key of {collection.name!r}"
            raise FieldInUse(message)
        if name in collection.target_key:
            message = f"{name!r} is the filterTargetKey of {collection.name!r}"
            raise FieldInUse(message)
        users = [
            f"{other.name}.{each.name}"
            for other in self.catalog.values()
            for each in other.associations.values()
            if (name, collection.name) in _keys_of(other, each)
        ]
        if users:
            message = f"{name!r} is a key of {', '.join(users)}; remove that first"
            raise FieldInUse(message)

    # --- associations ---------------------------------------------------------------------

    def _plan(self, source: str, association: Association) -> Completed | None:
        """What an association implies, checked against what exists; None while it is pending.

        Raises:
            InvalidFieldOptions: a field that exists cannot be the key that it needs.
            SystemCollection: it would have to write to a collection of the system.

        """
        plan = completed(self.catalog, self.catalog[source], association)
        if plan is None:
            return None
        if plan.through in {source, association.target}:
            message = f"{association.name!r}: the pairs need a collection of their own"
            raise InvalidFieldOptions(message)
        for implied in plan.implied:
            if implied.collection in self.catalog and self.catalog[implied.collection].system:
                raise SystemCollection
            if is_filled_by_server(implied.field) and not isinstance(association, BelongsTo):
                message = f"{association.name!r}: the server itself writes {implied.field.name!r}"
                raise InvalidFieldOptions(message)
            if implied.collection not in self.catalog:
                continue
            holder = self.catalog[implied.collection]
            existing = holder.fields.get(implied.field.name)
            if existing is not None and not serves(existing, implied.field):
                message = (
                    f"{association.name!r}: {existing.name!r} of {holder.name!r} is of type "
                    f"{existing.type!r} and cannot be its foreign key"
                )
                raise InvalidFieldOptions(message)
        return plan

    async def _make_implied(self, plan: Completed) -> None:
        if plan.through is not None and plan.through not in self.catalog:
            pairs = {
                "name": plan.through,
                "hidden": True,
                "isThrough": True,
                "autoGenId": False,
                "fields": [implied.field.options() for implied in plan.implied],
            }
            _ = await self.create_collection(pairs)
            return
        for implied in plan.implied:
            holder = self.catalog[implied.collection]
            if implied.field.name not in holder.fields:
                await self._add_stored(holder, implied.field, implied.field.options())

    async def _make_reverse(self, collection: str, association: Association) -> None:
        reverse = (association.model_extra or {}).get("reverseField")
        if isinstance(reverse, dict):
            _ = await self.create_field(
                association.target, reverse_of(collection, association, reverse)
            )

    async def _serve_pending(self, name: str) -> None:
        """Complete the associations that waited for this collection."""
        for source, association in self.catalog.pending:
            pairs = association.through if isinstance(association, BelongsToMany) else None
            if name not in {association.target, pairs} or self.catalog[source].system:
                continue
            try:
                plan = self._plan(source, association)
            except (InvalidFieldOptions, SystemCollection):
                # This collection is not what it waits for; it can be made all the same.
                continue
            if plan is None:
                continue
            await self._make_implied(plan)
            await metadata.write_field(self._tx, source, plan.field, plan.field.options())
            self._replace_fields(source, {plan.field.name: plan.field})
            await self._make_reverse(source, plan.field)

    # --- rows and columns -----------------------------------------------------------------

    async def _add_stored(
        self, collection: Collection, field: Field, definition: Mapping[str, Any]
    ) -> None:
        if field.primary_key and collection.primary_key:
            message = f"{collection.name!r} already has a primary key"
            raise InvalidFieldOptions(message)
        check_together(collection.name, [*collection.fields.values(), field])
        default = field.default_value
        fills = default is not None and not field.allow_null and not field.auto_increment
        if field.column_type() is not None:
            nullable = fills or (field.allow_null and not field.auto_increment)
            await self._execute(ddl.add_column(collection.name, field, nullable=nullable))
        if fills:
            # Records that exist get the default once; new ones get it when they are made.
            fill = ddl.fill_column(collection.name, field)
            _ = await self._tx.execute(fill, field.parse(default))
            await self._execute(ddl.set_nullable(collection.name, field.name, nullable=False))
        await metadata.insert_field(self._tx, random_key(), collection.name, field, definition)
        self._replace_fields(collection.name, {field.name: field})

    async def _change_column(self, collection: str, old: Field, new: Field) -> None:
        if old.indexed != new.indexed:
            await self._execute(ddl.drop_index(collection, old))
            await self._execute(ddl.create_index(collection, new))
        if old.allow_null != new.allow_null and not old.primary_key and not old.auto_increment:
            await self._execute(ddl.set_nullable(collection, old.name, nullable=new.allow_null))

    def _replace_fields(self, name: str, changes: Mapping[str, Field | None]) -> None:
        collection = self.catalog[name]
        fields = {
            n: each for n, each in {**collection.fields, **changes}.items() if each is not None
        }
        self._replace(name, make_collection(collection.options, fields.values()))

    async def _execute(self, sql: str) -> None:
        if sql.strip():
            _ = await self._tx.execute(sql)


def _field(collection: Collection, name: str) -> Field:
    found = collection.fields.get(name)
    if found is None:
        message = f"{collection.name!r} has no field {name!r}"
        raise FieldNotFound(message)
    return found


def _confirms_key(old: Field, new: Field) -> bool:
    """A client may spell out the foreign key that an association has already made."""
    return old.is_foreign_key and not isinstance(new, Association) and new.is_foreign_key


def _keys_of(collection: Collection, association: Association) -> set[tuple[str, str]]:
    """The fields that an association works by, each with its collection."""
    target_key = (association.target_key, association.target)
    match association:
        case BelongsTo() | BelongsToArray():
            return {(association.foreign_key, collection.name), target_key}
        case BelongsToMany():
            return {
                (association.foreign_key, association.through),
                (association.other_key, association.through),
                (association.source_key, collection.name),
                target_key,
            }
        case _:
            return {
                (association.foreign_key, association.target),
                (association.source_key, collection.name),
                target_key,
            }
