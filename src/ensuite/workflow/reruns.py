"""Running an execution again: a new one takes over what the earlier one had come to.

The earlier execution stays as it ended; the new one says which it repeats (`rerun_of`).  Its
journal begins with the jobs that are kept, so the interpreter goes on where they end.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from ensuite.clock import Clock
from ensuite.data.statements import arranged, flight
from ensuite.ids import ExecutionId
from ensuite.storage.database import Row, Transaction
from ensuite.tracing import Span
from ensuite.workflow.bindings import Workflow, WorkflowNotFound, load_workflow
from ensuite.workflow.capture import event_key
from ensuite.workflow.captured import About, Captured, chain_of, unusual
from ensuite.workflow.executions import outcome_of
from ensuite.workflow.interpreter import Ready, Waits, advance
from ensuite.workflow.outcome import Failed, Finish, Outcome, Retrying, Status

MAX_REPEATED = 1_000
"""Executions that one call runs again."""


class NotRepeated(StrEnum):
    """Why an execution is not run again."""

    #: It has not ended.
    AT_WORK = "at_work"
    #: It has succeeded: it can be run again from its start only.
    SUCCEEDED = "succeeded"
    #: No revision of its workflow is left that it could run on.
    WORKFLOW_DELETED = "workflow_deleted"
    #: The node to begin with had no turn in it, or is not in the revision.
    UNKNOWN_NODE = "unknown_node"


@dataclass(frozen=True, slots=True)
class Wish:
    """From where to run again, and on which revision."""

    start: Literal["failed", "start"] = "failed"
    node_key: str | None = None
    """Begin with this node; it wins over `start`."""
    newest: bool = False
    """On the enabled or current revision, instead of the one that ran."""


_EXECUTIONS = """
SELECT id, workflow_id, key, status, context, collection, record_key, action, user_id, stack,
    lane_key
FROM ensuite.executions WHERE id = ANY($1::bigint[]) ORDER BY id
"""

_TRACES = """
SELECT DISTINCT traceparent FROM ensuite.executions
WHERE id = ANY($1::bigint[]) AND traceparent IS NOT NULL
"""

_JOURNAL = """
SELECT id, node_id, node_key, iteration, attempt, status, meta, result, error, log, started_at,
    finished_at
FROM ensuite.jobs WHERE execution_id = $1 ORDER BY id
"""

_KEEP = """
INSERT INTO ensuite.jobs (id, execution_id, node_id, node_key, iteration, attempt, status, meta,
    result, error, log, started_at, finished_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""


@dataclass
class Reruns:
    """Writes the executions of one call, in the caller's transaction."""

    tx: Transaction
    next_id: Callable[[], int]
    clock: Clock
    span: Span | None = None
    """The part of a trace that the new executions belong to; it names those of the earlier ones."""

    async def repeat(
        self, ids: Sequence[ExecutionId], wish: Wish
    ) -> tuple[list[Captured], dict[int, NotRepeated]]:
        """The new executions, and why the others are not run again."""
        revisions: dict[tuple[int, str], Workflow | None] = {}
        made: list[Captured] = []
        left: dict[int, NotRepeated] = {}
        if self.span is not None:
            for row in await self.tx.fetch(_TRACES, ids):
                self.span.link(row["traceparent"])
        for row in await self.tx.fetch(_EXECUTIONS, ids):
            place = (row["workflow_id"], row["key"])
            if place not in revisions:
                revisions[place] = await self._revision(*place, newest=wish.newest)
            one = await self._repeat(row, revisions[place], wish)
            if isinstance(one, Captured):
                made.append(one)
            else:
                left[row["id"]] = one
        return made, left

    async def _revision(self, workflow_id: int, key: str, *, newest: bool) -> Workflow | None:
        if newest:
            workflow_id = await self.tx.fetchval(
                "SELECT id FROM ensuite.workflows WHERE key = $1 AND (enabled OR current)"
                " ORDER BY enabled DESC LIMIT 1",
                key,
            )
        try:
            return await load_workflow(self.tx, workflow_id or 0)
        except WorkflowNotFound:
            return None

    async def _repeat(
        self, row: Row, workflow: Workflow | None, wish: Wish
    ) -> Captured | NotRepeated:
        if row["status"] in {None, Status.STARTED}:
            return NotRepeated.AT_WORK
        if workflow is None:
            return NotRepeated.WORKFLOW_DELETED
        kept: Sequence[Row] = ()
        if wish.node_key is not None or wish.start == "failed":
            if wish.node_key is None and row["status"] == Status.RESOLVED:
                return NotRepeated.SUCCEEDED
            found = kept_jobs(await self.tx.fetch(_JOURNAL, row["id"]), workflow, wish.node_key)
            if found is None:
                return NotRepeated.UNKNOWN_NODE
            kept = found
        one = self._captured(row, workflow)
        sql, order = flight((one.table,))
        _ = await self.tx.execute(sql, *arranged(order, one.values))
        await self._keep(one.execution_id, kept, workflow)
        return one

    def _captured(self, row: Row, workflow: Workflow) -> Captured:
        execution_id = ExecutionId(self.next_id())
        about = About(row["collection"], row["record_key"], row["action"], row["user_id"])
        held = workflow.options.flow.holds_back and not workflow.sync
        return unusual(
            execution_id,
            workflow,
            event_key(execution_id, workflow.id, "", "rerun"),
            row["context"],
            about,
            self.clock.now(),
            None,
            None,
            lane=(row["lane_key"] or "") if held else None,
            chain=chain_of(row["stack"]),
            rerun_of=row["id"],
            traceparent=None if self.span is None else self.span.traceparent,
        )

    async def _keep(
        self, execution_id: ExecutionId, kept: Sequence[Row], workflow: Workflow
    ) -> None:
        nodes = {each.key: each.id for each in workflow.graph.everything()}
        rows: list[tuple[Any, ...]] = []
        for job in kept:
            meta = {**json.loads(job["meta"] or "{}"), "keptFrom": job["id"]}
            rows.append(
                (
                    self.next_id(),
                    execution_id,
                    nodes.get(job["node_key"], job["node_id"]),
                    job["node_key"],
                    job["iteration"],
                    job["attempt"],
                    job["status"],
                    json.dumps(meta),
                    job["result"],
                    job["error"],
                    job["log"],
                    job["started_at"],
                    job["finished_at"],
                )
            )
        await self.tx.executemany(_KEEP, rows)


def kept_jobs(
    journal: Sequence[Row], workflow: Workflow, node_key: str | None
) -> Sequence[Row] | None:
    """The jobs with which an execution goes on; None: it cannot begin with that node.

    Those of the nodes that come before the one to begin with, as the revision has them: what the
    earlier execution did on nodes that are not there any more is not kept.  Without a node, it
    begins with the one whose failure ended the execution, or with the first that has no turn yet.
    """
    outcomes: dict[str, Outcome] = {}
    for job in journal:
        outcome = outcome_of(job)
        if outcome is not None:
            outcomes[job["node_key"]] = outcome
    before: dict[str, Outcome] = {}
    while isinstance(state := advance(workflow.graph.sequence, before), Ready):
        key = state.node.key
        outcome = outcomes.get(key)
        if key == node_key or outcome is None:
            break
        if node_key is None and _ended_it(state.node.then, outcome):
            break
        before[key] = outcome
    if node_key is not None and not (
        isinstance(state, Ready | Waits) and state.node.key == node_key
    ):
        return None
    return [job for job in journal if job["node_key"] in before]


def _ended_it(then: str, outcome: Outcome) -> bool:
    """Whether a node's outcome is one that a new attempt could better."""
    match outcome:
        case Failed():
            return then == "stop"
        case Finish(status):
            return status is not Status.RESOLVED
        case Retrying():
            return True
        case _:
            return False
