"""Logging: events with names and values, and no secrets that only a traceback could show."""

import io
import json
from collections.abc import Iterator

import pytest
import structlog

from ensuite import log


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Other tests of this process log as `conftest` says."""
    yield
    log.configure(level="error")


def failed() -> None:
    password = "hunter2"
    assert password
    raise ValueError("it broke")


def logged_failure(stream: io.StringIO) -> str:
    log.configure(stream=stream)
    try:
        failed()
    except ValueError as error:
        structlog.get_logger().error("step.failed", node="n1", exc_info=error)
    return stream.getvalue()


def test_an_event_is_one_line_of_json() -> None:
    stream = io.StringIO()
    log.configure(stream=stream)
    structlog.get_logger().info("execution.claimed", execution=7)
    [line] = stream.getvalue().splitlines()
    event = json.loads(line)

    assert event["event"] == "execution.claimed"
    assert event["execution"] == 7
    assert event["level"] == "info"
    assert event["timestamp"].endswith("Z")


def test_what_is_below_the_level_is_not_written() -> None:
    stream = io.StringIO()
    log.configure(level="warning", stream=stream)
    structlog.get_logger().info("execution.claimed")
    structlog.get_logger().warning("notifications.lost")

    assert [json.loads(each)["event"] for each in stream.getvalue().splitlines()] == [
        "notifications.lost"
    ]


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_a_traceback_shows_the_lines_and_not_the_values(kind: type[io.StringIO]) -> None:
    text = logged_failure(kind())

    assert "ValueError: it broke" in text
    assert "test_log.py" in text
    assert "hunter2" not in text.replace('password = "hunter2"', "")


def test_a_terminal_gets_text_for_people() -> None:
    text = logged_failure(Terminal())

    assert not text.startswith("{")
    assert "step.failed" in text
    assert "n1" in text
