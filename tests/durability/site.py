"""Real processes on one real database: started, killed, frozen and stopped by a test."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client
from tests.patience import until

STOP_SECONDS = 25

STARTED = {"serve": "serve.listening", "worker": "ensuite.started"}


@dataclass
class Process:
    """`ensuite serve` or `ensuite worker`, and the log that it writes."""

    popen: subprocess.Popen[bytes]
    log: Path
    url: str = ""

    def events(self, name: str) -> list[dict[str, Any]]:
        """What the process logged under a name."""
        # A killed process may leave half a line.
        lines = [line for line in self.log.read_bytes().splitlines() if line.endswith(b"}")]
        found = [msgspec.json.decode(line) for line in lines if line.startswith(b"{")]
        return [each for each in found if each["event"] == name]

    def kill(self) -> None:
        """End it without a warning: `kill -9`."""
        self.popen.kill()
        _ = self.popen.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it and to nobody else."""
        self.popen.send_signal(number)

    async def ended(self) -> int:
        """Its exit code, as soon as it has ended."""
        return await asyncio.to_thread(self.popen.wait, STOP_SECONDS)


class Remote(Client):
    """The API of a process, over a real connection."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        self._http = httpx2.AsyncClient(
            base_url=url, timeout=30, limits=httpx2.Limits(max_connections=64)
        )
        self.headers: dict[str, str] = dict(headers or {})
        self.url = httpx2.URL(url)


@dataclass
class Site:
    """A data directory, and the processes that use it."""

    folder: Path
    processes: list[Process] = field(default_factory=list)
    clients: list[Remote] = field(default_factory=list)

    async def start(self, command: str, *arguments: str) -> Process:
        """Start a process and wait until it does its work."""
        log = self.folder / f"{len(self.processes)}-{command}.log"
        environment = {name: value for name, value in os.environ.items() if "ENSUITE_" not in name}
        environment |= {
            "ENSUITE_DATA_DIR": str(self.folder / "data"),
            "ENSUITE_ROOT_EMAIL": ROOT_EMAIL,
            "ENSUITE_ROOT_PASSWORD": ROOT_PASSWORD,
        }
        with log.open("wb") as file:
            popen = subprocess.Popen(  # noqa: ASYNC220 - the processes outlive this call
                [sys.executable, "-m", "ensuite.cli", command, *arguments],
                stdout=file,
                stderr=file,
                env=environment,
            )
        process = Process(popen, log)
        self.processes.append(process)

        async def has_started() -> bool:
            assert popen.poll() is None, log.read_text()
            return bool(process.events(STARTED[command]))

        await until(has_started)
        process.url = process.events(STARTED[command])[0].get("url", "")
        return process

    async def serve(self, *arguments: str) -> Process:
        """Start `ensuite serve` on a free port."""
        return await self.start("serve", "--port", "0", *arguments)

    async def worker(self) -> Process:
        """Start `ensuite worker`."""
        return await self.start("worker")

    async def client(self, process: Process) -> Remote:
        """The API of a serving process, called as root."""
        client = Remote(f"{process.url}/")
        self.clients.append(client)
        _ = await client.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        return client

    async def close(self) -> None:
        """End what still runs."""
        for client in self.clients:
            await client.__aexit__()
        for process in self.processes:
            if process.popen.poll() is None:
                process.kill()


class Receiver:
    """A server on the loopback that workflows call: it answers when the test lets it."""

    def __init__(self) -> None:
        self.url = ""
        self.received = 0
        self.open = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one call, unless the caller is killed meanwhile."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    _ = await reader.readexactly(int(line.partition(b":")[2]))
            self.received += 1
            _ = await self.open.wait()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
            await writer.drain()
        writer.close()

    async def waits_for(self, count: int) -> None:
        """Return when this many calls have arrived."""

        async def arrived() -> bool:
            return self.received >= count

        await until(arrived)
