"""Group commit on a real PostgreSQL: who shares a flight, and what happens when one fails."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from ensuite.errors import DatabaseUnavailable
from ensuite.storage.database import Database
from ensuite.storage.lanes import MAX_BATCH, MAX_WAITING, Lanes, TooManyWaitingWrites
from tests.patience import until

# Which transaction wrote the row tells which flight it was on.
INSERT = "INSERT INTO notes (note) VALUES ($1) RETURNING pg_current_xact_id()::text::bigint"
SLOW_INSERT = """
INSERT INTO notes (note) SELECT $1 FROM (SELECT pg_sleep($2)) AS slept RETURNING note
"""


@pytest.fixture
async def admin(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection beside the lanes, to the database with the table that they write to."""
    connection = await asyncpg.connect(database_url)
    _ = await connection.execute(
        "CREATE TABLE notes (id serial PRIMARY KEY, note varchar(20) UNIQUE)"
    )
    yield connection
    await connection.close()


@pytest.fixture
async def lanes(admin: asyncpg.Connection, database_url: str) -> AsyncIterator[Lanes]:
    """One lane."""
    assert not admin.is_closed(), "the table is there"
    lanes = Lanes(Database(database_url, write_lanes=1, connections=2).connect, 1)
    await lanes.open()
    yield lanes
    await lanes.close()


async def notes(admin: asyncpg.Connection) -> list[str]:
    rows = await admin.fetch("SELECT note FROM notes ORDER BY id")
    return [row["note"] for row in rows]


async def kill_lanes(admin: asyncpg.Connection) -> None:
    _ = await admin.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


# --- sharing ------------------------------------------------------------------------------


async def test_writes_that_arrive_together_share_one_commit(lanes: Lanes) -> None:
    rows = await asyncio.gather(*(lanes.submit(INSERT, [str(n)]) for n in range(100)))

    assert len({row[0] for row in rows}) == 1
    assert (lanes.flights, lanes.jobs) == (1, 100)


async def test_writes_that_arrive_while_a_flight_is_under_way_share_the_next(
    lanes: Lanes,
) -> None:
    first = lanes.submit(SLOW_INSERT, ["first", 0.2])
    await asyncio.sleep(0.05)
    rest = [lanes.submit(INSERT, [str(n)]) for n in range(20)]
    rows = await asyncio.gather(*rest)

    assert first.done()
    assert len({row[0] for row in rows}) == 1
    assert lanes.flights == 2


async def test_a_write_alone_does_not_wait_for_others(lanes: Lanes) -> None:
    for number in range(3):
        _ = await lanes.submit(INSERT, [str(number)])

    assert (lanes.flights, lanes.jobs) == (3, 3)


async def test_each_write_gets_its_own_row_back(lanes: Lanes) -> None:
    sql = "INSERT INTO notes (note) VALUES ($1) RETURNING note"
    rows = await asyncio.gather(*(lanes.submit(sql, [str(n)]) for n in range(50)))

    assert [row["note"] for row in rows] == [str(n) for n in range(50)]


async def test_a_flight_carries_a_bounded_number(lanes: Lanes) -> None:
    _ = await asyncio.gather(*(lanes.submit(INSERT, [str(n)]) for n in range(MAX_BATCH + 1)))

    assert lanes.flights == 2


async def test_a_rare_statement_is_not_starved_by_a_busy_one(lanes: Lanes) -> None:
    busy = [lanes.submit(INSERT, [f"busy {n}"]) for n in range(5 * MAX_BATCH)]
    rare = await lanes.submit("INSERT INTO notes (note) VALUES ($1) RETURNING 1", ["rare"])
    waiting = sum(not each.done() for each in busy)
    _ = await asyncio.gather(*busy)

    assert rare[0] == 1
    assert waiting >= 3 * MAX_BATCH


async def test_lanes_fly_at_the_same_time(admin: asyncpg.Connection, database_url: str) -> None:
    lanes = Lanes(Database(database_url, write_lanes=2, connections=2).connect, 2)
    await lanes.open()
    slow = lanes.submit(SLOW_INSERT, ["slow", 0.5])
    await asyncio.sleep(0.05)
    _ = await lanes.submit(INSERT, ["fast"])

    assert not slow.done()
    _ = await slow
    assert await notes(admin) == ["fast", "slow"]
    await lanes.close()


# --- failing ------------------------------------------------------------------------------


async def test_a_write_that_fails_in_a_batch_fails_alone(
    lanes: Lanes, admin: asyncpg.Connection
) -> None:
    _ = await admin.execute("INSERT INTO notes (note) VALUES ('taken')")
    given = ["a", "taken", "b", "c", "taken"]
    outcomes = await asyncio.gather(
        *(lanes.submit(INSERT, [note]) for note in given), return_exceptions=True
    )

    failed = [isinstance(each, asyncpg.UniqueViolationError) for each in outcomes]
    assert failed == [False, True, False, False, True]
    assert sorted(await notes(admin)) == ["a", "b", "c", "taken"]


async def test_a_write_with_arguments_of_a_wrong_type_fails_alone(
    lanes: Lanes, admin: asyncpg.Connection
) -> None:
    outcomes = await asyncio.gather(
        *(lanes.submit(INSERT, [note]) for note in ("a", 5, "b")), return_exceptions=True
    )

    assert isinstance(outcomes[1], asyncpg.DataError)
    assert await notes(admin) == ["a", "b"]


async def test_a_lane_goes_on_after_a_failure(lanes: Lanes, admin: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.StringDataRightTruncationError):
        _ = await lanes.submit(INSERT, ["x" * 21])
    _ = await lanes.submit(INSERT, ["fits"])

    assert await notes(admin) == ["fits"]


async def test_whoever_gives_up_waiting_stops_nobody_else(
    lanes: Lanes, admin: asyncpg.Connection
) -> None:
    held = lanes.submit(SLOW_INSERT, ["held", 0.2])
    await asyncio.sleep(0.05)
    given_up, kept = lanes.submit(INSERT, ["given up"]), lanes.submit(INSERT, ["kept"])
    _ = given_up.cancel()
    _ = await asyncio.gather(held, kept)

    assert await notes(admin) == ["held", "kept"]


async def test_whoever_gives_up_while_a_batch_is_repaired_stops_nobody_else(
    lanes: Lanes, admin: asyncpg.Connection
) -> None:
    """After a failure the batch is run one by one: the write that is under way is given up."""
    _ = await admin.execute("INSERT INTO notes (note) VALUES ('taken')")
    failing = lanes.submit(SLOW_INSERT, ["taken", 0.0])
    slow = lanes.submit(SLOW_INSERT, ["slow", 0.3])
    with pytest.raises(asyncpg.UniqueViolationError):
        _ = await failing
    await asyncio.sleep(0.05)
    _ = slow.cancel()
    async with asyncio.timeout(5):
        _ = await lanes.submit(INSERT, ["after"])

    assert await notes(admin) == ["taken", "slow", "after"]


# --- connections --------------------------------------------------------------------------


async def test_a_connection_lost_in_flight_leaves_it_open_whether_it_was_written(
    lanes: Lanes, admin: asyncpg.Connection
) -> None:
    in_flight = [lanes.submit(SLOW_INSERT, [str(n), 5.0]) for n in range(3)]
    await asyncio.sleep(0.1)
    waiting = lanes.submit(INSERT, ["waiting"])
    await kill_lanes(admin)
    outcomes = await asyncio.gather(*in_flight, return_exceptions=True)
    _ = await asyncio.gather(waiting, return_exceptions=True)
    _ = await lanes.submit(INSERT, ["after"])

    assert [type(each) for each in outcomes] == [DatabaseUnavailable] * 3
    assert not {"0", "1", "2"} & set(await notes(admin))
    assert (await notes(admin))[-1] == "after"


async def test_a_connection_lost_while_idle_is_replaced_unnoticed(
    lanes: Lanes, admin: asyncpg.Connection
) -> None:
    _ = await lanes.submit(INSERT, ["before"])
    await kill_lanes(admin)
    await asyncio.sleep(0.1)
    _ = await lanes.submit(INSERT, ["after"])

    assert await notes(admin) == ["before", "after"]


async def test_writes_are_refused_at_once_while_the_database_is_away(
    lanes: Lanes, admin: asyncpg.Connection, database_url: str
) -> None:
    name = await admin.fetchval("SELECT current_database()")
    server = await asyncpg.connect(database_url.replace(f"/{name}", "/postgres"))
    _ = await server.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
    await kill_lanes(admin)
    await asyncio.sleep(0.1)
    async with asyncio.timeout(3):
        outcomes = await asyncio.gather(
            *(lanes.submit(INSERT, [f"lost {n}"]) for n in range(5)), return_exceptions=True
        )
    _ = await server.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
    await server.close()
    await until(lambda: _written(lanes, "back"))

    assert [type(each) for each in outcomes] == [DatabaseUnavailable] * 5
    assert await notes(admin) == ["back"]


async def test_a_lane_that_cannot_reconnect_leaves_the_queue_to_the_others(
    admin: asyncpg.Connection, database_url: str
) -> None:
    lanes = Lanes(Database(database_url, write_lanes=2, connections=2).connect, 2)
    await lanes.open()
    name = await admin.fetchval("SELECT current_database()")
    server = await asyncpg.connect(database_url.replace(f"/{name}", "/postgres"))
    _ = await server.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
    _ = await admin.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY pid LIMIT 1"
    )
    await asyncio.sleep(0.1)
    outcomes: list[bool] = []
    for number in range(60):
        outcomes.append(await _written(lanes, str(number)))
        await asyncio.sleep(0.01)
    _ = await server.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
    await server.close()
    await lanes.close()

    # Only the write that met the lost connection was refused.
    assert outcomes.count(False) <= 1
    assert len(await notes(admin)) == outcomes.count(True)


async def _written(lanes: Lanes, note: str) -> bool:
    try:
        _ = await lanes.submit(INSERT, [note])
    except DatabaseUnavailable:
        return False
    return True


async def test_an_outdated_statement_is_prepared_again(
    lanes: Lanes, admin: asyncpg.Connection
) -> None:
    sql = "INSERT INTO notes (note) VALUES ($1) RETURNING note"
    _ = await lanes.submit(sql, ["before"])
    # The statement now gives another type: PostgreSQL refuses the plan that it was prepared with.
    _ = await admin.execute("ALTER TABLE notes ALTER COLUMN note TYPE text")
    _ = await lanes.submit(sql, ["alone"])
    _ = await admin.execute("ALTER TABLE notes ALTER COLUMN note TYPE varchar(30)")
    _ = await asyncio.gather(*(lanes.submit(sql, [f"together {n}"]) for n in range(3)))

    expected = ["before", "alone", "together 0", "together 1", "together 2"]
    assert await notes(admin) == expected


async def test_a_statement_whose_column_is_gone_fails_until_it_is_back(
    lanes: Lanes, admin: asyncpg.Connection
) -> None:
    _ = await lanes.submit(INSERT, ["before"])
    _ = await admin.execute("ALTER TABLE notes RENAME COLUMN note TO remark")
    with pytest.raises(asyncpg.UndefinedColumnError):
        _ = await lanes.submit(INSERT, ["lost"])
    _ = await admin.execute("ALTER TABLE notes RENAME COLUMN remark TO note")
    _ = await lanes.submit(INSERT, ["after"])

    assert await notes(admin) == ["before", "after"]


# --- bounds and closing -------------------------------------------------------------------


async def test_the_queue_is_bounded_and_serves_again_when_it_is_shorter(
    lanes: Lanes, admin: asyncpg.Connection
) -> None:
    given = [lanes.submit(INSERT, [str(number)]) for number in range(MAX_WAITING)]
    with pytest.raises(TooManyWaitingWrites):
        _ = lanes.submit(INSERT, ["one too many"])
    _ = await asyncio.gather(*given)
    _ = await lanes.submit(INSERT, ["one more"])

    assert await admin.fetchval("SELECT count(*) FROM notes") == MAX_WAITING + 1


async def test_closing_finishes_what_waits(admin: asyncpg.Connection, database_url: str) -> None:
    lanes = Lanes(Database(database_url, write_lanes=1, connections=2).connect, 1)
    await lanes.open()
    given = [lanes.submit(SLOW_INSERT, ["slow", 0.2]), lanes.submit(INSERT, ["waiting"])]
    await asyncio.sleep(0.05)
    await lanes.close()

    assert all(each.done() for each in given)
    assert await notes(admin) == ["slow", "waiting"]
