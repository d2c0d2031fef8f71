"""Waiting for what another task, process or machine does."""

import asyncio
from collections.abc import Awaitable, Callable

POLL_SECONDS = 0.02
PATIENCE_SECONDS = 60.0


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = PATIENCE_SECONDS) -> None:
    """Return as soon as it holds; whoever makes it hold cannot set an event here.

    Raises:
        TimeoutError: it did not hold in time.

    """
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(POLL_SECONDS)
