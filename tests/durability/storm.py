"""Processes that are killed, frozen and restarted at moments that a seed chooses."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from ensuite.workflow.executions import LEASE_SECONDS
from tests.client import Client
from tests.durability.site import Process, Remote, Site

FROZEN_SECONDS = (LEASE_SECONDS + 1, LEASE_SECONDS + 3)
MOST_FROZEN = 2
ASKS_SECONDS = 5
WAIT_SECONDS = 0.02

Place = tuple[str, ...]

PLACES: tuple[Place, ...] = (
    ("serve", "--port", "0"),
    ("serve", "--port", "0", "--no-worker"),
    ("worker",),
    ("worker",),
    ("worker",),
)


@dataclass
class Storm:
    """A few places, each of which has a process most of the time."""

    site: Site
    chance: random.Random
    headers: dict[str, str] = field(default_factory=dict[str, str])
    places: tuple[Place, ...] = PLACES
    alive: dict[int, Process] = field(default_factory=dict[int, Process])
    clients: dict[int, Remote] = field(default_factory=dict[int, Remote])
    frozen: set[int] = field(default_factory=set[int])
    counts: Counter[str] = field(default_factory=Counter[str])
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set[asyncio.Task[Any]])
    _failed: list[BaseException] = field(default_factory=list[BaseException])

    async def begin(self) -> None:
        """Fill all places."""
        _ = await asyncio.gather(*(self._fill(each) for each in range(len(self.places))))

    async def server(self) -> Client:
        """The API of a process that is there, perhaps a frozen one."""
        while not self.clients:
            self._raise_what_failed()
            await asyncio.sleep(WAIT_SECONDS)
        return self.chance.choice(list(self.clients.values()))

    def strike(self) -> None:
        """Do something to a process that seems to be well."""
        self._raise_what_failed()
        able = [each for each in self.alive if each not in self.frozen]
        if not able:
            return
        place = self.chance.choice(able)
        dice = self.chance.random()
        if dice < 0.06 and len(self.frozen) < MOST_FROZEN:
            self.frozen.add(place)
            self._later(self._freeze(place, self.chance.uniform(*FROZEN_SECONDS)))
        elif dice < 0.12:
            self._later(self._restart(place, self._gone(place)))
        else:
            self._later(self._kill(place, self._gone(place)))

    async def calm(self) -> None:
        """Let everything that was begun come to its end: all places have a process again."""
        while self._tasks:
            _ = await asyncio.wait(self._tasks)
        self._raise_what_failed()

    def _later(self, what: Awaitable[None]) -> None:
        task = asyncio.ensure_future(what)
        self._tasks.add(task)
        task.add_done_callback(self._has_ended)

    def _has_ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._failed.append(error)

    def _raise_what_failed(self) -> None:
        if self._failed:
            raise self._failed[0]

    async def _fill(self, place: int) -> None:
        command, *arguments = self.places[place]
        process = await self.site.fork(command, *arguments)
        if command == "serve":
            client = Remote(f"{process.url}/", self.headers, seconds=ASKS_SECONDS)
            self.site.clients.append(client)
            self.clients[place] = client
        self.alive[place] = process

    def _gone(self, place: int) -> Process:
        _ = self.clients.pop(place, None)
        return self.alive.pop(place)

    async def _kill(self, place: int, process: Process) -> None:
        process.signal(signal.SIGKILL)
        self.counts["killed"] += 1
        await self._fill(place)

    async def _restart(self, place: int, process: Process) -> None:
        process.signal(signal.SIGTERM)
        self.counts["restarted"] += 1
        code = await process.ended()
        assert code == 0, process.log.read_text()
        await self._fill(place)

    async def _freeze(self, place: int, seconds: float) -> None:
        process = self.alive[place]
        process.signal(signal.SIGSTOP)
        self.counts["frozen"] += 1
        await asyncio.sleep(seconds)
        process.signal(signal.SIGCONT)
        self.frozen.discard(place)
