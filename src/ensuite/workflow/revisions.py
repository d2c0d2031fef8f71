"""The revisions that executions run on: those of the snapshot, and others as they are needed."""

from collections.abc import Callable

from ensuite.clock import Clock
from ensuite.ids import WorkflowId
from ensuite.storage.database import Database
from ensuite.workflow.bindings import Bindings, Workflow, WorkflowNotFound, load_workflow

MAX_REVISIONS = 256
"""Revisions kept that are not enabled (any more): what old executions run on."""


class Revisions:
    """Every revision by its id, for one process."""

    def __init__(self, database: Database, clock: Clock, bindings: Callable[[], Bindings]) -> None:
        self._database = database
        self._clock = clock
        self._bindings = bindings
        self._others: dict[WorkflowId, Workflow] = {}
        self._kept_beside: Bindings | None = None
        self._executed: set[WorkflowId] = set()

    async def of(self, workflow_id: WorkflowId) -> Workflow | None:
        """The revision that an execution was captured for; None: it is gone."""
        bindings = self._bindings()
        found = bindings.by_id.get(workflow_id)
        if found is not None:
            return found
        if bindings is not self._kept_beside:
            # A workflow has changed since: it may be one of these.
            self._others.clear()
            self._kept_beside = bindings
        found = self._others.get(workflow_id)
        if found is None:
            async with self._database.connection() as connection:
                try:
                    found = await load_workflow(connection, workflow_id)
                except WorkflowNotFound:
                    return None
            if len(self._others) >= MAX_REVISIONS:
                self._others.clear()
            if workflow_id in self._executed:
                # Only then its nodes cannot change any more.
                self._others[workflow_id] = found
        return found

    async def execute(self, workflow_id: WorkflowId) -> None:
        """Note the first execution of a revision: from then on its nodes stay as they are."""
        if workflow_id in self._executed:
            return
        _ = await self._database.execute(
            "UPDATE ensuite.workflows SET executed_at = $2 WHERE id = $1 AND executed_at IS NULL",
            workflow_id,
            self._clock.now(),
        )
        self._executed.add(workflow_id)
