"""From an empty server to a finished execution by mouse, and the same call by hand."""

import json
import re
import subprocess
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Browse
from tests.browser.server import Server
from tests.browser.troubles import Troubles
from tests.browser.words import Words

SCREENS = ("/tables", "/workflows", "/executions", "/users", "/roles", "/api-keys", "/settings")


class Story:
    """What a newcomer does, told in the words of the page."""

    def __init__(self, page: Page, words: Words) -> None:
        self.page = page
        self.words = words

    def go(self, key: str) -> None:
        sidebar = self.page.get_by_role("navigation")
        sidebar.get_by_role("link", name=self.words(key), exact=True).click()

    def press(self, key: str) -> None:
        self.page.get_by_role("button", name=self.words(key), exact=True).first.click()

    def fill(self, key: str, text: str) -> None:
        self.page.get_by_role("textbox", name=self.words(key)).last.fill(text)

    def choose(self, label: str, option: str) -> None:
        self.page.get_by_role("combobox", name=label).last.click()
        self.page.get_by_role("option", name=option, exact=True).click()

    def make_table(self, title: str) -> None:
        self.go("tables")
        self.press("tables:new")
        self.fill("title", title)
        self.press("tables:create")
        expect(self.page).to_have_url(re.compile(rf"/tables/{title.lower()}"))

    def add_field(self, kind: str, title: str, target: str | None = None) -> None:
        self.press("tables:addField")
        self.page.get_by_role("button", name=re.compile(f"^{kind} ")).first.click()
        self.fill("title", title)
        if target is not None:
            self.choose("Table", target)
        self.press("add")

    def apply(self) -> None:
        self.press("tables:review")
        self.press("tables:apply")
        expect(self.page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_newcomer_makes_tables_a_workflow_and_a_button_and_watches_it_run(  # noqa: PLR0915 - one story
    browse: Browse, server: Server, language: str
) -> None:
    words = Words(language)
    page = browse(language=language)
    story = Story(page, words)

    # Two tables, the second with three fields, one of which leads to the first.
    page.goto("/")
    story.make_table("Teams")
    story.add_field(words.of("Text", "Texte"), "Label")
    story.apply()
    story.make_table("Expenses")
    story.add_field(words.of("Text", "Texte"), "Subject")
    story.add_field(words.of("Whole number", "Nombre entier"), "Amount")
    story.add_field(words.of("Belongs to", "Appartient à"), "Team", target="Teams")
    story.apply()
    assert {"subject", "amount", "team"} <= {
        each["name"] for each in server.api("collections/expenses/fields:list")
    }

    # A workflow that sets the amount of what started it.
    story.go("workflows")
    story.press("workflows:new")
    story.fill("title", "Round it")
    story.choose("Collection", "Expenses")
    story.press("create")
    story.press("insertStep")
    page.get_by_placeholder(words("workflows:findStep")).fill("update")
    page.keyboard.press("Enter")
    story.choose("Collection", "Expenses")
    story.press("form:addCondition")
    story.choose(words("form:field"), "id")
    story.fill("form:value", "{{$context.data.id}}")
    story.press("form:addValue")
    story.choose(words("form:field"), "Amount")
    story.fill("form:value", "100")
    story.press("save")
    expect(page.get_by_text("amount = 100")).to_be_visible()
    story.press("workflows:publish")
    expect(page.get_by_role("button", name=words("workflows:published"))).to_be_visible()
    page.get_by_test_id("workflow-title").hover()
    key = page.get_by_test_id("workflow-key").inner_text()

    # A button that starts it.
    page.goto("/tables/expenses?tab=buttons")
    story.press("tables:newButton")
    story.fill("tables:label.en", "Round")
    story.fill("tables:label.fr", "Arrondir")
    story.press("tables:addWorkflow")
    story.choose(words("tables:workflow"), "Round it")
    expect(page.get_by_text(f"triggerWorkflows={key}")).to_be_visible()
    story.press("save")
    expect(page.get_by_role("complementary")).to_have_count(0)

    # A record, the press, and the execution.
    page.get_by_role("navigation").get_by_role("link", name="Expenses").click()
    story.press("data:newRecord")
    form = page.get_by_role("complementary")
    form.get_by_role("textbox", name="Subject").fill("Team offsite")
    form.get_by_role("textbox", name="Amount").fill("97")
    story.press("create")
    expect(page).to_have_url(re.compile(r"/data/expenses.*\d{9}"))
    page.get_by_role("button", name=words.of("Round", "Arrondir"), exact=True).last.click()
    page.get_by_role("link", name=re.compile(words("data:execution", id=r"\d+"))).click()
    expect(page).to_have_url(re.compile(r"/executions/\d+"))
    expect(page.get_by_text(words("executions:state.succeeded")).first).to_be_visible()
    [first] = server.api("executions:list", filter={"key": key})
    assert server.ended(first["id"])["status"] == 1
    [record] = server.api("expenses:list")
    assert (record["subject"], record["amount"]) == ("Team offsite", 100)

    # A key, and the same by curl, watched while it happens.
    page.goto("/api-keys")
    story.press("access:newKey")
    story.fill("name", "curl")
    story.press("create")
    token = page.get_by_test_id("api-key").inner_text()
    page.goto("/executions")
    expect(page.get_by_role("row", name=re.compile("Round it"))).to_have_count(1)
    answer = curl(
        f"{server.url}/api/expenses:create?triggerWorkflows={key}", token, '{"amount": 3}'
    )
    assert answer["meta"]["workflows"][0]["state"] == "queued"
    expect(page.get_by_role("row", name=re.compile("Round it"))).to_have_count(2)
    expect(page.get_by_role("cell", name=words("executions:state.succeeded"))).to_have_count(2)


def curl(url: str, token: str, body: str) -> Any:
    """A call as the manual page has it."""
    command = ["curl", "-s", "-X", "POST", "-H", f"Authorization: Bearer {token}", "-d", body, url]
    done = subprocess.run(command, capture_output=True, check=True, timeout=30)
    return json.loads(done.stdout)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_sample_is_made_and_works(browse: Browse, server: Server, language: str) -> None:
    words = Words(language)
    page = browse(language=language)
    page.goto("/tables")
    page.get_by_role("button", name=words("tables:sample")).click()
    expect(page).to_have_url(re.compile("/data/orders"))
    page.get_by_role("button", name="A-1003").click()
    page.get_by_role("button", name=words.of("Submit", "Soumettre"), exact=True).click()

    expect(
        page.get_by_role("status").get_by_text(words("executions:state.succeeded"))
    ).to_be_visible()
    [order] = server.api("orders:list", filter={"number": "A-1003"}, appends="customer")
    assert (order["state"], order["customer"]["name"]) == ("approved", "Noor Haddad")
    expect(
        page.get_by_role("complementary").get_by_text(words("tables:sample.approved"))
    ).to_be_visible()


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
    expect(page.get_by_role("button", name="Run again")).to_be_visible()
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
