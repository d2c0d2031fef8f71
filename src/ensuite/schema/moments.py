"""Dates and times as clients write them: ISO 8601, with or without an offset.

A field with a time zone stores an instant: text without an offset means UTC there.  A field
without one stores what the clock on the wall shows, and leaves an offset in the text aside, as
PostgreSQL does.
"""

import math
import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

MOMENT_EXPECTED = "must be a date and time such as 2026-03-14T09:30:00Z"
WALL_CLOCK_EXPECTED = "must be a date and time such as 2026-03-14 09:30:00"
DAY_EXPECTED = "must be a date such as 2026-03-14"
YEARS_EXPECTED = "must be a date between the years 2 and 9999"
TIME_EXPECTED = "must be a time such as 09:30:00"

_time = r"([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
_offset = r"(Z|z|[+-][0-9]{2}(?::?[0-9]{2})?)"
_time_of_day = re.compile(_time)
_moment = re.compile(rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})(?:[Tt ]{_time} ?{_offset}?)?")


def instant(value: Any) -> datetime:
    """The instant that a client meant, in UTC, whole milliseconds; a number counts them from 1970.

    Raises:
        ValueError: it is none, or before the year 2 or after 9999 in UTC.

    """
    moment = None
    try:
        match value:
            case bool():
                pass
            case datetime():
                moment = value
            case str():
                moment = _written(value)
            case int() | float() if math.isfinite(value):
                moment = EPOCH + math.floor(value) * MILLISECOND
            case _:
                pass
        if moment is None:
            raise ValueError(MOMENT_EXPECTED)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        elif moment.tzinfo is not UTC:
            moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(YEARS_EXPECTED) from None
    if moment.year == 1:  # its first moment is asyncpg's minus infinity
        raise ValueError(YEARS_EXPECTED)
    beyond = moment.microsecond % 1000
    return moment.replace(microsecond=moment.microsecond - beyond) if beyond else moment


def wall_clock(value: Any) -> datetime:
    """The date and time that a client wrote, without a time zone, whole seconds.

    Raises:
        ValueError: it is none.

    """
    moment = None
    match value:
        case datetime():
            moment = value
        case str():
            moment = _written(value)
        case _:
            pass
    if moment is None:
        raise ValueError(WALL_CLOCK_EXPECTED)
    return moment.replace(tzinfo=None, microsecond=0)


def day(value: Any) -> date:
    """The date that a client wrote; a time after it is left aside.

    Raises:
        ValueError: it is none.

    """
    found = None
    match value:
        case datetime():
            found = value.date()
        case date():
            found = value
        case str() if moment := _written(value):
            found = moment.date()
        case _:
            pass
    if found is None:
        raise ValueError(DAY_EXPECTED)
    return found


def time_of_day(value: Any) -> time:
    """The time that a client wrote, whole seconds.

    Raises:
        ValueError: it is none, or has an offset.

    """
    match value:
        case time() if value.tzinfo is None:
            return value.replace(microsecond=0)
        case str() if found := _time_of_day.fullmatch(value.strip()):
            try:
                return time(int(found[1]), int(found[2]), int(found[3] or 0))
            except ValueError:
                pass
        case _:
            pass
    raise ValueError(TIME_EXPECTED)


def milliseconds(moment: datetime) -> int:
    """How many milliseconds lie between 1970 and an instant, rounded down."""
    return (moment - EPOCH) // MILLISECOND


def _written(text: str) -> datetime | None:
    """What the text says, naive where it gives no offset; None when it is no date."""
    found = _moment.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day_of_month, hour, minute, second = (
        int(part or 0) for part in found.groups()[:6]
    )
    microsecond = int((found[7] or "").ljust(6, "0")[:6])
    try:
        zone = offset(found[8]) if found[8] else None
        return datetime(year, month, day_of_month, hour, minute, second, microsecond, zone)
    except ValueError:
        return None


def offset(text: str) -> timezone:
    """The time zone that `Z`, `+08:00`, `+0800` or `+08` means.

    Raises:
        ValueError: there is no such offset.

    """
    if not re.fullmatch(_offset, text):
        raise ValueError("must be an offset such as +08:00")
    if text in {"Z", "z"}:
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].removeprefix(":") or 0)
    if hours > 15 or minutes > 59:  # noqa: PLR2004 - what PostgreSQL allows
        raise ValueError("must be an offset below 16 hours")
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(ahead if text[0] == "+" else -ahead)
