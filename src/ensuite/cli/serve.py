"""`ensuite serve`: the API, and by default the executions that it starts."""

import sys

import uvicorn

from ensuite import log
from ensuite.server.app import application
from ensuite.settings import Settings

GRACE_SECONDS = 15


def serve(*, host: str = "127.0.0.1", port: int = 8000, worker: bool = True) -> None:
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
    settings = Settings.from_environment()
    log.configure(level=settings.log_level)
    # Signals reach uvicorn, which ends the lifespan: requests finish, then executions, then the
    # database is let go.
    server = uvicorn.Server(
        uvicorn.Config(
            application(settings, works=worker),
            host=host,
            port=port,
            http="httptools",
            loop="uvloop" if sys.platform != "win32" else "asyncio",
            lifespan="on",
            access_log=False,
            log_level="warning",
            server_header=False,
            date_header=False,
            backlog=4096,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    server.run()
    if not server.started:
        sys.exit(1)
