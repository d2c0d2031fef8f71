"""Drawing workflows: revisions and their nodes, changed in the caller's transaction.

The rules are wire contract sections 5.3 and 5.4.  A revision that has executed stays as it is:
its executions go on, and are looked at, on the nodes that they were captured for.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from ensuite.errors import InvalidRequest, NotFound
from ensuite.schema.alter import random_key
from ensuite.storage.database import Row
from ensuite.workflow.bindings import WorkflowNotFound
from ensuite.workflow.failure import ERROR_BRANCH
from ensuite.workflow.graph import MAX_NODES, NodeRow, compiled, configured
from ensuite.workflow.node import Node, node_types

NextId = Callable[[], int]


class WorkflowExecuted(InvalidRequest):
    """This revision has executed: make a new revision (`workflows:revision`) and change that."""

    code = "WORKFLOW_EXECUTED"


class NodeNotFound(NotFound):
    """There is no such node in this workflow."""

    code = "NODE_NOT_FOUND"


class InvalidPlace(InvalidRequest):
    """A node cannot go there: the node before has no such branch."""

    code = "INVALID_PLACE"


class InvalidMove(InvalidRequest):
    """A node cannot go there; the message says why."""

    code = "INVALID_MOVE"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node hangs: behind `upstream`, at the head of its branch `branch`, or at the top."""

    upstream: int | None
    branch: int | None


async def locked(tx: asyncpg.Connection, workflow_id: int) -> asyncpg.Record:
    """The workflow's row, locked until the transaction ends.

    Raises:
        WorkflowNotFound: there is none.

    """
    row = await tx.fetchrow("SELECT * FROM ensuite.workflows WHERE id = $1 FOR UPDATE", workflow_id)
    if row is None:
        message = "workflow not found"
        raise WorkflowNotFound(message)
    return row


async def unexecuted(tx: asyncpg.Connection, workflow_id: int) -> asyncpg.Record:
    """The workflow's row, locked, of a revision whose nodes may change.

    Raises:
        WorkflowExecuted: it has executed.

    """
    row = await locked(tx, workflow_id)
    if row["executed_at"] is not None:
        message = "nodes of an executed workflow cannot be changed: make a new revision"
        raise WorkflowExecuted(message)
    return row


async def enable(tx: asyncpg.Connection, row: Row, *, enabled: bool) -> None:
    """Enable or disable a revision; an enabled one becomes the current one of its key."""
    if enabled:
        # First the others, since only one revision of a key may be current.
        _ = await tx.execute(
            "UPDATE ensuite.workflows SET enabled = false, current = NULL"
            " WHERE key = $1 AND id <> $2 AND (enabled OR current)",
            row["key"],
            row["id"],
        )
    _ = await tx.execute(
        "UPDATE ensuite.workflows SET enabled = $2,"
        " current = CASE WHEN $2 THEN true ELSE current END WHERE id = $1",
        row["id"],
        enabled,
    )


async def revise(
    tx: asyncpg.Connection, row: Row, next_id: NextId, *, same_key: bool, actor: int
) -> int:
    """Copy a workflow with its nodes: a new revision, or a workflow of its own."""
    copy_id = next_id()
    title = row["title"] if same_key else f"{row['title'] or ''} copy".strip()
    _ = await tx.execute(
        "INSERT INTO ensuite.workflows (id, key, title, description, enabled, current, type,"
        " trigger_title, config, sync, options, created_by_id, updated_by_id)"
        " VALUES ($1, $2, $3, $4, false, $5, $6, $7, $8, $9, $10, $11, $11)",
        copy_id,
        row["key"] if same_key else random_key(),
        title,
        row["description"],
        None if same_key else True,
        row["type"],
        row["trigger_title"],
        row["config"],
        row["sync"],
        row["options"],
        actor,
    )
    nodes = await tx.fetch(
        "SELECT * FROM ensuite.flow_nodes WHERE workflow_id = $1 ORDER BY id", row["id"]
    )
    ids = {node["id"]: next_id() for node in nodes}
    for node in nodes:
        _ = await tx.execute(
            "INSERT INTO ensuite.flow_nodes (id, key, title, workflow_id, upstream_id,"
            " branch_index, downstream_id, type, config)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            ids[node["id"]],
            # The same keys: what refers to a node's result refers to the copy's.
            node["key"],
            node["title"],
            copy_id,
            ids.get(node["upstream_id"]),
            node["branch_index"],
            ids.get(node["downstream_id"]),
            node["type"],
            node["config"],
        )
    return copy_id


async def destroy(tx: asyncpg.Connection, row: Row) -> None:
    """Delete a revision; with the current one go all revisions of its key."""
    if row["current"]:
        _ = await tx.execute("DELETE FROM ensuite.workflows WHERE key = $1", row["key"])
    else:
        _ = await tx.execute("DELETE FROM ensuite.workflows WHERE id = $1", row["id"])


# --- nodes --------------------------------------------------------------------------------


def checked_type(type_name: object) -> str:
    """The name of a node type.

    Raises:
        InvalidRequest: there is no such type.

    """
    if not isinstance(type_name, str) or type_name not in node_types:
        message = (
            f'Node type "{type_name}" is not registered; types: {", ".join(sorted(node_types))}'
        )
        raise InvalidRequest(message)
    return type_name


async def create_node(
    tx: asyncpg.Connection,
    workflow_id: int,
    node: Mapping[str, Any],
    place: Place,
    next_id: NextId,
) -> int:
    """Put a node at a place; what was there comes after it."""
    count = await tx.fetchval(
        "SELECT count(*) FROM ensuite.flow_nodes WHERE workflow_id = $1", workflow_id
    )
    if count >= MAX_NODES:
        message = f"a workflow has {MAX_NODES} nodes at most"
        raise InvalidRequest(message)
    type_name = checked_type(node.get("type"))
    given = node.get("config")
    if given is not None:
        if not isinstance(given, Mapping):
            message = "config is a JSON object"
            raise InvalidRequest(message)
        _ = configured(type_name, given)
    await _require_place(tx, workflow_id, place)
    node_id = next_id()
    key = node.get("key")
    _ = await tx.execute(
        "INSERT INTO ensuite.flow_nodes (id, key, title, workflow_id, type, config)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        node_id,
        key or random_key(),
        node.get("title"),
        workflow_id,
        type_name,
        json.dumps(given or {}),
    )
    await _insert(tx, workflow_id, node_id, place)
    await check_graph(tx, workflow_id)
    return node_id


async def _require_place(tx: asyncpg.Connection, workflow_id: int, place: Place) -> None:
    """Refuse a place where nothing would ever run.

    Raises:
        NodeNotFound: the workflow has no such upstream node.
        InvalidPlace: the node there has no such branch.

    """
    if place.upstream is None:
        return
    row = await tx.fetchrow(
        "SELECT type, config FROM ensuite.flow_nodes WHERE id = $1 AND workflow_id = $2",
        place.upstream,
        workflow_id,
    )
    if row is None:
        message = f"the workflow has no node {place.upstream}"
        raise NodeNotFound(message)
    if place.branch == ERROR_BRANCH:
        policy = json.loads(row["config"]).get("onFailure")
        if not isinstance(policy, Mapping) or policy.get("then") != "branch":
            message = "the node has no error branch: set onFailure.then to 'branch' first"
            raise InvalidPlace(message)
        return
    upstream = node_types.get(row["type"], Node)
    # Where the configuration names the branches, it may be completed after the nodes are drawn.
    fixed = upstream.branch_names is Node.branch_names
    if place.branch is not None and fixed and place.branch >= len(upstream.branches):
        message = f"a node of type {row['type']!r} has no branch {place.branch}"
        raise InvalidPlace(message)


async def _insert(tx: asyncpg.Connection, workflow_id: int, node_id: int, place: Place) -> None:
    """Hang a loose node into its place, and what was there behind the node."""
    displaced = await tx.fetchval(
        "SELECT id FROM ensuite.flow_nodes WHERE workflow_id = $1 AND id <> $2"
        " AND upstream_id IS NOT DISTINCT FROM $3 AND branch_index IS NOT DISTINCT FROM $4",
        workflow_id,
        node_id,
        place.upstream,
        place.branch,
    )
    _ = await tx.execute(
        "UPDATE ensuite.flow_nodes SET upstream_id = $2, branch_index = $3, downstream_id = $4"
        " WHERE id = $1",
        node_id,
        place.upstream,
        place.branch,
        displaced,
    )
    if displaced is not None:
        _ = await tx.execute(
            "UPDATE ensuite.flow_nodes SET upstream_id = $2, branch_index = NULL WHERE id = $1",
            displaced,
            node_id,
        )
    if place.upstream is not None and place.branch is None:
        _ = await tx.execute(
            "UPDATE ensuite.flow_nodes SET downstream_id = $2 WHERE id = $1",
            place.upstream,
            node_id,
        )


async def _take_out(tx: asyncpg.Connection, node: Row) -> None:
    """Close the gap that a node leaves; its branches stay with it."""
    if node["downstream_id"] is not None:
        _ = await tx.execute(
            "UPDATE ensuite.flow_nodes SET upstream_id = $2, branch_index = $3 WHERE id = $1",
            node["downstream_id"],
            node["upstream_id"],
            node["branch_index"],
        )
    if node["upstream_id"] is not None and node["branch_index"] is None:
        _ = await tx.execute(
            "UPDATE ensuite.flow_nodes SET downstream_id = $2 WHERE id = $1",
            node["upstream_id"],
            node["downstream_id"],
        )


async def _branch_members(
    tx: asyncpg.Connection, node_id: int, *, branch: int | None = None
) -> list[int]:
    """The nodes inside a node's branches, however deep."""
    rows = await tx.fetch(
        """
        WITH RECURSIVE inside AS (
            SELECT id FROM ensuite.flow_nodes
            WHERE upstream_id = $1 AND branch_index IS NOT NULL
                AND ($2::integer IS NULL OR branch_index = $2)
            UNION
            SELECT n.id FROM ensuite.flow_nodes n JOIN inside ON n.upstream_id = inside.id
        )
        SELECT id FROM inside
        """,
        node_id,
        branch,
    )
    return [row["id"] for row in rows]


async def destroy_node(tx: asyncpg.Connection, node: Row, *, keep_branch: int | None) -> None:
    """Delete a node with its branches; one of them may take the node's place."""
    node_id = node["id"]
    kept_head = None
    if keep_branch is not None:
        kept_head = await tx.fetchrow(
            "SELECT * FROM ensuite.flow_nodes WHERE upstream_id = $1 AND branch_index = $2",
            node_id,
            keep_branch,
        )
    await _take_out(tx, node)
    kept: list[int] = []
    if kept_head is not None:
        kept = await _branch_members(tx, node_id, branch=keep_branch)
        tail = (await _line(tx, kept_head["id"]))[-1]
        await _put_line(tx, kept_head["id"], tail, node)
    doomed = [each for each in await _branch_members(tx, node_id) if each not in kept]
    _ = await tx.execute(
        "DELETE FROM ensuite.flow_nodes WHERE id = ANY($1::bigint[])", [node_id, *doomed]
    )


async def _line(tx: asyncpg.Connection, head: int) -> list[int]:
    """The nodes of one line, from its head along `downstream`."""
    line = [head]
    while (
        following := await tx.fetchval(
            "SELECT downstream_id FROM ensuite.flow_nodes WHERE id = $1", line[-1]
        )
    ) is not None and len(line) <= MAX_NODES:
        line.append(following)
    return line


async def _put_line(tx: asyncpg.Connection, head: int, tail: int, node: Row) -> None:
    """Hang a whole line where a node was taken out."""
    _ = await tx.execute(
        "UPDATE ensuite.flow_nodes SET upstream_id = $2, branch_index = $3 WHERE id = $1",
        head,
        node["upstream_id"],
        node["branch_index"],
    )
    if node["upstream_id"] is not None and node["branch_index"] is None:
        _ = await tx.execute(
            "UPDATE ensuite.flow_nodes SET downstream_id = $2 WHERE id = $1",
            node["upstream_id"],
            head,
        )
    if node["downstream_id"] is not None:
        _ = await tx.execute(
            "UPDATE ensuite.flow_nodes SET upstream_id = $2, branch_index = NULL WHERE id = $1",
            node["downstream_id"],
            tail,
        )
        _ = await tx.execute(
            "UPDATE ensuite.flow_nodes SET downstream_id = $2 WHERE id = $1",
            tail,
            node["downstream_id"],
        )


async def move_node(tx: asyncpg.Connection, node: Row, place: Place) -> None:
    """Move a node, with its branches, to another place of its workflow.

    Raises:
        InvalidMove: it is there already, or the place is inside the node itself.
        NodeNotFound: there is no such upstream node.

    """
    if (node["upstream_id"], node["branch_index"]) == (place.upstream, place.branch):
        message = "the node is there already"
        raise InvalidMove(message)
    await _require_place(tx, node["workflow_id"], place)
    if place.upstream is not None and (
        place.upstream == node["id"] or place.upstream in await _branch_members(tx, node["id"])
    ):
        message = "a node cannot follow itself"
        raise InvalidMove(message)
    await _take_out(tx, node)
    # Out of every place while it moves, so that it does not find itself in the new one.
    _ = await tx.execute(
        "UPDATE ensuite.flow_nodes SET upstream_id = -id, branch_index = NULL, downstream_id = NULL"
        " WHERE id = $1",
        node["id"],
    )
    await _insert(tx, node["workflow_id"], node["id"], place)
    await check_graph(tx, node["workflow_id"])


async def check_graph(tx: asyncpg.Connection, workflow_id: int) -> None:
    """Refuse what would not form a workflow: the transaction is then rolled back.

    Raises:
        InvalidGraph: the nodes do not fit together.

    """
    rows = await tx.fetch(
        "SELECT id, key, type, upstream_id, branch_index, config FROM ensuite.flow_nodes"
        " WHERE workflow_id = $1",
        workflow_id,
    )
    _ = compiled(_node_rows(rows))


def _node_rows(rows: Sequence[Row]) -> list[NodeRow]:
    return [
        NodeRow(
            row["id"],
            row["key"],
            row["type"],
            row["upstream_id"],
            row["branch_index"],
            json.loads(row["config"]),
        )
        for row in rows
    ]
