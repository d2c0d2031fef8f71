"""Which node comes next.

Pure and total: the same sequence and the same journal always give the same answer, which is what
lets an execution go on after a crash, on another machine, or in a test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from ensuite.workflow.outcome import Branch, Done, Failed, Outcome, Status, Waiting


class Placed(Protocol):
    """A node at its place in a workflow: its key, and what follows in each branch."""

    @property
    def key(self) -> str: ...

    @property
    def branches(self) -> "Mapping[int, Sequence[Any]]": ...


P = TypeVar("P", bound=Placed)

RESOLVED = Status.RESOLVED


@dataclass(frozen=True, slots=True)
class Ready(Generic[P]):
    """This node has not run yet and may run now."""

    node: P


@dataclass(frozen=True, slots=True)
class Waits(Generic[P]):
    """This node has to be resumed before anything else can happen."""

    node: P
    waiting: Waiting


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
        match journal.get(node.key):
            case None:
                return Ready(node)
            case Done():
                continue
            case Branch(index, _, then):
                inner: Ready[P] | Waits[P] | Ended = advance(node.branches.get(index, ()), journal)
                if inner != Ended(RESOLVED):
                    return inner
                if then is not RESOLVED:
                    return Ended(then)
            case Waiting() as waiting:
                return Waits(node, waiting)
            case Failed(_, status):
                return Ended(status)
            case finish:
                return Ended(finish.status, by_end_node=True)
    return Ended(RESOLVED)
