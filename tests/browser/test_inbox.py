"""The inbox: people answer what executions ask, and the executions go on."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Browse
from tests.browser.server import Server
from tests.browser.words import Words

NARROW = {"width": 360, "height": 740}


@pytest.fixture
def ada(server: Server) -> Server:
    """A table whose records need an approval, and who gives it: she may see titles only."""
    title = {"name": "title", "type": "string", "uiSchema": {"title": "Title"}}
    amount = {"name": "amount", "type": "integer", "uiSchema": {"title": "Amount"}}
    server.table("expenses", title, amount, title="Expenses", titleField="title")
    _ = server.api("roles:create", {"name": "approver", "strategy": {"actions": []}})
    view = {"name": "view", "fields": ["title"]}
    values = {"name": "expenses", "usingActionsConfig": True, "actions": [view]}
    _ = server.api("roles/approver/dataSourceResources:create", values)
    return server.person("ada", "approver")


def asking(server: Server, *people: Server, **config: Any) -> int:
    """A workflow that asks these people; its id."""
    values = {"key": "ask", "title": "Approval", "type": "action"}
    made: int = server.api("workflows:create", {**values, "config": {"collection": "expenses"}})[
        "id"
    ]
    who = [person.api("auth:check")["id"] for person in people]
    node = {
        "type": "manual",
        "title": "Ask the lead",
        "config": {"assignees": who, "title": "Pay {{$context.data.title}}?", **config},
    }
    _ = server.api(f"workflows/{made}/nodes:create", node)
    _ = server.api(f"workflows:update/{made}", {"enabled": True})
    return made


def started(server: Server, title: str) -> int:
    """An execution about a new expense, as soon as it waits."""
    values = {"title": title, "amount": 7}
    expense = server.api("expenses:create", values, triggerWorkflows="ask")
    [row] = server.api("executions:list", filter={"recordKey": str(expense["id"])})
    server.waits(row["id"])
    return row["id"]


FIELDS = [
    {
        "name": "account",
        "label": {"en": "Account", "fr": "Compte"},
        "type": "select",
        "options": ["Travel", "Food"],
        "required": True,
    },
    {"name": "share", "label": {"en": "Share", "fr": "Part"}, "type": "number"},
]


def test_who_is_asked_answers_and_the_execution_goes_on(
    browse: Browse, server: Server, ada: Server
) -> None:
    _ = asking(server, ada, fields=FIELDS, description="By Friday.")
    executions = [started(server, title) for title in ("a train", "a lunch")]
    page = browse(ada)
    page.goto("/")
    page.get_by_role("link", name="Inbox 2").click()

    # The newest is open; of its record it shows what her role may see.
    pane = page.get_by_role("region", name="Task")
    expect(pane.get_by_role("heading", name="Pay a lunch?")).to_be_visible()
    expect(pane.get_by_text("By Friday.")).to_be_visible()
    expect(pane.get_by_label("The record")).to_contain_text("a lunch")
    expect(pane.get_by_label("The record")).not_to_contain_text("Amount")
    pane.get_by_role("textbox", name="Comment").fill("Enjoy")
    pane.get_by_role("combobox", name="Account").click()
    page.get_by_role("option", name="Food").click()
    pane.get_by_role("textbox", name="Share").fill("0.5")
    pane.get_by_role("button", name="Approve").click()

    # The next task opens.
    expect(pane.get_by_role("heading", name="Pay a train?")).to_be_focused()
    expect(page.get_by_role("link", name="Inbox 1")).to_be_visible()
    execution = server.ended(executions[1])
    assert execution["status"] == 1
    assert execution["jobs"][0]["result"]["form"] == {
        "account": "Food",
        "share": 0.5,
        "comment": "Enjoy",
    }
    page.get_by_text("Done", exact=True).click()
    expect(pane.get_by_label("Answer")).to_contain_text("Approve")
    expect(pane.get_by_label("Answer")).to_contain_text("Enjoy")


def test_what_is_missing_is_said_at_its_field(
    browse: Browse, server: Server, ada: Server, troubles: Any
) -> None:
    troubles.expect(400)
    _ = asking(server, ada, fields=FIELDS)
    _ = started(server, "a train")
    page = browse(ada)
    page.goto("/inbox")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("account is required")).to_be_visible()
    expect(page.get_by_role("combobox", name="Account")).to_have_attribute("aria-invalid", "true")


def test_a_draft_is_there_again(browse: Browse, server: Server, ada: Server) -> None:
    actions = [
        {"key": "yes", "label": {"en": "Pay", "fr": "Payer"}, "status": 1},
        {"key": "later", "label": {"en": "Keep", "fr": "Garder"}, "status": 0},
    ]
    _ = asking(server, ada, actions=actions)
    _ = started(server, "a train")
    page = browse(ada)
    page.goto("/inbox")
    page.get_by_role("textbox", name="Comment").fill("Which one?")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("status")).to_have_text("Saved as a draft.")
    page.reload()
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("Which one?")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_tasks_are_answered_by_the_keyboard_alone(
    browse: Browse, server: Server, ada: Server, language: str
) -> None:
    words = Words(language)
    _ = asking(server, ada)
    executions = [started(server, title) for title in ("a train", "a lunch")]
    page = browse(ada, language=language)
    page.goto("/settings")
    expect(page.get_by_role("link", name=re.compile(f"^{words('inbox')} 2"))).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page).to_have_url(re.compile("/inbox"))
    older = page.get_by_role("button", name=re.compile("^Pay a train"))
    expect(older).to_be_visible()
    tab_to(page, older)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Pay a train?")).to_be_focused()
    tab_to(page, page.get_by_role("textbox", name=words.of("Comment", "Commentaire")))
    page.keyboard.type("no")
    tab_to(page, page.get_by_role("button", name=words.of("Reject", "Refuser")))
    page.keyboard.press("Enter")

    assert server.ended(executions[0])["status"] == -5
    expect(page.get_by_role("heading", name="Pay a lunch?")).to_be_focused()
    tab_to(page, page.get_by_role("button", name=words.of("Approve", "Approuver")))
    page.keyboard.press("Enter")
    expect(page.get_by_text(words("inbox:noneOpen"))).to_be_visible()
    assert server.ended(executions[1])["status"] == 1


def tab_to(page: Page, target: Any, most: int = 60) -> None:
    """Press Tab until the control has the focus."""
    for _ in range(most):
        if target.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {target}")


def test_it_is_usable_on_a_phone(browse: Browse, server: Server, ada: Server) -> None:
    _ = asking(server, ada, fields=FIELDS)
    _ = [started(server, title) for title in ("a train", "a lunch")]
    page = browse(ada)
    page.set_viewport_size(NARROW)  # pyright: ignore[reportArgumentType]
    page.goto("/inbox")
    page.get_by_role("button", name=re.compile("^Pay a train")).click()
    expect(page.get_by_role("heading", name="Pay a train?")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Pay a lunch"))).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert_accessible(page)
    page.get_by_role("combobox", name="Account").click()
    page.get_by_role("option", name="Travel").click()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("button", name=re.compile("^Pay a lunch"))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Pay a train"))).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_with_tasks_and_without(
    browse: Browse, server: Server, ada: Server, theme: str
) -> None:
    _ = asking(server, ada, fields=FIELDS, deadline=3_600_000)
    page = browse(ada, theme=theme)
    page.goto("/inbox")
    expect(page.get_by_text("Nobody waits for you.")).to_be_visible()
    assert_accessible(page)
    _ = started(server, "a train")
    page.reload()
    expect(page.get_by_text("answer until")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("combobox", name="Account").click()
    page.get_by_role("option", name="Food").click()
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Nobody waits for you.")).to_be_visible()
    page.get_by_text("Done", exact=True).click()
    expect(page.get_by_role("region", name="Task").get_by_text("Rejected")).to_be_visible()
    assert_accessible(page)


def test_a_step_that_asks_is_drawn_with_its_form(page: Page, server: Server, ada: Server) -> None:
    values = {"title": "Approval", "type": "action", "config": {"collection": "expenses"}}
    made = server.api("workflows:create", values)
    page.goto(f"/workflows/{made['key']}")
    expect(page.get_by_test_id("node-trigger")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_placeholder("Find a step")).to_be_focused()
    page.keyboard.type("Ask people")
    page.keyboard.press("Enter")
    drawer = page.get_by_role("complementary")
    drawer.get_by_role("textbox", name="Title").first.fill("Ask Ada")
    drawer.get_by_role("combobox", name="Who is asked").fill("Ada")
    page.get_by_role("option", name="Ada", exact=True).click()
    page.keyboard.press("Escape")
    drawer.get_by_role("combobox", name="Who decides").click()
    page.get_by_role("option", name="All have to approve").click()
    drawer.get_by_role("button", name="Add a field").click()
    field = drawer.get_by_role("group", name="Fields")
    field.get_by_role("textbox", name="Name").fill("account")
    field.get_by_role("textbox", name="English").fill("Account")
    field.get_by_role("combobox", name="Type").click()
    page.get_by_role("option", name="Choice").click()
    field.get_by_role("combobox", name="Options").fill("Travel")
    page.keyboard.press("Enter")
    drawer.get_by_role("textbox", name="Deadline").fill("2")
    drawer.get_by_role("switch", name="End the workflow when it is rejected").click()
    assert_accessible(page)
    drawer.get_by_role("button", name="Save").click()

    expect(page.get_by_role("button", name=re.compile("^Ask Ada"))).to_be_visible()
    expect(page.get_by_text("Approved", exact=True)).to_be_visible()
    expect(page.get_by_text("Rejected", exact=True)).to_be_visible()
    [node] = server.api("flow_nodes:list", filter={"workflowId": made["id"]})
    config = node["config"]
    assert config["assignees"] == [ada.api("auth:check")["id"]]
    assert (config["mode"], config["deadline"], config["endOnReject"]) == (1, 172_800_000, False)
    [question] = config["fields"]
    assert (question["name"], question["label"]["en"]) == ("account", "Account")
    assert (question["type"], question["options"]) == ("select", ["Travel"])


def test_an_execution_says_who_is_asked_and_until_when(
    page: Page, server: Server, ada: Server
) -> None:
    bob = server.person("bob", "approver")
    _ = asking(server, ada, bob, mode=1, deadline=3_600_000)
    execution = started(server, "a train")
    page.goto(f"/executions/{execution}")
    page.get_by_role("button", name=re.compile("^Ask the lead")).first.click()
    drawer = page.get_by_role("complementary")
    expect(drawer).to_contain_text("Until")
    expect(drawer.get_by_text("Ada · has not answered")).to_be_visible()
    [task] = ada.api("workflowManualTasks:listMine")
    answer = {"result": {"form": {}, "_": "approve"}}
    _ = ada.api(f"workflowManualTasks:submit/{task['id']}", answer)
    page.reload()
    page.get_by_role("button", name=re.compile("^Ask the lead")).first.click()
    expect(drawer.get_by_text("Ada · approved")).to_be_visible()
    expect(drawer.get_by_text("Bob · has not answered")).to_be_visible()


def test_a_task_is_handed_on_also_where_its_user_is_gone(
    browse: Browse, page: Page, server: Server, ada: Server
) -> None:
    _ = asking(server, ada)
    execution = started(server, "a train")
    _ = server.api("roles:create", {"name": "idle", "strategy": {"actions": []}})
    eve = server.person("eve", "idle")
    _ = server.api(f"users:destroy/{ada.api('auth:check')['id']}", {})
    page.goto(f"/executions/{execution}")
    page.get_by_role("button", name=re.compile("^Ask the lead")).first.click()
    drawer = page.get_by_role("complementary")
    expect(drawer.get_by_text("No assignee left")).to_be_visible()
    assert_accessible(page)
    drawer.get_by_role("button", name="Ask somebody else").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("does not exist any more")
    dialog.get_by_role("combobox", name="User").fill("Eve")
    page.get_by_role("option", name="Eve").click()
    assert_accessible(page)
    dialog.get_by_role("button", name="Ask", exact=True).click()
    expect(drawer.get_by_text("Eve · has not answered")).to_be_visible()

    # Who may do nothing else lands where the tasks are.
    asked = browse(eve)
    asked.goto("/")
    expect(asked).to_have_url(re.compile("/inbox"))
    asked.get_by_role("button", name="Approve").click()
    assert server.ended(execution)["status"] == 1
