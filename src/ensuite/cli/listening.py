"""Listening at an address: who it is taken from, and how a server there begins and ends."""

import asyncio
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Annotated, Any, ClassVar

import uvicorn
from cyclopts import Parameter, validators

from ensuite.errors import EnsuiteError
from ensuite.server.connection import Connection

GRACE_SECONDS = 15
BACKLOG = 4096

Port = Annotated[int, Parameter(validator=validators.Number(gte=0, lte=65535))]


class AddressUnavailable(EnsuiteError):
    """Nothing can listen at this address; choose others with `--host` and `--port`."""

    code: ClassVar[str] = "ADDRESS_UNAVAILABLE"


async def serve_until(
    stopped: asyncio.Event,
    listener: socket.socket,
    application: Any,
    *,
    listening: Callable[[str], None],
    stopping: Callable[[], None],
) -> None:
    """Serve an ASGI application until `stopped`, and what it has begun after that.

    `listening` is called with the URL as soon as requests are accepted, `stopping` before the
    server waits for those that are under way.
    """
    config = uvicorn.Config(
        application,
        http=Connection,
        proxy_headers=False,
        lifespan="off",
        access_log=False,  # a token may be in the query
        log_level="warning",
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config, listening)
    serving = asyncio.create_task(server.serve([listener]), name="http")
    telling = asyncio.create_task(stopped.wait(), name="signal")
    _ = await asyncio.wait({serving, telling}, return_when=asyncio.FIRST_COMPLETED)
    stopping()
    server.should_exit = True
    await serving


class _Server(uvicorn.Server):
    """uvicorn's server, told to stop by us: by itself it ends with the signal killing us."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[str], None]) -> None:
        super().__init__(config)
        self._listening = listening

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals to `run`."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say where requests go, as soon as they are accepted."""
        await super().startup(sockets)
        for each in sockets or ():
            host, port = each.getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            self._listening(f"http://{shown}:{port}")


def bound(host: str, port: int) -> socket.socket:
    """A socket at the address, on which nobody listens yet: clients are refused until we serve.

    Raises:
        AddressUnavailable: there is no such address, or another program has it.

    """
    try:
        [(family, kind, protocol, _, address), *_] = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except BaseException:
            listener.close()
            raise
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"cannot listen on {host}, port {port}: {reason}"
        raise AddressUnavailable(message) from error
    return listener
