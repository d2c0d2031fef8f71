"""`collections:*` and `collections/{name}/fields:*`: the schema, changed at run time."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from ensuite.api import etags
from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.api.conditions import named_keys
from ensuite.api.metadata_filters import matcher
from ensuite.data.values import plain, plain_object
from ensuite.errors import InvalidRequest
from ensuite.schema.alter import Alteration, FieldNotFound, locked_catalog, raise_version
from ensuite.schema.collection import Collection
from ensuite.schema.field import Field

MANAGE = "pm.data-source-manager.main"
MAX_PAGE = 2_000


def _shown(collection: Collection, *, with_fields: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        **collection.options,
        "name": collection.name,
        "key": collection.key,
        "title": collection.title,
        "filterTargetKey": _one_or_all(collection.target_key),
        "unavailableActions": [],
        "system": collection.system,
    }
    if with_fields:
        shown["fields"] = [_field(collection, each) for each in collection.fields.values()]
    return shown


def _tag(collection: Collection) -> str:
    """The entity tag of a collection with its fields."""
    return etags.of_value(_shown(collection, with_fields=True))


def _tagged(call: Call, name: str, data: object) -> Answer:
    """An answer about a collection, with the entity tag that it has now."""
    return etags.tagged(enveloped(data), _tag(call.snapshot.catalog[name]))


def _one_or_all(names: tuple[str, ...]) -> Any:
    return names[0] if len(names) == 1 else list(names)


def _field(collection: Collection, field: Field) -> dict[str, Any]:
    return {**field.options(), "collectionName": collection.name}


@asynccontextmanager
async def _altering(call: Call, *changed: str) -> AsyncGenerator[Alteration]:
    """One change of the schema: committed, and known to this process, when the block ends.

    `changed` are the collections that `If-Match` is about.
    """
    async with call.means.database.transaction() as tx:
        alteration = Alteration(tx, await locked_catalog(tx))
        for name in changed:
            found = alteration.catalog.collections.get(name)
            etags.require(call, None if found is None else _tag(found))
        yield alteration
        _ = await raise_version(tx)
    call.snapshot = await call.means.snapshots.reload()


def _name(call: Call) -> str:
    keys = named_keys(call)
    if isinstance(keys, str) and keys:
        return keys
    message = "filterByTk names the one that is meant"
    raise InvalidRequest(message)


@routes.add("collections", "list", writes=False)
async def list_collections(call: Call) -> Answer:
    """All collections of the users; `appends[]=fields` with their fields."""
    with_fields = "fields" in call.parameters.names("appends")
    matches = matcher(call.parameters.filter())
    found = [
        shown
        for each in call.snapshot.catalog.values()
        if not each.system or each.name in {"users", "roles"}
        if matches(shown := _shown(each, with_fields=with_fields))
    ]
    if call.parameters.flag("paginate") is False:
        return enveloped(found)
    size = call.parameters.number("pageSize", 200, least=1, most=MAX_PAGE)
    page = call.parameters.number("page", 1, least=1, most=MAX_PAGE)
    meta = {
        "count": len(found),
        "page": page,
        "pageSize": size,
        "totalPage": -(-len(found) // size),
    }
    return enveloped(found[(page - 1) * size : page * size], meta)


@routes.add("collections", "listMeta", writes=False)
async def list_meta(call: Call) -> Answer:
    """All collections with their fields: what a client needs to show records."""
    return enveloped(
        [
            _shown(each, with_fields=True)
            for each in call.snapshot.catalog.values()
            if not each.system or each.name in {"users", "roles"}
        ]
    )


@routes.add("collections", "get", writes=False)
async def get_collection(call: Call) -> Answer:
    """One collection, or null.  Its `ETag` is of it and its fields."""
    name = _name(call)
    if name not in call.snapshot.catalog:
        return enveloped(None)
    with_fields = "fields" in call.parameters.names("appends")
    shown = _shown(call.snapshot.catalog[name], with_fields=with_fields)
    return _tagged(call, name, shown)


@routes.add("collections", "create", permission=MANAGE)
async def create_collection(call: Call) -> Answer:
    """Make a collection with its fields and its table."""
    body = plain_object(call.body)
    async with _altering(call) as alteration:
        made = await alteration.create_collection(body)
    shown = _shown(call.snapshot.catalog[made.name], with_fields=True)
    return _tagged(call, made.name, shown)


@routes.add("collections", "update", permission=MANAGE)
async def update_collection(call: Call) -> Answer:
    """Change a collection's title and options."""
    name, body = _name(call), plain_object(call.body)
    async with _altering(call, name) as alteration:
        _ = await alteration.update_collection(name, body)
    return _tagged(call, name, [_shown(call.snapshot.catalog[name], with_fields=False)])


@routes.add("collections", "destroy", permission=MANAGE)
async def destroy_collection(call: Call) -> Answer:
    """Drop a collection with all its records; `cascade` also drops what points to it."""
    keys = named_keys(call)
    names = keys if isinstance(keys, list) else [_name(call)]
    async with _altering(call, *map(str, names)) as alteration:
        for name in names:
            await alteration.drop_collection(
                str(name), cascade=bool(call.parameters.flag("cascade"))
            )
    return enveloped(len(names))


@routes.add("collections", "setFields", permission=MANAGE)
async def set_fields(call: Call) -> Answer:
    """Make a collection's fields exactly those of `fields`: adds, changes and drops."""
    name, body = _name(call), plain_object(call.body)
    wanted = body.get("fields")
    if not isinstance(wanted, list) or not all(isinstance(each, dict) for each in wanted):
        message = "fields is a list of field definitions"
        raise InvalidRequest(message)
    async with _altering(call, name) as alteration:
        names = {each["name"] for each in wanted if isinstance(each.get("name"), str)}
        for field in list(alteration.catalog[name].fields.values()):
            if field.name not in names and not field.primary_key and not field.is_foreign_key:
                await alteration.drop_field(name, field.name)
        for each in wanted:
            if each.get("name") in tuple(alteration.catalog[name].fields):
                _ = await alteration.update_field(name, each["name"], each)
            else:
                _ = await alteration.create_field(name, each)
    return _tagged(call, name, _shown(call.snapshot.catalog[name], with_fields=True))


# --- fields -------------------------------------------------------------------------------


def _collection(call: Call) -> Collection:
    return call.snapshot.catalog[call.address.source or ""]


@routes.add("collections.fields", "list", writes=False)
async def list_fields(call: Call) -> Answer:
    """The fields of a collection; the `ETag` is the collection's."""
    collection = _collection(call)
    matches = matcher(call.parameters.filter())
    found = [
        shown for each in collection.fields.values() if matches(shown := _field(collection, each))
    ]
    answer = _tagged(call, collection.name, found)
    if call.parameters.flag("paginate") is not False:
        meta = {"count": len(found), "page": 1, "pageSize": len(found), "totalPage": 1}
        answer.content["meta"] = meta
    return answer


@routes.add("collections.fields", "get", writes=False)
async def get_field(call: Call) -> Answer:
    """One field of a collection, or null; the `ETag` is the collection's."""
    collection = _collection(call)
    field = collection.fields.get(_name(call))
    shown = None if field is None else _field(collection, field)
    return _tagged(call, collection.name, shown)


@routes.add("collections.fields", "create", permission=MANAGE)
async def create_field(call: Call) -> Answer:
    """Add a field (or, from an array, several) with its column and what it implies."""
    collection = _collection(call)
    body = plain(call.body)
    definitions = body if isinstance(body, list) else [body]
    if not all(isinstance(each, dict) for each in definitions):
        message = "a field is a JSON object with a name and a type"
        raise InvalidRequest(message)
    async with _altering(call, collection.name) as alteration:
        made = [(await alteration.create_field(collection.name, each)).name for each in definitions]
    collection = call.snapshot.catalog[collection.name]
    shown = [_field(collection, collection.fields[name]) for name in made]
    return _tagged(call, collection.name, shown if isinstance(body, list) else shown[0])


@routes.add("collections.fields", "update", permission=MANAGE)
async def update_field(call: Call) -> Answer:
    """Change a field's options: its title, default, validation, index and the like."""
    collection, name = _collection(call), _name(call)
    body = plain_object(call.body)
    async with _altering(call, collection.name) as alteration:
        _ = await alteration.update_field(collection.name, name, body)
    collection = call.snapshot.catalog[collection.name]
    return _tagged(call, collection.name, [_field(collection, collection.fields[name])])


@routes.add("collections.fields", "destroy", permission=MANAGE)
async def destroy_field(call: Call) -> Answer:
    """Remove fields with their columns and all their values."""
    collection = _collection(call)
    keys = named_keys(call)
    names = [str(each) for each in keys] if isinstance(keys, list) else [_name(call)]
    async with _altering(call, collection.name) as alteration:
        for name in names:
            if name not in alteration.catalog[collection.name].fields:
                message = f"{collection.name!r} has no field {name!r}"
                raise FieldNotFound(message)
            await alteration.drop_field(collection.name, name)
    return _tagged(call, collection.name, len(names))
