"""How long ended executions are kept, as a pure decision."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ensuite.ids import ExecutionId
from ensuite.workflow.housekeeping import affordable
from ensuite.workflow.outcome import Status
from ensuite.workflow.retention import Retention, Rules, kept_for, retention_of

NOW = datetime(2026, 3, 14, 9, 26, tzinfo=UTC)
SERVER = Retention(kept_for(30), kept_for(90))


@pytest.mark.parametrize(
    ("given", "succeeded", "failed"),
    [
        (None, 30, 90),
        ({}, 30, 90),
        ({"succeededDays": None, "failedDays": None}, 30, 90),
        ({"succeededDays": 1}, 1, 90),
        ({"succeededDays": 0, "failedDays": 7}, 0, 7),
        # Nothing is deleted by mistake.
        ({"succeededDays": -1, "failedDays": "7"}, 30, 90),
        ({"succeededDays": True, "failedDays": 1.5}, 30, 90),
        ("a week", 30, 90),
    ],
)
def test_a_workflow_says_how_long_its_executions_are_kept(
    given: Any, succeeded: int, failed: int
) -> None:
    expected = Retention(kept_for(succeeded), kept_for(failed))

    assert retention_of({"retention": given}, SERVER) == expected


def test_no_days_are_for_ever() -> None:
    assert retention_of({}, Retention(kept_for(0), kept_for(1))) == Retention(None, timedelta(1))


@pytest.mark.parametrize(
    ("key", "status", "days", "over"),
    [
        ("any", Status.RESOLVED, 30, False),
        ("any", Status.RESOLVED, 31, True),
        ("any", Status.ERROR, 31, False),
        ("any", Status.ERROR, 91, True),
        ("short", Status.RESOLVED, 2, True),
        ("short", Status.FAILED, 2, False),
        ("kept", Status.RESOLVED, 30_000, False),
    ],
)
def test_an_execution_goes_by_its_workflow_its_status_and_its_age(
    key: str, status: Status, days: int, *, over: bool
) -> None:
    own = {
        "short": Retention(timedelta(days=1), timedelta(days=90)),
        "kept": Retention(None, None),
    }

    assert Rules(SERVER, own).is_over(key, status, NOW - timedelta(days=days), NOW) is over


def test_every_period_has_its_pass_and_for_ever_has_none() -> None:
    own = {"short": Retention(timedelta(days=1), None), "kept": Retention(None, None)}
    rules = Rules(SERVER, own)

    assert rules.periods(Status.RESOLVED) == [timedelta(days=1), timedelta(days=30)]
    assert rules.periods(Status.ABORTED) == [timedelta(days=90)]


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        ({}, 5),
        ({1: 3, 2: 3, 3: 3}, 2),
        ({1: 9, 2: 1}, 1),
        # An execution with more rows than that goes alone.
        ({1: 100}, 1),
        ({1: 0, 2: 100}, 1),
    ],
)
def test_a_transaction_takes_no_more_executions_than_it_can_delete_rows(
    rows: dict[int, int], chosen: int
) -> None:
    ids = [ExecutionId(number) for number in range(1, 6)]
    counted = {ExecutionId(each): count for each, count in rows.items()}

    assert affordable(ids, counted, 10) == ids[:chosen]
