"""A step as a node sees it, whose records and calls are only noted down."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

from ensuite.server.app import running
from ensuite.settings import Settings
from ensuite.workflow import HttpAnswer
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client
from tests.workflow.shop import ManualClock, Receiver, Timed, arrange

# A machine that is busy elsewhere makes no example wrong.
hypothesis_settings.register_profile("patient", deadline=None)
hypothesis_settings.load_profile("patient")


ANSWER = HttpAnswer(200, {"x-answer": "1"}, {"ok": True})


class StoppedClock:
    """It is 14 March 2026 for as long as the test takes."""

    def now(self) -> datetime:
        return datetime(2026, 3, 14, 9, 26, 53, 589_000, tzinfo=UTC)


@dataclass
class NotedRecords:
    """Answers what the test says, and keeps what it was asked for."""

    found: list[dict[str, Any]] = field(default_factory=list)
    number: float | None = 0
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    async def find(self, collection: str, **options: Any) -> list[dict[str, Any]]:
        self.calls.append(("find", collection, options))
        return self.found

    async def create(
        self, collection: str, values: Mapping[str, Any], **options: Any
    ) -> dict[str, Any]:
        self.calls.append(("create", collection, {"values": values, **options}))
        return {"id": 1, **values}

    async def update(self, collection: str, values: Mapping[str, Any], **options: Any) -> int:
        self.calls.append(("update", collection, {"values": values, **options}))
        return 3

    async def destroy(self, collection: str, **options: Any) -> int:
        self.calls.append(("destroy", collection, options))
        return 2

    async def aggregate(self, collection: str, **options: Any) -> float | None:
        self.calls.append(("aggregate", collection, options))
        return self.number


@dataclass
class NotedHttp:
    """Answers or raises what the test says, and keeps what was sent."""

    answer: HttpAnswer | Exception = ANSWER
    sent: list[dict[str, Any]] = field(default_factory=list)

    async def request(self, method: str, url: str, **options: Any) -> HttpAnswer:
        self.sent.append({"method": method, "url": url, **options})
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass
class Turn:
    """A step of an execution that the test describes."""

    scope: Mapping[str, Any] = field(default_factory=dict)
    records: NotedRecords = field(default_factory=NotedRecords)
    http: NotedHttp = field(default_factory=NotedHttp)
    waits_for_caller: bool = False
    key: str = "1/node/0"
    clock: StoppedClock = field(default_factory=StoppedClock)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def turn() -> Callable[..., Any]:
    """Make a step: of a scope, of `found` records, of a `number`, of an HTTP `answer`."""

    def make(
        scope: Mapping[str, Any] | None = None,
        *,
        found: list[dict[str, Any]] | None = None,
        number: float | None = 0,
        answer: HttpAnswer | Exception = ANSWER,
        waits_for_caller: bool = False,
    ) -> Turn:
        return Turn(
            scope or {},
            NotedRecords(found or [], number),
            NotedHttp(answer),
            waits_for_caller,
        )

    return make


@pytest.fixture
async def timed(settings: Settings) -> AsyncIterator[Timed]:
    clock = ManualClock()
    async with running(settings, clock=clock) as ensuite, Client(ensuite.endpoint) as api:
        _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        await arrange(api)
        yield Timed(api, clock, ensuite)


@pytest.fixture
async def shop(api: Client) -> Client:
    """Orders with lines, and a collection that workflows write notes to."""
    await arrange(api)
    return api


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield receiver
        receiver.hold.set()
