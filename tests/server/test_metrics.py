"""`/metrics`, read by Prometheus' own parser: what it says, to whom, and what it costs."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ensuite.metrics import Histogram
from ensuite.server.app import METRICS, Ensuite, application, observed, running
from ensuite.server.families import FAMILIES
from ensuite.settings import Settings
from tests import asgi
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client
from tests.patience import until

TOKEN = "a token of 16 characters or more"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"metrics": "on"})


async def scraped(app: Any) -> dict[str, float]:
    """Every sample of one scrape, as Prometheus writes it."""
    response = await asgi.request(app, "GET", METRICS.encode())
    assert response.status == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(response.body.decode()):
        for sample in family.samples:
            labels = ",".join(f'{name}="{text}"' for name, text in sample.labels.items())
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


async def test_every_family_is_in_the_text_with_its_type_and_its_meaning(ensuite: Ensuite) -> None:
    response = await asgi.request(application(ensuite), "GET", METRICS.encode())
    text = response.body.decode()
    parsed = {each.name: each for each in text_string_to_metric_families(text)}

    for family in FAMILIES:
        # The parser's families of counters have no `_total`.
        found = parsed[family.name.removesuffix("_total")]
        assert (found.type, found.documentation) == (family.kind, family.says)


def test_names_follow_the_conventions() -> None:
    for family in FAMILIES:
        assert family.name.startswith(("ensuite_", "process_")), family.name
        assert family.name.endswith("_total") == (family.kind == "counter"), family.name
        assert not family.name.endswith(("_ms", "_milliseconds", "_count", "_sum")), family.name


async def test_what_ran_is_counted(ensuite: Ensuite, api: Client) -> None:
    app = application(ensuite)
    _ = await api.blog()
    values = {"title": "{{$context.data.title}}"}
    node = {
        "type": "create",
        "config": {"collection": "categories", "params": {"values": values}},
    }
    _ = await api.workflow("posts", node, key="good")
    end = {"type": "end", "config": {"endStatus": -1}}
    _ = await api.workflow("posts", end, key="bad", sync=True)
    before = await scraped(app)
    _ = await api.post("posts:create", {"title": "x"}, triggerWorkflows="bad")
    for _ in range(3):
        reply = await api.post("posts:create", {"title": "x"}, triggerWorkflows="good")
        _ = await api.ended(reply.workflows[0]["executionId"])
    _ = await api.get("posts:get/1", fields="nothing")

    async def counted() -> bool:
        return (await since())['ensuite_executions_ended_total{state="resolved"}'] == 3

    async def since() -> Mapping[str, float]:
        now = await scraped(app)
        return {name: now[name] - before.get(name, 0) for name in now}

    await until(counted)
    grown = await since()

    assert grown['ensuite_executions_ended_total{state="failed"}'] == 1
    assert grown["ensuite_execution_start_delay_seconds_count"] == 4
    assert grown['ensuite_node_duration_seconds_count{type="create"}'] == 3
    assert grown['ensuite_node_duration_seconds_bucket{type="create",le="+Inf"}'] == 3
    assert grown['ensuite_http_requests_total{status="4xx"}'] == 2
    assert grown["ensuite_http_request_duration_seconds_count"] >= 8
    assert grown["ensuite_lane_flight_jobs_sum"] >= 7
    assert 0 < grown["ensuite_lane_flight_jobs_count"] <= grown["ensuite_lane_flight_jobs_sum"]
    assert grown["ensuite_leases_lost_total"] == 0


async def test_the_queue_is_the_whole_installation_s(ensuite: Ensuite) -> None:
    _ = await ensuite.database.execute("""
        INSERT INTO ensuite.executions (id, workflow_id, key, event_key, status, context, ready_at,
            lease_owner, created_at)
        SELECT n, 1, 'k', gen_random_uuid(), status, '{}', now() + after, owner, now()
        FROM (VALUES
            (1, 0, interval '1 hour', NULL), (2, 0, '1 hour', NULL), (3, 0, '5 s', 'other/1')
        ) AS v (n, status, after, owner)
    """)
    found = await scraped(application(ensuite))

    assert found["ensuite_database_up"] == 1
    assert found["ensuite_executions_running"] == 1
    assert found["ensuite_executions_scheduled"] == 2
    assert found["ensuite_executions_ready"] == 0
    assert found["ensuite_executions_oldest_ready_seconds"] == 0


async def test_an_execution_that_is_taken_over_is_counted(ensuite: Ensuite, api: Client) -> None:
    _ = await api.blog()
    made = await api.workflow("posts", key="k")
    _ = await ensuite.database.execute(
        "INSERT INTO ensuite.executions (id, workflow_id, key, event_key, status, context,"
        " ready_at, lease_owner, fence, created_at, started_at)"
        " VALUES (1, $1, 'k', gen_random_uuid(), 0, '{}', now(), 'dead/1', 1, now(), now())",
        made["id"],
    )
    ensuite.dispatcher.wake()
    _ = await api.ended(1)
    found = await scraped(application(ensuite))

    assert found["ensuite_leases_taken_over_total"] == 1
    # It had its start elsewhere.
    assert found["ensuite_execution_start_delay_seconds_count"] == 0


async def test_without_its_database_a_process_still_tells_the_rest(ensuite: Ensuite) -> None:
    app = application(ensuite)
    async with AsyncExitStack() as stack:
        # All connections are out: none comes free for the question.
        for _ in range(ensuite.settings.connections):
            _ = await stack.enter_async_context(ensuite.database.connection())
        found = await scraped(app)

    assert found["ensuite_connections_in_use"] == ensuite.settings.connections
    assert found["ensuite_database_up"] == 0
    assert "ensuite_executions_ready" not in found
    assert found["process_resident_memory_bytes"] > 10_000_000


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 200), ({"X-Forwarded-For": "203.0.113.7"}, 403), ({"Forwarded": "for=10.0.0.1"}, 403)],
)
async def test_without_a_token_only_programs_of_this_machine_are_answered(
    ensuite: Ensuite, headers: Mapping[str, str], status: int
) -> None:
    response = await asgi.request(application(ensuite), "GET", b"/metrics", headers=headers)

    assert response.status == status


@pytest.mark.parametrize(
    ("given", "status"), [(None, 401), (TOKEN, 401), (f"Bearer {TOKEN}", 200), ("Bearer no", 401)]
)
async def test_with_a_token_whoever_has_it_is_answered(
    settings: Settings, given: str | None, status: int
) -> None:
    guarded = settings.model_copy(update={"metrics_token": TOKEN})
    headers = {"X-Forwarded-For": "203.0.113.7"} | ({"Authorization": given} if given else {})
    async with running(guarded) as ensuite:
        response = await asgi.request(application(ensuite), "GET", b"/metrics", headers=headers)

    assert response.status == status


async def test_it_is_off_unless_it_is_asked_for(settings: Settings) -> None:
    async with running(settings.model_copy(update={"metrics": "off"})) as ensuite:
        response = await asgi.request(application(ensuite), "GET", b"/metrics")

    assert b"ensuite_executions_ready" not in response.body


async def test_a_worker_tells_its_numbers_and_its_health(ensuite: Ensuite) -> None:
    app = observed(ensuite)
    health = await asgi.request(app, "GET", b"/api/__health_check")

    assert health.body == b"ok"
    assert (await scraped(app))["ensuite_database_up"] == 1
    assert (await asgi.request(app, "GET", b"/api/posts:list")).status == 404


async def test_signing_in_is_counted_as_what_was_answered(ensuite: Ensuite) -> None:
    async with Client(ensuite.endpoint) as client:
        _ = await client.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        _ = await client.post("auth:signIn", {"account": ROOT_EMAIL, "password": "wrong"})
    by_class = ensuite.endpoint.requests.by_class

    assert by_class[2] == 1
    assert by_class[4] == 1


def test_a_histogram_counts_each_value_below_the_first_bound_that_holds_it() -> None:
    histogram = Histogram((1, 2, 4))
    for value in (0.5, 1, 1.5, 4, 4.1):
        histogram.observe(value)

    assert list(histogram.cumulative()) == [(1, 2), (2, 3), (4, 4)]
    assert (histogram.count, histogram.total) == (5, 11.1)
