"""Each process restarted in turn under load: nothing lost, nothing doubled, nobody refused.

`ENSUITE_EXECUTIONS=20000` makes it as long as a real one; the usual number is a fifth of that.
"""

import asyncio
import itertools
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx2

from tests.durability.ledger import OPEN, noting
from tests.durability.site import Process, Remote, Site
from tests.patience import until

EXECUTIONS = int(os.environ.get("ENSUITE_EXECUTIONS", "4000"))
WORKFLOWS = 2
CUSTOMERS = 16
ENDED_SECONDS = 240

PLACES = (
    ("serve", "--port", "0", "--no-worker"),
    ("serve", "--port", "0", "--no-worker"),
    ("worker",),
    ("worker",),
    ("worker",),
)


@dataclass
class Load:
    """Customers who create posts at whichever process is there."""

    clients: dict[int, Remote] = field(default_factory=dict[int, Remote])
    answers: Counter[str] = field(default_factory=Counter[str])
    titles: list[str] = field(default_factory=list[str])

    async def create(self, title: str) -> None:
        """Create a post, by however many attempts."""
        for attempt in itertools.count():
            place = list(self.clients)[attempt % len(self.clients)]
            client = self.clients[place]
            try:
                reply = await client.post("posts:create", {"title": title}, triggerWorkflows="l")
            except httpx2.TransportError as error:
                self.answers[type(error).__name__] += 1
                await asyncio.sleep(0.01)
                if isinstance(error, httpx2.ConnectError) or not await self._is_there(title):
                    continue
            else:
                self.answers[str(reply.status)] += 1
                assert reply.status == 200, reply
            self.titles.append(title)
            return

    async def _is_there(self, title: str) -> bool:
        for client in itertools.cycle(list(self.clients.values())):
            try:
                return bool((await client.get("posts:list", filter={"title": title})).data)
            except httpx2.TransportError:
                await asyncio.sleep(0.01)
        return False

    async def customer(self, name: str, goes_on: Callable[[], bool]) -> None:
        """Create one post after the other, as long as it goes on."""
        for number in itertools.count():
            if not goes_on():
                return
            await self.create(f"{name}-{number}")


async def test_each_process_restarted_in_turn_loses_nothing_and_refuses_nobody(site: Site) -> None:
    site.variables = {"ENSUITE_CONNECTIONS": "4"}
    processes: dict[int, Process] = {}
    load = Load()
    first = await site.fork(*PLACES[0])
    api = await site.client(first)
    await api.collection("audit", {"name": "note", "type": "string"})
    await api.collection("posts", {"name": "title", "type": "string"})
    everywhere = {"global": True, "actions": ["create"]}
    _ = await api.workflow("posts", noting("g"), noting("h"), key="g", config=everywhere)
    _ = await api.workflow("posts", noting("l", apart=True), key="l")

    async def fill(place: int) -> None:
        process = await site.fork(*PLACES[place])
        processes[place] = process
        if process.url:
            load.clients[place] = Remote(f"{process.url}/", api.headers)
            site.clients.append(load.clients[place])

    for place in range(len(PLACES)):
        await fill(place)
    first.signal(signal.SIGTERM)
    restarting = True
    began = time.monotonic()
    customers = [
        asyncio.create_task(
            load.customer(
                f"c{number}",
                lambda: restarting or len(load.titles) * WORKFLOWS < EXECUTIONS,
            )
        )
        for number in range(CUSTOMERS)
    ]
    for place in range(len(PLACES)):
        share = (place + 1) * EXECUTIONS // WORKFLOWS // (len(PLACES) + 1)

        async def has_come(share: int = share) -> bool:
            return len(load.titles) >= share

        await until(has_come, ENDED_SECONDS)
        process = processes[place]
        process.signal(signal.SIGTERM)
        assert await process.ended() == 0
        _ = load.clients.pop(place, None)
        await fill(place)
    restarting = False
    _ = await asyncio.gather(*customers)
    loaded = time.monotonic() - began
    database = await site.database()

    async def nothing_is_open() -> bool:
        return await database.fetchval(OPEN) == 0

    await until(nothing_is_open, ENDED_SECONDS)
    ended = time.monotonic() - began
    posts = await database.fetch("SELECT title FROM posts")
    ran = await database.fetch("SELECT key, status, count(*) FROM ensuite.executions GROUP BY 1, 2")
    about = await database.fetch(
        "SELECT key, context->'data'->>'title' AS title, count(*) FROM ensuite.executions"
        " GROUP BY 1, 2 HAVING count(*) > 1"
    )
    notes = Counter(row["note"] for row in await database.fetch("SELECT note FROM audit"))
    await database.close()
    titles = Counter(row["title"] for row in posts)
    print(  # noqa: T201 - how much was proved
        f"{len(titles) * WORKFLOWS} executions, loaded in {loaded:.0f} s, ended after {ended:.0f} s;"
        f" answers {dict(load.answers)}"
    )

    assert titles == Counter(load.titles)
    assert set(titles.values()) == {1}
    assert {(row["key"], row["status"]): row["count"] for row in ran} == {
        ("g", 1): len(titles),
        ("l", 1): len(titles),
    }
    assert about == []
    assert notes == Counter(f"{form} {title}" for title in titles for form in "ghl")
    assert site.tracebacks() == set()
