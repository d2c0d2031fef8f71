"""A step as a node sees it, whose records and calls are only noted down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import settings

from ensuite.workflow import HttpAnswer

# A machine that is busy elsewhere makes no example wrong.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


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
