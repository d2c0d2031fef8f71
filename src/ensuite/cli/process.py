"""The life of a process: its settings, its log, and how a signal ends it."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable

import structlog

from ensuite import log
from ensuite.settings import Settings


def configured() -> Settings:
    """The settings of the environment, with the log set up as they say.

    Raises:
        InvalidSettings: a variable has a value that its setting cannot have.

    """
    settings = Settings.from_environment()
    log.configure(level=settings.log_level)
    unknown = Settings.unknown_variables()
    if unknown:
        structlog.get_logger(__name__).warning("settings.unknown", variables=unknown)
    return settings


def run(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run `main` with an event that SIGINT and SIGTERM set, so that it ends in order, with code 0.

    The second signal cancels it.
    """
    if sys.platform != "win32":
        import uvloop  # noqa: PLC0415 - not there on Windows

        uvloop.run(_until_told(main))
    else:
        asyncio.run(_until_told(main))


async def _until_told(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stopped = asyncio.Event()
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None, "a coroutine runs in a task"

    def told() -> None:
        if stopped.is_set():
            _ = task.cancel()
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told)
    await main(stopped)
