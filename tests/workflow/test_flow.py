"""Flow control, decided: any lanes, any limits, against what each mode promises."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensuite.ids import ExecutionId
from ensuite.workflow.flow import Dropped, Gate, Lane, decide, lane_of, places_left
from ensuite.workflow.options import FlowControl
from ensuite.workflow.outcome import EndReason

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
ID = ExecutionId(7)


def flow(**config: Any) -> FlowControl:
    return FlowControl.model_validate(config)


def lane(
    oldest: int, newest: int | None = None, *, busy: bool = False, quiet_seconds: float = 60
) -> Lane:
    last = oldest if newest is None else newest
    at = NOW - timedelta(seconds=quiet_seconds)
    return Lane(f"={oldest}", busy, ExecutionId(oldest), ExecutionId(last), oldest, last, at)


# --- which lane ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("", ""),
        ("data.id", "=12"),
        ("data.title", "=a b"),
        ("[data.id, data.title]", '=[12,"a b"]'),
        ("data.title == 'a b'", "=true"),
        # Nothing to tell it by: it is alone in its lane.
        ("data.missing", "#7"),
        ("data.nothing", "#7"),
        ("data.id / 0", "#7"),
    ],
)
def test_the_key_says_which_lane_an_execution_is_in(key: str, expected: str) -> None:
    event = {"data": {"id": 12, "title": "a b", "nothing": None}}

    assert lane_of(flow(key=key), event, ID) == expected


@given(st.text(), st.text())
def test_lanes_are_told_apart_by_their_values_however_long(one: str, other: str) -> None:
    by_title = flow(key="data.title")
    lanes = [lane_of(by_title, {"data": {"title": each}}, ID) for each in (one, other)]

    assert (lanes[0] == lanes[1]) == (one == other)
    assert all(len(each) <= 201 for each in lanes)
    assert all("\0" not in each for each in lanes)


# --- which may start ----------------------------------------------------------------------


def test_the_oldest_of_each_lane_starts_and_a_busy_lane_waits() -> None:
    decision = decide(flow(key="data.id"), [lane(1, 9), lane(2, busy=True), lane(3)], None, NOW)

    assert decision.admitted == [1, 3]
    assert decision.dropped == []


def test_with_few_places_the_longest_held_start_first() -> None:
    assert decide(flow(key="data.id"), [lane(5), lane(1), lane(3)], 2, NOW).admitted == [1, 3]


def test_skip_leaves_out_what_came_while_one_was_at_work() -> None:
    decision = decide(flow(mode="skip"), [lane(1, 4), lane(2, 5, busy=True)], None, NOW)

    assert decision.admitted == [1]
    assert decision.dropped == [
        Dropped("=1", ExecutionId(1), 4, EndReason.ALREADY_RUNNING),
        Dropped("=2", None, 5, EndReason.ALREADY_RUNNING),
    ]


def test_latest_keeps_the_newest_only() -> None:
    decision = decide(flow(mode="latest"), [lane(1, 4), lane(2, 5, busy=True)], None, NOW)

    assert decision.admitted == [4]
    assert decision.dropped == [
        Dropped("=1", ExecutionId(4), 4, EndReason.SUPERSEDED),
        Dropped("=2", ExecutionId(5), 5, EndReason.SUPERSEDED),
    ]


def test_debounce_waits_until_it_has_been_quiet() -> None:
    quiet, restless = lane(1, 4, quiet_seconds=10), lane(2, 5, quiet_seconds=9)
    decision = decide(flow(mode="debounce", debounce=10_000), [quiet, restless], None, NOW)

    assert decision.admitted == [4]
    assert {each.kept for each in decision.dropped} == {4, 5}
    assert decision.due == NOW + timedelta(seconds=1)


lanes = st.lists(
    st.builds(
        lane,
        st.integers(1, 1000),
        busy=st.booleans(),
        quiet_seconds=st.floats(0, 100),
    ),
    unique_by=lambda each: each.position,
    max_size=20,
)
modes = st.sampled_from(["queue", "skip", "latest", "debounce"])


@given(lanes, modes, st.none() | st.integers(0, 10))
def test_no_lane_gets_two_and_no_limit_is_passed(
    given_lanes: list[Lane], mode: str, places: int | None
) -> None:
    decision = decide(flow(key="data.id", mode=mode), given_lanes, places, NOW)
    by_lane = {each: one for one in given_lanes for each in (one.oldest, one.newest)}
    chosen = [by_lane[each] for each in decision.admitted]

    assert len({each.key for each in chosen}) == len(chosen)
    assert not any(each.busy for each in chosen)
    assert places is None or len(chosen) <= places
    # Nothing is admitted and dropped at once, and a limit drops nothing.
    kept = {each.kept for each in decision.dropped}
    assert {each.newest for each in chosen} <= kept | {one.oldest for one in given_lanes} | {
        one.newest for one in given_lanes
    }
    if mode == "queue":
        assert decision.dropped == []


@given(lanes, st.none() | st.integers(0, 10))
def test_where_places_are_few_nobody_is_overtaken(
    given_lanes: list[Lane], places: int | None
) -> None:
    admitted = decide(flow(key="data.id"), given_lanes, places, NOW).admitted
    free = sorted(each.position for each in given_lanes if not each.busy)

    assert admitted == free[:places]


# --- limits -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "active", "started", "expected"),
    [
        ({}, 5, 5, None),
        ({"concurrency": 3}, 1, 0, 2),
        ({"concurrency": 3}, 3, 0, 0),
        # The limit was lowered while five were at work.
        ({"concurrency": 3}, 5, 0, 0),
        ({"rate": {"limit": 10}}, 99, 4, 6),
        ({"rate": {"limit": 10}}, 0, 11, 0),
        ({"concurrency": 3, "rate": {"limit": 10}}, 1, 9, 1),
    ],
)
def test_the_tightest_limit_counts(
    config: dict[str, Any], active: int, started: int, expected: int | None
) -> None:
    assert places_left(flow(**config), active, Gate(NOW, started)) == expected


def test_a_period_that_is_over_gives_way_to_a_new_one() -> None:
    rate = flow(rate={"limit": 10, "period": 60_000}).rate
    gate = Gate(NOW, 10)

    assert gate.at(rate, NOW + timedelta(seconds=59.999)) == gate
    assert gate.at(rate, NOW + timedelta(seconds=60)) == Gate(NOW + timedelta(seconds=60), 0)
    # The clock was set back: the gate is not shut until it has caught up.
    assert gate.at(rate, NOW - timedelta(hours=1)) == Gate(NOW - timedelta(hours=1), 0)
    assert gate.opens(rate) == NOW + timedelta(seconds=60)
