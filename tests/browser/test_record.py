"""One record: its page, what became of it, and two people who change it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Browse
from tests.browser.server import Server
from tests.browser.troubles import Troubles


def make_post(server: Server) -> int:
    server.table(
        "posts",
        {"name": "title", "type": "string", "uiSchema": {"title": "Title"}},
        {"name": "author", "type": "string", "uiSchema": {"title": "Author"}},
        titleField="title",
    )
    made: int = server.api("posts:create", {"title": "Bread", "author": "Ada"})["id"]
    return made


def test_a_record_opens_on_a_page_of_its_own(page: Page, server: Server) -> None:
    post = make_post(server)
    page.goto(f"/data/posts?record={post}")
    page.get_by_role("link", name="Open on a page of its own").click()
    expect(page).to_have_url(re.compile(f"/data/posts/{post}"))
    expect(page.get_by_role("heading", level=1, name="Bread")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Title")).click()
    page.get_by_role("textbox", name="Title").fill("Salt")
    page.keyboard.press("Tab")
    expect(page.get_by_role("heading", level=1, name="Salt")).to_be_visible()


def test_two_fields_are_changed_one_after_the_other(page: Page, server: Server) -> None:
    post = make_post(server)
    page.goto(f"/data/posts/{post}")
    page.get_by_role("button", name=re.compile("^Title")).click()
    page.get_by_role("textbox", name="Title").fill("Salt")
    page.get_by_role("button", name=re.compile("^Author")).click()
    page.get_by_role("textbox", name="Author").fill("Noor")
    page.get_by_role("heading", level=1).click()
    expect(page.get_by_role("button", name="Author: Noor")).to_be_visible()

    found = server.api(f"posts:get/{post}")
    assert (found["title"], found["author"]) == ("Salt", "Noor")


@pytest.mark.parametrize(
    ("language", "message", "reload"),
    [
        ("en", "Your change is not saved.", "Reload"),
        ("fr", "La modification n’est pas enregistrée.", "Recharger"),
    ],
)
def test_what_somebody_else_saved_is_shown_and_not_overwritten(
    browse: Browse, server: Server, troubles: Troubles, language: str, message: str, reload: str
) -> None:
    troubles.expect(412)
    post = make_post(server)
    page = browse(language=language)
    page.goto(f"/data/posts?record={post}")
    page.get_by_role("button", name=re.compile("^Title: ")).click()
    page.get_by_role("textbox", name="Title").fill("Mine")
    _ = server.api(f"posts:update/{post}", {"title": "Theirs"})
    page.keyboard.press("Tab")
    alert = page.get_by_role("alert").filter(has_text=message)
    expect(alert).to_contain_text("Theirs")
    assert server.api(f"posts:get/{post}")["title"] == "Theirs"

    alert.get_by_role("button", name=reload).click()
    expect(page.get_by_role("heading", level=2, name="Theirs")).to_be_visible()
    expect(alert).to_have_count(0)


def test_the_activity_tells_who_changed_what_and_what_was_started(
    page: Page, server: Server
) -> None:
    post = make_post(server)
    workflow = {"title": "Tell", "type": "action", "config": {"collection": "posts"}}
    made = server.api("workflows:create", workflow | {"enabled": True})
    _ = server.api(f"posts:update/{post}", {"author": "Noor"})
    page.goto(f"/data/posts/{post}")
    activity = page.get_by_role("region", name="Activity")
    expect(activity.get_by_role("listitem").first).to_contain_text(
        re.compile("made a change.*Author.*Ada.*Noor", re.DOTALL)
    )
    expect(activity.get_by_role("listitem").last).to_contain_text("created the record")

    # It is there without a reload, and so is how it ends.
    _ = server.api(f"posts:update/{post}", {"author": "Noor"}, triggerWorkflows=made["key"])
    started = activity.get_by_role("listitem").filter(has=page.get_by_role("link", name="Tell"))
    expect(started).to_contain_text("Succeeded")


def test_what_a_button_started_is_followed_until_it_ends(page: Page, server: Server) -> None:
    post = make_post(server)
    workflow = {"title": "Tell", "type": "action", "config": {"collection": "posts"}}
    made = server.api("workflows:create", workflow | {"enabled": True})
    delay = {"type": "delay", "title": "Wait", "config": {"duration": 2, "unit": 1000}}
    _ = server.api(f"workflows/{made['id']}/nodes:create", delay)
    button = {"collection": "posts", "label": {"en": "Tell", "fr": "Dire"}, "scope": "record"}
    button |= {"style": "default", "workflows": [{"key": made["key"], "path": ""}]}
    _ = server.api("buttons:create", button)
    page.goto(f"/data/posts/{post}")
    page.get_by_role("button", name="Tell").click()
    outcome = page.get_by_role("status").filter(has_text=made["key"])
    expect(outcome).to_contain_text("Running")
    expect(outcome).to_contain_text("Succeeded", timeout=15_000)


def test_a_linked_record_is_made_from_the_one_it_belongs_to(page: Page, server: Server) -> None:
    server.table("categories", {"name": "title", "type": "string"}, titleField="title")
    server.table(
        "posts",
        {"name": "title", "type": "string"},
        {"name": "category", "type": "belongsTo", "target": "categories"},
        titleField="title",
    )
    inverse = {"name": "posts", "type": "hasMany", "target": "posts", "foreignKey": "categoryId"}
    _ = server.api("collections/categories/fields:create", inverse)
    food = server.api("categories:create", {"title": "Food"})["id"]
    page.goto(f"/data/categories/{food}")
    page.get_by_role("button", name="New record").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("combobox", name="category")).to_have_count(0)
    dialog.get_by_role("textbox", name="title").fill("Bread")
    dialog.get_by_role("button", name="Create").click()
    page.get_by_role("link", name="Bread").click()

    expect(page).to_have_url(re.compile(r"/data/posts/\d+"))
    [post] = server.api("posts:list")
    assert post["categoryId"] == food
    page.get_by_role("link", name="Open Food").click()
    expect(page).to_have_url(re.compile(f"/data/categories/{food}"))
