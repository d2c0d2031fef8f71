"""The `Prefer` header (RFC 7240): how the caller would like a write to be carried out."""

import re
from dataclasses import dataclass
from functools import lru_cache

MAX_WAIT_SECONDS = 60
"""The longest `wait`; a longer one is shortened, which `Preference-Applied` says."""

_preference = re.compile(r'\s*([^\s=;,"]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]*))?')
_rest = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")*')


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a call prefers; what it does not mention, or what makes no sense, is not there."""

    strict: bool = False
    """`handling=strict`: refuse what would start nothing, instead of skipping it."""
    respond_async: bool = False
    """`respond-async`: the caller waits for no workflow, sync or not."""
    wait: int | None = None
    """`wait=N`: seconds to wait, after the commit, for the executions that were started."""


NO_PREFERENCES = Preferences()


@lru_cache(maxsize=256)
def preferences(header: bytes) -> Preferences:
    """The preferences in a header; of one that is repeated, the first counts (section 2)."""
    given: dict[str, str] = {}
    text = header.decode("latin-1")
    at = 0
    while at < len(text):
        found = _preference.match(text, at)
        if found is not None:
            name, value = found.groups(default="")
            _ = given.setdefault(name.lower(), _unquoted(value))
            at = found.end()
        # Parameters behind a semicolon mean nothing here.
        rest = _rest.match(text, at)
        at = (at if rest is None else rest.end()) + 1
    wait = given.get("wait", "")
    seconds = min(int(wait), MAX_WAIT_SECONDS) if re.fullmatch("[0-9]{1,9}", wait) else None
    return Preferences(
        strict=given.get("handling", "").lower() == "strict",
        respond_async="respond-async" in given,
        wait=seconds,
    )


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value[:1] == '"' else value
