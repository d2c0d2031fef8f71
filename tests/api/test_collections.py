"""`collections:*`: making, changing and dropping tables at run time (wire contract, section 2)."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import pytest

from ensuite.server.app import Ensuite
from tests.client import PRESETS, Client

Fresh = Callable[[str], str]


@pytest.fixture
async def database(shared_ensuite: Ensuite) -> AsyncIterator[asyncpg.Connection]:
    """The shared server's database, looked at from outside."""
    connection = await shared_ensuite.database.connect()
    yield connection
    await connection.close()


async def columns(database: asyncpg.Connection, table: str) -> dict[str, str]:
    rows = await database.fetch(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = $1",
        table,
    )
    return {row["column_name"]: row["data_type"] for row in rows}


async def indexed(database: asyncpg.Connection, table: str) -> set[tuple[str, bool]]:
    """The indexed columns of a table, each with whether it is unique; without the primary key."""
    rows = await database.fetch(
        "SELECT a.attname, i.indisunique FROM pg_index i"
        " JOIN pg_class t ON t.oid = i.indrelid"
        " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY(i.indkey)"
        " WHERE t.relname = $1 AND NOT i.indisprimary",
        table,
    )
    return {(row[0], row[1]) for row in rows}


# --- create -------------------------------------------------------------------------------


async def test_the_presets_make_a_table_at_once(
    shared: Client, database: asyncpg.Connection, fresh: Fresh
) -> None:
    name = fresh("posts")
    made = (
        await shared.post(
            "collections:create",
            {
                "name": name,
                "title": "Articles",
                "logging": True,
                "fields": [*PRESETS, {"name": "title", "type": "string"}],
            },
        )
    ).data

    assert made["name"] == name
    assert made["title"] == "Articles"
    assert made["logging"] is True
    assert made["filterTargetKey"] == "id"
    assert made["unavailableActions"] == []
    assert isinstance(made["key"], str)
    assert made["createdAt"] is made["updatedBy"] is True
    assert [each["name"] for each in made["fields"]] == [
        *("id", "createdAt", "updatedAt", "title"),
        *("createdById", "createdBy", "updatedById", "updatedBy"),
    ]
    assert await columns(database, name) == {
        "id": "bigint",
        "createdAt": "timestamp with time zone",
        "updatedAt": "timestamp with time zone",
        "createdById": "bigint",
        "updatedById": "bigint",
        "title": "text",
    }
    assert await indexed(database, name) == {("createdById", False), ("updatedById", False)}


async def test_a_name_alone_makes_a_table_that_counts_its_records(
    shared: Client, fresh: Fresh
) -> None:
    name = fresh("raw")
    made = (await shared.post("collections:create", {"name": name})).data

    assert [each["name"] for each in made["fields"]] == ["id"]
    assert made["createdAt"] is False
    assert [(await shared.post(f"{name}:create", {})).data for _ in range(2)] == [
        {"id": 1},
        {"id": 2},
    ]


async def test_without_a_name_it_gets_one(shared: Client) -> None:
    made = (await shared.post("collections:create", {"title": "Nameless"})).data

    assert made["name"].startswith("t_")
    assert (await shared.post(f"{made['name']}:create", {})).data == {"id": 1}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": "id", "type": "bigInt"}, {"id": 1}),
        ({"name": "id", "type": "uid", "prefix": "x"}, {"id": "x"}),
        ({"name": "id", "type": "uuid", "primaryKey": True}, {"id": ""}),
        ({"name": "code", "type": "nanoid", "primaryKey": True}, {"code": ""}),
    ],
)
async def test_a_key_of_the_own_choice_is_the_key(
    shared: Client, fresh: Fresh, given: dict[str, Any], expected: dict[str, Any]
) -> None:
    name = fresh("own")
    made = (await shared.post("collections:create", {"name": name, "fields": [given]})).data
    record = (await shared.post(f"{name}:create", {})).data

    assert made["filterTargetKey"] == given["name"]
    assert record.keys() == expected.keys()
    assert str(record[given["name"]]).startswith(str(expected[given["name"]]))
    assert (await shared.get(f"{name}:get/{record[given['name']]}")).data == record


async def test_a_table_without_a_key_can_be_filled_listed_and_emptied(
    shared: Client, fresh: Fresh
) -> None:
    name = fresh("keyless")
    made = await shared.post(
        "collections:create",
        {"name": name, "autoGenId": False, "fields": [{"name": "n", "type": "integer"}]},
    )
    assert made.data["filterTargetKey"] == []
    for number in (1, 2, 2):
        assert (await shared.post(f"{name}:create", {"n": number})).data == {"n": number}

    assert sorted(each["n"] for each in (await shared.get(f"{name}:list")).data) == [1, 2, 2]
    assert (await shared.get(f"{name}:get/1")).codes == ["INVALID_PARAMETER"]
    assert (await shared.post(f"{name}:update", {"n": 3}, filter={"n": 1})).status == 400
    assert (await shared.post(f"{name}:destroy", filter={"n": 2})).data == 2
    assert (await shared.get(f"{name}:list")).body["meta"]["count"] == 1


@pytest.mark.parametrize(
    "name",
    [
        "order",
        "select",
        "user",
        "my-field",
        "_x",
        "Aa",
        "type",
        "name",
        "key",
        "options",
        "p0",
        "s0",
    ],
)
async def test_any_allowed_name_names_a_collection_and_a_field(
    shared: Client, fresh: Fresh, name: str
) -> None:
    other = fresh("others")
    await shared.collection(
        name, {"name": name, "type": "string"}, {"name": "n", "type": "integer"}
    )
    await shared.collection(other, {"name": name, "type": "belongsTo", "target": name})
    record = (await shared.post(f"{name}:create", {name: "a", "n": 1})).data
    _ = (await shared.post(f"{name}:update/{record['id']}", {name: "b"})).data
    _ = (await shared.post(f"{other}:create", {name: {name: "c", "n": 2}})).data

    found = (
        await shared.get(f"{name}:list", filter={name: {"$in": ["b", "c"]}}, sort=f"-{name}")
    ).data
    assert [each[name] for each in found] == ["c", "b"]
    [linked] = (
        await shared.get(f"{other}:list", appends=name, filter={f"{name}.{name}": "c"})
    ).data
    assert linked[name]["n"] == 2
    assert (await shared.post(f"{name}:destroy", filter={name: "b"})).data == 1


@pytest.mark.parametrize(
    ("body", "status", "code", "word"),
    [
        ({"name": 'x"; DROP TABLE ensuite.users; --'}, 400, "INVALID_NAME", "begin with a letter"),
        ({"name": "x" * 64}, 400, "INVALID_NAME", "63"),
        ({"name": "1x"}, 400, "INVALID_NAME", "1x"),
        ({"name": "a.b"}, 400, "INVALID_NAME", "a.b"),
        ({"name": 5}, 400, "INVALID_NAME", "5"),
        ({"name": ["a"]}, 400, "INVALID_NAME", "a"),
        ({"name": "users"}, 400, "COLLECTION_EXISTS", "Collection named users already exists"),
        ({"name": "auth"}, 400, "COLLECTION_EXISTS", "auth"),
        ({"name": "bad", "title": 5}, 400, "INVALID_COLLECTION_OPTIONS", "title"),
        ({"name": "bad", "title": "a\0b"}, 400, "INVALID_FIELDS", ""),
        ({"name": "bad", "x": "a\0b"}, 400, "INVALID_FIELDS", ""),
        ({"name": "bad", "filterTargetKey": "no"}, 400, "INVALID_COLLECTION_OPTIONS", "no"),
        ({"name": "bad", "filterTargetKey": {"a": 1}}, 400, "INVALID_COLLECTION_OPTIONS", "a"),
        ({"name": "bad", "fields": "title"}, 400, "INVALID_FIELD_OPTIONS", "list"),
        ({"name": "bad", "fields": ["title"]}, 400, "INVALID_FIELD_OPTIONS", "list"),
        ({"name": "bad", "fields": [{}]}, 400, "UNSUPPORTED_FIELD_TYPE", "None"),
        (
            {"name": "bad", "fields": [{"name": "a", "type": "nope"}]},
            *(400, "UNSUPPORTED_FIELD_TYPE", "nope"),
        ),
        (
            {"name": "bad", "fields": [{"name": "a", "type": ["x"]}]},
            *(400, "UNSUPPORTED_FIELD_TYPE", "x"),
        ),
        (
            {"name": "bad", "fields": [{"name": "ctid", "type": "string"}]},
            *(400, "INVALID_NAME", "ctid"),
        ),
        (
            {"name": "bad", "fields": [{"name": "a", "type": "string"}] * 2},
            *(400, "FIELD_EXISTS", 'Field name "a" already exists in collection "bad"'),
        ),
        (
            {"name": "bad", "fields": [{"name": f"f{n}", "type": "string"} for n in range(801)]},
            *(400, "INVALID_FIELD_OPTIONS", "800"),
        ),
        (
            {"name": "bad", "fields": [{"name": "a", "type": "json", "primaryKey": True}]},
            *(400, "INVALID_FIELD_OPTIONS", "primary key"),
        ),
        (
            {"name": "bad", "fields": [{"name": "a", "type": "string", "autoIncrement": True}]},
            *(400, "INVALID_FIELD_OPTIONS", "count up"),
        ),
        ([], 400, "MALFORMED_JSON", "object"),
    ],
)
async def test_what_cannot_be_made_leaves_nothing_behind(
    shared: Client,
    database: asyncpg.Connection,
    body: Any,
    status: int,
    code: str,
    word: str,
) -> None:
    reply = await shared.post("collections:create", body)

    assert (reply.status, reply.body["code"]) == (status, code), reply.body
    assert word in reply.body["detail"]
    assert await columns(database, "bad") == {}
    assert (await shared.get("collections:get/bad")).data is None


async def test_a_definition_can_only_be_so_deep(
    shared: Client, database: asyncpg.Connection
) -> None:
    deep: dict[str, Any] = {}
    for _ in range(400):
        deep = {"a": deep}
    for body in (
        {"name": "bad", "x": deep},
        {"name": "bad", "fields": [{"name": "a", "type": "string", "uiSchema": deep}]},
    ):
        reply = await shared.post("collections:create", body)
        assert (reply.status, "levels deep" in reply.body["detail"]) == (400, True)
    assert await columns(database, "bad") == {}


async def test_a_failure_half_way_undoes_the_table_and_the_metadata(
    shared: Client, database: asyncpg.Connection, fresh: Fresh
) -> None:
    name, through = fresh("half"), fresh("halfPairs")
    reply = await shared.post(
        "collections:create",
        {
            "name": name,
            "fields": [
                {"name": "owners", "type": "belongsToMany", "target": "users", "through": through},
                # The pairs are made by now; this cannot be.
                {"name": "boss", "type": "belongsTo", "target": "users", "targetKey": "nope"},
            ],
        },
    )

    assert reply.codes == ["INVALID_FIELD_OPTIONS"]
    assert await columns(database, name) == {}
    assert await columns(database, through) == {}
    assert (await shared.get(f"{through}:list")).status == 404
    rows = await database.fetch("SELECT 1 FROM ensuite.fields WHERE collection_name = $1", name)
    assert rows == []


# --- read ---------------------------------------------------------------------------------


async def test_collections_are_listed_with_and_without_their_fields(api: Client) -> None:
    await api.collection("posts", {"name": "title", "type": "string"})
    await api.collection("tags")

    plain = (await api.get("collections:list")).body
    assert [each["name"] for each in plain["data"]] == ["users", "roles", "posts", "tags"]
    assert "fields" not in plain["data"][2]
    assert plain["meta"] == {"count": 4, "page": 1, "pageSize": 200, "totalPage": 1}
    [posts] = (await api.get("collections:list", filter={"name": "posts"}, appends="fields")).data
    assert "title" in [each["name"] for each in posts["fields"]]
    everything = (await api.get("collections:listMeta")).data
    assert all("fields" in each for each in everything)
    unpaged = (await api.get("collections:list", paginate="false")).body
    assert unpaged.keys() == {"data"}
    second = (await api.get("collections:list", page="2", pageSize="3")).data
    assert [each["name"] for each in second] == ["tags"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": "shop"}, ["shop"]),
        ({"name": ["shop", "users"]}, ["users", "shop"]),
        ({"name": {"$in": ["shop"]}}, ["shop"]),
        ({"name.$ne": "shop"}, ["users", "roles", "vault"]),
        ({"name": {"$notIn": ["shop", "roles"]}}, ["users", "vault"]),
        ({"title": {"$includes": "ARTI"}}, ["shop"]),
        ({"hidden": {"$isTruly": True}}, ["vault"]),
        ({"hidden.$isFalsy": True}, ["users", "roles", "shop"]),
        ({"hidden": True}, ["vault"]),
        ({"$or": [{"name": "shop"}, {"name": "roles"}]}, ["roles", "shop"]),
        ({"$and": [{"hidden": True}, {"$not": {"name": "vault"}}]}, []),
        (None, ["users", "roles", "shop", "vault"]),
    ],
)
async def test_collections_can_be_filtered(shop: Client, given: Any, expected: list[str]) -> None:
    found = (await shop.get("collections:list", filter=given)).data

    known = {"users", "roles", "shop", "vault"}
    assert [each["name"] for each in found if each["name"] in known] == expected


@pytest.mark.parametrize(
    "given", ['{"name": {"$like": "p"}}', "5", '{"a":', '{"$not":' * 14 + "{}" + "}" * 14]
)
async def test_a_filter_that_metadata_does_not_know_is_refused(shop: Client, given: str) -> None:
    assert (await shop.get("collections:list", filter=given)).codes == ["INVALID_FILTER"]


async def test_a_filter_on_collections_may_come_in_brackets(shop: Client) -> None:
    reply = await shop.call("GET", "collections:list?filter[hidden]=true")

    assert [each["name"] for each in reply.data] == ["vault"]


@pytest.fixture(scope="module")
async def shop(shared: Client) -> Client:
    _ = (await shared.post("collections:create", {"name": "shop", "title": "Articles"})).data
    _ = (await shared.post("collections:create", {"name": "vault", "hidden": True})).data
    return shared


# --- update and destroy -------------------------------------------------------------------


async def test_options_can_be_changed_and_the_table_stays(shared: Client, fresh: Fresh) -> None:
    name = fresh("things")
    await shared.collection(name, {"name": "code", "type": "string", "unique": True})
    _ = (await shared.post(f"{name}:create", {"code": "a"})).data
    changed = await shared.post(
        f"collections:update/{name}",
        {"title": "Things", "filterTargetKey": "code", "name": "else", "fields": [], "x": {"y": 1}},
    )

    assert len(changed.data) == 1
    shown = (await shared.get(f"collections:get/{name}")).data
    assert shown["title"] == "Things"
    assert shown["x"] == {"y": 1}
    assert shown["filterTargetKey"] == "code"
    assert (await shared.get(f"{name}:get/a")).data["code"] == "a"
    _ = (await shared.post(f"collections:update/{name}", {"filterTargetKey": None})).data
    assert (await shared.get(f"collections:get/{name}")).data["filterTargetKey"] == "id"
    wrong = await shared.post(f"collections:update/{name}", {"filterTargetKey": "nope"})
    assert wrong.codes == ["INVALID_COLLECTION_OPTIONS"]


async def test_a_dropped_collection_is_gone_with_its_table(
    shared: Client, database: asyncpg.Connection, fresh: Fresh
) -> None:
    one, two = fresh("drop"), fresh("drop")
    await shared.collection(one)
    await shared.collection(two)

    reply = await shared.post("collections:destroy", filterByTk=[one, two])
    assert reply.data == 2
    assert await columns(database, one) == {}
    for path in (f"{one}:list", f"{two}:get/1"):
        assert (await shared.get(path)).status == 404
    assert (await shared.post(f"{one}:create", {})).status == 404
    assert (await shared.post(f"collections:destroy/{one}")).status == 404


async def test_one_unknown_name_keeps_all_collections(shared: Client, fresh: Fresh) -> None:
    name = fresh("kept")
    await shared.collection(name)

    assert (await shared.post("collections:destroy", filterByTk=[name, "nope"])).status == 404
    assert (await shared.get(f"{name}:list")).data == []


@pytest.mark.parametrize("cascade", [False, True])
async def test_cascade_drops_what_points_to_the_collection(api: Client, *, cascade: bool) -> None:
    await api.blog()
    reply = await api.post("collections:destroy/categories", cascade="true" if cascade else "false")

    assert reply.data == 1
    names = {each["name"] for each in (await api.get("collections/posts/fields:list")).data}
    assert ("category" in names) is not cascade
    assert "categoryId" in names
    post = (await api.post("posts:create", {"title": "a", "categoryId": 5})).data
    assert (await api.get(f"posts:get/{post['id']}", appends="category")).data == post


async def test_the_same_name_can_be_used_again_with_other_fields(api: Client) -> None:
    for kind, value, changed in (("string", "a", "b"), ("integer", 1, 2), ("json", [1], [2])):
        await api.collection("again", {"name": "value", "type": kind})
        made = (await api.post("again:create", {"value": value})).data
        path = f"again:update/{made['id']}"
        assert (await api.post(path, {"value": changed})).data[0]["value"] == changed
        assert (await api.get("again:list")).data[0]["value"] == changed
        again = await api.post("again:firstOrCreate", {"value": value}, filterKeys="id")
        assert again.data["value"] == value
        assert (await api.post("again:destroy", truncate="true")).data == 2
        assert (await api.post("collections:destroy/again")).data == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("collections:destroy/users", None),
        ("collections:update/users", {"title": "x"}),
        ("collections/users/fields:create", {"name": "x", "type": "string"}),
        ("collections/users/fields:update/email", {"unique": False}),
        ("collections/users/fields:destroy/email", None),
    ],
)
async def test_the_system_keeps_its_collections(shared: Client, path: str, body: Any) -> None:
    reply = await shared.post(path, body)

    assert (reply.status, reply.codes) == (403, ["SYSTEM_COLLECTION"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("collections:update/nope", 404),
        ("collections/nope/fields:list", 404),
        ("collections:get", 400),
        ("collections:update/[1", 400),
        ("collections:nope", 404),
    ],
)
async def test_what_is_not_there_cannot_be_changed(shared: Client, path: str, status: int) -> None:
    assert (await shared.post(path, {})).status == status


async def test_set_fields_makes_them_exactly_those(
    shared: Client, database: asyncpg.Connection, fresh: Fresh
) -> None:
    name = fresh("exact")
    await shared.collection(
        name, {"name": "a", "type": "string"}, {"name": "b", "type": "string"}, presets=False
    )
    reply = await shared.post(
        "collections:setFields",
        {
            "fields": [
                {"name": "b", "type": "string", "unique": True},
                {"name": "c", "type": "integer"},
            ]
        },
        filterByTk=name,
    )

    assert {each["name"] for each in reply.data["fields"]} == {"id", "b", "c"}
    assert await columns(database, name) == {"id": "bigint", "b": "text", "c": "integer"}
    assert await indexed(database, name) == {("b", True)}
    wrong = await shared.post(
        "collections:setFields", {"fields": [{"name": ["b"], "type": "string"}]}, filterByTk=name
    )
    assert wrong.codes == ["INVALID_NAME"]
    assert await columns(database, name) == {"id": "bigint", "b": "text", "c": "integer"}


async def test_who_may_not_manage_collections_can_still_look_at_them(api: Client) -> None:
    await api.collection("posts")
    values = {"username": "eva", "password": "a long password", "roles": ["member"]}
    _ = (await api.post("users:create", values)).data
    eva = api.acting()
    _ = await eva.sign_in("eva", "a long password")

    assert (await eva.get("collections:listMeta")).status == 200
    for path in (
        "collections:create",
        "collections:destroy/posts",
        "collections/posts/fields:create",
    ):
        assert (await eva.post(path, {"name": "x", "type": "string"})).status == 403
