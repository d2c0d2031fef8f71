"""The places of one process: so many executions run at a time, fairly across workflows."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any

from ensuite.ids import ExecutionId, WorkflowId
from ensuite.workflow.executions import Claim

Run = Callable[[Claim], Coroutine[Any, Any, None]]


class Places:
    """Runs claims as tasks, and keeps in line what finds no place, a line for each workflow."""

    def __init__(self, count: int, run: Run, left: Callable[[Claim], None]) -> None:
        """`run` carries a claim out and raises nothing; `left` is told when its place is free."""
        self._count = count
        self._run = run
        self._left = left
        # No workflow may take every place: a slow one would block the others.
        self._share = max(1, count // 2)
        self._lines: dict[WorkflowId, deque[Claim]] = {}
        self._running: dict[ExecutionId, asyncio.Task[None]] = {}
        self._active: Counter[WorkflowId] = Counter()
        self._closed = False
        self.waiting = 0
        """How many are in line."""

    @property
    def count(self) -> int:
        """How many there are."""
        return self._count

    @property
    def taken(self) -> int:
        """How many executions run."""
        return len(self._running)

    def full(self) -> list[WorkflowId]:
        """The workflows that have their share of the places."""
        return [each for each, active in self._active.items() if active >= self._share]

    def line_up(self, claim: Claim) -> None:
        """Put an execution into its workflow's line."""
        line = self._lines.get(claim.workflow_id)
        if line is None:
            line = self._lines[claim.workflow_id] = deque()
        line.append(claim)
        self.waiting += 1

    def fill(self) -> None:
        """Start what is in line while there are places, one workflow after the other."""
        while self._lines and len(self._running) < self._count and not self._closed:
            workflow_id = next(
                (each for each in self._lines if self._active[each] < self._share), None
            )
            if workflow_id is None:
                return
            line = self._lines.pop(workflow_id)
            claim = line.popleft()
            self.waiting -= 1
            if line:
                self._lines[workflow_id] = line
            self._start(claim)

    def _start(self, claim: Claim) -> None:
        self._active[claim.workflow_id] += 1
        # Twice in line: the earlier one's lease had run out.
        self.stop(claim.id)
        task = asyncio.create_task(self._run(claim), name=f"execution-{claim.id}")
        self._running[claim.id] = task
        # Not in the task itself: cancelled before its first step, it never gets to its end.
        task.add_done_callback(partial(self._has_run, claim))

    def _has_run(self, claim: Claim, task: asyncio.Task[None]) -> None:
        if self._running.get(claim.id) is task:
            del self._running[claim.id]
        self._active[claim.workflow_id] -= 1
        if not self._active[claim.workflow_id]:
            del self._active[claim.workflow_id]
        self.fill()
        self._left(claim)

    def stop(self, execution_id: ExecutionId) -> None:
        """Cancel what runs of this execution."""
        task = self._running.get(execution_id)
        if task is not None:
            _ = task.cancel()

    async def close(self, grace_seconds: float) -> list[ExecutionId]:
        """Start nothing more, and let what runs finish in time; what has not been finished."""
        self._closed = True
        left = [claim.id for claim in self._in_line()]
        self._lines.clear()
        self.waiting = 0
        tasks = {task: each for each, task in self._running.items()}
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace_seconds)
            left += [tasks[task] for task in late]
            for task in late:
                _ = task.cancel()
            if late:
                _ = await asyncio.wait(late)
        return left

    def _in_line(self) -> Iterator[Claim]:
        for line in self._lines.values():
            yield from line
