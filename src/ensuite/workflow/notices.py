"""What processes tell each other of executions: that some are ready, and which were stopped."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from ensuite.ids import ExecutionId
from ensuite.storage.database import Database
from ensuite.storage.sqlstates import DATABASE_TROUBLE
from ensuite.workflow.executions import READY_CHANNEL, STOPPED_CHANNEL

NOTIFY_SECONDS = 0.005

MAX_STOPPED_IN_NOTICE = 400
"""Executions that one notification names: PostgreSQL allows 8,000 bytes."""

_NOTIFY = "SELECT pg_notify($1, $2)"


class Notices:
    """Tells all processes, this one too (`here`), after the commit and at most once per 5 ms.

    Inside the transaction a NOTIFY takes a lock that all commits share, and wakes every worker for
    one execution.
    """

    def __init__(self, database: Database, here: Callable[[], None]) -> None:
        self._database = database
        self._here = here
        self._timer: asyncio.TimerHandle | None = None
        self._sending: set[asyncio.Task[Any]] = set()

    def ready_soon(self) -> None:
        """Say that an execution is ready, together with what becomes ready meanwhile."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(NOTIFY_SECONDS, self._ready_now)

    def _ready_now(self) -> None:
        self._timer = None
        self._here()
        task = asyncio.create_task(self.ready())
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def ready(self) -> None:
        """Say at once that an execution is ready."""
        with suppress(*DATABASE_TROUBLE):
            # Lost with the connection: then the poll finds them, a second later at most.
            _ = await self._database.execute(_NOTIFY, READY_CHANNEL, "")

    async def stopped(self, ids: Iterable[ExecutionId]) -> None:
        """Say which executions have ended, whoever works on them."""
        names = [str(each) for each in ids]
        for first in range(0, len(names), MAX_STOPPED_IN_NOTICE):
            payload = ",".join(names[first : first + MAX_STOPPED_IN_NOTICE])
            _ = await self._database.execute(_NOTIFY, STOPPED_CHANNEL, payload)

    async def close(self) -> bool:
        """Finish what is being sent; whether something has not been said yet."""
        unsaid = self._timer is not None
        if self._timer is not None:
            self._timer.cancel()
        _ = await asyncio.gather(*self._sending, return_exceptions=True)
        return unsaid


def named_in(payload: str | None) -> list[ExecutionId]:
    """The executions that a notification names."""
    return [ExecutionId(int(each)) for each in (payload or "").split(",") if each.isdecimal()]
