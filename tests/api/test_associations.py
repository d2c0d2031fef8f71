"""Associations: their resources, links, keys, and what is pending (wire contract, 1.5 and 2.4)."""

import asyncio
import itertools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.api.blog import post, sizes
from tests.client import Client, Reply

Fresh = Callable[[str], str]

# --- links --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Linked:
    """Post 1 with the tags 1 and 2, which are also its marks, and the notes 1 and 2.

    The ids in requests are numbers from 1; `base` is what makes them the test's own.
    """

    api: Client
    base: int

    def key(self, number: int) -> int:
        return self.base + number

    def moved(self, value: Any) -> Any:
        """Plain JSON in which numbers, also as text, are keys."""
        match value:
            case int():
                return self.key(value)
            case str() if value.isdigit():
                return str(self.key(int(value)))
            case list():
                return [self.moved(each) for each in value]
            case {"values": values}:
                return {"values": self.moved(values)}
            case _:
                return value

    def path(self, path: str) -> str:
        """A path or a query in which numbers are keys."""
        return re.sub(r"\d+", lambda found: str(self.key(int(found[0]))), path)

    async def call(self, path: str, body: Any = None) -> Reply:
        content = b"" if body is None else json.dumps(self.moved(body)).encode()
        return await self.api.call("POST", self.path(path), content=content)

    async def shown(self) -> dict[str, Any]:
        return await post(self.api, self.key(1))


_bases = itertools.count(1_000, 1_000)


@pytest.fixture
async def linked(blog: Client) -> Linked:
    base = next(_bases)
    numbers = range(base + 1, base + 6)
    for name, title in (
        ("tags", "name"),
        ("notes", "text"),
        ("categories", "title"),
        ("covers", "url"),
    ):
        records = [{"id": n, title: str(n - base)} for n in numbers]
        _ = (await blog.post(f"{name}:create", records)).data
    one, two, three, *_ = numbers
    both = {"tags": [one, two], "marks": [one, two], "notes": [one, two]}
    first = {"id": one, **both, "category": one, "cover": one}
    _ = (await blog.post("posts:create", [first, {"id": two, "notes": [three]}])).data
    return Linked(blog, base)


LINKS: list[tuple[str, str, Any, list[str]]] = [
    ("add", "", [3], ["1", "2", "3"]),
    ("add", "", [2, 3, 3], ["1", "2", "3"]),
    ("add", "", 3, ["1", "2", "3"]),
    ("add", "", [], ["1", "2"]),
    ("add", "", {}, ["1", "2"]),
    ("add", "", None, ["1", "2"]),
    ("add", "filterByTk=3", None, ["1", "2", "3"]),
    ("add", "filterByTk[]=3&filterByTk[]=4", None, ["1", "2", "3", "4"]),
    ("add", "filterByTk=[3,4]", None, ["1", "2", "3", "4"]),
    ("add", "filterByTks=3,4", None, ["1", "2", "3", "4"]),
    ("add", "", {"values": ["3"]}, ["1", "2", "3"]),
    ("add/3", "", None, ["1", "2", "3"]),
    ("set", "", [2, 4], ["2", "4"]),
    ("set", "", [], []),
    ("remove", "", [2, 5], ["1"]),
    ("remove", "filterByTk=1", None, ["2"]),
    ("toggle", "", [2, 3], ["1", "3"]),
    ("toggle", "", 1, ["2"]),
]


@pytest.mark.parametrize("association", ["tags", "marks", "notes"])
@pytest.mark.parametrize(("action", "query", "body", "expected"), LINKS)
async def test_links_change(
    linked: Linked, association: str, action: str, query: str, body: Any, expected: list[str]
) -> None:
    reply = await linked.call(f"posts/1/{association}:{action}?{query}", body)

    assert (reply.status, reply.body) == (200, {})
    shown = await linked.shown()
    assert shown[association] == expected
    others = {"tags", "marks", "notes"} - {association}
    assert all(shown[each] == ["1", "2"] for each in others)


@pytest.mark.parametrize("association", ["category", "cover"])
@pytest.mark.parametrize(
    ("action", "query", "body", "expected"),
    [
        ("set", "filterByTk=2", None, "2"),
        ("set", "", [2], "2"),
        ("add", "", 2, "2"),
        ("set", "", [], None),
        ("remove", "", None, None),
        ("remove", "filterByTk=1", None, None),
    ],
)
async def test_a_link_to_one_record_changes(
    linked: Linked, association: str, action: str, query: str, body: Any, expected: str | None
) -> None:
    reply = await linked.call(f"posts/1/{association}:{action}?{query}", body)

    assert (reply.status, reply.body) == (200, {})
    assert (await linked.shown())[association] == expected


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("posts/1/tags:add", [99], "ASSOCIATION_TARGET_MISSING"),
        ("posts/1/tags:set", [3, 99], "ASSOCIATION_TARGET_MISSING"),
        ("posts/1/marks:set", [3, 99], "ASSOCIATION_TARGET_MISSING"),
        ("posts/1/notes:set", [3, 99], "ASSOCIATION_TARGET_MISSING"),
        ("posts/1/category:set", [99], "ASSOCIATION_TARGET_MISSING"),
        ("posts/1/cover:set", [99], "ASSOCIATION_TARGET_MISSING"),
        ("posts/1/cover:set", [1, 2], "INVALID_REQUEST"),
        ("posts/1/category:toggle", [1], "INVALID_REQUEST"),
        ("posts/1/tags:add", ["x"], "INVALID_FIELDS"),
        ("posts/1/tags:add", [{"id": 3}], "INVALID_FIELDS"),
        ("posts/1/tags:toggle", {"id": 3}, "INVALID_REQUEST"),
        ("posts/1/tags:add", [[3, 5]], "INVALID_FIELDS"),
        ("posts/1/tags:add", [[3, {"weight": "x"}]], "INVALID_FIELD"),
        ("posts/9/tags:add", [3], "ASSOCIATION_TARGET_MISSING"),
        ("posts/x/tags:add", [3], "INVALID_PARAMETER"),
    ],
)
async def test_a_link_that_cannot_be_leaves_the_others(
    linked: Linked, path: str, body: Any, code: str
) -> None:
    reply = await linked.call(path, body)

    assert (reply.status, reply.codes) == (400, [code])
    assert await linked.shown() == {
        "title": None,
        "category": "1",
        "cover": "1",
        "tags": ["1", "2"],
        "marks": ["1", "2"],
        "notes": ["1", "2"],
    }


async def test_a_pair_gets_its_values_when_it_is_added(linked: Linked) -> None:
    _ = await linked.call("posts/1/tags:add", [[3, {"weight": 7}], [2, {"weight": 8}], 1])
    tags = (await linked.api.get(linked.path("posts/1/tags:list"))).data

    assert [(each["name"], each["postTags"]["weight"]) for each in tags] == [
        *(("1", None), ("2", 8), ("3", 7))
    ]


@pytest.mark.parametrize("association", ["tags", "marks", "notes"])
async def test_links_of_many_calls_at_once_all_stay(linked: Linked, association: str) -> None:
    path = f"posts/1/{association}:"
    replies = await asyncio.gather(
        *(linked.call(f"{path}add", [number]) for number in (3, 4, 5, 3, 4, 5)),
        linked.call(f"{path}remove", [1]),
    )

    assert {each.status for each in replies} == {200}
    assert sorted((await linked.shown())[association]) == ["2", "3", "4", "5"]


# --- association resources ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "field", "expected"),
    [
        ("posts/1/notes:list?sort=-id", "text", ["2", "1"]),
        ("posts/1/notes?sort=-id", "text", ["2", "1"]),
        ("posts/1/notes:get/2", "text", "2"),
        ("posts/1/notes/2", "text", "2"),
        ("posts/1/notes:get/3", "text", None),
        ("posts/1/notes:list?filter[id]=2", "text", ["2"]),
        ("posts/9/notes:list", "text", []),
        ("posts/1/category:get", "title", "1"),
        ("posts/1/cover:get", "url", "1"),
        ("posts/2/category:get", "title", None),
        ("posts/1/marks:list", "name", ["1", "2"]),
        ("posts/1/tags:list", "name", ["1", "2"]),
        ("posts/1/tags:list?appends=createdBy", "name", ["1", "2"]),
        ("posts/_/notes:list?filter[id][$in][]=4&filter[id][$in][]=3", "text", ["3", "4"]),
    ],
)
async def test_the_records_of_an_association_are_a_resource(
    linked: Linked, path: str, field: str, expected: object
) -> None:
    body = (await linked.api.call("GET", linked.path(path))).body
    data = body["data"]

    if isinstance(expected, list):
        assert [each[field] for each in data] == expected
        assert body["meta"]["count"] == len(expected)
    else:
        assert (data and data[field]) == expected


async def test_members_are_updated_and_destroyed_through_their_association(
    linked: Linked,
) -> None:
    before = await sizes(linked.api)
    [updated] = (await linked.call("posts/1/notes:update/1", {"text": "new"})).data
    assert updated["text"] == "new"
    assert (await linked.call("posts/1/notes:update/3", {"text": "no"})).data == []
    everything = await linked.call("posts/1/notes:update?filter[id][$gt]=0", {"text": "all"})
    assert [each["text"] for each in everything.data] == ["all", "all"]
    assert (await linked.call("posts/1/notes:update", {"text": "no"})).codes == ["FILTER_REQUIRED"]
    assert (await linked.call("posts/1/notes:destroy/3")).body == {"data": True}
    assert await sizes(linked.api) == before
    assert (await linked.api.call("DELETE", linked.path("posts/1/notes/2"))).data is True
    assert (await linked.call("posts/1/tags:destroy/1")).data is True
    # The pair goes with the tag; a mark of it stays and leads nowhere.
    assert before - await sizes(linked.api) == {"notes": 1, "tags": 1, "postTags": 1}
    assert (await linked.shown())["tags"] == ["2"]
    assert (await linked.shown())["marks"] == ["2"]


async def test_the_one_associated_record_needs_no_key(linked: Linked) -> None:
    before = await sizes(linked.api)
    [category] = (await linked.call("posts/1/category:update", {"title": "new"})).data
    assert (category["id"], category["title"]) == (linked.key(1), "new")
    assert (await linked.call("posts/2/category:update", {"title": "no"})).data == []
    assert (await linked.call("posts/1/cover:destroy")).data is True
    assert (await linked.call("posts/1/category:destroy")).data is True

    assert (await linked.api.get(f"posts:get/{linked.key(1)}")).data["categoryId"] is None
    assert before - await sizes(linked.api) == {"covers": 1, "categories": 1}


@pytest.mark.parametrize(
    ("association", "values", "expected"),
    [
        ("tags", {"name": "new"}, ["1", "2", "new"]),
        ("marks", {"name": "new"}, ["1", "2", "new"]),
        ("notes", {"text": "new"}, ["1", "2", "new"]),
        ("category", {"title": "new"}, "new"),
        ("cover", {"url": "new"}, "new"),
    ],
)
async def test_a_record_is_created_in_an_association(
    linked: Linked, association: str, values: Mapping[str, Any], expected: object
) -> None:
    made = (await linked.call(f"posts/1/{association}:create", values)).data

    assert values.items() <= made.items()
    assert (await linked.shown())[association] == expected
    assert (await linked.call(f"posts/1/{association}", {})).status == 200
    nowhere = await linked.call(f"posts/9/{association}:create", values)
    assert nowhere.codes == ["ASSOCIATION_TARGET_MISSING"]


async def test_a_dotted_name_needs_the_source_record(blog: Client) -> None:
    assert (await blog.get("posts.notes:list")).codes == ["INVALID_PARAMETER"]
    assert (await blog.post("posts.notes:create", {})).codes == ["INVALID_PARAMETER"]


async def test_source_and_target_may_have_keys_of_several_fields(api: Client) -> None:
    pair = [{"name": n, "type": "string", "primaryKey": True} for n in ("a", "b")]
    body = {"name": "places", "autoGenId": False, "filterTargetKey": ["a", "b"]}
    _ = (
        await api.post(
            "collections:create", {**body, "fields": [*pair, {"name": "code", "type": "integer"}]}
        )
    ).data
    await api.collection("tags", {"name": "name", "type": "string"})
    for definition in (
        {"name": "events", "type": "hasMany", "target": "events", "sourceKey": "code"},
        {"name": "tags", "type": "belongsToMany", "target": "tags", "sourceKey": "code"},
        {"name": "main", "type": "belongsTo", "target": "tags"},
        {"name": "marks", "type": "belongsToArray", "target": "tags"},
    ):
        _ = (await api.post("collections/places/fields:create", definition)).data
    await api.collection("events", {"name": "name", "type": "string"})
    _ = (await api.post("places:create", {"a": "x", "b": "y", "code": 5})).data
    _ = (await api.post("places:create", {"a": "x", "b": "z", "code": None})).data
    key = "%7B%22a%22%3A%22x%22%2C%22b%22%3A%22y%22%7D"

    for association in ("events", "tags", "main", "marks"):
        made = await api.post(f"places/{key}/{association}:create", {"name": "n"})
        assert made.data["name"] == "n", association
        listed = (await api.get(f"places/{key}/{association}:list")).data
        assert [each["id"] for each in listed] == [made.data["id"]], association
        assert (await api.post(f"places/{key}/{association}:remove", [made.data["id"]])).body == {}
        assert (await api.get(f"places/{key}/{association}:list")).data == [], association
    assert (await api.get("places/x/tags:list")).codes == ["INVALID_PARAMETER"]
    keyless = key.replace("y", "z")
    assert (await api.post(f"places/{keyless}/events:create", {})).codes == ["INVALID_REQUEST"]
    assert (await api.get(f"places/{keyless}/events:list")).data == []


# --- definitions --------------------------------------------------------------------------


async def test_keys_have_the_names_and_types_that_they_need(api: Client) -> None:
    await api.collection("people", {"name": "name", "type": "string"})
    _ = (
        await api.post(
            "collections:create",
            {"name": "books", "fields": [{"name": "id", "type": "uuid", "primaryKey": True}]},
        )
    ).data
    await api.collection("blog_posts", {"name": "code", "type": "string", "unique": True})
    cases: list[tuple[str, dict[str, Any], str, dict[str, str]]] = [
        ("books", {"name": "author", "type": "belongsTo", "target": "people"}, "books", {"authorId": "bigInt"}),
        ("people", {"name": "books", "type": "hasMany", "target": "books"}, "books", {"personId": "bigInt"}),
        ("people", {"name": "favourite", "type": "belongsTo", "target": "books"}, "people", {"favouriteId": "uuid"}),
        ("blog_posts", {"name": "cover", "type": "hasOne", "target": "people"}, "people", {"blogPostId": "bigInt"}),
        (
            "blog_posts",
            {"name": "same", "type": "hasMany", "target": "people", "sourceKey": "code", "foreignKey": "code"},
            *("people", {"code": "string"}),
        ),
        ("books", {"name": "readers", "type": "belongsToMany", "target": "people"}, "booksPeople", {"bookId": "uuid", "personId": "bigInt"}),
        ("people", {"name": "friends", "type": "belongsToMany", "target": "people"}, "peoplePeople", {"personId": "bigInt", "otherPersonId": "bigInt"}),
        ("people", {"name": "tags", "type": "belongsToArray", "target": "books"}, "people", {"tagIds": "array"}),
    ]  # fmt: skip
    for collection, definition, holder, expected in cases:
        reply = await api.post(f"collections/{collection}/fields:create", definition)
        assert reply.status == 200, reply.body
        fields = {
            each["name"]: each for each in (await api.get(f"collections/{holder}/fields:list")).data
        }
        for name, kind in expected.items():
            assert fields[name]["type"] == kind, definition
            assert fields[name]["isForeignKey"] is True


async def test_a_reverse_field_is_the_other_side(api: Client) -> None:
    await api.collection("categories", {"name": "title", "type": "string"})
    await api.collection("tags", {"name": "name", "type": "string"})
    await api.collection("posts", {"name": "title", "type": "string"})
    for definition, target, reverse in (
        ({"name": "category", "type": "belongsTo", "target": "categories"}, "categories", "posts"),
        ({"name": "tags", "type": "belongsToMany", "target": "tags"}, "tags", "posts"),
        ({"name": "parts", "type": "hasMany", "target": "posts"}, "posts", "whole"),
    ):
        sent = {**definition, "reverseField": {"name": reverse, "uiSchema": {"title": "back"}}}
        _ = (await api.post("collections/posts/fields:create", sent)).data
        back = (await api.get(f"collections/{target}/fields:get/{reverse}")).data
        assert back["target"] == "posts"
        assert back["uiSchema"] == {"title": "back"}
    body = {"title": "a", "category": {}, "tags": [{}], "parts": [{"title": "b"}]}
    made = (await api.post("posts:create", body)).data

    for path in (
        f"categories/{made['categoryId']}/posts:list",
        f"tags/{made['tags'][0]['id']}/posts:list",
        f"posts/{made['parts'][0]['id']}/whole:list",
    ):
        assert [each["id"] for each in (await api.get(path)).data] == [made["id"]], path


PENDING: list[tuple[dict[str, Any], Any]] = [
    ({"name": "later", "type": "belongsTo"}, {"name": "n"}),
    ({"name": "later", "type": "hasOne"}, {"name": "n"}),
    ({"name": "later", "type": "hasMany"}, [{"name": "n"}]),
    ({"name": "later", "type": "belongsToMany"}, [{"name": "n"}]),
    ({"name": "later", "type": "belongsToArray"}, [{"name": "n"}]),
]


@pytest.mark.parametrize(
    "key",
    [
        {"name": "id", "type": "snowflakeId", "primaryKey": True},
        {"name": "code", "type": "uid", "primaryKey": True},
        {"name": "ref", "type": "uuid", "primaryKey": True},
    ],
    ids=["snowflakeId", "uid", "uuid"],
)
@pytest.mark.parametrize(("definition", "value"), PENDING, ids=[c[0]["type"] for c in PENDING])
async def test_an_association_waits_for_its_target(
    blog: Client, fresh: Fresh, definition: dict[str, Any], value: Any, key: dict[str, Any]
) -> None:
    first, later = fresh("firsts"), fresh("laters")
    sent = {**definition, "target": later, "reverseField": {"name": "firsts"}}
    if definition["type"] == "belongsToArray":
        del sent["reverseField"]
    await blog.collection(first, sent)
    made = (await blog.post(f"{first}:create", {"later": value})).data
    assert "later" not in made
    assert (await blog.get(f"{first}:list", appends="later")).status == 200
    assert (await blog.get(f"{first}/{made['id']}/later:list")).status == 404
    assert (await blog.get(f"{first}:list", filter={"later": 1})).codes == ["INVALID_FILTER"]

    name = {"name": "name", "type": "string"}
    _ = (await blog.post("collections:create", {"name": later, "fields": [key, name]})).data
    linked = (await blog.post(f"{first}:create", {"later": value})).data
    record = (await blog.get(f"{first}:get/{linked['id']}", appends="later")).data
    member = record["later"][0] if isinstance(value, list) else record["later"]
    assert member["name"] == "n"
    assert member[key["name"]]
    if "reverseField" in sent:
        back = (await blog.get(f"{later}/{member[key['name']]}/firsts:list")).data
        assert [each["id"] for each in back] == [linked["id"]]


async def test_an_association_goes_on_waiting_for_what_fits(api: Client) -> None:
    await api.collection("posts", {"name": "category", "type": "belongsTo", "target": "categories"})
    await api.collection("categories", {"name": "title", "type": "string"})
    post_ = (await api.post("posts:create", {"category": {"title": "a"}})).data
    _ = (await api.post("collections:destroy/categories")).data
    # The keys that posts have are numbers; these are not.
    other = {"name": "categories", "fields": [{"name": "id", "type": "uuid", "primaryKey": True}]}
    _ = (await api.post("collections:create", other)).data

    record = (await api.get(f"posts:get/{post_['id']}", appends="category")).data
    assert record["categoryId"] == post_["categoryId"]
    assert "category" not in record
    assert (await api.get("posts:list", filter={"category.title": "a"})).status == 400


async def test_pairs_may_be_a_collection_of_their_own(api: Client) -> None:
    await api.collection("tags", {"name": "name", "type": "string"})
    await api.collection("taggings", {"name": "weight", "type": "integer"})
    tags = {"name": "tags", "type": "belongsToMany", "target": "tags", "through": "taggings"}
    await api.collection("posts", tags)
    body = {"tags": [{"name": "x", "taggings": {"weight": 3}}]}
    made = (await api.post("posts:create", body)).data

    [tagging] = (await api.get("taggings:list")).data
    assert (tagging["postId"], tagging["weight"]) == (made["id"], 3)
    assert tagging["createdById"] == made["createdById"]
    assert (await api.post(f"posts:destroy/{made['id']}")).data == 1
    assert (await api.get("taggings:list")).data == []
