"""One request on its way to a handler, and what a handler answers."""

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from ensuite import tracing
from ensuite.access.actor import Actor
from ensuite.access.attempts import Attempts
from ensuite.api.choice import Choice
from ensuite.api.errands import Errands
from ensuite.api.grammar import Address, Parameters
from ensuite.clock import Clock
from ensuite.data.changes import Operation
from ensuite.data.dates import Zone
from ensuite.data.records import Planned, Written
from ensuite.errors import InvalidParameter
from ensuite.ids import IdGenerator
from ensuite.settings import Settings
from ensuite.storage.database import Database, Transaction
from ensuite.tracing import Span, Tracer, part, within
from ensuite.workflow.awaited import Awaited
from ensuite.workflow.dispatcher import Dispatcher
from ensuite.workflow.snapshot import Snapshot, SnapshotKeeper
from ensuite.workflow.watch import Watcher

WRITE = "write"
"""The part of a request in which its records and executions are written and committed."""

UNTRACED = nullcontext()


@dataclass(frozen=True)
class Means:
    """What handlers work with; one per process, made by the composition root."""

    settings: Settings
    secret: str
    database: Database
    snapshots: SnapshotKeeper
    dispatcher: Dispatcher
    watcher: Watcher
    awaited: Awaited
    errands: Errands
    ids: IdGenerator
    clock: Clock
    attempts: Attempts
    forget_actors: Callable[[], Awaitable[None]]
    """Called after users, their roles or tokens changed: all processes look again."""
    life_lock: int
    """The advisory lock by which others see that this process runs."""
    under_keys: dict[tuple[int, str], bytes] = field(default_factory=dict)
    """The idempotency keys of calls that this process carries out now, with their requests."""
    tracer: Tracer | None = None
    """Makes the spans of requests; None: nobody traces."""


@dataclass(slots=True)
class Call:
    """One authenticated request (anonymous only where the action is public)."""

    id: int
    address: Address
    parameters: Parameters
    body: bytes
    headers: Mapping[bytes, bytes]
    means: Means
    snapshot: Snapshot
    maybe_actor: Actor | None = None
    token: str | None = None
    wrote: bool = False
    """Something is committed: from here on the call cannot be tried again."""
    choice: Choice | None = None
    """What the caller chose by headers; None: nothing."""
    span: Span | None = None
    """Its part of a trace; None: nobody traces."""

    @property
    def actor(self) -> Actor:
        """Who calls; the endpoint has checked that there is somebody."""
        assert self.maybe_actor is not None, "only public actions have no actor"
        return self.maybe_actor

    @property
    def zone(self) -> Zone:
        """The time zone of the client: what dates in filters mean."""
        given = self.headers.get(b"x-timezone", b"").decode("latin-1")
        try:
            return Zone.named(given or None, self.means.clock.now())
        except ValueError as error:
            message = f"X-Timezone {error}"
            raise InvalidParameter(message) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Transaction]:
        """The transaction of a write on records; under a key it is carried out once.

        Raises:
            KeyTaken: it has been carried out already.

        """
        once = None if self.choice is None else self.choice.once
        traced = UNTRACED if self.span is None else part(self.span, WRITE)
        with traced:
            async with self.means.database.transaction() as tx:
                if once is not None:
                    await once.claim_in(tx)
                yield tx
                if once is not None:
                    await once.complete_in(tx)

    def write(self, planned: Planned) -> Awaitable[Written]:
        """Write a planned record with what rides along, and commit.

        Raises:
            EnsuiteError: the database refused it; nothing was written.

        """
        writing = self.snapshot.records.create_planned(planned)
        return writing if self.span is None else within(self.span, WRITE, writing)

    def renew(self, snapshot: Snapshot) -> None:
        """Go on with another snapshot, and tell the same listener of changes."""
        once = None if self.choice is None else self.choice.once
        if once is not None:
            snapshot = replace(snapshot, records=snapshot.records.heard_by([once]))
        self.snapshot = snapshot

    def operation(self, action: str, wanted: object = None) -> Operation:
        """The operation that this call is."""
        if self.span is None and b"traceparent" not in self.headers:
            return Operation(self.id, action, self.maybe_actor, "request", wanted)
        trace = self.traceparent
        return Operation(self.id, action, self.maybe_actor, "request", wanted, traceparent=trace)

    @property
    def traceparent(self) -> str | None:
        """What its executions are parts of: its own span, or else the client's trace, if any."""
        if self.span is not None:
            return self.span.traceparent
        given = self.headers.get(b"traceparent")
        return None if given is None else tracing.accepted(given)


@dataclass(slots=True)
class Answer:
    """What a handler answers; `body` wins over `content`, which is encoded as JSON.

    With `stream`, neither counts: its parts are sent as they come, until it ends, the client hangs
    up or the session is over.
    """

    content: Any = None
    body: bytes | None = None
    status: int = 200
    headers: Sequence[tuple[bytes, bytes]] = ()
    content_type: bytes = b"application/json; charset=utf-8"
    stream: AsyncIterator[bytes] | None = None


def enveloped(data: Any, meta: Mapping[str, Any] | None = None) -> Answer:
    """The usual envelope: `{data, meta?}`."""
    return Answer({"data": data} if meta is None else {"data": data, "meta": meta})


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """A handler, and who may call it."""

    handler: Handler
    permission: str | None
    """A snippet such as `pm.workflow.workflows`; None: every signed-in user."""
    public: bool = False
    writes: bool = True
    """Whether it changes something: then GET is refused."""
    summary: str = ""
    streams: bool = False
    """Whether a browser's `EventSource` calls it, which sends no headers: `role` is a parameter."""
    secret: bool = False
    """Whether its answer holds what must not be stored."""


@dataclass
class Routes:
    """The actions of the system's own resources, by resource and action."""

    by_name: dict[tuple[str, str], Route] = field(default_factory=dict)

    def add(
        self,
        resource: str,
        action: str,
        *,
        permission: str | None = None,
        public: bool = False,
        writes: bool = True,
        streams: bool = False,
        secret: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Register a handler; its docstring's first line is what the reference says of it."""

        def register(handler: Handler) -> Handler:
            place = (resource, action)
            assert place not in self.by_name, f"two handlers for {place}"
            summary = (handler.__doc__ or "").splitlines()[0]
            self.by_name[place] = Route(
                handler, permission, public, writes, summary, streams, secret
            )
            return handler

        return register


routes = Routes()
"""Filled by the modules of this package; an association resource is `roles.resources`."""
