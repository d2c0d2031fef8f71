"""How a node can end its turn, and the status numbers of the wire contract (section 5.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any


class Status(IntEnum):
    """What a job or an execution came to; an execution that waits for a worker has none (null)."""

    #: The execution runs or waits; the job is pending.
    STARTED = 0
    #: It came to its end.
    RESOLVED = 1
    #: It said no: a condition that ends the workflow, a call that was refused, an `end` node.
    FAILED = -1
    #: It could not be carried out: an exception, a wrong configuration.
    ERROR = -2
    #: It was stopped from outside, or its time ran out.
    ABORTED = -3
    #: It did not start: the loop protection or the flow control left it out.
    CANCELED = -4
    REJECTED = -5
    #: An attempt has failed, and another one follows.
    RETRY_NEEDED = -6


class EndReason(StrEnum):
    """Why an execution ended otherwise than by its steps."""

    #: Its time limit was up.
    TIMEOUT = "timeout"
    #: Somebody cancelled it.
    MANUAL_CANCEL = "manual_cancel"
    #: Its workflow was deleted before it ran.
    WORKFLOW_DELETED = "workflow_deleted"
    #: Its workflow stands in the chain that led to it as often as `stackLimit` allows.
    LOOP = "loop"
    #: The chain of executions that led to it is 100 long.
    CHAIN_TOO_LONG = "chain_too_long"
    #: Another one of its lane was at work or waited (mode `skip`).
    ALREADY_RUNNING = "already_running"
    #: A newer one of its lane took its place (modes `latest` and `debounce`).
    SUPERSEDED = "superseded"
    #: A hundred workers died while they were at it.
    WORKERS_DIED = "workers_died"


class Nothing:
    """The type of `NOTHING`: no value was given, which is not the same as the value null."""

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING = Nothing()


@dataclass(frozen=True, slots=True)
class Done:
    """Go on to the next node.

    `value` is what later nodes may refer to, `output` what the execution as a whole gives back,
    `message` a line for the person whose request waits for the execution.

    `assigns` is the key of another node of the workflow.  From here on `value` is also what
    `$jobsMapByNodeKey.<assigns>` gives, until that node has a turn again or another outcome
    assigns to it: whoever builds the scope applies a journal's outcomes in the order in which
    they came about, first the node's own value, then what it assigns.  A key that no node of the
    workflow has is an error of the step.
    """

    value: Any = None
    output: Any = NOTHING
    message: str | None = None
    assigns: str | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """Go on into the branch with this index where it has nodes, then past the node.

    A negative `then` ends the execution with that status once the branch is through, instead of
    going on past the node.
    """

    index: int
    value: Any = None
    then: Status = Status.RESOLVED


@dataclass(frozen=True, slots=True)
class Task:
    """What one person is asked; `form` is what `questions.Form` writes as JSON."""

    user_id: int
    title: str
    description: str
    form: Mapping[str, Any]
    mode: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Stop here and hold nothing, until `until`, or until somebody resumes the node.

    `tasks` are put before people in the commit that parks the execution; a node that asks writes
    no records in the same turn.  `decided` says that somebody has resumed the node, with `value`.
    """

    until: datetime | None = None
    value: Any = None
    tasks: tuple[Task, ...] = ()
    decided: Status | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Stop the execution here, unless the node's `on_failure` says otherwise."""

    error: str | None = None
    status: Status = Status.FAILED
    value: Any = None
    permanent: bool = False
    """Another attempt would come to the same."""
    retry_after: timedelta | None = None
    """The least time to leave before another attempt, as whoever was called has asked."""


@dataclass(frozen=True, slots=True)
class Retrying:
    """An attempt has failed, and the next one is due then; only the engine says this."""

    until: datetime
    failure: Failed


@dataclass(frozen=True, slots=True)
class Finish:
    """End the whole execution, also from inside a branch, with this status."""

    status: Status


Outcome = Done | Branch | Waiting | Failed | Retrying | Finish
