"""`ensuite worker`: runs executions beside any number of `serve` processes."""

import asyncio

from ensuite.cli import process
from ensuite.server.app import running


def worker() -> None:
    """Claim and run executions until the process is told to stop."""
    settings = process.configured()

    async def work(stopped: asyncio.Event) -> None:
        async with running(settings):
            _ = await stopped.wait()

    process.run(work)
