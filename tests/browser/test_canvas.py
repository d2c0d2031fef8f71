"""The canvas: drawn with the mouse or with the keyboard alone, tried, compared and restored."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Browse
from tests.browser.server import Server


def workflow(server: Server, *nodes: dict[str, Any], title: str = "Ours") -> dict[str, Any]:
    """A workflow on `posts` with these nodes one after the other."""
    server.table("posts", {"name": "title", "type": "string"}, {"name": "words", "type": "integer"})
    config = {"collection": "posts"}
    values = {"title": title, "type": "action", "config": config}
    made: dict[str, Any] = server.api("workflows:create", values)
    upstream = None
    for node in nodes:
        place = {"upstreamId": upstream, **node}
        upstream = server.api(f"workflows/{made['id']}/nodes:create", place)["id"]
    return made


def calculation(title: str, expression: str, **others: Any) -> dict[str, Any]:
    config = {"engine": "cel", "expression": expression}
    return {"type": "calculation", "title": title, "config": config, **others}


def titles(page: Page) -> list[str]:
    """The steps from top to bottom."""
    placed: list[tuple[float, str]] = []
    for node in page.get_by_test_id(re.compile("^node-")).all():
        box = node.bounding_box()
        assert box is not None
        placed.append((box["y"], node.get_by_role("button").first.inner_text().splitlines()[0]))
    return [title for _, title in sorted(placed)]


@pytest.mark.parametrize(
    ("language", "find", "typed", "title", "save", "publish", "published"),
    [
        ("en", "Find a step", "Calculation", "Title", "Save", "Publish", "Published"),
        ("fr", "Trouver une étape", "Calcul", "Titre", "Enregistrer", "Publier", "Publié"),
    ],
)
def test_a_workflow_is_drawn_by_the_keyboard_alone(
    browse: Browse,
    server: Server,
    language: str,
    find: str,
    typed: str,
    title: str,
    save: str,
    publish: str,
    published: str,
) -> None:
    page = browse(language=language)
    made = workflow(server)
    page.goto(f"/workflows/{made['key']}")
    expect(page.get_by_test_id("node-trigger")).to_be_visible()

    # `/` opens the menu, typing finds the step, Enter takes it.
    page.keyboard.press("/")
    expect(page.get_by_placeholder(find)).to_be_focused()
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name=title)).to_be_visible()
    tab_to(page, page.get_by_role("textbox", name=title))
    page.keyboard.type("Twice")
    tab_to(page, page.get_by_role("textbox", name="Expression"))
    page.keyboard.type("2 * 21")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Twice")).to_be_visible()

    # A step is opened, changed and saved by its button.
    tab_to(page, page.get_by_role("button", name=re.compile("^Twice")))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("textbox", name=title))
    page.keyboard.press("Control+a")
    page.keyboard.type("Double")
    tab_to(page, page.get_by_role("button", name=save, exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=re.compile("^Double"))).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name=re.compile("^Twice"))).to_be_visible()

    tab_to(page, page.get_by_role("button", name=publish, exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=published)).to_be_visible()
    [node] = server.api("flow_nodes:list", filter={"workflowId": made["id"]})
    assert (node["title"], node["config"]["expression"]) == ("Twice", "2 * 21")


def tab_to(page: Page, target: Any, most: int = 80) -> None:
    """Press Tab until the control has the focus."""
    for _ in range(most):
        if target.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {target}")


def test_a_step_is_dragged_onto_a_plus(page: Page, server: Server) -> None:
    made = workflow(server, calculation("First", "1"), calculation("Second", "2"))
    page.goto(f"/workflows/{made['key']}")
    expect(page.get_by_text("Second")).to_be_visible()
    assert titles(page) == ["Ours", "First", "Second"] or titles(page)[1:] == ["First", "Second"]

    second = page.get_by_test_id(re.compile("^node-")).filter(has_text="Second")
    second.hover()
    second.get_by_title("Drag onto a plus").drag_to(page.get_by_test_id("insert-start-next"))

    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    assert titles(page)[1:] == ["Second", "First"]


def test_a_step_is_copied_pasted_cut_and_undone_by_keys(page: Page, server: Server) -> None:
    made = workflow(server, calculation("First", "1"), calculation("Second", "2"))
    page.goto(f"/workflows/{made['key']}")
    page.get_by_role("button", name=re.compile("^First")).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("^First")).click()
    page.get_by_role("button", name=re.compile("^First")).focus()
    page.keyboard.press("Control+c")
    page.keyboard.press("Control+v")
    expect(page.get_by_role("button", name=re.compile("^First"))).to_have_count(2)
    assert titles(page)[1:] == ["First", "First", "Second"]

    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name=re.compile("^First"))).to_have_count(1)


def test_deleting_a_step_with_branches_asks_which_one_stays(page: Page, server: Server) -> None:
    condition = {
        "type": "condition",
        "title": "Long?",
        "config": {"engine": "cel", "expression": "true", "rejectOnFalse": False},
    }
    made = workflow(server, condition)
    [node] = server.api("flow_nodes:list", filter={"workflowId": made["id"]})
    for branch, title in ((1, "Print"), (0, "Discard")):
        place = {"upstreamId": node["id"], "branchIndex": branch}
        _ = server.api(f"workflows/{made['id']}/nodes:create", calculation(title, "1", **place))
    page.goto(f"/workflows/{made['key']}")
    page.get_by_test_id(f"node-{node['key']}").hover()
    page.get_by_test_id(f"node-{node['key']}").get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete, keep the branch “Yes”").click()

    expect(page.get_by_text("Long?")).to_have_count(0)
    assert titles(page)[1:] == ["Print"]


def test_a_step_is_tried_on_what_the_last_execution_had(page: Page, server: Server) -> None:
    made = workflow(server, calculation("Twice", "context.data.words * 2"))
    _ = server.api(f"workflows:update/{made['id']}", {"enabled": True})
    _ = server.api("posts:create", {"words": 21}, triggerWorkflows=made["key"])
    [started] = server.api("executions:list")
    _ = server.ended(started["id"])
    page.goto(f"/workflows/{made['key']}")
    page.get_by_role("button", name=re.compile("^Twice")).click()
    tried = page.get_by_role("region", name="Test this step")
    tried.get_by_role("button", name="Test this step").click()
    expect(tried.get_by_text("42")).to_be_visible()

    page.get_by_role("textbox", name="Expression").fill("context.data.words / 0")
    tried.get_by_role("button", name="Test this step").click()
    expect(tried.get_by_text("Failed")).to_be_visible()
    assert len(server.api("executions:list")) == 1


def test_versions_are_compared_and_an_older_one_restored(page: Page, server: Server) -> None:
    made = workflow(server, calculation("Twice", "2"))
    _ = server.api(f"workflows:update/{made['id']}", {"enabled": True})
    _ = server.api("posts:create", {"words": 1}, triggerWorkflows=made["key"])
    [started] = server.api("executions:list")
    _ = server.ended(started["id"])
    page.goto(f"/workflows/{made['key']}")
    page.get_by_role("button", name=re.compile("^Twice")).click()
    page.get_by_role("textbox", name="Expression").fill("3")
    page.get_by_role("button", name="Save").click()
    version = page.get_by_role("button", name=re.compile("^v2"))
    expect(version).to_be_visible()
    version.click()
    page.get_by_role("menuitem", name="Compare versions").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Twice")).to_be_visible()
    assert dialog.get_by_role("deletion").inner_text() == "2"
    assert dialog.get_by_role("insertion").inner_text() == "3"
    page.keyboard.press("Escape")

    version.click()
    page.get_by_role("menuitem", name=re.compile("^v1")).click()
    page.get_by_role("button", name=re.compile("^v1")).click()
    page.get_by_role("menuitem", name="Restore version 1").click()
    expect(page.get_by_role("button", name=re.compile("^v3"))).to_be_visible()
    newest = server.api("workflows:list", filter={"key": made["key"]}, sort="-id")[0]
    [node] = server.api("flow_nodes:list", filter={"workflowId": newest["id"]})
    assert node["config"]["expression"] == "2"


def test_a_workflow_is_executed_with_data_of_ones_own(page: Page, server: Server) -> None:
    made = workflow(server, calculation("Twice", "context.data.words * 2"))
    page.goto(f"/workflows/{made['key']}")
    page.get_by_role("button", name="Test run").click()
    page.get_by_text("Data of your own").click()
    page.get_by_role("textbox", name="Data, as JSON").fill('{"words": 4}')
    page.get_by_role("button", name="Execute", exact=True).click()

    expect(page).to_have_url(re.compile(r"/executions/\d+"))
    [started] = server.api("executions:list")
    [job] = server.ended(started["id"])["jobs"]
    assert job["result"] == 8
    assert server.api("posts:list") == []


def test_what_is_wrong_is_said_at_the_step_before_publishing(page: Page, server: Server) -> None:
    node = {"type": "create", "title": "Make it", "config": {"collection": "nowhere"}}
    made = workflow(server, node)
    page.goto(f"/workflows/{made['key']}")

    expect(page.get_by_role("button", name="Publish")).to_be_disabled()
    page.get_by_role("button", name=re.compile("Make it: The table “nowhere”")).click()
    expect(page.get_by_role("complementary")).to_contain_text("Make it")
