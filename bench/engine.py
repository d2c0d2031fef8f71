"""The engine alone: how fast it runs what waits for it, how soon, beside how many timers, how long.

Executions are put into the table as a capture leaves them, without a server that would take its
share of the cores; then workers are started, and the rows say when each began and ended.
"""

import asyncio
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import asyncpg

from bench import setting
from bench.load import Request, run
from bench.process import Place, Server
from ensuite.workflow.executions import CLAIM, LEASE

EXECUTIONS = {1: 20_000, 5: 10_000, 20: 4_000}
"""By the number of nodes: what takes a worker some seconds."""

TIMERS = 1_000_000
CONNECTIONS = 16

_QUEUED = """
INSERT INTO ensuite.executions (id, workflow_id, key, event_key, context, ready_at, created_at,
    collection, record_key, action, status, finished_at)
SELECT {first} + n, w.id, w.key, lpad(to_hex({first} + n), 32, '0')::uuid,
    json_build_object('data', json_build_object('id', n, 'title', 'post ' || n)),
    {ready_at}, now(), 'posts', n::text, 'create', {ended}
FROM ensuite.workflows w, generate_series(1, $2::bigint) n
WHERE w.key = $1
"""
OPEN = "NULL::smallint, NULL::timestamptz"
QUEUED = _QUEUED.format(first=1, ready_at="now()", ended=OPEN)
WAITING = _QUEUED.format(
    first=10_000_000, ready_at="now() + interval '1 day' + n * interval '1 ms'", ended=OPEN
)
ENDED = _QUEUED.format(first=10_000_000, ready_at="now()", ended="1, now()")

_SPAN = """
SELECT count(*) FILTER (WHERE finished_at IS NOT NULL) AS ended,
    extract(epoch FROM max(finished_at) - min(started_at))::float8 AS seconds
FROM ensuite.executions WHERE id < 10000000
"""

_LATENCY = """
SELECT extract(epoch FROM j.started_at - e.created_at)::float8 * 1000 AS ms
FROM ensuite.executions e JOIN ensuite.jobs j ON j.execution_id = e.id
"""


def graph(nodes: int) -> list[dict[str, object]]:
    """Calculations, each of the one before, and at the end a record."""
    calculations: list[dict[str, object]] = [
        {
            "type": "calculation",
            "key": f"n{number}",
            "config": {
                "expression": f"jobs.n{number - 1} + 1" if number else "size(context.data.title)"
            },
        }
        for number in range(nodes - 1)
    ]
    values = {"note": "{{$context.data.title}}", "post": "{{$context.data.id}}"}
    create = {"collection": "audit", "params": {"values": values}}
    return [*calculations, {"type": "create", "key": "note", "config": create}]


class Engine:
    """Measures on one data directory, whose collections are there."""

    def __init__(self, here: Place, dsn: str, report: Callable[..., None]) -> None:
        self._here = here
        self._dsn = dsn
        self._report = report

    def prepare(self, server: Server) -> None:
        """The workflows."""
        for nodes in EXECUTIONS:
            setting.workflow(server, key=f"nodes-{nodes}", sync=False, nodes=graph(nodes))

    def rates(self, rounds: int) -> None:
        """Executions a second, by the size of the graph and the number of workers."""
        for nodes, count in EXECUTIONS.items():
            for workers in (1, 2):
                taken = [self._drained(f"nodes-{nodes}", count, workers) for _ in range(rounds)]
                rate = statistics.median(taken)
                self._report(
                    f"executions of {nodes} nodes, {workers} workers",
                    f"{rate:,.0f}/s",
                    "–",
                    met=True,
                    per_second=rate,
                )

    def timers(self, rounds: int) -> None:
        """The same beside a million executions that wait for their time."""
        without = statistics.median(
            self._drained("nodes-1", EXECUTIONS[1], 1) for _ in range(rounds)
        )
        asyncio.run(self._execute("VACUUM ANALYZE ensuite.executions"))
        asyncio.run(self._execute(WAITING, "nodes-1", TIMERS))
        asyncio.run(self._execute("VACUUM ANALYZE ensuite.executions"))
        beside = statistics.median(
            self._drained("nodes-1", EXECUTIONS[1], 1, keep=True) for _ in range(rounds)
        )
        self._report(
            f"executions a second beside {TIMERS:,} timers, against none",
            f"{beside / without:.0%} ({beside:,.0f} of {without:,.0f}/s)",
            "–",
            met=True,
            ratio=beside / without,
        )
        asyncio.run(self._empty(keep=True))
        claims = asyncio.run(self._claim_milliseconds())
        asyncio.run(self._empty())
        alone = asyncio.run(self._claim_milliseconds())
        asyncio.run(self._empty())
        asyncio.run(self._execute(ENDED, "nodes-1", TIMERS))
        history = asyncio.run(self._claim_milliseconds())
        asyncio.run(self._empty())
        self._report(
            f"a claim of 64 beside {TIMERS:,} timers, against none",
            f"{claims:.2f} and {alone:.2f} ms (beside as many that have ended {history:.2f})",
            "at most 120 %",
            met=claims <= 1.2 * alone,
            beside=claims,
            alone=alone,
            history=history,
        )

    def latency(self, server: Server, request: Request, seconds: int) -> None:
        """From the capture to the first node's start, while 16 connections create."""
        asyncio.run(self._empty())
        _ = run(server.port, [request], connections=CONNECTIONS, seconds=seconds)
        self._until_ended()
        rows = asyncio.run(self._fetch(_LATENCY))
        waited = sorted(float(row["ms"]) for row in rows)
        middle, last = waited[len(waited) // 2], waited[len(waited) * 99 // 100]
        self._report(
            "capture → first node under load, p50 and p99",
            f"{middle:.0f} and {last:.0f} ms",
            "–",
            met=True,
            p50=middle,
            p99=last,
            executions=len(waited),
        )

    def memory(self, server: Server, request: Request, minutes: int) -> None:
        """Resident memory after the first minute of a steady load and after the last."""
        taken: list[float] = []
        for _ in range(minutes):
            begun = time.monotonic()
            asyncio.run(self._empty())
            _ = run(server.port, [request], connections=4, seconds=50)
            self._until_ended()
            time.sleep(max(0.0, 60 - (time.monotonic() - begun)))
            taken.append(server.resident_megabytes)
        first, *_, final = taken
        self._report(
            f"resident memory after {minutes} minutes of load, against the first",
            f"{final:.0f} of {first:.0f} MB",
            "at most 110 %",
            met=final <= 1.1 * first,
            megabytes=[round(each, 1) for each in taken],
        )

    def _drained(self, key: str, count: int, workers: int, *, keep: bool = False) -> float:
        """Executions a second of workers that find so many waiting."""
        asyncio.run(self._empty(keep=keep))
        asyncio.run(self._execute(QUEUED, key, count))
        asyncio.run(self._execute("CHECKPOINT"))
        processes = [self._here.worker() for _ in range(workers)]
        try:
            span = self._until_ended()
        finally:
            for each in processes:
                each.terminate()
            for each in processes:
                _ = each.wait(60)
        return count / span

    async def _claim_milliseconds(self) -> float:
        """The median time of a claim of 64 out of a thousand that are ready, each undone."""
        connection = await asyncpg.connect(self._dsn)
        try:
            _ = await connection.execute(QUEUED, "nodes-1", 1_000)
            _ = await connection.execute("VACUUM ANALYZE ensuite.executions")
            taken: list[float] = []
            for _ in range(200):
                transaction = connection.transaction()
                await transaction.start()
                now = datetime.now(UTC)
                begun = time.perf_counter()
                _ = await connection.fetch(CLAIM, "bench", now + LEASE, now, [], 64, [])
                taken.append(time.perf_counter() - begun)
                await transaction.rollback()
        finally:
            await connection.close()
        return statistics.median(taken) * 1000

    def _until_ended(self) -> float:
        """The seconds between the first start and the last end, as soon as all have ended."""
        while True:
            [row] = asyncio.run(self._fetch(_SPAN))
            [left] = asyncio.run(
                self._fetch(
                    "SELECT count(*) AS count FROM ensuite.executions"
                    " WHERE finished_at IS NULL AND id < 10000000 OR"
                    " finished_at IS NULL AND ready_at < now() + interval '1 hour'"
                )
            )
            if left["count"] == 0:
                return float(row["seconds"] or 1)
            time.sleep(0.1)

    async def _empty(self, *, keep: bool = False) -> None:
        connection = await asyncpg.connect(self._dsn)
        try:
            if keep:
                _ = await connection.execute("DELETE FROM ensuite.executions WHERE id < 10000000")
                _ = await connection.execute("TRUNCATE audit, ensuite.jobs")
            else:
                _ = await connection.execute(
                    "TRUNCATE posts, audit, ensuite.executions, ensuite.jobs"
                )
        finally:
            await connection.close()

    async def _execute(self, statement: str, *arguments: object) -> None:
        connection = await asyncpg.connect(self._dsn)
        try:
            _ = await connection.execute(statement, *arguments)
        finally:
            await connection.close()

    async def _fetch(self, statement: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self._dsn)
        try:
            return await connection.fetch(statement)
        finally:
            await connection.close()
