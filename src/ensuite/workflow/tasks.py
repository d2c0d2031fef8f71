"""The rows of tasks: what people are asked by executions that wait, and how answers decide.

Everybody locks in one order, the execution, its jobs, its tasks: so an answer, a deadline, a
cancellation and a worker that goes on exclude each other, and none of them is overwritten.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from ensuite.ids import ExecutionId, JobId
from ensuite.storage.database import Row, Transaction
from ensuite.workflow.executions import Claim, encoded_result
from ensuite.workflow.outcome import Status, Task
from ensuite.workflow.questions import Form

FIRST, ALL, ANY = 0, 1, -1
"""The modes of the contract (section 5.10): whose answer decides."""

# Asked again after a crash or a parking that was repeated: everybody has one task, and nobody a
# second time whose task is somebody else's by now.
_ASK = """
INSERT INTO ensuite.manual_tasks (
    id, user_id, job_id, node_id, execution_id, workflow_id, key, mode, status, title, description,
    forms, created_at, updated_at, expires_at
)
SELECT t.id, t.user_id, j.id, j.node_id, j.execution_id, $3, $4, t.mode, 0, t.title, t.description,
    t.form::json, $5, $5, $6
FROM ensuite.jobs j, unnest(
    $7::bigint[], $8::bigint[], $9::smallint[], $10::text[], $11::text[], $12::text[]
) AS t (id, user_id, mode, title, description, form)
WHERE j.execution_id = $1 AND j.node_key = $2 AND j.status = 0 AND NOT EXISTS (
    SELECT 1 FROM ensuite.manual_tasks o
    WHERE o.execution_id = j.execution_id AND o.job_id = j.id AND o.status = 0
)
ON CONFLICT DO NOTHING
"""

# Under the fence of whoever goes on: an answer that came first has taken the lease away.
WITHDRAW = """
WITH held AS (
    SELECT id FROM ensuite.executions WHERE id = $1 AND fence = $2 FOR UPDATE
), withdrawn AS (
    UPDATE ensuite.manual_tasks t SET status = -3, updated_at = $4
    FROM held, ensuite.jobs j
    WHERE t.execution_id = held.id AND t.status = 0
        AND j.id = t.job_id AND j.node_key = $3
)
SELECT count(*) FROM held
"""

_ANSWERS = """
SELECT user_id, status, result FROM ensuite.manual_tasks
WHERE execution_id = $1 AND job_id = $2 ORDER BY updated_at, id
"""

# A draft is of who wrote it, and goes.
_REASSIGN = """
UPDATE ensuite.manual_tasks t SET user_id = $2, result = NULL, updated_at = $3
WHERE t.id = $1 AND NOT EXISTS (
    SELECT 1 FROM ensuite.manual_tasks o
    WHERE o.execution_id = t.execution_id AND o.job_id = t.job_id AND o.user_id = $2
)
RETURNING id
"""

_END = """
UPDATE ensuite.manual_tasks SET status = -3, updated_at = $3
WHERE execution_id = $1 AND job_id = $2 AND status = 0
"""

# Whoever is at the execution has read the journal without the decision: it loses its lease, so
# that it cannot write over it.
_READY = """
UPDATE ensuite.executions SET ready_at = $2, fence = fence + 1, lease_owner = NULL WHERE id = $1
"""


async def ask(
    tx: Transaction,
    claim: Claim,
    node_key: str,
    tasks: Sequence[Task],
    *,
    ids: Callable[[], int],
    now: datetime,
    expires_at: datetime | None,
) -> None:
    """Put the tasks of a job that waits before people."""
    _ = await tx.execute(
        _ASK,
        claim.id,
        node_key,
        claim.workflow_id,
        claim.key,
        now,
        expires_at,
        [ids() for _ in tasks],
        [task.user_id for task in tasks],
        [task.mode for task in tasks],
        [task.title for task in tasks],
        [task.description for task in tasks],
        [msgspec.json.encode(task.form).decode() for task in tasks],
    )


async def waiting_job(tx: Transaction, job_id: JobId) -> Row | None:
    """A job that waits, locked with its execution until `tx` ends; None: it does not wait."""
    execution_id = await tx.fetchval(
        "SELECT execution_id FROM ensuite.jobs WHERE id = $1 AND status = 0", job_id
    )
    held = execution_id is not None and await tx.fetchval(
        "SELECT id FROM ensuite.executions WHERE id = $1 AND status = 0 FOR UPDATE", execution_id
    )
    if not held:
        return None
    # Read again under the lock: it may have been decided meanwhile.
    job = await tx.fetchrow(
        "SELECT id, execution_id, meta, result FROM ensuite.jobs WHERE id = $1 AND status = 0",
        job_id,
    )
    if job is None:
        return None
    meta = msgspec.json.decode(job["meta"] or "{}")
    # An outgoing call that is under way does not wait for anybody.
    return None if meta.get("attempt") or "decided" in meta else job


async def note(tx: Transaction, job_id: JobId, value: Any) -> None:
    """Keep with a job that waits what it has come to so far."""
    encoded = encoded_result(value)
    _ = await tx.execute(
        "UPDATE ensuite.jobs SET result = $2 WHERE id = $1",
        job_id,
        None if encoded is None else encoded.decode(),
    )


async def decide(tx: Transaction, job: Row, status: Status, value: Any, now: datetime) -> None:
    """End the wait of a job that `waiting_job` has locked: its node goes on with the decision.

    Raises:
        ResultTooLarge: the value does not fit into a job.

    """
    job_id, execution_id = JobId(job["id"]), ExecutionId(job["execution_id"])
    await note(tx, job_id, value)
    meta = {"until": now.isoformat(), "decided": status}
    encoded = msgspec.json.encode(meta).decode()
    _ = await tx.execute("UPDATE ensuite.jobs SET meta = $2 WHERE id = $1", job_id, encoded)
    _ = await tx.execute(_END, execution_id, job_id, now)
    _ = await tx.execute(_READY, execution_id, now)


def decision(mode: int, statuses: Sequence[int]) -> Status | None:
    """What the answers so far come to, 0 where there is none yet; None: others are waited for."""
    refused = Status.REJECTED in statuses
    agreed = Status.RESOLVED in statuses
    if mode == ANY:
        if agreed:
            return Status.RESOLVED
        return None if Status.STARTED in statuses else Status.REJECTED
    if refused:
        return Status.REJECTED
    if mode == ALL:
        return None if Status.STARTED in statuses else Status.RESOLVED
    return Status.RESOLVED if agreed else None


def form_of(task: Row) -> Form:
    """What a task asks, as it was when it was put."""
    return Form.model_validate_json(task["forms"])


async def answer(
    tx: Transaction, job: Row, task: Row, status: Status, result: Mapping[str, Any], now: datetime
) -> bool:
    """Keep an answer to a task whose job `waiting_job` has locked; says whether it decides.

    A draft, status 0, is kept with the task and nowhere else.
    """
    _ = await tx.execute(
        "UPDATE ensuite.manual_tasks SET status = $2, result = $3, updated_at = $4 WHERE id = $1",
        task["id"],
        status,
        msgspec.json.encode(result).decode(),
        now,
    )
    if status is Status.STARTED:
        return False
    rows = await tx.fetch(_ANSWERS, job["execution_id"], job["id"])
    answers = [_said(row) for row in rows if row["status"] != Status.STARTED]
    reached = decision(task["mode"], [row["status"] for row in rows])
    if reached is None:
        asked = msgspec.json.decode(job["result"] or "{}")
        await note(tx, JobId(job["id"]), {**asked, "answers": answers})
        return False
    own = {"userId": task["user_id"], **result}
    await decide(tx, job, reached, answers if task["mode"] == ALL else own, now)
    return True


async def reassign(tx: Transaction, job: Row, task: Row, user_id: int, now: datetime) -> bool:
    """Ask somebody else, of a job that `waiting_job` has locked; False: they are asked already.

    As many people are asked as before, and each of them once: so `decision` means the same.
    """
    if await tx.fetchval(_REASSIGN, task["id"], user_id, now) is None:
        return False
    asked = msgspec.json.decode(job["result"] or "{}")
    who = [user_id if each == task["user_id"] else each for each in asked.get("assignees", [])]
    await note(tx, JobId(job["id"]), {**asked, "assignees": who})
    return True


def _said(row: Row) -> dict[str, Any]:
    return {"userId": row["user_id"], **msgspec.json.decode(row["result"])}
