"""`ensuite serve`: the API, and by default the executions that it starts."""

import asyncio
import sys

import structlog

from ensuite.cli.listening import Port, bound, serve_until
from ensuite.cli.process import configured, run
from ensuite.server.app import application, running

log = structlog.get_logger(__name__)


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

    async def serve_api(stopped: asyncio.Event) -> None:
        # In this order: the address, since another may have it; then what answers; then requests.
        with bound(host, port) as listener:
            async with running(settings, works=worker) as ensuite:
                setup_code = await ensuite.setup_code()

                def listening(url: str) -> None:
                    log.info("serve.listening", url=url)
                    if setup_code is not None:
                        _invite(url, setup_code)

                await serve_until(
                    stopped,
                    listener,
                    application(ensuite),
                    listening=listening,
                    # Streams have no end of their own, which the server would wait for.
                    stopping=ensuite.watcher.stop,
                )

    run(serve_api)


def _invite(url: str, setup_code: str) -> None:
    # Not through the log: it would be kept there.
    print(
        f"\nNobody has an account yet. Make the first one here:\n"
        f"{url}/sign-in#setup={setup_code}\n",
        file=sys.stderr,
        flush=True,
    )
