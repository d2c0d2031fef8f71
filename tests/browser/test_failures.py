"""What a step does when it fails: in its form, and as a branch of the canvas."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Browse
from tests.browser.server import Server
from tests.browser.test_canvas import calculation, tab_to, titles, workflow

ON_ERROR = -1


def risky(then: str = "branch", expression: str = "1 / 0", **policy: Any) -> dict[str, Any]:
    """A step that does this when it fails."""
    node = calculation("Risky", expression, key="risky")
    return node | {"config": node["config"] | {"onFailure": {"then": then, **policy}}}


def caught(server: Server, made: dict[str, Any], title: str = "Caught") -> dict[str, Any]:
    """A step in the error branch of the risky one."""
    place = {"upstreamId": policy_of(server, made)["id"], "branchIndex": ON_ERROR}
    node = calculation(title, "0", key=title.lower(), **place)
    added: dict[str, Any] = server.api(f"workflows/{made['id']}/nodes:create", node)
    return added


def policy_of(server: Server, made: dict[str, Any]) -> dict[str, Any]:
    """The risky step, as it is saved."""
    rows = server.api("flow_nodes:list", filter={"workflowId": made["id"], "key": "risky"})
    row: dict[str, Any] = rows[0]
    return row


def place_of(server: Server, made: dict[str, Any], key: str) -> tuple[int | None, int | None]:
    [row] = server.api("flow_nodes:list", filter={"workflowId": made["id"], "key": key})
    return row["upstreamId"], row["branchIndex"]


def step(page: Page, title: str) -> Locator:
    return page.get_by_role("button", name=re.compile(f"^{title}"))


def choose(page: Page, field: str, *options: str) -> None:
    page.get_by_role("combobox", name=field).click()
    for option in options:
        page.get_by_role("option", name=option, exact=True).click()


def test_how_often_a_step_is_tried_is_asked_below_its_form(page: Page, server: Server) -> None:
    made = workflow(server, calculation("Risky", "1", key="risky"))
    page.goto(f"/workflows/{made['key']}")
    step(page, "Risky").click()
    attempts = page.get_by_role("textbox", name="Attempts")
    expect(attempts).to_be_hidden()
    page.get_by_text("Error handling", exact=True).click()
    expect(attempts).to_be_visible()
    expect(page.get_by_role("textbox", name="First pause (ms)")).to_have_count(0)
    attempts.fill("3")
    page.get_by_role("textbox", name="First pause (ms)").fill("250")
    page.get_by_role("combobox", name="Try again after").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("option", name="Failed", exact=True).click()
    page.keyboard.press("Escape")
    assert_accessible(page)
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_test_id("node-risky")).to_contain_text("×3")
    policy = policy_of(server, made)["config"]["onFailure"]
    assert (policy["attempts"], policy["delay"]) == (3, 250)
    assert policy["retryOn"] == ["error", "timeout"]
    # What differs from what every step has is open.
    step(page, "Risky").click()
    expect(page.get_by_role("textbox", name="Attempts")).to_have_value("3")


def test_an_error_branch_is_made_and_filled_by_the_mouse(page: Page, server: Server) -> None:
    made = workflow(server, calculation("Risky", "1 / 0", key="risky"), calculation("After", "2"))
    page.goto(f"/workflows/{made['key']}")
    step(page, "Risky").click()
    page.get_by_text("Error handling", exact=True).click()
    choose(page, "When it has failed", "Error branch")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("On error", exact=True)).to_be_visible()
    node = policy_of(server, made)
    page.get_by_test_id(f"insert-{node['id']}-{ON_ERROR}").click()
    page.get_by_placeholder("Find a step").fill("Calculation")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Title").fill("Caught")
    page.get_by_role("textbox", name="Expression").fill("0")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(step(page, "Caught")).to_be_visible()

    # It stands beside the main line, which goes straight on.
    boxes = {
        title: page.get_by_test_id(re.compile("^node-")).filter(has_text=title).bounding_box()
        for title in ("Risky", "Caught", "After")
    }
    across = {title: round(box["x"]) for title, box in boxes.items() if box is not None}
    assert across["Risky"] == across["After"] < across["Caught"]
    _ = server.api(f"workflows:update/{made['id']}", {"enabled": True})
    _ = server.api("posts:create", {"words": 1}, triggerWorkflows=made["key"])
    [started] = server.api("executions:list")
    jobs = server.ended(started["id"])["jobs"]
    assert [job["status"] for job in sorted(jobs, key=lambda job: job["id"])] == [-2, 1, 1]


def test_steps_are_dragged_cut_and_deleted_around_an_error_branch(
    page: Page, server: Server
) -> None:
    made = workflow(server, risky(), calculation("After", "2", key="after"))
    _ = caught(server, made)
    page.goto(f"/workflows/{made['key']}")
    node = policy_of(server, made)
    head = page.get_by_test_id(f"insert-{node['id']}-{ON_ERROR}")
    after = page.get_by_test_id("node-after")
    after.hover()
    after.get_by_title("Drag onto a plus").drag_to(head)
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    assert place_of(server, made, "after") == (node["id"], ON_ERROR)
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    assert place_of(server, made, "after") == (node["id"], None)

    step(page, "After").click()
    step(page, "After").focus()
    page.keyboard.press("Control+x")
    step(page, "Caught").click()
    step(page, "Caught").focus()
    page.keyboard.press("Control+v")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    assert titles(page)[1:] == ["Risky", "Caught", "After"]

    page.get_by_role("button", name="Close").click()
    page.get_by_test_id("node-risky").hover()
    page.get_by_test_id("node-risky").get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete, keep the branch “On error”").click()
    expect(step(page, "Risky")).to_have_count(0)
    assert titles(page)[1:] == ["Caught", "After"]


def test_an_error_branch_is_filled_by_the_keyboard_alone(page: Page, server: Server) -> None:
    made = workflow(server, risky())
    page.goto(f"/workflows/{made['key']}")
    node = policy_of(server, made)
    expect(step(page, "Risky")).to_be_visible()
    tab_to(page, page.get_by_test_id(f"insert-{node['id']}-{ON_ERROR}"))
    page.keyboard.press("Enter")
    page.keyboard.type("Calculation")
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("textbox", name="Title"))
    page.keyboard.type("Caught")
    page.keyboard.press("Control+s")

    expect(step(page, "Caught")).to_be_visible()
    assert server.api("flow_nodes:list", filter={"title": "Caught"})[0]["branchIndex"] == ON_ERROR


def test_steps_of_an_error_branch_that_is_given_up_stay_and_look_it(
    page: Page, server: Server
) -> None:
    made = workflow(server, risky())
    _ = caught(server, made)
    page.goto(f"/workflows/{made['key']}")
    step(page, "Risky").click()
    choose(page, "When it has failed", "Stop")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("On error: not used")).to_be_visible()
    expect(page.get_by_test_id("node-caught")).to_have_attribute("data-idle", "true")
    expect(page.get_by_test_id(re.compile(f"^insert-.*-{ON_ERROR}$"))).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(page.get_by_text("On error", exact=True)).to_be_visible()


def test_an_execution_shows_that_it_took_the_error_branch(page: Page, server: Server) -> None:
    made = workflow(server, risky(), calculation("After", "2", key="after"))
    _ = caught(server, made)
    _ = server.api(f"workflows:update/{made['id']}", {"enabled": True})
    _ = server.api("posts:create", {"words": 1}, triggerWorkflows=made["key"])
    [started] = server.api("executions:list")
    assert server.ended(started["id"])["status"] == 1
    page.goto(f"/executions/{started['id']}")
    expect(page.get_by_test_id("node-risky")).to_have_attribute("data-tone", "bad")
    expect(page.get_by_test_id("node-caught")).to_have_attribute("data-tone", "ok")

    def went(line: str) -> bool:
        drawn = page.locator(f'[data-id="{line}"] path').first.get_attribute("class") or ""
        return "travelled" in drawn

    assert went(f"risky>caught:{ON_ERROR}")
    assert went("caught>risky/join")
    assert went("risky/join>after")
    assert not went("risky>risky/join")


def test_error_handling_in_french(browse: Browse, server: Server) -> None:
    made = workflow(server, risky(attempts=2))
    _ = caught(server, made)
    page = browse(language="fr", theme="dark")
    page.goto(f"/workflows/{made['key']}")
    expect(page.get_by_text("En cas d’erreur", exact=True)).to_be_visible()
    step(page, "Risky").click()

    expect(page.get_by_text("Gestion des erreurs", exact=True)).to_be_visible()
    expect(page.get_by_role("combobox", name="Après l’échec")).to_have_value("Branche d’erreur")
    assert_accessible(page)
