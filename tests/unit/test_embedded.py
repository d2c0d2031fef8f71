"""The embedded server, with real processes that are really killed."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest

from ensuite.storage import embedded

WAIT_SECONDS = 20

# A process that uses the server until its standard input ends.
USER = """
import sys
from pathlib import Path
from ensuite.storage import embedded

postgres = embedded.start(Path(sys.argv[1]))
print(postgres.dsn, flush=True)
sys.stdin.read()
"""

FORKING_USER = """
import os, sys
from pathlib import Path
from ensuite.storage import embedded

postgres = embedded.start(Path(sys.argv[1]))
if os.fork() == 0:
    sys.exit()
os.wait()
print(embedded.Server.of(Path(sys.argv[1], "postgres")) is not None)
"""


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
def no_data() -> Generator[Path]:
    """A data directory that does not exist yet."""
    with temporary_folder() as folder:
        yield folder / "data"


@pytest.fixture(scope="session")
def stopped() -> Generator[Path]:
    with temporary_folder() as folder:
        embedded.start(folder / "data").release()
        yield folder / "data"


@pytest.fixture
def data_dir(stopped: Path, no_data: Path) -> Path:
    """A data directory whose server was stopped."""
    subprocess.run(["cp", "-a", stopped, no_data], check=True)  # noqa: S607
    return no_data


def fetch(dsn: str, sql: str) -> object:
    async def connect_and_fetch() -> object:
        connection = await asyncpg.connect(dsn, timeout=WAIT_SECONDS)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(connect_and_fetch())


def postmaster(data_dir: Path) -> psutil.Process | None:
    server = embedded.Server.of(data_dir / "postgres")
    return server and server.process


def kill_postmaster(data_dir: Path) -> None:
    process = postmaster(data_dir)
    assert process is not None
    process.kill()
    while embedded.is_alive(process):
        time.sleep(embedded.POLL_SECONDS)


def start_user(data_dir: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USER, data_dir],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def dsn_of(user: subprocess.Popen[str]) -> str:
    """The address that a user process prints, behind its log."""
    assert user.stdout is not None
    return next(line.strip() for line in user.stdout if line.startswith("postgresql://"))


@contextmanager
def user_of(data_dir: Path) -> Generator[subprocess.Popen[str]]:
    with start_user(data_dir) as user:
        dsn_of(user)
        yield user
        user.communicate(timeout=WAIT_SECONDS)


def test_a_first_start_makes_a_cluster_that_sorts_by_code_point_in_utc(no_data: Path) -> None:
    postgres = embedded.start(no_data)
    found = fetch(
        postgres.dsn, "SELECT string_agg(x, '' ORDER BY x) FROM unnest('{é,a,Z}'::text[]) x"
    )
    zone = fetch(postgres.dsn, "SHOW timezone")
    postgres.release()

    assert (found, zone) == ("Zaé", "UTC")


def test_the_server_runs_until_the_last_use_is_released(data_dir: Path) -> None:
    first = embedded.start(data_dir)
    server = postmaster(data_dir)
    second = embedded.start(data_dir)
    first.release()
    first.release()
    still = postmaster(data_dir)
    second.release()

    assert server == still
    assert postmaster(data_dir) is None


def test_data_and_address_outlive_the_server(data_dir: Path) -> None:
    postgres = embedded.start(data_dir)
    fetch(postgres.create_database("shop"), "CREATE TABLE posts ()")
    postgres.release()
    again = embedded.start(data_dir)

    assert again.dsn == postgres.dsn
    assert fetch(again.dsn.replace("/postgres?", "/shop?"), "SELECT count(*) FROM posts") == 0


def test_a_killed_server_comes_back_with_what_was_committed(data_dir: Path) -> None:
    postgres = embedded.start(data_dir)
    fetch(postgres.dsn, "CREATE TABLE posts AS SELECT 1 AS id")
    kill_postmaster(data_dir)
    postgres.ensure_running()

    assert fetch(postgres.dsn, "SELECT id FROM posts") == 1


def test_a_killed_user_does_not_keep_the_server_running(data_dir: Path) -> None:
    with user_of(data_dir):
        with start_user(data_dir) as killed:
            dsn_of(killed)
            killed.kill()
            killed.communicate()
        during = postmaster(data_dir)

    assert during is not None
    assert postmaster(data_dir) is None


def test_a_server_left_by_a_killed_user_is_used_and_stopped_by_the_next(data_dir: Path) -> None:
    with start_user(data_dir) as killed:
        dsn_of(killed)
        killed.kill()
        killed.communicate()
    left = postmaster(data_dir)
    postgres = embedded.start(data_dir)
    used = postmaster(data_dir)
    postgres.release()

    assert left is not None
    assert used == left
    assert postmaster(data_dir) is None


def test_processes_that_start_at_once_share_one_server(no_data: Path) -> None:
    with start_user(no_data) as one, start_user(no_data) as other:
        dsns = {dsn_of(one), dsn_of(other)}
        shared = postmaster(no_data)
        one.communicate(timeout=WAIT_SECONDS)
        kept = postmaster(no_data)
        other.communicate(timeout=WAIT_SECONDS)

    assert len(dsns) == 1
    assert shared is not None
    assert kept == shared
    assert postmaster(no_data) is None


def test_a_start_finishes_what_a_killed_one_began(no_data: Path) -> None:
    pid_file = no_data / "postgres" / "postmaster.pid"
    with start_user(no_data) as killed:
        while not pid_file.exists():
            assert killed.poll() is None
            time.sleep(embedded.POLL_SECONDS / 4)
        killed.kill()
        killed.communicate()
    postgres = embedded.start(no_data)

    assert fetch(postgres.dsn, "SELECT 1") == 1


def test_a_start_waits_for_a_server_that_is_stopping(data_dir: Path) -> None:
    postgres = embedded.start(data_dir)
    server = embedded.Server.of(data_dir / "postgres")
    while server and server.accepts:
        server.process.terminate()
        server = embedded.Server.of(data_dir / "postgres")
    postgres.ensure_running()

    assert fetch(postgres.dsn, "SELECT 1") == 1


def test_a_half_made_cluster_is_made_again(no_data: Path) -> None:
    half = no_data / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    postgres = embedded.start(no_data)

    assert fetch(postgres.dsn, "SELECT 1") == 1


@pytest.mark.parametrize(
    "first_line", [str(os.getpid()), "999999999", ""], ids=["of another process", "dead", "empty"]
)
def test_a_pid_file_that_names_no_server_is_no_obstacle(data_dir: Path, first_line: str) -> None:
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (data_dir / "postgres" / name).write_text(f"{first_line}\n{data_dir}/postgres\n")
    postgres = embedded.start(data_dir)

    assert fetch(postgres.dsn, "SELECT 1") == 1


def test_a_server_whose_socket_was_deleted_is_restarted(data_dir: Path) -> None:
    postgres = embedded.start(data_dir)
    (data_dir / "postgres" / ".s.PGSQL.5432").unlink()
    postgres.ensure_running()

    assert fetch(postgres.dsn, "SELECT 1") == 1


@pytest.mark.parametrize("name", ['spaces, commas & $HOME\'s "quotes"', "long " * 40])
def test_any_path_will_do(no_data: Path, name: str) -> None:
    postgres = embedded.start(no_data / name)
    found = fetch(postgres.create_database("été"), "SELECT current_database()")
    postgres.release()

    assert found == "été"


def test_a_forked_child_leaves_the_server_to_its_parent(data_dir: Path) -> None:
    output = subprocess.check_output([sys.executable, "-c", FORKING_USER, data_dir], text=True)

    assert "True" in output.splitlines()
    assert postmaster(data_dir) is None


@pytest.mark.parametrize(
    ("version", "advice"),
    [("19\n", "Install the Ensuite that made it"), ("16\n", "Dump it"), ("", "no PostgreSQL data")],
)
def test_another_versions_data_is_refused_with_advice(
    no_data: Path, version: str, advice: str
) -> None:
    (no_data / "postgres").mkdir(parents=True)
    (no_data / "postgres" / "PG_VERSION").write_text(version)

    with pytest.raises(embedded.IncompatibleCluster, match=advice):
        embedded.start(no_data)


def test_a_server_that_does_not_start_says_why(data_dir: Path) -> None:
    (data_dir / "postgres" / "postgresql.conf").write_text("no_such_option = 1\n")

    with pytest.raises(embedded.EmbeddedPostgresFailed, match="no_such_option"):
        embedded.start(data_dir)


def test_a_folder_that_cannot_be_made_is_named(no_data: Path) -> None:
    no_data.write_text("a file")

    with pytest.raises(embedded.EmbeddedPostgresFailed, match=str(no_data)):
        embedded.start(no_data)
