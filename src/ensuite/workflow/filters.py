"""The filter of a node that changes records."""

from collections.abc import Mapping
from typing import Any

from ensuite.errors import InvalidRequest
from ensuite.workflow.scope import resolve


class UnboundedFilter(InvalidRequest):
    """A node that updates or deletes needs a filter that leaves some records out."""

    code = "UNBOUNDED_FILTER"


def narrowing(template: Mapping[str, Any] | None, scope: Mapping[str, Any]) -> dict[str, Any]:
    """The filter with its values.

    Raises:
        UnboundedFilter: it has no condition, so that every record of the collection matches.

    """
    resolved: dict[str, Any] = resolve(dict(template or {}), scope)
    if not _narrows(resolved):
        raise UnboundedFilter
    return resolved


def _narrows(condition: object) -> bool:
    if not isinstance(condition, dict):
        return False
    for key, value in condition.items():
        if key == "$and" and isinstance(value, list):
            if any(_narrows(each) for each in value):
                return True
        elif key == "$or" and isinstance(value, list):
            # An alternative without a condition would match everything.
            if value and all(_narrows(each) for each in value):
                return True
        else:
            return True
    return False
