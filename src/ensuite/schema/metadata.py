"""The rows of `ensuite.collections` and `ensuite.fields`: options flattened, columns apart."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from ensuite.schema.field import Field

COLLECTION_COLUMNS = ("key", "name", "title", "description", "hidden", "inherit")
FIELD_COLUMNS = ("key", "name", "type", "interface", "description", "parentKey", "reverseKey")


async def insert_collection(tx: asyncpg.Connection, options: Mapping[str, Any]) -> None:
    """Write down a new collection."""
    _ = await tx.execute(
        "INSERT INTO ensuite.collections (title, description, hidden, options, name, key, inherit)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        *_collection_values(options),
        options["key"],
        bool(options.get("inherit")),
    )


async def write_collection(tx: asyncpg.Connection, options: Mapping[str, Any]) -> None:
    """Write down what became of a collection."""
    _ = await tx.execute(
        "UPDATE ensuite.collections SET title = $1, description = $2, hidden = $3, options = $4"
        " WHERE name = $5",
        *_collection_values(options),
    )


async def delete_collection(tx: asyncpg.Connection, name: str) -> None:
    """Forget a collection and its fields."""
    _ = await tx.execute("DELETE FROM ensuite.fields WHERE collection_name = $1", name)
    _ = await tx.execute("DELETE FROM ensuite.record_changes WHERE collection = $1", name)
    _ = await tx.execute("DELETE FROM ensuite.collections WHERE name = $1", name)


async def insert_field(
    tx: asyncpg.Connection, key: str, collection: str, field: Field, definition: Mapping[str, Any]
) -> None:
    """Write down a new field, with what its definition says beyond its own options."""
    _ = await tx.execute(
        "INSERT INTO ensuite.fields"
        " (collection_name, name, type, interface, description, options, key)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        *_field_values(collection, field, definition),
        key,
    )


async def write_field(
    tx: asyncpg.Connection, collection: str, field: Field, definition: Mapping[str, Any]
) -> None:
    """Write down what became of a field."""
    _ = await tx.execute(
        "UPDATE ensuite.fields SET type = $3, interface = $4, description = $5, options = $6"
        " WHERE collection_name = $1 AND name = $2",
        *_field_values(collection, field, definition),
    )


async def delete_field(tx: asyncpg.Connection, collection: str, name: str) -> None:
    """Forget a field."""
    _ = await tx.execute(
        "DELETE FROM ensuite.fields WHERE collection_name = $1 AND name = $2", collection, name
    )


def _collection_values(options: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        options.get("title"),
        options.get("description"),
        bool(options.get("hidden")),
        _rest(options, COLLECTION_COLUMNS),
        options["name"],
    )


def _field_values(collection: str, field: Field, definition: Mapping[str, Any]) -> tuple[Any, ...]:
    options = _rest({**definition, **field.options()}, FIELD_COLUMNS)
    return (collection, field.name, field.type, field.interface, field.description, options)


def _rest(options: Mapping[str, Any], columns: Sequence[str]) -> str:
    shown = {k: v for k, v in options.items() if k not in columns and k != "collectionName"}
    return json.dumps(shown)
