"""Deleting executions, with everything that hangs on them."""

from collections import Counter
from collections.abc import Sequence

import asyncpg

from ensuite.ids import ExecutionId, WorkflowId

HANGING = ("ensuite.jobs", "ensuite.manual_tasks")
"""Tables whose rows belong to an execution and go with it: each has an indexed `execution_id`.

A further table of that kind is one more name here.
"""

_EXECUTIONS = """
DELETE FROM ensuite.executions WHERE id = ANY($1::bigint[]) RETURNING workflow_id
"""

_COUNT = """
UPDATE ensuite.workflows SET deleted_executions = deleted_executions + $2 WHERE id = $1
"""


async def delete_executions(tx: asyncpg.Connection, ids: Sequence[ExecutionId]) -> int:
    """Delete executions with what hangs on them; the counters of their revisions keep them."""
    deleted: list[WorkflowId] = [row[0] for row in await tx.fetch(_EXECUTIONS, ids)]
    for table in HANGING:
        _ = await tx.execute(f"DELETE FROM {table} WHERE execution_id = ANY($1::bigint[])", ids)  # noqa: S608 - one of the names above
    # In one order, so that two who count for the same revisions cannot deadlock.
    for workflow_id, count in sorted(Counter(deleted).items()):
        _ = await tx.execute(_COUNT, workflow_id, count)
    return len(deleted)


async def hanging_rows(tx: asyncpg.Connection, ids: Sequence[ExecutionId]) -> Counter[ExecutionId]:
    """How many rows would go with each of these executions, besides its own."""
    found: Counter[ExecutionId] = Counter()
    for table in HANGING:
        rows = await tx.fetch(
            f"SELECT execution_id, count(*) FROM {table}"  # noqa: S608 - one of the names above
            " WHERE execution_id = ANY($1::bigint[]) GROUP BY execution_id",
            ids,
        )
        found.update({ExecutionId(row[0]): row[1] for row in rows})
    return found
