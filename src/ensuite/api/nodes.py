"""`workflows/{id}/nodes:create` and `flow_nodes:*`: the nodes of a revision (section 5.4)."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from ensuite.access.policy import EVERYTHING
from ensuite.api import etags, records
from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.api.workflows import MANAGE, an_id, get_tagged, named_id, text_of
from ensuite.data.query import Query, Selection
from ensuite.data.values import plain_object
from ensuite.errors import InvalidRequest
from ensuite.schema.alter import raise_version
from ensuite.workflow import definition
from ensuite.workflow.definition import NodeNotFound, Place
from ensuite.workflow.failure import ERROR_BRANCH
from ensuite.workflow.graph import configured
from ensuite.workflow.trial import tried

MAX_BRANCH_INDEX = 1_000


async def _shown(call: Call, node_id: int) -> dict[str, Any]:
    collection = call.snapshot.catalog["flow_nodes"]
    query = Query(Selection(collection.visible), records.by_keys(collection, node_id))
    return (await call.snapshot.records.reader().find(collection, query))[0]


def _place(body: Mapping[str, Any]) -> Place:
    upstream, branch = body.get("upstreamId"), body.get("branchIndex")
    for name, value, least, limit in (
        ("upstreamId", upstream, 0, 2**53),
        ("branchIndex", branch, ERROR_BRANCH, MAX_BRANCH_INDEX + 1),
    ):
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, int) or not least <= value < limit
        ):
            message = f"{name} is a number"
            raise InvalidRequest(message)
    if upstream is None and branch is not None:
        message = "branchIndex needs an upstreamId: a branch belongs to a node"
        raise InvalidRequest(message)
    return Place(upstream, branch)


@dataclass
class _Change:
    """A node that a call names, in a transaction that may change its workflow."""

    tx: asyncpg.Connection
    node: asyncpg.Record
    tag: str | None = None
    """The workflow's entity tag after the change; known when the change is committed."""


@asynccontextmanager
async def _changing(call: Call) -> AsyncGenerator[_Change]:
    node_id = named_id(call)
    async with call.means.database.transaction() as tx:
        workflow_id = await tx.fetchval(
            "SELECT workflow_id FROM ensuite.flow_nodes WHERE id = $1", node_id
        )
        if workflow_id is None:
            raise NodeNotFound
        _ = await definition.unexecuted(tx, workflow_id)
        etags.require(call, await etags.of_workflow(tx, workflow_id))
        # Read after the workflow is locked: another change may have moved it meanwhile.
        node = await tx.fetchrow("SELECT * FROM ensuite.flow_nodes WHERE id = $1", node_id)
        if node is None:
            raise NodeNotFound
        change = _Change(tx, node)
        yield change
        change.tag = await etags.of_workflow(tx, workflow_id)
        _ = await raise_version(tx)
    call.snapshot = await call.means.snapshots.reload()


@routes.add("workflows.nodes", "create", permission=MANAGE)
async def create_node(call: Call) -> Answer:
    """Add a node: `{type, title, config, upstreamId?, branchIndex?, key?}`."""
    source, body = an_id(call.address.source), plain_object(call.body)
    title, key = text_of(body, "title"), text_of(body, "key")
    async with call.means.database.transaction() as tx:
        row = await definition.unexecuted(tx, source)
        etags.require(call, await etags.of_workflow(tx, source))
        node_id = await definition.create_node(
            tx, row["id"], {**body, "title": title, "key": key}, _place(body), call.means.ids
        )
        tag = await etags.of_workflow(tx, source)
        _ = await raise_version(tx)
    call.snapshot = await call.means.snapshots.reload()
    return etags.tagged(enveloped(await _shown(call, node_id)), tag)


@routes.add("workflows.nodes", "list", permission=MANAGE, writes=False)
async def list_nodes(call: Call) -> Answer:
    """The nodes of a revision; the `ETag` is the workflow's."""
    source = an_id(call.address.source)
    async with call.means.database.transaction(isolation="repeatable_read") as tx:
        nodes = call.snapshot.catalog["flow_nodes"]
        answer = await records.list_records(call, nodes, EVERYTHING, tx)
        return etags.tagged(answer, await etags.of_workflow(tx, source))


@routes.add("flow_nodes", "list", permission=MANAGE, writes=False)
async def list_all_nodes(call: Call) -> Answer:
    """One page of nodes."""
    return await records.list_records(call, call.snapshot.catalog["flow_nodes"], EVERYTHING)


@routes.add("flow_nodes", "get", permission=MANAGE, writes=False)
async def get_node(call: Call) -> Answer:
    """One node; the `ETag` is its workflow's."""
    return await get_tagged(call, "flow_nodes", "workflowId")


@routes.add("flow_nodes", "update", permission=MANAGE)
async def update_node(call: Call) -> Answer:
    """Change a node's title and configuration."""
    body = plain_object(call.body)
    async with _changing(call) as change:
        tx, node = change.tx, change.node
        config = body.get("config")
        if config is not None:
            if not isinstance(config, dict):
                message = "config is a JSON object"
                raise InvalidRequest(message)
            _ = configured(node["type"], config)
        _ = await tx.execute(
            "UPDATE ensuite.flow_nodes SET title = $2, config = $3, updated_at = $4 WHERE id = $1",
            node["id"],
            text_of(body, "title") if "title" in body else node["title"],
            node["config"] if config is None else json.dumps(config),
            call.means.clock.now(),
        )
    return etags.tagged(enveloped([await _shown(call, change.node["id"])]), change.tag)


@routes.add("flow_nodes", "test", permission=MANAGE)
async def test_node(call: Call) -> Answer:
    """Try a node without saving it: `{type, config, context?, jobs?}`; what it writes is undone."""
    body = plain_object(call.body)
    parts: dict[str, dict[str, Any]] = {}
    for name in ("config", "context", "jobs"):
        given = body.get(name)
        if given is not None and not isinstance(given, dict):
            message = f"{name} is a JSON object"
            raise InvalidRequest(message)
        parts[name] = given or {}
    node = configured(str(body.get("type")), parts["config"])
    means = call.means.dispatcher.means
    return enveloped(await tried(means, node, parts["context"], parts["jobs"]))


@routes.add("flow_nodes", "move", permission=MANAGE)
async def move_node(call: Call) -> Answer:
    """Move a node with its branches: `{upstreamId, branchIndex}`."""
    place = _place(plain_object(call.body))
    async with _changing(call) as change:
        await definition.move_node(change.tx, change.node, place)
    return etags.tagged(enveloped(await _shown(call, change.node["id"])), change.tag)


@routes.add("flow_nodes", "destroy", permission=MANAGE)
async def destroy_node(call: Call) -> Answer:
    """Delete a node with its branches; `keepBranch` leaves one of them in its place."""
    none = ERROR_BRANCH - 1
    keep = call.parameters.number("keepBranch", none, least=ERROR_BRANCH, most=MAX_BRANCH_INDEX)
    async with _changing(call) as change:
        tx, node = change.tx, change.node
        await definition.destroy_node(tx, node, keep_branch=None if keep == none else keep)
        await definition.check_graph(tx, node["workflow_id"])
    return etags.tagged(enveloped(1), change.tag)
