"""`GET /metrics`: what an operator watches, in Prometheus' text format, version 0.0.4."""

import asyncio
import secrets
from ipaddress import ip_address

import asyncpg
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ensuite.clock import Clock
from ensuite.errors import EnsuiteError
from ensuite.metrics import Histogram
from ensuite.server.families import FAMILIES, Measured, Reading
from ensuite.workflow.queue import Queue, queue_at

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

QUEUE_SECONDS = 5
"""How old the answer about the queue may be: a long queue takes the database a while to count."""

PATIENCE_SECONDS = 3
"""For the database's answer: Prometheus itself gives up after ten seconds."""

LAG_SECONDS = 0.25
"""Between two looks at how late the event loop is."""

PROXIED = ("forwarded", "x-forwarded-for", "x-real-ip")
"""Headers of a request that came through a proxy."""


class LoopLag:
    """How late the event loop calls what is due: what every request waits besides."""

    def __init__(self) -> None:
        self.seconds = Histogram()
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Look again and again, until `stop`."""
        loop = asyncio.get_running_loop()
        due = loop.time() + LAG_SECONDS
        self._handle = loop.call_at(due, self._look, loop, due)

    def stop(self) -> None:
        """Look no more."""
        if self._handle is not None:
            self._handle.cancel()

    def _look(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self.seconds.observe(max(0, loop.time() - due))
        self.start()


def written(reading: Reading) -> str:
    """The text that a scrape gets."""
    lines: list[str] = []
    for family in FAMILIES:
        lines += (
            f"# HELP {family.name} {family.says}",
            f"# TYPE {family.name} {family.kind}",
            *(f"{family.name}{rest} {float(value)!r}" for rest, value in family.read(reading)),
        )
    return "\n".join(lines) + "\n"


class Metrics:
    """The endpoint: who may ask, and what is answered."""

    def __init__(self, measured: Measured, clock: Clock, token: str | None) -> None:
        self._measured = measured
        self._clock = clock
        self._token = token
        self._queue: Queue | None = None
        self._asked = float("-inf")

    async def answer(self, request: Request) -> Response:
        """Answer one scrape."""
        if self._token is not None:
            given = request.headers.get("authorization", "")
            if not secrets.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
                headers = {"www-authenticate": "Bearer"}
                return PlainTextResponse("a bearer token is needed\n", 401, headers)
        elif not _is_here(request):
            return PlainTextResponse("without a token only this machine is answered\n", 403)
        reading = Reading(self._measured, await self._current_queue())
        return PlainTextResponse(written(reading), media_type=CONTENT_TYPE)

    async def _current_queue(self) -> Queue | None:
        now = asyncio.get_running_loop().time()
        if now >= self._asked + QUEUE_SECONDS:
            try:
                async with (
                    asyncio.timeout(PATIENCE_SECONDS),
                    self._measured.database.connection() as connection,
                ):
                    self._queue = await queue_at(connection, self._clock.now())
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, EnsuiteError):
                # The other numbers matter all the more then.
                self._queue = None
                return None
            self._asked = now
        return self._queue


def _is_here(request: Request) -> bool:
    """Whether the client is a program of this machine, and no proxy that stands for others."""
    forwarded = any(name in request.headers for name in PROXIED)
    client = request.client
    try:
        return client is not None and not forwarded and ip_address(client.host).is_loopback
    except ValueError:
        return False
