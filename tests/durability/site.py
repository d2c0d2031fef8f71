"""Real processes on one real database: started, killed, frozen and stopped by a test."""

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import httpx2
import msgspec

from ensuite.storage import embedded
from ensuite.storage.embedded import Server
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client
from tests.patience import until

START_SECONDS = 90
"""The first process makes the database, and the machine may be busy elsewhere."""

STOP_SECONDS = 25
TRACEBACK_CHARACTERS = 1_500

STARTED = {"serve": "serve.listening", "worker": "ensuite.started"}


@dataclass(eq=False)
class Process(ABC):
    """`ensuite serve` or `ensuite worker`, and the log that it writes."""

    pid: int
    log: Path
    command: str = ""
    url: str = ""

    def events(self, name: str) -> list[dict[str, Any]]:
        """What the process logged under a name."""
        return [each for each in self.all_events() if each["event"] == name]

    def all_events(self) -> list[dict[str, Any]]:
        """Everything that the process logged."""
        # A killed process may leave half a line.
        lines = [line for line in self.log.read_bytes().splitlines() if line.endswith(b"}")]
        return [msgspec.json.decode(line) for line in lines if line.startswith(b"{")]

    @property
    @abstractmethod
    def code(self) -> int | None:
        """Its exit code; None while it runs."""

    @abstractmethod
    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it and to nobody else."""

    @abstractmethod
    async def ended(self) -> int:
        """Its exit code, as soon as it has ended."""


@dataclass(eq=False)
class Spawned(Process):
    """A process as an operator starts it."""

    popen: subprocess.Popen[bytes] = field(kw_only=True)

    @property
    def code(self) -> int | None:
        return self.popen.poll()

    def signal(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def kill(self) -> None:
        """End it without a warning: `kill -9`."""
        self.popen.kill()
        _ = self.popen.wait()

    async def ended(self) -> int:
        return await asyncio.to_thread(self.popen.wait, STOP_SECONDS)


@dataclass(eq=False)
class Forked(Process):
    """A process of the nursery."""

    nursery: "Nursery" = field(kw_only=True)

    @property
    def code(self) -> int | None:
        return self.nursery.codes.get(self.pid)

    def signal(self, number: signal.Signals) -> None:
        # The nursery says in time that it has ended: the number is still its own.
        if self.code is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def ended(self) -> int:
        async def has_ended() -> bool:
            return self.code is not None

        await until(has_ended, STOP_SECONDS)
        assert self.code is not None
        return self.code


@dataclass
class Nursery:
    """The process that forks the others (`tests.durability.nursery`)."""

    process: asyncio.subprocess.Process
    codes: dict[int, int] = field(default_factory=dict)
    """Of those that have ended, by their process ids."""
    _started: "asyncio.Queue[int]" = field(default_factory=asyncio.Queue[int])
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)
    _listening: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls) -> "Nursery":
        """Start it and wait until everything is in its memory."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.durability.nursery",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
        )
        assert process.stdout is not None
        assert json.loads(await process.stdout.readline()) == {"ready": True}
        nursery = cls(process)
        nursery._listening = asyncio.create_task(nursery._listen())
        return nursery

    async def fork(self, arguments: list[str], variables: Mapping[str, str], log: Path) -> Forked:
        """Fork a process; it has not started its work yet."""
        order = {"arguments": arguments, "environment": dict(variables), "log": str(log)}
        assert self.process.stdin is not None
        async with self._one:
            self.process.stdin.write(json.dumps(order).encode() + b"\n")
            pid = await self._started.get()
        return Forked(pid, log, arguments[0], nursery=self)

    async def close(self) -> None:
        """End it; its processes have ended before."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        _ = await self.process.wait()
        if self._listening is not None:
            await self._listening

    async def _listen(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            said = json.loads(line)
            if "started" in said:
                _ = self.codes.pop(said["started"], None)
                self._started.put_nowait(said["started"])
            else:
                self.codes[said["ended"]] = said["code"]


class Remote(Client):
    """The API of a process, over a real connection."""

    def __init__(
        self, url: str, headers: Mapping[str, str] | None = None, *, seconds: float = 30
    ) -> None:
        self._http = httpx2.AsyncClient(
            base_url=url, timeout=seconds, limits=httpx2.Limits(max_connections=64)
        )
        self.headers: dict[str, str] = dict(headers or {})
        self.url = httpx2.URL(url)


def environment() -> dict[str, str]:
    """The environment of a process that this one starts, without settings of Ensuite's."""
    return {name: value for name, value in os.environ.items() if "ENSUITE_" not in name}


P = TypeVar("P", bound=Process)


@dataclass
class Site:
    """A data directory, and the processes that use it."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict[str, str])
    """Settings besides the usual ones."""
    processes: list[Process] = field(default_factory=list[Process])
    clients: list[Remote] = field(default_factory=list[Remote])
    nursery: Nursery | None = None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def cluster(self) -> Path:
        """Where the embedded PostgreSQL keeps its data."""
        return self.folder / "data" / "postgres"

    @property
    def settings(self) -> dict[str, str]:
        """The environment variables that all processes have in common."""
        return {
            "ENSUITE_DATA_DIR": str(self.folder / "data"),
            "ENSUITE_ROOT_EMAIL": ROOT_EMAIL,
            "ENSUITE_ROOT_PASSWORD": ROOT_PASSWORD,
            **self.variables,
        }

    async def start(self, command: str, *arguments: str) -> Spawned:
        """Start a process as an operator does, and wait until it does its work."""
        log = self._log(command)
        with log.open("wb") as file:
            popen = subprocess.Popen(  # noqa: ASYNC220 - the processes outlive this call
                [sys.executable, "-m", "ensuite.cli", command, *arguments],
                stdout=file,
                stderr=file,
                env={**environment(), **self.settings},
            )
        process = Spawned(popen.pid, log, command, popen=popen)
        self.processes.append(process)
        return await self._begun(process)

    async def fork(self, command: str, *arguments: str, ahead_seconds: float = 0) -> Forked:
        """Start a process from the nursery, and wait until it does its work.

        `ahead_seconds`: how wrong the clock of its machine is.
        """
        self.nursery = self.nursery or await Nursery.open()
        log = self._log(command)
        variables = {**self.settings, "CLOCK_AHEAD_SECONDS": str(ahead_seconds)}
        process = await self.nursery.fork([command, *arguments], variables, log)
        self.processes.append(process)
        return await self._begun(process)

    async def serve(self, *arguments: str) -> Spawned:
        """Start `ensuite serve` on a free port."""
        return await self.start("serve", "--port", "0", *arguments)

    async def worker(self) -> Spawned:
        """Start `ensuite worker`."""
        return await self.start("worker")

    async def client(self, process: Process) -> Remote:
        """The API of a serving process, called as root."""
        client = Remote(f"{process.url}/")
        self.clients.append(client)
        _ = await client.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        return client

    async def database(self) -> asyncpg.Connection:
        """A connection of the test's own, past everything that it tests."""
        server = await asyncio.to_thread(Server.of, self.cluster)
        assert server is not None, "the embedded PostgreSQL runs"
        return await asyncpg.connect(server.dsn("postgres"))

    def tracebacks(self) -> set[str]:
        """What the processes logged of errors that nobody expects: the ends of the tracebacks."""
        return {
            f"{each['event']}: {each['exception'][-TRACEBACK_CHARACTERS:]}"
            for process in self.processes
            for each in process.all_events()
            if "exception" in each
        }

    async def stop_postgres(self) -> None:
        """Stop the embedded PostgreSQL, which outlives processes that were killed."""
        if self.cluster.exists():
            await asyncio.to_thread(embedded.stop, self.cluster)

    async def close(self) -> None:
        """End what still runs."""
        for client in self.clients:
            await client.__aexit__()
        for process in self.processes:
            if process.code is None:
                process.signal(signal.SIGKILL)
                _ = await process.ended()
        if self.nursery is not None:
            await self.nursery.close()
        self.nursery = None
        self.clients.clear()

    def _log(self, command: str) -> Path:
        return self.folder / f"{next(self._numbers)}-{command}.log"

    async def _begun(self, process: P) -> P:
        async def has_started() -> bool:
            assert process.code is None, process.log.read_text()
            return process.log.exists() and bool(process.events(STARTED[process.command]))

        await until(has_started, START_SECONDS)
        process.url = process.events(STARTED[process.command])[0].get("url", "")
        return process


class Receiver:
    """A server on the loopback that workflows call: it answers when the test lets it."""

    def __init__(self) -> None:
        self.url = ""
        self.received = 0
        self.keys: Counter[str] = Counter()
        """How often each `Idempotency-Key` arrived."""
        self.open = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one call, unless the caller is killed meanwhile."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            for line in head.split(b"\r\n"):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    _ = await reader.readexactly(int(value))
                elif name.lower() == b"idempotency-key":
                    self.keys[value.strip().decode()] += 1
            self.received += 1
            await self._may_answer()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
            await writer.drain()
        writer.close()

    async def _may_answer(self) -> None:
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        everybody = asyncio.create_task(self.open.wait())
        try:
            _ = await asyncio.wait({waiting, everybody}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            _ = everybody.cancel()

    def answer_one(self) -> None:
        """Answer the call that waits longest, also while the others have to wait."""
        self._waiting.pop(0).set_result(None)

    async def waits_for(self, count: int) -> None:
        """Return when this many calls have arrived."""

        async def arrived() -> bool:
            return self.received >= count

        await until(arrived)
