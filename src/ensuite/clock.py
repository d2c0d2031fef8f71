"""Time, passed in: what decides by the clock takes a `Clock`, so tests move time themselves."""

import asyncio
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

import msgspec

_encode = msgspec.json.Encoder().encode
_WITH_FRACTION = 29
"""Length of `"2026-11-23T18:34:22.123000Z"`; without a fraction it is shorter."""


LOOK_SECONDS = 0.25
"""How often who waits for a moment looks at the clock: it may have been set, or moved by a test."""

T = TypeVar("T")


class TimeIsUp(Exception):
    """The moment came before the work was done; the work was cancelled."""


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


async def sleep_until(clock: Clock, moment: datetime) -> None:
    """Return when the clock shows this moment."""
    while (left := (moment - clock.now()).total_seconds()) > 0:  # noqa: ASYNC110 - time has no event
        await asyncio.sleep(min(left, LOOK_SECONDS))


async def within(clock: Clock, moment: datetime, work: Coroutine[Any, Any, T]) -> T:
    """What the work gives, if it gives it before the clock shows this moment.

    Raises:
        TimeIsUp: it did not, and has ended by being cancelled.

    """
    task = asyncio.ensure_future(work)
    timer = asyncio.ensure_future(sleep_until(clock, moment))
    try:
        _ = await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise TimeIsUp
    finally:
        _ = timer.cancel()
        if not task.done():
            _ = task.cancel()
            _ = await asyncio.wait({task})


def to_wire(moment: datetime) -> str:
    """ISO 8601 UTC with milliseconds and `Z` (wire contract, section 1.7)."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    # msgspec writes a moment in a tenth of the time that `isoformat` takes.
    written = _encode(moment)
    if len(written) == _WITH_FRACTION:
        return written[1:24].decode() + "Z"
    return written[1:20].decode() + ".000Z"
