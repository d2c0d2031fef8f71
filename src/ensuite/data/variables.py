"""Variables inside filters: `{{ctx.state.currentUser.id}}`, `{{$nRole}}`, `{{$nDate.today}}`."""

import re
from collections.abc import Mapping
from typing import Any

from ensuite.access.actor import Actor
from ensuite.clock import to_wire
from ensuite.data.dates import Zone
from ensuite.errors import InvalidFilter

MAX_DEPTH = 24

_variable = re.compile(r"\s*\{\{\s*([^{}]{1,200}?)\s*\}\}\s*")
_user_roots = ("ctx.state.currentUser.", "$user.", "currentUser.")
_role_names = frozenset({"$nRole", "ctx.state.currentRole", "currentRole"})
_date_roots = ("$nDate.", "$date.")


def substituted(given: Any, actor: Actor | None, zone: Zone, depth: int = 0) -> Any:
    """A filter with its variables replaced by what they stand for in this request.

    Raises:
        InvalidFilter: a variable is unknown, or the filter is nested too deep.

    """
    if depth > MAX_DEPTH:
        message = f"the filter is nested more than {MAX_DEPTH} levels deep"
        raise InvalidFilter(message)
    if isinstance(given, str):
        found = _variable.fullmatch(given)
        return _value(found.group(1), actor, zone) if found else given
    if isinstance(given, Mapping):
        return {name: substituted(each, actor, zone, depth + 1) for name, each in given.items()}
    if isinstance(given, list):
        return [substituted(each, actor, zone, depth + 1) for each in given]
    return given


def _value(name: str, actor: Actor | None, zone: Zone) -> Any:
    for root in _user_roots:
        if name.startswith(root):
            return _walked(None if actor is None else actor.user, name.removeprefix(root))
    if name in _role_names:
        return None if actor is None else actor.role
    for root in _date_roots:
        if name.startswith(root):
            period = name.removeprefix(root)
            return to_wire(zone.now) if period == "now" else {"type": period}
    message = f"there is no variable {{{{{name}}}}}"
    raise InvalidFilter(message)


def _walked(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
