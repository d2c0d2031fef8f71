"""A workflow's nodes as the interpreter walks them: sequences that branch, compiled from rows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from ensuite.errors import InvalidRequest
from ensuite.ids import NodeId
from ensuite.workflow.configuration import issues_of
from ensuite.workflow.node import Node, node_types

MAX_NODES = 500
"""Nodes of one workflow."""

MAX_BRANCH_DEPTH = 60
"""How deep branches nest; the interpreter descends into them."""


class InvalidGraph(InvalidRequest):
    """The nodes do not form a workflow; the message says where they do not fit."""

    code = "INVALID_GRAPH"


class InvalidNodeConfig(InvalidRequest):
    """The node's configuration is not valid; each entry of `errors` names what to correct."""

    code = "INVALID_NODE_CONFIG"


@dataclass(frozen=True, slots=True)
class PlacedNode:
    """A node at its place.  `node` is None when its configuration is not valid (`problem`)."""

    id: NodeId
    key: str
    type: str
    upstream_id: NodeId | None
    node: Node | None
    problem: str | None = None
    branches: Mapping[int, "Sequence[PlacedNode]"] = field(default_factory=dict)

    @property
    def then(self) -> Literal["stop", "continue", "branch"]:
        """What comes after a failure of the node."""
        return "stop" if self.node is None else self.node.on_failure.then


@dataclass(frozen=True)
class Graph:
    """The main line of a workflow, with its branches inside."""

    sequence: tuple[PlacedNode, ...] = ()

    def everything(self) -> Iterator[PlacedNode]:
        """Every node, those of branches behind the one that branches."""
        yield from _inside(self.sequence)


def _inside(sequence: Sequence[PlacedNode]) -> Iterator[PlacedNode]:
    for placed in sequence:
        yield placed
        for branch in placed.branches.values():
            yield from _inside(branch)


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A row of `flow_nodes`, its config decoded."""

    id: NodeId
    key: str
    type: str
    upstream_id: NodeId | None
    branch_index: int | None
    config: Mapping[str, Any]


def configured(type_name: str, config: Mapping[str, Any]) -> Node:
    """A node from its type and configuration.

    Raises:
        InvalidNodeConfig: the type is unknown, or the configuration does not fit it.

    """
    node_type = node_types.get(type_name)
    if node_type is None:
        message = f'Node type "{type_name}" is not registered'
        raise InvalidNodeConfig(message)
    try:
        return node_type.model_validate(dict(config))
    except ValidationError as error:
        issues = issues_of(error, code=InvalidNodeConfig.code, within="config")
        wrong = "; ".join(issue.message for issue in issues)
        raise InvalidNodeConfig(wrong, issues=issues) from error


def compiled(rows: Iterable[NodeRow]) -> Graph:
    """The graph of a workflow's nodes.

    A node that is not valid stays in its place and fails when its turn comes: the nodes before
    it have run by then, and the execution says which one was wrong.

    Raises:
        InvalidGraph: two nodes claim one place, a loop, or branches nested too deep.

    """
    following: dict[tuple[NodeId | None, int | None], list[NodeRow]] = defaultdict(list)
    for row in rows:
        following[row.upstream_id, row.branch_index].append(row)
    for place, claimants in following.items():
        if len(claimants) > 1:
            message = f"nodes {[row.key for row in claimants]} are both after {place}"
            raise InvalidGraph(message)
    branches_of: dict[NodeId, list[int]] = defaultdict(list)
    for upstream, index in following:
        if upstream is not None and index is not None:
            branches_of[upstream].append(index)

    def line(place: tuple[NodeId | None, int | None], depth: int) -> tuple[PlacedNode, ...]:
        if depth > MAX_BRANCH_DEPTH:
            message = f"branches nest more than {MAX_BRANCH_DEPTH} levels deep"
            raise InvalidGraph(message)
        placed: list[PlacedNode] = []
        while place in following:
            row = following[place][0]
            branches = {
                index: line((row.id, index), depth + 1) for index in sorted(branches_of[row.id])
            }
            placed.append(_placed(row, branches))
            place = (row.id, None)
        return tuple(placed)

    return Graph(line((None, None), 0))


def _placed(row: NodeRow, branches: Mapping[int, Sequence[PlacedNode]]) -> PlacedNode:
    node, problem = None, None
    try:
        node = configured(row.type, row.config)
    except InvalidNodeConfig as error:
        problem = error.message
    return PlacedNode(row.id, row.key, row.type, row.upstream_id, node, problem, branches)
