"""The queue as the database has it: what is ready, what runs, and what waits for its time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

MAX_WORKFLOWS = 20

# What is ready or leased is at work or waits for it; what has no lease and a time ahead waits for
# that time.  The partial index on `ready_at` holds just these.
_QUEUE = """
SELECT
    count(*) FILTER (WHERE lease_owner IS NULL AND ready_at <= $1) AS ready,
    min(ready_at) FILTER (WHERE lease_owner IS NULL AND ready_at <= $1) AS oldest,
    count(*) FILTER (WHERE lease_owner IS NOT NULL) AS running,
    count(*) FILTER (WHERE lease_owner IS NULL AND ready_at > $1) AS scheduled
FROM ensuite.executions WHERE status IS NULL OR status = 0
"""

_BY_WORKFLOW = """
SELECT e.key, w.title, e.ready, e.oldest
FROM (
    SELECT key, count(*) AS ready, min(ready_at) AS oldest FROM ensuite.executions
    WHERE (status IS NULL OR status = 0) AND lease_owner IS NULL AND ready_at <= $1
    GROUP BY key ORDER BY oldest, key LIMIT $2
) e
LEFT JOIN ensuite.workflows w ON w.key = e.key AND w.current
ORDER BY e.oldest, e.key
"""


@dataclass(frozen=True, slots=True)
class Queue:
    """The executions of all processes that have not ended, counted at one moment."""

    ready: int
    """They wait for a worker."""
    oldest_seconds: float | None
    """How long the oldest of them has been ready; None: none is."""
    running: int
    """A process holds them."""
    scheduled: int
    """They wait for their time, or for somebody's answer."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is ready of one workflow."""

    key: str
    title: str | None
    ready: int
    oldest_seconds: float


async def queue_at(connection: asyncpg.Connection, now: datetime) -> Queue:
    """The queue as it is now."""
    row = await connection.fetchrow(_QUEUE, now)
    assert row is not None, "an aggregate gives one row"
    oldest = row["oldest"]
    seconds = None if oldest is None else (now - oldest).total_seconds()
    return Queue(row["ready"], seconds, row["running"], row["scheduled"])


async def waiting_by_workflow(connection: asyncpg.Connection, now: datetime) -> Sequence[Waiting]:
    """The workflows with the oldest ready executions, these first; 20 at most."""
    return [
        Waiting(row["key"], row["title"], row["ready"], (now - row["oldest"]).total_seconds())
        for row in await connection.fetch(_BY_WORKFLOW, now, MAX_WORKFLOWS)
    ]
