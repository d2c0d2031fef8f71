"""What a call has begun and leaves behind: it goes on when the caller has hung up."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

log = structlog.get_logger(__name__)

T = TypeVar("T")


class Errands:
    """The tasks of one process that no request waits for."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def begin(self, errand: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Carry something out, whoever stays to hear of it."""
        task = asyncio.create_task(errand, name="errand")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("errand.failed", error=str(error))

    async def stop(self) -> None:
        """Break off what is not done: the process is stopping, and leases run out."""
        for task in self._tasks:
            _ = task.cancel()
        _ = await asyncio.gather(*self._tasks, return_exceptions=True)
