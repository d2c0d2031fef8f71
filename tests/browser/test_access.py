"""Users, roles, keys and the own settings, told once in each language."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Browse
from tests.browser.server import Server
from tests.browser.troubles import Troubles
from tests.browser.words import Words

LANGUAGES = pytest.mark.parametrize("language", ["en", "fr"])
PASSWORD = "correct horse battery"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


@LANGUAGES
def test_a_user_is_made_and_may_what_the_role_may(
    browse: Browse, server: Server, language: str
) -> None:
    words = Words(language)
    server.table("posts", {"name": "title", "type": "string"}, title="Posts")
    _ = server.api("posts:create", {"title": "Bread"})
    page = browse(language=language)

    # A role that sees everything, and changes its own posts.
    page.goto("/roles")
    press(page, words("access:newRole"))
    page.get_by_role("textbox", name=words("title")).fill("Reader")
    press(page, words("create"))
    expect(page.get_by_role("heading", name="Reader")).to_be_visible()
    own = page.get_by_role("button", name=re.compile(f"^Posts, {words('access:action.update')}"))
    own.click()
    expect(page.get_by_text(words("access:unsaved"))).to_be_visible()
    press(page, words("save"))
    expect(page.get_by_text(words("access:unsaved"))).to_have_count(0)

    # Somebody with that role.
    page.goto("/users")
    press(page, words("access:newUser"))
    drawer = page.get_by_role("complementary")
    drawer.get_by_role("textbox", name=words("email")).fill("rita@example.test")
    drawer.get_by_role("textbox", name=words("access:nickname")).fill("Rita")
    drawer.get_by_role("textbox", name=words("password")).fill(PASSWORD)
    drawer.get_by_role("combobox", name=words("roles")).press("ArrowDown")
    page.get_by_role("option", name="Reader").click()
    page.keyboard.press("Escape")
    press(page, words("create"))
    expect(page.get_by_role("row", name=re.compile("Rita"))).to_be_visible()

    # What she sees.
    rita = browse(server.signed_in("rita@example.test", PASSWORD), language=language)
    rita.goto("/data/posts")
    expect(rita.get_by_text("Bread")).to_be_visible()
    expect(rita.get_by_role("button", name=words("data:newRecord"))).to_have_count(0)
    expect(rita.get_by_role("link", name=words("workflows"))).to_have_count(0)


def test_a_role_without_the_permission_sees_no_button_and_is_refused(
    browse: Browse, server: Server
) -> None:
    server.table("posts", {"name": "title", "type": "string"})
    made = server.api("posts:create", {"title": "Bread"})
    button = {"collection": "posts", "label": {"en": "Publish", "fr": "Publier"}}
    button |= {"scope": "record", "style": "primary", "workflows": [], "roles": ["admin"]}
    button |= {"values": {"title": "Out"}}
    _ = server.api("buttons:create", button)
    _ = server.api("roles:create", {"name": "reader", "strategy": {"actions": ["view"]}})
    reader = server.person("rita", "reader")
    page = browse(reader)
    page.goto(f"/data/posts?record={made['id']}")
    expect(page.get_by_role("complementary").get_by_text("Bread").first).to_be_visible()

    expect(page.get_by_role("button", name="Publish")).to_have_count(0)
    response = reader.http.post(
        f"/api/posts:update/{made['id']}",
        json={"title": "Out"},
        headers={"Authorization": f"Bearer {reader.token}"},
    )
    assert response.status_code == 403
    assert server.api(f"posts:get/{made['id']}")["title"] == "Bread"


@LANGUAGES
def test_a_key_is_shown_once_works_and_is_revoked(
    browse: Browse, server: Server, language: str
) -> None:
    words = Words(language)
    page = browse(language=language)
    page.goto("/api-keys")
    press(page, words("access:newKey"))
    page.get_by_role("textbox", name=words("name")).fill("Import")
    press(page, words("create"))
    key = page.get_by_test_id("api-key").inner_text()
    authorized = {"Authorization": f"Bearer {key}"}
    assert server.http.get("/api/auth:check", headers=authorized).status_code == 200
    page.get_by_role("checkbox", name=words("access:stored")).check()
    press(page, words("close"))
    expect(page.get_by_text(key)).to_have_count(0)
    expect(page.get_by_text(key[:8])).to_be_visible()

    press(page, words("access:revokeOf", name="Import"))
    press(page, words("access:revoke"))
    expect(page.get_by_role("row", name=re.compile("Import"))).to_have_count(0)
    assert server.http.get("/api/auth:check", headers=authorized).status_code == 401


@LANGUAGES
def test_the_own_settings_are_changed(
    browse: Browse, server: Server, troubles: Troubles, language: str
) -> None:
    troubles.expect(400)  # the wrong password below
    words = Words(language)
    ada = server.person("ada", "admin")
    page = browse(ada, language=language)
    page.goto("/settings")
    page.get_by_role("textbox", name=words("settings:nickname")).fill("Ada Martin")
    press(page, words("save"))
    expect(page.get_by_role("navigation").get_by_text("Ada Martin")).to_be_visible()

    page.get_by_role("textbox", name=words("settings:oldPassword")).fill("not this one")
    page.get_by_role("textbox", name=words("settings:newPassword")).fill(PASSWORD)
    press(page, words("settings:changePassword"))
    expect(page.get_by_text(words("settings:wrongOld"))).to_be_visible()
    page.get_by_role("textbox", name=words("settings:oldPassword")).fill(ada.password)
    press(page, words("settings:changePassword"))
    expect(page.get_by_text(words("settings:passwordChanged"))).to_be_visible()
    assert server.signed_in(ada.email, PASSWORD).token

    page.get_by_text({"en": "Français", "fr": "English"}[language], exact=True).click()
    other = Words({"en": "fr", "fr": "en"}[language])
    expect(page.get_by_role("heading", name=other("settings"))).to_be_visible()
