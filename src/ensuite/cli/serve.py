"""`ensuite serve`: the API, and by default the executions that it starts."""

import asyncio
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, ClassVar

import structlog
import uvicorn
from cyclopts import Parameter, validators

from ensuite.cli.process import configured, run
from ensuite.errors import EnsuiteError
from ensuite.server.app import application, running
from ensuite.server.connection import Connection

log = structlog.get_logger(__name__)

GRACE_SECONDS = 15
BACKLOG = 4096


class AddressUnavailable(EnsuiteError):
    """Nothing can listen at this address; choose others with `--host` and `--port`."""

    code: ClassVar[str] = "ADDRESS_UNAVAILABLE"


Port = Annotated[int, Parameter(validator=validators.Number(gte=0, lte=65535))]


def serve(*, host: str = "127.0.0.1", port: Port = 8000, worker: bool = True) -> None:
    """Serve the API.

    Parameters
    ----------
    host
        The address to listen on; 0.0.0.0 for all.
    port
        The port to listen on; 0 for a free one.
    worker
        Whether this process also runs async executions; else leave them to `ensuite worker`.

    """
    settings = configured()

    async def serve_until(stopped: asyncio.Event) -> None:
        # In this order: the address, since another may have it; then what answers; then requests.
        with _bound(host, port) as listener:
            async with running(settings, works=worker) as ensuite:
                server = _Server(
                    uvicorn.Config(
                        application(ensuite),
                        http=Connection,
                        proxy_headers=False,
                        lifespan="off",
                        access_log=False,  # a token may be in the query
                        log_level="warning",
                        server_header=False,
                        backlog=BACKLOG,
                        timeout_graceful_shutdown=GRACE_SECONDS,
                    ),
                    await ensuite.setup_code(),
                )
                serving = asyncio.create_task(server.serve([listener]), name="http")
                telling = asyncio.create_task(stopped.wait(), name="signal")
                _ = await asyncio.wait({serving, telling}, return_when=asyncio.FIRST_COMPLETED)
                # Streams have no end of their own, which the server would wait for.
                ensuite.watcher.stop()
                server.should_exit = True
                await serving

    run(serve_until)


class _Server(uvicorn.Server):
    """uvicorn's server, told to stop by us: by itself it ends with the signal killing us."""

    def __init__(self, config: uvicorn.Config, setup_code: str | None) -> None:
        super().__init__(config)
        self._setup_code = setup_code

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
            url = f"http://{shown}:{port}"
            log.info("serve.listening", url=url)
            if self._setup_code is not None:
                # Not through the log: it would be kept there.
                print(
                    f"\nNobody has an account yet. Make the first one here:\n"
                    f"{url}/sign-in#setup={self._setup_code}\n",
                    file=sys.stderr,
                    flush=True,
                )


def _bound(host: str, port: int) -> socket.socket:
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
