"""`system:*`: how the whole is doing, for those who look after it."""

from ensuite import __version__
from ensuite.api.call import Answer, Call, enveloped, routes

MANAGE = "pm.system-settings"

# What is ready or leased is at work or waits for it; what has no lease and a time ahead waits for
# that time.  The partial index on `ready_at` holds just these.
_QUEUE = """
SELECT
    count(*) FILTER (WHERE lease_owner IS NULL AND ready_at <= $1) AS waiting,
    min(ready_at) FILTER (WHERE lease_owner IS NULL AND ready_at <= $1) AS oldest,
    count(*) FILTER (WHERE lease_owner IS NOT NULL) AS running,
    count(*) FILTER (WHERE lease_owner IS NULL AND ready_at > $1) AS scheduled
FROM ensuite.executions WHERE status IS NULL OR status = 0
"""

_WORKERS = """
SELECT lease_owner AS owner, count(*) AS executions, max(ready_at) > $1 AS alive
FROM ensuite.executions
WHERE (status IS NULL OR status = 0) AND lease_owner IS NOT NULL
GROUP BY lease_owner ORDER BY lease_owner
"""


@routes.add("system", "health", permission=MANAGE, writes=False)
async def health(call: Call) -> Answer:
    """The database, the queue, and the workers that hold executions (503: no database)."""
    now = call.means.clock.now()
    async with call.means.database.transaction(isolation="repeatable_read") as tx:
        queue = await tx.fetchrow(_QUEUE, now)
        workers = await tx.fetch(_WORKERS, now)
    assert queue is not None, "an aggregate gives one row"
    oldest = queue["oldest"]
    return enveloped(
        {
            "database": "ok",
            "version": __version__,
            "queue": {
                "waiting": queue["waiting"],
                "oldestWaitingSeconds": None if oldest is None else (now - oldest).total_seconds(),
            },
            "executions": {"running": queue["running"], "scheduled": queue["scheduled"]},
            "workers": [dict(row) for row in workers],
            "streams": len(call.means.watcher),
        }
    )
