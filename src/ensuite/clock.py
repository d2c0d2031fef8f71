"""Time, passed in: what decides by the clock takes a `Clock`, so tests move time themselves."""

import time
from datetime import UTC, datetime
from typing import Protocol

import msgspec

_encode = msgspec.json.Encoder().encode
_WITH_FRACTION = 29
"""Length of `"2026-11-23T18:34:22.123000Z"`; without a fraction it is shorter."""


class Clock(Protocol):
    """Where the current time comes from."""

    def now(self) -> datetime:
        """The current time, timezone-aware UTC, whole milliseconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current time; milliseconds, since that is what the wire contract can carry."""
        return datetime.fromtimestamp(time.time_ns() // 1_000_000 / 1000, UTC)


def to_wire(moment: datetime) -> str:
    """ISO 8601 UTC with milliseconds and `Z` (wire contract, section 1.7)."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    # msgspec writes a moment in a tenth of the time that `isoformat` takes.
    written = _encode(moment)
    if len(written) == _WITH_FRACTION:
        return written[1:24].decode() + "Z"
    return written[1:20].decode() + ".000Z"
