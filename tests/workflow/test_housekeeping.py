"""Housekeeping on a real database: what goes, what stays, and how much at a time."""

import asyncio
import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest

from ensuite.ids import EPOCH_SECONDS, SECOND_SHIFT
from ensuite.server.app import Ensuite, running
from ensuite.settings import Settings
from ensuite.workflow.housekeeping import HOUSEKEEPING_LOCK, MAX_ROWS, Housekeeper, Keep
from ensuite.workflow.outcome import Status
from ensuite.workflow.retention import Retention, kept_for
from tests.client import Client
from tests.movable_clock import MovableClock
from tests.patience import until

KEEP = Keep(Retention(kept_for(30), kept_for(90)))
RUNNING = (None, Status.STARTED)
ENDED = (Status.RESOLVED, Status.FAILED, Status.ERROR, Status.ABORTED)

_ids = itertools.count(1)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


def housekeeper(
    ensuite: Ensuite, clock: MovableClock, keep: Keep = KEEP, *, batch: int = MAX_ROWS
) -> Housekeeper:
    return Housekeeper(ensuite.database, clock, keep, batch)


async def execution(
    ensuite: Ensuite,
    *,
    status: int | None = Status.RESOLVED,
    days: float = 0,
    key: str = "any",
    workflow_id: int = 0,
    jobs: int = 2,
) -> int:
    """An execution of so many days ago with its jobs; gives its id."""
    number = next(_ids)
    moment = datetime.now(UTC) - timedelta(days=days)
    _ = await ensuite.database.execute(
        "INSERT INTO ensuite.executions (id, workflow_id, key, event_key, status, context,"
        " ready_at, created_at, finished_at)"
        " VALUES ($1, $2, $3, gen_random_uuid(), $4, '{}', $5, $5, $6)",
        number,
        workflow_id,
        key,
        status,
        moment,
        None if status in RUNNING else moment,
    )
    _ = await ensuite.database.execute(
        "INSERT INTO ensuite.jobs (id, execution_id, node_id, node_key, status, started_at)"
        " SELECT $1 * 10000 + n, $1, 1, 'n' || n, 1, $3 FROM generate_series(1, $2) n",
        number,
        jobs,
        moment,
    )
    return number


async def left(ensuite: Ensuite) -> set[int]:
    return {row[0] for row in await ensuite.database.fetch("SELECT id FROM ensuite.executions")}


async def jobs_left(ensuite: Ensuite) -> set[int]:
    rows = await ensuite.database.fetch("SELECT DISTINCT execution_id FROM ensuite.jobs")
    return {row[0] for row in rows}


async def count(ensuite: Ensuite, table: str) -> int:
    row = await ensuite.database.fetchrow(f"SELECT count(*) FROM {table}")  # noqa: S608
    assert row is not None
    return row[0]


async def test_what_succeeded_goes_after_30_days_and_what_failed_after_90(
    ensuite: Ensuite, clock: MovableClock
) -> None:
    kept = {
        await execution(ensuite, days=29),
        await execution(ensuite, status=Status.ERROR, days=31),
    }
    for status, days in ((Status.RESOLVED, 31), (Status.ERROR, 91), (Status.ABORTED, 91)):
        _ = await execution(ensuite, status=status, days=days)
    deleted = await housekeeper(ensuite, clock).sweep()

    assert deleted == 3
    assert await left(ensuite) == kept
    assert await jobs_left(ensuite) == kept


async def test_what_runs_or_waits_is_never_deleted_however_old(
    ensuite: Ensuite, clock: MovableClock
) -> None:
    kept = {await execution(ensuite, status=status, days=5_000) for status in RUNNING}

    assert await housekeeper(ensuite, clock).sweep() == 0
    assert await left(ensuite) == kept


async def test_a_workflow_may_keep_its_executions_for_longer_or_not_as_long(
    ensuite: Ensuite, api: Client, clock: MovableClock
) -> None:
    for key, retention in (
        ("short", '{"succeededDays": 1, "failedDays": null}'),
        ("kept", '{"succeededDays": 0, "failedDays": 0}'),
    ):
        _ = await api.collection(key)
        _ = await api.workflow(key, key=key)
        _ = await ensuite.database.execute(
            "UPDATE ensuite.workflows SET options = jsonb_build_object('retention', $2::text::jsonb)"
            " WHERE key = $1",
            key,
            retention,
        )
    kept = {
        await execution(ensuite, key="short", days=0.5),
        await execution(ensuite, key="short", status=Status.ERROR, days=80),
        await execution(ensuite, key="kept", days=4_000),
        await execution(ensuite, key="other", days=2),
    }
    for key, days in (("short", 2), ("other", 31)):
        _ = await execution(ensuite, key=key, days=days)
    _ = await housekeeper(ensuite, clock).sweep()

    assert await left(ensuite) == kept


async def test_a_workflow_that_changes_its_mind_is_heard_at_the_next_sweep(
    ensuite: Ensuite, api: Client, clock: MovableClock
) -> None:
    _ = await api.collection("posts")
    made = await api.workflow("posts", key="posts")
    _ = await execution(ensuite, key="posts", days=10)
    house = housekeeper(ensuite, clock)
    before = await house.sweep()
    _ = await ensuite.database.execute(
        """UPDATE ensuite.workflows SET options = '{"retention": {"succeededDays": 5}}'"""
        " WHERE id = $1",
        made["id"],
    )

    assert (before, await house.sweep()) == (0, 1)


@pytest.mark.parametrize("seed", range(4))
async def test_just_what_the_rules_say_goes_in_batches_of_any_size(
    ensuite: Ensuite, clock: MovableClock, seed: int
) -> None:
    chance = random.Random(seed)
    kept: set[int] = set()
    for _ in range(60):
        status, days = chance.choice((*RUNNING, *ENDED)), chance.randrange(120)
        made = await execution(ensuite, status=status, days=days, jobs=chance.randrange(4))
        limit = {Status.RESOLVED: 30, None: 1_000, Status.STARTED: 1_000}.get(status, 90)
        if days <= limit:
            kept.add(made)
    deleted = await housekeeper(ensuite, clock, batch=chance.choice((1, 3, 7, 1_000))).sweep()

    assert deleted == 60 - len(kept)
    assert await left(ensuite) == kept
    assert await jobs_left(ensuite) <= kept


async def test_the_counters_of_a_workflow_survive_its_executions(
    ensuite: Ensuite, api: Client, clock: MovableClock
) -> None:
    _ = await api.collection("posts")
    made = await api.workflow("posts", key="posts")
    for days in (1, 40, 50):
        _ = await execution(ensuite, key="posts", workflow_id=made["id"], days=days)

    async def executed() -> int:
        found = await api.get(f"workflows:get/{made['id']}", appends="stats")
        return found.data["stats"]["executed"]

    before = await executed()
    _ = await housekeeper(ensuite, clock).sweep()

    assert len(await left(ensuite)) == 1
    assert (before, await executed()) == (3, 3)


async def test_a_transaction_deletes_no_more_rows_than_a_batch_has(
    ensuite: Ensuite, clock: MovableClock
) -> None:
    # One row for each statement that deletes, with its transaction: added up, what each deleted.
    _ = await ensuite.database.execute("""
        CREATE TABLE deleted (transaction bigint, rows bigint);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO deleted SELECT txid_current(), count(*) FROM old_rows;
            RETURN NULL;
        END $$;
        CREATE TRIGGER note AFTER DELETE ON ensuite.executions
            REFERENCING OLD TABLE AS old_rows EXECUTE FUNCTION note();
        CREATE TRIGGER note AFTER DELETE ON ensuite.jobs
            REFERENCING OLD TABLE AS old_rows EXECUTE FUNCTION note();
    """)
    for _ in range(40):
        _ = await execution(ensuite, days=40, jobs=3)
    large = await execution(ensuite, days=50, jobs=100)
    deleted = await housekeeper(ensuite, clock, batch=20).sweep()
    sums = "SELECT sum(rows) AS rows FROM deleted GROUP BY transaction ORDER BY 1"
    found = [int(row["rows"]) for row in await ensuite.database.fetch(sums)]

    assert deleted == 41
    assert large not in await left(ensuite)
    # The last one is the execution that is larger than a batch, alone.
    assert found[-1] == 101
    assert max(found[:-1]) == 20


async def test_two_processes_do_the_work_of_one(ensuite: Ensuite, clock: MovableClock) -> None:
    for _ in range(50):
        _ = await execution(ensuite, days=40)
    houses = [housekeeper(ensuite, clock, batch=6) for _ in range(3)]
    deleted = await asyncio.gather(*(house.sweep() for house in houses))
    # Who left it to another one may have been the last.
    rest = await houses[0].sweep()

    assert sum(deleted) + rest == 50
    assert await left(ensuite) == set()


async def test_nobody_deletes_while_another_process_is_at_it(
    ensuite: Ensuite, clock: MovableClock
) -> None:
    _ = await execution(ensuite, days=40)
    async with ensuite.database.transaction() as tx:
        _ = await tx.execute("SELECT pg_advisory_xact_lock($1)", HOUSEKEEPING_LOCK)
        meanwhile = await housekeeper(ensuite, clock).sweep()
    afterwards = await housekeeper(ensuite, clock).sweep()

    assert (meanwhile, afterwards) == (0, 1)


async def test_what_somebody_holds_is_left_until_the_next_day(
    ensuite: Ensuite, clock: MovableClock
) -> None:
    held = await execution(ensuite, days=40)
    _ = await execution(ensuite, days=50)
    house = housekeeper(ensuite, clock)
    async with ensuite.database.transaction() as tx:
        _ = await tx.execute("SELECT 1 FROM ensuite.executions WHERE id = $1 FOR UPDATE", held)
        _ = await house.sweep()
    meanwhile = await left(ensuite)
    clock.move(days=1)
    _ = await house.sweep()

    assert (meanwhile, await left(ensuite)) == ({held}, set())


async def test_rows_over_their_age_go_from_other_tables_too(
    ensuite: Ensuite, clock: MovableClock
) -> None:
    _ = await ensuite.database.execute(
        "INSERT INTO ensuite.revoked_tokens SELECT n::text, now() + n * interval '1 hour'"
        " FROM generate_series(-6, 5) n WHERE n <> 0"
    )
    for days in (1, 9, 10, 11):
        moment = datetime.now(UTC) - timedelta(days=days, minutes=1)
        number = int(moment.timestamp()) - EPOCH_SECONDS
        _ = await ensuite.database.execute(
            "INSERT INTO ensuite.record_changes (id, collection, record_key, action, created_at,"
            " changes) VALUES ($1, 'posts', '1', 'create', $2, '{}')",
            number << SECOND_SHIFT,
            moment,
        )
    for_ever = await housekeeper(ensuite, clock).sweep()
    keep = Keep(KEEP.executions, kept_for(10))
    for_ten_days = await housekeeper(ensuite, clock, keep, batch=1).sweep()

    assert (for_ever, await count(ensuite, "ensuite.revoked_tokens")) == (6, 5)
    assert (for_ten_days, await count(ensuite, "ensuite.record_changes")) == (2, 2)


async def test_a_process_that_works_sweeps_when_its_clock_says_so(
    settings: Settings, clock: MovableClock
) -> None:
    async with running(settings, clock=clock) as ensuite:
        _ = await execution(ensuite, days=29)
        clock.move(days=2)

        async def gone() -> bool:
            return not await left(ensuite)

        await until(gone)


async def test_the_expired_are_found_by_an_index(ensuite: Ensuite) -> None:
    async with ensuite.database.transaction() as tx:
        # A small table is read as a whole, whatever its indexes.
        _ = await tx.execute(
            "INSERT INTO ensuite.executions (id, workflow_id, key, event_key, status, context,"
            " ready_at, created_at, finished_at)"
            " SELECT n, 1, 'k', gen_random_uuid(), 1, '{}', now(), now(),"
            " now() - n * interval '5 minutes' FROM generate_series(1, 20000) n"
        )
        _ = await tx.execute("ANALYZE ensuite.executions")
        rows = await tx.fetch(
            "EXPLAIN SELECT id FROM ensuite.executions WHERE status = 1"
            " AND finished_at >= '1970-01-01' AND finished_at < now() - interval '30 days'"
            " AND (finished_at, id) > ('1970-01-01', 0) ORDER BY finished_at, id LIMIT 1000"
        )
    plan = "\n".join(row[0] for row in rows)

    assert "Index Scan using executions_ended" in plan
    assert "Presorted Key: finished_at" in plan
