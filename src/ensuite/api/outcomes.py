"""What a write's response says of the workflows that it started (architecture.md, section 5).

Sync executions run here, one after the other, in the order of the call's items and then the
global ones; async ones start after them.  All of them were captured with the record, so a crash
in between loses none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ensuite.api.call import Call
from ensuite.data.records import Written
from ensuite.errors import EnsuiteError, Issue
from ensuite.schema.collection import Collection
from ensuite.workflow.capture import Captured
from ensuite.workflow.outcome import Status
from ensuite.workflow.runner import Ran
from ensuite.workflow.selection import (
    TRIGGERING,
    Reason,
    Selection,
    Skip,
    entry,
    parse,
    refused,
    select,
)

MAX_DECIDED = 2_000


class WorkflowFailed(EnsuiteError):
    """Workflow on your action failed, please contact the administrator"""

    code = "WORKFLOW_FAILED"
    status = 500


class WorkflowHangs(EnsuiteError):
    """Workflow on your action hangs, please contact the administrator"""

    code = "WORKFLOW_HANGS"
    status = 500


class WorkflowRejected(EnsuiteError):
    """The workflow ended with a refusal; its messages say why.  The record is saved."""

    code = "WORKFLOW_REJECTED"
    status = 400


def selected(call: Call, collection: Collection, action: str) -> Selection:
    """What this call starts.

    Raises:
        InvalidTriggerWorkflows: the call is strict, and an item would start nothing.

    """
    if action not in TRIGGERING:
        return Selection()
    given = call.parameters.given.get("triggerWorkflows")
    parameter = (
        given
        if given is None or isinstance(given, str)
        else ",".join(call.parameters.names("triggerWorkflows"))
    )
    decided = call.snapshot.decided
    key = (collection.name, action, parameter)
    found = decided.get(key)
    if found is None:
        snapshot = call.snapshot
        items = parse(parameter) if parameter else ()
        found = select(snapshot.catalog, snapshot.bindings, collection, action, items)
        if len(decided) >= MAX_DECIDED:
            decided.clear()
        decided[key] = found
    if b"handling=strict" in call.headers.get(b"prefer", b""):
        error = refused(found, call.snapshot.bindings.keys_for(collection.name))
        if error is not None:
            raise error
    return found


@dataclass(slots=True)
class Started:
    """What a write started, as its response says it."""

    entries: list[dict[str, Any]]
    messages: list[str]
    error: EnsuiteError | None = None
    """The contract's error of the first sync workflow that failed; the record is saved."""
    ran_sync: bool = False
    """Whether a workflow ran that may have changed what was written."""


async def started(call: Call, selection: Selection, written: Sequence[Written]) -> Started:
    """Run the sync executions of a committed write, hand the others over, and tell of all."""
    if not selection.entries:
        return Started([], [])
    captured = [rider for each in written for rider in each.riders if isinstance(rider, Captured)]
    dispatcher = call.means.dispatcher
    waited_for = [
        each for each in captured if each.start and each.start.workflow.sync and each.claim
    ]
    rans: dict[int, Ran | None] = {}
    outcome = Started([], [], ran_sync=bool(waited_for))
    if waited_for:
        dispatcher.hold(captured)
        # Named ones come before global ones in the selection already; records keep their order.
        for start in selection.entries:
            for each in waited_for:
                if each.start is start:
                    ran = await dispatcher.run_now(each)
                    rans[each.execution_id] = ran
                    _note(outcome, ran)
        chosen = [each for each in captured if each.execution_id not in rans]
        dispatcher.accept(chosen)
    elif captured:
        dispatcher.accept(captured)
    for start in selection.entries:
        shown = entry(start)
        if isinstance(start, Skip):
            shown |= {"state": "skipped", "reason": start.reason.value}
        else:
            own = [each for each in captured if each.start is start]
            shown |= _state(own, rans, no_record=not written, path=bool(start.path))
        outcome.entries.append(shown)
    return outcome


def _state(
    own: Sequence[Captured], rans: Mapping[int, Ran | None], *, no_record: bool, path: bool
) -> dict[str, Any]:
    if not own:
        if no_record:
            reason = Reason.NO_RECORD
        else:
            reason = Reason.NO_RELATED_RECORD if path else Reason.ACTION_MISMATCH
        return {"state": "skipped", "reason": reason.value}
    states = [
        _named(rans[each.execution_id]) if each.execution_id in rans else "queued" for each in own
    ]
    worst = next(
        (state for state in ("failed", "waiting", "queued") if state in states), "succeeded"
    )
    shown: dict[str, Any] = {"state": worst, "executionId": own[0].execution_id}
    if len(own) > 1:
        shown["executionIds"] = [each.execution_id for each in own]
    return shown


def _named(ran: Ran | None) -> str:
    if ran is None or ran.status is Status.STARTED:
        return "waiting"
    return "succeeded" if ran.status is Status.RESOLVED else "failed"


def _note(outcome: Started, ran: Ran | None) -> None:
    if ran is None or ran.status is Status.STARTED:
        outcome.error = outcome.error or WorkflowHangs()
        return
    if ran.status is Status.RESOLVED:
        outcome.messages.extend(ran.messages)
        return
    if outcome.error is not None:
        return
    if ran.by_end_node:
        issues = [Issue(message, WorkflowRejected.code) for message in ran.messages]
        outcome.error = WorkflowRejected(ran.messages[0] if ran.messages else None, issues=issues)
    else:
        outcome.error = WorkflowFailed()
