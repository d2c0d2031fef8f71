"""Changing the schema at run time: metadata rows and tables in one transaction.

Every function takes the transaction of its caller and the catalog as that transaction sees it
(`locked_catalog`); the version that it raises tells all processes to read the catalog again.
"""

import json
import secrets
import string
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import asyncpg

from ensuite.errors import Conflict, Forbidden, InvalidRequest, NotFound
from ensuite.schema import ddl
from ensuite.schema.association import Association
from ensuite.schema.catalog import Catalog, load_catalog, make_catalog, make_collection
from ensuite.schema.collection import Collection
from ensuite.schema.completion import completed, reverse_of
from ensuite.schema.field import Field, InvalidFieldOptions, make_field
from ensuite.schema.names import checked_name
from ensuite.schema.system import RESERVED_NAMES

SNAPSHOT_CHANNEL = "ensuite_snapshot"
MAX_COLLECTIONS = 2_000
MAX_FIELDS = 800
"""PostgreSQL allows 1,600 columns; half of it leaves room for dropped ones, which still count."""

FLAGS = ("createdAt", "updatedAt", "createdBy", "updatedBy")
COLLECTION_COLUMNS = ("key", "name", "title", "description", "hidden", "inherit")
FIELD_COLUMNS = ("key", "name", "type", "interface", "description", "parentKey", "reverseKey")
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
    "collectionName",
    "key",
    "columnName",
)


class CollectionExists(InvalidRequest):
    """Another collection has this name; choose another one."""

    code = "COLLECTION_EXISTS"


class FieldExists(InvalidRequest):
    """The collection already has a field of this name; choose another one."""

    code = "FIELD_EXISTS"


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


def random_key(length: int = 11) -> str:
    """A key as NocoBase makes them: lower-case letters and digits."""
    alphabet = string.ascii_lowercase + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(length))


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

    async def create_collection(self, options: Mapping[str, Any]) -> Collection:
        """Make a collection and its table from `collections:create`'s body.

        Raises:
            CollectionExists, InvalidName, InvalidFieldOptions, FieldExists: nothing was made.

        """
        name = checked_name(options.get("name") or f"t_{random_key()}", what="collection")
        if name in self.catalog or name in RESERVED_NAMES:
            message = f"Collection named {name} already exists"
            raise CollectionExists(message)
        if len(self.catalog) >= MAX_COLLECTIONS:
            message = f"there are {MAX_COLLECTIONS} collections, more are not possible"
            raise InvalidRequest(message)
        definitions = _definitions(options.get("fields"))
        if (
            not any(each.get("primaryKey") for each in definitions)
            and options.get("autoGenId") is not False
        ):
            implicit = {
                "name": "id",
                "type": "bigInt",
                "primaryKey": True,
                "autoIncrement": True,
                "interface": "id",
            }
            definitions = [implicit, *(each for each in definitions if each.get("name") != "id")]
        names = {each.get("name") for each in definitions}
        kept = {key: value for key, value in options.items() if key not in {"fields", *FLAGS}}
        kept |= {"name": name, "key": random_key(), **{flag: flag in names for flag in FLAGS}}
        kept.setdefault("filterTargetKey", None)
        if kept["filterTargetKey"] is None:
            del kept["filterTargetKey"]
        fields = [
            make_field(_without_associations(each))
            for each in definitions
            if not _is_association(each)
        ]
        _no_duplicates(name, fields)
        collection = make_collection(kept, fields)
        _ = await self._tx.execute(
            "INSERT INTO ensuite.collections (key, name, title, description, hidden, inherit, options)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            kept["key"],
            name,
            kept.get("title"),
            kept.get("description"),
            bool(kept.get("hidden")),
            bool(kept.get("inherit")),
            _rest(kept, COLLECTION_COLUMNS),
        )
        for field, definition in zip(
            fields, (d for d in definitions if not _is_association(d)), strict=True
        ):
            await self._insert_field(name, field, definition)
        await self._execute(ddl.create_table(name, fields))
        self._replace(name, collection)
        for definition in definitions:
            if _is_association(definition):
                await self.create_field(name, definition)
        await self._serve_pending(name)
        return self.catalog[name]

    async def _serve_pending(self, name: str) -> None:
        """Make the keys that associations to this collection waited for."""
        for source, association in self.catalog.pending:
            if association.target == name:
                await self._make_implied(source, association)
        self._replace("", None)

    async def _make_implied(self, source: str, association: Field) -> Field:
        plan = completed(self.catalog, self.catalog[source], association)
        if plan.through is not None and plan.through not in self.catalog:
            pairs = [implied.field.options() for implied in plan.implied]
            _ = await self.create_collection(
                {
                    "name": plan.through,
                    "hidden": True,
                    "isThrough": True,
                    "autoGenId": False,
                    "fields": pairs,
                }
            )
            return plan.field
        for implied in plan.implied:
            holder = (
                self.catalog.get(implied.collection) if implied.collection in self.catalog else None
            )
            if holder is not None and implied.field.name not in holder.fields:
                if holder.system:
                    raise SystemCollection
                await self._add_stored(holder, implied.field, implied.field.options())
        return plan.field

    async def update_collection(self, name: str, options: Mapping[str, Any]) -> Collection:
        """Change a collection's own options; its name and its fields stay as they are."""
        collection = self._collection(name)
        fixed = {"name", "key", "fields", "autoGenId", *FLAGS}
        changed = {**collection.options, **{k: v for k, v in options.items() if k not in fixed}}
        _ = await self._tx.execute(
            "UPDATE ensuite.collections SET title = $2, description = $3, hidden = $4, options = $5"
            " WHERE name = $1",
            name,
            changed.get("title"),
            changed.get("description"),
            bool(changed.get("hidden")),
            _rest(changed, COLLECTION_COLUMNS),
        )
        self._replace(name, make_collection(changed, collection.fields.values()))
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
        _ = await self._tx.execute("DELETE FROM ensuite.fields WHERE collection_name = $1", name)
        _ = await self._tx.execute("DELETE FROM ensuite.collections WHERE name = $1", name)
        await self._execute(ddl.drop_table(name))
        self._replace(name, None)

    async def create_field(self, collection_name: str, definition: Mapping[str, Any]) -> Field:
        """Add a field, and what it implies (foreign keys, a collection of pairs, its reverse).

        Raises:
            FieldExists, InvalidFieldOptions, UnsupportedFieldType: nothing was made.

        """
        collection = self._collection(collection_name)
        named = _named(definition)
        field = make_field(named)
        if field.name in collection.fields and not _confirms_key(
            collection.fields[field.name], field
        ):
            message = f'Field name "{field.name}" already exists in collection "{collection_name}"'
            raise FieldExists(message)
        if len(collection.fields) >= MAX_FIELDS:
            message = f"{collection_name!r} has {MAX_FIELDS} fields, more are not possible"
            raise InvalidRequest(message)
        if isinstance(field, Association):
            field = await self._make_implied(collection_name, field)
            options = {**named, **field.options()}
            await self._insert_field(collection_name, field, options)
            self._replace_fields(collection_name, {field.name: field})
            reverse = named.get("reverseField")
            if (
                isinstance(reverse, dict)
                and isinstance(field, Association)
                and field.target in self.catalog
            ):
                await self._create_reverse(collection_name, field, reverse)
            return field
        await self._add_stored(collection, field, named)
        return field

    async def _create_reverse(
        self, collection: str, field: Association, reverse: Mapping[str, Any]
    ) -> None:
        mirrored = reverse_of(collection, field, reverse)
        if mirrored.get("name") not in self.catalog[field.target].fields:
            _ = await self.create_field(field.target, mirrored)

    async def _add_stored(
        self, collection: Collection, field: Field, definition: Mapping[str, Any]
    ) -> None:
        if field.name in collection.fields:
            return
        if field.primary_key and collection.primary_key and not collection.options.get("isThrough"):
            message = f"{collection.name!r} already has a primary key"
            raise InvalidFieldOptions(message)
        if field.column_type() is not None:
            await self._execute(ddl.add_column(collection.name, field))
        await self._insert_field(collection.name, field, definition)
        self._replace_fields(collection.name, {field.name: field})

    def _replace_fields(self, name: str, changes: Mapping[str, Field | None]) -> None:
        collection = self.catalog[name]
        fields = {
            n: each for n, each in {**collection.fields, **changes}.items() if each is not None
        }
        self._replace(name, make_collection(collection.options, fields.values()))

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
        old = collection.fields.get(name)
        if old is None:
            message = f"{collection_name!r} has no field {name!r}"
            raise FieldNotFound(message)
        new_type = definition.get("type", old.type)
        merged = {
            **old.options(),
            **{k: v for k, v in definition.items() if k not in LOCKED_OPTIONS},
        }
        new = make_field({**merged, "name": name, "type": new_type})
        if _column_sql(new) != _column_sql(old) or isinstance(new, Association) != isinstance(
            old, Association
        ):
            message = (
                f"{name!r} cannot become a {new_type!r}: make another field and copy the values"
            )
            raise InvalidFieldOptions(message)
        if old.column_type() is not None:
            if (old.unique, old.index) != (new.unique, new.index):
                await self._execute(ddl.drop_indexes(collection_name, old))
                await self._execute(ddl.create_indexes(collection_name, new))
            if old.allow_null != new.allow_null and not old.primary_key:
                await self._execute(
                    ddl.set_nullable(collection_name, name, nullable=new.allow_null)
                )
        _ = await self._tx.execute(
            "UPDATE ensuite.fields SET type = $3, interface = $4, description = $5, options = $6"
            " WHERE collection_name = $1 AND name = $2",
            collection_name,
            name,
            new.type,
            new.interface,
            new.description,
            _rest({**merged, **new.options()}, FIELD_COLUMNS),
        )
        self._replace_fields(collection_name, {name: new})
        return new

    async def drop_field(self, collection_name: str, name: str) -> None:
        """Remove a field with its column and values.

        Raises:
            FieldNotFound: there is no such field.
            FieldInUse: it is the primary key, or an association's key.

        """
        collection = self._collection(collection_name)
        field = collection.fields.get(name)
        if field is None:
            message = f"{collection_name!r} has no field {name!r}"
            raise FieldNotFound(message)
        if field.primary_key:
            message = f"{name!r} is the primary key of {collection_name!r}"
            raise FieldInUse(message)
        users = [
            f"{other.name}.{each.name}"
            for other in self.catalog.values()
            for each in other.associations.values()
            if (name, collection_name) in _keys_of(other, each)
        ]
        if users:
            message = f"{name!r} is a key of {', '.join(users)}; remove that first"
            raise FieldInUse(message)
        if field.column_type() is not None:
            await self._execute(ddl.drop_column(collection_name, name))
        _ = await self._tx.execute(
            "DELETE FROM ensuite.fields WHERE collection_name = $1 AND name = $2",
            collection_name,
            name,
        )
        self._replace_fields(collection_name, {name: None})

    async def _insert_field(
        self, collection: str, field: Field, definition: Mapping[str, Any]
    ) -> None:
        shown = {**definition, **field.options()}
        _ = await self._tx.execute(
            "INSERT INTO ensuite.fields"
            " (key, name, collection_name, type, interface, description, options)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            random_key(),
            field.name,
            collection,
            field.type,
            field.interface,
            field.description,
            _rest(shown, FIELD_COLUMNS),
        )

    async def _execute(self, sql: str) -> None:
        if sql.strip():
            _ = await self._tx.execute(sql)


def _definitions(given: object) -> list[Mapping[str, Any]]:
    if given is None:
        return []
    if (
        not isinstance(given, Sequence)
        or isinstance(given, str)
        or not all(isinstance(each, Mapping) for each in given)
    ):
        message = "`fields` must be a list of field definitions"
        raise InvalidFieldOptions(message)
    if len(given) > MAX_FIELDS:
        message = f"a collection has {MAX_FIELDS} fields at most"
        raise InvalidFieldOptions(message)
    return [_named(each) for each in given]


def _named(definition: Mapping[str, Any]) -> dict[str, Any]:
    """A client's definition with a name; where the values are stored is not the client's choice."""
    given = {k: v for k, v in definition.items() if v is not None and k != "columnName"}
    return {"name": f"f_{random_key()}", **given}


def _is_association(definition: Mapping[str, Any]) -> bool:
    return "target" in definition or str(definition.get("type", "")).startswith(
        ("belongsTo", "hasOne", "hasMany")
    )


def _without_associations(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in definition.items() if name != "reverseField"}


def _no_duplicates(collection: str, fields: Sequence[Field]) -> None:
    seen: set[str] = set()
    for field in fields:
        if field.name in seen:
            message = f'Field name "{field.name}" already exists in collection "{collection}"'
            raise FieldExists(message)
        seen.add(field.name)


def _confirms_key(old: Field, new: Field) -> bool:
    """A client may spell out the foreign key that an association has already made."""
    return old.is_foreign_key and not isinstance(new, Association) and new.is_foreign_key


def _column_sql(field: Field) -> str:
    column_type = field.column_type()
    return "" if column_type is None else repr(column_type)


def _keys_of(collection: Collection, field: Association) -> set[tuple[str, str]]:
    if field.type in {"belongsTo", "belongsToArray"}:
        return {(field.foreign_key, collection.name), (field.target_key, field.target)}
    if field.type == "belongsToMany":
        through = getattr(field, "through", "")
        return {
            (field.foreign_key, through),
            (getattr(field, "other_key", ""), through),
            (field.source_key, collection.name),
            (field.target_key, field.target),
        }
    return {(field.foreign_key, field.target), (field.source_key, collection.name)}


def _rest(options: Mapping[str, Any], columns: Sequence[str]) -> str:
    shown = {k: v for k, v in options.items() if k not in columns and k != "collectionName"}
    return json.dumps(shown)
