"""Records that somebody holds and does not let go of: who waits for them gives up in time."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from ensuite.server.app import running
from ensuite.settings import Settings
from ensuite.storage import database
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client


@pytest.fixture
async def impatient(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    """Posts with codes of their own, on a server that waits for a lock for a twentieth of a second."""
    monkeypatch.setitem(database.SHARED, "lock_timeout", "50ms")
    async with running(settings) as ensuite, Client(ensuite.endpoint) as api:
        _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        title, code = {"name": "title", "type": "string"}, {"name": "code", "type": "string"}
        await api.collection("posts", title, {**code, "unique": True})
        await api.collection("notes", title)
        yield api


@pytest.fixture
async def elsewhere(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """Somebody who works on the same database past Ensuite."""
    connection = await asyncpg.connect(settings.database_url)
    yield connection
    await connection.close()


async def test_a_change_of_a_held_record_is_refused_and_may_come_later(
    impatient: Client, elsewhere: asyncpg.Connection
) -> None:
    post = (await impatient.post("posts:create", {"title": "a"})).data["id"]
    async with elsewhere.transaction():
        _ = await elsewhere.execute("UPDATE posts SET title = 'b' WHERE id = $1", post)
        held = await impatient.post(f"posts:update/{post}", {"title": "c"})
    later = await impatient.post(f"posts:update/{post}", {"title": "c"})

    assert (held.status, held.codes) == (409, ["RECORD_LOCKED"])
    assert later.data[0]["title"] == "c"


async def test_a_create_that_has_to_wait_holds_nobody_else_up_for_long(
    impatient: Client, elsewhere: asyncpg.Connection
) -> None:
    async with elsewhere.transaction():
        _ = await elsewhere.execute("INSERT INTO posts (id, code) VALUES (1, 'taken')")
        held = await impatient.post("posts:create", {"code": "taken"})
        others = [await impatient.post("posts:create", {"code": str(n)}) for n in range(8)]

    assert (held.status, held.codes) == (409, ["RECORD_LOCKED"])
    assert [each.status for each in others] == [200] * 8


async def test_a_step_that_never_gets_its_record_fails_and_says_so(
    impatient: Client, elsewhere: asyncpg.Connection
) -> None:
    post = (await impatient.post("posts:create", {"title": "a"})).data["id"]
    params = {"filter": {"id": post}, "values": {"title": "c"}}
    step = {"type": "update", "config": {"collection": "posts", "params": params}}
    _ = await impatient.workflow("notes", step, key="k")
    async with elsewhere.transaction():
        _ = await elsewhere.execute("SELECT 1 FROM posts WHERE id = $1 FOR UPDATE", post)
        reply = await impatient.post("notes:create", {"title": "n"}, triggerWorkflows="k")
        execution = await impatient.ended(reply.workflows[0]["executionId"])

    assert execution["status"] == -2
    assert "has not let go of it" in execution["jobs"][0]["error"]
