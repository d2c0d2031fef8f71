"""Whatever is killed, frozen or restarted, and whenever: what was promised holds afterwards.

The moments are chosen by a seed, which is printed; `ENSUITE_SEED=…` chooses the same again.  Which
statement is under way at a moment is the machine's affair, so a schedule is only nearly the same.
"""

import asyncio
import os
import random
import time
from contextlib import suppress
from functools import partial

from ensuite.workflow.executions import LEASE_SECONDS
from tests.durability.ledger import OPEN, Found, Ledger, arrange, broken, customer
from tests.durability.site import Receiver, Site
from tests.durability.storm import Storm
from tests.patience import until

KILLS = int(os.environ.get("ENSUITE_KILLS", "200"))
CUSTOMERS = 12
MOST_WRITES = 12
PAUSE_SECONDS = 2.0
ENDED_SECONDS = LEASE_SECONDS + 20


async def passed(ledger: Ledger, writes: int) -> bool:
    return len(ledger.writes) >= writes


async def test_two_hundred_kills_lose_nothing_and_double_nothing(
    site: Site, receiver: Receiver
) -> None:
    seed = int(os.environ.get("ENSUITE_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
    print(f"ENSUITE_SEED={seed}")  # noqa: T201 - to run a failing schedule again
    chance = random.Random(seed)
    site.variables = {"ENSUITE_CONNECTIONS": "4", "ENSUITE_WRITE_LANES": "2"}
    receiver.open.set()
    first = await site.fork("serve", "--port", "0")
    api = await site.client(first)
    await arrange(api, receiver.url)
    storm = Storm(site, chance, dict(api.headers))
    await storm.begin()
    ledger = Ledger()
    striking = True
    customers = [
        asyncio.create_task(
            customer(
                ledger, f"c{number}", random.Random(seed + number), storm.server, lambda: striking
            )
        )
        for number in range(CUSTOMERS)
    ]
    began = time.monotonic()
    while storm.counts["killed"] < KILLS:
        storm.strike()
        # By what was done meanwhile, and not by the clock: on a slow machine, too, processes get
        # to work before they are killed.
        enough = len(ledger.writes) + chance.randrange(MOST_WRITES)
        with suppress(TimeoutError):
            await until(partial(passed, ledger, enough), PAUSE_SECONDS)
    struck = time.monotonic() - began
    striking = False
    _ = await asyncio.gather(*customers)
    await storm.calm()
    database = await site.database()
    calm = time.monotonic()

    async def nothing_is_open() -> bool:
        return await database.fetchval(OPEN) == 0

    await until(nothing_is_open, ENDED_SECONDS)
    ended = time.monotonic() - calm
    found = await Found.read(database)
    await database.close()
    print(  # noqa: T201 - how much was proved
        f"{dict(storm.counts)} in {struck:.0f} s, {len(ledger.writes)} writes,"
        f" {len(found.executions)} executions, the last ended {ended:.1f} s after the last kill;"
        f" answers {dict(ledger.answers)}"
    )

    assert site.tracebacks() == set()
    assert broken(ledger, found, receiver.keys) == []
    # On a machine that is busy elsewhere, most clients find nobody.
    assert sum(write.saved for write in ledger.writes) > KILLS // 4
