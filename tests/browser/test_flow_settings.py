"""What holds for a workflow as a whole, as its editor asks for it."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Browse
from tests.browser.server import Server
from tests.browser.test_canvas import calculation, tab_to, workflow
from tests.browser.test_failures import choose
from tests.browser.troubles import Troubles


def settings(page: Page, made: dict[str, Any], label: str = "Workflow settings") -> Locator:
    """The drawer, opened."""
    page.goto(f"/workflows/{made['key']}")
    page.get_by_role("button", name=label).click()
    return page.get_by_role("complementary", name=label)


def options(server: Server, made: dict[str, Any]) -> dict[str, Any]:
    """The options, as they are saved."""
    found: dict[str, Any] = server.api(f"workflows:get/{made['id']}")["options"]
    return found


def save(drawer: Locator) -> None:
    drawer.get_by_role("button", name="Save", exact=True).click()


def test_a_version_that_has_run_gets_flow_control_and_keeps_what_the_page_does_not_know(
    page: Page, server: Server
) -> None:
    made = workflow(server, calculation("Twice", "2"))
    given = {"timeout": 0, "theirs": {"a": 1}, "flow": {"theirs": 2}}
    _ = server.api(f"workflows:update/{made['id']}", {"enabled": True, "options": given})
    _ = server.api("posts:create", {"words": 1}, triggerWorkflows=made["key"])
    [started] = server.api("executions:list")
    _ = server.ended(started["id"])
    drawer = settings(page, made)
    drawer.get_by_role("textbox", name="At the same time").fill("4")
    drawer.get_by_role("textbox", name="Lane (CEL)").fill("data.id")
    drawer.get_by_role("textbox", name="Starts").fill("10")
    drawer.get_by_role("textbox", name="Days for failures").fill("90")
    statuses = drawer.get_by_role("combobox", name="Do not keep executions that ended as")
    statuses.focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("option", name="Succeeded").click()
    page.keyboard.press("Escape")
    save(drawer)
    expect(drawer).to_have_count(0)

    saved = options(server, made)
    assert saved["theirs"] == {"a": 1}
    assert saved["flow"]["theirs"] == 2
    assert (saved["flow"]["concurrency"], saved["flow"]["key"]) == (4, "data.id")
    assert saved["flow"]["rate"]["limit"] == 10
    assert saved["retention"]["failedDays"] == 90
    assert saved["deleteExecutionOnStatus"] == [1]
    assert len(server.api("workflows:list", filter={"key": made["key"]})) == 1


def test_a_quiet_time_is_asked_for_where_executions_are_debounced(
    page: Page, server: Server
) -> None:
    made = workflow(server)
    drawer = settings(page, made)
    expect(drawer.get_by_role("textbox", name="At the same time")).to_be_visible()
    quiet = drawer.get_by_role("textbox", name="Quiet time (ms)")
    expect(quiet).to_have_count(0)
    choose(page, "When one is at work", "Debounce")
    quiet.fill("2500")
    save(drawer)

    expect(drawer).to_have_count(0)
    flow = options(server, made)["flow"]
    assert (flow["mode"], flow["debounce"]) == ("debounce", 2500)


def test_what_the_server_refuses_is_said_beside_its_field(
    page: Page, server: Server, troubles: Troubles
) -> None:
    made = workflow(server)
    drawer = settings(page, made)
    lane = drawer.get_by_role("textbox", name="Lane (CEL)")
    lane.fill("data.(")
    troubles.expect(400)
    save(drawer)
    expect(lane).to_have_attribute("aria-invalid", "true")
    described = lane.evaluate(
        "field => field.closest('.mantine-InputWrapper-root')"
        ".querySelector('.mantine-InputWrapper-error').textContent"
    )
    assert described
    expect(page.get_by_role("alert")).to_have_count(0)

    lane.fill("data.title")
    save(drawer)
    expect(drawer).to_have_count(0)
    assert options(server, made)["flow"]["key"] == "data.title"


def test_what_is_wrong_with_a_step_is_said_beside_its_field(
    page: Page, server: Server, troubles: Troubles
) -> None:
    made = workflow(server, calculation("Twice", "2"))
    page.goto(f"/workflows/{made['key']}")
    page.get_by_role("button", name=re.compile("^Twice")).click()
    drawer = page.get_by_role("complementary", name="Step settings")
    expression = drawer.get_by_role("textbox", name="Expression")
    expression.fill("2 +")
    troubles.expect(400)
    save(drawer)
    expect(expression).to_be_focused()
    expect(expression).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_have_count(0)

    # What is folded away opens.  The field corrects a number when it is left: this one is not.
    expression.fill("2")
    drawer.get_by_text("Error handling").click()
    attempts = drawer.get_by_role("textbox", name="Attempts")
    attempts.fill("0")
    page.evaluate(
        "() => { document.querySelector('details').open = false; "
        "document.documentElement.dispatchEvent(new KeyboardEvent('keydown', "
        "{ key: 's', code: 'KeyS', ctrlKey: true, bubbles: true })) }"
    )
    expect(attempts).to_have_attribute("aria-invalid", "true")
    expect(attempts).to_be_focused()
    expect(expression).not_to_have_attribute("aria-invalid", "true")
    attempts.fill("2")
    save(drawer)
    expect(drawer).to_have_count(0)
    [node] = server.api("flow_nodes:list", filter={"workflowId": made["id"]})
    assert node["config"]["onFailure"]["attempts"] == 2


def test_a_sync_workflow_has_no_flow_control_and_is_told_why(page: Page, server: Server) -> None:
    server.table("posts", {"name": "title", "type": "string"})
    values = {"title": "Now", "type": "action", "sync": True, "config": {"collection": "posts"}}
    made = server.api("workflows:create", values)
    drawer = settings(page, made)
    expect(drawer).to_contain_text("There is no flow control here")
    expect(drawer.get_by_role("textbox", name="Lane (CEL)")).to_have_count(0)
    drawer.get_by_role("textbox", name="Time limit (ms)").fill("60000")
    save(drawer)

    expect(drawer).to_have_count(0)
    assert options(server, made)["timeout"] == 60_000


def test_the_settings_are_reached_by_the_keyboard_in_french_and_on_a_phone(
    browse: Browse, server: Server
) -> None:
    made = workflow(server)
    page = browse(language="fr", theme="dark")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"/workflows/{made['key']}")
    tab_to(page, page.get_by_role("button", name="Réglages du workflow"))
    page.keyboard.press("Enter")
    drawer = page.get_by_role("complementary", name="Réglages du workflow")
    expect(drawer.get_by_role("group", name="Contrôle du flux")).to_be_visible()
    box = drawer.bounding_box()
    assert box is not None
    assert box["width"] <= 360
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    assert_accessible(page)
    drawer.get_by_role("textbox", name=re.compile("En même temps")).focus()
    page.keyboard.press("Escape")

    expect(drawer).to_have_count(0)
