"""What every test may use: a real PostgreSQL, a database of its own, a running Ensuite.

One embedded PostgreSQL serves all tests of a process.  A prepared database (migrated, with the
first account) is the template that each test's own one is copied from, in milliseconds.
"""

import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from argon2 import PasswordHasher

from ensuite import log
from ensuite.access import passwords
from ensuite.server.app import Ensuite, running
from ensuite.settings import Settings
from ensuite.storage import embedded
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client

log.configure(level="error")

# A hash takes a tenth of a second on purpose, and nearly every test signs somebody in.
passwords.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

_numbers = itertools.count(1)
TEMPLATE = "ensuite_template"
LEAST_FREE_BYTES = 4 * 1024**3


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def memory_folder() -> Path | None:
    """Where files are kept in memory, if there is room: each test's database is 300 of them."""
    folder = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    roomy = folder.is_dir() and shutil.disk_usage(folder).free >= LEAST_FREE_BYTES
    return folder if roomy else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[embedded.EmbeddedPostgres]:
    """The PostgreSQL server of this test process."""
    folder = Path(tempfile.mkdtemp(prefix="ensuite-tests-", dir=memory_folder()))
    server = embedded.start(folder)
    yield server
    server.release()
    shutil.rmtree(folder, ignore_errors=True)


def settings_for(dsn: str, folder: Path) -> Settings:
    """Settings of a test's server."""
    return Settings(
        data_dir=folder,
        database_url=dsn,
        secret_key="a secret that is long enough for tests only",
        root_email=ROOT_EMAIL,
        root_password=ROOT_PASSWORD,
        connections=6,
        log_level="error",
    )


@pytest.fixture(scope="session")
async def template(postgres: embedded.EmbeddedPostgres) -> str:
    """The name of a prepared database; nobody is connected to it."""
    admin = await asyncpg.connect(postgres.dsn)
    try:
        # A copied database is hundreds of files to flush.  This server need not outlive a power
        # cut; the tests of durability start servers of their own.
        _ = await admin.execute("ALTER SYSTEM SET fsync = off")
        _ = await admin.execute("ALTER SYSTEM SET full_page_writes = off")
        _ = await admin.execute("SELECT pg_reload_conf()")
    finally:
        await admin.close()
    dsn = postgres.create_database(TEMPLATE)
    with tempfile.TemporaryDirectory() as folder:
        async with running(settings_for(dsn, Path(folder))):
            pass
    return TEMPLATE


@pytest.fixture
async def database_url(postgres: embedded.EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """A database of the test's own."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    admin = await asyncpg.connect(postgres.dsn)
    try:
        _ = await admin.execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'
        )
        yield _renamed(postgres.dsn, name)
        with contextlib.suppress(asyncpg.PostgresError):
            _ = await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await admin.close()


async def new_database(postgres: embedded.EmbeddedPostgres, template: str) -> str:
    """The address of a database that stays as long as the server: for the tests of a module."""
    name = f"shared_by_tests_{os.getpid()}_{next(_numbers)}"
    admin = await asyncpg.connect(postgres.dsn)
    try:
        _ = await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    finally:
        await admin.close()
    return _renamed(postgres.dsn, name)


def _renamed(dsn: str, name: str) -> str:
    base, question, options = dsn.partition("?")
    return f"{base.rsplit('/', 1)[0]}/{name}{question}{options}"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return settings_for(database_url, tmp_path)


@pytest.fixture
async def ensuite(settings: Settings) -> AsyncIterator[Ensuite]:
    """A running Ensuite on the test's own database."""
    async with running(settings) as running_ensuite:
        yield running_ensuite


@pytest.fixture
async def api(ensuite: Ensuite) -> AsyncIterator[Client]:
    """The API, called as root."""
    async with Client(ensuite.endpoint) as client:
        await client.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        yield client


@pytest.fixture
async def anonymous(ensuite: Ensuite) -> AsyncIterator[Client]:
    """The API, called by nobody."""
    async with Client(ensuite.endpoint) as client:
        yield client
