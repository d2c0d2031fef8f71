"""Measurements: plain numbers that code adds to on its way, and that somebody reads now and then.

No locks, no registry and no labels to look up: one process is one thread, and who measures holds
the number.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""The bounds of what takes between a fraction of a millisecond and a minute."""


class Histogram:
    """How many values were at most as large as each bound, and what they came to together."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self.bounds = tuple(bounds)
        # One for each bound, and one for what is above them all.
        self.counts = [0] * (len(bounds) + 1)
        self.total: float = 0

    def observe(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    @property
    def count(self) -> int:
        """How many values there were."""
        return sum(self.counts)

    def cumulative(self) -> Iterator[tuple[float, int]]:
        """Each bound with the number of values up to it."""
        count = 0
        for bound, own in zip(self.bounds, self.counts, strict=False):
            count += own
            yield bound, count


class Requests:
    """The requests that a process has answered."""

    __slots__ = ("by_class", "seconds")

    def __init__(self) -> None:
        # By the first digit of the status.
        self.by_class = [0] * 10
        self.seconds = Histogram()

    def answered(self, status: int, seconds: float) -> None:
        """Count one answer, and the time from its request."""
        self.by_class[status // 100] += 1
        self.seconds.observe(seconds)
