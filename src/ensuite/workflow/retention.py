"""How long what has ended is kept: decided from its status, its age and its workflow's options."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ensuite.workflow.outcome import Status

MAX_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class Retention:
    """How long executions are kept after their end; None: for ever."""

    succeeded: timedelta | None
    failed: timedelta | None

    def of(self, status: int) -> timedelta | None:
        """How long an execution that ended with this status is kept."""
        return self.succeeded if status == Status.RESOLVED else self.failed


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every workflow: the server's retention, and those that differ, by key."""

    server: Retention
    own: Mapping[str, Retention] = field(default_factory=dict)

    def periods(self, status: int) -> list[timedelta]:
        """Every period after which some execution of this status is over its age."""
        periods = {each.of(status) for each in (self.server, *self.own.values())}
        return sorted(period for period in periods if period is not None)

    def is_over(self, key: str, status: int, finished_at: datetime, now: datetime) -> bool:
        """Whether an execution of the workflow with this key has been kept for long enough."""
        period = self.own.get(key, self.server).of(status)
        return period is not None and finished_at < now - period


def kept_for(days: int) -> timedelta | None:
    """A number of days as settings and options write it: 0 is for ever."""
    return timedelta(days=min(days, MAX_DAYS)) if days > 0 else None


def retention_of(options: Mapping[str, Any], server: Retention) -> Retention:
    """The retention that a workflow's `options.retention` says.

    It is `{succeededDays, failedDays}`: null or absent is the server's, 0 is for ever.  What is
    no number of days counts as absent, since nothing may be deleted by mistake.
    """
    given = options.get("retention")
    if not isinstance(given, Mapping):
        return server
    return Retention(
        _period(given.get("succeededDays"), server.succeeded),
        _period(given.get("failedDays"), server.failed),
    )


def _period(days: object, otherwise: timedelta | None) -> timedelta | None:
    if isinstance(days, bool) or not isinstance(days, int) or days < 0:
        return otherwise
    return kept_for(days)
