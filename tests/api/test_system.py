"""How the whole is doing."""

from typing import Any

from ensuite import __version__
from ensuite.server.app import Ensuite
from tests.client import Client
from tests.patience import until
from tests.people import person

DELAY: dict[str, Any] = {"type": "delay", "config": {"duration": 1, "unit": 604_800_000}}


async def test_an_idle_server_is_healthy(api: Client) -> None:
    found = (await api.get("system:health")).data

    assert found == {
        "database": "ok",
        "version": __version__,
        "queue": {"waiting": 0, "oldestWaitingSeconds": None},
        "executions": {"running": 0, "scheduled": 0},
        "workers": [],
        "streams": 0,
    }


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
        return (await api.get("system:health")).data["executions"]["scheduled"] == len(ids)

    await until(all_wait)
    # As a worker that holds one leaves it, and as a claim will find one in a while.
    _ = await ensuite.database.execute(
        "UPDATE ensuite.executions SET lease_owner = 'host/1', ready_at = now() + interval '1 min'"
        " WHERE id = $1",
        ids[0],
    )
    found = (await api.get("system:health")).data

    assert found["executions"] == {"running": 1, "scheduled": 2}
    assert found["workers"] == [{"owner": "host/1", "executions": 1, "alive": True}]


async def test_it_is_for_administrators(api: Client) -> None:
    member = await person(api, "mia", "member")

    assert (await member.get("system:health")).status == 403


async def test_the_version_and_the_languages_are_for_everybody(anonymous: Client) -> None:
    found = (await anonymous.get("app:getInfo")).data

    assert (found["version"], found["languages"]) == (__version__, ["en", "fr"])
