"""How the whole is doing."""

import os
import socket
from pathlib import Path
from typing import Any

from ensuite import __version__
from ensuite.clock import to_wire
from ensuite.server.app import Ensuite, running
from ensuite.settings import Settings
from tests.client import Client
from tests.movable_clock import MovableClock
from tests.patience import until
from tests.people import person

DELAY: dict[str, Any] = {"type": "delay", "config": {"duration": 1, "unit": 604_800_000}}


async def health(api: Client) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get("system:health")).data
    return found


async def waiting(ensuite: Ensuite, key: str, *, count: int, seconds: int) -> None:
    """Executions that nobody here can run: the share of their workflow is used up elsewhere."""
    _ = await ensuite.database.execute(
        "INSERT INTO ensuite.executions (id, workflow_id, key, event_key, context, ready_at,"
        " created_at) SELECT n + $3 * 1000, 1, $1, gen_random_uuid(), '{}',"
        " now() - ($3 - n) * interval '1 second', now() FROM generate_series(0, $2 - 1) n",
        key,
        count,
        seconds,
    )


async def test_an_idle_server_is_healthy(api: Client, ensuite: Ensuite) -> None:
    found = await health(api)
    [worker] = found.pop("workers")
    started_at, seen_at = worker.pop("startedAt"), worker.pop("seenAt")

    assert found == {
        "database": "ok",
        "version": __version__,
        "queue": {"waiting": 0, "oldestWaitingSeconds": None, "workflows": []},
        "executions": {"running": 0, "scheduled": 0},
        "streams": 0,
    }
    assert worker == {
        "owner": ensuite.dispatcher.owner,
        "executions": 0,
        "alive": True,
        "kind": "serve",
        "works": True,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "version": __version__,
        "concurrency": ensuite.settings.concurrency,
    }
    assert started_at <= seen_at <= to_wire(ensuite.clock.now())


async def test_what_waits_runs_and_is_scheduled_is_counted(api: Client, ensuite: Ensuite) -> None:
    await api.blog()
    _ = await api.workflow("posts", DELAY, key="slow")
    ids = [
        (await api.post("posts:create", {"title": "x"}, triggerWorkflows="slow")).workflows[0][
            "executionId"
        ]
        for _ in range(3)
    ]

    async def all_wait() -> bool:
        return (await health(api))["executions"]["scheduled"] == len(ids)

    await until(all_wait)
    # As a worker that holds one leaves it, and as a claim will find one in a while.
    _ = await ensuite.database.execute(
        "UPDATE ensuite.executions SET lease_owner = 'host/1', ready_at = now() + interval '1 min'"
        " WHERE id = $1",
        ids[0],
    )
    found = await health(api)
    [_, other] = found["workers"]

    assert found["executions"] == {"running": 1, "scheduled": 2}
    # It has no row of its own, but a lease that somebody keeps alive.
    assert (other["owner"], other["executions"], other["alive"]) == ("host/1", 1, True)
    assert (other["kind"], other["seenAt"]) == (None, None)


async def test_the_queue_is_told_by_workflow_the_oldest_first(
    settings: Settings,
) -> None:
    async with running(settings, works=False) as ensuite, Client(ensuite.endpoint) as api:
        _ = await api.sign_in(settings.root_email, settings.root_password or "")
        await api.collection("posts")
        _ = await api.workflow("posts", key="titled", title="With a title")
        await waiting(ensuite, "titled", count=3, seconds=90)
        await waiting(ensuite, "gone", count=2, seconds=630)
        queue = (await health(api))["queue"]
        ages = [each.pop("oldestWaitingSeconds") for each in queue["workflows"]]

    assert queue["waiting"] == 5
    assert queue["workflows"] == [
        {"key": "gone", "title": None, "waiting": 2},
        {"key": "titled", "title": "With a title", "waiting": 3},
    ]
    assert ages[0] == queue["oldestWaitingSeconds"] >= 600 > ages[1] >= 60


async def test_at_most_20_workflows_are_told(settings: Settings) -> None:
    async with running(settings, works=False) as ensuite, Client(ensuite.endpoint) as api:
        _ = await api.sign_in(settings.root_email, settings.root_password or "")
        for number in range(25):
            await waiting(ensuite, f"k{number}", count=1, seconds=100 + number)
        queue = (await health(api))["queue"]

    assert queue["waiting"] == 25
    assert [each["key"] for each in queue["workflows"]] == [f"k{n}" for n in range(24, 4, -1)]


async def test_idle_workers_are_seen_while_they_are_there(
    api: Client, settings: Settings, tmp_path: Path
) -> None:
    async with running(settings, kind="worker") as worker:
        there = (await health(api))["workers"]
    gone = (await health(api))["workers"]

    assert [(each["kind"], each["executions"]) for each in there] == [("serve", 0), ("worker", 0)]
    assert there[1]["owner"] == worker.dispatcher.owner
    assert [each["kind"] for each in gone] == ["serve"]


async def test_a_process_that_gives_no_sign_is_told_until_its_row_is_over(
    api: Client, ensuite: Ensuite
) -> None:
    _ = await ensuite.database.execute(
        "INSERT INTO ensuite.processes SELECT 'dead/' || minutes, 'worker', true, 'host', 1,"
        " '0.0.1', 256, now() - interval '1 day', now() - minutes * interval '1 minute'"
        " FROM unnest(ARRAY[1, 61]) minutes"
    )
    before = {each["owner"]: each["alive"] for each in (await health(api))["workers"]}
    assert ensuite.housekeeper is not None
    _ = await ensuite.housekeeper.sweep()
    after = {each["owner"] for each in (await health(api))["workers"]}

    assert before == {"dead/1": False, "dead/61": False, ensuite.dispatcher.owner: True}
    assert after == {"dead/1", ensuite.dispatcher.owner}


async def test_who_was_taken_for_dead_says_that_it_is_there(
    settings: Settings, monkeypatch: Any
) -> None:
    monkeypatch.setattr("ensuite.storage.presence.BEAT_SECONDS", 0.01)
    clock = MovableClock()
    async with running(settings, clock=clock) as ensuite, Client(ensuite.endpoint) as api:
        _ = await api.sign_in(settings.root_email, settings.root_password or "")
        _ = await ensuite.database.execute("DELETE FROM ensuite.processes")

        async def back() -> bool:
            return [each["kind"] for each in (await health(api))["workers"]] == ["serve"]

        await until(back)


async def test_it_is_for_administrators(api: Client) -> None:
    member = await person(api, "mia", "member")

    assert (await member.get("system:health")).status == 403


async def test_the_version_and_the_languages_are_for_everybody(anonymous: Client) -> None:
    found = (await anonymous.get("app:getInfo")).data

    assert (found["version"], found["languages"]) == (__version__, ["en", "fr"])
