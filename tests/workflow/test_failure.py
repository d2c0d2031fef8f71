"""What becomes of a step that fails: time limits, further attempts, and what comes then."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensuite.server.app import Ensuite, running
from ensuite.settings import Settings
from ensuite.workflow import Failed, Status
from ensuite.workflow.failure import MAX_DELAY_MILLISECONDS, FailurePolicy
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client
from tests.patience import until
from tests.workflow.shop import (
    Receiver,
    Timed,
    arrange,
    cel,
    node,
    notes,
    noting,
    parked,
    ran,
    results,
    start,
    statuses,
)

ERROR_BRANCH = -1

# --- the policy ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "attempt", "failure", "again"),
    [
        ({}, 1, Failed("no"), False),
        ({"attempts": 3}, 1, Failed("no"), True),
        ({"attempts": 3}, 2, Failed("no"), True),
        ({"attempts": 3}, 3, Failed("no"), False),
        ({"attempts": 3}, 1, Failed("no", permanent=True), False),
        ({"attempts": 3, "retryOn": ["error"]}, 1, Failed("no"), False),
        ({"attempts": 3, "retryOn": ["error"]}, 1, Failed("no", Status.ERROR), True),
        ({"attempts": 3, "retryOn": ["timeout"]}, 1, Failed("no", Status.ABORTED), True),
        ({"attempts": 3, "retryOn": []}, 1, Failed("no", Status.ERROR), False),
        ({"attempts": 3}, 1, Failed("no", Status.REJECTED), False),
    ],
)
def test_the_policy_says_whether_there_is_another_attempt(
    config: dict[str, Any], attempt: int, failure: Failed, *, again: bool
) -> None:
    assert FailurePolicy.model_validate(config).retries(attempt, failure) is again


policies = st.builds(
    FailurePolicy,
    attempts=st.just(100),
    delay=st.integers(0, 10**6),
    max_delay=st.integers(0, MAX_DELAY_MILLISECONDS),
)


@given(policies, st.integers(1, 99), st.text(max_size=9))
def test_a_pause_doubles_up_to_its_longest_less_up_to_a_half(
    policy: FailurePolicy, attempt: int, key: str
) -> None:
    longest = min(policy.max_delay, policy.delay * 2 ** (attempt - 1))
    pause = policy.pause(attempt, Failed(), key)

    assert timedelta(milliseconds=longest // 2) <= pause <= timedelta(milliseconds=longest)
    assert pause == policy.pause(attempt, Failed(), key)


@given(policies, st.integers(1, 99), st.timedeltas(timedelta(), timedelta(days=400)))
def test_a_pause_is_at_least_what_the_receiver_asks_for(
    policy: FailurePolicy, attempt: int, asked: timedelta
) -> None:
    pause = policy.pause(attempt, Failed(retry_after=asked), "k")

    assert pause >= min(asked, timedelta(milliseconds=MAX_DELAY_MILLISECONDS))


def test_executions_that_failed_together_do_not_come_back_together() -> None:
    policy = FailurePolicy(attempts=2, delay=60_000)
    pauses = {policy.pause(1, Failed(), f"{number}/call/0") for number in range(100)}

    assert len(pauses) > 90


# --- further attempts ---------------------------------------------------------------------


def calling(receiver: Receiver, key: str = "call", **policy: Any) -> dict[str, Any]:
    return node("request", key, url=f"{receiver.url}/hook", onFailure=policy)


async def test_a_step_is_tried_again_until_it_succeeds(timed: Timed, receiver: Receiver) -> None:
    receiver.refuses = ["503 Busy", "500 Broken"]
    _ = await timed.api.workflow(
        "orders", calling(receiver, attempts=3, delay=60_000), noting("went on"), key="k"
    )
    execution_id = await start(timed.api)
    for count in (1, 2):
        await waits_for_attempt(timed.api, execution_id, count)
        # Nothing happens before its time.
        assert len(receiver.received) == count
        await timed.later(minutes=4)
    execution = await timed.api.ended(execution_id)
    attempts = execution["jobs"][:3]

    assert (execution["status"], statuses(execution)) == (1, [-6, -6, 1, 1])
    assert [job["attempt"] for job in attempts] == [1, 2, 3]
    assert [job["error"] for job in attempts] == [
        "The answer was HTTP status 503",
        "The answer was HTTP status 500",
        None,
    ]
    # The receiver can tell that they are one call.
    keys = {each["headers"]["idempotency-key"] for each in receiver.received}
    assert keys == {f"{execution_id}/call/0"}


async def waits_for_attempt(api: Client, execution_id: int, count: int) -> None:
    async def failed() -> bool:
        which = {"executionId": execution_id, "status": -6}
        return len((await api.get("jobs:list", filter=which)).data) == count

    await until(failed)


async def test_what_is_left_of_the_attempts_survives_a_restart_of_nothing_but_the_row(
    timed: Timed, receiver: Receiver
) -> None:
    """The journal alone says which attempt comes next: no process remembers it."""
    receiver.refuses = ["503 Busy"] * 5
    _ = await timed.api.workflow("orders", calling(receiver, attempts=3, delay=1000), key="k")
    execution_id = await start(timed.api)
    for count in (1, 2):
        await waits_for_attempt(timed.api, execution_id, count)
        await timed.later(minutes=1)
    execution = await timed.api.ended(execution_id)

    assert (execution["status"], statuses(execution)) == (-1, [-6, -6, -1])
    assert len(receiver.received) == 3


async def test_a_receiver_may_ask_for_a_longer_pause(timed: Timed, receiver: Receiver) -> None:
    receiver.refuses = ["429 Slow\r\nretry-after: 3600"]
    _ = await timed.api.workflow("orders", calling(receiver, attempts=2, delay=1), key="k")
    execution_id = await start(timed.api)
    await waits_for_attempt(timed.api, execution_id, 1)
    await timed.later(minutes=59)
    [execution] = await timed.api.executions()
    assert execution["status"] == 0
    await timed.later(minutes=1)

    assert (await timed.api.ended(execution_id))["status"] == 1


async def test_what_cannot_get_better_is_not_tried_again(shop: Client, receiver: Receiver) -> None:
    receiver.refuses = ["404 Gone"]
    execution = await ran(shop, calling(receiver, attempts=5))

    assert (execution["status"], statuses(execution)) == (-1, [-1])
    assert len(receiver.received) == 1


async def test_a_failed_attempt_leaves_nothing_in_the_database(shop: Client) -> None:
    """A note is unique: the second execution's step fails each time, and writes nothing."""
    twice = node(
        "create",
        "note",
        collection="audit",
        params={"values": {"note": "once"}},
        onFailure={"attempts": 3, "delay": 1},
    )
    first = await ran(shop, twice)
    second = await shop.ended(await start(shop))

    assert (first["status"], statuses(second)) == (1, [-6, -6, -2])
    assert await notes(shop) == ["once"]


async def test_a_caller_waits_for_short_pauses(shop: Client, receiver: Receiver) -> None:
    receiver.refuses = ["503 Busy"]
    _ = await shop.workflow("orders", calling(receiver, attempts=2, delay=1), key="k", sync=True)
    reply = await shop.post("orders:create", {"title": "x"}, triggerWorkflows="k")

    assert reply.status == 200
    assert reply.workflows[0]["state"] == "succeeded"


async def test_a_caller_does_not_wait_for_long_ones(timed: Timed, receiver: Receiver) -> None:
    receiver.refuses = ["503 Busy"]
    patient = calling(receiver, attempts=2, delay=3_600_000, maxDelay=3_600_000)
    _ = await timed.api.workflow("orders", patient, key="k", sync=True)
    reply = await timed.api.post("orders:create", {"title": "x"}, triggerWorkflows="k")

    assert (reply.status, reply.codes) == (500, ["WORKFLOW_HANGS"])
    await timed.later(hours=1)
    assert (await timed.api.ended(reply.workflows[0]["executionId"]))["status"] == 1


@pytest.fixture
async def patient(settings: Settings) -> AsyncIterator[tuple[Client, Ensuite]]:
    """A shop in which who waits for a lock looks for a deadlock once, after three seconds."""
    url = f"{settings.database_url}&deadlock_timeout=3s"
    own = settings.model_copy(update={"database_url": url})
    async with running(own) as ensuite, Client(ensuite.endpoint) as api:
        _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        await arrange(api)
        yield api, ensuite


async def test_a_step_that_loses_a_deadlock_has_its_turn_again(
    patient: tuple[Client, Ensuite],
) -> None:
    shop, ensuite = patient
    orders = [(await shop.post("orders:create", {"title": "x"})).data["id"] for _ in range(2)]
    params = {"filter": {"id": orders}, "values": {"total": 1}}
    _ = await shop.workflow("lines", node("update", collection="orders", params=params), key="k")
    lock = "SELECT 1 FROM orders WHERE id = $1 FOR UPDATE"
    async with ensuite.database.transaction() as tx:
        _ = await tx.execute("SET LOCAL deadlock_timeout = '1min'")
        _ = await tx.fetch(lock, orders[1])
        reply = await shop.post("lines:create", {"item": "x"}, triggerWorkflows="k")

        async def waits() -> bool:
            waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            return bool(await ensuite.database.fetch(waiting))

        await until(waits)
        # Each has what the other wants; the step looks first, so it is the one to give way.
        _ = await tx.fetch(lock, orders[0])
    execution = await shop.ended(reply.workflows[0]["executionId"])

    assert (execution["status"], statuses(execution), results(execution)) == (1, [1], [2])


# --- time limits --------------------------------------------------------------------------


async def test_a_step_is_stopped_at_its_time_limit(timed: Timed, receiver: Receiver) -> None:
    slow = node(
        "request", url=f"{receiver.url}/slow", timeout=600_000, onFailure={"timeout": 5_000}
    )
    _ = await timed.api.workflow("orders", slow, noting("never"), key="k")
    execution_id = await start(timed.api)
    await arrived(receiver)
    await timed.later(seconds=6)
    execution = await timed.api.ended(execution_id)

    assert (execution["status"], statuses(execution)) == (-3, [-3])
    assert execution["jobs"][0]["error"] == "The step took longer than 5000 ms"


async def arrived(receiver: Receiver) -> None:
    async def has() -> bool:
        return bool(receiver.received)

    await until(has)


async def test_a_step_at_work_is_stopped_when_the_execution_times_out(
    timed: Timed, receiver: Receiver
) -> None:
    slow = node("request", url=f"{receiver.url}/slow", timeout=600_000)
    _ = await timed.api.workflow("orders", slow, key="k", options={"timeout": 60_000})
    execution_id = await start(timed.api)
    await arrived(receiver)
    await timed.later(seconds=61)
    execution = await timed.api.ended(execution_id)

    assert (execution["status"], execution["reason"]) == (-3, "timeout")
    assert statuses(execution) == [-3]


async def test_a_wait_does_not_count_as_work(timed: Timed) -> None:
    limited = node("delay", duration=3600, onFailure={"timeout": 1000})
    _ = await timed.api.workflow("orders", limited, key="k")
    execution_id = await start(timed.api)
    await parked(timed.api, execution_id)
    await timed.later(hours=1)

    assert (await timed.api.ended(execution_id))["status"] == 1


# --- what comes then ----------------------------------------------------------------------

BROKEN = "context.data.title + 1"


async def test_a_failure_may_be_passed_over(shop: Client) -> None:
    broken = cel(BROKEN, "broken")
    broken["config"]["onFailure"] = {"then": "continue"}
    said = node("variable", value="{{$jobsMapByNodeKey.broken.message}}")
    execution = await ran(shop, broken, said, noting("went on"))

    assert (execution["status"], statuses(execution)) == (1, [-2, 1, 1])
    # Later steps see what went wrong.
    assert results(execution)[1] == results(execution)[0]["message"]


async def test_a_failure_leads_into_the_error_branch(shop: Client) -> None:
    workflow = await shop.workflow("orders", key="k", enabled=False)
    path = f"workflows/{workflow['id']}/nodes:create"
    broken = cel(BROKEN, "broken")
    broken["config"]["onFailure"] = {"then": "branch"}
    head = (await shop.post(path, broken)).data["id"]
    place = {"upstreamId": head, "branchIndex": ERROR_BRANCH}
    _ = (await shop.post(path, {**noting("apology"), **place})).data
    _ = (await shop.post(path, {**noting("went on"), "upstreamId": head})).data
    _ = (await shop.post(f"workflows:update/{workflow['id']}", {"enabled": True})).data
    execution = await shop.ended(await start(shop))

    assert (execution["status"], statuses(execution)) == (1, [-2, 1, 1])
    assert await notes(shop) == ["apology", "went on"]


async def test_an_error_branch_has_to_be_asked_for(shop: Client) -> None:
    workflow = await shop.workflow("orders", cel("1"), key="k", enabled=False)
    [head] = (await shop.get("flow_nodes:list", filter={"workflowId": workflow["id"]})).data
    place = {"upstreamId": head["id"], "branchIndex": ERROR_BRANCH}
    reply = await shop.post(f"workflows/{workflow['id']}/nodes:create", {**noting("x"), **place})

    assert (reply.status, reply.codes) == (400, ["INVALID_PLACE"])


@pytest.mark.parametrize(
    "policy",
    [
        {"attempts": 0},
        {"attempts": 101},
        {"delay": -1},
        {"timeout": -1},
        {"maxDelay": MAX_DELAY_MILLISECONDS + 1},
        {"then": "ignore"},
        {"retryOn": ["sometimes"]},
        "three times",
    ],
)
async def test_a_policy_that_cannot_be_is_refused(shop: Client, policy: Any) -> None:
    workflow = await shop.workflow("orders", key="k", enabled=False)
    reply = await shop.post(
        f"workflows/{workflow['id']}/nodes:create",
        {"type": "end", "config": {"onFailure": policy}},
    )

    assert (reply.status, reply.codes) == (400, ["INVALID_NODE_CONFIG"])
    [issue] = reply.body["errors"]
    assert "onFailure" in issue["message"]
    assert issue["field"].startswith("config.onFailure")
