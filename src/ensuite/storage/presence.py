"""Presence: the row by which others see that a process is there, and when it was last."""

import asyncio
import os
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import asyncpg
import structlog

from ensuite import __version__
from ensuite.clock import Clock
from ensuite.errors import EnsuiteError
from ensuite.storage.database import Database

log = structlog.get_logger(__name__)

BEAT_SECONDS = 5
SILENCE_SECONDS = 15
"""A process that has given no sign for so long is dead, frozen, or cut off from the database."""

Kind = Literal["serve", "worker"]

# With everything each time: who was taken for dead, and its row deleted, is there again.
_BEAT = """
INSERT INTO ensuite.processes
    (owner, kind, works, host, pid, version, concurrency, started_at, seen_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (owner) DO UPDATE SET seen_at = excluded.seen_at
"""


def new_owner() -> str:
    """A name for this process that no other has, nor had: `host/pid/random`."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"


@dataclass
class Presence:
    """Keeps the row of this process."""

    database: Database
    clock: Clock
    owner: str
    kind: Kind
    works: bool
    concurrency: int
    _task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self._started_at = self.clock.now()

    async def start(self) -> None:
        """Write the row, and go on to say when the process was last there."""
        await self._beat()
        self._task = asyncio.create_task(self._beat_forever(), name="presence")

    async def stop(self) -> None:
        """Delete the row: the process ends in order."""
        if self._task is not None:
            _ = self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        # Where the database is gone, housekeeping does it later.
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, EnsuiteError):
            _ = await self.database.execute(
                "DELETE FROM ensuite.processes WHERE owner = $1", self.owner
            )

    async def _beat(self) -> None:
        _ = await self.database.execute(
            _BEAT,
            self.owner,
            self.kind,
            self.works,
            socket.gethostname(),
            os.getpid(),
            __version__,
            self.concurrency,
            self._started_at,
            self.clock.now(),
        )

    async def _beat_forever(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self._beat()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, EnsuiteError) as error:
                log.warning("presence.failed", error=str(error))
