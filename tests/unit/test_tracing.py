"""Trace context, held to the W3C's recommendation."""

import pytest

from ensuite import tracing

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GIVEN = f"00-{TRACE}-{PARENT}-01"


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        (GIVEN, GIVEN),
        (f"00-{TRACE}-{PARENT}-00", f"00-{TRACE}-{PARENT}-00"),
        # A later version is read as far as this one goes.
        (f"cc-{TRACE}-{PARENT}-01", GIVEN),
        (f"cc-{TRACE}-{PARENT}-01-what-the-future-brings", GIVEN),
    ],
)
def test_a_trace_is_accepted(header: str, accepted: str) -> None:
    assert tracing.accepted(header.encode()) == accepted


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        GIVEN[:-1],
        f"{GIVEN}0",
        f"{GIVEN}-more",
        f"{GIVEN}\n",
        f" {GIVEN}",
        GIVEN.upper(),
        f"ff-{TRACE}-{PARENT}-01",
        f"cc-{TRACE}-{PARENT}-01more",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{PARENT}-0x",
        "é" * 55,
    ],
)
def test_what_is_no_trace_counts_as_none(header: str) -> None:
    assert tracing.accepted(header.encode()) is None


def test_a_child_is_of_the_same_trace_with_a_parent_of_its_own() -> None:
    children = {tracing.child(GIVEN) for _ in range(100)}

    assert len(children) == 100
    for each in children:
        assert tracing.accepted(each.encode()) == each
        assert each.startswith(f"00-{TRACE}-")
        assert each.endswith("-01")
        assert PARENT not in each
