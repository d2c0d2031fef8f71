"""Housekeeping: what is over its age is deleted, a little at a time.

Ended executions are kept as long as their workflow says (`retention`), other rows as long as
`Expiring` says.  One process at a time does it, under a lock of the database that each batch takes
anew, so that nothing is left behind by a process that dies.  A batch is a short transaction, and
rows that somebody else holds are left for another time.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from ensuite.clock import Clock
from ensuite.ids import ExecutionId, first_id_of
from ensuite.storage.database import Database, Transaction
from ensuite.storage.sqlstates import DATABASE_TROUBLE
from ensuite.workflow.deletion import delete_executions, hanging_rows
from ensuite.workflow.outcome import Status
from ensuite.workflow.retention import Retention, Rules, retention_of

log = structlog.get_logger(__name__)

SWEEP_MINUTES = 10
FIRST_SWEEP_MINUTES = 1
"""After its start a process has better things to do."""

MAX_ROWS = 1_000
"""Rows that one transaction looks at and deletes; an execution that has more goes alone."""

PAUSE_SECONDS = 0.02
"""Between two batches, for those who wait for the database."""

LOOK_SECONDS = 1.0
FULL_SWEEP = timedelta(days=1)
"""After it everything is looked at again: also what was locked when its turn came."""

HOUSEKEEPING_LOCK = 0x656E73686F757365  # "enshouse"

ENDED = tuple(status for status in Status if status != Status.STARTED)
BEGINNING = (datetime.fromtimestamp(0, UTC), 0)

_RULES = "SELECT key, options FROM ensuite.workflows WHERE current"

_PAGE = """
SELECT id, key, finished_at FROM ensuite.executions
WHERE status = $1 AND finished_at >= $2 AND finished_at < $4 AND (finished_at, id) > ($2, $3)
ORDER BY finished_at, id LIMIT $5
"""

_LOCKED = """
SELECT id FROM ensuite.executions
WHERE id = ANY($1::bigint[]) AND status <> 0 ORDER BY id FOR UPDATE SKIP LOCKED
"""


@dataclass(frozen=True, slots=True)
class Expiring:
    """A table whose rows are deleted when a time of theirs is so long past."""

    table: str
    moment: str
    """The column with the time; it has an index, or the table is small."""
    keep: timedelta = timedelta(0)
    by_id: bool = False
    """Ids grow with time: where `moment` has no index, the primary key finds the oldest rows."""

    @property
    def deletion(self) -> str:
        """Deletes a batch: `$1` is the latest time that is over, `$2` how many rows at most."""
        oldest, order = ("id < $3 AND ", "id") if self.by_id else ("", self.moment)
        return (
            f"DELETE FROM {self.table} WHERE ctid = ANY(ARRAY("  # noqa: S608 - names of our own
            f"SELECT ctid FROM {self.table} WHERE {oldest}{self.moment} < $1"
            f" ORDER BY {order} LIMIT $2 FOR UPDATE SKIP LOCKED))"
        )


EXPIRING = (
    Expiring("ensuite.revoked_tokens", "expires_at"),
    # Of processes that did not end in order.
    Expiring("ensuite.processes", "seen_at", timedelta(hours=1)),
    Expiring("ensuite.idempotency_keys", "created_at", timedelta(hours=24)),
)
"""Besides executions and changes, of which settings say how long they are kept.

A table that this database does not have is passed over.
"""


@dataclass(frozen=True, slots=True)
class Keep:
    """How long this server keeps what it writes."""

    executions: Retention
    changes: timedelta | None = None
    """None: for ever."""

    @property
    def expiring(self) -> Sequence[Expiring]:
        """The tables that lose rows besides the executions."""
        if self.changes is None:
            return EXPIRING
        changes = Expiring("ensuite.record_changes", "created_at", self.changes, by_id=True)
        return (*EXPIRING, changes)


class NotOurTurn(Exception):
    """Another process is at it."""


@dataclass
class Housekeeper:
    """Deletes what is over its age, for as long as the process lives."""

    database: Database
    clock: Clock
    keep: Keep
    batch: int = MAX_ROWS
    """Rows that one transaction deletes, unless a single execution has more."""
    deleted: int = 0
    """Rows so far, but not the jobs that went with their executions."""
    _due: datetime = field(init=False)
    _rules: Rules | None = None
    # How far each pass has come; what is before it was deleted, locked, or of another period.
    _reached: dict[tuple[int, timedelta], tuple[datetime, int]] = field(
        default_factory=dict[tuple[int, timedelta], tuple[datetime, int]]
    )
    _begun: datetime | None = None
    _task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self._due = self.clock.now() + timedelta(minutes=FIRST_SWEEP_MINUTES)

    def start(self) -> None:
        """Begin to look, every second, whether a sweep is due."""
        self._task = asyncio.create_task(self._sweep_forever(), name="housekeeping")

    async def stop(self) -> None:
        """Sweep no more; a batch under way is undone."""
        if self._task is not None:
            _ = self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = self.clock.now()
            if now < self._due:
                continue
            self._due = now + timedelta(minutes=SWEEP_MINUTES)
            try:
                deleted = await self.sweep()
            except DATABASE_TROUBLE as error:
                log.warning("housekeeping.failed", error=str(error))
            else:
                if deleted:
                    log.info("housekeeping.deleted", rows=deleted)

    async def sweep(self) -> int:
        """Delete all that is over its age now; gives the number of rows, but not of jobs.

        Where another process is at it, this one leaves the rest to that.
        """
        now, before = self.clock.now(), self.deleted
        try:
            for each in self.keep.expiring:
                await self._expire(each, now)
            rules = await self._read_rules(now)
            for status in ENDED:
                for period in rules.periods(status):
                    await self._retire(rules, status, period, now)
        except NotOurTurn:
            pass
        return self.deleted - before

    @asynccontextmanager
    async def _batch(self) -> AsyncGenerator[Transaction]:
        """A transaction in which this process alone keeps house.

        Raises:
            NotOurTurn: another one does.

        """
        async with self.database.transaction() as tx:
            if not await tx.fetchval("SELECT pg_try_advisory_xact_lock($1)", HOUSEKEEPING_LOCK):
                raise NotOurTurn
            yield tx

    async def _expire(self, rows: Expiring, now: datetime) -> None:
        over = now - rows.keep
        arguments = (over, self.batch, first_id_of(over)) if rows.by_id else (over, self.batch)
        while True:
            async with self._batch() as tx:
                if not await tx.fetchval("SELECT to_regclass($1)", rows.table):
                    return
                tag = await tx.execute(rows.deletion, *arguments)
            count = int(tag.rpartition(" ")[2])
            self.deleted += count
            if count < self.batch:
                return
            await asyncio.sleep(PAUSE_SECONDS)

    async def _read_rules(self, now: datetime) -> Rules:
        rows = await self.database.fetch(_RULES)
        server = self.keep.executions
        found = {row["key"]: retention_of(json.loads(row["options"]), server) for row in rows}
        own = {key: retention for key, retention in found.items() if retention != server}
        rules = Rules(server, own)
        if rules != self._rules or self._begun is None or now >= self._begun + FULL_SWEEP:
            self._reached.clear()
            self._rules, self._begun = rules, now
        return rules

    async def _retire(self, rules: Rules, status: int, period: timedelta, now: datetime) -> None:
        """Delete the executions with this status that ended before `period` and may go by now."""
        place = (status, period)
        while True:
            async with self._batch() as tx:
                since = self._reached.get(place, BEGINNING)
                page = await tx.fetch(_PAGE, status, *since, now - period, self.batch)
                over = [
                    row
                    for row in page
                    if rules.is_over(row["key"], status, row["finished_at"], now)
                ]
                ids = [ExecutionId(row["id"]) for row in over]
                ids = affordable(ids, await hanging_rows(tx, ids), self.batch)
                free = [ExecutionId(row["id"]) for row in await tx.fetch(_LOCKED, ids)]
                deleted = await delete_executions(tx, free)
            self.deleted += deleted
            # What one transaction could not afford is left to the next.
            all_of_it = len(ids) == len(over)
            if page:
                last = page[-1] if all_of_it else over[len(ids) - 1]
                self._reached[place] = (last["finished_at"], last["id"])
            if all_of_it and len(page) < self.batch:
                return
            await asyncio.sleep(PAUSE_SECONDS)


def affordable(
    ids: Sequence[ExecutionId], rows: Mapping[ExecutionId, int], most: int
) -> list[ExecutionId]:
    """The first executions that have no more rows together than one transaction deletes."""
    chosen: list[ExecutionId] = []
    left = most
    for each in ids:
        left -= 1 + rows.get(each, 0)
        if left < 0 and chosen:
            break
        chosen.append(each)
    return chosen
