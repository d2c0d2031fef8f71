"""A server that several tests of a module share: they only read, or make collections of their own."""

import itertools
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest
from hypothesis import settings

from ensuite.server.app import Ensuite, running
from ensuite.storage import embedded
from tests.api.blog import make
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client
from tests.conftest import settings_for

# A machine that is busy elsewhere makes no example wrong.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
async def shared_ensuite(
    postgres: embedded.EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Ensuite]:
    """A running Ensuite on a database of the module's own."""
    name = f"shared_{os.getpid()}_{next(_numbers)}"
    admin = await asyncpg.connect(postgres.dsn)
    try:
        _ = await admin.execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'
        )
    finally:
        await admin.close()
    base, _, options = postgres.dsn.partition("?")
    dsn = f"{base.rsplit('/', 1)[0]}/{name}?{options}"
    folder: Path = tmp_path_factory.mktemp("shared")
    async with running(settings_for(dsn, folder)) as ensuite:
        yield ensuite


@pytest.fixture(scope="module")
async def shared(shared_ensuite: Ensuite) -> AsyncIterator[Client]:
    """The API of the shared server, called as root."""
    async with Client(shared_ensuite.endpoint) as client:
        await client.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        yield client


@pytest.fixture(scope="module")
async def blog(shared: Client) -> Client:
    """The shared API with the collections of `tests.api.blog`."""
    await make(shared)
    return shared


@pytest.fixture
def fresh() -> Callable[[str], str]:
    """Names that no other test of this process uses."""
    return lambda name: f"{name}{next(_numbers)}"
