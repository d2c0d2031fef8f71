"""What a write may do beyond the record that it names: the role's rules for nested values."""

from collections.abc import Callable
from dataclasses import dataclass

from ensuite.access.actor import Actor
from ensuite.access.policy import EVERYTHING, Grant, Policy
from ensuite.data import filters
from ensuite.data.filters import Filter
from ensuite.schema.collection import Collection


def _unscoped(_: Collection, __: Grant) -> Filter:
    return filters.EVERYTHING


@dataclass(frozen=True, slots=True)
class Access:
    """The policy as it applies to one call, and the associated records that it may change."""

    policy: Policy | None = None
    actor: Actor | None = None
    update_paths: frozenset[str] = frozenset()
    """`updateAssociationValues`: paths whose existing records may be modified (section 1.6)."""
    scope: Callable[[Collection, Grant], Filter] = _unscoped
    """The records that a grant is limited to, for who acts here."""

    def may(self, action: str, collection: Collection) -> Grant | None:
        """The grant for an action on a collection; everything for the system itself."""
        if self.policy is None or self.actor is None:
            return EVERYTHING
        return self.policy.may(self.actor, action, collection)


UNLIMITED = Access()
