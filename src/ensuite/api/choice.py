"""What the caller of a write chose beside the write itself: once, how long to wait, how told."""

from dataclasses import dataclass, field

from ensuite.api.preferences import NO_PREFERENCES, Preferences
from ensuite.workflow.following import Following
from ensuite.workflow.once import Once


@dataclass(slots=True)
class Choice:
    """The choice of one call; most calls make none."""

    preferences: Preferences = NO_PREFERENCES
    once: Once | None = None
    """`Idempotency-Key`: the write happens once."""
    following: Following | None = None
    """`Accept: text/event-stream`: what becomes of the executions is told."""
    applied: list[str] = field(default_factory=list[str])
    """The preferences that were honoured, as `Preference-Applied` says them."""

    def apply(self, preference: str) -> None:
        """Note that a preference was honoured; a call that is tried again honours it once."""
        if preference not in self.applied:
            self.applied.append(preference)
