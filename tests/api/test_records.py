"""Records: create, get, list, update, destroy and their relatives (wire contract, section 1.5)."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.client import Client

Fresh = Callable[[str], str]


@pytest.fixture
async def posts(shared: Client, fresh: Fresh) -> str:
    """The name of a collection of the test's own."""
    name = fresh("posts")
    await shared.collection(
        name,
        {"name": "title", "type": "string"},
        {"name": "views", "type": "integer", "defaultValue": 0},
        {"name": "code", "type": "string", "unique": True},
        {"name": "secret", "type": "string", "hidden": True},
        {"name": "labels", "type": "array"},
        {"name": "meta", "type": "json"},
    )
    return name


def shown(record: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: record[name] for name in names}


# --- create -------------------------------------------------------------------------------


async def test_create_answers_the_whole_record(shared: Client, posts: str) -> None:
    me = (await shared.get("auth:check")).data["id"]
    sent = {"title": "a", "labels": ["x"], "meta": {"y": 1}, "secret": "s", "unknown": 1}
    record = (await shared.post(f"{posts}:create", sent)).data

    assert record == {
        "id": record["id"],
        "title": "a",
        "views": 0,
        "code": None,
        "labels": ["x"],
        "meta": {"y": 1},
        "createdAt": record["createdAt"],
        "updatedAt": record["createdAt"],
        "createdById": me,
        "updatedById": me,
    }
    assert record["id"] < 2**53
    assert (await shared.get(f"{posts}:get/{record['id']}")).data == record


@pytest.mark.parametrize(
    "body",
    [{}, {"title": None}, {"values": {"title": "x"}}, {"fields": ["title"]}],
)
async def test_nothing_that_a_field_knows_is_a_record_of_defaults(
    shared: Client, posts: str, body: dict[str, Any]
) -> None:
    record = (await shared.post(f"{posts}:create", body)).data

    assert shown(record, "title", "views", "labels") == {"title": None, "views": 0, "labels": None}


async def test_a_default_is_for_what_is_not_sent(shared: Client, posts: str) -> None:
    assert (await shared.post(f"{posts}:create", {"views": None})).data["views"] is None


@pytest.mark.parametrize("action", ["create", "update"])
async def test_who_and_when_is_up_to_the_server(shared: Client, posts: str, action: str) -> None:
    me = (await shared.get("auth:check")).data["id"]
    forged: dict[str, Any] = {
        "createdById": 7,
        "updatedById": 7,
        "createdAt": "2001-01-01T00:00:00Z",
        "updatedAt": "2001-01-01T00:00:00Z",
        "createdBy": 7,
        "updatedBy": {"id": 7},
    }
    reply = await shared.post(f"{posts}:create", forged if action == "create" else {})
    record = reply.data
    if action == "update":
        [record] = (await shared.post(f"{posts}:update/{record['id']}", forged)).data

    assert record["createdById"] == record["updatedById"] == me
    assert record["createdAt"].startswith("20")
    assert not record["createdAt"].startswith("2001")
    assert "createdBy" not in record


async def test_a_key_can_be_chosen(shared: Client, posts: str) -> None:
    assert (await shared.post(f"{posts}:create", {"id": 5})).data["id"] == 5
    again = await shared.post(f"{posts}:create", {"id": 5})

    assert again.codes == ["UNIQUE_VIOLATION"]
    assert again.body["errors"][0] == {
        "message": "id already exists",
        "code": "UNIQUE_VIOLATION",
        "field": "id",
    }


async def test_an_array_creates_all_its_records(shared: Client, posts: str) -> None:
    made = (await shared.post(f"{posts}:create", [{"title": "a"}, {"title": "b"}])).data

    assert [each["title"] for each in made] == ["a", "b"]
    assert (await shared.get(f"{posts}:list")).body["meta"]["count"] == 2
    assert (await shared.post(f"{posts}:create", [])).data == []


@pytest.mark.parametrize(
    ("last", "code", "field"),
    [
        ({"views": "many"}, "INVALID_FIELDS", "views"),
        ({"code": "a"}, "UNIQUE_VIOLATION", "code"),
        ({"title": "\0"}, "INVALID_FIELDS", "title"),
        (5, "MALFORMED_JSON", None),
    ],
)
async def test_one_wrong_element_of_an_array_writes_nothing(
    shared: Client, posts: str, last: Any, code: str, field: str | None
) -> None:
    reply = await shared.post(f"{posts}:create", [{"code": "a"}, {"code": "b"}, last])

    assert (reply.status, reply.body["code"]) == (400, code)
    assert reply.body["errors"][0].get("field") == field
    assert (await shared.get(f"{posts}:list")).data == []


async def test_all_wrong_elements_of_an_array_are_told_at_once(shared: Client, posts: str) -> None:
    reply = await shared.post(
        f"{posts}:create", [{"views": "x", "labels": 1}, {"title": "fine"}, {"title": 1}]
    )

    assert [(each["message"], each["field"]) for each in reply.body["errors"]] == [
        (
            "record 1: views must be a whole number between -2,147,483,648 and 2,147,483,647",
            "views",
        ),
        ("record 1: labels must be a list", "labels"),
        ("record 3: title must be text", "title"),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("whitelist=title", {"title": "a", "views": 0, "code": None}),
        ("whitelist[]=title&whitelist[]=views", {"title": "a", "views": 5, "code": None}),
        ("blacklist=title,views", {"title": None, "views": 0, "code": "c"}),
        ("whitelist=title,views&blacklist=views", {"title": "a", "views": 0, "code": None}),
        ("", {"title": "a", "views": 5, "code": "c"}),
    ],
)
@pytest.mark.parametrize("many", [False, True])
async def test_lists_say_which_keys_of_the_body_count(
    shared: Client, posts: str, query: str, expected: dict[str, Any], *, many: bool
) -> None:
    sent = {"title": "a", "views": 5, "code": "c"}
    content = json.dumps([sent] if many else sent).encode()
    reply = await shared.call("POST", f"{posts}:create?{query}", content=content)
    record = reply.data[0] if many else reply.data

    assert shown(record, *expected) == expected


async def test_a_form_makes_a_record(shared: Client, posts: str) -> None:
    reply = await shared.call(
        "POST",
        f"{posts}:create",
        content="title=é+b&views=5&labels[]=x&labels[]=y&meta[a]=1".encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert shown(reply.data, "title", "views", "labels", "meta") == {
        "title": "é b",
        "views": 5,
        "labels": ["x", "y"],
        "meta": {"a": "1"},
    }


async def test_what_json_can_say_comes_back_as_it_was(shared: Client, posts: str) -> None:
    deep: Any = None
    for _ in range(300):
        deep = [deep]
    for value in (
        deep,
        "text",
        0,
        -1.5,
        True,
        [],
        {},
        {"": {"é\u2028": "\u0001"}},
        10**30,
        ["\\u0000"],
    ):
        made = (await shared.post(f"{posts}:create", {"meta": value})).data
        assert made["meta"] == value
        assert (await shared.get(f"{posts}:get/{made['id']}")).data["meta"] == value


# --- get ----------------------------------------------------------------------------------


async def test_get_answers_one_record_or_null(shared: Client, posts: str) -> None:
    one = (await shared.post(f"{posts}:create", {"title": "a"})).data
    two = (await shared.post(f"{posts}:create", {"title": "b"})).data

    for path, params in (
        (f"{posts}:get/{two['id']}", {}),
        (f"{posts}/{two['id']}", {}),
        (f"{posts}:get", {"filterByTk": str(two["id"])}),
        (f"{posts}:get", {"filterByTk": {"id": two["id"]}}),
        (f"{posts}:get", {"filter": {"title": "b"}}),
        (f"{posts}:get", {"sort": "-title"}),
    ):
        assert (await shared.get(path, **params)).data == two, path
    assert (await shared.get(f"{posts}:get")).data == one
    assert (await shared.get(f"{posts}:get/5")).body == {"data": None}
    assert (await shared.get(f"{posts}:get/{one['id']}", filter={"title": "b"})).data is None


# --- update -------------------------------------------------------------------------------


async def test_update_answers_an_array_of_what_it_updated(shared: Client, posts: str) -> None:
    made = (await shared.post(f"{posts}:create", [{"title": t} for t in "abc"])).data
    ids = [each["id"] for each in made]

    [one] = (await shared.post(f"{posts}:update/{ids[0]}", {"title": "A", "id": 9})).data
    assert one == {**made[0], "title": "A", "updatedAt": one["updatedAt"]}
    assert one["updatedAt"] >= made[0]["updatedAt"]
    for number, params in enumerate(
        (
            {"filterByTk": ids[1:]},
            {"filterByTk[]": [str(each) for each in ids[1:]]},
            {"filter": {"title.$in": ["b", "c"]}},
            {"filter": {"id": {"$in": ids[1:]}}},
        )
    ):
        reply = await shared.post(f"{posts}:update", {"views": number}, **params)
        assert [each["views"] for each in reply.data] == [number, number]
    both = {"filterByTk": str(ids[1]), "filter": {"title": "c"}}
    assert (await shared.post(f"{posts}:update", {"views": 9}, **both)).data == []
    assert (await shared.post(f"{posts}:update/5", {"views": 9})).data == []
    every = await shared.post(f"{posts}:update", {"views": 8}, forceUpdate="true")
    assert [each["views"] for each in every.data] == [8, 8, 8]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_rest_updates(shared: Client, posts: str, method: str) -> None:
    made = (await shared.post(f"{posts}:create", {"title": "a"})).data
    reply = await shared.call(method, f"{posts}/{made['id']}", content=b'{"title": "b"}')

    assert [each["title"] for each in reply.data] == ["b"]


async def test_an_update_of_nothing_changes_nothing(shared: Client, posts: str) -> None:
    made = (await shared.post(f"{posts}:create", {"title": "a"})).data
    [record] = (await shared.post(f"{posts}:update/{made['id']}", {"nope": 1})).data

    assert record == {**made, "updatedAt": record["updatedAt"]}


# --- destroy ------------------------------------------------------------------------------


async def test_destroy_answers_how_many_there_were(shared: Client, posts: str) -> None:
    made = (await shared.post(f"{posts}:create", [{"title": t} for t in "abcdef"])).data
    ids = [each["id"] for each in made]

    assert (await shared.post(f"{posts}:destroy/{ids[0]}")).data == 1
    assert (await shared.post(f"{posts}:destroy/{ids[0]}")).data == 0
    assert (await shared.post(f"{posts}:destroy", filterByTk=ids[:3])).data == 2
    assert (await shared.call("DELETE", f"{posts}/{ids[3]}")).data == 1
    assert (await shared.call("DELETE", f"{posts}?filter[title]=e")).data == 1
    both = {"filterByTk": str(ids[5]), "filter": {"title": "a"}}
    assert (await shared.post(f"{posts}:destroy", **both)).data == 0
    assert (await shared.post(f"{posts}:destroy", truncate="true")).data == 1


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"filter": {}},
        {"filter": []},
        {"filter": {"$and": []}},
        {"filter": {"$or": []}},
        {"filter": {"$or": [{}, {"$and": [{}]}]}},
        {"filter": {"$not": {}}},
        {"filter": {"title": {}}},
        {"filter": {"meta": {}}},
        {"filter": {"createdBy": {}}},
        {"filter": {"createdBy": {"nickname": {}}}},
        {"filter": "null"},
        {"filter": ""},
    ],
)
@pytest.mark.parametrize("action", ["update", "destroy"])
async def test_to_write_to_all_records_takes_more_than_an_empty_filter(
    shared: Client, posts: str, action: str, params: dict[str, Any]
) -> None:
    _ = (await shared.post(f"{posts}:create", {"title": "a"})).data
    reply = await shared.post(f"{posts}:{action}", {"title": "b"}, **params)

    assert (reply.status, reply.codes) == (400, ["FILTER_REQUIRED"])
    assert reply.body["detail"] == f"to do {action} action, filter or filterByTk is required"
    assert [each["title"] for each in (await shared.get(f"{posts}:list", **params)).data] == ["a"]


@pytest.mark.parametrize(
    ("on_delete", "status", "left"),
    [
        ("CASCADE", 200, []),
        ("SET NULL", 200, [None]),
        (None, 200, [None]),
        ("RESTRICT", 409, ["kept"]),
        ("NO ACTION", 200, ["kept"]),
    ],
)
@pytest.mark.parametrize("side", ["belongsTo", "hasMany"])
async def test_what_refers_to_a_destroyed_record(
    shared: Client, fresh: Fresh, on_delete: str | None, status: int, left: list[Any], side: str
) -> None:
    one, two = fresh("one"), fresh("two")
    await shared.collection(one)
    await shared.collection(two)
    options = {} if on_delete is None else {"onDelete": on_delete}
    holder, target, name = (two, one, "one") if side == "belongsTo" else (one, two, "twos")
    field = {"name": name, "type": side, "target": target, "foreignKey": "oneId", **options}
    _ = (await shared.post(f"collections/{holder}/fields:create", field)).data
    made = (await shared.post(f"{one}:create", {})).data
    _ = (await shared.post(f"{two}:create", {"oneId": made["id"]})).data
    reply = await shared.post(f"{one}:destroy/{made['id']}")

    assert reply.status == status
    expected = [made["id"] if each == "kept" else each for each in left]
    assert [each["oneId"] for each in (await shared.get(f"{two}:list")).data] == expected
    there = (await shared.get(f"{one}:get/{made['id']}")).data
    assert (there is not None) is (status == 409)


async def test_a_cascade_goes_on_and_stops_at_what_restricts_it(
    shared: Client, fresh: Fresh
) -> None:
    tree = fresh("tree")
    await shared.collection(
        tree,
        {"name": "name", "type": "string"},
        {
            "name": "children",
            "type": "hasMany",
            "target": tree,
            "foreignKey": "parentId",
            "onDelete": "CASCADE",
        },
        {
            "name": "guard",
            "type": "belongsTo",
            "target": tree,
            "onDelete": "RESTRICT",
        },
        presets=False,
    )
    grandchild = {"name": "c"}
    body = {"name": "a", "children": [{"name": "b", "children": [grandchild]}]}
    root = (await shared.post(f"{tree}:create", body)).data
    leaf = root["children"][0]["children"][0]["id"]
    guarded = (await shared.post(f"{tree}:create", {"name": "g", "guard": leaf})).data

    refused = await shared.post(f"{tree}:destroy/{root['id']}")
    assert (refused.status, refused.codes) == (409, ["DELETION_RESTRICTED"])
    assert (await shared.get(f"{tree}:list")).body["meta"]["count"] == 4
    _ = (await shared.post(f"{tree}:update/{guarded['id']}", {"guard": None})).data
    assert (await shared.post(f"{tree}:destroy/{root['id']}")).data == 1
    assert [each["name"] for each in (await shared.get(f"{tree}:list")).data] == ["g"]


# --- firstOrCreate, updateOrCreate --------------------------------------------------------


async def test_first_or_create_creates_once(shared: Client, posts: str) -> None:
    body = {"title": "a", "code": "c", "views": 3}
    path = f"{posts}:firstOrCreate"
    made = (await shared.post(path, body, **{"filterKeys[]": ["title", "code"]})).data
    found = (await shared.post(path, {**body, "views": 4}, filterKeys="title,code")).data

    assert made["views"] == 3
    assert found == made
    other = await shared.post(path, {"title": "b"}, filterKeys="title,code")
    assert other.data["id"] != made["id"]


async def test_update_or_create_does_either(shared: Client, posts: str) -> None:
    path = f"{posts}:updateOrCreate"
    made = (await shared.post(path, {"code": "c", "views": 3}, filterKeys="code")).data
    changed = (await shared.post(path, {"code": "c", "views": 4}, filterKeys="code")).data

    assert [each["id"] for each in changed] == [made["id"]]
    assert [each["views"] for each in changed] == [4]


async def test_an_association_can_be_what_is_looked_for(shared: Client, fresh: Fresh) -> None:
    one, two = fresh("one"), fresh("two")
    await shared.collection(one, {"name": "name", "type": "string"})
    await shared.collection(two, {"name": "one", "type": "belongsTo", "target": one})
    body = {"one": {"name": "a"}}
    made = (await shared.post(f"{two}:firstOrCreate", body, filterKeys="one.name")).data
    found = (await shared.post(f"{two}:firstOrCreate", body, filterKeys="one.name")).data

    assert found["id"] == made["id"]
    assert (await shared.get(f"{one}:list")).body["meta"]["count"] == 1


async def test_many_at_once_create_one(shared: Client, posts: str) -> None:
    async def call(action: str) -> int:
        return (
            await shared.post(f"{posts}:{action}", {"title": "same"}, filterKeys="title")
        ).status

    statuses = await asyncio.gather(*(call(a) for a in ("firstOrCreate", "updateOrCreate") * 5))
    assert set(statuses) == {200}
    assert (await shared.get(f"{posts}:list")).body["meta"]["count"] == 1


@pytest.mark.parametrize("action", ["firstOrCreate", "updateOrCreate"])
@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "INVALID_PARAMETER"),
        ({"filterKeys": ""}, "INVALID_PARAMETER"),
        ({"filterKeys": "nope"}, "INVALID_FILTER"),
        ({"filterKeys": "secret"}, "INVALID_FILTER"),
        ({"filterKeys": "views"}, "INVALID_FILTER"),
    ],
)
async def test_what_to_look_for_has_to_be_named(
    shared: Client, posts: str, action: str, params: dict[str, Any], code: str
) -> None:
    reply = await shared.post(f"{posts}:{action}", {"views": "many", "secret": "x"}, **params)

    assert (reply.status, reply.codes) == (400, [code])
    assert (await shared.get(f"{posts}:list")).data == []


# --- composite and other keys -------------------------------------------------------------


@pytest.fixture
async def pairs(shared: Client, fresh: Fresh) -> str:
    name = fresh("pairs")
    body = {
        "name": name,
        "autoGenId": False,
        "filterTargetKey": ["a", "b"],
        "fields": [
            {"name": "a", "type": "integer", "primaryKey": True},
            {"name": "b", "type": "string", "primaryKey": True},
            {"name": "n", "type": "integer"},
        ],
    }
    _ = (await shared.post("collections:create", body)).data
    records = [{"a": 1, "b": "x", "n": 1}, {"a": 1, "b": "y", "n": 2}, {"a": 2, "b": "x", "n": 3}]
    _ = (await shared.post(f"{name}:create", records)).data
    return name


async def test_a_key_of_several_fields_is_an_object(shared: Client, pairs: str) -> None:
    key = {"a": 1, "b": "y"}
    quoted = "%7B%22a%22%3A1%2C%22b%22%3A%22y%22%7D"

    assert (await shared.get(f"{pairs}:get", filterByTk=key)).data == {**key, "n": 2}
    assert (await shared.get(f"{pairs}:get/{quoted}")).data == {**key, "n": 2}
    assert (await shared.call("GET", f"{pairs}:get?filterByTk[a]=1&filterByTk[b]=y")).data["n"] == 2
    updated = await shared.post(f"{pairs}:update", {"n": 9, "a": 7}, filterByTk=key)
    assert updated.data == [{**key, "n": 9}]
    assert (await shared.post(f"{pairs}:destroy", filterByTk=key)).data == 1
    rest = (await shared.get(f"{pairs}:list")).data
    assert [(each["a"], each["b"]) for each in rest] == [(1, "x"), (2, "x")]
    again = await shared.post(f"{pairs}:create", {"a": 1, "b": "x"})
    assert [each["field"] for each in again.body["errors"]] == ["a", "b"]


@pytest.mark.parametrize(
    "key", ["1", '{"a":1}', '{"a":1,"b":"x","c":1}', '{"a":"x","b":"x"}', "[1]", '{"a":1,"b":null}']
)
async def test_a_key_that_does_not_fit_is_refused(shared: Client, pairs: str, key: str) -> None:
    assert (await shared.get(f"{pairs}:get", filterByTk=key)).codes == ["INVALID_PARAMETER"]
    assert (await shared.post(f"{pairs}:destroy", filterByTk=key)).codes == ["INVALID_PARAMETER"]


async def test_another_field_can_be_the_target_key(shared: Client, fresh: Fresh) -> None:
    name = fresh("coded")
    body = {
        "name": name,
        "filterTargetKey": "code",
        "fields": [{"name": "code", "type": "string", "unique": True}],
    }
    _ = (await shared.post("collections:create", body)).data
    _ = (await shared.post(f"{name}:create", [{"code": "a/b"}, {"code": "[c"}, {"code": "1"}])).data

    assert (await shared.get(f"{name}:get/a%2Fb")).data["code"] == "a/b"
    assert (await shared.get(f"{name}:get", filterByTk='["[c"]')).data["code"] == "[c"
    assert (await shared.post(f"{name}:update/1", {"code": "2"})).data[0]["code"] == "2"
    assert (await shared.post(f"{name}:destroy", filterByTk=["a/b", "2", "?"])).data == 2


async def test_without_a_primary_key_the_target_key_tells_records_apart(
    shared: Client, fresh: Fresh
) -> None:
    name = fresh("unkeyed")
    body = {
        "name": name,
        "autoGenId": False,
        "filterTargetKey": "code",
        "fields": [{"name": "code", "type": "string"}, {"name": "n", "type": "integer"}],
    }
    _ = (await shared.post("collections:create", body)).data
    _ = (await shared.post(f"{name}:create", [{"code": "a"}, {"code": "b"}])).data

    assert (await shared.post(f"{name}:update/a", {"n": 1})).data == [{"code": "a", "n": 1}]
    assert (await shared.post(f"{name}:destroy/a")).data == 1
    assert (await shared.get(f"{name}:list")).data == [{"code": "b", "n": None}]


# --- names that the server uses itself ----------------------------------------------------


async def test_a_field_may_be_called_like_a_stamp_and_be_none(shared: Client, fresh: Fresh) -> None:
    name = fresh("stamps")
    await shared.collection(
        name,
        {"name": "createdAt", "type": "string"},
        {"name": "updatedAt", "type": "integer"},
        {"name": "createdById", "type": "string"},
        {"name": "updatedById", "type": "uuid", "autoFill": False},
        presets=False,
    )
    sent = {"createdAt": "then", "updatedAt": 5, "createdById": "me", "updatedById": None}
    made = (await shared.post(f"{name}:create", sent)).data

    assert made == {"id": 1, **sent}
    [changed] = (await shared.post(f"{name}:update/1", {"updatedAt": 6})).data
    assert changed == {"id": 1, **sent, "updatedAt": 6}


async def test_a_hidden_field_can_be_written_but_never_read(shared: Client, posts: str) -> None:
    made = (await shared.post(f"{posts}:create", {"secret": "s"})).data
    path = f"{posts}:update/{made['id']}"

    assert "secret" not in (await shared.post(path, {"secret": "t"})).data[0]
    for params in ({"fields": "secret,title"}, {"appends": "secret"}):
        [record] = (await shared.get(f"{posts}:list", **params)).data
        assert "secret" not in record
    for params in ({"filter": {"secret": "t"}}, {"sort": "secret"}):
        assert (await shared.get(f"{posts}:list", **params)).status == 400
    assert "secret" not in (await shared.post(f"{posts}:firstOrCreate", {}, filterKeys="id")).data
