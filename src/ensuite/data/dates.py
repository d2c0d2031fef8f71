"""What the operands of date filters mean (wire contract, section 1.4): a period of time.

A period is one of the calendar, as the client's wall clock shows it; `data.date_operators` says
what a column stores of it.  Weeks begin on Monday (ISO 8601).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Self
from zoneinfo import ZoneInfo

from ensuite.schema import moments, numbers

MAX_UNITS = 100_000
FIRST_YEAR, LAST_YEAR = 2, 9998
"""A year less at each end than a `datetime` has: any offset and any exclusive end still fit."""

EXPECTED = (
    "must be a date such as 2026, 2026Q1, 2026-03, 2026W11, 2026-03-14 or 2026-03-14 09:30:00, "
    "a pair of dates, or an object such as {type: 'today'}"
)

_units = ("day", "week", "month", "quarter", "year")
_named: Mapping[str, tuple[str, int]] = {
    "yesterday": ("day", -1),
    "today": ("day", 0),
    "tomorrow": ("day", 1),
    **{f"last{unit.capitalize()}": (unit, -1) for unit in _units[1:]},
    **{f"this{unit.capitalize()}": (unit, 0) for unit in _units[1:]},
    **{f"next{unit.capitalize()}": (unit, 1) for unit in _units[1:]},
}

_with_offset = re.compile(r"(.+?) ?([+-][0-9]{2}:[0-9]{2}|Z|z)")
_range = re.compile(r"([\[(])([^,]+),([^,]+)([\])])")
_year = re.compile(r"([0-9]{4})")
_quarter = re.compile(r"([0-9]{4})-?Q([1-4])")
_month = re.compile(r"([0-9]{4})-([0-9]{2})")
_week = re.compile(r"([0-9]{4})-?[Ww]([0-9]{2})")
_day = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ](?P<hours>[0-9]{2})"
    r"(?::(?P<minutes>[0-9]{2})"
    r"(?::(?P<seconds>[0-9]{2})"
    r"(?:\.(?P<milliseconds>[0-9]{3}))?)?)?)?"
)


@dataclass(frozen=True, slots=True)
class Zone:
    """Where a client is and what time it is: what "today" and "2026-03-14" depend on."""

    tz: tzinfo
    now: datetime

    @classmethod
    def named(cls, name: str | None, now: datetime) -> Self:
        """The zone that the header `X-Timezone` names: `+08:00` or `Europe/Paris`; none is UTC.

        Raises:
            ValueError: there is no such zone.

        """
        return cls(_tz(name) if name else UTC, now)

    @property
    def today(self) -> datetime:
        """The midnight that the client's day began with."""
        return self.now.astimezone(self.tz).replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Period:
    """All moments from `start` until just before `end`; both show the wall clock that was meant."""

    start: datetime
    end: datetime


def period(operand: Any, zone: Zone) -> Period:
    """The period that an operand of a date filter means.

    Raises:
        ValueError: it means none; the message completes "`<title>` …".

    """
    try:
        match operand:
            case str():
                return _written(operand, zone.tz)
            case {"type": str() as kind, **parameters}:
                return _relative(kind, parameters, zone.today)
            case [str() as first, str() as last]:
                return _between(first, last, "[]", zone.tz)
            case [str() as first, str() as last, str() as bounds]:
                return _between(first, last, bounds, zone.tz)
            case [str() as first, str() as last, str() as bounds, str() as name]:
                return _between(first, last, bounds, _tz(name))
            case _:
                raise ValueError(EXPECTED)
    except OverflowError:
        raise ValueError(f"must be between the years {FIRST_YEAR} and {LAST_YEAR}") from None


def _tz(name: str) -> tzinfo:
    if name.startswith(("+", "-", "Z", "z")):
        return moments.offset(name)
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError("must name a time zone such as +08:00 or Europe/Paris") from None


def _written(text: str, tz: tzinfo) -> Period:
    """The period of `2026-03`, `2026-03+08:00`, `[2026-03,2026-05)`, `[2026-03,2026-05)+08:00`."""
    text = text.strip()
    if found := _with_offset.fullmatch(text):
        text, tz = found[1], moments.offset(found[2])
    if found := _range.fullmatch(text):
        return _between(found[2], found[3], found[1] + found[4], tz)
    try:
        return _span(text, tz)
    except ValueError:  # the 30th of February, a month 13, a week 53 in a year that has 52
        raise ValueError(EXPECTED) from None


def _between(first: str, last: str, bounds: str, tz: tzinfo) -> Period:
    """From one written period to another; `(` leaves out the first and `)` the last of them."""
    if bounds not in {"[]", "[)", "(]", "()"}:
        raise ValueError("must be a pair of dates with the bounds [], [), (] or ()")
    begins, ends = _written(first, tz), _written(last, tz)
    return Period(
        begins.start if bounds[0] == "[" else begins.end,
        ends.end if bounds[1] == "]" else ends.start,
    )


def _span(text: str, tz: tzinfo) -> Period:
    """What a date covers: a year, a quarter, a month, a week, or as little as a millisecond.

    Raises:
        ValueError: it is none.
        OverflowError: its year is out of range.

    """
    if found := _year.fullmatch(text):
        return _counted(_midnight(int(text), 1, 1, tz), "year", 1)
    if found := _quarter.fullmatch(text):
        return _counted(_midnight(int(found[1]), int(found[2]) * 3 - 2, 1, tz), "quarter", 1)
    if found := _month.fullmatch(text):
        return _counted(_midnight(int(found[1]), int(found[2]), 1, tz), "month", 1)
    if found := _week.fullmatch(text):
        monday = date.fromisocalendar(int(found[1]), int(found[2]), 1)
        return _counted(_midnight(monday.year, monday.month, monday.day, tz), "week", 1)
    found = _day.fullmatch(text)
    if found is None:
        raise ValueError(EXPECTED)
    start = _midnight(int(found[1]), int(found[2]), int(found[3]), tz)
    clock = {part: int(digits) for part, digits in found.groupdict().items() if digits}
    if not clock:
        return _counted(start, "day", 1)
    start = start.replace(
        hour=clock["hours"],
        minute=clock.get("minutes", 0),
        second=clock.get("seconds", 0),
        microsecond=clock.get("milliseconds", 0) * 1000,
    )
    *_, smallest = clock
    return Period(start, start + timedelta(**{smallest: 1}))


def _relative(kind: str, parameters: Mapping[str, Any], today: datetime) -> Period:
    """The period of `{type: 'lastMonth'}` or `{type: 'past', number: 3, unit: 'day'}`.

    Past and next units are whole ones.  The present one is not among them, unless
    `includeCurrent` counts it as the first of them.
    """
    if kind in _named:
        unit, offset = _named[kind]
        return _counted(_shifted(_start_of(unit, today), unit, offset), unit, 1)
    if kind not in {"past", "next"}:
        known = ", ".join([*_named, "past", "next"])
        raise ValueError(f"must have one of the types {known}, not {kind!r}")
    unit = str(parameters.get("unit") or "day").replace("isoWeek", "week")
    if unit not in _units:
        raise ValueError(f"must have one of the units {', '.join(_units)}")
    number = parameters.get("number")
    try:
        count = numbers.whole(1 if number is None else number, 1, MAX_UNITS)
    except ValueError as error:
        raise ValueError(f"must have a number that {error}") from error
    offset = 1 if kind == "next" else -count
    if parameters.get("includeCurrent") in (True, "true"):
        offset += -1 if kind == "next" else 1
    return _counted(_shifted(_start_of(unit, today), unit, offset), unit, count)


def _start_of(unit: str, midnight: datetime) -> datetime:
    """The midnight that the day's week, month, quarter or year began with."""
    match unit:
        case "week":
            return midnight - timedelta(days=midnight.weekday())
        case "month":
            return midnight.replace(day=1)
        case "quarter":
            return midnight.replace(day=1, month=(midnight.month - 1) // 3 * 3 + 1)
        case "year":
            return midnight.replace(day=1, month=1)
        case _:
            return midnight


def _counted(start: datetime, unit: str, count: int) -> Period:
    return Period(start, _shifted(start, unit, count))


def _shifted(start: datetime, unit: str, count: int) -> datetime:
    """The start of the unit that comes `count` units later; raises OverflowError as `_midnight`."""
    months = {"month": 1, "quarter": 3, "year": 12}.get(unit)
    if months is None:
        shifted = start + timedelta(days=count * (7 if unit == "week" else 1))
        return _midnight(shifted.year, shifted.month, shifted.day, start.tzinfo)
    year, month = divmod(start.year * 12 + start.month - 1 + count * months, 12)
    return _midnight(year, month + 1, 1, start.tzinfo)


def _midnight(year: int, month: int, day: int, tz: tzinfo | None) -> datetime:
    if not FIRST_YEAR <= year <= LAST_YEAR + 1:
        raise OverflowError
    return datetime(year, month, day, tzinfo=tz)
