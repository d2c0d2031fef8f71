"""`ensuite worker`: runs executions beside any number of `serve` processes."""

import asyncio
import signal
import sys

from ensuite import log
from ensuite.server.app import running
from ensuite.settings import Settings


def worker() -> None:
    """Claim and run executions until the process is told to stop."""
    settings = Settings.from_environment()
    log.configure(level=settings.log_level)
    if sys.platform != "win32":
        import uvloop  # noqa: PLC0415 - not there on Windows

        uvloop.run(_work(settings))
    else:
        asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with running(settings):
        _ = await stopped.wait()
