"""Filters at random: any JSON is an error or a query, and a valid one finds what it says."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.schema import CreateSchema, CreateTable

from ensuite.data.dates import Zone
from ensuite.data.filters import ACCEPT_NULL, EVERYTHING, Parser
from ensuite.data.operators import operators
from ensuite.data.query import Query, Selection, Statements
from ensuite.data.reading import Reader
from ensuite.data.statements import compiled
from ensuite.errors import EnsuiteError
from ensuite.schema.catalog import Catalog, load_field_types, make_catalog, make_collection
from ensuite.schema.field import make_field

load_field_types()

ZONE = Zone(UTC, datetime(2026, 3, 14, 15, tzinfo=UTC))

Row = Mapping[str, Any]

CATEGORIES: Sequence[Row] = (
    {"id": 1, "title": "a", "rank": 1},
    {"id": 2, "title": "ab", "rank": None},
    {"id": 3, "title": None, "rank": 2},
)
POSTS: Sequence[Row] = (
    {"id": 1, "title": "a", "views": 1, "done": True, "categoryId": 1},
    {"id": 2, "title": "A%b", "views": 2, "done": False, "categoryId": 2},
    {"id": 3, "title": "", "views": None, "done": None, "categoryId": 3},
    {"id": 4, "title": None, "views": 0, "done": None, "categoryId": None},
    {"id": 5, "title": "ab", "views": 2, "done": True, "categoryId": 1},
    {"id": 6, "title": "b_", "views": -1, "done": False, "categoryId": 99},
)
NOTES: Sequence[Row] = (
    {"id": 1, "text": "a", "postId": 1},
    {"id": 2, "text": "b", "postId": 1},
    {"id": 3, "text": None, "postId": 2},
    {"id": 4, "text": "b", "postId": 5},
    {"id": 5, "text": "a", "postId": None},
)


def catalog() -> Catalog:
    key = {"name": "id", "type": "bigInt", "primaryKey": True}
    categories = (key, {"name": "title", "type": "string"}, {"name": "rank", "type": "integer"})
    posts = (
        *(key, {"name": "title", "type": "string"}, {"name": "views", "type": "integer"}),
        *({"name": "done", "type": "boolean"}, {"name": "meta", "type": "json"}),
        *({"name": "labels", "type": "array"}, {"name": "at", "type": "date"}),
        {"name": "categoryId", "type": "bigInt"},
        {
            "name": "category",
            "type": "belongsTo",
            "target": "categories",
            "foreignKey": "categoryId",
            "targetKey": "id",
        },
        {
            "name": "notes",
            "type": "hasMany",
            "target": "notes",
            "foreignKey": "postId",
            "sourceKey": "id",
            "targetKey": "id",
        },
    )
    notes = (key, {"name": "text", "type": "string"}, {"name": "postId", "type": "bigInt"})
    return make_catalog(
        1,
        [
            make_collection({"name": name}, map(make_field, fields))
            for name, fields in (("categories", categories), ("posts", posts), ("notes", notes))
        ],
    )


CATALOG = catalog()


@pytest.fixture
async def reader(connection: asyncpg.Connection) -> AsyncIterator[Reader]:
    """Reads the rows above, in a schema that is gone with the transaction."""
    transaction = connection.transaction()
    await transaction.start()
    _ = await connection.execute(compiled(CreateSchema("public", if_not_exists=True)).sql)
    for name, rows in (("categories", CATEGORIES), ("posts", POSTS), ("notes", NOTES)):
        table = CATALOG[name].table
        _ = await connection.execute(compiled(CreateTable(table)).sql)
        for row in rows:
            values = {table.c[each]: sa.bindparam(f"v_{each}") for each in row}
            insert = compiled(sa.insert(table).values(values))
            arguments = insert.arguments({f"v_{each}": value for each, value in row.items()})
            _ = await connection.execute(insert.sql, *arguments)
    yield Reader(CATALOG, Statements(CATALOG), Savepoints(connection))
    await transaction.rollback()


class Savepoints:
    """The connection in a transaction that goes on when a statement fails."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, /, *arguments: Any) -> list[asyncpg.Record]:
        async with self._connection.transaction():
            return await self._connection.fetch(sql, *arguments)


async def found(reader: Reader, filter_: object) -> list[int]:
    condition = Parser(CATALOG, ZONE).parse(CATALOG["posts"], filter_)
    records = await reader.find(CATALOG["posts"], Query(Selection(("id",)), condition))
    return [record["id"] for record in records]


# One connection serves all examples: they only read.
reading = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=300,
    deadline=None,
)

# --- any JSON at all ----------------------------------------------------------------------

_names = ["id", "title", "views", "done", "meta", "labels", "at", "category", "notes", "rank", "x"]
_keys = st.one_of(
    st.sampled_from([*_names, *operators, "$and", "$or", "$not"]),
    st.lists(st.sampled_from([*_names, *operators]), min_size=2, max_size=3).map(".".join),
    st.text(max_size=4),
)
_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=6),
    st.sampled_from(["2026-03", "[2026,2027)", "true", "5", "(", "\\", "%", "\0", "{{$nRole}}"]),
    st.sampled_from([{"type": "today"}, {"type": "past", "number": 3, "unit": "day"}]),
)
_json = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3),
    max_leaves=12,
)


@reading
@given(_json | st.dictionaries(_keys, _json, max_size=3))
async def test_any_json_is_an_error_or_a_query(reader: Reader, filter_: object) -> None:
    try:
        ids = await found(reader, filter_)
    except EnsuiteError as error:
        assert error.status == 400, error
        assert error.message
    else:
        assert set(ids) <= {row["id"] for row in POSTS}


# --- what a valid filter says -------------------------------------------------------------

_texts = st.sampled_from(["a", "ab", "A%b", "%", "_", "b", ""])
_numbers = st.integers(-2, 3)
_text_conditions = st.one_of(
    _texts,
    st.none(),
    st.lists(_texts | st.none(), max_size=3),
    st.fixed_dictionaries({"$ne": _texts | st.none()}),
    st.fixed_dictionaries({"$notIn": st.lists(_texts | st.none(), max_size=3)}),
    st.dictionaries(
        st.sampled_from(["$includes", "$notIncludes", "$startsWith", "$notEndWith"]),
        _texts,
        min_size=1,
        max_size=2,
    ),
    st.sampled_from([{}, {"$empty": True}, {"$notEmpty": True}, {"$exists": True}]),
)
_number_conditions = st.one_of(
    _numbers,
    st.none(),
    st.lists(_numbers | st.none(), max_size=3),
    st.dictionaries(
        st.sampled_from(["$gt", "$gte", "$lt", "$lte", "$eq", "$ne"]),
        _numbers,
        min_size=1,
        max_size=2,
    ),
    st.fixed_dictionaries({"$between": st.tuples(_numbers, _numbers).map(list)}),
    st.sampled_from([{"$notExists": True}, {"$isNot": None}, {"$ne": None}]),
)
_flag_conditions = st.sampled_from(
    [True, False, None, {"$isTruly": True}, {"$isFalsy": True}, {"$ne": True}, {"$is": False}]
)


def _merged(filters: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {name: operand for each in filters for name, operand in each.items()}


def _groups(
    fields: Mapping[str, st.SearchStrategy[Any]],
) -> st.SearchStrategy[dict[str, Any]]:
    one = st.one_of([st.fixed_dictionaries({name: each}) for name, each in fields.items()])
    plain = st.one_of(one, one, st.lists(one, max_size=2).map(_merged))
    return st.recursive(
        plain,
        lambda inner: st.one_of(
            st.fixed_dictionaries({"$and": st.lists(inner, max_size=3)}),
            st.fixed_dictionaries({"$or": st.lists(inner, max_size=3)}),
            st.fixed_dictionaries({"$not": inner}),
            st.tuples(plain, st.fixed_dictionaries({"$or": st.lists(inner, max_size=2)})).map(
                lambda both: both[0] | both[1]
            ),
        ),
        max_leaves=4,
    )


_categories = _groups({"title": _text_conditions, "rank": _number_conditions})
_notes = _groups({"text": _text_conditions})
_posts = _groups(
    {
        "title": _text_conditions,
        "views": _number_conditions,
        "done": _flag_conditions,
        "category": _categories,
        "notes": _notes,
    }
)


def says(row: Row, filter_: Mapping[str, Any]) -> bool | None:
    """Whether a row matches; None: the filter says nothing."""
    verdicts: list[bool | None] = []
    for key, operand in filter_.items():
        match key:
            case "$and" | "$or":
                members = [v for each in operand if (v := says(row, each)) is not None]
                join = all if key == "$and" else any
                verdicts.append(join(members) if members else None)
            case "$not":
                inner = says(row, operand)
                verdicts.append(None if inner is None else not inner)
            case "category" | "notes":
                verdicts.append(related(key, row, operand))
            case _:
                verdicts.append(compared(row.get(key), operand))
    known = [each for each in verdicts if each is not None]
    return all(known) if known else None


def related(name: str, row: Row, filter_: Mapping[str, Any]) -> bool | None:
    """One of the associated rows matches, or there is none and an empty one would."""
    if name == "category":
        members = [each for each in CATEGORIES if each["id"] == row.get("categoryId")]
    else:
        members = [each for each in NOTES if each["postId"] == row.get("id")]
    verdicts = [says(each, filter_) for each in members or [{}]]
    return None if None in verdicts else any(verdicts)


def compared(value: Any, operand: Any) -> bool | None:
    if isinstance(operand, list):
        operand = {"$in": operand}
    if not isinstance(operand, dict):
        operand = {"$eq": operand}
    verdicts = [COMPARE[name](value, each) for name, each in operand.items()]
    return all(verdicts) if verdicts else None


def known(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """A comparison that does not hold for a missing value."""
    return lambda value, operand: value is not None and compare(value, operand)


def lower(part: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    return known(lambda value, operand: part(value.lower(), operand.lower()))


COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda value, operand: value == operand,
    "$is": lambda value, operand: value is operand,
    "$in": lambda value, operand: value in operand,
    "$ne": lambda value, operand: value != operand,
    "$isNot": lambda value, operand: value is not operand,
    "$notIn": lambda value, operand: value not in operand,
    "$gt": known(lambda value, operand: value > operand),
    "$gte": known(lambda value, operand: value >= operand),
    "$lt": known(lambda value, operand: value < operand),
    "$lte": known(lambda value, operand: value <= operand),
    "$between": known(lambda value, operand: operand[0] <= value <= operand[1]),
    "$includes": lower(lambda value, part: part in value),
    "$notIncludes": lambda value, part: value is None or part.lower() not in value.lower(),
    "$startsWith": lower(str.startswith),
    "$notEndWith": lambda value, part: value is None or not value.lower().endswith(part.lower()),
    "$empty": lambda value, _: value in (None, ""),
    "$notEmpty": lambda value, _: value not in (None, ""),
    "$exists": lambda value, _: value is not None,
    "$notExists": lambda value, _: value is None,
    "$isTruly": lambda value, _: value is True,
    "$isFalsy": lambda value, _: value is not True,
}


def test_the_operators_of_the_model_accept_null_as_they_say() -> None:
    operands = {"$in": ["a"], "$notIn": ["a"], "$between": [1, 2]}
    accepting = {
        name for name, compare in COMPARE.items() if compare(None, operands.get(name, "a"))
    }

    assert accepting == ACCEPT_NULL & COMPARE.keys()


@reading
@given(_posts)
async def test_a_valid_filter_finds_what_it_says(
    reader: Reader, filter_: Mapping[str, Any]
) -> None:
    expected = [row["id"] for row in POSTS if says(row, filter_) is not False]

    assert await found(reader, filter_) == expected


@reading
@given(_posts)
async def test_a_filter_and_its_negation_share_the_records_out(
    reader: Reader, filter_: Mapping[str, Any]
) -> None:
    if Parser(CATALOG, ZONE).parse(CATALOG["posts"], filter_) == EVERYTHING:
        return
    positive, negative = await found(reader, filter_), await found(reader, {"$not": filter_})

    assert sorted(positive + negative) == [row["id"] for row in POSTS]
