"""Trace context as the W3C defines it (level 1): who called whom, across machines; and spans.

A `traceparent` names a trace and the part of it that calls.  Ensuite keeps the one that a request
brings with the executions that it starts, and sends it on with their calls, each as a part of its
own.  Where the composition root gives a `Tracer`, each part is a span: then the request's own span
is what its executions keep.  Where it gives none, nothing is made and nothing is called.
"""

import re
import secrets
from collections.abc import Awaitable, Generator, Mapping
from contextlib import contextmanager
from typing import Literal, Protocol, TypeVar

T = TypeVar("T")

Kind = Literal["server", "consumer", "internal"]
"""Whether somebody waits for what the span is about, has left it behind, or it is a part."""

Value = str | int | bool

NOTHING: Mapping[str, Value] = {}

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


class Span(Protocol):
    """One part of a trace, from its beginning to its end."""

    @property
    def traceparent(self) -> str:
        """What is told to whom it calls, so that they become parts of it."""
        ...

    def child(self, name: str, attributes: Mapping[str, Value] = NOTHING) -> "Span":
        """Begin a part of it, in the same process."""
        ...

    def rename(self, name: str) -> None:
        """Call it otherwise, once it is known what it is about."""
        ...

    def set(self, attributes: Mapping[str, Value]) -> None:
        """Say more about it."""
        ...

    def link(self, traceparent: str) -> None:
        """Say that another trace has to do with it."""
        ...

    def fail(self, reason: str = "", error: BaseException | None = None) -> None:
        """Say that it failed, in words, or with which error; the first to say so is heard."""
        ...

    def end(self) -> None:
        """Say that it is over; nothing can be said of it after that."""
        ...


@contextmanager
def part(span: Span, name: str) -> Generator[None]:
    """A part of a span for as long as the block takes; an error that leaves the block fails it."""
    one = span.child(name)
    try:
        yield
    except BaseException as error:
        one.fail(error=error)
        raise
    finally:
        one.end()


async def within(span: Span, name: str, work: Awaitable[T]) -> T:
    """What the work gives, which is a part of the span."""
    with part(span, name):
        return await work


class Tracer(Protocol):
    """Where spans come from."""

    def begin(
        self, name: str, kind: Kind, traceparent: str | None, attributes: Mapping[str, Value]
    ) -> Span:
        """Begin a span as a part of whoever called; None: a trace begins with it."""
        ...
