"""A real PostgreSQL for the tests of this folder: one server a process, one connection a test."""

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
from hypothesis import settings

from ensuite.schema.catalog import load_field_types
from ensuite.storage import embedded

load_field_types()

# A machine that is busy elsewhere makes no example wrong.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = embedded.start(tmp_path_factory.mktemp("postgres"))
    yield server.dsn
    server.release()


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()
