"""The command line, with real processes: the first start, the next one, the end, and bad settings."""

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from ensuite.settings import SECRET_FILE
from ensuite.storage import embedded

PATIENCE_SECONDS = 60
POLL_SECONDS = 0.05
EMAIL = "first@example.test"
PASSWORD = "a password of mine"
SHOWN = re.compile(r"(http://\S+)/sign-in#setup=(\w+)")


@contextmanager
def temporary_folder() -> Generator[Path]:
    """A folder of mode 700, and not pytest's, whose mode another session of pytest may change."""
    folder = Path(tempfile.mkdtemp(prefix="ensuite-test-")).resolve()
    try:
        yield folder
    finally:
        for cluster in folder.rglob("postgres"):
            embedded.stop(cluster)
        shutil.rmtree(folder)


@pytest.fixture
def folder() -> Generator[Path]:
    with temporary_folder() as made:
        yield made


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """The environment of a process whose data is in this folder."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("ENSUITE_")}
    named = {f"ENSUITE_{name.upper()}": text for name, text in variables.items()}
    return inherited | {"ENSUITE_DATA_DIR": str(folder / "data")} | named


def ensuite(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "ensuite.cli", *arguments],
        env=environment(folder, **variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@dataclass
class Server:
    """A running process, and everything that it has printed so far."""

    process: subprocess.Popen[bytes]
    output: Path
    url: str = ""

    @property
    def printed(self) -> str:
        return self.output.read_text()

    def call(self, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """GET, or POST where there is a body; the status and the answer."""
        given = {name.replace("_", "-"): text for name, text in headers.items()}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            given.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(f"{self.url}{path}", content, given)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as response:  # noqa: S310
                text = response.read().decode()
                return response.status, json.loads(text) if text[:1] in {"{", "["} else text
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def token(self, password: str) -> str:
        """Sign in as the first account."""
        status, answer = self.call("/api/auth:signIn", {"account": EMAIL, "password": password})
        assert status == 200, answer
        return answer["data"]["token"]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def serving(folder: Path, *arguments: str, **variables: str) -> Generator[Server]:
    """A server on a free port, as soon as it says where it is."""
    output = folder / f"output-{len(list(folder.iterdir()))}"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "ensuite.cli", "serve", "--port", "0", *arguments],
            env=environment(folder, **({"root_email": EMAIL} | variables)),
            stdout=file,
            stderr=file,
        )
    server = Server(process, output)
    try:
        server.url = _announced(server)
        yield server
    finally:
        if process.poll() is None:
            process.kill()
            _ = process.wait()


def _announced(server: Server) -> str:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        for line in server.printed.splitlines():
            if line.startswith("{") and line.endswith("}"):
                event = json.loads(line)
                if event["event"] == "serve.listening":
                    return event["url"]
        assert server.process.poll() is None, server.printed
        time.sleep(POLL_SECONDS)
    raise AssertionError(server.printed)


# --- the first start and the next ---------------------------------------------------------


@pytest.fixture(scope="module")
def used() -> Iterator[tuple[Path, str]]:
    """A data directory that was served once, and the password of the account made then."""
    with temporary_folder() as folder:
        with serving(folder, root_password=PASSWORD) as server:
            assert server.end() == 0
        yield folder, PASSWORD


def test_the_first_start_shows_where_the_first_account_is_made(folder: Path) -> None:
    with serving(folder) as server:
        [(url, code)] = SHOWN.findall(server.printed)
        account = {"code": code, "email": EMAIL, "password": PASSWORD}
        status, made = server.call("/api/setup:create", account)
        token = made["data"]["token"]
        _, checked = server.call("/api/auth:check", Authorization=f"Bearer {token}")

        assert (url, status) == (server.url, 200)
        assert checked["data"]["email"] == EMAIL
        assert checked["data"]["currentRole"] == "root"
        # Not in what is logged: only in what was printed.
        logged = [line for line in server.printed.splitlines() if line.startswith("{")]
        assert not any(code in line for line in logged)
        assert server.end() == 0
    with serving(folder) as server:
        assert SHOWN.findall(server.printed) == []
        assert server.token(PASSWORD)


def test_the_code_is_the_same_until_there_is_an_account(folder: Path) -> None:
    shown: list[str] = []
    for _ in range(2):
        with serving(folder) as server:
            shown += [code for _, code in SHOWN.findall(server.printed)]
            assert server.end() == 0

    assert len(shown) == 2
    assert len(set(shown)) == 1


def test_a_token_survives_a_restart(used: tuple[Path, str]) -> None:
    folder, password = used
    with serving(folder) as server:
        token = server.token(password)
        assert server.end() == 0
    with serving(folder) as server:
        assert server.call("/api/auth:check", Authorization=token)[0] == 200


def test_only_its_owner_may_read_the_secret(used: tuple[Path, str]) -> None:
    path = used[0] / "data" / SECRET_FILE

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_text()) >= 43


def test_a_given_password_is_not_shown(folder: Path) -> None:
    with serving(folder, root_password="given by me", secret_key="s" * 40) as server:
        assert "given by me" not in server.printed
        assert SHOWN.findall(server.printed) == []
        assert server.token("given by me")
        assert not (folder / "data" / SECRET_FILE).exists()


# --- serving ------------------------------------------------------------------------------


def test_health_needs_no_token_and_the_api_does(used: tuple[Path, str]) -> None:
    with serving(used[0]) as server:
        assert server.call("/api/__health_check") == (200, "ok")
        status, problem = server.call("/api/users:list")

        assert status == 401
        assert problem["errors"][0]["code"] == "EMPTY_TOKEN"


def test_curls_default_type_is_read_as_json(used: tuple[Path, str]) -> None:
    folder, password = used
    with serving(folder) as server:
        status, answer = server.call(
            "/api/auth:signIn",
            {"account": EMAIL, "password": password},
            Content_Type="application/x-www-form-urlencoded",
        )

        assert status == 200
        assert answer["data"]["token"]


def test_no_token_and_no_password_is_ever_logged(used: tuple[Path, str]) -> None:
    folder, password = used
    with serving(folder, log_level="debug") as server:
        token = server.token(password)
        for path in ("auth:check", "nothing:list", "auth:signOut", "users:list?filter={"):
            separator = "&" if "?" in path else "?"
            _ = server.call(f"/api/{path}{separator}token={token}")
            _ = server.call(f"/api/{path}", {"password": "wrong horse"}, Authorization=token)
        _ = server.call("/api/auth:signIn", {"account": EMAIL, "password": "wrong horse"})
        assert server.end() == 0

        assert token not in server.printed
        assert token.split(".")[2] not in server.printed
        assert password not in server.printed
        assert "wrong horse" not in server.printed


def test_a_misspelt_setting_is_told(used: tuple[Path, str]) -> None:
    with serving(used[0], secert_key="x" * 40) as server:
        assert "ENSUITE_SECERT_KEY" in server.printed
        assert "x" * 40 not in server.printed


def answer_to(server: Server, *parts: bytes) -> tuple[bytes, int]:
    """The beginning of the answer, and how much was sent until it came."""
    address = ("127.0.0.1", int(server.url.rsplit(":", 1)[1]))
    sent = 0
    with socket.create_connection(address) as connection:
        connection.settimeout(PATIENCE_SECONDS)
        for part in parts:
            try:
                connection.sendall(part)
            except ConnectionError:
                break
            sent += len(part)
        try:
            return connection.recv(65536), sent
        except ConnectionResetError:
            return b"", sent


@pytest.mark.parametrize(
    "beginning",
    [
        b"GET /api/__health_check HTTP/1.1\r\nHost: x\r\nX-Long: ",
        b"GET /api/",
        b"POST /api/auth:signIn HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\nX: ",
    ],
)
def test_headers_without_an_end_are_not_kept(used: tuple[Path, str], beginning: bytes) -> None:
    megabyte = b"x" * 1024 * 1024
    with serving(used[0]) as server:
        before = psutil.Process(server.process.pid).memory_info().rss
        answer, sent = answer_to(server, beginning, *[megabyte] * 200)

        assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
        assert sent < 50 * len(megabyte)
        grown = psutil.Process(server.process.pid).memory_info().rss - before
        assert grown < 50 * len(megabyte)
        assert server.call("/api/__health_check") == (200, "ok")


def test_bodies_in_whatever_chunks_are_read(used: tuple[Path, str]) -> None:
    head = b"POST /api/auth:signIn HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    tiny = b"".join(b"1\r\n%c\r\n" % byte for byte in b'{"account": ""}' + b" " * 200_000)
    large = b"%x\r\n%b\r\n" % (5_000_002, b"{" + b" " * 5_000_000 + b"}")
    with serving(used[0]) as server:
        for body in (tiny, large):
            answer, _ = answer_to(server, head, body, b"0\r\n\r\n")

            assert b"CREDENTIALS_MISSING" in answer


# --- the end ------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(used: tuple[Path, str], number: signal.Signals) -> None:
    folder, _ = used
    with serving(folder) as server:
        assert server.end(number) == 0
        assert "Traceback" not in server.printed

        assert "ensuite.stopping" in server.printed
        assert embedded.Server.of(folder / "data" / "postgres") is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_ends_in_order_too(used: tuple[Path, str], number: signal.Signals) -> None:
    folder, _ = used
    output = folder / f"worker-{number}"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "ensuite.cli", "worker"],
            env=environment(folder),
            stdout=file,
            stderr=file,
        )
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while "ensuite.started" not in output.read_text():
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < until, output.read_text()
            time.sleep(POLL_SECONDS)
        process.send_signal(number)

        assert process.wait(PATIENCE_SECONDS) == 0
    finally:
        if process.poll() is None:
            process.kill()


def test_a_request_that_runs_is_answered_first(used: tuple[Path, str]) -> None:
    folder, _ = used
    with (
        serving(folder) as server,
        socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1]))) as connection,
    ):
        body = json.dumps({"account": EMAIL, "password": "wrong horse"}).encode()
        head = (
            "POST /api/auth:signIn HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body[:-1])
        # Once it answers another one, it has this one, too.
        _ = server.call("/api/__health_check")
        server.process.send_signal(signal.SIGTERM)
        _wait_for_no_listener(server)
        connection.sendall(body[-1:])
        connection.settimeout(PATIENCE_SECONDS)
        answer = connection.recv(65536)

        assert answer.startswith(b"HTTP/1.1 401"), answer
        assert server.process.wait(PATIENCE_SECONDS) == 0


def _wait_for_no_listener(server: Server) -> None:
    address = ("127.0.0.1", int(server.url.rsplit(":", 1)[1]))
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            socket.create_connection(address).close()
        except OSError:
            return
        time.sleep(POLL_SECONDS)
    raise AssertionError("it still accepts connections")


# --- what it refuses to start with --------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "name", "text"),
    [
        ("serve", "secret_key", "h1dden"),
        ("worker", "log_level", "loud"),
        ("serve", "database_url", "http://example.test"),
        ("worker", "database_url", "postgresql://me:h1dden@127.0.0.1:1/nothing"),
        ("serve", "database_url", "postgresql://me:h1d/den@127.0.0.1/nothing"),
        ("serve", "database_url", "postgresql:///nothing?host=/nowhere"),
    ],
)
def test_a_bad_setting_is_one_sentence(folder: Path, command: str, name: str, text: str) -> None:
    ended = ensuite(folder, command, **{name: text})

    assert ended.returncode == 1
    assert ended.stdout == ""
    [sentence] = ended.stderr.splitlines()
    assert sentence.startswith(f"ensuite: ENSUITE_{name.upper()}: ")
    assert "h1d" not in sentence


def test_a_data_directory_that_is_none_is_one_sentence(folder: Path) -> None:
    _ = (folder / "data").write_text("no folder")
    ended = ensuite(folder, "serve", "--port", "0")

    assert ended.returncode == 1
    [sentence] = ended.stderr.splitlines()
    assert str(folder / "data") in sentence


def test_an_address_that_another_has_is_one_sentence(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = ensuite(folder, "serve", "--port", str(port))

    assert ended.returncode == 1
    [sentence] = ended.stderr.splitlines()
    assert sentence == f"ensuite: cannot listen on 127.0.0.1, port {port}: Address already in use"
    assert not (folder / "data").exists()


@pytest.mark.parametrize("arguments", [("--port", "70000"), ("--port", "x"), ("--nothing", "x")])
def test_a_bad_argument_starts_nothing(folder: Path, arguments: tuple[str, ...]) -> None:
    ended = ensuite(folder, "serve", *arguments)

    assert ended.returncode != 0
    assert arguments[0] in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    assert not (folder / "data").exists()


def test_help_lists_the_commands(folder: Path) -> None:
    ended = ensuite(folder, "--help")

    assert ended.returncode == 0
    for command in ("serve", "worker"):
        assert command in ended.stdout
