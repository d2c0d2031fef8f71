"""Buttons: where they stand, when, what they ask, and what became of each workflow."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Browse
from tests.browser.server import Server
from tests.browser.troubles import Troubles
from tests.browser.words import Words


@pytest.fixture
def posts(server: Server) -> Server:
    """Posts, of which the second is long, and a workflow for each way it can end."""
    server.table("categories", {"name": "title", "type": "string"}, titleField="title")
    server.table(
        "posts",
        {"name": "title", "type": "string"},
        {"name": "words", "type": "integer"},
        {"name": "status", "type": "string"},
        {"name": "category", "type": "belongsTo", "target": "categories"},
        titleField="title",
    )
    _ = server.api(
        "posts:create", [{"title": "Bread", "words": 10}, {"title": "Salt", "words": 900}]
    )
    workflow(server, "does")
    workflow(
        server,
        "refuses",
        ("response-message", {"message": "Too short."}),
        ("end", {"endStatus": -1}),
    )
    workflow(server, "is-off", enabled=False)
    workflow(server, "of-category", table="categories")
    return server


def workflow(
    server: Server,
    key: str,
    *nodes: tuple[str, dict[str, Any]],
    table: str = "posts",
    enabled: bool = True,
) -> None:
    config = {"collection": table}
    values = {"key": key, "title": key.title(), "type": "action", "sync": bool(nodes)}
    made = server.api("workflows:create", {**values, "config": config})
    upstream = None
    for type_, node in nodes:
        place = {"type": type_, "config": node, "upstreamId": upstream}
        upstream = server.api(f"workflows/{made['id']}/nodes:create", place)["id"]
    if enabled:
        _ = server.api(f"workflows:update/{made['id']}", {"enabled": True})


def button(server: Server, label: str, *keys: str, scope: str = "record", **others: Any) -> None:
    started = [dict(zip(("key", "path"), (*key.split("!"), ""), strict=False)) for key in keys]
    values = {"collection": "posts", "label": {"en": label, "fr": label}, "style": "default"}
    _ = server.api("buttons:create", {**values, "scope": scope, "workflows": started, **others})


def row(page: Page, title: str) -> Any:
    return page.get_by_role("row", name=re.compile(title))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_press_says_what_became_of_each_workflow(
    browse: Browse, posts: Server, language: str
) -> None:
    words = Words(language)
    button(posts, "Go", "does", "is-off", "of-category!category")
    page = browse(language=language)
    page.goto("/data/posts")
    row(page, "Bread").get_by_role("button", name=words("more")).click()
    page.get_by_role("menuitem", name="Go").click()
    told = page.get_by_role("status")

    expect(told.get_by_text(words("executions:state.succeeded"))).to_be_visible()
    expect(told.get_by_text(words("data:reason.disabled"))).to_be_visible()
    expect(told.get_by_text(words("data:reason.no_related_record"))).to_be_visible()
    assert [each["key"] for each in posts.api("executions:list")] == ["does"]


def test_a_refusal_is_shown_with_its_reason(page: Page, posts: Server, troubles: Troubles) -> None:
    troubles.expect(400)
    button(posts, "Check", "refuses")
    page.goto("/data/posts")
    row(page, "Bread").get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Check").click()

    expect(page.get_by_text("Failed, the record is saved")).to_be_visible()
    expect(page.get_by_text("Too short.")).to_be_visible()


def test_a_button_stands_where_its_condition_holds(page: Page, posts: Server) -> None:
    button(posts, "Shorten", "does", visibleWhen={"words": {"$gt": 100}})
    page.goto("/data/posts")
    row(page, "Bread").get_by_role("button", name="More actions").click()
    expect(page.get_by_role("menuitem", name="Open")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Shorten")).to_have_count(0)
    page.keyboard.press("Escape")
    row(page, "Salt").get_by_role("button", name="More actions").click()

    expect(page.get_by_role("menuitem", name="Shorten")).to_be_visible()


def test_a_button_asks_before_it_acts(page: Page, posts: Server) -> None:
    confirm = {"en": "Publish it for good?", "fr": "La publier pour de bon ?"}
    button(posts, "Publish", "does", confirm=confirm, values={"status": "out"})
    page.goto("/data/posts")
    row(page, "Bread").get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Publish").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Publish it for good?")).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    assert posts.api("executions:list") == []

    row(page, "Bread").get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Publish").click()
    dialog.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status").get_by_text("Succeeded")).to_be_visible()
    assert posts.api("posts:list", filter={"title": "Bread"})[0]["status"] == "out"
    assert posts.api("posts:list", filter={"title": "Salt"})[0]["status"] is None


def test_a_button_for_the_selection_is_for_what_is_selected(page: Page, posts: Server) -> None:
    button(posts, "Archive", "does", scope="selection", values={"status": "old"})
    page.goto("/data/posts")
    row(page, "Salt").get_by_role("checkbox").check()
    page.get_by_role("button", name="Archive").click()

    expect(page.get_by_role("status").get_by_role("link")).to_have_count(1)
    assert [each["status"] for each in posts.api("posts:list", sort="id")] == [None, "old"]


def test_a_button_above_the_table_says_how_many_records_it_is_for(
    page: Page, posts: Server
) -> None:
    button(posts, "Mark all", "does", scope="table")
    page.goto("/data/posts")
    page.get_by_role("button", name="Mark all").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("all 2 records")).to_be_visible()
    dialog.get_by_role("button", name="Mark all").click()

    expect(page.get_by_role("status").get_by_role("link")).to_have_count(2)
    assert [each["key"] for each in posts.api("executions:list")] == ["does", "does"]


def test_a_button_of_the_form_creates_and_starts(page: Page, posts: Server) -> None:
    button(posts, "Publish", "does", scope="form")
    page.goto("/data/posts?record=new")
    form = page.get_by_role("complementary")
    form.get_by_role("textbox", name="title").fill("Oil")
    form.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Create and: Publish").click()

    expect(form.get_by_role("status").get_by_role("link")).to_have_count(1)
    [made] = posts.api("posts:list", filter={"title": "Oil"})
    [started] = posts.api("executions:list")
    assert (started["key"], started["recordKey"]) == ("does", str(made["id"]))
