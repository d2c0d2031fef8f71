"""The row of a captured execution, in each of the forms in which one may begin."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from ensuite.data.changes import Rider
from ensuite.ids import ExecutionId
from ensuite.workflow.bindings import Workflow
from ensuite.workflow.executions import (
    LEASE,
    Claim,
    Link,
    captured_executions,
    unusual_executions,
)
from ensuite.workflow.outcome import EndReason, Status
from ensuite.workflow.selection import Start

MAX_CHAIN = 100
"""Executions in the chain that leads to one, whatever their workflows allow."""


class About(NamedTuple):
    """What an execution is about, for lists and histories."""

    collection: str
    record_key: str | None
    action: str | None
    user_id: int | None


class Captured(Rider, frozen=True):
    """An execution's row on its way into the database."""

    start: Start | None
    """What started it; None: a person did, by hand."""
    claim: Claim | None
    """The lease that it is written with; None: a worker has to claim it, if it is to run."""
    lane: str | None = None
    """It is held until it is admitted to this lane of its workflow."""
    skipped: bool = False
    """It is written as ended, to say why it does not run."""

    rerun_of: int | None = None
    """The execution that it repeats."""

    @property
    def execution_id(self) -> ExecutionId:
        """The id of the execution."""
        return self.values[0]

    @property
    def key(self) -> str:
        """The key of its workflow."""
        return self.values[2]


def usual(
    execution_id: ExecutionId,
    workflow: Workflow,
    event_key: str,
    context: str,
    about: About,
    now: datetime,
    owner: str | None,
    start: Start | None,
) -> Captured:
    """An execution that may start at once: leased to `owner`, or ready for whoever claims it."""
    row = (execution_id, workflow.id, workflow.key, event_key)
    if owner is None:
        rest = (None, context, now, None, 0, False, now, None)
        return Captured(captured_executions, (*row, *rest, *about), start, None)
    claim = Claim(execution_id, workflow.id, workflow.key, 1, context, now, fresh=True)
    rest = (Status.STARTED, context, now + LEASE, owner, 1, False, now, now)
    return Captured(captured_executions, (*row, *rest, *about), start, claim)


def unusual(
    execution_id: ExecutionId,
    workflow: Workflow,
    event_key: str,
    context: str,
    about: About,
    now: datetime,
    owner: str | None,
    start: Start | None,
    *,
    lane: str | None = None,
    chain: Sequence[Link] = (),
    rerun_of: int | None = None,
    traceparent: str | None = None,
    manually: bool = False,
) -> Captured:
    """An execution with a cause, a trace or one that it repeats, or that its workflow holds back.

    What the loop protection leaves out is written as ended, with the chain that says why.  Who
    repeats an execution has decided that it is to run, whatever stands in its chain.
    """
    skipped = loop_in(chain, workflow) if rerun_of is None else None
    cause = chain[-1].execution_id if chain else None
    stack = msgspec.json.encode(chain).decode() if chain else None
    leased = owner is not None and lane is None and skipped is None
    claim = None
    if leased:
        claim = Claim(
            execution_id,
            workflow.id,
            workflow.key,
            1,
            context,
            now,
            fresh=True,
            manually=manually,
            stack=tuple(chain),
            traceparent=traceparent,
        )
    status = Status.CANCELED if skipped else Status.STARTED if leased else None
    values = (
        execution_id,
        workflow.id,
        workflow.key,
        event_key,
        status,
        context,
        now + LEASE if leased else now,
        owner if leased else None,
        int(leased),
        manually,
        now,
        now if leased else None,
        *about,
        None if skipped else lane,
        cause,
        stack,
        skipped,
        now if skipped else None,
        rerun_of,
        traceparent,
    )
    held, ended = None if skipped else lane, skipped is not None
    return Captured(unusual_executions, values, start, claim, held, ended, rerun_of)


def loop_in(chain: Sequence[Link], workflow: Workflow) -> EndReason | None:
    """Why a workflow is not started at the end of this chain; None: it is."""
    if len(chain) >= MAX_CHAIN:
        return EndReason.CHAIN_TOO_LONG
    times = sum(link.key == workflow.key for link in chain)
    return EndReason.LOOP if times >= workflow.options.stack_limit and times else None


def chain_of(given: str | None) -> tuple[Link, ...]:
    """A chain as a row holds it."""
    return () if given is None else msgspec.json.decode(given, type=tuple[Link, ...])
