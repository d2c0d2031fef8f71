"""Filters, as requests send them (wire contract, section 1.4)."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest

from ensuite.data.filters import MAX_CONDITIONS, MAX_DEPTH, MAX_OBJECTS
from tests.client import Client


@pytest.fixture(scope="module")
async def api_(shared: Client) -> Client:
    """Posts a to d, with categories, tags, notes and an owner."""
    await shared.collection("regions", {"name": "name", "type": "string"})
    await shared.collection(
        "categories",
        {"name": "title", "type": "string"},
        {"name": "rank", "type": "integer"},
        {"name": "secret", "type": "string", "hidden": True},
        {"name": "region", "type": "belongsTo", "target": "regions"},
    )
    await shared.collection(
        "tags", {"name": "name", "type": "string"}, {"name": "color", "type": "string"}
    )
    await shared.collection(
        "posts",
        {"name": "title", "type": "string"},
        {"name": "views", "type": "integer"},
        {"name": "done", "type": "boolean"},
        {"name": "labels", "type": "array"},
        {"name": "meta", "type": "json"},
        {"name": "at", "type": "date"},
        {"name": "category", "type": "belongsTo", "target": "categories"},
        {"name": "tags", "type": "belongsToMany", "target": "tags"},
        {"name": "notes", "type": "hasMany", "target": "notes"},
        {"name": "cover", "type": "hasOne", "target": "covers"},
        {"name": "marks", "type": "belongsToArray", "target": "tags"},
        {"name": "owner", "type": "belongsTo", "target": "users"},
    )
    await shared.collection("notes", {"name": "text", "type": "string"})
    await shared.collection("covers", {"name": "url", "type": "string"})
    tags = (
        await shared.post(
            "tags:create",
            [{"name": "x", "color": "red"}, {"name": "y", "color": "blue"}, {"name": "z"}],
        )
    ).data
    x, y, z = (each["id"] for each in tags)
    me = (await shared.get("auth:check")).data["id"]
    records: list[dict[str, Any]] = [
        {
            "title": "a",
            "views": 1,
            "done": True,
            "labels": ["p", "q"],
            "owner": me,
            "meta": {"n": 1, "s": "5", "deep": {"x": [1, {"y": "z"}]}, "on": True},
            "at": "2026-03-14T09:30:00Z",
            "tags": [x, y],
            "marks": [x],
            "cover": {"url": "u"},
            "category": {"title": "c1", "rank": 1, "region": {"name": "north"}, "secret": "s"},
            "notes": [{"text": "hello"}, {"text": "world"}],
        },
        {
            "title": "b",
            "views": 5,
            "done": False,
            "labels": [],
            "tags": [y, z],
            "meta": {"n": 5, "s": "6", "on": False, "nothing": None},
            "marks": [y, z],
            "at": "2026-03-15T00:30:00Z",
            "notes": [{"text": None}],
            "category": {"title": None, "rank": 2},
        },
        {"title": "c", "views": None, "meta": {"n": "text", "list": [1, 2]}, "tags": [z]},
        {"title": None, "views": 7, "category": {"title": "c2", "rank": None}},
    ]
    _ = (await shared.post("posts:create", records)).data
    return shared


async def titles(api: Client, given: object, **params: str) -> str:
    sent = given if isinstance(given, str) else json.dumps(given)
    reply = await api.get("posts:list", filter=sent, sort="id", **params)
    return "".join(each["title"] or "-" for each in reply.data)


CASES: list[tuple[object, str]] = [
    # plain values
    ({}, "abc-"),
    ({"title": "a"}, "a"),
    ({"title": ["a", "c"]}, "ac"),
    ({"title": ["a", None]}, "a-"),
    ({"title": []}, ""),
    ({"title": None}, "-"),
    ({"title": "a", "views": 1}, "a"),
    ({"title": "a", "views": 2}, ""),
    ({"title": {"$eq": 5}}, ""),
    ({"views": "5"}, "b"),
    ({"views": {"$in": ["1", 5]}}, "ab"),
    ({"done": "false"}, "b"),
    ([{"title": "a"}, {"views": 1}], "a"),
    # operators at the end of a path
    ({"title.$includes": "A"}, "a"),
    ({"title": {"$ne": "a"}}, "bc-"),
    ({"title": {"$ne": None}}, "abc"),
    ({"title": {"$notIn": ["a"]}}, "bc-"),
    ({"title": {"$notIn": ["a", None]}}, "bc"),
    ({"views": {"$gt": 1, "$lt": 7}}, "b"),
    ({"views.$gt": 1, "views.$lt": 7}, "b"),
    ({"views": {"$between": [1, 5]}}, "ab"),
    ({"done.$isTruly": True}, "a"),
    ({"done.$isFalsy": True}, "bc-"),
    ({"done": {"$isNot": True}}, "bc-"),
    ({"title": {"$not": None}}, "abc"),
    ({"title.$empty": True}, "-"),
    ({"title.$exists": "true"}, "abc"),
    ({"labels.$anyOf": ["p"]}, "a"),
    ({"labels": {"$noneOf": ["p"]}}, "bc-"),
    ({"labels": {"$match": ["q", "p"]}}, "a"),
    ({"labels": ["p", "q"]}, "a"),
    ({"labels.$arrayEmpty": True}, "bc-"),
    ({"at": {"$dateOn": "2026-03-14"}}, "a"),
    ({"at.$dateBetween": ["2026-03-14", "2026-03-15"]}, "ab"),
    ({"id.$in": [1, 2]}, ""),
    # logic
    ({"$and": [{"title": "a"}, {"views": 1}]}, "a"),
    ({"$or": [{"title": "a"}, {"views": 7}]}, "a-"),
    ({"$or": {"title": "a", "views": 1}}, "a"),
    ({"$not": {"title": "a"}}, "bc-"),
    ({"$not": {"views": {"$gt": 1}}}, "ac"),
    ({"$not": {"$or": [{"title": "a"}, {"title": "b"}]}}, "c-"),
    ({"title": "a", "$or": [{"views": 1}, {"views": 2}]}, "a"),
    ({"$and": [{"$or": [{"title": "a"}, {"title": "b"}]}, {"$not": {"views": 5}}]}, "a"),
    ({"$or": []}, "abc-"),
    ({"$or": [{}, {"title": "a"}]}, "a"),
    ({"$and": [{}]}, "abc-"),
    ({"$not": {}}, "abc-"),
    ({"title": {}}, "abc-"),
    # through to-one
    ({"category.title": "c1"}, "a"),
    ({"category": {"title": "c1"}}, "a"),
    ({"category.title.$includes": "C"}, "a-"),
    ({"category.rank": {"$gte": 1}}, "ab"),
    ({"category.region.name": "north"}, "a"),
    ({"category": {"region": {"name.$ne": "north"}}}, "bc-"),
    ({"category": None}, "c"),
    ({"category.id": None}, "c"),
    ({"category.id.$exists": True}, "ab-"),
    ({"category.id.$notExists": True}, "c"),
    ({"category.$exists": True}, "ab-"),
    ({"categoryId": None}, "c"),
    ({"category": {"$ne": None}}, "ab-"),
    ({"category": {"title": None}}, "bc"),
    ({"category.title.$ne": None}, "a-"),
    ({"category.title": {"$ne": "c1"}}, "bc-"),
    ({"category.title.$notIn": ["c1", None]}, "-"),
    ({"category.title.$empty": True}, "bc"),
    ({"category": {"$not": {"title": "c1"}}}, "bc-"),
    ({"$not": {"category.title": "c1"}}, "bc-"),
    ({"category": {"$or": [{"title": "c1"}, {"rank": 2}]}}, "ab"),
    ({"cover.url": "u"}, "a"),
    ({"cover": None}, "bc-"),
    ({"owner.username": "root"}, "a"),
    ({"owner.username": "eva"}, ""),
    ({"owner.nickname.$notEmpty": True}, "a"),
    ({"owner.roles.name": "root"}, "a"),
    # through to-many
    ({"tags.name": "y"}, "ab"),
    ({"tags": {"name": "y", "color": "red"}}, ""),
    ({"tags.name": "y", "tags.color": "red"}, ""),
    ({"tags.name": "x", "tags.color": "red"}, "a"),
    ({"$and": [{"tags.name": "y"}, {"tags.color": "red"}]}, "a"),
    ({"tags.name": ["x", "z"]}, "abc"),
    ({"tags": None}, "-"),
    ({"tags.id.$exists": True}, "abc"),
    ({"tags.id.$notExists": True}, "-"),
    ({"tags": {"$not": {"name": "z"}}}, "ab-"),
    ({"$not": {"tags.name": "z"}}, "a-"),
    ({"tags.color": None}, "bc-"),
    ({"notes.text": "hello"}, "a"),
    ({"notes": {"text": {"$empty": True}}}, "bc-"),
    ({"notes.text.$notEmpty": True}, "a"),
    ({"marks.name": "y"}, "b"),
    ({"marks": None}, "c-"),
    # parts of JSON
    ({"meta.n": 1}, "a"),
    ({"meta.n": "1"}, "a"),
    ({"meta": {"n": 1}}, "a"),
    ({"meta.n": 1.0}, "a"),
    ({"meta.n": {"$gt": 1}}, "b"),
    ({"meta.n.$gt": "0"}, "ab"),
    ({"meta.n": [1, "text"]}, "ac"),
    ({"meta.s": 5}, "a"),
    ({"meta": {"n": 5, "s": "6"}}, "b"),
    ({"meta.n": 5, "meta.s": "6"}, "b"),
    ({"meta.on": True}, "a"),
    ({"meta.on": "false"}, "b"),
    ({"meta.deep.x.1.y": "z"}, "a"),
    ({"meta": {"deep": {"x": {"1": {"y.$in": ["z"]}}}}}, "a"),
    ({"meta.nothing": None}, "abc-"),
    ({"meta.n": {"$ne": 1}}, "bc-"),
    ({"meta.n.$includes": "EX"}, "c"),
    ({"meta.n.$notEmpty": True}, "abc"),
    ({"meta": None}, "-"),
    ({"meta.$exists": True}, "abc"),
    ({"meta": {"$eq": {"n": "text", "list": [1, 2]}}}, "c"),
    ({"meta.list": "[1, 2]"}, "c"),
    ({"meta.'; DROP TABLE posts; --": 1}, ""),
]


@pytest.mark.parametrize(("given", "expected"), CASES, ids=[json.dumps(c[0])[:60] for c in CASES])
async def test_a_filter_finds(api_: Client, given: object, expected: str) -> None:
    assert await titles(api_, given) == expected


def brackets(name: str, value: object) -> list[str]:
    """How a client's `qs` writes a parameter."""
    match value:
        case Mapping():
            return [p for k, v in value.items() for p in brackets(f"{name}[{k}]", v)]
        case list():
            return [p for n, v in enumerate(value) for p in brackets(f"{name}[{n}]", v)]
        case None:
            return [quote(name, safe="[]")]
        case bool():
            return [f"{quote(name, safe='[]')}={str(value).lower()}"]
        case _:
            return [f"{quote(name, safe='[]')}={quote(str(value))}"]


def bare(value: object) -> bool:
    """Whether brackets lose nothing: an empty list or object is not written at all."""
    if isinstance(value, Mapping | list):
        members = list(value.values() if isinstance(value, Mapping) else value)
        return bool(members) and all(map(bare, members))
    return True


# Nor can brackets tell a number in JSON from its text, or an object with the key "1" from a list.
WRITTEN = [
    case
    for case in CASES
    if bare(case[0]) and not any(each in json.dumps(case[0]) for each in ('"$eq"', "1.0", '"1":'))
]


@pytest.mark.parametrize(
    ("given", "expected"), WRITTEN, ids=[json.dumps(c[0])[:60] for c in WRITTEN]
)
async def test_the_same_filter_in_brackets_finds_the_same(
    api_: Client, given: object, expected: str
) -> None:
    query = "&".join(brackets("filter", given))
    reply = await api_.call("GET", f"posts:list?sort=id&{query}")

    assert "".join(each["title"] or "-" for each in reply.data) == expected, query


async def test_the_filter_of_the_dialog_that_binds_workflows(api: Client) -> None:
    await api.collection("posts")
    await api.collection("tags")
    for key, collection, everywhere in (
        ("k1", "posts", False),
        ("k2", "posts", True),
        ("k3", "tags", False),
    ):
        config = {"global": everywhere, "actions": ["create"]}
        _ = await api.workflow(collection, key=key, config=config)
    reply = await api.call(
        "GET",
        "workflows:list?filter[enabled]=true&filter[config.collection]=posts"
        "&filter[config.global]=false&filter[type]=action&paginate=false",
    )

    assert [each["key"] for each in reply.data] == ["k1"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"owner.id": "{{ctx.state.currentUser.id}}"}, "a"),
        ({"ownerId": {"$eq": "{{ $user.id }}"}}, "a"),
        ({"title": {"$ne": "{{$nRole}}"}}, "abc-"),
        ({"title.$in": ["{{$nRole}}", "b"]}, "b"),
        ({"at": {"$dateBefore": "{{$nDate.today}}"}}, "ab"),
        ({"at": {"$dateOn": "{{$nDate.tomorrow}}"}}, ""),
        ({"owner": "{{$user.nope}}"}, "bc-"),
    ],
)
async def test_variables_stand_for_who_asks_and_when(
    api_: Client, given: object, expected: str
) -> None:
    assert await titles(api_, given) == expected


@pytest.mark.parametrize(
    ("zone", "expected"), [("+00:00", "a"), ("+02:00", "a"), ("-05:00", "ab"), ("Asia/Tokyo", "a")]
)
async def test_dates_are_those_of_the_client(api_: Client, zone: str, expected: str) -> None:
    client = api_.acting(X_Timezone=zone)

    assert await titles(client, {"at": {"$dateOn": "2026-03-14"}}) == expected


def nested(levels: int, key: str, inner: object) -> object:
    for _ in range(levels):
        inner = {key: [inner]} if key.startswith("$a") else {key: inner}
    return inner


BAD: list[tuple[str, object, str]] = [
    ("malformed", '{"title":', "not valid JSON"),
    ("text", '"title"', "a filter is a JSON object"),
    ("number", "5", "a filter is a JSON object"),
    ("unknown field", {"nope": 1}, "'posts' has no field 'nope'"),
    ("empty name", {"": 1}, "has no field ''"),
    ("SQL as a name", {"title\" = '' OR 1=1 --": 1}, "has no field"),
    ("SQL as an operator", {"title": {"$eq' OR 1=1 --": 1}}, "cannot compare 'title'"),
    ("unknown through to-one", {"category.nope": 1}, "'categories' has no field 'nope'"),
    ("unknown through to-many", {"tags": {"nope": 1}}, "'tags' has no field 'nope'"),
    ("hidden", {"category.secret": "s"}, "has no field 'secret'"),
    ("hidden of the system", {"owner.password.$exists": True}, "has no field 'password'"),
    ("a part of text", {"title.x": 1}, "'x' cannot compare 'title'"),
    ("unknown operator", {"title": {"$nope": 1}}, "'$nope' cannot compare 'title'"),
    ("unknown dotted operator", {"title.$nope": 1}, "'$nope' cannot compare 'title'"),
    ("operator of another type", {"views": {"$dateOn": "2026"}}, "'$dateOn' cannot compare"),
    ("operator without a field", {"$gt": 1}, "$gt needs a field"),
    ("text as number", {"views": "many"}, "views $eq: the operand must be a whole number"),
    ("out of range", {"views": 2**40}, "must be a whole number between"),
    ("far out of range", {"id": 10**30}, "must be a whole number between"),
    ("object as text", {"title": {"$eq": {"a": 1}}}, "title $eq: the operand must be text"),
    ("NUL", {"title": "a\0"}, "cannot hold the character NUL"),
    ("NUL in a path", {"meta.a\0b": 1}, "cannot hold the character NUL"),
    ("NUL in JSON", {"meta": {"$eq": "\0"}}, "cannot hold the character NUL"),
    ("bad between", {"views": {"$between": [1]}}, "must be a list of two values"),
    ("bad date", {"at": {"$dateOn": "soon"}}, "must be a date such as"),
    ("bad expression", {"title": {"$regexp": "("}}, "regular expression"),
    ("long expression", {"title": {"$regexp": "x" * 501}}, "500 characters"),
    ("false as exists", {"title": {"$exists": False}}, "must be true"),
    ("$and of text", {"$and": "x"}, "$and takes a list"),
    ("$and of numbers", {"$and": [5]}, "a filter is a JSON object"),
    ("$not of text", {"$not": "x"}, "a filter is a JSON object"),
    ("unknown variable", {"title": "{{$nope}}"}, "there is no variable {{$nope}}"),
    ("many values", {"views": {"$in": list(range(1_001))}}, "1,000 values at most"),
    ("deep $and", nested(MAX_DEPTH + 2, "$and", {}), "levels deep"),
    ("deep $not", nested(MAX_DEPTH + 2, "$not", {}), "levels deep"),
    ("very deep", '{"$not":' * 2_000, "not valid JSON"),
    ("deep associations", nested(MAX_DEPTH + 2, "owner", {"id": 1}), "has no field 'owner'"),
    ("deep JSON", {"meta": nested(MAX_DEPTH + 2, "a", {"$eq": 1})}, "levels deep"),
    ("many conditions", {"$or": [{"views": n} for n in range(MAX_CONDITIONS + 1)]}, "conditions"),
    ("many groups", {"$and": [{} for _ in range(MAX_OBJECTS + 1)]}, "groups and conditions"),
]


@pytest.mark.parametrize(
    ("given", "word"), [case[1:] for case in BAD], ids=[case[0].replace(" ", "-") for case in BAD]
)
@pytest.mark.parametrize("call", ["list", "get", "update", "destroy"])
async def test_a_bad_filter_is_refused(api_: Client, given: object, word: str, call: str) -> None:
    sent = given if isinstance(given, str) else json.dumps(given)
    reply = await api_.call(
        "GET" if call in {"list", "get"} else "POST",
        f"posts:{call}",
        params={"filter": sent},
        content=b'{"title": "changed"}' if call == "update" else None,
    )

    assert (reply.status, reply.codes) == (400, ["INVALID_FILTER"]), reply.body
    assert word in reply.body["detail"]
    assert await titles(api_, {}) == "abc-"


async def test_a_large_filter_within_the_bounds_works(api_: Client) -> None:
    given = {"$or": [{"category": {"rank": n}} for n in range(MAX_OBJECTS // 2 - 10)]}

    assert await titles(api_, given) == "ab"
    assert await titles(api_, nested(MAX_DEPTH - 1, "$and", {"title": "a"})) == "a"
