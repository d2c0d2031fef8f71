"""PostgreSQL stopped, killed and cut off under load: what was committed is there, once."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable

import psutil
import pytest

from ensuite.storage.embedded import Server
from ensuite.workflow.executions import LEASE_SECONDS
from tests.client import Client
from tests.durability.ledger import OPEN, Found, Ledger, arrange, broken, customer
from tests.durability.site import Receiver, Site
from tests.patience import until

CUSTOMERS = 8
WRITES_BETWEEN = 60
ENDED_SECONDS = LEASE_SECONDS + 30

UNHARMED = {"200"}
UNAVAILABLE = {"503 DATABASE_UNAVAILABLE"}
SAVED_ALL_THE_SAME = {"500 WORKFLOW_HANGS"}
"""A sync workflow that somebody else goes on with: the answer holds the record."""

CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'ensuite' AND random() < 0.4
"""


async def stopped(site: Site, means: signal.Signals) -> None:
    """End PostgreSQL by a signal, and wait until it is gone; who uses it starts it again."""
    server = await asyncio.to_thread(Server.of, site.cluster)
    assert server is not None

    async def is_gone() -> bool:
        return not psutil.pid_exists(server.process.pid)

    server.process.send_signal(means)
    await until(is_gone)


async def stopped_fast(site: Site) -> None:
    await stopped(site, signal.SIGINT)


async def stopped_immediately(site: Site) -> None:
    await stopped(site, signal.SIGQUIT)


async def some_connections_cut(site: Site) -> None:
    database = await site.database()
    _ = await database.fetch(CUT)
    await database.close()


@pytest.mark.parametrize(
    ("blow", "times"), [(stopped_fast, 2), (stopped_immediately, 2), (some_connections_cut, 25)]
)
async def test_what_is_done_to_postgresql_under_load_loses_nothing_and_doubles_nothing(
    site: Site, receiver: Receiver, blow: Callable[[Site], Awaitable[None]], times: int
) -> None:
    receiver.open.set()
    site.variables = {"ENSUITE_CONNECTIONS": "4"}
    one = await site.client(await site.fork("serve", "--port", "0"))
    await arrange(one, receiver.url)
    other = await site.client(await site.fork("serve", "--port", "0"))
    _ = await site.fork("worker")
    ledger = Ledger()
    blows = 0

    async def choose() -> Client:
        return random.choice((one, other))

    customers = [
        asyncio.create_task(
            customer(ledger, f"c{number}", random.Random(number), choose, lambda: blows < times)
        )
        for number in range(CUSTOMERS)
    ]
    while blows < times:
        served = ledger.answers["200"] + WRITES_BETWEEN

        async def is_at_work(served: int = served) -> bool:
            return ledger.answers["200"] >= served

        await until(is_at_work, 60)
        await blow(site)
        blows += 1
    _ = await asyncio.gather(*customers)

    async def is_back() -> bool:
        return (await one.get("posts:list", pageSize="1")).status == 200

    await until(is_back, 60)
    database = await site.database()

    async def nothing_is_open() -> bool:
        return await database.fetchval(OPEN) == 0

    await until(nothing_is_open, ENDED_SECONDS)
    found = await Found.read(database)
    await database.close()

    assert site.tracebacks() == set()
    assert broken(ledger, found, receiver.keys) == []
    assert set(ledger.answers) <= UNHARMED | UNAVAILABLE | SAVED_ALL_THE_SAME
