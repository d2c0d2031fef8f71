"""Watching executions: who subscribes hears of each that is created, claimed or ended.

One task of a process asks the database every 250 ms, and only while somebody listens.  A cursor is
the oldest transaction that was still running when its page was read, and a time from before that
transaction: whatever was not visible then is of a later transaction, so no change is lost however
late it commits, and those in between may be told twice.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import structlog

from ensuite.clock import Clock
from ensuite.data.filters import Filter, Keys
from ensuite.data.query import Query, Selection
from ensuite.errors import EnsuiteError
from ensuite.ids import ExecutionId
from ensuite.schema.collection import Collection
from ensuite.storage.database import Database
from ensuite.storage.sqlstates import DATABASE_TROUBLE
from ensuite.workflow.snapshot import Snapshot

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.25
MAX_SUBSCRIBERS = 100
"""Of one process; further ones try another, or later."""

MAX_QUEUE = 2_000
"""Events that wait for a slow subscriber, beyond what one look finds; then it is cut off."""

MAX_CHANGES = 10_000
"""Changed executions that one look tells one by one; of more it only says that there are many."""

MAX_REMEMBERED = 20_000

OVERLAP = timedelta(seconds=10)
"""How much the clocks of processes and database may differ, and times differ from their order."""

_DELETED = "deleted"
"""In place of the state of an execution that is not there any more."""

_LARGE = frozenset({"context", "output"})

_MARK = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS low,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS high,
    (
        SELECT min(xact_start) FROM pg_stat_activity
        WHERE datname = current_database() AND backend_xid IS NOT NULL
    ) AS oldest
"""

# A row's xmin has 32 bits of its transaction's number; the snapshot says the others.
_CHANGED = """
SELECT e.id, e.status, e.started_at, e.finished_at, e.reason FROM ensuite.executions e
WHERE (e.created_at >= $2 OR e.started_at >= $2 OR e.finished_at >= $2)
    AND $3::bigint - (($3::bigint - e.xmin::text::bigint) & 4294967295) >= $1
LIMIT $4
"""

_STATES = """
SELECT id, status, started_at, finished_at, reason FROM ensuite.executions
WHERE id = ANY($1::bigint[])
"""

_JOBS = """
SELECT id, execution_id, xmin::text AS version FROM ensuite.jobs
WHERE execution_id = ANY($1::bigint[])
"""


class TooManyStreams(EnsuiteError):
    """This process serves 100 streams already; try again after the time in `Retry-After`."""

    code = "TOO_MANY_STREAMS"
    status = 503

    def __init__(self) -> None:
        super().__init__(headers=(("retry-after", "5"),))


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the history of executions."""

    transaction: int
    """What this transaction and later ones wrote may be unknown yet."""
    since: datetime
    """None of them wrote an earlier time."""

    def __str__(self) -> str:
        return f"{self.transaction}.{int(self.since.timestamp() * 1000)}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """A cursor as a client gives it back.

        Raises:
            ValueError: it is none.

        """
        transaction, _, since = text.partition(".")
        if not (transaction + since).isdecimal() or len(transaction) > 18 or len(since) > 14:  # noqa: PLR2004 - digits of eight bytes, and of a time
            raise ValueError("is none that a stream has sent")
        return cls(int(transaction), datetime.fromtimestamp(int(since) / 1000, UTC))


BEGINNING = Cursor(0, datetime.fromtimestamp(0, UTC))


@dataclass(frozen=True, slots=True)
class Event:
    """Something that subscribers hear of: `execution`, `job`, `deleted`, `reset` or `end`."""

    name: str
    value: Mapping[str, Any]
    cursor: Cursor | None = None
    """Where to go on after this event."""


@dataclass(eq=False)
class Subscription:
    """What one subscriber wants to hear, and what it has not heard yet."""

    filter: Filter
    only: frozenset[ExecutionId] | None
    """These executions, which are told with their jobs and all that they hold."""
    cursor: Cursor
    of_deleted: bool = False
    """Whether it hears `deleted` of those that are gone."""
    _events: deque[Event] = field(default_factory=deque[Event])
    _told: dict[int, object] = field(default_factory=dict[int, object])
    _some: asyncio.Event = field(default_factory=asyncio.Event)
    _ended: bool = False

    async def events(self, heartbeat_seconds: float) -> AsyncIterator[Event | None]:
        """The events as they come, None where there was none for so long; ends at the end."""
        while True:
            while self._events:
                yield self._events.popleft()
            if self._ended:
                return
            self._some.clear()
            try:
                async with asyncio.timeout(heartbeat_seconds):
                    _ = await self._some.wait()
            except TimeoutError:
                yield None

    def tell(self, events: Iterable[Event]) -> None:
        """Queue events; who has not read those of before is cut off and may resume."""
        if self._ended:
            return
        if len(self._events) > MAX_QUEUE:
            self.end("slow")
            return
        self._events.extend(events)
        if self._events:
            self._some.set()

    def end(self, reason: str) -> None:
        """Say why, after what is queued, and nothing more."""
        if not self._ended:
            self._events.append(Event("end", {"reason": reason}))
            self._ended = True
            self._some.set()

    def news(self, states: Mapping[int, object]) -> list[int]:
        """The ids whose state this subscriber has not heard of, in order."""
        return [each for each in sorted(states) if self._told.get(each) != states[each]]

    def remember(self, states: Mapping[int, object]) -> None:
        """Note what it has heard now; to forget it only means to tell it again."""
        if len(self._told) > MAX_REMEMBERED:
            self._told.clear()
        self._told.update(states)


class Watcher:
    """Tells the subscribers of this process what happens to executions, in any process."""

    def __init__(self, database: Database, snapshot: Callable[[], Snapshot], clock: Clock) -> None:
        self._database = database
        self._snapshot = snapshot
        self._clock = clock
        self._subscriptions: set[Subscription] = set()
        self._task: asyncio.Task[None] | None = None
        self._oldest: datetime | None = None
        self._stopping = False

    def __len__(self) -> int:
        return len(self._subscriptions)

    async def subscribe(
        self,
        filter_: Filter,
        only: frozenset[ExecutionId] | None,
        cursor: Cursor | None,
        *,
        of_deleted: bool = False,
    ) -> Subscription:
        """Listen from a cursor on, or from now on; `unsubscribe` afterwards.

        Raises:
            TooManyStreams: the process has no room for one more, or is stopping.

        """
        if self._stopping or len(self._subscriptions) >= MAX_SUBSCRIBERS:
            raise TooManyStreams
        one = Subscription(filter_, only, cursor or BEGINNING, of_deleted)
        # In the set before anything is awaited, so that the bound holds.
        self._subscriptions.add(one)
        try:
            if cursor is None and only is None:
                one.cursor, _ = self._cursor(await self._database.fetchrow(_MARK))
        except BaseException:
            self.unsubscribe(one)
            raise
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch(), name="execution-watch")
        return one

    def unsubscribe(self, one: Subscription) -> None:
        """Listen no more."""
        self._subscriptions.discard(one)

    def stop(self) -> None:
        """End every subscription, and take no more: the process is stopping."""
        self._stopping = True
        for each in self._subscriptions:
            each.end("stopping")
        if self._task is not None:
            _ = self._task.cancel()

    async def _watch(self) -> None:
        while self._subscriptions:
            try:
                await self._look()
            except DATABASE_TROUBLE as error:
                log.warning("watch.failed", error=str(error))
            await asyncio.sleep(POLL_SECONDS)

    async def _look(self) -> None:
        some = [each for each in self._subscriptions if each.only]
        if some:
            await self._tell_of_some(some)
        many = [each for each in self._subscriptions if each.only is None]
        if many:
            await self._tell_of_many(many)

    def _cursor(self, mark: asyncpg.Record | None) -> tuple[Cursor, int]:
        """The cursor that a mark of the database stands for, and the next transaction's number."""
        assert mark is not None, "the statement gives one row"
        # With the oldest of the look before: it may have ended between snapshot and statistics.
        known = [each for each in (mark["oldest"], self._oldest) if each is not None]
        self._oldest = mark["oldest"]
        since = min([*known, self._clock.now()]) - OVERLAP
        return Cursor(mark["low"], since), mark["high"]

    async def _tell_of_many(self, subscriptions: Sequence[Subscription]) -> None:
        changed: dict[Cursor, Sequence[asyncpg.Record]] = {}
        async with self._database.transaction(isolation="repeatable_read") as tx:
            # All from one snapshot, so that everybody goes on from the same cursor.
            cursor, high = self._cursor(await tx.fetchrow(_MARK))
            for each in {each.cursor for each in subscriptions}:
                changed[each] = await tx.fetch(
                    _CHANGED, each.transaction, each.since, high, MAX_CHANGES + 1
                )
        for each in subscriptions:
            rows = changed[each.cursor]
            if len(rows) > MAX_CHANGES:
                each.tell([Event("reset", {}, cursor)])
            elif fresh := each.news(states := _states(rows)):
                found = await self._executions(each.filter & _by_id(fresh), large=False)
                # Who hangs up in the middle has to hear all of these again.
                cursors = [*[each.cursor] * (len(found) - 1), cursor]
                told = zip(found, cursors, strict=False)
                each.tell(Event("execution", record, at) for record, at in told)
                each.remember(states)
            each.cursor = cursor

    async def _tell_of_some(self, subscriptions: Sequence[Subscription]) -> None:
        wanted = {each: each.only or frozenset() for each in subscriptions}
        ids = list(frozenset[ExecutionId]().union(*wanted.values()))
        states = _states(await self._database.fetch(_STATES, ids))
        jobs = await self._database.fetch(_JOBS, ids)
        for each, only in wanted.items():
            own: dict[int, object] = {
                row["id"]: row["version"] for row in jobs if row["execution_id"] in only
            }
            own |= {id_: state for id_, state in states.items() if id_ in only}
            if each.of_deleted:
                own |= {id_: _DELETED for id_ in only if id_ not in states}
            fresh = each.news(own)
            if not fresh:
                continue
            changed = [id_ for id_ in fresh if id_ in only and id_ in states]
            executions = (
                await self._executions(each.filter & _by_id(changed), large=True) if changed else []
            )
            told = await self._jobs([id_ for id_ in fresh if id_ not in only])
            # Jobs first: who sees the execution's end has seen all that led to it.
            each.tell(Event("job", record, BEGINNING) for record in told)
            each.tell(Event("execution", record, BEGINNING) for record in executions)
            gone = [id_ for id_ in fresh if own[id_] is _DELETED]
            each.tell(Event("deleted", {"id": id_}) for id_ in gone)
            each.remember(own)

    async def _executions(self, which: Filter, *, large: bool) -> list[dict[str, Any]]:
        collection = self._collection("executions")
        names = [name for name in collection.visible if large or name not in _LARGE]
        return await self._find(collection, Selection(tuple(names), self._appended()), which)

    def _appended(self) -> dict[str, Selection]:
        """What a list shows beside an execution's own fields."""
        number = Selection(self._collection("workflowVersions").visible)
        return {
            "workflow": Selection(("id", "key", "title"), {"version": number}),
            "user": Selection(("id", "nickname", "username", "email")),
            "step": Selection(self._collection("executionSteps").visible),
        }

    async def _jobs(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        if not ids:
            return []
        collection = self._collection("jobs")
        return await self._find(collection, Selection(collection.visible), _by_id(ids))

    def _collection(self, name: str) -> Collection:
        return self._snapshot().catalog[name]

    async def _find(
        self, collection: Collection, selection: Selection, which: Filter
    ) -> list[dict[str, Any]]:
        found = await self._snapshot().records.reader().find(collection, Query(selection, which))
        return sorted(found, key=lambda record: record["id"])


def _by_id(ids: Sequence[int | None]) -> Filter:
    return Filter(Keys("id"), (list(ids),))


def _states(rows: Sequence[asyncpg.Record]) -> dict[int, object]:
    """What subscribers see of executions besides what never changes, by their ids."""
    return {
        row["id"]: (row["status"], row["started_at"], row["finished_at"], row["reason"])
        for row in rows
    }
