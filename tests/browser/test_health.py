"""How the server is doing, as those see it who look after it."""

import json
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Browse
from tests.browser.server import Server
from tests.browser.test_executions import DAY, started, workflow


def reply(waited: float | None) -> dict[str, Any]:
    """What a server says of which the oldest execution has waited for so long."""
    one = {"key": "publish", "title": "Publish", "waiting": 7, "oldestWaitingSeconds": waited}
    worker = {"owner": "a-1", "host": "box", "pid": 12, "kind": "worker", "version": "0.1.0"}
    worker |= {"executions": 2, "alive": False, "startedAt": "2026-03-01T10:00:00.000Z"}
    return {
        "database": "ok",
        "version": "0.1.0",
        "queue": {"waiting": 7, "oldestWaitingSeconds": waited, "workflows": [one]},
        "executions": {"running": 2, "scheduled": 1},
        "workers": [worker | {"seenAt": "2026-03-01T10:00:05.000Z"}],
        "streams": 1,
    }


def test_what_runs_and_who_works_is_seen_and_stays_fresh(page: Page, server: Server) -> None:
    page.goto("/tables")
    page.get_by_role("navigation").get_by_role("link", name="Health").click()
    scheduled = page.get_by_role("definition").nth(3)
    expect(page.get_by_text("The database works")).to_be_visible()
    expect(page.get_by_role("row", name="Server")).to_contain_text("Alive")
    expect(page.get_by_text("Nothing waits.")).to_be_visible()
    expect(scheduled).to_have_text("0")
    server.table("posts", {"name": "title", "type": "string"})
    _ = workflow(server, "slow", "Slow", DAY)
    _ = started(server, "slow")

    expect(scheduled).to_have_text("1")
    assert_accessible(page)


def test_a_long_wait_is_coloured_and_called_long(browse: Browse) -> None:
    page = browse(theme="dark")
    waited: list[float] = [4.0]

    # No server makes executions wait for minutes in a test.
    def answered(route: Route) -> None:
        route.fulfill(body=json.dumps({"data": reply(waited[0])}))

    page.route("**/system:health", answered)
    page.goto("/health")
    oldest = page.get_by_role("definition").nth(1)
    expect(oldest).to_have_text("4.0 s")
    waited[0] = 31
    expect(oldest).to_have_text("31.0 s is long")
    waited[0] = 301
    expect(oldest).to_have_text("5:01 is too long")
    assert_accessible(page)
    page.get_by_role("link", name="Publish").click()

    expect(page).to_have_url("/executions?workflow=publish&state=active")


def test_the_health_in_french_on_a_phone(browse: Browse) -> None:
    page = browse(language="fr")
    page.set_viewport_size({"width": 360, "height": 740})
    page.route(
        "**/system:health", lambda route: route.fulfill(body=json.dumps({"data": reply(45)}))
    )
    page.goto("/health")
    expect(page.get_by_role("heading", name="Santé")).to_be_visible()
    expect(page.get_by_role("row", name="Travail box 12")).to_contain_text("Muet")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360


def test_who_does_not_look_after_the_server_does_not_see_its_health(
    browse: Browse, server: Server
) -> None:
    page = browse(server.person("ada", "member"))
    page.goto("/health")

    expect(page.get_by_text("You may not see this.")).to_be_visible()
    expect(page.get_by_role("link", name="Health")).to_have_count(0)
