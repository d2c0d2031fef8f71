"""The rows of executions and jobs: what is written when, and the statements that claim them.

`ready_at` says from when on a worker may claim an execution: at once when it was queued, when the
lease runs out while somebody works on it, when the timer does while it waits.  So recovery after
a crash is no special path: a lease that ran out is ready again.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from ensuite.data.changes import Rider
from ensuite.data.statements import REPLACES, Guard
from ensuite.ids import ExecutionId, JobId, NodeId, WorkflowId
from ensuite.storage.database import Row
from ensuite.workflow.outcome import (
    NOTHING,
    Branch,
    Done,
    Failed,
    Finish,
    Outcome,
    Retrying,
    Status,
    Waiting,
)

LEASE_SECONDS = 10
"""How long a claim holds without a sign of life; a dead worker's executions are taken over then."""

LEASE = timedelta(seconds=LEASE_SECONDS)
READY_CHANNEL = "ensuite_ready"
STOPPED_CHANNEL = "ensuite_stopped"
MAX_RESULT_BYTES = 1024 * 1024
"""A larger job result is refused: later nodes and every viewer would load it again."""

_metadata = sa.MetaData()

_captured_columns = (
    sa.Column("id", sa.BigInteger()),
    sa.Column("workflow_id", sa.BigInteger()),
    sa.Column("key", sa.Text()),
    sa.Column("event_key", postgresql.UUID()),
    sa.Column("status", sa.SmallInteger()),
    sa.Column("context", postgresql.JSON()),
    sa.Column("ready_at", sa.DateTime(timezone=True)),
    sa.Column("lease_owner", sa.Text()),
    sa.Column("fence", sa.Integer()),
    sa.Column("manually", sa.Boolean()),
    sa.Column("created_at", sa.DateTime(timezone=True)),
    sa.Column("started_at", sa.DateTime(timezone=True)),
    sa.Column("collection", sa.Text()),
    sa.Column("record_key", sa.Text()),
    sa.Column("action", sa.Text()),
    sa.Column("user_id", sa.BigInteger()),
)

captured_executions = sa.Table("executions", _metadata, *_captured_columns, schema="ensuite")
"""The columns that capture writes; the others keep their defaults."""

unusual_executions = sa.Table(
    "executions",
    sa.MetaData(),
    *(sa.Column(column.name, column.type) for column in _captured_columns),
    sa.Column("lane_key", sa.Text()),
    sa.Column("cause_id", sa.BigInteger()),
    sa.Column("stack", postgresql.JSON()),
    sa.Column("reason", sa.Text()),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
    sa.Column("rerun_of", sa.BigInteger()),
    sa.Column("traceparent", sa.Text()),
    schema="ensuite",
)
"""The same with what most do not have: a lane, a cause, one that it repeats, a trace."""

_job_columns = (
    sa.Column("id", sa.BigInteger()),
    sa.Column("execution_id", sa.BigInteger()),
    sa.Column("node_id", sa.BigInteger()),
    sa.Column("node_key", sa.Text()),
    sa.Column("iteration", sa.Integer()),
    sa.Column("attempt", sa.Integer()),
    sa.Column("status", sa.SmallInteger()),
    sa.Column("meta", postgresql.JSON()),
    sa.Column("result", postgresql.JSON()),
    sa.Column("error", sa.Text()),
    sa.Column("started_at", sa.DateTime(timezone=True)),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
)

jobs = sa.Table("jobs", _metadata, *_job_columns, schema="ensuite")
"""A turn that begins and ends at once: its row is new."""

known_jobs = sa.Table(
    "jobs",
    sa.MetaData(),
    *(sa.Column(column.name, column.type) for column in _job_columns),
    schema="ensuite",
    info={REPLACES: ("execution_id", "node_key", "iteration", "attempt")},
)
"""A turn that may be on record already: it waited, or its attempt was written before the call."""


_executions = sa.table(
    "executions",
    sa.column("id", sa.BigInteger()),
    sa.column("fence", sa.Integer()),
    sa.column("status", sa.SmallInteger()),
    sa.column("reason", sa.Text()),
    sa.column("output", postgresql.JSON()),
    sa.column("ready_at", sa.DateTime(timezone=True)),
    sa.column("lease_owner", sa.Text()),
    sa.column("finished_at", sa.DateTime(timezone=True)),
    schema="ensuite",
)


class Link(msgspec.Struct, frozen=True, rename="camel"):
    """One execution in the chain that led to another: which of its nodes wrote what started it."""

    execution_id: int
    key: str
    node_key: str


class Claim(msgspec.Struct, frozen=True):
    """An execution that this process holds: what is written under it must carry its fence."""

    id: ExecutionId
    workflow_id: WorkflowId
    key: str
    fence: int
    context: str
    """The trigger's context, JSON text."""
    started_at: datetime
    fresh: bool = False
    """Nobody has held it before, and it repeats none: it has no jobs yet."""
    manually: bool = False
    stack: tuple[Link, ...] = ()
    lane_key: str | None = None
    takeovers: int = 0
    """How often it was taken over from a worker that gave no sign of life."""
    traceparent: str | None = None
    """The trace in which it was captured."""
    captured_at: datetime | None = None
    """Of a first claim that is not fresh: when it was captured."""


_held = sa.and_(
    _executions.c.id == sa.bindparam("g0", type_=_executions.c.id.type),
    _executions.c.fence == sa.bindparam("g1", type_=_executions.c.fence.type),
)


def _guard(*sets: str) -> Guard:
    """An UPDATE of one execution under a fence: `g0` is the id, `g1` the fence, then the sets."""
    columns = _executions.c
    update = (
        sa.update(_executions)
        .where(_held)
        .values(
            {
                name: sa.bindparam(f"g{number}", type_=columns[name].type)
                for number, name in enumerate(sets, start=2)
            }
        )
        .returning(columns.id)
    )
    return Guard(update, 2 + len(sets))


# Each is one shape of statement: what the commit of an execution's progress sets.  Who goes on sets
# nothing, and locks the row against whoever would take it over; the lease is kept by signs of life.
CONTINUE = Guard(sa.select(_executions.c.id).where(_held).with_for_update(key_share=True), 2)
PARK = _guard("ready_at", "lease_owner", "status")
END = _guard("status", "reason", "output", "lease_owner", "finished_at")


class ResultTooLarge(ValueError):
    """A node's result is over 1 MiB; let the node keep less of it."""


def encoded_result(value: Any) -> bytes | None:
    """A result as a job keeps it; None: there is none.

    Raises:
        ResultTooLarge: it does not fit into a job.

    """
    encoded = None if value is None else msgspec.json.encode(value)
    if encoded is not None and len(encoded) > MAX_RESULT_BYTES:
        raise ResultTooLarge(ResultTooLarge.__doc__)
    return encoded


def job_rider(
    job_id: JobId,
    claim: Claim,
    node_id: NodeId,
    node_key: str,
    outcome: Outcome,
    *,
    attempt: int,
    known: bool,
    started_at: datetime,
    finished_at: datetime,
) -> Rider:
    """The journal's row for one attempt of a node; `known`: it may have a row already.

    Raises:
        ResultTooLarge: the result does not fit into a job.

    """
    status, value, meta, error = as_job(outcome)
    result = encoded_result(value)
    return Rider(
        known_jobs if known else jobs,
        (
            job_id,
            claim.id,
            node_id,
            node_key,
            0,
            attempt,
            status,
            None if meta is None else msgspec.json.encode(meta).decode(),
            None if result is None else result.decode(),
            error,
            started_at,
            None if status == Status.STARTED else finished_at,
        ),
    )


def attempt_rider(
    job_id: JobId,
    claim: Claim,
    node_id: NodeId,
    node_key: str,
    *,
    attempt: int,
    started_at: datetime,
) -> Rider:
    """The row that says an outgoing call is about to be made, written before it."""
    meta = '{"attempt":true}'
    status = Status.STARTED
    row = (job_id, claim.id, node_id, node_key, 0, attempt, status, meta, None, None)
    return Rider(known_jobs, (*row, started_at, None))


def as_job(outcome: Outcome) -> tuple[Status, Any, Mapping[str, Any] | None, str | None]:
    """What a job's row holds of an outcome: its status, its result, its `meta`, its error."""
    match outcome:
        case Done(value, output, _, assigns):
            meta: dict[str, Any] = {}
            if output is not NOTHING:
                meta["output"] = output
            if assigns is not None:
                meta["assigns"] = assigns
            return Status.RESOLVED, value, meta or None, None
        case Branch(index, value, then):
            return Status.RESOLVED, value, {"branch": index, "then": then}, None
        case Waiting(until=until, value=value):
            return Status.STARTED, value, {"until": until.isoformat() if until else None}, None
        case Failed(error, status, value):
            shown = {"message": error} if value is None and error is not None else value
            return status, shown, None, error
        case Retrying(until, failure):
            _, shown, _, error = as_job(failure)
            return Status.RETRY_NEEDED, shown, {"retryAt": until.isoformat()}, error
        case Finish(status):
            return status, None, {"finish": True}, None


def outcome_of(row: Row) -> Outcome | None:
    """What a job's row says its node came to; None for an attempt that never ended."""
    meta: dict[str, Any] = msgspec.json.decode(row["meta"]) if row["meta"] else {}
    value = msgspec.json.decode(row["result"]) if row["result"] else None
    status = Status(row["status"])
    if meta.get("finish"):
        return Finish(status)
    if status is Status.STARTED:
        if meta.get("attempt"):
            return None
        until, decided = meta.get("until"), meta.get("decided")
        return Waiting(
            datetime.fromisoformat(until) if until else None,
            value,
            decided=None if decided is None else Status(decided),
        )
    if status is Status.RETRY_NEEDED and "retryAt" in meta:
        failure = Failed(row["error"], Status.RETRY_NEEDED, value)
        return Retrying(datetime.fromisoformat(meta["retryAt"]), failure)
    if status is not Status.RESOLVED:
        return Failed(row["error"], status, value)
    if "branch" in meta:
        return Branch(meta["branch"], value, Status(meta["then"]))
    return Done(value, output=meta.get("output", NOTHING), assigns=meta.get("assigns"))


# Fairness: workflows whose executions already fill their share here are passed over, so that one
# slow workflow blocks no other.  SKIP LOCKED: two workers never wait for each other's rows.
# A locked row stays where it is, so that its place finds it again without another index.
# Whose lease ran out unnoticed may name what it still works on: nobody takes over from himself.
CLAIM = """
UPDATE ensuite.executions AS e
SET status = 0, lease_owner = $1, ready_at = $2, fence = e.fence + 1,
    started_at = coalesce(e.started_at, $3),
    takeovers = e.takeovers + (e.lease_owner IS NOT NULL)::int
FROM (
    SELECT ctid, lease_owner FROM ensuite.executions
    WHERE (status = 0 OR (status IS NULL AND lane_key IS NULL)) AND ready_at <= $3
        AND workflow_id <> ALL($4::bigint[])
        AND NOT (lease_owner IS NOT DISTINCT FROM $1 AND id = ANY($6::bigint[]))
    ORDER BY ready_at
    LIMIT $5
    FOR UPDATE SKIP LOCKED
) AS ready
WHERE e.ctid = ready.ctid
RETURNING e.id, e.workflow_id, e.key, e.fence, e.context, e.started_at, e.manually, e.created_at,
    e.stack, e.lane_key, e.takeovers, e.rerun_of, e.traceparent, ready.lease_owner AS held_by
"""

EXTEND = """
UPDATE ensuite.executions AS e SET ready_at = $4
FROM unnest($1::bigint[], $2::integer[]) AS held (id, fence)
WHERE e.id = held.id AND e.fence = held.fence AND e.lease_owner = $3 AND e.status = 0
RETURNING e.id
"""

FENCES = "SELECT id, fence FROM ensuite.executions WHERE id = ANY($1::bigint[])"

# When the next timer or lease runs out; the partial index on `ready_at` has it.
NEXT_READY = """
SELECT min(ready_at) FROM ensuite.executions
WHERE (status = 0 OR (status IS NULL AND lane_key IS NULL)) AND ready_at > $1
"""

# Handed back at a graceful stop: another process may go on at once.
RELEASE = """
UPDATE ensuite.executions SET ready_at = $3, lease_owner = NULL
WHERE id = ANY($1::bigint[]) AND lease_owner = $2 AND status = 0
"""

# The raised fence is what stops a worker that is at it: its next write finds no row.
STOP = """
UPDATE ensuite.executions
SET status = $2, reason = $3, fence = fence + 1, lease_owner = NULL, cancel_requested = true,
    finished_at = $4
WHERE id = ANY($1::bigint[]) AND (status IS NULL OR status = 0)
RETURNING id, key, lane_key
"""

# What nobody will resume any more is no longer pending, and no longer asked of anybody.
ABORT_JOBS = """
WITH aborted AS (
    UPDATE ensuite.jobs SET status = -3, finished_at = $2
    WHERE execution_id = ANY($1::bigint[]) AND status = 0
)
UPDATE ensuite.manual_tasks SET status = -3, updated_at = $2
WHERE execution_id = ANY($1::bigint[]) AND status = 0
"""

JOURNAL = """
SELECT node_key, attempt, status, meta, result, error, started_at
FROM ensuite.jobs WHERE execution_id = $1 ORDER BY id
"""
