"""A clock that the test moves."""

from datetime import datetime, timedelta

from ensuite.clock import SystemClock


class MovableClock:
    """Stands still until the test moves it; begins now, as the database's own clock does."""

    def __init__(self) -> None:
        self.moment = SystemClock().now()

    def now(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        """Let time pass: `move(days=1, seconds=2)`."""
        self.moment += timedelta(**by)
