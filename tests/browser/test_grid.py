"""The grid: what a table shows, and how it is changed in place."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Browse
from tests.browser.server import Server


def make_posts(server: Server) -> None:
    server.table(
        "posts",
        {"name": "title", "type": "string", "uiSchema": {"title": "Title"}},
        {"name": "words", "type": "integer", "uiSchema": {"title": "Words"}},
        {"name": "author", "type": "string", "uiSchema": {"title": "Author"}},
        {"name": "out", "type": "dateOnly", "uiSchema": {"title": "Out"}},
        titleField="title",
    )
    for title, words, out in (("Bread", 900, "2026-03-01"), ("Salt", 120, "2026-04-01")):
        values = {"title": title, "words": words, "author": "Ada", "out": out}
        _ = server.api("posts:create", values)


def cell(page: Page, row: str, column: int) -> Locator:
    return page.get_by_role("row", name=re.compile(row)).get_by_role("cell").nth(column)


def titles(page: Page) -> Locator:
    return page.locator("tbody tr td:nth-child(2)")


def choose(page: Page, column: str, item: str) -> None:
    page.get_by_role("columnheader", name=column).hover()
    page.get_by_role("button", name=f"Column “{column}”").click()
    page.get_by_role("menuitem", name=item).click()


def column_of(page: Page, title: str) -> int:
    """The place of the column, counted from 0."""
    expect(page.get_by_role("columnheader", name=title)).to_be_visible()
    heads = page.get_by_role("columnheader").all_inner_texts()
    return heads.index(title)


def test_tab_saves_a_cell_and_goes_on_to_the_next(page: Page, server: Server) -> None:
    make_posts(server)
    page.goto("/data/posts")
    cell(page, "Bread", column_of(page, "Words")).dblclick()
    page.get_by_role("textbox", name="Words").fill("901")
    page.keyboard.press("Tab")
    expect(page.get_by_role("textbox", name="Author")).to_be_focused()
    page.keyboard.type(" Martin")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("textbox", name="Words")).to_be_focused()
    page.keyboard.press("Escape")
    expect(cell(page, "Bread", column_of(page, "Words"))).to_be_focused()
    expect(cell(page, "Bread", column_of(page, "Author"))).to_have_text("Ada Martin")

    [bread] = server.api("posts:list", filter={"title": "Bread"})
    assert (bread["words"], bread["author"]) == (901, "Ada Martin")


def test_the_menu_of_a_column_sorts_hides_and_pins(page: Page, server: Server) -> None:
    make_posts(server)
    page.goto("/data/posts")
    choose(page, "Words", "Sort ascending")
    expect(titles(page)).to_have_text(["Salt", "Bread"])
    choose(page, "Words", "Sort descending")
    expect(titles(page)).to_have_text(["Bread", "Salt"])
    choose(page, "Author", "Hide")
    expect(page.get_by_role("columnheader", name="Author")).to_have_count(0)
    choose(page, "Words", "Pin to the left")
    expect(page.get_by_role("columnheader").nth(1)).to_have_text("Words")
    page.reload()
    expect(page.get_by_role("columnheader").nth(1)).to_have_text("Words")


def test_a_column_is_made_wider_by_mouse_and_by_keyboard(page: Page, server: Server) -> None:
    make_posts(server)
    page.goto("/data/posts")
    expect(page.locator("[data-cell]").first).to_be_visible()
    head = page.get_by_role("columnheader", name="Author")
    edge = page.get_by_role("button", name="Width of “Author”")
    before = head.bounding_box()
    box = edge.bounding_box()
    assert before
    assert box
    page.mouse.move(box["x"] + 3, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 83, box["y"] + 10)
    page.mouse.up()
    expect(head).to_have_css("width", f"{round(before['width'] + 80)}px")
    edge.press("ArrowLeft")
    expect(head).to_have_css("width", f"{round(before['width'] + 64)}px")


@pytest.mark.parametrize(
    ("language", "views", "save_as", "save", "default"),
    [
        ("en", "Views", "Save this view as", "Save", "Open the table with “Long ones”"),
        (
            "fr",
            "Vues",
            "Enregistrer cette vue sous",
            "Enregistrer",
            "Ouvrir la table avec «\u202fLong ones\u202f»",
        ),
    ],
)
def test_the_default_view_shows_when_the_table_is_opened(
    browse: Browse,
    server: Server,
    language: str,
    views: str,
    save_as: str,
    save: str,
    default: str,
) -> None:
    make_posts(server)
    page = browse(language=language)
    page.goto('/data/posts?sort=-words&filter={"$and":[{"words":{"$gt":500}}]}')
    expect(titles(page)).to_have_text(["Bread"])
    page.get_by_role("button", name=views).click()
    page.get_by_role("textbox", name=save_as).fill("Long ones")
    page.get_by_role("button", name=save, exact=True).click()
    page.get_by_role("button", name=default).click()
    expect(page.get_by_role("button", name=default)).to_have_attribute("aria-pressed", "true")

    page.goto("/data/posts")
    expect(titles(page)).to_have_text(["Bread"])
    page.get_by_role("button", name=re.compile(r"\(1\)")).click()
    page.get_by_role("button", name=re.compile("Remove|Retirer")).click()
    expect(titles(page)).to_have_count(2)


def test_every_menu_is_accessible_while_it_is_open(page: Page, server: Server) -> None:
    make_posts(server)
    view = {"collection": "posts", "name": "Long ones", "config": {"sort": "-words"}}
    _ = server.api("views:create", view)
    page.goto("/data/posts")
    page.get_by_role("columnheader", name="Words").hover()
    account = page.get_by_role("navigation").get_by_role("button").last
    for button, item in (
        (
            page.get_by_role("button", name="Column “Words”"),
            page.get_by_role("menuitem", name="Sort ascending"),
        ),
        (
            page.get_by_role("button", name="Fields"),
            page.get_by_role("menuitemcheckbox", name="Words"),
        ),
        (
            page.get_by_role("button", name="Views"),
            page.get_by_role("button", name="Long ones", exact=True),
        ),
        (
            page.get_by_role("button", name="More actions").first,
            page.get_by_role("menuitem", name="Duplicate"),
        ),
        (account, page.get_by_role("menuitem", name="Sign out")),
    ):
        button.click()
        expect(item).to_be_visible()
        assert_accessible(page)
        page.keyboard.press("Escape")
        expect(item).to_have_count(0)


def test_chosen_records_are_deleted_together(page: Page, server: Server) -> None:
    make_posts(server)
    page.goto("/data/posts")
    page.get_by_role("checkbox", name="Select all of this page").check()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No records yet.")).to_be_visible()
    assert server.api("posts:list") == []


def condition(page: Page, field: str, operator: str) -> None:
    page.get_by_role("combobox", name="Field").click()
    page.get_by_role("option", name=field, exact=True).click()
    page.get_by_role("combobox", name="Operator").click()
    page.get_by_role("option", name=operator, exact=True).click()


def test_a_filter_offers_what_the_type_of_the_field_can_be_asked(
    page: Page, server: Server
) -> None:
    make_posts(server)
    page.goto("/data/posts")
    expect(titles(page)).to_have_count(2)
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_role("button", name="Add a condition").click()
    condition(page, "Words", "is greater than")
    page.get_by_role("textbox", name="Value").fill("500")
    expect(titles(page)).to_have_text(["Bread"])

    # A date is asked for as one, and nothing is compared with it as if it were a number.
    condition(page, "Out", "is after")
    page.get_by_label("Value").fill("2026-03-15")
    expect(titles(page)).to_have_text(["Salt"])
    page.get_by_role("combobox", name="Operator").click()
    expect(page.get_by_role("option", name="contains")).to_have_count(0)
    page.get_by_role("option", name="is empty").click()
    expect(page.get_by_label("Value")).to_have_count(0)
    expect(page.get_by_text("Nothing found")).to_be_visible()


def test_a_cell_that_somebody_else_changed_is_not_overwritten(page: Page, server: Server) -> None:
    server.table("posts", {"name": "title", "type": "string"}, {"name": "words", "type": "integer"})
    post = server.api("posts:create", {"title": "Bread", "words": 1})["id"]
    page.goto("/data/posts")
    cell = page.locator(f'[data-cell="{post} words"]')
    expect(cell).to_have_text("1")
    _ = server.api(f"posts:update/{post}", {"words": 2})
    cell.dblclick()
    page.get_by_role("textbox", name="words").fill("3")
    page.keyboard.press("Enter")

    expect(cell).to_have_attribute("data-bad", "true")
    expect(cell).to_have_attribute("title", re.compile("Somebody else has changed this record"))
    assert server.api(f"posts:get/{post}")["words"] == 2


def test_times_are_shown_and_filled_in_in_the_chosen_zone(page: Page, server: Server) -> None:
    server.table("posts", {"name": "title", "type": "string"}, {"name": "printed", "type": "date"})
    post = server.api("posts:create", {"title": "Bread", "printed": "2026-07-01T22:30:00Z"})["id"]
    page.goto("/settings")
    page.get_by_role("combobox", name="Time zone").fill("Tokyo")
    page.get_by_role("option", name="Asia/Tokyo").click()
    page.goto("/data/posts")
    cell = page.locator(f'[data-cell="{post} printed"]')
    expect(cell).to_have_text(re.compile("2 Jul|Jul 2"))
    cell.dblclick()
    field = page.locator('input[type="datetime-local"]')
    expect(field).to_have_value("2026-07-02T07:30")
    field.fill("2026-07-02T08:00")
    page.keyboard.press("Enter")

    expect(cell).not_to_have_attribute("data-bad", "true")
    expect(page.locator('input[type="datetime-local"]')).to_have_count(0)
    until(lambda: server.api(f"posts:get/{post}")["printed"] == "2026-07-01T23:00:00.000Z")


def until(holds: Callable[[], bool]) -> None:
    """Wait for what the page has sent without showing it."""
    for _ in range(200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it does not come about")
