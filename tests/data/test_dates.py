"""Which period of time an operand of a date filter means."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensuite.data.dates import Period, Zone, period

NOW = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)
"""A Saturday; in Shanghai it is 23:00 of the same day, in Brisbane already Sunday."""


def in_utc(meant: Period) -> tuple[str, str]:
    return _text(meant.start), _text(meant.end)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6]


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        ("2026", "2026-01-01T00:00:00.000", "2027-01-01T00:00:00.000"),
        ("2026Q1", "2026-01-01T00:00:00.000", "2026-04-01T00:00:00.000"),
        ("2026Q4", "2026-10-01T00:00:00.000", "2027-01-01T00:00:00.000"),
        ("2026-03", "2026-03-01T00:00:00.000", "2026-04-01T00:00:00.000"),
        ("2026-12", "2026-12-01T00:00:00.000", "2027-01-01T00:00:00.000"),
        ("2026W11", "2026-03-09T00:00:00.000", "2026-03-16T00:00:00.000"),
        ("2026W01", "2025-12-29T00:00:00.000", "2026-01-05T00:00:00.000"),
        ("2026-03-14", "2026-03-14T00:00:00.000", "2026-03-15T00:00:00.000"),
        ("2024-02-29", "2024-02-29T00:00:00.000", "2024-03-01T00:00:00.000"),
        ("2026-03-14 09", "2026-03-14T09:00:00.000", "2026-03-14T10:00:00.000"),
        ("2026-03-14T09:30", "2026-03-14T09:30:00.000", "2026-03-14T09:31:00.000"),
        ("2026-03-14 09:30:15", "2026-03-14T09:30:15.000", "2026-03-14T09:30:16.000"),
        ("2026-03-14T09:30:15.250Z", "2026-03-14T09:30:15.250", "2026-03-14T09:30:15.251"),
        (" 2026-03-14 ", "2026-03-14T00:00:00.000", "2026-03-15T00:00:00.000"),
    ],
)
def test_a_date_is_as_long_as_it_is_exact(written: str, start: str, end: str) -> None:
    assert in_utc(period(written, Zone(UTC, NOW))) == (start, end)


@pytest.mark.parametrize(
    ("zone", "written", "start"),
    [
        ("+08:00", "2026-03-14", "2026-03-13T16:00:00.000"),
        ("-03:30", "2026-03-14", "2026-03-14T03:30:00.000"),
        ("Europe/Paris", "2026-03-14", "2026-03-13T23:00:00.000"),
        ("Europe/Paris", "2026-07-14", "2026-07-13T22:00:00.000"),
        ("+08:00", "2026-03-14+01:00", "2026-03-13T23:00:00.000"),
        ("+08:00", "2026+00:00", "2026-01-01T00:00:00.000"),
        ("+08:00", "2026-03-14T09:30:15.250Z", "2026-03-14T09:30:15.250"),
        ("+08:00", "2026-03-14T09:30:15+02:00", "2026-03-14T07:30:15.000"),
    ],
)
def test_a_date_begins_in_the_clients_zone_unless_it_says_another(
    zone: str, written: str, start: str
) -> None:
    assert in_utc(period(written, Zone.named(zone, NOW)))[0] == start


def test_a_day_on_which_the_clock_changes_is_as_long_as_it_is() -> None:
    paris = Zone.named("Europe/Paris", NOW)

    assert in_utc(period("2026-03-29", paris)) == (
        "2026-03-28T23:00:00.000",
        "2026-03-29T22:00:00.000",
    )
    assert in_utc(period("2026-10-25", paris)) == (
        "2026-10-24T22:00:00.000",
        "2026-10-25T23:00:00.000",
    )


@pytest.mark.parametrize(
    ("operand", "start", "end"),
    [
        ("[2026-03-01,2026-03-05]", "2026-03-01", "2026-03-06"),
        ("[2026-03-01,2026-03-05)", "2026-03-01", "2026-03-05"),
        ("(2026-03-01,2026-03-05]", "2026-03-02", "2026-03-06"),
        ("(2026-03-01, 2026-03-05)", "2026-03-02", "2026-03-05"),
        ("[2025,2026-03]", "2025-01-01", "2026-04-01"),
        (["2026-03-01", "2026-03-05"], "2026-03-01", "2026-03-06"),
        (["2026-03-01", "2026-03-05", "[)"], "2026-03-01", "2026-03-05"),
        (["2026Q1", "2026Q2"], "2026-01-01", "2026-07-01"),
    ],
)
def test_a_range_takes_in_its_ends_as_its_brackets_say(operand: Any, start: str, end: str) -> None:
    assert in_utc(period(operand, Zone(UTC, NOW))) == (
        f"{start}T00:00:00.000",
        f"{end}T00:00:00.000",
    )


@pytest.mark.parametrize(
    "operand",
    [
        "[2026-03-01,2026-03-05]+08:00",
        ["2026-03-01", "2026-03-05", "[]", "+08:00"],
        ["2026-03-01", "2026-03-05", "[]", "Asia/Shanghai"],
        ["2026-03-01+08:00", "2026-03-05+08:00"],
    ],
)
def test_a_range_may_name_its_zone(operand: Any) -> None:
    assert in_utc(period(operand, Zone(UTC, NOW))) == (
        "2026-02-28T16:00:00.000",
        "2026-03-05T16:00:00.000",
    )


@pytest.mark.parametrize(
    ("operand", "start", "end"),
    [
        ({"type": "today"}, "2026-03-14", "2026-03-15"),
        ({"type": "yesterday"}, "2026-03-13", "2026-03-14"),
        ({"type": "tomorrow"}, "2026-03-15", "2026-03-16"),
        ({"type": "lastWeek"}, "2026-03-02", "2026-03-09"),
        ({"type": "thisWeek"}, "2026-03-09", "2026-03-16"),
        ({"type": "nextWeek"}, "2026-03-16", "2026-03-23"),
        ({"type": "lastMonth"}, "2026-02-01", "2026-03-01"),
        ({"type": "thisMonth"}, "2026-03-01", "2026-04-01"),
        ({"type": "nextMonth"}, "2026-04-01", "2026-05-01"),
        ({"type": "lastQuarter"}, "2025-10-01", "2026-01-01"),
        ({"type": "thisQuarter"}, "2026-01-01", "2026-04-01"),
        ({"type": "nextQuarter"}, "2026-04-01", "2026-07-01"),
        ({"type": "lastYear"}, "2025-01-01", "2026-01-01"),
        ({"type": "thisYear"}, "2026-01-01", "2027-01-01"),
        ({"type": "nextYear"}, "2027-01-01", "2028-01-01"),
        ({"type": "past"}, "2026-03-13", "2026-03-14"),
        ({"type": "past", "number": 3, "unit": "day"}, "2026-03-11", "2026-03-14"),
        ({"type": "past", "number": "2", "unit": "week"}, "2026-02-23", "2026-03-09"),
        ({"type": "past", "number": 3, "unit": "month"}, "2025-12-01", "2026-03-01"),
        ({"type": "past", "number": 1, "unit": "quarter"}, "2025-10-01", "2026-01-01"),
        ({"type": "next", "number": 3, "unit": "day"}, "2026-03-15", "2026-03-18"),
        ({"type": "next", "number": 1, "unit": "isoWeek"}, "2026-03-16", "2026-03-23"),
        ({"type": "next", "number": 2, "unit": "year"}, "2027-01-01", "2029-01-01"),
        (
            {"type": "past", "number": 3, "unit": "day", "includeCurrent": True},
            "2026-03-12",
            "2026-03-15",
        ),
        (
            {"type": "next", "number": 2, "unit": "month", "includeCurrent": "true"},
            "2026-03-01",
            "2026-05-01",
        ),
    ],
)
def test_a_relative_period_has_whole_units(operand: Any, start: str, end: str) -> None:
    assert in_utc(period(operand, Zone(UTC, NOW))) == (
        f"{start}T00:00:00.000",
        f"{end}T00:00:00.000",
    )


@pytest.mark.parametrize(
    ("zone", "start"),
    [("+08:00", "2026-03-13T16:00:00.000"), ("+10:00", "2026-03-14T14:00:00.000")],
)
def test_today_is_the_clients_day(zone: str, start: str) -> None:
    assert in_utc(period({"type": "today"}, Zone.named(zone, NOW)))[0] == start


def test_no_zone_means_utc() -> None:
    assert Zone.named(None, NOW) == Zone(UTC, NOW)


@pytest.mark.parametrize("name", ["+08", "+0800", "+08:00"])
def test_an_offset_may_be_written_short(name: str) -> None:
    assert Zone.named(name, NOW).today == datetime.fromisoformat("2026-03-14T00:00:00+08:00")


@pytest.mark.parametrize(
    "name", ["+25:00", "+8", "Mars/Olympus", "Europe", "../etc/passwd", "/etc/passwd", "a\0b"]
)
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"^must "):
        _ = Zone.named(name, NOW)


@pytest.mark.parametrize(
    "operand",
    [
        None,
        True,
        2026,
        "",
        "yesterday",
        "26-03-14",
        "2026-13",
        "2026-02-30",
        "2026W54",
        "2025W53",
        "2026Q5",
        "2026-03-14 25",
        "2026-03-14T09:30:15.1",
        "2026-03-14+99:00",
        "0001",
        "9999",
        "[2026-03-01]",
        "[2026-03-01,]",
        ["2026-03-01"],
        ["2026-03-01", None],
        ["2026-03-01", "2026-03-05", "<>"],
        ["2026-03-01", "2026-03-05", "[)", "Mars"],
        ["2026-03-01", "2026-03-05", "[)", "+08:00", "more"],
        {},
        {"type": "someday"},
        {"type": 5},
        {"type": "past", "number": 0},
        {"type": "past", "number": 1.5},
        {"type": "past", "number": 10**9},
        {"type": "next", "number": 9000, "unit": "year"},
        {"type": "past", "unit": "fortnight"},
        {"type": "past", "unit": ["day"]},
    ],
)
def test_anything_else_is_refused_in_a_sentence(operand: Any) -> None:
    with pytest.raises(ValueError, match=r"^must .*[^.]$"):
        _ = period(operand, Zone(UTC, NOW))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "number", "unit"]) | st.text(max_size=5), inner)
    ),
    max_leaves=8,
)


@given(json_values)
def test_no_operand_breaks_it(operand: Any) -> None:
    try:
        sentence = ""
        _ = period(operand, Zone(UTC, NOW))
    except ValueError as error:
        sentence = str(error)

    assert re.fullmatch(r"|must .*[^.]", sentence)


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 30)))  # noqa: DTZ001 - a wall clock
def test_a_moment_lies_in_every_period_that_is_named_after_it(moment: datetime) -> None:
    zone = Zone.named("+05:30", NOW)
    moment = moment.replace(tzinfo=zone.tz, microsecond=0)
    year, week, _ = moment.isocalendar()
    names = [
        f"{moment.year:04}",
        f"{moment.year:04}Q{(moment.month + 2) // 3}",
        f"{moment.year:04}-{moment.month:02}",
        f"{year:04}W{week:02}",
        f"{moment.date()}",
        f"{moment.date()} {moment:%H:%M:%S}",
    ]

    for name in names:
        if name[:4] > "0001":
            meant = period(name, zone)
            assert meant.start <= moment < meant.end
