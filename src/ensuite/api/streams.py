"""`executions:stream`: server-sent events of what happens to executions.

The form is that of the HTML standard, section 9.2: `EventSource` reads it, and sends the last `id`
again when it connects anew.
"""

from collections.abc import AsyncIterator

import msgspec

from ensuite.access.policy import EVERYTHING
from ensuite.api.call import Answer, Call, routes
from ensuite.api.conditions import chosen, named_keys
from ensuite.api.workflows import MANAGE, an_id
from ensuite.errors import InvalidParameter
from ensuite.ids import ExecutionId
from ensuite.workflow.watch import Cursor, Event, Subscription, Watcher

HEARTBEAT_SECONDS = 15
EVENT_STREAM = b"text/event-stream"

STREAM_HEADERS = (
    (b"cache-control", b"no-store"),
    # Else nginx collects a stream before it hands it on.
    (b"x-accel-buffering", b"no"),
)


@routes.add("executions", "stream", permission=MANAGE, writes=False, streams=True)
async def stream_executions(call: Call) -> Answer:
    """What happens to executions from now on, as server-sent events; `filter` says to which."""
    watcher = call.means.watcher
    condition = chosen(call, call.snapshot.catalog["executions"], EVERYTHING, required=False)
    given = call.headers.get(b"last-event-id", b"").decode("latin-1")
    given = given or call.parameters.text("lastEventId") or ""
    try:
        cursor = Cursor.parse(given) if given else None
    except (ValueError, OverflowError) as error:
        message = f"lastEventId {error}"
        raise InvalidParameter(message) from error
    subscription = await watcher.subscribe(condition, _only(call), cursor)
    return Answer(
        stream=_written(watcher, subscription),
        headers=STREAM_HEADERS,
        content_type=EVENT_STREAM + b"; charset=utf-8",
    )


def _only(call: Call) -> frozenset[ExecutionId] | None:
    """The one execution that a call is about, where it names just one by its id."""
    keys: object = named_keys(call)
    if keys is None:
        match call.parameters.filter():
            case {"id": {"$eq": wanted, **others}, **beside} if not others and not beside:
                keys = wanted
            case {"id": str() | int() as wanted, **beside} if not beside:
                keys = wanted
            case {"$and": [{"id": {"$eq": wanted, **others}, **beside}], **more} if not (
                others or beside or more
            ):
                keys = wanted
            case _:
                return None
    return None if isinstance(keys, list) else frozenset({ExecutionId(an_id(keys))})


async def _written(watcher: Watcher, subscription: Subscription) -> AsyncIterator[bytes]:
    try:
        yield b": welcome\n\n"
        async for event in subscription.events(HEARTBEAT_SECONDS):
            # Between two events everything before the cursor has been sent.
            yield (
                b": alive\nid: %b\n\n" % _id(subscription.cursor)
                if event is None
                else encoded(event)
            )
    finally:
        watcher.unsubscribe(subscription)


def _id(cursor: Cursor) -> bytes:
    return str(cursor).encode()


def encoded(event: Event) -> bytes:
    """An event as it goes over the wire; JSON in one line has no line ends of its own."""
    id_line = b"" if event.cursor is None else b"id: %b\n" % _id(event.cursor)
    data = msgspec.json.encode(event.value)
    return id_line + b"event: %b\ndata: %b\n\n" % (event.name.encode(), data)
