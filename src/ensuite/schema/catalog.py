"""Every collection that exists, as one immutable value read from the database."""

import importlib
import json
import pkgutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.metadata import entry_points
from typing import Any

import asyncpg

from ensuite.errors import NotFound
from ensuite.schema import fields as field_modules
from ensuite.schema.association import Association
from ensuite.schema.collection import USER_SCHEMA, Collection, Holder, make_table
from ensuite.schema.completion import can_refer
from ensuite.schema.field import Field, make_field
from ensuite.schema.fields.belongs_to import BelongsTo
from ensuite.schema.fields.belongs_to_array import BelongsToArray
from ensuite.schema.fields.belongs_to_many import BelongsToMany
from ensuite.schema.system import system_collections
from ensuite.storage.database import Row


class CollectionNotFound(NotFound):
    """There is no collection of this name; `collections:list` shows those that exist."""

    code = "COLLECTION_NOT_FOUND"


@cache
def load_field_types() -> None:
    """Import the built-in field types and those that installed packages announce."""
    for module in pkgutil.iter_modules(field_modules.__path__):
        _ = importlib.import_module(f"{field_modules.__name__}.{module.name}")
    for entry_point in entry_points(group="ensuite.fields"):
        entry_point.load()


@dataclass(frozen=True)
class Catalog(Mapping[str, Collection]):
    """The collections by name, at one version of the schema."""

    version: int
    collections: Mapping[str, Collection]

    def __getitem__(self, name: str) -> Collection:
        try:
            return self.collections[name]
        except KeyError:
            message = f"there is no collection {name!r}"
            raise CollectionNotFound(message) from None

    def __contains__(self, name: object) -> bool:
        return name in self.collections

    def __iter__(self) -> Iterator[str]:
        return iter(self.collections)

    def __len__(self) -> int:
        return len(self.collections)

    @cached_property
    def pending(self) -> list[tuple[str, Association]]:
        """The associations that miss their target or a key, with the collection they belong to."""
        return [
            (collection.name, each)
            for collection in self.collections.values()
            for name, each in collection.fields.items()
            if isinstance(each, Association) and name not in collection.associations
        ]


def make_catalog(version: int, collections: Iterable[Collection]) -> Catalog:
    """Connect collections: resolve associations and collect what refers to each of them."""
    by_name = {collection.name: collection for collection in collections}
    holders: dict[str, dict[tuple[str, str], Holder]] = defaultdict(dict)
    connected: dict[str, dict[str, Association]] = {}
    for collection in by_name.values():
        found: dict[str, Association] = {}
        for name, each in collection.fields.items():
            if not isinstance(each, Association) or each.target not in by_name:
                continue
            target = by_name[each.target]
            if not _is_complete(collection, target, each, by_name):
                continue
            found[name] = each
            if isinstance(each, BelongsToMany):
                _hold(
                    holders[collection.name],
                    Holder(each.through, each.foreign_key, each.source_key, "CASCADE"),
                )
                _hold(
                    holders[target.name],
                    Holder(each.through, each.other_key, each.target_key, "CASCADE"),
                )
            elif isinstance(each, BelongsTo):
                _hold(
                    holders[target.name],
                    Holder(collection.name, each.foreign_key, each.target_key, each.on_delete),
                )
            elif not isinstance(each, BelongsToArray):
                _hold(
                    holders[collection.name],
                    Holder(target.name, each.foreign_key, each.source_key, each.on_delete),
                )
        connected[collection.name] = found
    return Catalog(
        version,
        {
            name: replace(
                collection,
                associations=connected[name],
                holders=tuple(holders[name].values()),
            )
            for name, collection in by_name.items()
        },
    )


def _hold(holders: dict[tuple[str, str], Holder], holder: Holder) -> None:
    """Two associations may describe one key from both ends: the one that says more wins."""
    place = (holder.collection, holder.column)
    if place not in holders or holders[place].on_delete == "SET NULL":
        holders[place] = holder


def _is_complete(
    source: Collection, target: Collection, each: Association, by_name: Mapping[str, Collection]
) -> bool:
    """Whether all keys of an association exist and fit; it is pending otherwise."""
    own, other = source.columns, target.columns
    referred = other.get(each.target_key)
    match each:
        case BelongsTo():
            return can_refer(own.get(each.foreign_key), referred)
        case BelongsToArray():
            return each.foreign_key in own and referred is not None
        case BelongsToMany():
            pairs = by_name[each.through].columns if each.through in by_name else {}
            return can_refer(pairs.get(each.foreign_key), own.get(each.source_key)) and can_refer(
                pairs.get(each.other_key), referred
            )
        case _:
            return referred is not None and can_refer(
                other.get(each.foreign_key), own.get(each.source_key)
            )


def make_collection(options: Mapping[str, Any], fields: Iterable[Field]) -> Collection:
    """A user's collection from its metadata."""
    by_name = {each.name: each for each in fields}
    name = options["name"]
    return Collection(
        name=name,
        key=options.get("key", ""),
        title=options.get("title"),
        options=options,
        fields=by_name,
        table=make_table(name, by_name, schema=USER_SCHEMA),
    )


async def load_catalog(connection: asyncpg.Connection) -> Catalog:
    """Read every collection; call it in a transaction that sees one state (repeatable read)."""
    load_field_types()
    version = await connection.fetchval("SELECT version FROM ensuite.snapshot")
    rows = await connection.fetch("SELECT * FROM ensuite.collections ORDER BY sort")
    field_rows = await connection.fetch("SELECT * FROM ensuite.fields ORDER BY sort")
    fields: dict[str, list[Field]] = defaultdict(list)
    for row in field_rows:
        fields[row["collection_name"]].append(make_field(field_options(row)))
    user_collections = [
        make_collection(collection_options(row), fields[row["name"]]) for row in rows
    ]
    return make_catalog(version, [*system_collections(), *user_collections])


def collection_options(row: Row) -> dict[str, Any]:
    """A row of `ensuite.collections` as the API shows it: options flattened into the record."""
    shown = {
        name: row[name] for name in ("key", "name", "title", "description", "hidden", "inherit")
    }
    return {**json.loads(row["options"]), **shown}


def field_options(row: Row) -> dict[str, Any]:
    """A row of `ensuite.fields` as the API shows it: options flattened into the record."""
    return {
        **json.loads(row["options"]),
        "key": row["key"],
        "name": row["name"],
        "type": row["type"],
        "interface": row["interface"],
        "description": row["description"],
        "collectionName": row["collection_name"],
        "parentKey": row["parent_key"],
        "reverseKey": row["reverse_key"],
    }
