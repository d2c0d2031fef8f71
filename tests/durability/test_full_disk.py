"""A disk without room: clear refusals, nothing lost, and it goes on as soon as there is room.

The data directory is a file system of its own in memory, which takes the right to mount one.
"""

import asyncio
import random
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from tests.client import Client, Reply
from tests.durability.ledger import OPEN, noting
from tests.durability.site import Site
from tests.patience import until

DISK_MEGABYTES = 200
REFUSALS = 20
BODY_BYTES = 30_000
PATIENCE_SECONDS = 60

REFUSED = {(507, "DATABASE_FULL"), (503, "DATABASE_UNAVAILABLE")}


class SmallDisk:
    """A file system in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave not one byte."""
        with self._ballast.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                _ = file.write(b"\0" * 65536)

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink(missing_ok=True)


@pytest.fixture
async def disk(site: Site) -> AsyncIterator[SmallDisk]:
    folder = site.folder / "data"
    folder.mkdir()
    options = f"size={DISK_MEGABYTES}m,mode=755"
    mounted = subprocess.run(  # noqa: ASYNC221 - it takes no time
        ["/bin/mount", "-t", "tmpfs", "-o", options, "ensuite-test", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.fail(f"To fill a disk, this test has to mount one, as root: {mounted.stderr}")
    disk = SmallDisk(folder)
    try:
        yield disk
    finally:
        disk.free()
        await site.close()
        await site.stop_postgres()
        _ = subprocess.run(["/bin/umount", "--lazy", str(folder)], check=True)  # noqa: ASYNC221 - as above


async def create(api: Client, title: str) -> Reply:
    body = random.randbytes(BODY_BYTES // 2).hex()
    return await api.post("posts:create", {"title": title, "body": body}, triggerWorkflows="k")


@pytest.mark.parametrize("full", ["the tables", "the log"])
async def test_a_full_disk_is_said_and_loses_nothing(
    site: Site, disk: SmallDisk, full: str
) -> None:
    api = await site.client(await site.fork("serve", "--port", "0"))
    await api.collection("audit", {"name": "note", "type": "string"})
    body = {"name": "body", "type": "text"}
    await api.collection("posts", {"name": "title", "type": "string"}, body)
    _ = await api.workflow("posts", noting("flight"), noting("apart", apart=True), key="k")
    saved = {f"before {number}" for number in range(20)}
    assert {(await create(api, title)).status for title in saved} == {200}
    disk.fill()
    if full == "the log":
        # PostgreSQL ends when it cannot write its log, and cannot start, either.
        await use_up_the_log(site)
    refused: Counter[tuple[int, str | None]] = Counter()
    for number in range(10_000):
        reply = await create(api, f"during {number}")
        if reply.status == 200:
            saved.add(f"during {number}")
        else:
            refused[reply.status, reply.codes[0]] += 1
            assert "retry-after" in reply.headers, reply
        disk.fill()
        if refused.total() == REFUSALS:
            break
        await asyncio.sleep(0.02)
    disk.free()

    async def there_is_room() -> bool:
        return (await create(api, "after")).status == 200

    await until(there_is_room, PATIENCE_SECONDS)
    ended = "PANIC" in (disk.folder / "postgres.log").read_text()
    database = await site.database()

    async def nothing_is_open() -> bool:
        return await database.fetchval(OPEN) == 0

    await until(nothing_is_open, PATIENCE_SECONDS)
    titles = Counter(row["title"] for row in await database.fetch("SELECT title FROM posts"))
    notes = Counter(row["note"] for row in await database.fetch("SELECT note FROM audit"))
    statuses = await database.fetch("SELECT status FROM ensuite.executions")
    await database.close()

    assert set(refused) <= REFUSED
    assert ended if full == "the log" else (507, "DATABASE_FULL") in refused
    assert saved <= set(titles)
    assert [row["status"] for row in statuses] == [1] * titles.total()
    assert notes == Counter(
        f"{form} {title}" for title in titles.elements() for form in ("flight", "apart")
    )


async def use_up_the_log(site: Site) -> None:
    """Begin new files of the log until there is no room for one."""
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        database = await site.database()
        for _ in range(100):
            _ = await database.execute("SELECT pg_current_xact_id(), pg_switch_wal()")
