"""Executions that their workflow holds back: lanes, modes and limits, end to end."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest

from ensuite.server.app import Ensuite, running
from ensuite.settings import Settings
from ensuite.workflow.admission import carry_out, lanes_of
from ensuite.workflow.flow import decide
from ensuite.workflow.options import FlowControl
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client
from tests.patience import until
from tests.workflow.shop import (
    ManualClock,
    Receiver,
    Timed,
    arrange,
    node,
    notes,
    noting,
    parked,
    start,
)


def slow(receiver: Receiver) -> dict[str, Any]:
    return node("request", "slow", url=f"{receiver.url}/slow", timeout=600_000)


async def controlled(api: Client, *nodes: dict[str, Any], **flow: Any) -> None:
    _ = await api.workflow("orders", *nodes, key="k", options={"flow": flow})


async def states(api: Client) -> list[tuple[int | None, str | None]]:
    return [(each["status"], each["reason"]) for each in await api.executions()]


async def becomes(api: Client, *expected: tuple[int | None, str | None]) -> None:
    async def is_so() -> bool:
        return await states(api) == list(expected)

    try:
        await until(is_so)
    except TimeoutError:
        assert await states(api) == list(expected)
        raise


async def received(receiver: Receiver, count: int) -> None:
    async def has() -> bool:
        return len(receiver.received) >= count

    await until(has)


async def let_go(receiver: Receiver) -> None:
    """Let those calls be answered that have arrived."""
    receiver.hold.set()
    await asyncio.sleep(0)
    receiver.hold.clear()


HELD, STARTED, DONE = (None, None), (0, None), (1, None)
SUPERSEDED, SKIPPED = (-4, "superseded"), (-4, "already_running")

# --- lanes --------------------------------------------------------------------------------


async def test_in_a_lane_one_comes_after_the_other_and_lanes_go_side_by_side(
    shop: Client, receiver: Receiver
) -> None:
    await controlled(shop, slow(receiver), key="data.title")
    for title in ("a", "a", "b", "a"):
        _ = await start(shop, {"title": title})
    await becomes(shop, STARTED, HELD, STARTED, HELD)
    await received(receiver, 2)
    lanes = [each["laneKey"] for each in await shop.executions()]
    await let_go(receiver)
    await becomes(shop, DONE, STARTED, DONE, HELD)
    await received(receiver, 3)
    await let_go(receiver)
    await becomes(shop, DONE, DONE, DONE, STARTED)
    receiver.hold.set()
    await becomes(shop, DONE, DONE, DONE, DONE)

    assert lanes == ["=a", "=a", "=b", "=a"]


async def test_a_lane_keeps_the_order_in_which_its_records_were_written(shop: Client) -> None:
    await controlled(shop, noting("no. {{$context.data.total}}"), key="data.id")
    order = (await shop.post("orders:create", {"title": "x", "total": 0})).data
    for total in range(1, 21):
        _ = await shop.post(f"orders:update/{order['id']}", {"total": total}, triggerWorkflows="k")

    async def all_noted() -> bool:
        return len(await notes(shop)) == 20

    await until(all_noted)

    assert await notes(shop) == [f"no. {total}" for total in range(1, 21)]


async def test_a_failure_lets_the_next_one_of_its_lane_in(shop: Client) -> None:
    await controlled(
        shop, node("calculation", expression="context.data.title + 1"), key="data.title"
    )
    for _ in range(3):
        _ = await start(shop)

    await becomes(shop, *[(-2, None)] * 3)


async def test_a_cancelled_execution_lets_the_next_one_in(shop: Client, receiver: Receiver) -> None:
    await controlled(shop, slow(receiver), key="data.title")
    ids = [await start(shop) for _ in range(3)]
    await received(receiver, 1)
    # One that is held can be cancelled like one at work.
    _ = (await shop.post(f"executions:cancel/{ids[1]}")).data
    _ = (await shop.post(f"executions:cancel/{ids[0]}")).data
    await received(receiver, 2)
    cancelled = (-3, "manual_cancel")

    await becomes(shop, cancelled, cancelled, STARTED)


async def test_a_wait_keeps_its_lane(timed: Timed) -> None:
    await controlled(timed.api, node("delay", duration=3600), key="data.title")
    _ = await start(timed.api)
    _ = await start(timed.api)
    [first, _] = await timed.api.executions()
    await parked(timed.api, first["id"])
    await becomes(timed.api, STARTED, HELD)
    await timed.later(minutes=59)
    await becomes(timed.api, STARTED, HELD)
    await timed.later(minutes=2)
    await becomes(timed.api, DONE, STARTED)


# --- modes --------------------------------------------------------------------------------


async def test_skip_leaves_out_what_comes_while_one_is_at_work(
    shop: Client, receiver: Receiver
) -> None:
    await controlled(shop, slow(receiver), mode="skip")
    _ = await start(shop)
    await received(receiver, 1)
    _ = await start(shop)
    await becomes(shop, STARTED, SKIPPED)
    await let_go(receiver)
    await becomes(shop, DONE, SKIPPED)
    _ = await start(shop)
    await received(receiver, 2)
    receiver.hold.set()

    await becomes(shop, DONE, SKIPPED, DONE)


async def test_a_caller_who_waits_is_told_that_it_was_left_out(
    shop: Client, receiver: Receiver
) -> None:
    await controlled(shop, slow(receiver), mode="skip")
    _ = await start(shop)
    await received(receiver, 1)
    waiting = shop.acting(Prefer="wait=20")
    reply = await waiting.post("orders:create", {"title": "x"}, triggerWorkflows="k")

    assert [each["state"] for each in reply.workflows] == ["skipped"]
    assert await states(shop) == [STARTED, SKIPPED]


async def test_latest_runs_the_newest_of_those_that_wait(shop: Client, receiver: Receiver) -> None:
    await controlled(shop, slow(receiver), key="data.title", mode="latest")
    _ = await start(shop)
    await received(receiver, 1)
    for _ in range(3):
        _ = await start(shop)
    await becomes(shop, STARTED, SUPERSEDED, SUPERSEDED, HELD)
    receiver.hold.set()

    await becomes(shop, DONE, SUPERSEDED, SUPERSEDED, DONE)


async def test_what_comes_into_a_lane_while_it_is_looked_at_is_not_dropped(
    shop: Client, receiver: Receiver, ensuite: Ensuite
) -> None:
    """Decided is only about what was seen; the newest one comes between look and deed."""
    await controlled(shop, slow(receiver), key="data.title", mode="latest")
    _ = await start(shop)
    await received(receiver, 1)
    async with ensuite.database.transaction() as tx:
        # Nobody admits meanwhile.
        _ = await tx.fetch("SELECT 1 FROM ensuite.flow_gates FOR UPDATE")
        _ = await start(shop)
        _ = await start(shop)
        seen = await lanes_of(tx, "k", None)
        _ = await start(shop)
        flow = FlowControl(key="data.title", mode="latest")
        now = ensuite.clock.now()
        _ = await carry_out(tx, "k", decide(flow, seen, None, now), now)
    await becomes(shop, STARTED, SUPERSEDED, SUPERSEDED, HELD)
    receiver.hold.set()

    await becomes(shop, DONE, SUPERSEDED, SUPERSEDED, DONE)


async def test_debounce_runs_the_newest_once_no_more_come(timed: Timed) -> None:
    await controlled(timed.api, noting("{{$context.data.title}}"), mode="debounce", debounce=60_000)
    for title in ("a", "b"):
        _ = await start(timed.api, {"title": title})
    await becomes(timed.api, SUPERSEDED, HELD)
    await timed.later(seconds=59)
    _ = await start(timed.api, {"title": "c"})
    await becomes(timed.api, SUPERSEDED, SUPERSEDED, HELD)
    await timed.later(seconds=61)
    await becomes(timed.api, SUPERSEDED, SUPERSEDED, DONE)

    assert await notes(timed.api) == ["c"]


async def test_what_time_makes_due_starts_also_where_there_is_always_something_to_do(
    timed: Timed,
) -> None:
    await controlled(timed.api, mode="debounce", debounce=60_000)

    async def is_always_woken() -> None:
        while True:
            timed.ensuite.dispatcher.wake()
            await asyncio.sleep(0)

    busy = asyncio.create_task(is_always_woken())
    try:
        _ = await start(timed.api)

        async def is_looked_at() -> bool:
            return timed.ensuite.dispatcher.admission.due is not None

        await until(is_looked_at)
        timed.clock.ahead += timedelta(seconds=61)
        await becomes(timed.api, DONE)
    finally:
        _ = busy.cancel()


# --- limits -------------------------------------------------------------------------------


async def test_no_more_than_the_limit_are_at_work_and_none_is_dropped(
    shop: Client, receiver: Receiver
) -> None:
    await controlled(shop, slow(receiver), concurrency=2)
    for _ in range(5):
        _ = await start(shop)
    await becomes(shop, STARTED, STARTED, HELD, HELD, HELD)
    await received(receiver, 2)
    await let_go(receiver)
    await becomes(shop, DONE, DONE, STARTED, STARTED, HELD)
    receiver.hold.set()

    await becomes(shop, *[DONE] * 5)


async def test_a_rate_limit_queues(timed: Timed) -> None:
    await controlled(timed.api, rate={"limit": 2, "period": 60_000})
    for _ in range(5):
        _ = await start(timed.api)
    await becomes(timed.api, DONE, DONE, HELD, HELD, HELD)
    await timed.later(seconds=61)
    await becomes(timed.api, DONE, DONE, DONE, DONE, HELD)
    await timed.later(seconds=61)

    await becomes(timed.api, *[DONE] * 5)


async def test_a_limit_over_lanes_lets_in_the_longest_held(
    shop: Client, receiver: Receiver
) -> None:
    await controlled(shop, slow(receiver), key="data.title", concurrency=1)
    for title in ("a", "a", "b"):
        _ = await start(shop, {"title": title})
    await received(receiver, 1)
    await becomes(shop, STARTED, HELD, HELD)
    await let_go(receiver)
    await becomes(shop, DONE, STARTED, HELD)
    receiver.hold.set()

    await becomes(shop, *[DONE] * 3)


# --- changes and crashes ------------------------------------------------------------------


async def test_what_is_held_goes_on_when_the_limit_is_taken_away(
    shop: Client, receiver: Receiver
) -> None:
    await controlled(shop, slow(receiver), concurrency=1)
    for _ in range(3):
        _ = await start(shop)
    await received(receiver, 1)
    [workflow] = (await shop.get("workflows:list")).data
    _ = (await shop.post(f"workflows:update/{workflow['id']}", {"options": {}})).data
    await received(receiver, 3)
    receiver.hold.set()

    await becomes(shop, *[DONE] * 3)


@pytest.mark.parametrize("enabled", [True, False])
async def test_what_is_held_goes_on_after_a_restart(settings: Settings, *, enabled: bool) -> None:
    clock = ManualClock()
    async with running(settings, works=False, clock=clock) as one, Client(one.endpoint) as api:
        _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        await arrange(api)
        await controlled(api, noting("{{$context.data.title}}"), key="'all'")
        for title in ("a", "b", "c"):
            _ = await start(api, {"title": title})
        [workflow] = (await api.get("workflows:list")).data
        _ = (await api.post(f"workflows:update/{workflow['id']}", {"enabled": enabled})).data
    async with running(settings, clock=clock) as other, Client(other.endpoint) as api:
        _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        await becomes(api, *[DONE] * 3)

        assert await notes(api) == ["a", "b", "c"]


async def test_what_is_held_ends_with_its_workflow(shop: Client, receiver: Receiver) -> None:
    await controlled(shop, slow(receiver), concurrency=1)
    _ = await start(shop)
    _ = await start(shop)
    await received(receiver, 1)
    [workflow] = (await shop.get("workflows:list")).data
    _ = (await shop.post(f"workflows:destroy/{workflow['id']}")).data
    receiver.hold.set()

    await becomes(shop, DONE, (-3, "workflow_deleted"))


async def test_several_processes_never_let_in_two_of_a_lane(settings: Settings) -> None:
    """Each execution notes when it began and when it ended; in a lane no two overlap."""
    async with AsyncExitStack() as stack:
        apis: list[Client] = []
        for _ in range(3):
            each = await stack.enter_async_context(running(settings))
            api = await stack.enter_async_context(Client(each.endpoint))
            _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
            apis.append(api)
        await arrange(apis[0])
        await controlled(
            apis[0],
            noting("begins {{$context.data.id}}"),
            node("delay", duration=1, unit=1),
            noting("ends {{$context.data.id}}"),
            key="data.title",
        )

        async def know_it() -> bool:
            replies = [await api.post("orders:create", triggerWorkflows="k") for api in apis]
            return all(reply.workflows[0]["state"] == "queued" for reply in replies)

        await until(know_it)
        calls = [
            api.post("orders:create", {"title": f"lane {number % 3}"}, triggerWorkflows="k")
            for number in range(20)
            for api in apis
        ]
        lanes = {
            str(reply.data["id"]): reply.data["title"] for reply in await asyncio.gather(*calls)
        }

        async def all_ended() -> bool:
            return {each["status"] for each in await apis[0].executions()} == {1}

        await until(all_ended, 60)
        at_work: Counter[str] = Counter()
        rows = (await apis[0].get("audit:list", pageSize="1000")).data
        # Not by id: those of several processes are in order within two seconds only.  In one
        # millisecond an end comes before a beginning.
        for row in sorted(rows, key=lambda row: (row["createdAt"], row["note"][0] == "b")):
            what, _, order = row["note"].partition(" ")
            if order in lanes:
                at_work[lanes[order]] += 1 if what == "begins" else -1
                assert at_work[lanes[order]] in {0, 1}
    assert len(lanes) == 60
