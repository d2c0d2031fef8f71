"""A data directory for real processes, and somebody whom their workflows can call."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.durability.site import Receiver, Site


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    # Not pytest's folder: the embedded PostgreSQL of root runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="ensuite-durability-"))
    site = Site(folder)
    try:
        yield site
    finally:
        await site.close()
        await site.stop_postgres()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server:
        yield receiver
        receiver.open.set()
