"""An empty database for the tests of this folder, and a connection for each test."""

from collections.abc import AsyncIterator

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
def dsn(postgres: embedded.EmbeddedPostgres) -> str:
    return postgres.create_database("data")


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()
