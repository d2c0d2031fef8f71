"""The executions that one process works on: what it captured itself, and what it claims.

An execution captured here is leased to this process by the row's own insert, so it starts right
after the commit without a claim.  What no process holds is claimed in batches, woken by NOTIFY
with a poll as the net under it.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import asyncpg
import structlog

from ensuite.errors import DatabaseUnavailable
from ensuite.ids import ExecutionId, WorkflowId
from ensuite.storage.database import Database
from ensuite.storage.sqlstates import DATABASE_TROUBLE, is_connection_loss
from ensuite.workflow import executions
from ensuite.workflow.admission import Admission
from ensuite.workflow.bindings import Bindings
from ensuite.workflow.captured import Captured, chain_of
from ensuite.workflow.executions import LEASE, Claim
from ensuite.workflow.journal import Journal, LeaseLost
from ensuite.workflow.leases import Fetch, Leases
from ensuite.workflow.notices import Notices, named_in
from ensuite.workflow.outcome import EndReason, Status
from ensuite.workflow.places import Places
from ensuite.workflow.progress import Progress
from ensuite.workflow.revisions import Revisions
from ensuite.workflow.runner import Means, Ran, Run
from ensuite.workflow.selection import Start

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
LEAST_IDLE_SECONDS = 0.005
SOON = timedelta(seconds=POLL_SECONDS)
CLAIM_BATCH = 64
MAX_BACKLOG = 4_000
"""Executions that wait here for a place; beyond it captures are left to whoever has room."""

MAX_TAKEOVERS = 100
"""Workers that may die while they are at an execution; then it is what kills them, and ends."""


class Dispatcher:
    """Runs executions in this process, `concurrency` at a time."""

    def __init__(
        self,
        database: Database,
        means: Means,
        bindings: Callable[[], Bindings],
        *,
        owner: str,
        concurrency: int,
        signs: Fetch,
        works: bool = True,
    ) -> None:
        self.owner = owner
        self.leases = Leases(database, signs, means.clock, owner, self._stop_here)
        self._notices = Notices(database, self.wake)
        self.admission = Admission(database, means.clock, self._notices.ready_soon)
        self._works = works
        self._database = database
        self.means = means
        self._revisions = Revisions(database, means.clock, bindings)
        self._places = Places(concurrency, self._run, self._has_run)
        # Requests that run an execution themselves.
        self._callers: dict[ExecutionId, asyncio.Task[Any] | None] = {}
        self._stopped: set[ExecutionId] = set()
        self._wake = asyncio.Event()
        # So few executions running, it is worth to claim again; -1: there were no more.
        self._claim_below = -1
        self._loops: list[asyncio.Task[None]] = []
        self._stopping = False
        self.rested: Callable[[ExecutionId, Status], None] | None = None
        """Told of each execution that has ended or waits, after its commit."""

    # --- life -----------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to claim and to keep leases alive."""
        self._loops = [asyncio.create_task(self.leases.beat_forever(), name="heartbeat")]
        if self._works:
            claims = asyncio.create_task(self._claim_forever(), name="dispatcher-claims")
            self._loops.append(claims)

    async def stop(self, grace_seconds: float = 10.0) -> None:
        """Take nothing more, let what runs finish, and hand back the rest."""
        self._stopping = True
        for loop in self._loops[1:]:
            _ = loop.cancel()
        held = await self._places.close(grace_seconds)
        for loop in self._loops:
            _ = loop.cancel()
        await self.admission.stop()
        _ = await asyncio.gather(*self._loops, return_exceptions=True)
        unsaid = await self._notices.close()
        if await self.leases.hand_back(held) or unsaid:
            await self._notices.ready()

    @property
    def load(self) -> tuple[int, int]:
        """How many executions run here, and how many wait here for a place."""
        return self._places.taken, self._places.waiting

    def wake(self, _: str | None = None) -> None:
        """Look for ready executions now: somebody said that there are some."""
        self._wake.set()

    def heard_of_stopped(self, payload: str | None) -> None:
        """Stop what runs here of the executions that a notification names."""
        for each in named_in(payload):
            self._stop_here(each)

    def announce(self) -> None:
        """Tell all processes, this one too, that an execution has become ready: it is committed."""
        self._notices.ready_soon()

    # --- taking executions ----------------------------------------------------------------

    def has_room_for(self, start: Start) -> bool:
        """Whether an execution that is captured for this start may be leased to this process."""
        # What a caller waits for runs in its request, so it takes no place.
        return start.waits or (
            self._works and not self._stopping and self._places.waiting < MAX_BACKLOG
        )

    def accept(self, captured: Iterable[Captured]) -> None:
        """Start what was captured and committed: at once where it is leased to this process."""
        left = False
        for each in captured:
            if each.claim is not None:
                self._enqueue(each.claim)
            elif each.lane is not None:
                self.admission.wake(each.key, each.lane)
            else:
                left = left or not each.skipped
        if left:
            self._notices.ready_soon()
        self._places.fill()

    def hold(self, captured: Iterable[Captured]) -> None:
        """Keep the leases of captured executions alive that a request runs by itself, in order."""
        for each in captured:
            if each.claim is not None:
                self.leases.hold(each.claim)

    async def run_now(self, captured: Captured) -> Ran | None:
        """Run an execution while its caller waits; None when somebody else goes on with it.

        Raises:
            EnsuiteError: the database is gone; the execution goes on later.

        """
        claim, task = captured.claim, asyncio.current_task()
        assert claim is not None, "a caller waits for what this process holds"
        self._callers[claim.id] = task
        try:
            return await self._carried_out(claim, caller=True)
        except LeaseLost:
            self.means.measures.lost += 1
            return await self._ended_elsewhere(claim)
        except asyncio.CancelledError:
            if claim.id not in self._stopped or task is None or task.uncancel():
                raise
            # The execution was stopped, not the request.
            return await self._ended_elsewhere(claim)
        finally:
            del self._callers[claim.id]
            self._stopped.discard(claim.id)
            self.leases.let_go(claim)

    async def stopped(self, ended: Iterable[asyncpg.Record]) -> None:
        """Stop the tasks of executions whose rows have ended, here and in other processes."""
        rows = list(ended)
        for row in rows:
            self._stop_here(ExecutionId(row["id"]))
            if row["lane_key"] is not None:
                self.admission.wake(row["key"], row["lane_key"])
        await self._notices.stopped(row["id"] for row in rows)

    def _stop_here(self, execution_id: ExecutionId) -> None:
        """Stop the execution's task if it runs in this process: its row is somebody else's now."""
        self._places.stop(execution_id)
        caller = self._callers.get(execution_id)
        if caller is not None and execution_id not in self._stopped:
            self._stopped.add(execution_id)
            _ = caller.cancel()

    def _enqueue(self, claim: Claim) -> None:
        self._places.line_up(claim)
        self.leases.hold(claim)

    async def _run(self, claim: Claim) -> None:
        try:
            ran = await self._carried_out(claim, caller=False)
            if self.rested is not None:
                self.rested(claim.id, ran.status)
        except LeaseLost:
            self.means.measures.lost += 1
            log.info("execution.lease_lost", execution=claim.id)
        except asyncio.CancelledError:
            log.info("execution.interrupted", execution=claim.id)
        except DATABASE_TROUBLE as error:
            # Its lease runs out and somebody goes on from the last commit.
            log.warning("execution.suspended", execution=claim.id, error=str(error))
        except Exception:
            log.exception("execution.raised", execution=claim.id)

    def _has_run(self, claim: Claim) -> None:
        self.leases.let_go(claim)
        if self._places.taken <= self._claim_below:
            self._wake.set()

    async def _carried_out(self, claim: Claim, *, caller: bool) -> Ran:
        ran = await self._ran(claim, caller=caller)
        if claim.lane_key is not None and ran.status is not Status.STARTED:
            self.admission.wake(claim.key, claim.lane_key)
        if ran.until is not None and ran.until - self.means.clock.now() < SOON:
            # The claims' loop may have fallen asleep before, until something later.
            self._wake.set()
        return ran

    async def _ran(self, claim: Claim, *, caller: bool) -> Ran:
        workflow = await self._revisions.of(claim.workflow_id)
        if workflow is None:
            return await self._break_off(claim, Status.ABORTED, EndReason.WORKFLOW_DELETED)
        if claim.takeovers > MAX_TAKEOVERS:
            log.error("execution.kills_workers", execution=claim.id, workflow=claim.key)
            return await self._break_off(claim, Status.ERROR, EndReason.WORKERS_DIED)
        await self._revisions.execute(claim.workflow_id)
        self.means.measures.starts(claim, self.means.clock.now())
        ran = await Run(self.means, claim, workflow, caller=caller).to_rest()
        self.means.measures.rests(ran.status)
        return ran

    async def _break_off(self, claim: Claim, status: Status, reason: EndReason) -> Ran:
        means = self.means
        journal = Journal(claim, Progress(), means.records, means.clock, means.next_id)
        _ = await journal.break_off(status, reason)
        means.measures.rests(status)
        return Ran(status)

    async def _ended_elsewhere(self, claim: Claim) -> Ran | None:
        """What an execution came to that was cancelled, or taken over, while it ran here."""
        row = await self._database.fetchrow(
            "SELECT status FROM ensuite.executions WHERE id = $1 AND status <> 0", claim.id
        )
        return None if row is None else Ran(Status(row["status"]))

    # --- claiming and leases --------------------------------------------------------------

    async def _claim_forever(self) -> None:
        sweep_at = self.means.clock.now()
        while True:
            woken = self._wake.is_set()
            if not woken:
                with suppress(TimeoutError):
                    async with asyncio.timeout(await self._idle_seconds()):
                        woken = await self._wake.wait()
            self._wake.clear()
            try:
                now = self.means.clock.now()
                # Also where there is always something to claim, time makes something due.
                if not woken or now >= sweep_at:
                    sweep_at = now + SOON
                    await self.admission.sweep()
                while await self._claim_once() == CLAIM_BATCH:
                    pass
            except DATABASE_TROUBLE as error:
                if not (is_connection_loss(error) or isinstance(error, DatabaseUnavailable)):
                    log.exception("dispatcher.claim_failed")

    async def _idle_seconds(self) -> float:
        """How long to wait for a sign that there is something: until something is due by itself."""
        now = self.means.clock.now()
        due = [self.admission.due]
        with suppress(*DATABASE_TROUBLE):
            due.append((await self._database.fetch(executions.NEXT_READY, now))[0]["min"])
        seconds = [(each - now).total_seconds() for each in due if each is not None]
        return max(LEAST_IDLE_SECONDS, min([POLL_SECONDS, *seconds]))

    async def _claim_once(self) -> int:
        # What waits here while places are free waits for its own workflow's share: no reason to
        # leave the others' executions alone.
        room = min(CLAIM_BATCH, self._places.count - self._places.taken)
        if room <= 0 or self._stopping:
            self._claim_below = self._places.count // 2
            return 0
        now = self.means.clock.now()
        full = self._places.full()
        own = self.leases.run_out_unnoticed(now)
        rows = await self._database.fetch(
            executions.CLAIM, self.owner, now + LEASE, now, full, room, own
        )
        for row in rows:
            self.means.measures.taken_over += row["held_by"] is not None
            # Claimed again here, after its lease had run out here: who is at it has lost it.
            self._stop_here(ExecutionId(row["id"]))
            self._enqueue(
                Claim(
                    id=ExecutionId(row["id"]),
                    workflow_id=WorkflowId(row["workflow_id"]),
                    key=row["key"],
                    fence=row["fence"],
                    context=row["context"],
                    started_at=row["started_at"],
                    fresh=row["fence"] == 1 and row["rerun_of"] is None,
                    manually=row["manually"],
                    stack=chain_of(row["stack"]),
                    lane_key=row["lane_key"],
                    takeovers=row["takeovers"],
                    traceparent=row["traceparent"],
                    captured_at=row["created_at"] if row["fence"] == 1 else None,
                )
            )
        self._places.fill()
        # What was left for want of places is claimed when half of them are free again.
        self._claim_below = self._places.taken // 2 if full or len(rows) == room else -1
        return len(rows)
