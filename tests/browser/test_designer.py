"""Tables are designed by mouse: fields of every type, what becomes of them, and their deletion."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Browse
from tests.browser.server import Server
from tests.browser.troubles import Troubles

BASIC = {
    "Text One line": "string",
    "Long text": "text",
    "Number With": "double",
    "Whole number": "integer",
    "Decimal": "decimal",
    "Checkbox": "boolean",
    "Date and time The same": "date",
    "Date A day": "dateOnly",
    "Time A time": "time",
    "Select One": "string",
    "Multi-select": "set",
}
"""What the menu calls a basic kind of field, and the type that it makes."""


def drawer(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Field")


def begin(page: Page, kind: str, title: str) -> Locator:
    page.get_by_role("button", name="Add field").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile(f"^{kind}")).first.click()
    drawer(page).get_by_role("textbox", name="Title").fill(title)
    return drawer(page)


def add(page: Page) -> None:
    drawer(page).get_by_role("button", name="Add", exact=True).click()


def apply(page: Page) -> None:
    page.get_by_role("button", name="Review and apply").click()
    page.get_by_role("dialog").get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def fields(server: Server, table: str) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in server.api(f"collections/{table}/fields:list")}


def test_a_field_of_every_basic_type_is_made_by_mouse(page: Page, server: Server) -> None:
    server.table("things")
    page.goto("/tables/things")
    for number, kind in enumerate(BASIC):
        _ = begin(page, kind, f"Field {number}")
        add(page)
    expect(page.get_by_text("11 changes wait")).to_be_visible()
    apply(page)

    made = fields(server, "things")
    assert [made[f"field{n}"]["type"] for n in range(len(BASIC))] == list(BASIC.values())
    assert made["field0"]["interface"] == "input"
    assert made["field9"]["interface"] == "select"


def test_the_options_of_a_field_are_those_of_its_type(page: Page, server: Server) -> None:
    server.table("shops", title="Shops")
    server.table("things")
    page.goto("/tables/things")

    form = begin(page, "Decimal", "Price")
    form.get_by_role("textbox", name="Digits").fill("12")
    form.get_by_role("textbox", name="Decimal places").fill("3")
    form.get_by_role("textbox", name="Default").fill("1.5")
    form.get_by_role("textbox", name="Description").fill("Without tax")
    add(page)

    form = begin(page, "Select One", "State")
    for value, label in (("open", "Still open"), ("done", "")):
        form.get_by_role("button", name="Add a choice").click()
        form.get_by_role("textbox", name="Stored value").last.fill(value)
        form.get_by_role("textbox", name="What people read").last.fill(label)
    form.get_by_role("combobox", name="Default").click()
    page.get_by_role("option", name="Still open").click()
    add(page)

    form = begin(page, "Belongs to", "Shop")
    expect(form.get_by_role("button", name="Add", exact=True)).to_be_disabled()
    form.get_by_role("combobox", name="Table").click()
    page.get_by_role("option", name="Shops").click()
    form.get_by_role("combobox", name="When the record").click()
    page.get_by_role("option", name="Delete them too").click()
    assert_accessible(page)
    add(page)
    apply(page)

    made = fields(server, "things")
    price, state, shop = made["price"], made["state"], made["shop"]
    assert (price["precision"], price["scale"], price["defaultValue"]) == (12, 3, "1.5")
    assert price["description"] == "Without tax"
    assert state["uiSchema"]["enum"] == [
        {"value": "open", "label": "Still open"},
        {"value": "done", "label": "done"},
    ]
    assert state["defaultValue"] == "open"
    assert (shop["target"], shop["onDelete"]) == ("shops", "CASCADE")

    # What the column depends on stays; what can change changes, and can be taken back.
    page.get_by_role("button", name="Price").click()
    form = drawer(page)
    expect(form.get_by_role("textbox", name="Digits")).to_be_disabled()
    form.get_by_role("textbox", name="Default").fill("")
    form.get_by_role("switch", name="Required").check()
    form.get_by_role("button", name="Change").click()
    page.get_by_role("button", name="Review and apply").click()
    expect(page.get_by_text("Change the field price: Default and Required.")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    price = fields(server, "things")["price"]
    assert price["allowNull"] is False
    assert "defaultValue" not in price


def test_an_error_stands_at_the_change_that_it_is_about(
    page: Page, server: Server, troubles: Troubles
) -> None:
    troubles.expect(400)
    server.table("things")
    _ = server.api("things:create", {})
    page.goto("/tables/things")
    _ = begin(page, "Text One line", "Note")
    add(page)
    begin(page, "Whole number", "Amount").get_by_role("switch", name="Required").check()
    add(page)
    _ = begin(page, "Checkbox", "Paid")
    add(page)
    page.get_by_role("button", name="Review and apply").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Apply", exact=True).click()

    rows = dialog.get_by_role("listitem")
    expect(dialog.get_by_text("1 of 3 done")).to_be_visible()
    expect(rows.nth(0).get_by_role("img", name="Done")).to_be_visible()
    expect(rows.nth(1).get_by_role("img", name="Failed")).to_be_visible()
    expect(rows.nth(1).get_by_role("alert")).to_be_visible()
    expect(rows.nth(2).get_by_role("img", name="To do")).to_be_visible()
    assert_accessible(page)

    dialog.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("2 changes wait")).to_be_visible()
    assert {"note"} == {"note", "amount", "paid"} & fields(server, "things").keys()


def test_a_conflict_reads_the_table_again_and_keeps_what_still_applies(
    page: Page, server: Server, troubles: Troubles
) -> None:
    troubles.expect(412)
    server.table("things", {"name": "old", "type": "string", "uiSchema": {"title": "Old"}})
    page.goto("/tables/things")
    _ = begin(page, "Text One line", "Note")
    add(page)
    page.get_by_role("button", name="Old", exact=True).click()
    drawer(page).get_by_role("switch", name="Unique").check()
    drawer(page).get_by_role("button", name="Change").click()
    _ = begin(page, "Text One line", "Extra")
    add(page)
    _ = server.api("collections/things/fields:create", {"name": "extra", "type": "string"})
    change = {"uiSchema": {"title": "Older"}}
    _ = server.api("collections/things/fields:update/old", change)

    page.get_by_role("button", name="Review and apply").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Apply", exact=True).click()
    expect(dialog.get_by_text("Somebody else changed this table")).to_be_visible()
    dialog.get_by_role("button", name="Reload").click()
    expect(dialog.get_by_text("1 change no longer applies: extra.")).to_be_visible()
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    dialog.get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)

    old = fields(server, "things")["old"]
    assert old["unique"] is True
    assert old["uiSchema"]["title"] == "Older"
    assert "note" in fields(server, "things")


def test_dropping_a_field_asks_for_the_name_of_the_table(page: Page, server: Server) -> None:
    server.table("things", {"name": "note", "type": "string", "uiSchema": {"title": "Note"}})
    _ = server.api("things:create", {"note": "kept"})
    page.goto("/tables/things")
    page.get_by_role("button", name="Note").click()
    drawer(page).get_by_role("button", name="Drop field").click()
    _ = begin(page, "Text One line", "After")
    add(page)
    page.get_by_role("button", name="Review and apply").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("1 value will be lost")).to_be_visible()
    button = dialog.get_by_role("button", name="Apply", exact=True)
    expect(button).to_be_disabled()
    dialog.get_by_role("textbox", name="Type things to confirm").fill("things")
    button.click()
    expect(page.get_by_role("dialog")).to_have_count(0)

    assert "note" not in fields(server, "things")
    assert "after" in fields(server, "things")


def test_the_designer_speaks_french(browse: Browse, server: Server) -> None:
    server.table("choses", title="Choses")
    page = browse(language="fr", theme="dark")
    page.goto("/tables/choses")
    page.get_by_role("button", name="Ajouter un champ").click()
    page.get_by_role("button", name="Nombre décimal Exact").click()
    form = page.get_by_role("complementary", name="Champ")
    form.get_by_role("textbox", name="Titre").fill("Prix")
    form.get_by_role("textbox", name="Décimales").fill("3")
    assert_accessible(page)
    form.get_by_role("button", name="Ajouter", exact=True).click()
    page.get_by_role("button", name="Vérifier et appliquer").click()
    expect(page.get_by_text("Ajouter le champ prix (Nombre décimal).")).to_be_visible()
    page.get_by_role("button", name="Appliquer", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)

    assert fields(server, "choses")["prix"]["scale"] == 3


def test_a_table_is_deleted_by_typing_its_name(page: Page, server: Server) -> None:
    server.table("things", title="Things")
    for _ in range(2):
        _ = server.api("things:create", {})
    page.goto("/tables/things?tab=settings")
    page.get_by_role("button", name="Delete the table").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("2 records are lost with the table")).to_be_visible()
    button = dialog.get_by_role("button", name="Delete", exact=True)
    name = dialog.get_by_role("textbox", name="Type things to confirm")
    name.fill("thing")
    expect(button).to_be_disabled()
    name.fill("things")
    assert_accessible(page)
    button.click()
    expect(page).to_have_url(re.compile(r"/tables$"))
    expect(page.get_by_role("link", name="Things")).to_have_count(0)

    assert server.api("collections:get/things") is None


def test_the_settings_of_a_table_are_saved(page: Page, server: Server) -> None:
    server.table(
        "things",
        {"name": "code", "type": "string", "uiSchema": {"title": "Code"}},
        title="Things",
    )
    page.goto("/tables/things?tab=settings")
    page.get_by_role("textbox", name="Title").fill("Objects")
    page.get_by_role("textbox", name="Description").fill("All that we own")
    page.get_by_role("combobox", name="Title field").click()
    page.get_by_role("option", name="Code").click()
    page.get_by_role("switch", name="Keep what changed").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Objects")

    found = server.api("collections:get/things")
    assert (found["title"], found["description"]) == ("Objects", "All that we own")
    assert (found["titleField"], found["logging"], found["hidden"]) == ("code", False, False)


def test_tables_that_only_link_others_are_shown_when_asked_for(page: Page, server: Server) -> None:
    server.table("tags", title="Tags")
    tags = {"name": "tags", "type": "belongsToMany", "target": "tags", "through": "pairs"}
    server.table("things", tags, title="Things")
    _ = server.api("things:create", {"tags": [{}, {}]})
    page.goto("/tables")
    rows = page.get_by_role("row")
    expect(rows).to_have_count(3)
    expect(page.get_by_role("row", name="Things").get_by_role("cell").nth(2)).to_have_text("1")
    expect(page.get_by_role("navigation").get_by_text("Things")).to_be_visible()
    expect(page.get_by_role("navigation").get_by_text("pairs")).to_have_count(0)
    page.get_by_role("switch", name="Show hidden tables").check()
    expect(page.get_by_role("row", name="pairs Links").get_by_role("cell").nth(2)).to_have_text("2")
    assert_accessible(page)


def test_a_button_has_an_icon_and_reaches_records_two_steps_away(
    page: Page, server: Server
) -> None:
    server.table("sections", title="Sections")
    section = {"name": "section", "type": "belongsTo", "target": "sections"}
    server.table("categories", {**section, "uiSchema": {"title": "Section"}})
    category = {"name": "category", "type": "belongsTo", "target": "categories"}
    server.table("posts", {**category, "uiSchema": {"title": "Category"}})
    workflow = {"type": "action", "key": "tell", "title": "Tell", "enabled": True}
    _ = server.api("workflows:create", {**workflow, "config": {"collection": "sections"}})

    page.goto("/tables/posts?tab=buttons")
    page.get_by_role("button", name="New button").click()
    page.get_by_role("textbox", name="Label in English").fill("Tell them")
    page.get_by_role("textbox", name="Label in French").fill("Prévenir")
    page.get_by_role("button", name="Letter").click()
    expect(page.get_by_role("group", name="How it looks").get_by_text("Tell them")).to_have_count(2)
    page.get_by_role("button", name="Add a workflow").click()
    page.get_by_role("combobox", name="On which record").click()
    page.get_by_role("option", name="Category › Section").click()
    page.get_by_role("combobox", name="Workflow").click()
    page.get_by_role("option", name="Tell", exact=True).click()
    expect(page.get_by_text("triggerWorkflows=tell!category.section").last).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Tell them")).to_be_visible()

    [button] = server.api("buttons:list", collection="posts")
    assert button["icon"] == "mail"
    assert button["workflows"] == [{"key": "tell", "path": "category.section"}]
