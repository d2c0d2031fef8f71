"""Which node comes next.

Pure and total: the same sequence and the same journal always give the same answer, which is what
lets an execution go on after a crash, on another machine, or in a test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

from ensuite.workflow.failure import ERROR_BRANCH
from ensuite.workflow.outcome import (
    Branch,
    Done,
    Failed,
    Finish,
    Outcome,
    Retrying,
    Status,
    Waiting,
)


class Placed(Protocol):
    """A node at its place in a workflow: its key, and what follows in each branch."""

    @property
    def key(self) -> str: ...

    @property
    def branches(self) -> "Mapping[int, Sequence[Any]]": ...

    @property
    def then(self) -> Literal["stop", "continue", "branch"]:
        """What comes after a failure of the node."""
        ...


P = TypeVar("P", bound=Placed)

RESOLVED = Status.RESOLVED


@dataclass(frozen=True, slots=True)
class Ready(Generic[P]):
    """This node has not run yet and may run now."""

    node: P


@dataclass(frozen=True, slots=True)
class Waits(Generic[P]):
    """This node has to be resumed, or tried again, before anything else can happen."""

    node: P
    waiting: Waiting | Retrying


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing is left to do; `by_end_node`: an `end` node said so."""

    status: Status
    by_end_node: bool = False


Journal = Mapping[str, Outcome]
"""What each node that had its turn came to, by node key."""


def advance(sequence: Sequence[P], journal: Journal) -> Ready[P] | Waits[P] | Ended:
    """Find the first node of `sequence` that has not had its turn, or say how it all ended."""
    for node in sequence:
        outcome = journal.get(node.key)
        state = Ready(node) if outcome is None else _before_the_next(node, outcome, journal)
        if state is not None:
            return state
    return Ended(RESOLVED)


def _before_the_next(
    node: P, outcome: Outcome, journal: Journal
) -> Ready[P] | Waits[P] | Ended | None:
    """What comes between this node and the one behind it; None: nothing (any more)."""
    match outcome:
        case Done():
            return None
        case Branch(index, _, then):
            return _inside(node, index, then, journal)
        case Waiting() | Retrying():
            return Waits(node, outcome)
        case Failed(_, status):
            match node.then:
                case "stop":
                    return Ended(status)
                case "continue":
                    return None
                case "branch":
                    return _inside(node, ERROR_BRANCH, RESOLVED, journal)
        case Finish(status):
            return Ended(status, by_end_node=True)


def _inside(
    node: P, index: int, then: Status, journal: Journal
) -> Ready[P] | Waits[P] | Ended | None:
    """What is left to do in a branch; when it is through, `then` may end it all."""
    inner: Ready[P] | Waits[P] | Ended = advance(node.branches.get(index, ()), journal)
    if inner != Ended(RESOLVED):
        return inner
    return None if then is RESOLVED else Ended(then)
