"""What a write's response says of the workflows that it started (architecture.md, section 5).

Sync executions run here, one after the other, in the order of the call's items and then the
global ones; async ones start after them.  All of them were captured with the record, so a crash
in between loses none.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ensuite.api.call import Call
from ensuite.api.grammar import Parameters
from ensuite.data.records import Written
from ensuite.errors import EnsuiteError, Issue
from ensuite.schema.collection import Collection
from ensuite.workflow.captured import Captured
from ensuite.workflow.outcome import Status
from ensuite.workflow.runner import Ran
from ensuite.workflow.selection import (
    TRIGGERING,
    Reason,
    Selection,
    Skip,
    Start,
    entry,
    parse,
    refused,
    select,
)
from ensuite.workflow.triggers.collection import CollectionTrigger

PARAMETER = "triggerWorkflows"
STRICT = re.compile(rb'(?i)(?:^|,)\s*handling\s*=\s*"?strict"?\s*(?:$|[,;])')
"""In a `Prefer` header (RFC 7240): refuse what cannot be started, instead of skipping it."""

MAX_DECIDED = 2_000
MAX_DECIDED_CHARACTERS = 500
"""A longer parameter is looked at each time: what is kept is bounded in characters, too."""


class WorkflowFailed(EnsuiteError):
    """Workflow on your action failed, please contact the administrator"""  # noqa: D400 - wire text

    code = "WORKFLOW_FAILED"
    status = 500


class WorkflowHangs(EnsuiteError):
    """Workflow on your action hangs, please contact the administrator"""  # noqa: D400 - wire text

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
    given = call.parameters.given.get(PARAMETER)
    parameter = "" if given is None else _comma_list(given)
    snapshot = call.snapshot
    catalog, bindings, decided = snapshot.catalog, snapshot.bindings, snapshot.decided
    key = (collection.name, action, parameter)
    found = decided.get(key)
    if found is None:
        items = parse(parameter) if parameter else ()
        found = select(catalog, bindings, collection, action, items)
        if len(decided) >= MAX_DECIDED:
            decided.clear()
        if len(parameter) <= MAX_DECIDED_CHARACTERS:
            decided[key] = found
    prefer = call.headers.get(b"prefer")
    if prefer is not None and STRICT.search(prefer):
        error = refused(found, catalog, bindings, collection, action)
        if error is not None:
            raise error
    return found


def _comma_list(given: object) -> str:
    """A repeated parameter or an array as a comma list; what is bare among them is empty."""
    if isinstance(given, str) and not given.startswith("["):
        return given
    if isinstance(given, list):
        given = [each for each in given if each is not None]
    return ",".join(Parameters({PARAMETER: given}).names(PARAMETER))


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
    call.wrote = True
    if not selection.entries:
        return Started([], [])
    captured = [rider for each in written for rider in each.riders if isinstance(rider, Captured)]
    dispatcher = call.means.dispatcher
    waited_for = (
        [each for each in captured if each.start and each.start.waits and each.claim]
        if selection.has_sync
        else []
    )
    rans: dict[int, Ran | None] = {}
    outcome = Started([], [], ran_sync=bool(waited_for))
    if waited_for:
        dispatcher.hold(captured)
        begun: set[int] = set()
        try:
            # Named ones come before global ones in the selection already; records keep their order.
            for start in selection.entries:
                for each in waited_for:
                    if each.start is start:
                        begun.add(each.execution_id)
                        ran = rans[each.execution_id] = await dispatcher.run_now(each)
                        _note(outcome, ran)
        finally:
            # Also when the request breaks off: what was captured runs.
            dispatcher.accept(each for each in captured if each.execution_id not in begun)
    elif captured:
        dispatcher.accept(captured)
    alone = len(selection.entries) == 1
    for start in selection.entries:
        shown = entry(start)
        if isinstance(start, Skip):
            shown |= {"state": "skipped", "reason": start.reason.value}
        else:
            own = captured if alone else [each for each in captured if each.start is start]
            shown |= _state(start, own, rans, no_record=not written)
        outcome.entries.append(shown)
    return outcome


def _state(
    start: Start, own: Sequence[Captured], rans: Mapping[int, Ran | None], *, no_record: bool
) -> dict[str, Any]:
    if not own:
        if no_record:
            reason = Reason.NO_RECORD
        elif start.path:
            reason = Reason.NO_RELATED_RECORD
        else:
            listens = isinstance(start.trigger, CollectionTrigger)
            reason = Reason.CONDITION_NOT_MET if listens else Reason.ACTION_MISMATCH
        return {"state": "skipped", "reason": reason.value}
    if not rans and len(own) == 1:
        return {"state": "queued", "executionId": own[0].execution_id}
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
