"""Bad input: a clear error, and nothing lost or half-written."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from ensuite.server.app import Ensuite
from tests.client import Client

Fresh = Callable[[str], str]


@pytest.fixture(scope="module")
async def posts(shared: Client) -> Client:
    """Posts, one of which exists: no test of this module succeeds in writing another."""
    await shared.collection("categories", {"name": "title", "type": "string"})
    await shared.collection("tags", {"name": "name", "type": "string", "allowNull": False})
    await shared.collection(
        "posts",
        {"name": "title", "type": "string", "length": 20, "uiSchema": {"title": "Titre"}},
        {"name": "code", "type": "string", "unique": True, "uiSchema": {"title": "Code"}},
        {"name": "name", "type": "string", "allowNull": False, "defaultValue": "x"},
        {"name": "views", "type": "integer"},
        {"name": "size", "type": "bigInt"},
        {"name": "price", "type": "decimal", "precision": 5, "scale": 2},
        {"name": "ratio", "type": "double"},
        {"name": "done", "type": "boolean"},
        {"name": "day", "type": "dateOnly"},
        {"name": "at", "type": "date"},
        {"name": "labels", "type": "array"},
        {"name": "meta", "type": "json"},
        {"name": "ref", "type": "uuid", "autoFill": False},
        {"name": "secret", "type": "string", "hidden": True},
        {"name": "category", "type": "belongsTo", "target": "categories"},
        {"name": "tags", "type": "belongsToMany", "target": "tags"},
        {"name": "parts", "type": "hasMany", "target": "parts"},
        {"name": "labelled", "type": "belongsToArray", "target": "tags"},
        {"name": "owner", "type": "belongsTo", "target": "users"},
    )
    await shared.collection("parts", {"name": "n", "type": "integer"})
    values = {"id": 1, "title": "here", "code": "taken"}
    _ = (await shared.post("posts:create", values)).data
    return shared


async def everything(api: Client) -> list[Any]:
    return [
        (await api.get(f"{name}:list", **{"appends[]": "tags", "pageSize": "100"})).data
        for name in ("posts", "categories", "tags", "parts", "users")
    ]


WHOLE = "must be a whole number between -2,147,483,648 and 2,147,483,647"

BODIES: list[tuple[str, Any, int, str, str]] = [
    ("malformed", b'{"title": ', 400, "MALFORMED_JSON", "the body is not valid JSON"),
    ("two values", b'{"title": "a"}{}', 400, "MALFORMED_JSON", "not valid JSON"),
    ("single quotes", b"{'title': 'a'}", 400, "MALFORMED_JSON", "not valid JSON"),
    ("not UTF-8", b'{"title": "\xff"}', 400, "MALFORMED_JSON", "not valid JSON"),
    ("lone surrogate", b'{"title": "\\ud800"}', 400, "MALFORMED_JSON", "not valid JSON"),
    ("not a number", b'{"ratio": NaN}', 400, "MALFORMED_JSON", "not valid JSON"),
    ("an endless number", b'{"ratio": 1e999}', 400, "MALFORMED_JSON", "not valid JSON"),
    ("text", b'"title"', 400, "MALFORMED_JSON", "only supports object and array"),
    ("a number", b"5", 400, "MALFORMED_JSON", "only supports object and array"),
    ("null", b"null", 400, "MALFORMED_JSON", "only supports object and array"),
    ("no JSON at all", b"title", 400, "MALFORMED_JSON", "not valid JSON"),
    ("too deep", b"[" * 100_000, 400, "MALFORMED_JSON", ""),
    ("too deep in a field", b'{"meta":' + b"[" * 100_000, 400, "MALFORMED_JSON", ""),
    ("array of arrays", [[]], 400, "MALFORMED_JSON", "objects only"),
    ("long array", [{}] * 1_001, 400, "MALFORMED_JSON", "1000 records, not 1001"),
    ("number as text", {"title": 5}, 400, "INVALID_FIELDS", "Titre must be text"),
    ("object as text", {"title": {"a": 1}}, 400, "INVALID_FIELDS", "Titre must be text"),
    ("text is too long", {"title": "x" * 21}, 400, "INVALID_FIELDS", "at most 20 characters"),
    ("NUL in text", {"title": "a\0b"}, 400, "INVALID_FIELDS", "Titre cannot hold"),
    ("NUL in JSON", {"meta": {"a": ["\0"]}}, 400, "INVALID_FIELDS", "meta cannot hold"),
    ("NUL as a key in JSON", {"meta": {"\0": 1}}, 400, "INVALID_FIELDS", "meta cannot hold"),
    ("NUL in a list", {"labels": ["\0"]}, 400, "INVALID_FIELDS", "labels cannot hold"),
    ("text as a number", {"views": "many"}, 400, "INVALID_FIELDS", f"views {WHOLE}"),
    ("a fraction", {"views": 1.5}, 400, "INVALID_FIELDS", f"views {WHOLE}"),
    ("a boolean as a number", {"views": True}, 400, "INVALID_FIELDS", f"views {WHOLE}"),
    ("out of range", {"views": 2**31}, 400, "INVALID_FIELDS", f"views {WHOLE}"),
    ("far out of range", {"size": 10**40}, 400, "INVALID_FIELDS", "size must be a whole number"),
    ("decimal out of range", {"price": 1000}, 400, "INVALID_FIELDS", "-999.99 and 999.99"),
    ("no number", {"ratio": "1,5"}, 400, "INVALID_FIELDS", "ratio must be a number"),
    ("no boolean", {"done": "yes"}, 400, "INVALID_FIELDS", "done must be true or false"),
    ("no date", {"day": "2026-02-30"}, 400, "INVALID_FIELDS", "day must be a date"),
    ("no moment", {"at": "tomorrow"}, 400, "INVALID_FIELDS", "at must be a date and time"),
    ("no list", {"labels": "a,b"}, 400, "INVALID_FIELDS", "labels must be a list"),
    ("no UUID", {"ref": "0f8f"}, 400, "INVALID_FIELDS", "ref must be a UUID"),
    ("no key", {"id": "x"}, 400, "INVALID_FIELDS", "id must be a whole number"),
    ("a key beyond 2^53", {"id": 2**53}, 400, "INVALID_FIELDS", "id must be a whole number"),
    ("unique", {"code": "taken"}, 400, "UNIQUE_VIOLATION", "Code already exists"),
    ("not null", {"name": None}, 400, "NOT_NULL_VIOLATION", "name cannot be null"),
    ("no such category", {"category": 5}, 400, "ASSOCIATION_TARGET_MISSING", "has no record 5"),
    ("no such tag", {"tags": [5, "6"]}, 400, "ASSOCIATION_TARGET_MISSING", "has no record 5"),
    ("no such label", {"labelled": [5]}, 400, "ASSOCIATION_TARGET_MISSING", "has no record 5"),
    ("no such part", {"parts": [5]}, 400, "ASSOCIATION_TARGET_MISSING", "has no record 5"),
    ("no such owner", {"owner": 5}, 400, "ASSOCIATION_TARGET_MISSING", "has no record 5"),
    ("no key of a category", {"category": "x"}, 400, "INVALID_FIELDS", "category: the key must"),
    ("yes as a category", {"category": True}, 400, "INVALID_FIELDS", "category: the key must"),
    (
        "an array of categories",
        {"category": []},
        400,
        "INVALID_FIELDS",
        "cannot be in array format",
    ),
    ("nested array", {"tags": [[1]]}, 400, "INVALID_FIELDS", "tags: the key must"),
    ("wrong nested field", {"category": {"title": 5}}, 400, "INVALID_FIELDS", "title must be text"),
    (
        "nested null",
        {"tags": [{"name": "a"}, {}]},
        400,
        "NOT_NULL_VIOLATION",
        "name cannot be null",
    ),
    ("the same tag twice", {"tags": [{"id": 3, "name": "a"}] * 2}, 400, "UNIQUE_VIOLATION", "id"),
    ("a new user", {"owner": {"nickname": "x"}}, 400, "INVALID_FIELDS", "can only be linked"),
    ("too many", {"tags": list(range(5_001))}, 400, "INVALID_FIELDS", "5000 associated records"),
]


@pytest.mark.parametrize("action", ["create", "update/1", "firstOrCreate", "updateOrCreate"])
@pytest.mark.parametrize(
    ("sent", "status", "code", "word"),
    [case[1:] for case in BODIES],
    ids=[case[0].replace(" ", "-") for case in BODIES],
)
async def test_a_bad_body_is_refused_and_nothing_is_written(
    posts: Client, action: str, sent: Any, status: int, code: str, word: str
) -> None:
    if action == "update/1" and sent == {"code": "taken"}:
        sent = {"code": "taken", "id": 5}
        action = "create"
    if isinstance(sent, list) and action != "create":
        code, word = "MALFORMED_JSON", "one object, not an array"
    before = await everything(posts)
    content = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    query = "?filterKeys=day&filterKeys=title" if "Create" in action else ""
    reply = await posts.call(
        "POST",
        f"posts:{action}{query}",
        content=content,
        headers={"Content-Type": "application/json"},
    )

    assert reply.status == status, reply.body
    if "Create" not in action:
        assert (reply.body["code"], word in reply.body["detail"]) == (code, True), reply.body
    assert reply.headers["content-type"] == "application/problem+json"
    assert all(error["message"] for error in reply.body["errors"])
    assert await everything(posts) == before


async def test_all_offending_fields_are_told_at_once(posts: Client) -> None:
    sent = {"title": 1, "views": "x", "name": "fine", "done": 2, "day": 5, "labels": {}}
    reply = await posts.post("posts:create", sent)

    assert [(each["field"], each["code"]) for each in reply.body["errors"]] == [
        (name, "INVALID_FIELD") for name in ("title", "views", "done", "day", "labels")
    ]


async def test_all_missing_targets_are_told_at_once(posts: Client) -> None:
    reply = await posts.post("posts:create", {"tags": [7, 8]})

    assert [each["message"] for each in reply.body["errors"]] == [
        "tags: 'tags' has no record 7",
        "tags: 'tags' has no record 8",
    ]


@pytest.mark.parametrize(
    ("content_type", "content", "status"),
    [
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("text/plain", b"title", 400),
        ("application/x-www-form-urlencoded", b"views=many", 400),
        ("application/x-www-form-urlencoded", b"title=%00", 400),
        ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 1_001), 400),
    ],
)
async def test_a_body_of_another_type(
    posts: Client, content_type: str, content: bytes, status: int
) -> None:
    before = await everything(posts)
    reply = await posts.call(
        "POST", "posts:create", content=content, headers={"Content-Type": content_type}
    )

    assert reply.status == status
    assert await everything(posts) == before


async def test_a_body_over_the_limit_is_refused(posts: Client, shared_ensuite: Ensuite) -> None:
    limit = shared_ensuite.settings.body_limit
    reply = await posts.post("posts:create", {"title": "x" * limit})

    assert (reply.status, reply.codes) == (413, ["PAYLOAD_TOO_LARGE"])
    assert (await posts.get("posts:list")).body["meta"]["count"] == 1


# --- addresses and parameters -------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nope:list", 404),
        ("POST", "nope:create", 404),
        ("GET", "nope", 404),
        ("GET", "posts:nope", 404),
        ("POST", "posts:count", 404),
        ("POST", "posts:add", 404),
        ("POST", "posts/1", 404),
        ("GET", "posts/1/nope:list", 404),
        ("GET", "posts/1/title:list", 404),
        ("GET", "posts.nope:list", 404),
        ("POST", "posts.tags:create", 400),
        ("GET", "posts.tags:list", 400),
        ("GET", "posts/x/tags:list", 400),
        ("GET", "posts/%7B/tags:list", 400),
        ("GET", "posts/%00/tags:list", 400),
        ("POST", "posts/99/tags:create", 400),
        ("POST", "posts/99/tags:add", 400),
        ("POST", "posts/_/tags:add", 400),
        ("POST", "posts/1/owner:create", 404),
        ("POST", "posts/1/owner:update", 404),
        ("POST", "posts/1/owner:destroy", 404),
        ("POST", "users/1/roles:add", 404),
        ("POST", "rolesUsers:create", 404),
        ("GET", "flow_nodes_x:list", 404),
        ("GET", '";DROP TABLE posts;--:list', 404),
        ("GET", "posts:create", 405),
        ("GET", "posts/1/tags:add", 405),
        ("GET", "posts:get/x", 400),
        ("GET", "posts:get/99999999999999999999999", 400),
        ("GET", "posts:get/-9223372036854775809", 400),
        ("GET", "posts:get/1.5", 400),
        ("GET", "posts:get/%00", 400),
        ("GET", "posts:get/%FF", 400),
        ("GET", "posts:get/%7B%22a", 400),
        ("GET", "posts:get/%5B1,%22x%22%5D", 400),
        ("GET", "posts:get/%5B%5B1%5D%5D", 400),
        ("GET", "posts:get/" + "1" * 9_000, 400),
        ("GET", "posts:get?filterByTk[x]=1", 400),
        ("GET", "posts:get?filterByTk=" + json.dumps(list(range(1_001))), 400),
        ("GET", "posts:list?page=0", 400),
        ("GET", "posts:list?page=-1", 400),
        ("GET", "posts:list?page=x", 400),
        ("GET", "posts:list?page=99999999999999999", 400),
        ("GET", "posts:list?page[a]=1", 400),
        ("GET", "posts:list?pageSize=0", 400),
        ("GET", "posts:list?pageSize=abc", 400),
        ("GET", "posts:list?pageSize=5001", 400),
        ("GET", "posts:list?sort=nope", 400),
        ("GET", "posts:list?sort=nope.title", 400),
        ("GET", "posts:list?sort=category", 400),
        ("GET", "posts:list?sort=category.nope", 400),
        ("GET", "posts:list?sort=tags.name", 400),
        ("GET", "posts:list?sort=title;DROP TABLE posts", 400),
        ("GET", 'posts:list?sort=title" desc, (select 1) --', 400),
        ("GET", "posts:list?sort=title desc", 400),
        ("GET", "posts:list?sort=-", 400),
        ("GET", "posts:list?sort=secret", 400),
        ("GET", "posts:list?sort=owner.password", 400),
        ("GET", "posts:list?sort=" + "owner." * 2_000 + "id", 400),
        ("GET", "posts:list?sort=" + ",".join(["id"] * 11), 400),
        ("GET", "posts:list?sort[a][b]=c", 400),
        ("GET", "posts:list?fields=nope", 400),
        ("GET", "posts:list?fields=category.nope", 400),
        ("GET", "posts:list?fields=title.nope", 400),
        ("GET", 'posts:list?fields=title" FROM users --', 400),
        ("GET", "posts:list?appends=" + ",".join(f"a{n}" for n in range(41)), 400),
        ("GET", "posts:list?appends=" + ".".join(["category"] * 8), 400),
        ("GET", "posts:list?" + "&".join(["a=1"] * 1_001), 400),
        ("GET", "posts:list?a" + "[b]" * 20 + "=1", 400),
    ],
)
async def test_a_bad_address_or_parameter_is_refused(
    posts: Client, method: str, path: str, status: int
) -> None:
    before = await everything(posts)
    reply = await posts.call(method, path, content=b"{}" if method == "POST" else None)

    assert reply.status == status, reply.body
    assert reply.body["detail"]
    assert await everything(posts) == before


@pytest.mark.parametrize("parameter", ["sort", "filter", "fields"])
async def test_an_unknown_field_is_named(posts: Client, parameter: str) -> None:
    sent = {"nope": 1} if parameter == "filter" else "nope"
    reply = await posts.get("posts:list", **{parameter: sent})

    assert reply.status == 400
    assert "'nope'" in reply.body["detail"]
    assert reply.codes == ["INVALID_FILTER" if parameter == "filter" else "UNKNOWN_FIELD"]


@pytest.mark.parametrize("zone", ["Mars/Phobos", "+99:00", "../../etc/passwd", "Europe"])
async def test_a_time_zone_that_is_none_is_refused(posts: Client, zone: str) -> None:
    reply = await posts.call(
        "GET",
        'posts:list?filter={"at":{"$dateOn":"2026"}}',
        headers={"X-Timezone": zone},
    )

    assert reply.codes == ["INVALID_PARAMETER"]


# --- collections that change while requests run -------------------------------------------


async def test_a_collection_may_go_while_requests_run(api: Client) -> None:
    await api.blog()
    for number in range(5):
        _ = (await api.post("posts:create", {"title": f"{number}", "category": {}})).data

    begun, gone = asyncio.Event(), asyncio.Event()

    async def calls(path: str, method: str = "POST", body: bytes = b"{}") -> set[int]:
        statuses: set[int] = set()
        after = 0
        for _ in range(2_000):
            after += gone.is_set()
            reply = await api.call(method, path, content=body)
            statuses.add(reply.status)
            assert reply.status < 500, reply.body
            begun.set()
            if after == 2:
                break
        return statuses

    async def drop() -> set[int]:
        _ = await begun.wait()
        status = (await api.post("collections:destroy/categories")).status
        gone.set()
        return {status}

    found = await asyncio.gather(
        calls("categories:create"),
        calls("categories:list", "GET"),
        calls("categories:update?forceUpdate=1", body=b'{"title": "x"}'),
        calls("posts:create", body=b'{"title": "x", "category": {"title": "y"}}'),
        calls("posts:list?appends=category&filter[category.title]=y", "GET"),
        calls("categories:destroy?filter[title]=y"),
        drop(),
    )

    assert found[-1] == {200}
    assert 404 in found[0]
    assert (await api.get("categories:list")).status == 404
    assert (await api.post("posts:create", {"title": "still"})).status == 200


async def test_another_process_drops_and_makes_a_collection(api: Client, ensuite: Ensuite) -> None:
    await api.collection("posts", {"name": "title", "type": "string"})
    _ = (await api.post("posts:create", {"title": "a"})).data
    async with ensuite.database.transaction() as tx:
        # What another process commits, before this one has heard of it.
        _ = await tx.execute("DROP TABLE public.posts")
        _ = await tx.execute("DELETE FROM ensuite.fields WHERE collection_name = 'posts'")
        _ = await tx.execute("DELETE FROM ensuite.collections WHERE name = 'posts'")
        _ = await tx.execute("UPDATE ensuite.snapshot SET version = version + 1")

    for method, path, body in (
        ("GET", "posts:list", None),
        ("POST", "posts:create", b"{}"),
        ("POST", "posts:update?forceUpdate=1", b"{}"),
        ("POST", "posts:destroy?truncate=1", b"{}"),
    ):
        reply = await api.call(method, path, content=body)
        assert (reply.status, reply.codes) == (404, ["COLLECTION_NOT_FOUND"]), path


@pytest.mark.parametrize(
    "action", ["create", "update?filterByTk=1", "list", "destroy?filterByTk=1"]
)
async def test_a_column_that_another_process_has_dropped(
    api: Client, ensuite: Ensuite, action: str
) -> None:
    await api.collection("posts", {"name": "a", "type": "string"}, {"name": "b", "type": "string"})
    body = {"id": 1, "a": "x", "b": "y"}
    _ = (await api.post("posts:create", body)).data
    async with ensuite.database.transaction() as tx:
        _ = await tx.execute("ALTER TABLE public.posts DROP COLUMN a")
        _ = await tx.execute(
            "DELETE FROM ensuite.fields WHERE collection_name = 'posts' AND name = 'a'"
        )
        _ = await tx.execute("UPDATE ensuite.snapshot SET version = version + 1")
    reply = await api.post(f"posts:{action}", {"a": "gone", "b": "z"})

    assert reply.status == 200, reply.body
    records = reply.data if isinstance(reply.data, list) else [reply.data]
    assert not any("a" in each for each in records if isinstance(each, dict))
