"""A server under measurement: the real command, a temporary data directory, a free port."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT_EMAIL = "root@bench.test"
ROOT_PASSWORD = "a password for the bench"
START_SECONDS = 60


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Server:
    """One running `ensuite serve`."""

    port: int
    process: subprocess.Popen[bytes]
    started_in: float
    token: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """Where its API is."""
        return f"http://127.0.0.1:{self.port}/api/"

    def call(self, path: str, values: Any = None, **headers: str) -> Any:
        """POST values (GET without any) and give the decoded answer."""
        body = None if values is None else json.dumps(values).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(
            self.url + path,
            data=body,
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                **named,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                text = response.read()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{path}: {error.code} {error.read().decode()}") from error
        return json.loads(text) if text else None

    def sign_in(self) -> None:
        """Take a token of the first account."""
        self.token = self.call("auth:signIn", {"account": ROOT_EMAIL, "password": ROOT_PASSWORD})[
            "data"
        ]["token"]

    @property
    def resident_megabytes(self) -> float:
        """Its resident memory, without PostgreSQL."""
        return psutil.Process(self.process.pid).memory_info().rss / 1024 / 1024

    def stop(self) -> None:
        """Stop it gracefully."""
        self.process.send_signal(signal.SIGTERM)
        _ = self.process.wait(60)


@dataclass
class Place:
    """A data directory for one run of the bench."""

    folder: Path
    started: list[Server] = field(default_factory=list)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process that works here."""
        return {
            **os.environ,
            "ENSUITE_DATA_DIR": str(self.folder),
            "ENSUITE_ROOT_EMAIL": ROOT_EMAIL,
            "ENSUITE_ROOT_PASSWORD": ROOT_PASSWORD,
            "ENSUITE_LOG_LEVEL": "warning",
        }

    def worker(self) -> subprocess.Popen[bytes]:
        """Start a worker here."""
        process = subprocess.Popen(
            [sys.executable, "-m", "ensuite.cli", "worker"], env=self.environment
        )
        self.workers.append(process)
        return process

    def start(self, *arguments: str) -> Server:
        """Start a server here and wait until it answers."""
        port = free_port()
        begun = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "ensuite.cli", "serve", "--port", str(port), *arguments],
            env=self.environment,
        )
        while time.monotonic() - begun < START_SECONDS:
            if process.poll() is not None:
                raise SystemExit(f"the server ended with {process.returncode}")
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api/__health_check", timeout=1)
            except OSError:
                time.sleep(0.01)
                continue
            server = Server(port, process, time.monotonic() - begun)
            self.started.append(server)
            server.sign_in()
            return server
        process.kill()
        raise SystemExit("the server did not start")


@contextmanager
def place() -> Generator[Place]:
    """A temporary data directory."""
    folder = Path(tempfile.mkdtemp(prefix="ensuite-bench-"))
    here = Place(folder)
    try:
        yield here
    finally:
        for process in (*(server.process for server in here.started), *here.workers):
            if process.poll() is None:
                process.kill()
        shutil.rmtree(folder, ignore_errors=True)
