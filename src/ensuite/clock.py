"""Time, passed in: what decides by the clock takes a `Clock`, so tests move time themselves."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the current time comes from."""

    def now(self) -> datetime:
        """The current time, timezone-aware UTC, whole milliseconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current time; milliseconds, since that is what the wire contract can carry."""
        milliseconds = time.time_ns() // 1_000_000
        seconds, rest = divmod(milliseconds, 1000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)


def to_wire(moment: datetime) -> str:
    """ISO 8601 UTC with milliseconds and `Z` (wire contract, section 1.7)."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"
