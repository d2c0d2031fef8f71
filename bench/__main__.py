"""`./run bench`: measure, three rounds, medians and ratios; results go to `bench/results/`."""

import argparse
import asyncio
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import asyncpg

from bench import own_code, pgbench, scripts, setting
from bench.engine import Engine
from bench.load import Request, generator, run
from bench.process import Place, Server, place
from ensuite.storage import embedded

CONNECTIONS = 16
RESULTS = Path(__file__).parent / "results"


class Report:
    """Rows of the comparison, printed as they come."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []

    def add(self, what: str, measured: str, target: str, *, met: bool, **figures: object) -> None:
        self.rows.append(
            {"what": what, "measured": measured, "target": target, "met": met, **figures}
        )
        print(
            f"{'ok  ' if met else 'LESS'}  {what}: {measured} (at least/at most {target})",
            flush=True,
        )

    def save(self) -> None:
        RESULTS.mkdir(exist_ok=True)
        stamp = time.strftime("%Y-%m-%dT%H%M%S", time.gmtime())
        about = {
            "generator": generator(),
            "python": platform.python_version(),
            "cpus": __import__("os").cpu_count(),
            "connections": CONNECTIONS,
        }
        text = json.dumps({"about": about, "rows": self.rows}, indent=2)
        _ = (RESULTS / f"{stamp}.json").write_text(text + "\n")


async def sql(dsn: str, *statements: str) -> list[asyncpg.Record]:
    """Run statements one after the other; gives the rows of the last."""
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements[:-1]:
            _ = await connection.execute(statement)
        return await connection.fetch(statements[-1])
    finally:
        await connection.close()


def rounds(count: int, *measures: Callable[[], float]) -> list[float]:
    """The median of each measure, measured in turn so that all see the same machine."""
    taken: list[list[float]] = [[] for _ in measures]
    for _ in range(count):
        for figures, measure in zip(taken, measures, strict=True):
            figures.append(measure())
    return [statistics.median(figures) for figures in taken]


class Bench:
    """All measures on one data directory."""

    def __init__(self, here: Place, seconds: int, count: int, minutes: int, report: Report) -> None:
        self.here = here
        self.seconds = seconds
        self.count = count
        self.minutes = minutes
        self.report = report
        self.postgres = embedded.start(here.folder)
        self.dsn = self.postgres.dsn
        self.measured_engine = Engine(here, self.dsn, report.add)

    def reset(self) -> None:
        """Empty tables, and no work left over for the measure that follows."""
        tables = "posts, audit, ensuite.executions, ensuite.jobs"
        _ = asyncio.run(sql(self.dsn, f"TRUNCATE {tables}", "CHECKPOINT"))

    def pgbench(self, script: str) -> float:
        self.reset()
        return pgbench.run(self.postgres.bin_path, self.dsn, script, seconds=self.seconds)

    def load(self, server: Server, requests: list[Request], *, empty: bool = True) -> float:
        if empty:
            self.reset()
        _ = run(server.port, requests, connections=CONNECTIONS, seconds=1)
        rate = run(server.port, requests, connections=CONNECTIONS, seconds=self.seconds)
        if rate.failures:
            raise SystemExit(f"{rate.failures} of {rate.requests} requests failed")
        return rate.per_second

    def start_up(self) -> None:
        server = self.here.start()
        setting.prepare(server)
        setting.workflow(server, key="empty", sync=False)
        setting.workflow(server, key="audit", sync=False, nodes=[setting.NOTE])
        setting.workflow(server, key="sync", sync=True, nodes=[setting.NOTE])
        self.measured_engine.prepare(server)
        server.stop()
        _ = asyncio.run(sql(self.dsn, scripts.SEQUENCE))

        taken: list[float] = []
        memory = 0.0
        for _ in range(self.count):
            server = self.here.start()
            time.sleep(1)
            memory = server.resident_megabytes
            taken.append(server.started_in)
            server.stop()
        start = statistics.median(taken)
        self.report.add(
            "start on an existing data directory", f"{start:.2f} s", "2 s", met=start <= 2
        )
        self.report.add("resident memory, idle", f"{memory:.0f} MB", "120 MB", met=memory <= 120)

    def creates(self) -> None:
        server = self.here.start("--no-worker")
        request = setting.create(setting.member_token(server), "empty")
        base, ours = rounds(
            self.count, lambda: self.pgbench(scripts.CAPTURE), lambda: self.load(server, [request])
        )
        server.stop()
        self.ratio("posts:create?triggerWorkflows=KEY, captured", ours, base, 1.0)

    def whole_jobs(self) -> None:
        server = self.here.start()
        token = setting.member_token(server)
        asynchronous = setting.create(token, "audit")
        base, ours, sync = rounds(
            self.count,
            lambda: self.pgbench(scripts.WHOLE_JOB),
            lambda: self.until_finished(server, asynchronous),
            lambda: self.load(server, [setting.create(token, "sync")]),
        )
        server.stop()
        self.ratio("create until every execution is finished", ours, base, 0.5)
        self.ratio("create with a sync workflow", sync, base, 0.25)

    def until_finished(self, server: Server, request: Request) -> float:
        """Executions a second from the first create until the last execution has ended."""
        self.reset()
        begun = time.monotonic()
        rate = run(server.port, [request], connections=CONNECTIONS, seconds=self.seconds)
        while True:
            [row] = asyncio.run(
                sql(
                    self.dsn,
                    "SELECT count(*), count(*) FILTER (WHERE status = 1) AS ended"
                    " FROM ensuite.executions",
                )
            )
            if row["count"] == row["ended"]:
                break
            time.sleep(0.02)
        taken = time.monotonic() - begun
        [audit] = asyncio.run(sql(self.dsn, "SELECT count(*) FROM audit"))
        if audit["count"] != row["count"] or row["count"] < rate.requests:
            raise SystemExit(f"{rate.requests} creates, {row} executions, {audit} audit rows")
        return row["count"] / taken

    def lists(self) -> None:
        server = self.here.start()
        token = setting.member_token(server)
        figures: dict[int, float] = {}
        for size in (10_000, 1_000_000):
            asyncio.run(setting.fill(self.dsn, size))
            categories = size // 50
            requests = [self.page(token, 1 + n * 7919 % categories) for n in range(400)]
            script = scripts.PAGE.format(categories=categories)
            base, ours = rounds(
                self.count,
                lambda script=script: pgbench.run(
                    self.postgres.bin_path, self.dsn, script, seconds=self.seconds
                ),
                lambda requests=requests: self.load(server, requests, empty=False),
            )
            figures[size] = ours
            self.ratio(f"posts:list with count and category, {size:,} rows", ours, base, 0.15)
        server.stop()
        change = figures[1_000_000] / figures[10_000]
        self.report.add(
            "posts:list at 1 M rows against 10 k", f"{change:.0%}", "85 %", met=change >= 0.85
        )

    def page(self, token: str, category: int) -> Request:
        condition = quote(json.dumps({"categoryId": category}))
        path = f"/api/posts:list?pageSize=20&appends[]=category&sort=-id&filter={condition}"
        return Request(path, "", {"Authorization": f"Bearer {token}", "X-Role": "member"})

    def latency(self) -> None:
        server = self.here.start()
        self.reset()
        token = setting.member_token(server)
        request = setting.create(token, "audit")
        path = request.path.removeprefix("/api/")
        for _ in range(100):
            _ = server.call(path, setting.BODY, X_Role="member")
            time.sleep(0.01)
        time.sleep(0.5)
        rows = asyncio.run(
            sql(
                self.dsn,
                "SELECT extract(epoch FROM j.started_at - e.created_at) * 1000 AS ms"
                " FROM ensuite.executions e JOIN ensuite.jobs j ON j.execution_id = e.id",
            )
        )
        server.stop()
        middle = statistics.median(float(row["ms"]) for row in rows)
        self.report.add(
            "capture begins → first node starts, p50",
            f"{middle:.1f} ms",
            "5 ms",
            met=middle <= 5,
            executions=len(rows),
        )

    def engine(self) -> None:
        self.measured_engine.rates(self.count)
        self.measured_engine.timers(self.count)
        self.reset()
        server = self.here.start()
        request = setting.create(setting.member_token(server), "audit")
        self.measured_engine.latency(server, request, self.seconds)
        if self.minutes:
            self.measured_engine.memory(server, request, self.minutes)
        server.stop()

    def browser(self) -> None:
        # Needed for the page only, not for every measure.
        from bench import browser  # noqa: PLC0415

        browser.measure(self.report.add)

    def own_code(self) -> None:
        microseconds = asyncio.run(own_code.per_create(self.dsn, self.here.folder, self.count))
        self.report.add(
            "own code per create", f"{microseconds:.1f} µs", "20 µs", met=microseconds <= 20
        )

    def ratio(self, what: str, ours: float, base: float, least: float) -> None:
        self.report.add(
            what,
            f"{ours:,.0f}/s, {ours / base:.0%} of pgbench's {base:,.0f}/s",
            f"{least:.0%}",
            met=ours >= least * base,
            ours=ours,
            pgbench=base,
            ratio=ours / base,
        )


PARTS = ("creates", "whole_jobs", "engine", "lists", "latency", "own_code", "browser")


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    _ = parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all by default")
    _ = parser.add_argument("--seconds", type=int, default=5, help="of each load")
    _ = parser.add_argument("--rounds", type=int, default=3)
    _ = parser.add_argument("--minutes", type=int, default=0, help="of load for the memory")
    arguments = parser.parse_args()
    report = Report()
    print(
        f"load generator: {generator()}, {CONNECTIONS} connections, {arguments.rounds} rounds",
        flush=True,
    )
    with place() as here:
        bench = Bench(here, arguments.seconds, arguments.rounds, arguments.minutes, report)
        bench.start_up()
        for part in arguments.parts or PARTS:
            getattr(bench, part)()
        bench.postgres.release()
    report.save()


if __name__ == "__main__":
    main()
