"""`ensuite worker`: runs executions beside any number of `serve` processes."""

import asyncio

import structlog

from ensuite.cli.listening import Port, bound, serve_until
from ensuite.cli.process import configured, run
from ensuite.server.app import observed, running

log = structlog.get_logger(__name__)


def worker(*, metrics_host: str = "127.0.0.1", metrics_port: Port | None = None) -> None:
    """Claim and run executions until the process is told to stop.

    Parameters
    ----------
    metrics_host
        The address to answer Prometheus on.
    metrics_port
        The port to answer `/metrics` and `/api/__health_check` on, 0 for a free one; else none.

    """
    settings = configured()

    async def work(stopped: asyncio.Event) -> None:
        async with running(settings, kind="worker"):
            _ = await stopped.wait()

    async def work_observed(stopped: asyncio.Event) -> None:
        assert metrics_port is not None, "chosen below"
        with bound(metrics_host, metrics_port) as listener:
            async with running(settings, kind="worker") as ensuite:
                await serve_until(
                    stopped,
                    listener,
                    observed(ensuite),
                    listening=lambda url: log.info("worker.listening", url=url),
                    stopping=lambda: None,
                )

    run(work if metrics_port is None else work_observed)
