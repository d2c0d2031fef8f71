"""What a lease is for: who works on an execution, and who goes on with it.

The processes of these tests are in one process, on one database and by one clock, which the tests
move.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from ensuite.server.app import Ensuite, running
from ensuite.settings import Settings
from ensuite.workflow.capture import Captured
from ensuite.workflow.executions import LEASE_SECONDS
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client
from tests.durability.site import Receiver
from tests.movable_clock import MovableClock
from tests.patience import until


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def one(settings: Settings, clock: MovableClock) -> AsyncIterator[Ensuite]:
    async with running(settings, clock=clock) as ensuite:
        yield ensuite


@pytest.fixture
async def api(one: Ensuite) -> AsyncIterator[Client]:
    async with Client(one.endpoint) as client:
        await client.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        yield client


async def start_a_call(api: Client, receiver: Receiver) -> int:
    """Start an execution that calls the receiver, and wait until the call has arrived."""
    await api.collection("posts", {"name": "title", "type": "string"})
    call = {"type": "request", "config": {"url": receiver.url, "timeout": 600_000}}
    _ = await api.workflow("posts", call, key="k")
    reply = await api.post("posts:create", {"title": "x"}, triggerWorkflows="k")
    await receiver.waits_for(1)
    execution_id: int = reply.workflows[0]["executionId"]
    return execution_id


async def lease_of(ensuite: Ensuite, execution_id: int) -> Any:
    return await ensuite.database.fetchrow(
        "SELECT ready_at, lease_owner, fence FROM ensuite.executions WHERE id = $1", execution_id
    )


async def test_a_process_that_stalled_takes_nothing_over_from_itself(
    one: Ensuite, api: Client, clock: MovableClock, receiver: Receiver
) -> None:
    execution_id = await start_a_call(api, receiver)
    # Its event loop stood still for longer than a lease: no sign of life was given meanwhile.
    clock.move(seconds=LEASE_SECONDS + 1)
    one.dispatcher.wake()
    await asyncio.sleep(0.3)
    calls = receiver.received
    receiver.open.set()
    execution = await api.ended(execution_id)

    assert calls == 1
    assert execution["status"] == 1


async def test_a_process_that_gets_an_execution_back_keeps_its_lease(
    one: Ensuite, api: Client, clock: MovableClock, receiver: Receiver, settings: Settings
) -> None:
    """Also when what it began the first time ends after that."""
    execution_id = await start_a_call(api, receiver)
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(running(settings, clock=clock))
        clock.move(seconds=LEASE_SECONDS + 1)
        other.dispatcher.wake()
        await receiver.waits_for(2)
        await other.dispatcher.stop(grace_seconds=0)
    one.dispatcher.wake()
    await receiver.waits_for(3)
    taken = await lease_of(one, execution_id)
    receiver.answer_one()

    clock.move(seconds=LEASE_SECONDS * 0.4)

    async def is_extended() -> bool:
        row = await lease_of(one, execution_id)
        assert row["fence"] == taken["fence"]
        return row["ready_at"] > taken["ready_at"]

    await until(is_extended)
    receiver.open.set()

    assert (await api.ended(execution_id))["status"] == 1
    assert receiver.received == 3


async def test_an_execution_that_is_stopped_before_its_first_step_gives_its_place_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # There is one place: nothing would ever run again.
    narrow = settings.model_copy(update={"concurrency": 1})
    async with running(narrow) as one, Client(one.endpoint) as api:
        await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        await api.collection("posts", {"name": "title", "type": "string"})
        _ = await api.workflow("posts", key="k")
        accept = one.dispatcher.accept

        def accept_and_stop(captured: Iterable[Captured]) -> None:
            accept(captured)
            # As a cancellation that commits in this turn of the event loop.
            for task in asyncio.all_tasks():
                if task.get_name().startswith("execution-"):
                    _ = task.cancel()

        with monkeypatch.context() as patch:
            patch.setattr(one.dispatcher, "accept", accept_and_stop)
            _ = await api.post("posts:create", {"title": "x"}, triggerWorkflows="k")
        reply = await api.post("posts:create", {"title": "y"}, triggerWorkflows="k")

        assert (await api.ended(reply.workflows[0]["executionId"]))["status"] == 1
