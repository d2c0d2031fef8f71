"""`collections/{name}/fields:*`, and one field of every type that stores values."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import asyncpg
import pytest

from ensuite.schema.catalog import load_field_types
from ensuite.schema.field import type_registry
from ensuite.server.app import Ensuite
from tests.client import Client

load_field_types()

Fresh = Callable[[str], str]

UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"

# By type: options, what is sent, what comes back, and a filter that finds it among empty records.
EVERY: Mapping[str, tuple[dict[str, Any], Any, Any, dict[str, Any]]] = {
    "string": ({}, "Éa%_\\'\"", "Éa%_\\'\"", {"$includes": "éa%_"}),
    "text": ({}, "line\nline", "line\nline", {"$startsWith": "LINE"}),
    "integer": ({}, -7, -7, {"$lt": 0}),
    "bigInt": ({}, 2**53 + 1, str(2**53 + 1), {"$eq": str(2**53 + 1)}),
    "double": ({}, 0.1, 0.1, {"$between": [0, "0.2"]}),
    "float": ({}, 1e300, 1e300, {"$gt": 1e299}),
    "decimal": ({"precision": 6, "scale": 2}, 7, "7.00", {"$eq": "7"}),
    "boolean": ({}, True, True, {"$isTruly": True}),
    "array": ({}, ["a", 1, None], ["a", 1, None], {"$anyOf": ["a"]}),
    "set": ({}, ["b", "a", "b"], ["b", "a"], {"$match": ["a", "b"]}),
    "date": ({}, "2026-03-14T09:30:00+02:00", "2026-03-14T07:30:00.000Z", {"$dateOn": "2026-03"}),
    "datetimeNoTz": ({}, "2026-03-14 09:30:00", "2026-03-14 09:30:00", {"$dateOn": "2026-03-14"}),
    "dateOnly": ({}, "2026-03-14", "2026-03-14", {"$dateBefore": "2027"}),
    "time": ({}, "09:30", "09:30:00", {"$gte": "09:00:00"}),
    "unixTimestamp": (
        {},
        "2026-03-14T09:30:00Z",
        "2026-03-14T09:30:00.000Z",
        {"$dateAfter": "2025"},
    ),
    "json": ({}, {"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, {"a": {"$notEmpty": True}}),
    "uid": ({}, "abc", "abc", {"$eq": "abc"}),
    "uuid": ({}, UUID.upper(), UUID, {"$eq": UUID}),
    "nanoid": ({}, "abc-_", "abc-_", {"$endWith": "-_"}),
    "snowflakeId": ({}, 399351559684096, 399351559684096, {"$in": ["399351559684096"]}),
    "password": ({}, "secret", None, {}),
}
GENERATED = {"uid", "uuid", "nanoid"}


def test_every_type_that_stores_values_is_in_the_table() -> None:
    storing = {
        cls.type
        for cls in set(type_registry.values())
        if cls.type in EVERY or cls.model_fields.keys().isdisjoint({"target"})
    }

    assert storing == EVERY.keys()


@pytest.mark.parametrize("kind", EVERY)
async def test_a_field_of_every_type_is_written_read_and_filtered(
    shared: Client, fresh: Fresh, kind: str
) -> None:
    options, sent, shown, condition = EVERY[kind]
    name = fresh("every")
    await shared.collection(name, {"name": "other", "type": "string"})
    empty = (await shared.post(f"{name}:create", {"other": "was here before the field"})).data
    made = await shared.post(
        f"collections/{name}/fields:create", {"name": "value", "type": kind, **options}
    )
    assert made.data["type"] == kind

    created = (await shared.post(f"{name}:create", {"value": sent})).data
    [fetched] = (await shared.get(f"{name}:list", filter={"id": created["id"]})).data
    assert fetched == created
    if kind == "password":
        assert "value" not in created
        assert (await shared.get(f"{name}:list", filter={"value": "x"})).status == 400
        return
    assert created["value"] == shown
    found = (await shared.get(f"{name}:list", filter={"value": condition})).data
    assert [each["id"] for each in found] == [created["id"]]
    [without] = (await shared.get(f"{name}:list", filter={"value": None})).data
    assert without["id"] == empty["id"]

    [updated] = (await shared.post(f"{name}:update/{empty['id']}", {"value": shown})).data
    assert updated["value"] == shown
    [cleared] = (await shared.post(f"{name}:update/{empty['id']}", {"value": None})).data
    assert cleared["value"] is None
    listed = await shared.get(f"{name}:list", sort="-value", fields="value")
    assert listed.status == 200
    generated = (await shared.post(f"{name}:create", {})).data["value"]
    assert (generated is not None) is (kind in GENERATED)


@pytest.mark.parametrize("kind", sorted(EVERY.keys() - {"password", "array", "set", "json"}))
async def test_a_field_of_every_type_can_have_a_unique_default(
    shared: Client, fresh: Fresh, kind: str
) -> None:
    options, sent, shown, _ = EVERY[kind]
    name = fresh("default")
    await shared.collection(name, presets=False)
    _ = (await shared.post(f"{name}:create", {})).data
    field = {"name": "value", "type": kind, "defaultValue": sent, **options}
    _ = (
        await shared.post(
            f"collections/{name}/fields:create", {**field, "allowNull": False, "unique": True}
        )
    ).data

    # The record that existed has the default; generated values come before it.
    assert (await shared.get(f"{name}:get/1")).data["value"] == shown
    second = await shared.post(f"{name}:create", {})
    if kind in GENERATED:
        assert second.data["value"] != shown
    else:
        assert second.codes == ["UNIQUE_VIOLATION"]
        assert second.body["errors"][0]["message"] == "value already exists"
    assert (await shared.post(f"{name}:update/1", {"value": None})).codes == ["NOT_NULL_VIOLATION"]


@pytest.mark.parametrize(
    "default", ['it\'s 100% "sure"\t\\', "{not json", "$body$", "';DROP TABLE x;--"]
)
async def test_a_default_is_a_value_whatever_it_looks_like(
    shared: Client, fresh: Fresh, default: str
) -> None:
    name = fresh("literal")
    await shared.collection(name, presets=False)
    _ = (await shared.post(f"{name}:create", {})).data
    for kind, value in (("string", default), ("json", {"x": default}), ("array", [default])):
        definition = {"name": kind, "type": kind, "allowNull": False, "defaultValue": value}
        _ = (await shared.post(f"collections/{name}/fields:create", definition)).data

    expected = {"string": default, "json": {"x": default}, "array": [default]}
    assert (await shared.get(f"{name}:get/1")).data == {"id": 1, **expected}
    assert (await shared.post(f"{name}:create", {})).data == {"id": 2, **expected}


# --- create -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("definition", "code", "word"),
    [
        ({"name": "title", "type": "string"}, "FIELD_EXISTS", "title"),
        ({"name": "id", "type": "string"}, "FIELD_EXISTS", "id"),
        ({"name": "a b", "type": "string"}, "INVALID_NAME", "a b"),
        ({"name": 'a"', "type": "string"}, "INVALID_NAME", 'a"'),
        ({"name": "é", "type": "string"}, "INVALID_NAME", "é"),
        ({"name": "xmin", "type": "string"}, "INVALID_NAME", "xmin"),
        ({"name": "a.b", "type": "string"}, "INVALID_NAME", "a.b"),
        ({"name": "a", "type": "formula"}, "UNSUPPORTED_FIELD_TYPE", "formula"),
        ({"name": "a"}, "UNSUPPORTED_FIELD_TYPE", "None"),
        ({"name": "a", "type": "string", "length": -1}, "INVALID_FIELD_OPTIONS", "length"),
        ({"name": "a", "type": "string", "unique": "perhaps"}, "INVALID_FIELD_OPTIONS", "unique"),
        ({"name": "a", "type": "decimal", "scale": 11}, "INVALID_FIELD_OPTIONS", "scale"),
        ({"name": "a", "type": "integer", "defaultValue": "x"}, "INVALID_FIELD_OPTIONS", "default"),
        ({"name": "a", "type": "bigInt", "primaryKey": True}, "INVALID_FIELD_OPTIONS", "key"),
        ({"name": "a", "type": "password", "hidden": False}, "INVALID_FIELD_OPTIONS", "hidden"),
        (
            {"name": "a", "type": "string", "validation": {"type": "nope"}},
            *("INVALID_FIELD_OPTIONS", "validation"),
        ),
        (
            {"name": "a", "type": "string", "validation": "required"},
            *("INVALID_FIELD_OPTIONS", "validation"),
        ),
        ({"name": "a", "type": "string", "uiSchema": {"title": "\0"}}, "INVALID_FIELDS", ""),
        ({"name": "a", "type": "string", "description": 5}, "INVALID_FIELD_OPTIONS", "description"),
        ({"name": "a", "type": "belongsTo"}, "INVALID_FIELD_OPTIONS", "target"),
        ({"name": "a", "type": "belongsTo", "target": "x y"}, "INVALID_NAME", "x y"),
        (
            {"name": "a", "type": "belongsTo", "target": "posts", "foreignKey": "a"},
            *("INVALID_FIELD_OPTIONS", "foreign key"),
        ),
        (
            {"name": "a", "type": "belongsTo", "target": "posts", "foreignKey": 'x" int; --'},
            *("INVALID_NAME", "x"),
        ),
        (
            {"name": "a", "type": "belongsTo", "target": "posts", "foreignKey": "title"},
            *("INVALID_FIELD_OPTIONS", "title"),
        ),
        (
            {"name": "a", "type": "belongsTo", "target": "posts", "targetKey": "nope"},
            *("INVALID_FIELD_OPTIONS", "nope"),
        ),
        (
            {"name": "a", "type": "belongsTo", "target": "posts", "targetKey": "createdAt"},
            *("INVALID_FIELD_OPTIONS", "createdAt"),
        ),
        (
            {"name": "a", "type": "belongsTo", "target": "posts", "onDelete": "EXPLODE"},
            *("INVALID_FIELD_OPTIONS", "onDelete"),
        ),
        (
            {"name": "a", "type": "hasMany", "target": "posts", "foreignKey": "createdById"},
            *("INVALID_FIELD_OPTIONS", "createdById"),
        ),
        (
            {"name": "a", "type": "belongsToMany", "target": "posts", "through": "posts"},
            *("INVALID_FIELD_OPTIONS", "pairs"),
        ),
        (
            {
                "name": "a",
                "type": "belongsTo",
                "target": "posts",
                "reverseField": {"name": "b", "type": "belongsToMany"},
            },
            *("INVALID_FIELD_OPTIONS", "opposite"),
        ),
        (
            {
                "name": "a",
                "type": "belongsTo",
                "target": "posts",
                "reverseField": {"name": "title", "type": "hasMany"},
            },
            *("FIELD_EXISTS", "title"),
        ),
        ([{"name": "a", "type": "string"}, {"name": "a", "type": "string"}], "FIELD_EXISTS", "a"),
        (5, "INVALID_REQUEST", "JSON object"),
        ([5], "INVALID_REQUEST", "JSON object"),
    ],
)
async def test_a_field_that_cannot_be_is_refused_and_nothing_of_it_stays(
    posts: Client, database: asyncpg.Connection, definition: Any, code: str, word: str
) -> None:
    before = await columns(database, "posts")
    listed = (await posts.get("collections/posts/fields:list")).data
    reply = await posts.post("collections/posts/fields:create", definition)

    assert (reply.status, reply.body["code"]) == (400, code), reply.body
    assert word in reply.body["detail"]
    assert await columns(database, "posts") == before
    assert (await posts.get("collections/posts/fields:list")).data == listed


@pytest.mark.parametrize(
    "definition",
    [
        {"name": "a", "type": "hasMany", "target": "users", "foreignKey": "createdById"},
        {"name": "a", "type": "hasOne", "target": "users"},
        {
            "name": "a",
            "type": "belongsToMany",
            "target": "users",
            "through": "rolesUsers",
            "foreignKey": "userId",
            "otherKey": "roleName",
            "targetKey": "username",
        },
        {
            "name": "a",
            "type": "belongsTo",
            "target": "users",
            "reverseField": {"name": "posts", "type": "hasMany"},
        },
    ],
)
async def test_an_association_cannot_write_to_the_system(
    posts: Client, definition: dict[str, Any]
) -> None:
    reply = await posts.post("collections/posts/fields:create", definition)

    assert reply.codes == ["SYSTEM_COLLECTION"]


@pytest.mark.parametrize(
    "smuggled",
    [
        {"columnName": "secret"},
        {"column_name": "secret"},
        {"column_name": "secret", "columnName": "secret"},
    ],
)
async def test_where_a_field_is_stored_is_not_up_to_the_client(
    shared: Client, database: asyncpg.Connection, fresh: Fresh, smuggled: dict[str, Any]
) -> None:
    name = fresh("smuggled")
    await shared.collection(name, {"name": "secret", "type": "string", "hidden": True})
    path = f"collections/{name}/fields"
    _ = (await shared.post(f"{path}:create", {"name": "a", "type": "string", **smuggled})).data
    _ = (await shared.post(f"{path}:update/a", smuggled)).data
    made = (await shared.post(f"{name}:create", {"secret": "s", "a": "x"})).data

    assert "secret" not in made
    assert made["a"] == "x"
    assert {"a", "secret"} <= (await columns(database, name)).keys()


async def test_a_field_made_again_as_another_type_is_another_field(
    shared: Client, fresh: Fresh
) -> None:
    name = fresh("remade")
    await shared.collection(name, {"name": "value", "type": "string"})
    record = (await shared.post(f"{name}:create", {"value": "a"})).data
    path = f"{name}:update/{record['id']}"
    assert (await shared.post(path, {"value": "b"})).data[0]["value"] == "b"
    assert (await shared.post(f"collections/{name}/fields:destroy/value")).data == 1
    field = {"name": "value", "type": "integer"}
    _ = (await shared.post(f"collections/{name}/fields:create", field)).data

    assert (await shared.get(f"{name}:get/{record['id']}")).data["value"] is None
    assert (await shared.post(path, {"value": 5})).data[0]["value"] == 5
    assert (await shared.post(f"{name}:destroy/{record['id']}")).data == 1


async def test_several_fields_can_be_made_at_once_or_not_at_all(
    shared: Client, database: asyncpg.Connection, fresh: Fresh
) -> None:
    name = fresh("several")
    await shared.collection(name, presets=False)
    path = f"collections/{name}/fields:create"
    made = await shared.post(path, [{"name": n, "type": "string"} for n in ("a", "b")])
    assert [each["name"] for each in made.data] == ["a", "b"]

    wrong = [{"name": "c", "type": "string"}, {"name": "d", "type": "nope"}]
    assert (await shared.post(path, wrong)).status == 400
    assert (await columns(database, name)).keys() == {"id", "a", "b"}


async def test_a_keyless_table_can_get_a_key_later(shared: Client, fresh: Fresh) -> None:
    name = fresh("late")
    _ = (await shared.post("collections:create", {"name": name, "autoGenId": False})).data
    for _ in range(2):
        _ = (await shared.post(f"{name}:create", {})).data
    field = {"name": "id", "type": "bigInt", "primaryKey": True, "autoIncrement": True}
    _ = (await shared.post(f"collections/{name}/fields:create", field)).data

    assert (await shared.get(f"{name}:list")).data == [{"id": 1}, {"id": 2}]
    assert (await shared.post(f"{name}:create", {"id": 2})).codes == ["UNIQUE_VIOLATION"]
    assert (await shared.get(f"{name}:get/2")).data == {"id": 2}


# --- read ---------------------------------------------------------------------------------


async def test_fields_are_listed_with_all_their_options(shared: Client, fresh: Fresh) -> None:
    name = fresh("shown")
    ui = {"title": "Titre", "x-component": "Input", "enum": [{"value": 1}]}
    definition = {
        "name": "title",
        "type": "string",
        "interface": "input",
        "uiSchema": ui,
        "unique": True,
        "description": "what it says",
        "myOption": [1],
    }
    await shared.collection(name, definition, presets=False)
    listed = (await shared.get(f"collections/{name}/fields:list")).body

    assert listed["meta"]["count"] == 2
    title = (await shared.get(f"collections/{name}/fields:get/title")).data
    assert title == listed["data"][1]
    assert definition.items() <= title.items()
    assert title["collectionName"] == name
    assert (await shared.get(f"collections/{name}/fields:get/nope")).data is None
    only = await shared.get(f"collections/{name}/fields:list", filter={"interface": "input"})
    assert [each["name"] for each in only.data] == ["title"]


# --- update -------------------------------------------------------------------------------


async def test_a_field_can_become_unique_and_plain_again(
    shared: Client, database: asyncpg.Connection, fresh: Fresh
) -> None:
    name = fresh("indexed")
    await shared.collection(name, {"name": "a", "type": "string"}, presets=False)
    path = f"collections/{name}/fields:update/a"
    for options, expected in (
        ({"index": True}, {("a", False)}),
        ({"unique": True}, {("a", True)}),
        ({"unique": False}, {("a", False)}),
        ({"index": None}, set[tuple[str, bool]]()),
        ({"isForeignKey": True}, {("a", False)}),
        ({"isForeignKey": False}, set[tuple[str, bool]]()),
    ):
        _ = (await shared.post(path, options)).data
        assert await indexed(database, name) == expected, options
    for _ in range(2):
        _ = (await shared.post(f"{name}:create", {"a": "same"})).data
    refused = await shared.post(path, {"unique": True})
    assert refused.codes == ["UNIQUE_VIOLATION"]
    assert await indexed(database, name) == set()
    assert "unique" not in {
        k
        for k, v in (await shared.get(f"collections/{name}/fields:get/a")).data.items()
        if v is True
    }


async def test_indexes_of_similar_names_do_not_meet(shared: Client, fresh: Fresh) -> None:
    one = fresh("a")
    await shared.collection(one, {"name": "b_c", "type": "string", "unique": True})
    await shared.collection(f"{one}_b", {"name": "c", "type": "string", "unique": True})
    long = f"l{'o' * 55}ng"
    fields = [{"name": f"{'x' * 60}{n}", "type": "string", "index": True} for n in range(3)]
    await shared.collection(long, *fields)

    assert (await shared.post(f"{one}_b:create", {"c": "x"})).status == 200
    assert (await shared.post(f"{long}:create", {fields[2]["name"]: "x"})).status == 200


async def test_a_field_can_be_required_and_freed_again(shared: Client, fresh: Fresh) -> None:
    name = fresh("nullable")
    await shared.collection(
        name, {"name": "a", "type": "string", "uiSchema": {"title": "Nom"}}, presets=False
    )
    path = f"collections/{name}/fields:update/a"
    _ = (await shared.post(f"{name}:create", {})).data
    assert (await shared.post(path, {"allowNull": False})).codes == ["NOT_NULL_VIOLATION"]
    _ = (await shared.post(f"{name}:update/1", {"a": "x"})).data
    _ = (await shared.post(path, {"allowNull": False})).data

    refused = await shared.post(f"{name}:create", {})
    assert refused.body["errors"] == [
        {"message": "Nom cannot be null", "code": "NOT_NULL_VIOLATION", "field": "a"}
    ]
    _ = (await shared.post(path, {"allowNull": True})).data
    assert (await shared.post(f"{name}:create", {})).status == 200


@pytest.mark.parametrize(
    ("old", "new", "works"),
    [
        ({"type": "string"}, {"type": "text"}, True),
        ({"type": "string"}, {"type": "nanoid"}, True),
        ({"type": "array"}, {"type": "set"}, True),
        ({"type": "bigInt"}, {"type": "snowflakeId"}, True),
        ({"type": "string"}, {"type": "integer"}, False),
        ({"type": "integer"}, {"type": "bigInt"}, False),
        ({"type": "password"}, {"type": "string"}, False),
        ({"type": "string"}, {"type": "password"}, False),
        ({"type": "bigInt"}, {"type": "unixTimestamp"}, False),
        ({"type": "json"}, {"type": "array"}, False),
        ({"type": "unixTimestamp"}, {"accuracy": "millisecond"}, False),
        ({"type": "decimal"}, {"precision": 20}, False),
        ({"type": "string"}, {"type": "belongsTo", "target": "users"}, False),
        ({"type": "belongsTo", "target": "users"}, {"type": "string"}, False),
        ({"type": "belongsTo", "target": "users"}, {"type": "hasOne"}, False),
    ],
)
async def test_a_type_changes_only_where_the_values_stay_what_they_are(
    shared: Client, fresh: Fresh, old: dict[str, Any], new: dict[str, Any], *, works: bool
) -> None:
    name = fresh("changed")
    await shared.collection(name, {"name": "a", **old})
    reply = await shared.post(f"collections/{name}/fields:update/a", new)

    if works:
        assert reply.data[0]["type"] == new["type"]
    else:
        assert reply.codes == ["INVALID_FIELD_OPTIONS"]
        shown = (await shared.get(f"collections/{name}/fields:get/a")).data
        assert shown["type"] == old["type"]


async def test_what_a_field_is_tied_to_stays_when_it_is_changed(
    shared: Client, fresh: Fresh
) -> None:
    name = fresh("locked")
    await shared.collection(name, {"name": "owner", "type": "belongsTo", "target": "users"})
    path = f"collections/{name}/fields"
    sent = {
        "target": "roles",
        "foreignKey": "id",
        "targetKey": "email",
        "name": "x",
        "primary_key": True,
        "foreign_key": "id",
        "onDelete": "CASCADE",
        "key": "k",
    }
    _ = (await shared.post(f"{path}:update/owner", sent)).data

    shown = (await shared.get(f"{path}:get/owner")).data
    assert {key: shown[key] for key in ("name", "target", "foreignKey", "targetKey")} == {
        "name": "owner",
        "target": "users",
        "foreignKey": "ownerId",
        "targetKey": "id",
    }
    assert shown["onDelete"] == "CASCADE"
    assert shown["key"] != "k"
    assert (await shared.post(f"{name}:create", {"owner": 1})).status == 400


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("posts/fields:update/nope", {"title": "x"}, 404),
        ("posts/fields:destroy/nope", None, 404),
        ("posts/fields:destroy/id", None, 409),
        ("posts/fields:destroy/createdById", None, 409),
        ("posts/fields:update/title", {"length": "long"}, 400),
        ("posts/fields:update/id", {"hidden": True}, 400),
        ("posts/fields:update/createdById", {"hidden": True}, 409),
        ("posts/fields:update/title", {"validation": {"type": "string", "rules": [{}]}}, 400),
        ("posts/fields:update/title", {"defaultValue": 5}, 400),
        ("posts/fields:update", {"defaultValue": "5"}, 400),
    ],
)
async def test_a_change_that_cannot_be_is_refused(
    posts: Client, path: str, body: Any, status: int
) -> None:
    listed = (await posts.get("collections/posts/fields:list")).data
    reply = await posts.post(f"collections/{path}", body)

    assert reply.status == status, reply.body
    assert (await posts.get("collections/posts/fields:list")).data == listed


# --- validation ---------------------------------------------------------------------------


async def test_rules_of_a_field_hold_for_its_values(shared: Client, fresh: Fresh) -> None:
    name = fresh("ruled")
    rules = [{"name": "required"}, {"name": "max", "args": {"limit": 3}}]
    await shared.collection(
        name,
        {
            "name": "code",
            "type": "string",
            "uiSchema": {"title": "Code"},
            "validation": {"type": "string", "rules": rules},
        },
        {
            "name": "count",
            "type": "integer",
            "validation": {"type": "number", "rules": [{"name": "min", "args": {"limit": 1}}]},
        },
        presets=False,
    )
    reply = await shared.post(f"{name}:create", {"code": "long", "count": 0})
    assert [each["message"] for each in reply.body["errors"]] == [
        "Code must be at most 3 characters long",
        "count must be at least 1",
    ]
    for missing in ({}, {"code": None}, {"code": ""}):
        reply = await shared.post(f"{name}:create", {"count": 5, **missing})
        assert [each["message"] for each in reply.body["errors"]] == ["Code is required"], missing
    _ = (await shared.post(f"{name}:create", {"code": "abc"})).data
    # An update says nothing about what it does not send.
    assert (await shared.post(f"{name}:update/1", {"count": 2})).data[0]["code"] == "abc"
    assert (await shared.post(f"{name}:update/1", {"code": None})).status == 400
    assert (await shared.get(f"{name}:list")).body["meta"]["count"] == 1


# --- destroy ------------------------------------------------------------------------------


async def test_a_dropped_field_is_gone_with_its_column(
    shared: Client, database: asyncpg.Connection, fresh: Fresh
) -> None:
    name = fresh("dropped")
    fields = [{"name": n, "type": "string", "unique": True} for n in ("a", "b", "c")]
    await shared.collection(name, *fields, presets=False)
    _ = (await shared.post(f"{name}:create", {"a": "x", "b": "y", "c": "z"})).data
    assert (
        await shared.post(f"collections/{name}/fields:destroy", filterByTk=["a", "b"])
    ).data == 2

    assert (await columns(database, name)).keys() == {"id", "c"}
    assert (await shared.get(f"{name}:list")).data == [{"id": 1, "c": "z"}]
    assert (await shared.get(f"{name}:list", filter={"a": "x"})).codes == ["INVALID_FILTER"]
    assert (await shared.post(f"{name}:create", {"a": "ignored", "c": "q"})).data["c"] == "q"


async def test_a_key_in_use_cannot_be_dropped_before_its_association(
    shared: Client, database: asyncpg.Connection, fresh: Fresh
) -> None:
    one, two = fresh("one"), fresh("two")
    await shared.collection(one, {"name": "code", "type": "string", "unique": True})
    await shared.collection(
        two, {"name": "a", "type": "belongsTo", "target": one, "targetKey": "code"}
    )
    assert (await shared.post(f"collections/{one}/fields:destroy/code")).status == 409
    assert (await shared.post(f"collections/{two}/fields:destroy/aId")).codes == ["FIELD_IN_USE"]
    assert (await shared.post(f"collections/{two}/fields:destroy/a")).data == 1

    assert (await shared.post(f"collections/{two}/fields:destroy/aId")).data == 1
    assert (await shared.post(f"collections/{one}/fields:destroy/code")).data == 1
    assert "aId" not in await columns(database, two)


# --- helpers ------------------------------------------------------------------------------


@pytest.fixture
async def database(shared_ensuite: Ensuite) -> AsyncIterator[asyncpg.Connection]:
    connection = await shared_ensuite.database.connect()
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def posts(shared: Client) -> Client:
    """The shared API with a collection that no test of this module succeeds in changing."""
    await shared.collection("posts", {"name": "title", "type": "string", "length": 50})
    return shared


async def columns(database: asyncpg.Connection, table: str) -> dict[str, str]:
    rows = await database.fetch(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = $1",
        table,
    )
    return {row["column_name"]: row["data_type"] for row in rows}


async def indexed(database: asyncpg.Connection, table: str) -> set[tuple[str, bool]]:
    rows = await database.fetch(
        "SELECT a.attname, i.indisunique FROM pg_index i"
        " JOIN pg_class t ON t.oid = i.indrelid"
        " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY(i.indkey)"
        " WHERE t.relname = $1 AND NOT i.indisprimary",
        table,
    )
    return {(row[0], row[1]) for row in rows}
