"""`Accept: text/event-stream` on a write: its answer, and then what becomes of what it started.

The events are `record`, with what the answer in JSON would be at the commit; `job` for each job
that has ended; `execution` when one has changed; and `end`, with what there is to say at last.
Whoever hangs up loses nothing but the news.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import asyncpg

from ensuite.api.call import Answer, Call
from ensuite.api.choice import Choice
from ensuite.api.french import wants_french
from ensuite.api.outcomes import if_deleted, told
from ensuite.api.problems import shown_errors
from ensuite.api.streams import EVENT_STREAM, HEARTBEAT_SECONDS, STREAM_HEADERS, encoded
from ensuite.api.workflows import MANAGE
from ensuite.data import filters
from ensuite.errors import EnsuiteError, Forbidden
from ensuite.ids import ExecutionId
from ensuite.workflow.awaited import DELETED, states_of
from ensuite.workflow.following import MAX_FOLLOWED, Following
from ensuite.workflow.outcome import Status
from ensuite.workflow.watch import Event

__all__ = ["EVENT_STREAM", "streamed"]

MAX_SECONDS = 600
"""How long a write's stream lasts at most; the executions go on without it."""

_RAN = Event("ran", {})
"""That the sync executions have run; nobody else hears of it."""

_SEEN_BY_ALL: Mapping[str, tuple[str, ...]] = {
    "execution": ("id", "key", "status"),
    "job": ("id", "executionId", "nodeKey", "status"),
}
"""What those hear who may write the record, but not look at workflows."""


async def streamed(act: Callable[[Call], Awaitable[Answer]], call: Call) -> Answer:
    """Carry out a write, and tell on a stream what becomes of it.

    Raises:
        TooManyStreams: there is no place for one more; nothing was written.

    """
    watcher = call.means.watcher
    nothing = frozenset[ExecutionId]()
    subscription = await watcher.subscribe(filters.EVERYTHING, nothing, None, of_deleted=True)
    choice = call.choice = call.choice or Choice()
    choice.following = Following(subscription)
    try:
        answer = await act(call)
    except BaseException:
        watcher.unsubscribe(subscription)
        raise
    answer.stream = _told(call, choice.following, answer.content)
    answer.headers = STREAM_HEADERS
    answer.content_type = EVENT_STREAM + b"; charset=utf-8"
    return answer


async def _told(call: Call, following: Following, content: Any) -> AsyncIterator[bytes]:
    subscription, running = following.subscription, following.running
    open_ = {each.execution_id for each in following.captured}
    longest = asyncio.get_running_loop().call_later(MAX_SECONDS, subscription.end, "time")
    try:
        yield encoded(Event("record", content))
        if len(open_) > MAX_FOLLOWED:
            subscription.end("many")
        else:
            subscription.only = frozenset(open_)
        if running is not None:
            # Else nothing might come any more that says so.
            running.add_done_callback(lambda _: subscription.tell([_RAN]))
        reason = "ended"
        events = subscription.events(HEARTBEAT_SECONDS)
        while open_ or not (running is None or running.done()):
            event = await anext(events)
            if event is not None and event.name == "end":
                reason = event.value["reason"]
                break
            _note(open_, event)
            part = _part(call, event)
            if part is not None:
                yield part
        yield encoded(Event("end", {"reason": reason, **await _at_last(call, following, content)}))
    finally:
        longest.cancel()
        call.means.watcher.unsubscribe(subscription)


def _note(open_: set[ExecutionId], event: Event | None) -> None:
    """Strike off what an event says has ended."""
    if event is None:
        return
    ended = event.name == "execution" and event.value["status"] not in {None, Status.STARTED}
    if ended or event.name == "deleted":
        open_.discard(event.value["id"])


def _part(call: Call, event: Event | None) -> bytes | None:
    """An event as the caller may hear it; None: it is none of theirs."""
    if event is None:
        return b": alive\n\n"
    match event.name:
        case "deleted":
            return encoded(Event("execution", {**event.value, "deleted": True}))
        case "execution":
            pass
        case "job" if event.value["status"] != Status.STARTED:
            pass
        case _:
            return None
    value = event.value
    try:
        # Asked each time: it may be taken away while the stream lasts.
        call.means.snapshots.current.policy.require_snippet(call.actor, MANAGE)
    except Forbidden:
        value = {name: value[name] for name in _SEEN_BY_ALL[event.name]}
    return encoded(Event(event.name, value))


async def _at_last(call: Call, following: Following, content: Any) -> dict[str, Any]:
    """What is to be said when nothing more comes: the states, and what sync workflows say."""
    said: dict[str, Any] = {}
    if isinstance(content, Mapping) and "meta" in content and following.captured:
        workflows = {each.execution_id: each.start for each in following.captured}
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, EnsuiteError):
            states = await states_of(call.means.database, list(workflows))
            for each, start in workflows.items():
                if states[each] == DELETED:
                    states[each] = if_deleted(start and start.workflow)
            said["meta"] = {"workflows": [_now(e, states) for e in content["meta"]["workflows"]]}
    running = following.running
    if running is not None and running.done() and not running.cancelled():
        outcome = None if running.exception() else running.result()
        if outcome is not None and outcome.messages:
            said["messages"] = [{"message": message} for message in outcome.messages]
        if outcome is not None and outcome.error is not None:
            french = wants_french(call.headers)
            said["errors"] = shown_errors(outcome.error, french=french)
    return said


def _now(entry: Mapping[str, Any], states: Mapping[int, str]) -> dict[str, Any]:
    if "executionId" not in entry:
        return dict(entry)
    return {**entry, **told(entry.get("executionIds", [entry["executionId"]]), states)}
