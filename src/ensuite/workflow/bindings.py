"""The workflows of one snapshot: which exist, which are enabled, what each is bound to."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import asyncpg

from ensuite.errors import NotFound
from ensuite.ids import NodeId, WorkflowId
from ensuite.storage.database import Row
from ensuite.workflow.graph import Graph, NodeRow, compiled
from ensuite.workflow.options import Options, stored
from ensuite.workflow.trigger import InvalidTriggerConfig, Trigger, configured
from ensuite.workflow.triggers.action import ActionTrigger
from ensuite.workflow.triggers.collection import CollectionTrigger


class WorkflowNotFound(NotFound):
    """There is no such workflow; `workflows:list` shows those that exist."""

    code = "WORKFLOW_NOT_FOUND"


@dataclass(frozen=True)
class Workflow:
    """One revision of a workflow, ready to run."""

    id: WorkflowId
    key: str
    type: str
    sync: bool
    trigger: Trigger | None
    """None where the configuration is not valid: it then matches nothing."""
    options: Options = field(default_factory=Options)
    graph: Graph = field(default_factory=Graph)


@dataclass(frozen=True)
class Bindings:
    """The enabled workflows, and the types of those that exist but are not enabled."""

    enabled: Mapping[str, Workflow] = field(default_factory=dict)
    """By key."""
    disabled: frozenset[str] = frozenset()
    """Keys of workflows none of whose revisions is enabled."""

    @cached_property
    def by_id(self) -> Mapping[WorkflowId, Workflow]:
        """The enabled revisions by id."""
        return {each.id: each for each in self.enabled.values()}

    @cached_property
    def _everywhere(self) -> Mapping[str, tuple[tuple[Workflow, ActionTrigger], ...]]:
        found: dict[str, list[tuple[Workflow, ActionTrigger]]] = defaultdict(list)
        for each in sorted(self.enabled.values(), key=lambda workflow: workflow.id):
            if isinstance(each.trigger, ActionTrigger) and each.trigger.everywhere:
                found[each.trigger.collection].append((each, each.trigger))
        return {name: tuple(workflows) for name, workflows in found.items()}

    @cached_property
    def _listening(self) -> Mapping[str, tuple[tuple[Workflow, CollectionTrigger], ...]]:
        found: dict[str, list[tuple[Workflow, CollectionTrigger]]] = defaultdict(list)
        for each in sorted(self.enabled.values(), key=lambda workflow: workflow.id):
            if isinstance(each.trigger, CollectionTrigger):
                found[each.trigger.collection].append((each, each.trigger))
        return {name: tuple(workflows) for name, workflows in found.items()}

    def listening(self, collection: str) -> Iterable[tuple[Workflow, CollectionTrigger]]:
        """The workflows that start on every change of a collection's records, oldest first."""
        return self._listening.get(collection, ())

    def everywhere(self, collection: str) -> Iterable[tuple[Workflow, ActionTrigger]]:
        """The global workflows on a collection, oldest first."""
        return self._everywhere.get(collection, ())


_NODES = """
SELECT id, workflow_id, key, type, upstream_id, branch_index, config FROM ensuite.flow_nodes
WHERE workflow_id = ANY($1::bigint[]) ORDER BY id
"""


async def load_bindings(connection: asyncpg.Connection) -> Bindings:
    """Read the workflows; call it in the transaction that reads the catalog."""
    rows = await connection.fetch(
        "SELECT id, key, type, sync, config, options FROM ensuite.workflows WHERE enabled"
    )
    graphs = await _graphs(connection, [row["id"] for row in rows])
    keys = await connection.fetch("SELECT DISTINCT key FROM ensuite.workflows")
    enabled = {row["key"]: _workflow(row, graphs[row["id"]]) for row in rows}
    return Bindings(enabled, frozenset(row["key"] for row in keys).difference(enabled))


async def load_workflow(connection: asyncpg.Connection, workflow_id: int) -> Workflow:
    """Read one revision, enabled or not.

    Raises:
        WorkflowNotFound: it does not exist (any more).

    """
    row = await connection.fetchrow(
        "SELECT id, key, type, sync, config, options FROM ensuite.workflows WHERE id = $1",
        workflow_id,
    )
    if row is None:
        message = "workflow not found"
        raise WorkflowNotFound(message)
    graphs = await _graphs(connection, [workflow_id])
    return _workflow(row, graphs[workflow_id])


async def _graphs(connection: asyncpg.Connection, ids: list[int]) -> Mapping[int, Graph]:
    nodes: dict[int, list[NodeRow]] = defaultdict(list)
    for row in await connection.fetch(_NODES, ids):
        nodes[row["workflow_id"]].append(
            NodeRow(
                id=NodeId(row["id"]),
                key=row["key"],
                type=row["type"],
                upstream_id=None if row["upstream_id"] is None else NodeId(row["upstream_id"]),
                branch_index=row["branch_index"],
                config=json.loads(row["config"]),
            )
        )
    return {each: compiled(nodes[each]) for each in ids}


def _workflow(row: Row, graph: Graph) -> Workflow:
    try:
        trigger = configured(row["type"], json.loads(row["config"]))
    except InvalidTriggerConfig:
        trigger = None
    return Workflow(
        id=WorkflowId(row["id"]),
        key=row["key"],
        type=row["type"],
        sync=row["sync"],
        trigger=trigger,
        options=stored(json.loads(row["options"])),
        graph=graph,
    )
