"""Trace context as the W3C defines it (level 1): who called whom, across machines.

A `traceparent` names a trace and the part of it that calls.  Ensuite keeps the one that a request
brings with the executions that it starts, and sends it on with their calls, each as a part of its
own.
"""

import re
import secrets

# Version, trace, parent, flags; a later version may say more behind them.
_form = re.compile(
    rb"(?:00(?=.{53}\Z)|(?!00|ff)[0-9a-f]{2})"
    rb"(-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(?:-.*)?"
)


def accepted(header: bytes) -> str | None:
    """The trace context that a request's header holds, as version 00; None: it holds none."""
    found = _form.fullmatch(header)
    return None if found is None else f"00{found[1].decode()}"


def child(traceparent: str) -> str:
    """The context of a call that is made on behalf of this one: the same trace, a new parent."""
    version, trace, _, flags = traceparent.split("-")
    parent = secrets.randbits(64) or 1
    return f"{version}-{trace}-{parent:016x}-{flags}"
