"""uvicorn's HTTP protocol with a bound on what comes beside bodies: its parser has none."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 128 * 1024
"""Of the first line, headers and trailers of a request; more are refused by whatever is read."""

_REFUSAL = "The headers are too large."


class BoundedHttp(HttpToolsProtocol):
    """Hangs up on a client that never stops sending headers: they are kept in memory."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._beside_bodies = 0

    def data_received(self, data: bytes) -> None:
        """Parse what arrived, unless too much of it was no body."""
        self._beside_bodies += len(data)
        super().data_received(data)
        if self._beside_bodies > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(_REFUSAL)

    def on_message_complete(self) -> None:
        """A request has arrived: the next one has its own headers."""
        self._beside_bodies = 0
        super().on_message_complete()

    def on_body(self, body: bytes) -> None:
        """A part of a body, which the endpoint bounds."""
        # Weighted: each chunk of a body has a line for its length, five bytes for a chunk of one.
        self._beside_bodies = max(0, self._beside_bodies - 8 * len(body))
        super().on_body(body)
