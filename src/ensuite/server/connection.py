"""uvicorn's HTTP connection, with a response's head and body in one write.

uvicorn writes the head as soon as it is known, and the body after it: two system calls and two
wake-ups of the client for each answer.  Here the head waits for what follows in the same turn of
the event loop, which for a whole answer is its body.
"""

import asyncio
from typing import Any

from ensuite.server.bounded_http import BoundedHttp

HEAD = b"HTTP/1.1 "


class OneWrite:
    """A transport that holds a head back until more is written or the loop turns."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""

    def write(self, data: bytes) -> None:
        """Write, together with the head that waits."""
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(HEAD):
            self._head = data
            _ = self._loop.call_soon(self._flush)
            return
        self._transport.write(data)

    def _flush(self) -> None:
        if self._head:
            self._transport.write(self._head)
            self._head = b""

    def close(self) -> None:
        """Write what waits, then close."""
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        """Everything else is the transport's own."""
        return getattr(self._transport, name)


class Connection(BoundedHttp):
    """One client's connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin to serve a client."""
        super().connection_made(transport)
        self.transport = OneWrite(transport, self.loop)  # pyright: ignore[reportAttributeAccessIssue] - the same methods
