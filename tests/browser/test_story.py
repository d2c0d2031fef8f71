"""From an empty server to a finished execution by mouse, and the same call by hand."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Browse
from tests.browser.server import Server
from tests.browser.troubles import Troubles

SCREENS = ("/tables", "/workflows", "/executions", "/users", "/roles", "/api-keys", "/settings")


def add_field(page: Page, kind: str, title: str) -> None:
    page.get_by_role("button", name="Add field").click()
    page.get_by_role("button", name=kind).click()
    page.get_by_role("textbox", name="Title").fill(title)
    page.get_by_role("button", name="Add", exact=True).click()


def test_a_newcomer_makes_a_table_a_workflow_and_a_button_and_watches_it_run(  # noqa: PLR0915 - one story
    page: Page, server: Server
) -> None:
    # A table with two fields.
    page.goto("/")
    page.get_by_role("button", name="New table").first.click()
    page.get_by_role("textbox", name="Title").fill("Expenses")
    page.get_by_role("button", name="Create table").click()
    expect(page).to_have_url(re.compile(r"/tables/expenses"))
    add_field(page, "Text One line", "Subject")
    add_field(page, "Whole number Up to about two", "Amount")
    page.get_by_role("button", name="Review and apply").click()
    expect(page.get_by_text("Add the field subject (Text).")).to_be_visible()
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert {"subject", "amount"} <= {
        each["name"] for each in server.api("collections/expenses/fields:list")
    }

    # A workflow that sets the amount of what started it.
    page.get_by_role("link", name="Workflows").click()
    page.get_by_role("button", name="New workflow").first.click()
    page.get_by_role("textbox", name="Title").fill("Round it")
    page.get_by_role("combobox", name="Collection").click()
    page.get_by_role("option", name="Expenses").click()
    page.get_by_role("button", name="Create", exact=True).click()
    page.get_by_role("button", name="Insert a step").click()
    page.get_by_placeholder("Find a step").fill("Update records")
    page.keyboard.press("Enter")
    page.get_by_role("combobox", name="Collection").click()
    page.get_by_role("option", name="Expenses").click()
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_role("combobox", name="Field").click()
    page.get_by_role("option", name="id", exact=True).click()
    page.get_by_role("textbox", name="Value").fill("{{$context.data.id}}")
    page.get_by_role("button", name="Set a field").click()
    page.get_by_role("combobox", name="Field").last.click()
    page.get_by_role("option", name="Amount").click()
    page.get_by_role("textbox", name="Value").last.fill("100")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("amount = 100")).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("button", name="Published")).to_be_visible()
    page.get_by_test_id("workflow-title").hover()
    key = page.get_by_test_id("workflow-key").inner_text()

    # A button that starts it.
    page.goto("/tables/expenses?tab=buttons")
    page.get_by_role("button", name="New button").click()
    page.get_by_role("textbox", name="Label in English").fill("Round")
    page.get_by_role("textbox", name="Label in French").fill("Arrondir")
    page.get_by_role("button", name="Add a workflow").click()
    page.get_by_role("combobox", name="Workflow").click()
    page.get_by_role("option", name="Round it").click()
    expect(page.get_by_text(f"triggerWorkflows={key}")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Round", exact=True)).to_be_visible()

    # A record, the press, and the execution.
    made = server.api("expenses:create", {"subject": "Team offsite", "amount": 97})
    page.goto(f"/data/expenses?record={made['id']}")
    page.get_by_role("button", name="Round", exact=True).click()
    page.get_by_role("link", name=re.compile("execution", re.IGNORECASE)).last.click()
    expect(page).to_have_url(re.compile(r"/executions"))
    [first] = server.api("executions:list", filter={"key": key})
    assert server.ended(first["id"])["status"] == 1
    assert server.api(f"expenses:get/{made['id']}")["amount"] == 100

    # The same by hand, watched while it happens.
    page.goto("/executions")
    expect(page.get_by_role("row", name=re.compile("Round it"))).to_have_count(1)
    _ = server.api("expenses:create", {"amount": 3}, triggerWorkflows=key)
    expect(page.get_by_role("row", name=re.compile("Round it"))).to_have_count(2)
    expect(page.get_by_role("cell", name="Succeeded")).to_have_count(2)


def test_an_execution_is_seen_to_go_on_without_a_reload(page: Page, server: Server) -> None:
    server.table("posts", {"name": "title", "type": "string"})
    made = server.api(
        "workflows:create",
        {"title": "Slow", "type": "action", "config": {"collection": "posts"}, "enabled": True},
    )
    _ = server.api(
        f"workflows/{made['id']}/nodes:create",
        {"type": "delay", "title": "Wait", "config": {"duration": 3, "unit": 1000}},
    )
    _ = server.api("posts:create", {"title": "x"}, triggerWorkflows=made["key"])
    [started] = server.api("executions:list")
    page.goto(f"/executions/{started['id']}")

    expect(page.get_by_text("Running").first).to_be_visible()
    expect(page.get_by_role("button", name="Execute again")).to_be_visible()
    expect(page.get_by_test_id("node-trigger")).to_be_visible()


def test_what_somebody_else_changed_is_not_overwritten(
    page: Page, server: Server, troubles: Troubles
) -> None:
    troubles.expect(412)
    server.table("posts", {"name": "title", "type": "string"})
    made = server.api(
        "workflows:create", {"title": "Ours", "type": "action", "config": {"collection": "posts"}}
    )
    page.goto(f"/workflows/{made['key']}")
    page.get_by_test_id("node-trigger").click()
    page.get_by_role("textbox", name="Title").fill("Mine")
    _ = server.api(f"workflows:update/{made['id']}", {"title": "Theirs"})
    with page.expect_response(re.compile("workflows:update")) as answer:
        page.get_by_role("button", name="Save").click()

    assert answer.value.status == 412
    assert server.api(f"workflows:get/{made['id']}")["title"] == "Theirs"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_screens_are_accessible(browse: Browse, language: str, theme: str) -> None:
    page = browse(language=language, theme=theme)
    for path in SCREENS:
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert_accessible(page)
