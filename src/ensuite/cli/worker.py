"""`ensuite worker`: runs executions beside any number of `serve` processes."""

import asyncio

from ensuite.cli.process import configured, run
from ensuite.server.app import running


def worker() -> None:
    """Claim and run executions until the process is told to stop."""
    settings = configured()

    async def work(stopped: asyncio.Event) -> None:
        async with running(settings):
            _ = await stopped.wait()

    run(work)
