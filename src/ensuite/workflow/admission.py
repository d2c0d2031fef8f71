"""Admission: executions that their workflow holds back are let in, one workflow at a time.

Who admits some holds the lock of the workflow's gate, so that no two processes count the same
places.  It happens when one is captured, when one ends, and every second for what time makes due or
a crash has left behind; an admitted execution is claimed like any other.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import structlog

from ensuite.clock import Clock
from ensuite.ids import ExecutionId
from ensuite.storage.database import Database, Transaction
from ensuite.storage.sqlstates import DATABASE_TROUBLE
from ensuite.workflow.flow import Decision, Gate, Lane, decide, places_left
from ensuite.workflow.options import FlowControl, stored
from ensuite.workflow.outcome import Status

log = structlog.get_logger(__name__)

MAX_LANES = 1_000
"""Lanes that one look weighs; where there are more, it looks again."""

MAX_DROPPED = 10_000
"""Executions that one look ends without having run."""

MAX_WOKEN = 1_000
"""Lanes of one workflow that wait here to be looked at; beyond it all of them are."""

# A loose scan: one probe of the index for each key, however many executions it holds.
_HELD_KEYS = """
WITH RECURSIVE held (key) AS (
    (
        SELECT key FROM ensuite.executions WHERE status IS NULL AND lane_key IS NOT NULL
        ORDER BY key LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT e.key FROM ensuite.executions e
        WHERE e.status IS NULL AND e.lane_key IS NOT NULL AND e.key > held.key
        ORDER BY e.key LIMIT 1
    )
    FROM held WHERE held.key IS NOT NULL
)
SELECT key FROM held WHERE key IS NOT NULL
"""

_EVERY_LANE = """
(
    WITH RECURSIVE lanes (lane_key) AS (
        (
            SELECT lane_key FROM ensuite.executions
            WHERE key = $1 AND status IS NULL AND lane_key IS NOT NULL
            ORDER BY lane_key LIMIT 1
        )
        UNION ALL
        SELECT (
            SELECT e.lane_key FROM ensuite.executions e
            WHERE e.key = $1 AND e.status IS NULL AND e.lane_key > lanes.lane_key
            ORDER BY e.lane_key LIMIT 1
        )
        FROM lanes WHERE lanes.lane_key IS NOT NULL
    )
    SELECT lane_key FROM lanes WHERE lane_key IS NOT NULL
)
"""

_LANES = """
SELECT l.lane_key, oldest.id AS oldest, oldest.lane_position, newest.id AS newest,
    newest.created_at, newest.lane_position AS last_position,
    EXISTS (
        SELECT 1 FROM ensuite.executions a
        WHERE a.key = $1 AND a.lane_key = l.lane_key AND a.status = 0
    ) AS busy
FROM {lanes} AS l (lane_key)
CROSS JOIN LATERAL (
    SELECT e.id, e.lane_position FROM ensuite.executions e
    WHERE e.key = $1 AND e.lane_key = l.lane_key AND e.status IS NULL
    ORDER BY e.lane_position LIMIT 1
) AS oldest
CROSS JOIN LATERAL (
    SELECT e.id, e.created_at, e.lane_position FROM ensuite.executions e
    WHERE e.key = $1 AND e.lane_key = l.lane_key AND e.status IS NULL
    ORDER BY e.lane_position DESC LIMIT 1
) AS newest
ORDER BY oldest.lane_position LIMIT $2
"""

_GATE = "SELECT period_began, started FROM ensuite.flow_gates WHERE key = $1 FOR UPDATE"

_SIDE_BY_SIDE = """
UPDATE ensuite.executions SET status = 0, ready_at = $2
WHERE id IN (
    SELECT id FROM ensuite.executions
    WHERE key = $1 AND status IS NULL AND lane_key IS NOT NULL
    ORDER BY lane_key, lane_position LIMIT $3
    FOR UPDATE
)
RETURNING id
"""

_ADMIT = """
UPDATE ensuite.executions SET status = 0, ready_at = $2
WHERE id = ANY($1::bigint[]) AND status IS NULL
RETURNING id
"""

_DROP = """
UPDATE ensuite.executions SET status = $5, reason = $4, finished_at = $6
WHERE id IN (
    SELECT id FROM ensuite.executions
    WHERE key = $1 AND lane_key = $2 AND status IS NULL AND id IS DISTINCT FROM $3
        AND lane_position <= $8
    LIMIT $7
)
"""


class Admission:
    """Lets in what the workflows of one process hold back."""

    def __init__(self, database: Database, clock: Clock, admitted: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._admitted = admitted
        # Lanes to look at, by workflow; None: all of them.
        self._woken: dict[str, set[str] | None] = {}
        self._task: asyncio.Task[None] | None = None
        self.due: datetime | None = None
        """When the next look is worth it although nothing happens."""

    def wake(self, key: str, lane: str | None = None) -> None:
        """Something has happened in a lane of this workflow; None: perhaps in all of them."""
        lanes = self._woken.setdefault(key, set())
        if lane is None or lanes is None or len(lanes) >= MAX_WOKEN:
            self._woken[key] = None
        else:
            lanes.add(lane)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look(), name="admission")

    async def sweep(self) -> None:
        """Look at every workflow that holds executions, but for those that others look at."""
        self.due = None
        for row in await self._database.fetch(_HELD_KEYS):
            await self._admit(row["key"], None, waits=False)

    async def stop(self) -> None:
        """Let what it is at finish."""
        if self._task is not None:
            _ = await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self) -> None:
        while self._woken:
            key, lanes = self._woken.popitem()
            try:
                await self._admit(key, lanes, waits=True)
            except DATABASE_TROUBLE as error:
                # The next sweep finds them.
                log.warning("admission.failed", workflow=key, error=str(error))

    async def _admit(self, key: str, lanes: set[str] | None, *, waits: bool) -> None:
        more = True
        while more:
            async with self._database.transaction() as tx:
                gate = await _locked(tx, key, self._clock.now(), waits=waits)
                if gate is None:
                    return
                count, more = await self._admit_some(tx, key, lanes, gate)
            # Committed: only now somebody can claim them.
            if count:
                self._admitted()

    async def _admit_some(
        self, tx: Transaction, key: str, lanes: set[str] | None, gate: Gate
    ) -> tuple[int, bool]:
        """Let in what may come in: how many, and whether it is worth to look again at once."""
        now = self._clock.now()
        flow = await _flow(tx, key)
        gate = gate.at(flow.rate, now)
        active = await _active(tx, key) if flow.concurrency else 0
        places = places_left(flow, active, gate)
        if places == 0 and flow.mode == "queue":
            self._note_due(gate.opens(flow.rate) if flow.rate.limit else None)
            return 0, False
        if flow.is_serial:
            # With a limit over all lanes, an end in one of them lets in another one's.
            found = await lanes_of(tx, key, None if flow.limits_all else lanes)
            decision = decide(flow, found, places, now)
            ids = await carry_out(tx, key, decision, now)
            more = len(found) == MAX_LANES and bool(ids or decision.dropped)
            self._note_due(decision.due)
        else:
            limit = MAX_LANES if places is None else min(places, MAX_LANES)
            ids = [row["id"] for row in await tx.fetch(_SIDE_BY_SIDE, key, now, limit)]
            more = len(ids) == MAX_LANES
        if flow.rate.limit:
            _ = await tx.execute(
                "UPDATE ensuite.flow_gates SET period_began = $2, started = $3 WHERE key = $1",
                key,
                gate.period_began,
                gate.started + len(ids),
            )
            self._note_due(gate.opens(flow.rate))
        return len(ids), more

    def _note_due(self, moment: datetime | None) -> None:
        if moment is not None and (self.due is None or moment < self.due):
            self.due = moment


async def _locked(tx: Transaction, key: str, now: datetime, *, waits: bool) -> Gate | None:
    """The workflow's gate, locked until the transaction ends; None: somebody else holds it."""
    select = _GATE if waits else f"{_GATE} SKIP LOCKED"
    row = await tx.fetchrow(select, key)
    if row is None:
        made = await tx.fetchval(
            "INSERT INTO ensuite.flow_gates (key, period_began, started) VALUES ($1, $2, 0)"
            " ON CONFLICT DO NOTHING RETURNING key",
            key,
            now,
        )
        row = await tx.fetchrow(select, key) if made or waits else None
    return None if row is None else Gate(row["period_began"], row["started"])


async def _flow(tx: Transaction, key: str) -> FlowControl:
    """What holds a workflow's executions back now; one that is gone holds nothing back."""
    given = await tx.fetchval(
        "SELECT options FROM ensuite.workflows WHERE key = $1 AND current", key
    )
    return FlowControl() if given is None else stored(json.loads(given)).flow


async def _active(tx: Transaction, key: str) -> int:
    return await tx.fetchval(
        "SELECT count(*) FROM ensuite.executions"
        " WHERE key = $1 AND lane_key IS NOT NULL AND status = 0",
        key,
    )


async def lanes_of(tx: Transaction, key: str, lanes: set[str] | None) -> list[Lane]:
    """The lanes of a workflow in which something is held, or those among the ones named."""
    some = "unnest($3::text[])"
    sql = _LANES.format(lanes=_EVERY_LANE if lanes is None else some)
    chosen: list[Any] = [] if lanes is None else [sorted(lanes)]
    return [
        Lane(
            key=row["lane_key"],
            busy=row["busy"],
            oldest=ExecutionId(row["oldest"]),
            newest=ExecutionId(row["newest"]),
            position=row["lane_position"],
            last_position=row["last_position"],
            newest_at=row["created_at"],
        )
        for row in await tx.fetch(sql, key, MAX_LANES, *chosen)
    ]


async def carry_out(tx: Transaction, key: str, decision: Decision, now: datetime) -> Sequence[int]:
    """Let in and drop what was decided; the ids of those let in."""
    for each in decision.dropped:
        _ = await tx.execute(
            _DROP,
            key,
            each.lane,
            each.kept,
            each.reason,
            Status.CANCELED,
            now,
            MAX_DROPPED,
            each.up_to,
        )
    if not decision.admitted:
        return ()
    return [row["id"] for row in await tx.fetch(_ADMIT, [*decision.admitted], now)]
