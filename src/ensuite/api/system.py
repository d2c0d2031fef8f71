"""`system:*`: how the whole is doing, for those who look after it."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg

from ensuite import __version__
from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.clock import to_wire
from ensuite.storage.presence import SILENCE_SECONDS
from ensuite.workflow.queue import queue_at, waiting_by_workflow

MANAGE = "pm.system-settings"

# Every process that is there, and whoever else holds executions: of an older version, or one that
# died so long ago that its row is gone.
_WORKERS = """
SELECT
    coalesce(p.owner, l.owner) AS owner, p.kind, p.works, p.host, p.pid, p.version, p.concurrency,
    p.started_at, p.seen_at, coalesce(l.executions, 0) AS executions,
    coalesce(p.seen_at > $2, false) OR coalesce(l.until > $1, false) AS alive
FROM ensuite.processes p FULL JOIN (
    SELECT lease_owner AS owner, count(*) AS executions, max(ready_at) AS until
    FROM ensuite.executions
    WHERE (status IS NULL OR status = 0) AND lease_owner IS NOT NULL
    GROUP BY lease_owner
) l ON l.owner = p.owner
ORDER BY p.started_at NULLS LAST, owner
"""


@routes.add("system", "health", permission=MANAGE, writes=False)
async def health(call: Call) -> Answer:
    """The database, the queue as a whole and by workflow, and the processes (503: no database)."""
    now = call.means.clock.now()
    async with call.means.database.transaction(isolation="repeatable_read") as tx:
        queue = await queue_at(tx, now)
        workflows = await waiting_by_workflow(tx, now)
        workers = await tx.fetch(_WORKERS, now, now - timedelta(seconds=SILENCE_SECONDS))
    return enveloped(
        {
            "database": "ok",
            "version": __version__,
            "queue": {
                "waiting": queue.ready,
                "oldestWaitingSeconds": queue.oldest_seconds,
                "workflows": [
                    {
                        "key": each.key,
                        "title": each.title,
                        "waiting": each.ready,
                        "oldestWaitingSeconds": each.oldest_seconds,
                    }
                    for each in workflows
                ],
            },
            "executions": {"running": queue.running, "scheduled": queue.scheduled},
            "workers": [_worker(row) for row in workers],
            "streams": len(call.means.watcher),
        }
    )


def _worker(row: asyncpg.Record) -> dict[str, Any]:
    """A process; all but its name, its executions and its life is null where its row is gone."""
    return {
        "owner": row["owner"],
        "executions": row["executions"],
        "alive": row["alive"],
        "kind": row["kind"],
        "works": row["works"],
        "host": row["host"],
        "pid": row["pid"],
        "version": row["version"],
        "concurrency": row["concurrency"],
        "startedAt": _moment(row["started_at"]),
        "seenAt": _moment(row["seen_at"]),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else to_wire(moment)
