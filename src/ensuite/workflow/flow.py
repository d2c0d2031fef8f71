"""Flow control, decided: which lane an execution is in, and which of those held may start.

Pure; `admission` reads and writes the rows.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ensuite.ids import ExecutionId
from ensuite.workflow import expressions
from ensuite.workflow.options import FlowControl, Rate
from ensuite.workflow.outcome import EndReason

MAX_LANE_CHARACTERS = 200
"""Of a value that names a lane; a longer one is told apart by its digest."""


def lane_of(flow: FlowControl, event: Mapping[str, Any], execution_id: ExecutionId) -> str:
    """The lane of an execution that is held; empty where all share one.

    Where the key gives null, or cannot be evaluated about this event, the execution is in a lane
    of its own: the record is saved whatever the author wrote.
    """
    if not flow.key:
        return ""
    try:
        value = expressions.compile(flow.key, expressions.OF_EVENTS).evaluate(event)
    except expressions.ExpressionFailed:
        value = None
    if value is None:
        return f"#{execution_id}"
    written = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    # PostgreSQL's text holds no NUL.
    written = written.replace("\0", "\N{SYMBOL FOR NULL}")
    if len(written) > MAX_LANE_CHARACTERS:
        written = hashlib.blake2b(written.encode(), digest_size=16).hexdigest()
    return f"={written}"


@dataclass(frozen=True, slots=True)
class Lane:
    """The executions of one lane that are held, in the order of their positions."""

    key: str
    busy: bool
    """One of the lane has been admitted and has not ended."""
    oldest: ExecutionId
    newest: ExecutionId
    position: int
    """Of the oldest."""
    last_position: int
    """Of the newest."""
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class Dropped:
    """All that a lane holds, but for one, ends without having run.

    What has come into the lane since it was looked at, behind `up_to`, was not decided about.
    """

    lane: str
    kept: ExecutionId | None
    up_to: int
    reason: EndReason


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of the executions that are held."""

    admitted: Sequence[ExecutionId] = ()
    dropped: Sequence[Dropped] = ()
    due: datetime | None = None
    """When another one may start although nothing else happens."""


@dataclass(slots=True)
class _Waiting:
    """Candidates by the position of their lane, and when the next one may become one."""

    candidates: list[tuple[int, ExecutionId]] = field(default_factory=list[tuple[int, ExecutionId]])
    dropped: list[Dropped] = field(default_factory=list[Dropped])
    due: datetime | None = None

    def weigh(self, flow: FlowControl, lane: Lane, now: datetime) -> None:
        """Find out what becomes of one lane, were there places without end."""
        chosen, reason = lane.oldest, None
        match flow.mode:
            case "queue":
                pass
            case "skip":
                reason = EndReason.ALREADY_RUNNING
            case "latest" | "debounce":
                chosen, reason = lane.newest, EndReason.SUPERSEDED
        if flow.mode == "skip" and lane.busy:
            self.dropped.append(
                Dropped(lane.key, None, lane.last_position, EndReason.ALREADY_RUNNING)
            )
            return
        if reason is not None and lane.oldest != lane.newest:
            self.dropped.append(Dropped(lane.key, chosen, lane.last_position, reason))
        if lane.busy:
            return
        if flow.mode == "debounce":
            quiet = lane.newest_at + timedelta(milliseconds=flow.debounce)
            if quiet > now:
                self.due = quiet if self.due is None else min(self.due, quiet)
                return
        self.candidates.append((lane.position, chosen))


def decide(flow: FlowControl, lanes: Sequence[Lane], places: int | None, now: datetime) -> Decision:
    """Which executions start now, the longest held first; `places` None: as many as there are."""
    waiting = _Waiting()
    for lane in lanes:
        waiting.weigh(flow, lane, now)
    admitted = [chosen for _, chosen in sorted(waiting.candidates)[:places]]
    return Decision(admitted, waiting.dropped, waiting.due)


@dataclass(frozen=True, slots=True)
class Gate:
    """How much of a rate limit's period is used up."""

    period_began: datetime
    started: int

    def at(self, rate: Rate, now: datetime) -> "Gate":
        """The gate as it is now: a period that is over gives way to one that begins now."""
        over = now - self.period_began >= timedelta(milliseconds=rate.period)
        # A clock that was set back must not keep it shut for longer than a period.
        return Gate(now, 0) if over or now < self.period_began else self

    def left(self, rate: Rate) -> int | None:
        """How many may still start in this period; None: there is no limit."""
        return max(0, rate.limit - self.started) if rate.limit else None

    def opens(self, rate: Rate) -> datetime:
        """When the next period begins."""
        return self.period_began + timedelta(milliseconds=rate.period)


def places_left(flow: FlowControl, active: int, gate: Gate) -> int | None:
    """How many executions may start now; None: any number."""
    limits = [each for each in (gate.left(flow.rate),) if each is not None]
    if flow.concurrency:
        limits.append(max(0, flow.concurrency - active))
    return min(limits) if limits else None
