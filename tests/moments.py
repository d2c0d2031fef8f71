"""Time in tests: a clock that the test moves, and waiting for what another process hears of."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from ensuite.clock import SystemClock

POLL_SECONDS = 0.01
PATIENCE_SECONDS = 20.0


class MovableClock:
    """Stands still until the test moves it; begins now, as the database's own clock does."""

    def __init__(self) -> None:
        self.moment = SystemClock().now()

    def now(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        """Let time pass: `move(days=1, seconds=2)`."""
        self.moment += timedelta(**by)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds: a notification is on its way."""
    for _ in range(int(PATIENCE_SECONDS / POLL_SECONDS)):
        if await holds():
            return
        await asyncio.sleep(POLL_SECONDS)
    raise AssertionError("it does not come to hold")
