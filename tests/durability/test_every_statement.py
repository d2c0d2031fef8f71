"""A connection that is lost at any statement: all of it happened or nothing, and nobody is misled.

Each story is told again and again, and the connection is cut at its first statement, at its second
and so on until the end, before PostgreSQL hears of the statement and after it has done it.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec
import pytest

from ensuite.server.app import Ensuite, running
from ensuite.settings import Settings
from ensuite.workflow.executions import LEASE_SECONDS
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client, Reply
from tests.durability.ledger import OPEN, noting
from tests.durability.site import Receiver
from tests.durability.wire import Moment, Wire, wired
from tests.movable_clock import MovableClock
from tests.patience import until

MOST_STATEMENTS = 60


@dataclass
class Scene:
    """A process whose wire can be cut, and a way to look past it."""

    api: Client
    one: Ensuite
    wire: Wire
    clock: MovableClock
    database: asyncpg.Connection

    async def settle(self) -> None:
        """Let time pass until every execution has ended."""
        # What was asked of PostgreSQL before somebody gave up is done all the same.
        await until(self.wire.is_quiet)

        async def nothing_is_open() -> bool:
            if await self.database.fetchval(OPEN) == 0:
                return True
            self.clock.move(seconds=LEASE_SECONDS + 1)
            self.one.dispatcher.wake()
            return False

        await until(nothing_is_open)

    async def prepare(self, title: str) -> int:
        """A post, without what writing it has started."""
        post: int = (await self.api.post("posts:create", {"title": title})).data["id"]
        await self.settle()
        _ = await self.database.execute("TRUNCATE audit, ensuite.executions")
        return post

    async def ran(self, title: str) -> list[str]:
        """The keys of the workflows that ran about a title, each as often as it ran."""
        rows = await self.database.fetch("SELECT key, status, context FROM ensuite.executions")
        about = [row for row in rows if _title(row["context"]) == title]
        assert {row["status"] for row in about} <= {1}
        return sorted(row["key"] for row in about)

    async def notes(self, title: str) -> Counter[str]:
        rows = await self.database.fetch("SELECT note FROM audit")
        found = [row["note"].rpartition(" ") for row in rows]
        return Counter(form for form, _, about in found if about == title)

    async def views(self, title: str) -> int | None:
        query = "SELECT views FROM posts WHERE title = $1"
        views: int | None = await self.database.fetchval(query, title)
        return views

    async def posts(self, title: str) -> int:
        query = "SELECT count(*) FROM posts WHERE title = $1"
        count: int = await self.database.fetchval(query, title)
        return count


def _title(context: str) -> str:
    title: str = msgspec.json.decode(context)["data"]["title"]
    return title


@pytest.fixture
async def scene(settings: Settings, receiver: Receiver) -> AsyncIterator[Scene]:
    receiver.open.set()
    assert settings.database_url is not None
    clock = MovableClock()
    database = await asyncpg.connect(settings.database_url)
    async with (
        wired(settings.database_url) as wire,
        running(settings.model_copy(update={"database_url": wire.dsn}), clock=clock) as one,
        Client(one.endpoint) as api,
    ):
        await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        await api.collection("audit", {"name": "note", "type": "string"})
        await api.collection("categories", {"name": "title", "type": "string"})
        category = {"name": "category", "type": "belongsTo", "target": "categories"}
        views = {"name": "views", "type": "integer"}
        await api.collection("posts", {"name": "title", "type": "string"}, views, category)
        call = {"type": "request", "config": {"url": receiver.url}}
        steps = [noting("first"), call, noting("apart", apart=True), noting("last")]
        _ = await api.workflow("posts", *steps, key="k")
        _ = await api.workflow("posts", noting("sync"), key="s", sync=True)
        everywhere = {"global": True, "actions": ["create", "update", "destroy"]}
        delay = {"type": "delay", "config": {"duration": 5, "unit": 1000}}
        _ = await api.workflow("posts", delay, noting("global"), key="g", config=everywhere)
        _ = await api.workflow("categories", noting("category"), key="c")
        yield Scene(api, one, wire, clock, database)
        wire.cut_at(0, "before")
    await database.close()


NOTES = {
    "k": ["first", "apart", "last"],
    "s": ["sync"],
    "g": ["global"],
    "c": ["category"],
}


@dataclass(frozen=True)
class Story:
    """Something that a client asks for, and what has to be there if it is done."""

    tell: Callable[[Client, str, Any], Coroutine[Any, Any, Reply]]
    starts: tuple[str, ...]
    rows: int = 1
    """Posts with the title afterwards, where it was done."""
    needs_a_post: bool = False
    """Whether there has to be one before."""
    statements: int = 1
    """The request itself has at least so many."""


async def create(api: Client, title: str, _: Any) -> Reply:
    return await api.post("posts:create", {"title": title}, triggerWorkflows="k")


async def create_and_wait(api: Client, title: str, _: Any) -> Reply:
    return await api.post("posts:create", {"title": title}, triggerWorkflows="s,k")


async def create_nested(api: Client, title: str, _: Any) -> Reply:
    values = {"title": title, "category": {"title": title}}
    return await api.post("posts:create", values, triggerWorkflows="k,c!category")


async def create_two(api: Client, title: str, _: Any) -> Reply:
    return await api.post("posts:create", [{"title": title}, {"title": title}])


async def update(api: Client, title: str, post: Any) -> Reply:
    values = {"views": 1}
    return await api.post(f"posts:update/{post}", values, triggerWorkflows="k")


async def destroy(api: Client, title: str, post: Any) -> Reply:
    return await api.post(f"posts:destroy/{post}", triggerWorkflows="k")


STORIES = {
    "a create": Story(create, ("g", "k")),
    "a create that waits for a workflow": Story(create_and_wait, ("g", "k", "s")),
    "a nested create with a path": Story(create_nested, ("c", "g", "k"), statements=5),
    "a create of two": Story(create_two, ("g", "g"), rows=2, statements=4),
    "an update": Story(update, ("g", "k"), needs_a_post=True, statements=4),
    "a destroy": Story(destroy, ("g", "k"), rows=0, needs_a_post=True, statements=4),
}


@pytest.mark.parametrize("moment", ["before", "after", "never"])
@pytest.mark.parametrize("name", STORIES)
async def test_a_connection_lost_at_any_statement_leaves_all_of_it_or_nothing(
    scene: Scene, name: str, moment: Moment
) -> None:
    """And so does a request that is cancelled at any statement of its own (`never`)."""
    story = STORIES[name]
    for number in itertools.count(1):
        assert number < MOST_STATEMENTS, "the story has an end"
        title = f"t{number}"
        post = await scene.prepare(title) if story.needs_a_post else None
        scene.wire.cut_at(number, moment)
        telling = asyncio.create_task(story.tell(scene.api, title, post))
        reply = await (cancelled(scene.wire, telling) if moment == "never" else telling)
        await scene.settle()
        struck = scene.wire.struck
        scene.wire.cut_at(0, moment)
        await assert_all_or_nothing(scene, story, title, reply, f"cut {moment} {struck}")
        if struck is None or (moment == "never" and reply is not None):
            assert number > story.statements, "it was cut at each of them"
            return


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_an_execution_that_is_not_kept_is_gone_wherever_the_connection_was_lost(
    scene: Scene, moment: Moment
) -> None:
    options = {"deleteExecutionOnStatus": [1]}
    _ = await scene.api.workflow("categories", noting("gone"), key="d", options=options)
    for number in itertools.count(1):
        assert number < MOST_STATEMENTS, "the execution has an end"
        title = f"t{number}"
        scene.wire.cut_at(number, moment, behind="INSERT INTO public.categories")
        reply = await scene.api.post("categories:create", {"title": title}, triggerWorkflows="d")
        await scene.settle()
        struck = scene.wire.struck
        scene.wire.cut_at(0, moment)
        assert reply.status == 200
        assert await scene.notes(title) == {"gone": 1}, f"cut {moment} {struck}"
        assert await scene.ran(title) == [], f"cut {moment} {struck}"
        if struck is None:
            # The step, its end and the deletion are statements of their own.
            assert number > 3
            return


async def cancelled(wire: Wire, telling: asyncio.Task[Reply]) -> Reply | None:
    """Cancel a request when the moment has come; its answer where it is faster."""
    striking = asyncio.create_task(wire.has_struck.wait())
    _ = await asyncio.wait({striking, telling}, return_when=asyncio.FIRST_COMPLETED)
    _ = striking.cancel()
    if telling.done():
        return telling.result()
    _ = telling.cancel()
    _ = await asyncio.wait({telling})
    return None


async def assert_all_or_nothing(
    scene: Scene, story: Story, title: str, reply: Reply | None, cut: str
) -> None:
    ran, notes, rows = await scene.ran(title), await scene.notes(title), await scene.posts(title)
    done = bool(ran)

    if reply is not None:
        assert reply.status in {200, 503}, (cut, reply.body)
        assert done or reply.status == 503, cut
        if reply.status == 503:
            assert reply.codes == ["DATABASE_UNAVAILABLE"], cut
            assert "retry-after" in reply.headers, cut
    assert ran == (list(story.starts) if done else []), cut
    assert notes == Counter(note for key in ran for note in NOTES[key]), cut
    assert rows == (story.rows if done else int(story.needs_a_post)), cut
    if story.tell is update:
        assert await scene.views(title) == (1 if done else None), cut
