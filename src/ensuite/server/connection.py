"""uvicorn's HTTP connection, with a way to write a whole answer at once.

uvicorn writes a response's head as soon as it is known and the body after it, and looks at each
header for what an application may have done wrong: two system calls, two wake-ups of the client,
and a tenth of the time of a create.  An application that has the whole answer finds a function
in its scope that takes it; whatever does not look for it is served as ever.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from ensuite.api.endpoint import WHOLE_ANSWER
from ensuite.server.bounded_http import BoundedHttp


class Connection(BoundedHttp):
    """One client's connection."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        scope: dict[str, Any] = cycle.scope  # pyright: ignore[reportAssignmentType] - a dict with known keys
        scope["extensions"] = {WHOLE_ANSWER: partial(_answer, cycle)}
        super()._start_asgi_task(cycle, app)


def _answer(
    cycle: RequestResponseCycle, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes
) -> bool:
    """Write a whole answer; False: it has to be sent message by message, as the client is slow.

    The headers name the length of the body and hold no line ends.
    """
    if cycle.flow.write_paused or cycle.disconnected or cycle.response_started:
        return False
    head = b"".join([b"%b: %b\r\n" % header for header in (*cycle.default_headers, *headers)])
    if not cycle.keep_alive:
        head += b"connection: close\r\n"
    cycle.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[status], head, body))
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True
