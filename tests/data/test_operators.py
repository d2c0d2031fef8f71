"""Which rows each filter operator finds, on a real PostgreSQL."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from ensuite.data.dates import Zone
from ensuite.data.operator import EVERY
from ensuite.data.operators import operators
from ensuite.data.statements import compiled
from ensuite.schema.catalog import load_field_types
from ensuite.schema.field import Field, make_field, type_registry

load_field_types()

NOW = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)

TEXTS = ["apple", "Banana", "50% off", "under_score", r"C:\temp", "", None]
NUMBERS = [-5, 0, 7, 70, None]
BOOLEANS = [True, False, None]
LISTS = [["a", "b"], ["b", "a"], ["c"], [1, 2], [], None]
DAYS = ["2025-12-31", "2026-01-01", "2026-03-14", "2026-03-15", "2027-01-01", None]
MOMENTS = [
    "2025-12-31T16:00:00.000Z",
    "2026-01-01T00:00:00.000Z",
    "2026-03-14T15:59:59.999Z",
    "2026-03-14T16:00:00.000Z",
    "2026-12-31T23:59:59.999Z",
    None,
]
WALL_CLOCKS = ["2026-03-13 23:59:59", "2026-03-14 00:00:00", "2026-03-14 23:59:59", None]
SECONDS = ["2026-03-13T23:59:59.000Z", "2026-03-14T00:00:00.000Z", "2026-03-15T00:00:00.000Z", None]


def field(kind: str, **options: Any) -> Field:
    return make_field({"name": "value", "type": kind, **options})


async def found(
    connection: asyncpg.Connection,
    compared: Field,
    rows: Sequence[Any],
    name: str,
    operand: Any,
    zone: str | None = None,
) -> list[Any]:
    """The rows that the operator finds in a table of these, as a client sees them."""
    table = sa.Table(
        "rows",
        sa.MetaData(),
        sa.Column("id", sa.Integer()),
        sa.Column("value", compared.column_type()),
        prefixes=["TEMPORARY"],
    )
    _ = await connection.execute(compiled(CreateTable(table)).sql)
    insert = compiled(
        sa.insert(table).values(
            {each: sa.bindparam(each.name, type_=each.type) for each in table.columns}
        )
    )
    for number, row in enumerate(rows):
        stored = None if row is None else compared.parse(row)
        _ = await connection.execute(insert.sql, *insert.arguments({"id": number, "value": stored}))
    operator = operators[name]
    variant, values = operator.prepare(compared, operand, Zone.named(zone, NOW))
    names = [f"operand{number}" for number in range(len(values))]
    query = compiled(
        sa.select(table.c.value)
        .where(operator.build(table.c.value, variant, names))
        .order_by(table.c.id)
    )
    arguments = query.arguments(dict(zip(names, values, strict=True)))
    return [
        None if value is None else shown(compared, value)
        for (value,) in await connection.fetch(query.sql, *arguments)
    ]


def shown(compared: Field, value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(compared.to_json(value)))


@pytest.mark.parametrize(
    ("kind", "options", "rows"),
    [
        ("string", {}, ["", "é😀", "\\", "'"]),
        ("integer", {}, [-(2**31), 2**31 - 1]),
        ("bigInt", {}, [str(-(2**63)), str(2**63 - 1), 0]),
        ("double", {}, [1.7976931348623157e308, 5e-324, -0.1]),
        ("decimal", {"precision": 1000, "scale": 500}, [f"{'9' * 500}.{'9' * 500}"]),
        ("decimal", {"precision": 3, "scale": 3}, ["-0.999", "0.000"]),
        ("date", {}, ["0002-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"]),
        ("datetimeNoTz", {}, ["0001-01-01 00:00:00", "9999-12-31 23:59:59"]),
        ("dateOnly", {}, ["0001-01-01", "9999-12-31"]),
        ("time", {}, ["00:00:00", "23:59:59"]),
        ("unixTimestamp", {}, ["0002-01-01T00:00:00.000Z", "9999-12-31T23:59:59.000Z"]),
        ("array", {}, [[[], {}, None, 1.5, 2**60, "\\u0000"]]),
        ("json", {}, ["text", 5, False, {"": {"a": [None]}}]),
    ],
)
async def test_extreme_values_come_back_as_they_were(
    connection: asyncpg.Connection, kind: str, options: dict[str, Any], rows: list[Any]
) -> None:
    assert await found(connection, field(kind, **options), rows, "$exists", "true") == rows


@pytest.mark.parametrize(
    ("name", "operand", "expected"),
    [
        ("$eq", "apple", ["apple"]),
        ("$eq", "APPLE", []),
        ("$eq", "", [""]),
        ("$eq", None, [None]),
        ("$eq", ["apple", ""], ["apple", ""]),
        ("$eq", [], []),
        ("$ne", "apple", TEXTS[1:]),
        ("$ne", None, TEXTS[:-1]),
        ("$ne", ["apple", "Banana"], TEXTS[2:]),
        ("$in", ["apple", "pear"], ["apple"]),
        ("$in", ["apple", None], ["apple", None]),
        ("$in", [None], [None]),
        ("$in", [], []),
        ("$in", "apple", ["apple"]),
        ("$notIn", ["apple"], TEXTS[1:]),
        ("$notIn", ["apple", None], TEXTS[1:-1]),
        ("$notIn", [None], TEXTS[:-1]),
        ("$notIn", [], TEXTS),
        ("$gt", "t", ["under_score"]),
        ("$gte", "under_score", ["under_score"]),
        ("$lt", "1", [""]),
        ("$lte", "", [""]),
        ("$between", ["a", "b"], ["apple"]),
        ("$notBetween", ["", "z"], []),
        ("$includes", "AN", ["Banana"]),
        ("$includes", "%", ["50% off"]),
        ("$includes", "_", ["under_score"]),
        ("$includes", "\\", [r"C:\temp"]),
        ("$includes", r"\t", [r"C:\temp"]),
        ("$includes", "", TEXTS[:-1]),
        ("$includes", ["pp", "nan"], ["apple", "Banana"]),
        ("$includes", [], []),
        ("$includes", None, [None]),
        ("$includes", 50, ["50% off"]),
        ("$notIncludes", "AN", ["apple", *TEXTS[2:]]),
        ("$notIncludes", ["pp", "nan", "5"], TEXTS[3:]),
        ("$notIncludes", [], TEXTS),
        ("$notIncludes", None, TEXTS[:-1]),
        ("$startsWith", "b", ["Banana"]),
        ("$startsWith", ["b", "a"], ["apple", "Banana"]),
        ("$startsWith", "%", []),
        ("$notStartsWith", "b", ["apple", *TEXTS[2:]]),
        ("$endWith", "E", ["apple", "under_score"]),
        ("$endWith", "_score", ["under_score"]),
        ("$notEndWith", ["e", "a"], TEXTS[2:3] + TEXTS[4:]),
        ("$like", "%an%", ["Banana"]),
        ("$like", "%AN%", []),
        ("$like", "appl_", ["apple"]),
        ("$like", r"C:\\temp", [r"C:\temp"]),
        ("$like", r"50\%%", ["50% off"]),
        ("$notLike", "%a%", TEXTS[2:4] + TEXTS[4:6]),
        ("$iLike", "b%", ["Banana"]),
        ("$notILike", "%a%", TEXTS[2:6]),
        ("$regexp", "^a.+e$", ["apple"]),
        ("$regexp", "^A", []),
        ("$iRegexp", "^A", ["apple"]),
        ("$notRegexp", "[a-z]", [""]),
        ("$notIRegexp", "^[abc]", ["50% off", "under_score", ""]),
        ("$is", None, [None]),
        ("$isNot", None, TEXTS[:-1]),
        ("$not", None, TEXTS[:-1]),
        ("$empty", True, ["", None]),
        ("$notEmpty", True, TEXTS[:-2]),
        ("$exists", True, TEXTS[:-1]),
        ("$notExists", "true", [None]),
    ],
)
async def test_text(
    connection: asyncpg.Connection, name: str, operand: Any, expected: list[Any]
) -> None:
    assert await found(connection, field("string"), TEXTS, name, operand) == expected


@pytest.mark.parametrize(
    ("stored", "operand"), [("5", 5), ("true", True), ("1.5", 1.5), ("2", 2.0), ("-1", -1)]
)
async def test_a_text_column_is_compared_with_the_operands_text(
    connection: asyncpg.Connection, stored: str, operand: Any
) -> None:
    rows = [stored, "other", None]

    assert await found(connection, field("text"), rows, "$eq", operand) == [stored]


async def test_a_filter_may_ask_for_a_longer_text_than_the_field_can_have(
    connection: asyncpg.Connection,
) -> None:
    short = field("string", length=3)

    assert await found(connection, short, ["abc", None], "$eq", "abcd") == []


@pytest.mark.parametrize(
    ("name", "operand", "expected"),
    [
        ("$eq", 7, [7]),
        ("$eq", "7", [7]),
        ("$eq", [7, "0"], [0, 7]),
        ("$eq", None, [None]),
        ("$ne", 7, [-5, 0, 70, None]),
        ("$in", [7, 70, None], [7, 70, None]),
        ("$notIn", [7, 70], [-5, 0, None]),
        ("$gt", 0, [7, 70]),
        ("$gte", "0", [0, 7, 70]),
        ("$lt", 0, [-5]),
        ("$lte", 0, [-5, 0]),
        ("$between", [0, 7], [0, 7]),
        ("$notBetween", ["0", "7"], [-5, 70]),
        ("$includes", "7", [7, 70]),
        ("$endWith", "0", [0, 70]),
        ("$empty", True, [None]),
        ("$notEmpty", True, [-5, 0, 7, 70]),
        ("$is", "null", [None]),
    ],
)
@pytest.mark.parametrize("kind", ["integer", "bigInt", "double", "float", "snowflakeId"])
async def test_numbers(
    connection: asyncpg.Connection, kind: str, name: str, operand: Any, expected: list[Any]
) -> None:
    assert await found(connection, field(kind), NUMBERS, name, operand) == expected


@pytest.mark.parametrize(
    ("name", "operand", "expected"),
    [
        ("$eq", 1, ["1.00"]),
        ("$eq", "1.001", []),
        ("$gt", 1.005, ["1.01"]),
        ("$gte", "1.005", ["1.01"]),
        ("$lt", 1.005, ["1.00"]),
        ("$in", ["1.01", 1.001], ["1.01"]),
        ("$between", [1.001, 1e30], ["1.01"]),
    ],
)
async def test_decimals_are_compared_with_the_operand_as_it_is_unrounded(
    connection: asyncpg.Connection, name: str, operand: Any, expected: list[Any]
) -> None:
    amount = field("decimal", precision=10, scale=2)

    assert await found(connection, amount, ["1.00", "1.01", None], name, operand) == expected


@pytest.mark.parametrize(
    ("name", "operand", "expected"),
    [
        ("$eq", True, [True]),
        ("$eq", "true", [True]),
        ("$eq", "false", [False]),
        ("$ne", True, [False, None]),
        ("$in", [True, False], [True, False]),
        ("$isTruly", True, [True]),
        ("$isTruly", "true", [True]),
        ("$isFalsy", True, [False, None]),
        ("$is", True, [True]),
        ("$is", "false", [False]),
        ("$is", None, [None]),
        ("$isNot", True, [False, None]),
        ("$not", False, [True, None]),
        ("$empty", True, [None]),
    ],
)
async def test_booleans(
    connection: asyncpg.Connection, name: str, operand: Any, expected: list[Any]
) -> None:
    assert await found(connection, field("boolean"), BOOLEANS, name, operand) == expected


@pytest.mark.parametrize(
    ("name", "operand", "expected"),
    [
        ("$match", ["b", "a"], [["a", "b"], ["b", "a"]]),
        ("$match", ["a"], []),
        ("$match", "c", [["c"]]),
        ("$match", [2, 1], [[1, 2]]),
        ("$match", [], [[]]),
        ("$notMatch", ["a", "b"], LISTS[2:]),
        ("$anyOf", ["a", "c"], [["a", "b"], ["b", "a"], ["c"]]),
        ("$anyOf", "b", [["a", "b"], ["b", "a"]]),
        ("$anyOf", [2], [[1, 2]]),
        ("$anyOf", ["2"], []),
        ("$anyOf", [], []),
        ("$noneOf", ["a", "c"], [[1, 2], [], None]),
        ("$noneOf", [], LISTS),
        ("$arrayEmpty", True, [[], None]),
        ("$arrayNotEmpty", True, LISTS[:-2]),
        ("$empty", True, [[], None]),
        ("$notEmpty", True, LISTS[:-2]),
        ("$eq", ["a", "b"], [["a", "b"]]),
        ("$eq", None, [None]),
        ("$ne", ["a", "b"], LISTS[1:]),
        ("$in", [["a", "b"], ["c"]], [["a", "b"], ["c"]]),
    ],
)
@pytest.mark.parametrize("kind", ["array", "set", "json"])
async def test_lists(
    connection: asyncpg.Connection, kind: str, name: str, operand: Any, expected: list[Any]
) -> None:
    assert await found(connection, field(kind), LISTS, name, operand) == expected


@pytest.mark.parametrize(
    ("name", "operand", "expected"),
    [
        ("$eq", "0f8fad5b-d9cb-469f-a165-70867728950e", 1),
        ("$ne", "0F8FAD5BD9CB469FA16570867728950E", 1),
        ("$in", ["0f8fad5b-d9cb-469f-a165-70867728950e", None], 2),
        ("$includes", "469F", 1),
    ],
)
async def test_uuids(
    connection: asyncpg.Connection, name: str, operand: Any, expected: int
) -> None:
    rows = ["0f8fad5b-d9cb-469f-a165-70867728950e", None]

    assert len(await found(connection, field("uuid"), rows, name, operand)) == expected


@pytest.mark.parametrize(
    ("name", "operand", "expected"),
    [
        ("$eq", "09:30", ["09:30:00"]),
        ("$gt", "09:30:00", ["18:00:00"]),
        ("$between", ["09:00", "10:00"], ["09:30:00"]),
        ("$ne", "09:30:00", ["18:00:00", None]),
    ],
)
async def test_times(
    connection: asyncpg.Connection, name: str, operand: Any, expected: list[Any]
) -> None:
    rows = ["09:30:00", "18:00:00", None]

    assert await found(connection, field("time"), rows, name, operand) == expected


@pytest.mark.parametrize(
    ("name", "operand", "zone", "expected"),
    [
        ("$dateOn", "2026", None, MOMENTS[1:5]),
        ("$dateOn", "2026", "+08:00", MOMENTS[:4]),
        ("$dateOn", "2026+08:00", None, MOMENTS[:4]),
        ("$dateOn", "2026Q1", None, MOMENTS[1:4]),
        ("$dateOn", "2026W11", None, MOMENTS[2:4]),
        ("$dateOn", "2026-03-14", None, MOMENTS[2:4]),
        ("$dateOn", "2026-03-14", "Asia/Shanghai", MOMENTS[2:3]),
        ("$dateOn", "2026-03-14T16:00:00.000Z", "+08:00", MOMENTS[3:4]),
        ("$dateOn", {"type": "today"}, "+08:00", MOMENTS[2:3]),
        ("$dateOn", {"type": "tomorrow"}, "+08:00", MOMENTS[3:4]),
        ("$dateNotOn", "2026", None, [MOMENTS[0], None]),
        ("$dateBefore", "2026", None, MOMENTS[:1]),
        ("$dateBefore", "2026", "+08:00", []),
        ("$dateBefore", "2026-03-14T16:00:00.000Z", None, MOMENTS[:3]),
        ("$dateNotBefore", "2026-03-14 16:00:00", None, MOMENTS[3:5]),
        ("$dateAfter", "2026-03-14", None, MOMENTS[4:5]),
        ("$dateAfter", "2026-03-14T15:59:59.999Z", None, MOMENTS[3:5]),
        ("$dateNotAfter", "2026-03-14", "+08:00", MOMENTS[:3]),
        ("$dateNotAfter", "2025", None, MOMENTS[:1]),
        ("$dateBetween", "[2026-01-01,2026-03-14]", None, MOMENTS[1:4]),
        ("$dateBetween", "[2026-01-01,2026-03-14)", None, MOMENTS[1:2]),
        ("$dateBetween", ["2026-01-01", "2026-03-14", "(]"], "+08:00", MOMENTS[2:3]),
        ("$dateBetween", {"type": "thisQuarter"}, None, MOMENTS[1:4]),
        ("$eq", "2026-03-14T17:00:00+01:00", None, MOMENTS[3:4]),
        ("$gt", "2026-03-14 15:59:59.999", None, MOMENTS[3:5]),
        ("$lte", 1767225600000, None, MOMENTS[:2]),
        ("$empty", True, None, [None]),
    ],
)
async def test_moments(
    connection: asyncpg.Connection, name: str, operand: Any, zone: str | None, expected: list[Any]
) -> None:
    assert await found(connection, field("date"), MOMENTS, name, operand, zone) == expected


@pytest.mark.parametrize("zone", [None, "+08:00", "Europe/Paris"])
@pytest.mark.parametrize(
    ("name", "operand", "expected"),
    [
        ("$dateOn", "2026-03-14", WALL_CLOCKS[1:3]),
        ("$dateOn", "2026-03-14 23:59:59", WALL_CLOCKS[2:3]),
        ("$dateOn", "2026-03-14T00:00:00+03:00", WALL_CLOCKS[1:2]),
        ("$dateOn", "2026-03", WALL_CLOCKS[:3]),
        ("$dateNotOn", "2026-03-14", [WALL_CLOCKS[0], None]),
        ("$dateBefore", "2026-03-14", WALL_CLOCKS[:1]),
        ("$dateAfter", "2026-03-13", WALL_CLOCKS[1:3]),
        ("$dateNotAfter", "2026-03-14 00:00:00", WALL_CLOCKS[:2]),
        ("$dateBetween", "[2026-03-13,2026-03-14)", WALL_CLOCKS[:1]),
        ("$gt", "2026-03-14 00:00:00", WALL_CLOCKS[2:3]),
    ],
)
async def test_wall_clock_times_are_the_same_in_every_zone(
    connection: asyncpg.Connection, name: str, operand: Any, zone: str | None, expected: list[Any]
) -> None:
    compared = field("datetimeNoTz")

    assert await found(connection, compared, WALL_CLOCKS, name, operand, zone) == expected


@pytest.mark.parametrize("zone", [None, "+08:00", "-08:00"])
@pytest.mark.parametrize(
    ("name", "operand", "expected"),
    [
        ("$dateOn", "2026", DAYS[1:4]),
        ("$dateOn", "2026-03-14", DAYS[2:3]),
        ("$dateOn", "2026-03-14 09:30:00", DAYS[2:3]),
        ("$dateOn", {"type": "thisYear"}, DAYS[1:4]),
        ("$dateNotOn", "2026", [DAYS[0], DAYS[4], None]),
        ("$dateBefore", "2026", DAYS[:1]),
        ("$dateNotBefore", "2026-03-15", DAYS[3:5]),
        ("$dateAfter", "2026-03-14", DAYS[3:5]),
        ("$dateNotAfter", "2026-01", DAYS[:2]),
        ("$dateBetween", ["2026-01-01", "2026-03-14"], DAYS[1:3]),
        ("$dateBetween", ["2026-01-01 00:00:00", "2026-03-14 23:59:59"], DAYS[1:3]),
        ("$dateBetween", "(2026-01-01,2026-03-15)", DAYS[2:3]),
        ("$lt", "2026-01-01", DAYS[:1]),
        ("$in", ["2026-01-01", None], [DAYS[1], None]),
    ],
)
async def test_days_are_the_same_in_every_zone(
    connection: asyncpg.Connection, name: str, operand: Any, zone: str | None, expected: list[Any]
) -> None:
    assert await found(connection, field("dateOnly"), DAYS, name, operand, zone) == expected


@pytest.mark.parametrize("accuracy", ["second", "millisecond"])
@pytest.mark.parametrize(
    ("name", "operand", "zone", "expected"),
    [
        ("$dateOn", "2026-03-14", None, SECONDS[1:2]),
        ("$dateOn", "2026-03-14", "+08:00", SECONDS[:2]),
        ("$dateOn", "2026-03-14T00:00:00.000Z", None, SECONDS[1:2]),
        ("$dateNotOn", "2026-03-14", None, [SECONDS[0], SECONDS[2], None]),
        ("$dateBefore", "2026-03-14", None, SECONDS[:1]),
        ("$dateAfter", "2026-03-14", None, SECONDS[2:3]),
        ("$dateNotAfter", "2026-03-13", None, SECONDS[:1]),
        ("$dateBetween", ["2026-03-14", "2026-03-15"], None, SECONDS[1:3]),
        ("$gt", "2026-03-14", None, SECONDS[2:3]),
        ("$eq", 1773446400000, None, SECONDS[1:2]),
    ],
)
async def test_unix_timestamps(
    connection: asyncpg.Connection,
    accuracy: str,
    name: str,
    operand: Any,
    zone: str | None,
    expected: list[Any],
) -> None:
    compared = field("unixTimestamp", accuracy=accuracy)

    assert await found(connection, compared, SECONDS, name, operand, zone) == expected


@pytest.mark.parametrize(
    ("kind", "rows", "name", "negation", "operand"),
    [
        ("string", TEXTS, "$eq", "$ne", "apple"),
        ("string", TEXTS, "$in", "$notIn", ["apple", "", None]),
        ("string", TEXTS, "$includes", "$notIncludes", ["a", "_"]),
        ("string", TEXTS, "$startsWith", "$notStartsWith", "a"),
        ("string", TEXTS, "$endWith", "$notEndWith", "e"),
        ("string", TEXTS, "$empty", "$notEmpty", True),
        ("string", TEXTS, "$exists", "$notExists", True),
        ("integer", NUMBERS, "$eq", "$ne", [7, None]),
        ("boolean", BOOLEANS, "$isTruly", "$isFalsy", True),
        ("boolean", BOOLEANS, "$is", "$isNot", False),
        ("array", LISTS, "$match", "$notMatch", ["a", "b"]),
        ("array", LISTS, "$anyOf", "$noneOf", ["a", 2]),
        ("array", LISTS, "$arrayEmpty", "$arrayNotEmpty", True),
        ("date", MOMENTS, "$dateOn", "$dateNotOn", "2026-03"),
        ("dateOnly", DAYS, "$dateOn", "$dateNotOn", "2026-03"),
    ],
)
async def test_an_operator_and_its_negation_share_out_all_rows(
    connection: asyncpg.Connection,
    kind: str,
    rows: list[Any],
    name: str,
    negation: str,
    operand: Any,
) -> None:
    held = await found(connection, field(kind), rows, name, operand)
    _ = await connection.execute("DROP TABLE rows")
    failed = await found(connection, field(kind), rows, negation, operand)

    assert [row for row in rows if row in held] == held
    assert [row for row in rows if row not in held] == failed


@pytest.mark.parametrize(
    ("kind", "name", "operand"),
    [
        ("string", "$eq", {"a": 1}),
        ("string", "$eq", "a\x00"),
        ("string", "$in", [["a"]]),
        ("string", "$gt", None),
        ("string", "$between", ["a"]),
        ("string", "$between", ["a", None]),
        ("string", "$between", "ab"),
        ("string", "$includes", {"a": 1}),
        ("string", "$includes", [None]),
        ("string", "$like", None),
        ("string", "$like", "a\\"),
        ("string", "$like", ["a"]),
        ("string", "$regexp", "a" * 501),
        ("string", "$is", True),
        ("string", "$empty", False),
        ("string", "$exists", "yes"),
        ("integer", "$eq", "seven"),
        ("integer", "$gt", 1.5),
        ("integer", "$eq", True),
        ("integer", "$lt", 2**31),
        ("decimal", "$eq", "NaN"),
        ("boolean", "$eq", "maybe"),
        ("boolean", "$is", "maybe"),
        ("boolean", "$isTruly", False),
        ("date", "$eq", "14/03/2026"),
        ("date", "$dateOn", "14/03/2026"),
        ("dateOnly", "$dateBetween", ["2026"]),
        ("uuid", "$eq", "no"),
        ("array", "$match", None),
        ("array", "$anyOf", None),
        ("array", "$anyOf", ["\x00"]),
        ("array", "$eq", "a"),
    ],
)
def test_an_operand_that_does_not_fit_is_refused_in_a_sentence(
    kind: str, name: str, operand: Any
) -> None:
    with pytest.raises(ValueError, match=r"^(must|cannot) .*[^.]$"):
        _ = operators[name].prepare(field(kind), operand, Zone(UTC, NOW))


@pytest.mark.parametrize("name", ["$eq", "$in", "$notIn", "$includes", "$notEndWith"])
def test_the_number_of_values_does_not_change_the_sql(name: str) -> None:
    def prepared(count: int) -> tuple[str, int]:
        operand = ["a"] * count
        variant, values = operators[name].prepare(field("string"), operand, Zone(UTC, NOW))
        return variant, len(values)

    assert prepared(1) == prepared(1000)
    with pytest.raises(ValueError, match="1,000 values at most"):
        _ = prepared(1001)


def test_every_group_of_fields_has_operators() -> None:
    groups = {cls.operators for cls in type_registry.values()} - {"none"}

    assert groups == EVERY


def test_no_operator_applies_to_a_group_that_does_not_exist() -> None:
    assert {group for each in operators.values() for group in each.groups} == EVERY


def test_a_password_cannot_be_compared_with_anything() -> None:
    assert not any("none" in each.groups for each in operators.values())
    assert type_registry["password"].operators == "none"
