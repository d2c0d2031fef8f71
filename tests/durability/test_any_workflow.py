"""Any workflow, and processes that die or freeze at any of its statements, against a simple model.

The model knows nothing of journals, leases and fences: it walks through the nodes and says what has
to be there in the end, each effect once, and how it all ends.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from ensuite.server.app import Ensuite, running
from ensuite.settings import Settings
from ensuite.workflow.executions import LEASE_SECONDS
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client
from tests.durability.ledger import OPEN
from tests.durability.site import Receiver
from tests.durability.wire import Moment, Wire, wired
from tests.movable_clock import MovableClock
from tests.patience import until

MAX_EXAMPLES = 25
FROZEN_ROUNDS = 4
CREATE = "INSERT INTO public.posts"

# --- the model ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Note:
    """A node that writes: in the flight of its job, or in a transaction (`apart`)."""

    apart: bool


@dataclass(frozen=True)
class Call:
    """A node that calls out."""


@dataclass(frozen=True)
class Wait:
    """A node that waits for a minute."""


@dataclass(frozen=True)
class Stop:
    """A node that ends it all: as an `end` node, by a refusal or by an error."""

    status: int
    by_end_node: bool


@dataclass(frozen=True)
class Choice:
    """A node that goes on into one of two branches."""

    answer: bool
    branches: tuple[tuple["Any", ...], tuple["Any", ...]]


Spec = Note | Call | Wait | Stop | Choice

stops = st.sampled_from(
    [
        Stop(1, by_end_node=True),
        Stop(-1, by_end_node=True),
        Stop(-1, by_end_node=False),
        Stop(-2, by_end_node=False),
    ]
)
leaves = st.one_of(
    st.builds(Note, st.booleans()),
    st.just(Call()),
    st.just(Wait()),
    st.builds(Note, st.booleans()),
    stops,
)
nodes = st.recursive(
    leaves,
    lambda inner: st.builds(
        Choice, st.booleans(), st.tuples(*[st.lists(inner, max_size=2).map(tuple)] * 2)
    ),
    max_leaves=5,
)
workflows = st.lists(nodes, min_size=1, max_size=5)
moments = st.sampled_from(["before", "after", "later"])
faults = st.lists(st.tuples(st.integers(1, 9), moments), max_size=4)


@dataclass
class Fate:
    """What has to come of an execution: by the model, or in fact."""

    notes: Counter[str] = field(default_factory=Counter[str])
    calls: set[str] = field(default_factory=set[str])
    turns: set[str] = field(default_factory=set[str])
    status: int = 1


def foretold(sequence: Sequence[Spec], prefix: str, fate: Fate) -> bool:
    """Walk through the nodes; whether it goes on after them."""
    for number, node in enumerate(sequence):
        key = f"{prefix}{number}"
        fate.turns.add(key)
        match node:
            case Note():
                fate.notes[key] += 1
            case Call():
                fate.calls.add(key)
            case Wait():
                pass
            case Stop(status):
                fate.status = status
                return False
            case Choice(answer, branches):
                if not foretold(branches[answer], f"{key}{'ny'[answer]}", fate):
                    return False
    return True


# --- the same for Ensuite -----------------------------------------------------------------


def configured(node: Spec, key: str, url: str) -> dict[str, Any]:
    """A node of the model as the API takes it."""
    match node:
        case Note(apart):
            params: dict[str, Any] = {"values": {"note": key, "about": "{{$context.data.title}}"}}
            if apart:
                params["appends"] = ["createdBy"]
            return {"type": "create", "config": {"collection": "audit", "params": params}}
        case Call():
            return {"type": "request", "config": {"url": url}}
        case Wait():
            return {"type": "delay", "config": {"duration": 60, "unit": 1000}}
        case Stop(status, True):
            return {"type": "end", "config": {"endStatus": status}}
        case Stop(-1, _):
            config = {"engine": "cel", "expression": "1 == 2", "rejectOnFalse": True}
            return {"type": "condition", "config": config}
        case Stop():
            params = {"values": {"note": {"no": "text"}, "nothing": 1}}
            return {"type": "create", "config": {"collection": "nowhere", "params": params}}
        case Choice(answer):
            config = {
                "engine": "cel",
                "expression": f"1 == {2 - answer}",
                "rejectOnFalse": False,
            }
            return {"type": "condition", "config": config}


@dataclass
class Scene:
    """Two processes on one database, each with a wire of its own, and one clock."""

    api: Client
    processes: tuple[Ensuite, Ensuite]
    wires: tuple[Wire, Wire]
    clock: MovableClock
    database: asyncpg.Connection
    receiver: Receiver
    told: int = 0

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: object) -> None:
        # Hypothesis would print the whole application instead of what went wrong with it.
        printer.text("scene")

    async def publish(self, sequence: Sequence[Spec], key: str) -> None:
        """Make the workflow."""
        made = await self.api.workflow("posts", key=key, enabled=False)
        await self._add(made["id"], sequence, "n", None, None)
        _ = (await self.api.post(f"workflows:update/{made['id']}", {"enabled": True})).data

    async def _add(
        self,
        workflow: int,
        sequence: Sequence[Spec],
        prefix: str,
        upstream: int | None,
        branch: int | None,
    ) -> None:
        for number, node in enumerate(sequence):
            key = f"{prefix}{number}"
            place = {"key": key, "upstreamId": upstream, "branchIndex": branch}
            values = {**configured(node, key, self.receiver.url), **place}
            made = (await self.api.post(f"workflows/{workflow}/nodes:create", values)).data
            if isinstance(node, Choice):
                for index, inner in enumerate(node.branches):
                    await self._add(workflow, inner, f"{key}{'ny'[index]}", made["id"], index)
            upstream, branch = made["id"], None

    async def settle(self) -> None:
        """Let time pass until the execution has ended and nobody works on it any more."""
        rounds = 0

        async def is_over() -> bool:
            nonlocal rounds
            rounds += 1
            if rounds % FROZEN_ROUNDS == 0:
                for wire in self.wires:
                    wire.thaw()
            self.clock.move(seconds=LEASE_SECONDS + 1)
            for process in self.processes:
                process.dispatcher.wake()
            if await self.database.fetchval(OPEN):
                return False
            for wire in self.wires:
                wire.cut_at(0, "before")
                wire.thaw()
            works = any(each.get_name().startswith("execution-") for each in asyncio.all_tasks())
            return not works and all([await wire.is_quiet() for wire in self.wires])

        await until(is_over, 60)

    async def fate(self, execution_id: int, title: str) -> Fate:
        """What is there of an execution."""
        query = "SELECT note FROM audit WHERE about = $1"
        notes = [row["note"] for row in await self.database.fetch(query, title)]
        query = "SELECT node_key, status FROM ensuite.jobs WHERE execution_id = $1"
        jobs = await self.database.fetch(query, execution_id)
        query = "SELECT status FROM ensuite.executions WHERE id = $1"
        status = await self.database.fetchval(query, execution_id)
        keys = [key.split("/") for key in self.receiver.keys]
        calls = {node for execution, node, _ in keys if execution == str(execution_id)}
        assert 0 not in {job["status"] for job in jobs}
        return Fate(Counter(notes), calls, {job["node_key"] for job in jobs}, status)


@pytest.fixture
async def scene(settings: Settings, receiver: Receiver) -> AsyncIterator[Scene]:
    receiver.open.set()
    assert settings.database_url is not None
    clock = MovableClock()
    async with AsyncExitStack() as stack:
        wires: list[Wire] = []
        processes: list[Ensuite] = []
        for _ in range(2):
            wire = await stack.enter_async_context(wired(settings.database_url))
            own = settings.model_copy(update={"database_url": wire.dsn})
            processes.append(await stack.enter_async_context(running(own, clock=clock)))
            wires.append(wire)
        api = await stack.enter_async_context(Client(processes[0].endpoint))
        database = await asyncpg.connect(settings.database_url)
        _ = stack.push_async_callback(database.close)
        _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        about = {"name": "about", "type": "string"}
        await api.collection("audit", {"name": "note", "type": "string"}, about)
        await api.collection("posts", {"name": "title", "type": "string"})
        yield Scene(
            api, (processes[0], processes[1]), (wires[0], wires[1]), clock, database, receiver
        )


@examples(
    max_examples=MAX_EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sequence=workflows, first=faults, second=faults)
async def test_any_workflow_comes_to_its_end_whatever_dies(
    scene: Scene,
    sequence: list[Spec],
    first: list[tuple[int, Moment]],
    second: list[tuple[int, Moment]],
) -> None:
    expected = Fate()
    _ = foretold(sequence, "n", expected)
    scene.told += 1
    key = title = f"story-{scene.told}"
    await scene.publish(sequence, key)
    # The create itself is spared: whether it was done would be another question.
    for wire, cuts, spared in zip(scene.wires, (first, second), (CREATE, ""), strict=True):
        if cuts:
            (number, moment), *then = cuts
            wire.cut_at(number, moment, *then, behind=spared)
    reply = await scene.api.post("posts:create", {"title": title}, triggerWorkflows=key)
    await scene.settle()

    assert await scene.fate(reply.workflows[0]["executionId"], title) == expected
