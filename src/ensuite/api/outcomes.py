"""What a write's response says of the workflows that it started (architecture.md, section 5).

Sync executions run here, one after the other, in the order of the call's items and then the
global ones; async ones start after them.  All of them were captured with the record, so a crash
in between loses none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ensuite.api.call import Call
from ensuite.api.choice import Choice
from ensuite.api.grammar import Parameters
from ensuite.data.records import Written
from ensuite.errors import EnsuiteError, Issue
from ensuite.schema.collection import Collection
from ensuite.workflow.awaited import DELETED
from ensuite.workflow.bindings import Workflow
from ensuite.workflow.captured import Captured
from ensuite.workflow.outcome import Status
from ensuite.workflow.runner import Ran
from ensuite.workflow.selection import (
    TRIGGERING,
    Selection,
    Skip,
    entry,
    nothing_started,
    parse,
    refused,
    select,
)

PARAMETER = "triggerWorkflows"
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
    choice = call.choice
    waits = choice is None or not choice.preferences.respond_async
    key = (collection.name, action, parameter, waits)
    found = decided.get(key)
    if found is None:
        items = parse(parameter) if parameter else ()
        found = select(catalog, bindings, collection, action, items, waits=waits)
        if len(decided) >= MAX_DECIDED:
            decided.clear()
        if len(parameter) <= MAX_DECIDED_CHARACTERS:
            decided[key] = found
    if choice is None:
        return found
    if not waits:
        choice.apply("respond-async")
    if choice.preferences.strict:
        choice.apply("handling=strict")
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

    entries: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    messages: list[str] = field(default_factory=list[str])
    error: EnsuiteError | None = None
    """The contract's error of the first sync workflow that failed; the record is saved."""
    ran: bool = False
    """Whether a workflow ran that may have changed what was written."""


NOTHING_STARTED = Started()


async def started(call: Call, selection: Selection, written: Sequence[Written]) -> Started:
    """Run the sync executions of a committed write, hand the others over, and tell of all.

    A caller that follows on a stream waits for none of them here, and one that prefers to wait
    does so for the async ones, too.
    """
    call.wrote = True
    if not selection.entries:
        if call.choice is not None and call.choice.preferences.wait is not None:
            # What started nothing has ended at once.
            call.choice.apply(f"wait={call.choice.preferences.wait}")
        return NOTHING_STARTED
    captured = [rider for each in written for rider in each.riders if isinstance(rider, Captured)]
    outcome = Started()
    states: dict[int, str] = {}
    choice = call.choice
    if choice is not None and choice.following is not None:
        choice.following.captured = captured
        carried_out = _carried_out(call, selection, captured, no_record=not written)
        choice.following.running = call.means.errands.begin(carried_out)
    else:
        await _run(call, selection, captured, outcome, states)
        if choice is not None and choice.preferences.wait is not None and outcome.error is None:
            await _wait(call, choice, captured, outcome, states)
    outcome.entries = _entries(selection, captured, states, no_record=not written)
    return outcome


async def _carried_out(
    call: Call, selection: Selection, captured: Sequence[Captured], *, no_record: bool
) -> Started:
    """What the executions come to that a caller follows."""
    outcome = Started()
    states: dict[int, str] = {}
    await _run(call, selection, captured, outcome, states)
    outcome.entries = _entries(selection, captured, states, no_record=no_record)
    return outcome


async def _run(
    call: Call,
    selection: Selection,
    captured: Sequence[Captured],
    outcome: Started,
    states: dict[int, str],
) -> None:
    """Run what the caller waits for, one after the other, and hand the rest over."""
    dispatcher = call.means.dispatcher
    waited_for = (
        [each for each in captured if each.start and each.start.waits and each.claim]
        if selection.has_sync
        else []
    )
    if not waited_for:
        if captured:
            dispatcher.accept(captured)
        return
    outcome.ran = True
    dispatcher.hold(captured)
    begun: set[int] = set()
    try:
        # Named ones come before global ones in the selection already; records keep their order.
        for start in selection.entries:
            for each in waited_for:
                if each.start is start:
                    begun.add(each.execution_id)
                    ran = await dispatcher.run_now(each)
                    states[each.execution_id] = _named(ran)
                    _note(outcome, ran)
    finally:
        # Also when the request breaks off: what was captured runs.
        dispatcher.accept(each for each in captured if each.execution_id not in begun)


async def _wait(
    call: Call,
    choice: Choice,
    captured: Sequence[Captured],
    outcome: Started,
    states: dict[int, str],
) -> None:
    """Wait for the executions that nobody has waited for yet, as long as the call prefers."""
    seconds = choice.preferences.wait or 0
    starts = {int(each.execution_id): each.start for each in captured}
    ids = [each for each in starts if each not in states]
    if ids and seconds:
        if not call.means.awaited.has_room_for(len(ids)):
            return
        for each, state in (await call.means.awaited.ended(ids, seconds)).items():
            start = starts[each]
            states[each] = if_deleted(start and start.workflow) if state == DELETED else state
            outcome.ran = outcome.ran or states[each] != "queued"
    choice.apply(f"wait={seconds}")


def if_deleted(workflow: Workflow | None) -> str:
    """How an execution has ended that its workflow did not keep; `queued` if that is unknown."""
    deleted = (
        frozenset[int]()
        if workflow is None
        else frozenset(workflow.options.delete_execution_on_status)
    )
    if not deleted:
        return "queued"
    if Status.RESOLVED not in deleted:
        return "failed"
    return "succeeded" if len(deleted) == 1 else "queued"


def _entries(
    selection: Selection,
    captured: Sequence[Captured],
    states: Mapping[int, str],
    *,
    no_record: bool,
) -> list[dict[str, Any]]:
    alone = len(selection.entries) == 1
    entries: list[dict[str, Any]] = []
    for start in selection.entries:
        shown = entry(start)
        if isinstance(start, Skip):
            shown |= {"state": "skipped", "reason": start.reason.value}
        else:
            own = captured if alone else [each for each in captured if each.start is start]
            if own:
                shown |= told([each.execution_id for each in own], states)
            else:
                reason = nothing_started(start, no_record=no_record)
                shown |= {"state": "skipped", "reason": reason.value}
        entries.append(shown)
    return entries


def told(ids: Sequence[int], states: Mapping[int, str]) -> dict[str, Any]:
    """The rest of an entry: the worst state of its executions, and which they are."""
    if len(ids) == 1:
        return {"state": states.get(ids[0], "queued"), "executionId": ids[0]}
    own = [states.get(each, "queued") for each in ids]
    order = ("failed", "waiting", "queued", "succeeded", "skipped")
    worst = next(state for state in order if state in own)
    return {"state": worst, "executionId": ids[0], "executionIds": list(ids)}


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
