"""A real server process, and its API as a test arranges by it."""

import json
import os
import re
import socket
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx2

from tests.browser import forked
from tests.client import PRESETS, ROOT_EMAIL, ROOT_PASSWORD

START_SECONDS = 60
STOP_SECONDS = 30
POLL_SECONDS = 0.02
FAILED = 400


@dataclass(frozen=True)
class Server:
    """A running server, called as the account that `token` is of."""

    url: str
    http: httpx2.Client
    token: str = ""
    email: str = ROOT_EMAIL
    password: str = ROOT_PASSWORD

    def api(self, path: str, values: Any = None, **params: Any) -> Any:
        """`data` of a call: POST where there are values, GET where not.

        Keyword arguments are query parameters; objects are sent as JSON.
        """
        query = {k: v if isinstance(v, str) else json.dumps(v) for k, v in params.items()}
        response = self.http.request(
            "GET" if values is None else "POST",
            f"/api/{path}",
            params=query,
            json=values,
            headers={"Authorization": f"Bearer {self.token}"} if self.token else {},
        )
        assert response.status_code < FAILED, (path, response.status_code, response.text)
        return response.json().get("data")

    def signed_in(self, email: str, password: str) -> "Server":
        """The same server, called as another account."""
        anonymous = Server(self.url, self.http)
        token = anonymous.api("auth:signIn", {"account": email, "password": password})["token"]
        return Server(self.url, self.http, token, email, password)

    def person(self, name: str, *roles: str, password: str = ROOT_PASSWORD) -> "Server":
        """The same server, called as a new user with these roles."""
        values: dict[str, Any] = {"username": name, "nickname": name.title()}
        values |= {"email": f"{name}@example.test", "password": password}
        if roles:
            values["roles"] = list(roles)
        _ = self.api("users:create", values)
        return self.signed_in(values["email"], password)

    def table(self, name: str, *fields: Mapping[str, Any], **options: Any) -> None:
        """Make a collection with NocoBase's preset fields and these."""
        given = {"name": name, "fields": [*PRESETS, *fields], **options}
        _ = self.api("collections:create", given)

    def ended(self, execution_id: int) -> dict[str, Any]:
        """An execution, as soon as it has ended."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            found: dict[str, Any] = self.api(f"executions:get/{execution_id}", appends="jobs")
            if found["status"] not in {None, 0}:
                return found
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"execution {execution_id} has not ended")

    def waits(self, execution_id: int) -> None:
        """Return when a step of the execution waits, for its time or for people."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.api("jobs:list", filter={"executionId": execution_id, "status": 0}):
                return
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"execution {execution_id} does not wait")


@dataclass(frozen=True)
class EmptyServer:
    """A server on which nobody has an account, and the code that it printed."""

    url: str
    code: str


@contextmanager
def serving(folder: Path, database_url: str | None = None) -> Generator[Server]:
    """A server with its data in this folder, by default on a PostgreSQL of its own."""
    with _started(folder, database_url, ENSUITE_ROOT_PASSWORD=ROOT_PASSWORD) as (server, _):
        yield server.signed_in(ROOT_EMAIL, ROOT_PASSWORD)


@contextmanager
def serving_nobody(folder: Path, database_url: str) -> Generator[EmptyServer]:
    """A server on its first start, on an empty database."""
    with _started(folder, database_url) as (server, log):
        found = re.search(r"#setup=(\w+)", log.read_text())
        assert found is not None, log.read_text()
        yield EmptyServer(server.url, found[1])


@contextmanager
def _started(
    folder: Path, database_url: str | None, **variables: str
) -> Generator[tuple[Server, Path]]:
    """A server process, called as nobody, and the file of what it prints."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("ENSUITE_")}
    environment = inherited | {
        "ENSUITE_DATA_DIR": str(folder / "data"),
        "ENSUITE_ROOT_EMAIL": ROOT_EMAIL,
        "ENSUITE_LOG_LEVEL": "warning",
        **variables,
    }
    if database_url is not None:
        environment["ENSUITE_DATABASE_URL"] = database_url
    log = folder / "server.log"
    process = forked.started(["serve", "--port", str(port)], environment, log)
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx2.Client(base_url=url, timeout=30) as http:
            _until_it_answers(http, process, log)
            yield Server(url, http), log
    finally:
        process.terminate()
        process.join(STOP_SECONDS)
        late = process.is_alive()
        process.kill()
        process.join()
        assert not late, log.read_text()


def _until_it_answers(http: httpx2.Client, process: BaseProcess, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            _ = http.get("/api/__health_check").raise_for_status()
            return
        except httpx2.HTTPError as error:
            if process.exitcode is not None or time.monotonic() > until:
                raise AssertionError(f"the server did not start: {log.read_text()}") from error
        time.sleep(POLL_SECONDS)
