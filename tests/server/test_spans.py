"""Spans of requests, executions and their steps, as a collector gets them."""

import asyncio
import io
import json
import logging
import re
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from ensuite import log
from ensuite.server.app import TracingUnavailable, running
from ensuite.server.spans import Complaints, Exporting
from ensuite.settings import InvalidSettings, Settings
from ensuite.storage import embedded
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client
from tests.collector import Collector, Received, collecting
from tests.conftest import new_database, settings_for
from tests.patience import until
from tests.workflow.shop import ManualClock, Receiver, Timed, arrange, node, noting

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{CALLER}-01", f"00-{'a' * 32}-{CALLER}-00"
CREATED = {"mode": 1}
LAST_SECONDS = 15
"""The end of a process may take that long on a busy machine; without a bound it would be 30."""


@dataclass
class Story:
    """What one process was asked, what it answered, and the spans that it sent."""

    collector: Collector
    receiver: Receiver
    traced: int
    """The execution of a call in a trace; it calls out, waits, writes a note, and calls again."""
    untraced: int
    """One of a call that brought no trace."""
    unsampled: int
    """One of a call whose trace nobody records."""
    failed: int
    repeated: int
    """A rerun of it."""
    cancelled: int

    def turns(self, execution_id: int) -> list[Received]:
        named = "ensuite.execution.id"
        return [each for each in self.collector.spans if each.attributes.get(named) == execution_id]

    def parent(self, span: Received) -> Received:
        [found] = [each for each in self.collector.spans if each.id == span.parent]
        return found

    def parts(self, span: Received) -> list[Received]:
        return [each for each in self.collector.spans if each.parent == span.id]

    def told(self, path: str) -> list[str]:
        """The trace contexts that calls to a path brought."""
        return [
            each["headers"]["traceparent"]
            for each in self.receiver.received
            if each["path"] == path
        ]


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as collector, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        patch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=ours")
        patch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=tests")
        yield collector


@pytest.fixture(scope="module")
async def story(
    postgres: embedded.EmbeddedPostgres,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
    collector: Collector,
) -> Story:
    """One process, from its start to its end: with it, all its spans are sent."""
    receiver, clock = Receiver(), ManualClock()
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    settings = settings_for(
        await new_database(postgres, template), tmp_path_factory.mktemp("spans")
    )
    async with (
        server,
        running(settings.model_copy(update={"tracing": True}), clock=clock) as ensuite,
        Client(ensuite.endpoint) as api,
    ):
        _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        await arrange(api)
        return await told(Timed(api, clock, ensuite), collector, receiver)


async def told(timed: Timed, collector: Collector, receiver: Receiver) -> Story:
    api = timed.api
    calls = node("request", "first", url=f"{receiver.url}/first")
    rest = node("delay", "rest", duration=1, unit=3_600_000)
    calls_again = node("request", "second", url=f"{receiver.url}/second")
    _ = await api.workflow("orders", calls, rest, noting("n"), calls_again, key="long")
    _ = await api.workflow("orders", calls, key="short")
    _ = await api.workflow(
        "orders", node("delay", "wrong", duration="{{$context.data.title}}"), key="fails", sync=True
    )
    _ = await api.workflow("orders", node("request", url=f"{receiver.url}/slow"), key="slow")
    _ = await api.workflow("audit", key="echo", type="collection", config=CREATED)

    async def ordered(key: str, traceparent: str | None) -> int:
        client = api if traceparent is None else api.acting(traceparent=traceparent)
        reply = await client.post("orders:create", {"title": "x"}, triggerWorkflows=key)
        assert reply.status == (500 if key == "fails" else 200)
        found: int = reply.workflows[0]["executionId"]
        return found

    traced = await ordered("long", SAMPLED)

    async def rests() -> bool:
        wanted = {"executionId": traced, "nodeKey": "rest"}
        return bool((await api.get("jobs:list", filter=wanted)).data)

    # Not `parked`: a call that is under way has a job without an end, too.
    await until(rests)
    await timed.later(hours=2)
    _ = await api.ended(traced)
    untraced = await ordered("short", None)
    _ = await api.ended(untraced)
    unsampled = await ordered("short", UNSAMPLED)
    _ = await api.ended(unsampled)
    failed = await ordered("fails", None)
    reply = await api.post("executions:rerun", {}, filterByTk=failed)
    repeated: int = reply.body["data"][0]["id"]
    _ = await api.ended(repeated)
    cancelled = await ordered("slow", None)

    async def is_called() -> bool:
        return any(each["path"] == "/slow" for each in receiver.received)

    await until(is_called)
    assert (await api.post("executions:cancel", filterByTk=cancelled)).status == 200
    receiver.hold.set()
    _ = await api.get("invented:list/1", token="not a secret")
    return Story(collector, receiver, traced, untraced, unsampled, failed, repeated, cancelled)


# --- a request and what came of it --------------------------------------------------------


async def test_a_request_is_a_part_of_whoever_called(story: Story) -> None:
    [turn, _] = story.turns(story.traced)
    request = story.parent(turn)

    assert (request.name, request.kind) == ("POST orders:create", "server")
    assert (request.trace, request.parent, request.failure) == (TRACE, CALLER, None)
    assert request.attributes == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "url.path": "/api/orders:create",
        "url.scheme": "http",
        "ensuite.collection": "orders",
        "ensuite.action": "create",
    }


async def test_its_parts_are_the_write_and_each_turn_of_its_execution(story: Story) -> None:
    [first, second] = story.turns(story.traced)
    request = story.parent(first)

    assert story.parent(second) == request
    assert [(each.name, each.kind) for each in story.parts(request)] == [
        ("write", "internal"),
        ("execute long", "consumer"),
        ("execute long", "consumer"),
    ]
    states = [each.attributes["ensuite.execution.status"] for each in (first, second)]
    assert states == ["waiting", "resolved"]
    assert first.attributes["ensuite.workflow.key"] == "long"


async def test_the_parts_of_a_turn_are_its_steps(story: Story) -> None:
    [first, second] = story.turns(story.traced)

    assert [(each.name, each.kind) for each in story.parts(first)] == [
        ("step request", "internal"),
        ("step delay", "internal"),
    ]
    assert [each.name for each in story.parts(second)] == [
        "step delay",
        "step create",
        "step request",
    ]
    assert story.parts(first)[0].attributes == {
        "ensuite.node.type": "request",
        "ensuite.node.key": "first",
        "ensuite.job.attempt": 1,
        "ensuite.job.status": "resolved",
    }
    assert story.parts(first)[1].attributes["ensuite.job.status"] == "waiting"


async def test_who_is_called_is_told_of_the_step(story: Story) -> None:
    [first, second] = story.turns(story.traced)

    assert story.told("/first")[0] == f"00-{TRACE}-{story.parts(first)[0].id}-01"
    assert story.told("/second") == [f"00-{TRACE}-{story.parts(second)[2].id}-01"]


async def test_an_execution_that_a_step_starts_is_a_part_of_the_step(story: Story) -> None:
    [echo] = [each for each in story.collector.spans if each.name == "execute echo"]

    assert story.parent(echo).name == "step create"
    assert echo.trace == TRACE


async def test_without_a_caller_a_trace_begins_with_the_request(story: Story) -> None:
    [turn] = story.turns(story.untraced)
    request = story.parent(turn)

    assert request.parent == ""
    assert request.trace not in {TRACE, "0" * 32}
    assert {each.trace for each in story.parts(request)} == {request.trace}


async def test_what_the_caller_does_not_record_is_not_recorded(story: Story) -> None:
    told = story.told("/first")[2]

    assert story.turns(story.unsampled) == []
    assert "a" * 32 not in {each.trace for each in story.collector.spans}
    # Whoever is called learns of that.
    assert re.fullmatch(f"00-{'a' * 32}-[0-9a-f]{{16}}-00", told)


async def test_a_failure_is_told_of_the_step_the_execution_and_the_request(story: Story) -> None:
    [turn] = story.turns(story.failed)
    [step], request = story.parts(turn), story.parent(turn)

    assert (step.attributes["error.type"], step.exceptions) == ("ValueError", ["ValueError"])
    assert step.failure == "ValueError: could not convert string to float: 'x'"
    assert step.attributes["ensuite.job.status"] == "error"
    # A request waits for it, so nobody has left it behind.
    assert (turn.failure, turn.kind) == ("error", "internal")
    assert request.failure == request.attributes["error.type"] == "WORKFLOW_FAILED"
    assert request.attributes["http.response.status_code"] == 500


async def test_an_execution_that_is_cancelled_has_not_failed(story: Story) -> None:
    [turn] = story.turns(story.cancelled)
    [step] = story.parts(turn)

    assert turn.attributes["ensuite.execution.status"] == "interrupted"
    assert (turn.failure, step.failure) == (None, None)


async def test_a_rerun_is_in_the_trace_of_its_own_request_and_names_the_other(story: Story) -> None:
    [turn], [earlier] = story.turns(story.repeated), story.turns(story.failed)
    request = story.parent(turn)

    assert request.name == "POST executions:rerun"
    assert request.links == [earlier.trace]
    assert request.trace != earlier.trace


async def test_names_that_clients_make_up_are_no_names_of_spans(story: Story) -> None:
    path = "/api/invented:list/1"
    [found] = [s for s in story.collector.spans if s.attributes.get("url.path") == path]

    assert found.name == "GET"
    assert found.failure is None
    # The query may hold a token.
    assert "secret" not in str(found)


async def test_the_collector_is_told_who_sends_as_the_standard_variables_say(story: Story) -> None:
    of = story.collector.spans[0].of

    assert (of["service.name"], of["deployment.environment.name"]) == ("ensuite", "tests")
    assert {each["x-tenant"] for each in story.collector.headers} == {"ours"}


# --- trouble ------------------------------------------------------------------------------


@pytest.fixture
def traced(settings: Settings) -> Settings:
    return settings.model_copy(update={"tracing": True})


async def test_a_collector_that_says_nothing_holds_up_neither_requests_nor_the_end(
    traced: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ensuite.server.spans.FLUSH_SECONDS", 0.5)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "60")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv(
            "OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}"
        )
        async with running(traced) as ensuite, Client(ensuite.endpoint) as api:
            _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
            begun = time.monotonic()

        assert time.monotonic() - begun < LAST_SECONDS


async def test_without_the_extra_the_start_ends_with_how_to_install_it(
    traced: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "ensuite.server.spans", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)

    with pytest.raises(TracingUnavailable, match=r"pip install 'ensuite\[otel\]'"):
        async with running(traced):
            pass


async def test_a_variable_that_is_wrong_ends_the_start(
    traced: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "long")

    with pytest.raises(InvalidSettings, match="OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"):
        async with running(traced):
            pass


async def test_the_sdks_own_switch_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    exporting = Exporting()

    assert exporting.tracer is None
    await exporting.stop()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    log.configure(level="warning", stream=stream)
    yield stream
    log.configure(level="error")


def test_what_opentelemetry_complains_of_is_logged_once_a_minute(logged: io.StringIO) -> None:
    complaints = Complaints()
    record = logging.LogRecord("x", logging.ERROR, "", 0, "gone: %s", ("z",), None)
    for _ in range(1_000):
        _ = complaints.handle(record)
    [line] = logged.getvalue().splitlines()

    assert (json.loads(line)["event"], json.loads(line)["says"]) == ("tracing.trouble", "gone: z")
