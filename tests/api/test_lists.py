"""Lists: pages, counts, order, and what of each record is shown (wire contract, 1.3 and 1.5)."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ensuite.server.app import Ensuite
from tests.client import Client


@pytest.fixture(scope="module")
async def library(shared: Client) -> Client:
    """Books 0 to 24 with their authors, publishers, tags and pages."""
    await shared.collection("countries", {"name": "name", "type": "string"})
    await shared.collection(
        "authors",
        {"name": "name", "type": "string"},
        {"name": "pin", "type": "password"},
        {"name": "country", "type": "belongsTo", "target": "countries"},
        {"name": "books", "type": "hasMany", "target": "books", "sortBy": ["-number"]},
        {"name": "desk", "type": "hasOne", "target": "desks"},
    )
    await shared.collection("desks", {"name": "room", "type": "string"})
    await shared.collection("tags", {"name": "name", "type": "string"})
    await shared.collection(
        "books",
        {"name": "title", "type": "string"},
        {"name": "number", "type": "integer"},
        {"name": "author", "type": "belongsTo", "target": "authors"},
        {"name": "tags", "type": "belongsToMany", "target": "tags", "through": "bookTags"},
        {"name": "marks", "type": "belongsToArray", "target": "tags"},
    )
    note = {"name": "note", "type": "string"}
    _ = (await shared.post("collections/bookTags/fields:create", note)).data
    hidden = {"name": "pin", "type": "string", "hidden": True, "defaultValue": "1"}
    _ = (await shared.post("collections/bookTags/fields:create", hidden)).data
    tags = [e["id"] for e in (await shared.post("tags:create", [{"name": n} for n in "xyz"])).data]
    authors = [
        (
            await shared.post(
                "authors:create", {"name": n, "country": {"name": c}, "desk": {"room": n * 2}}
            )
        ).data["id"]
        for n, c in (("Ann", "no"), ("Bob", "mx"), ("Cy", "ar"))
    ]
    books: list[dict[str, Any]] = [
        {
            "title": f"book {number % 5}",
            "number": number,
            "marks": tags[: number % 3],
            "author": authors[number % 3] if number < 20 else None,
            "tags": [{"id": tag, "bookTags": {"note": f"{number}"}} for tag in tags[: number % 4]],
        }
        for number in range(25)
    ]
    _ = (await shared.post("books:create", books)).data
    return shared


async def numbers(api: Client, **params: Any) -> list[int]:
    return [each["number"] for each in (await api.get("books:list", **params)).data]


# --- pages --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "meta", "first", "size"),
    [
        ("", {"count": 25, "page": 1, "pageSize": 20, "totalPage": 2}, 0, 20),
        ("page=2", {"count": 25, "page": 2, "pageSize": 20, "totalPage": 2}, 20, 5),
        ("page=3", {"count": 25, "page": 3, "pageSize": 20, "totalPage": 2}, None, 0),
        ("pageSize=5", {"count": 25, "page": 1, "pageSize": 5, "totalPage": 5}, 0, 5),
        ("pageSize=5&page=5", {"count": 25, "page": 5, "pageSize": 5, "totalPage": 5}, 20, 5),
        ("pageSize=25", {"count": 25, "page": 1, "pageSize": 25, "totalPage": 1}, 0, 25),
        ("pageSize=26", {"count": 25, "page": 1, "pageSize": 26, "totalPage": 1}, 0, 25),
        ("pageSize=1&page=25", {"count": 25, "page": 25, "pageSize": 1, "totalPage": 25}, 24, 1),
        ("page=900000000000000", None, None, 0),
        (
            'filter={"number":{"$lt":3}}',
            {"count": 3, "page": 1, "pageSize": 20, "totalPage": 1},
            *(0, 3),
        ),
        (
            'filter={"number":99}',
            {"count": 0, "page": 1, "pageSize": 20, "totalPage": 0},
            *(None, 0),
        ),
        ("paginate=true", {"count": 25, "page": 1, "pageSize": 20, "totalPage": 2}, 0, 20),
    ],
)
async def test_a_page_says_how_many_there_are(
    library: Client, query: str, meta: dict[str, int] | None, first: int | None, size: int
) -> None:
    body = (await library.call("GET", f"books:list?{query}")).body

    assert len(body["data"]) == size
    assert (body["data"][0]["number"] if size else None) == first
    if meta is not None:
        assert body["meta"] == meta


@pytest.mark.parametrize("query", ["paginate=false", "paginate=0", "paginate=false&page=2"])
async def test_without_pages_there_is_no_meta(library: Client, query: str) -> None:
    body = (await library.call("GET", f"books:list?{query}")).body

    assert body.keys() == {"data"}
    assert len(body["data"]) == 25


async def test_simple_pages_only_say_whether_there_are_more(api: Client) -> None:
    _ = (await api.post("collections:create", {"name": "logs", "simplePaginate": True})).data
    _ = (await api.post("logs:create", [{} for _ in range(5)])).data

    for page, more, size in ((1, True, 2), (2, True, 2), (3, False, 1), (4, False, 0)):
        body = (await api.get("logs:list", page=str(page), pageSize="2")).body
        assert body["meta"] == {"hasNext": more, "page": page, "pageSize": 2}
        assert len(body["data"]) == size
    exact = (await api.get("logs:list", pageSize="5")).body
    assert exact["meta"] == {"hasNext": False, "page": 1, "pageSize": 5}


async def test_pages_of_equal_values_hold_each_record_once(library: Client) -> None:
    for sort in ("title", "-title", "author.name", "-createdAt"):
        seen = [
            number
            for page in range(1, 6)
            for number in await numbers(library, sort=sort, page=str(page), pageSize="5")
        ]
        assert sorted(seen) == list(range(25)), sort


async def test_a_list_may_be_asked_for_by_post(library: Client) -> None:
    reply = await library.post("books:list", {"filter": {"number": 1}}, pageSize="3")

    assert [each["number"] for each in reply.data] == [0, 1, 2]


# --- order --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("-number", [24, 23, 22]),
        ("+number", [0, 1, 2]),
        ("title,-number", [20, 15, 10]),
        (["title", "-number"], [20, 15, 10]),
        ('["title","-number"]', [20, 15, 10]),
        ("-title,number", [4, 9, 14]),
        ("author.name,number", [0, 3, 6]),
        ("author.country.name,number", [2, 5, 8]),
        ("author.desk.room,-number", [18, 15, 12]),
        ("-author.name,number", [20, 21, 22]),
        ("", [0, 1, 2]),
        ("marks", None),
    ],
)
async def test_records_are_ordered(library: Client, sort: Any, expected: list[int] | None) -> None:
    reply = await library.get(
        "books:list", **{"sort[]" if isinstance(sort, list) else "sort": sort}
    )

    if expected is None:
        assert reply.codes == ["UNKNOWN_FIELD"]
    else:
        assert [each["number"] for each in reply.data][:3] == expected


# --- what is shown ------------------------------------------------------------------------

ALL = {
    *("id", "createdAt", "updatedAt", "createdById", "updatedById"),
    *("title", "number", "authorId", "markIds"),
}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ALL),
        ("fields=title", {"title"}),
        ("fields[]=title&fields[]=number", {"title", "number"}),
        ("fields=title,id&except=id", {"title"}),
        ("except=title", ALL - {"title"}),
        ("except[]=title&except[]=nope", ALL - {"title"}),
        ("fields=author", {"author"}),
        ("fields=title,author", {"title", "author"}),
        ("fields=title,author.name", {"title", "author"}),
        ("fields=author.name", {"author"}),
        ("appends=author", ALL | {"author"}),
        ("appends=author,tags&except=tags", ALL | {"author"}),
        ("appends=author.name&except=author", ALL),
        ("fields=title&appends=author", {"title", "author"}),
        ("appends=nope", ALL),
        ("appends=title", ALL),
        ("appends=author.nope", ALL | {"author"}),
    ],
)
@pytest.mark.parametrize("action", ["list", "get"])
async def test_a_request_chooses_what_is_shown(
    library: Client, query: str, expected: set[str], action: str
) -> None:
    data = (await library.call("GET", f"books:{action}?{query}")).data
    record = data[0] if action == "list" else data

    assert record.keys() == expected


@pytest.mark.parametrize(
    ("query", "path", "expected"),
    [
        ("fields=title,author.name", ["author"], {"name"}),
        ("appends=author.name", ["author"], {"name"}),
        ("appends=author.name,author.id", ["author"], {"name", "id"}),
        ("appends=author&except=author.name", ["author"], {"id", "countryId"}),
        ("appends=author,author.name", ["author"], {"name", "id", "countryId"}),
        ("appends=author.country", ["author"], {"name", "id", "country"}),
        ("appends=author.country.name", ["author", "country"], {"name"}),
        ("appends=author.country&except=author.country.id", ["author", "country"], {"name"}),
        ("appends=author.desk.room,author.country.name", ["author"], {"desk", "country"}),
        ("appends=tags.name", ["tags", 0], {"name", "bookTags"}),
        ("appends=tags", ["tags", 0, "bookTags"], {"bookId", "tagId", "note"}),
        ("appends=marks.name", ["marks", 0], {"name"}),
        ("appends=author.books.tags.name", ["author", "books", 0, "tags", 0], {"name", "bookTags"}),
        ("appends=author.books(recursively=true)", ["author", "books", 0], {"title", "number"}),
    ],
)
async def test_nested_records_are_chosen_as_well(
    library: Client, query: str, path: list[Any], expected: set[str]
) -> None:
    at = (await library.call("GET", f"books:get?filter[number]=13&{query}")).data
    for step in path:
        at = at[step]

    shown = at.keys() - {"createdAt", "updatedAt", "createdById", "updatedById"}
    assert expected <= shown
    assert "pin" not in shown
    if "." in query.partition("&")[0] and "recursively" not in query and "country" not in expected:
        assert shown == expected


async def test_appends_are_what_the_associations_hold(library: Client) -> None:
    query = {"appends": "author.country,author.desk,author.books,tags,marks", "sort": "number"}
    books = (await library.get("books:list", pageSize="25", **query)).data

    for number, book in enumerate(books):
        author = book["author"]
        if number >= 20:
            assert author is None
            continue
        assert author["name"] == ("Ann", "Bob", "Cy")[number % 3]
        assert author["country"]["name"] == ("no", "mx", "ar")[number % 3]
        assert author["desk"]["room"] == author["name"] * 2
        assert [each["number"] for each in author["books"]] == [
            each for each in range(19, -1, -1) if each % 3 == number % 3
        ]
        assert [each["name"] for each in book["tags"]] == list("xyz")[: number % 4]
        assert [each["bookTags"]["note"] for each in book["tags"]] == [f"{number}"] * (number % 4)
        assert [each["name"] for each in book["marks"]] == list("xyz")[: number % 3]


async def test_two_associations_of_one_name_are_two(api: Client) -> None:
    """Statements are shared between requests, never between associations."""
    await api.collection("tags", {"name": "name", "type": "string"})
    for name in ("posts", "pages"):
        await api.collection(
            name,
            {
                "name": "tags",
                "type": "belongsToMany",
                "target": "tags",
                "foreignKey": "ownerId",
                "otherKey": "tagId",
                "through": f"{name}Tags",
            },
        )
        _ = (await api.post(f"{name}:create", {"id": 1, "tags": [{"name": name}]})).data

    for name in ("posts", "pages"):
        record = (await api.get(f"{name}:get/1", appends="tags")).data
        assert [each["name"] for each in record["tags"]] == [name]
        assert (await api.post(f"{name}/1/tags:set", [])).status == 200
        assert (await api.get(f"{name}:get/1", appends="tags")).data["tags"] == []


# --- how many statements it takes ---------------------------------------------------------


@pytest.fixture
async def statements(
    shared_ensuite: Ensuite, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[str]]:
    """The statements on collections that the server's pool has run since."""
    run: list[str] = []
    fetch = shared_ensuite.database.fetch

    async def noted(sql: str, *arguments: Any) -> Any:
        if "public." in sql:
            run.append(sql)
        return await fetch(sql, *arguments)

    monkeypatch.setattr(shared_ensuite.database, "fetch", noted)
    yield run


@pytest.mark.parametrize(
    ("appends", "expected"),
    [
        ("", 1),
        ("author", 2),
        ("tags", 2),
        ("marks", 2),
        ("author,tags", 3),
        ("author.country", 3),
        ("author.country,author.desk,author.books.tags,tags,marks", 8),
    ],
)
@pytest.mark.parametrize("size", [1, 20])
async def test_a_level_of_appends_is_one_statement_however_many_records(
    library: Client, statements: list[str], appends: str, expected: int, size: int
) -> None:
    given = json.dumps({"number": 13} if size == 1 else {"number.$lt": size})
    reply = await library.get("books:list", appends=appends, filter=given, pageSize="25")

    assert len(reply.data) == size
    assert len(statements) == expected, statements


@pytest.mark.parametrize(
    ("page", "size", "found", "expected"),
    [(1, 5, 5, 1), (1, 100, 25, 1), (2, 20, 5, 1), (2, 7, 7, 1), (9, 5, 0, 2)],
)
async def test_a_page_and_the_count_are_one_statement_unless_the_page_is_past_the_end(
    library: Client, statements: list[str], page: int, size: int, found: int, expected: int
) -> None:
    reply = await library.get("books:list", page=str(page), pageSize=str(size))
    assert len(reply.data) == found
    assert reply.body["meta"]["count"] == 25
    assert len(statements) == expected


async def test_nothing_is_counted_where_nobody_asks(library: Client, statements: list[str]) -> None:
    assert len(await numbers(library, paginate="false")) == 25
    assert ["count(" in each for each in statements] == [False]


@pytest.mark.parametrize(("size", "counted"), [(20, True), (30, False)])
async def test_a_first_page_that_is_not_full_tells_the_count_itself(
    library: Client, shared_ensuite: Ensuite, statements: list[str], *, size: int, counted: bool
) -> None:
    _ = await library.get("books:list", pageSize=str(size))
    plan = await shared_ensuite.database.fetch(f"EXPLAIN (ANALYZE, TIMING off) {statements[0]}")
    [counting] = [row[0] for row in plan if "on books books_1" in row[0]]
    assert ("never executed" not in counting) is counted


async def test_what_nobody_may_append_at_once_is_refused(library: Client) -> None:
    paths = [".".join(["author", "books"] * 3), ".".join(["author", "books"] * 4)]
    shallow = await library.get("books:list", appends=paths[0], filter={"number": 1}, fields="id")
    assert shallow.status == 200
    deep = await library.get("books:list", appends=paths[1])
    assert deep.codes == ["INVALID_PARAMETER"]
