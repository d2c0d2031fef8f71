"""Signing in and out, as the page has it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Browse
from tests.browser.server import EmptyServer, Server
from tests.browser.troubles import Troubles


def sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_role("textbox", name="E-mail").fill(email)
    page.get_by_role("textbox", name="Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_who_has_not_signed_in_is_asked_to(visitor: Page) -> None:
    visitor.goto("/")

    expect(visitor).to_have_url(re.compile(r"/sign-in"))
    expect(visitor.get_by_role("heading", name="Sign in to Ensuite")).to_be_visible()


def test_the_first_account_signs_in(visitor: Page, server: Server) -> None:
    visitor.goto("/")
    sign_in(visitor, server.email, server.password)

    expect(visitor).to_have_url(re.compile(r"/tables$"))
    expect(visitor.get_by_role("link", name="Workflows")).to_be_visible()


def test_signing_in_leads_to_where_one_wanted_to_go(visitor: Page, server: Server) -> None:
    visitor.goto("/workflows")
    sign_in(visitor, server.email, server.password)

    expect(visitor).to_have_url(re.compile(r"/workflows$"))


def test_a_wrong_password_is_told_and_may_be_corrected(
    visitor: Page, server: Server, troubles: Troubles
) -> None:
    troubles.expect(401)
    visitor.goto("/sign-in")
    sign_in(visitor, server.email, "a wrong password")
    told = visitor.get_by_text("The e-mail or the password is wrong.")

    expect(told).to_be_visible()
    sign_in(visitor, server.email, server.password)
    expect(visitor).to_have_url(re.compile(r"/tables$"))


def test_who_signs_out_is_asked_to_sign_in_again(page: Page) -> None:
    page.goto("/")
    page.get_by_role("navigation").get_by_role("button").last.click()
    page.get_by_role("menuitem", name="Sign out").click()

    expect(page).to_have_url(re.compile(r"/sign-in"))
    page.goto("/tables")
    expect(page).to_have_url(re.compile(r"/sign-in"))


def test_signing_out_everywhere_ends_the_other_session(
    page: Page, browse: Browse, server: Server, troubles: Troubles
) -> None:
    other = browse(server.signed_in(server.email, server.password))
    other.goto("/tables")
    expect(other.get_by_role("link", name="Workflows")).to_be_visible()
    page.goto("/settings")
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page).to_have_url(re.compile(r"/sign-in"))

    troubles.expect(401)
    other.get_by_role("link", name="Workflows").click()
    expect(other).to_have_url(re.compile(r"/sign-in"))


@pytest.mark.parametrize(
    ("language", "title", "again", "button"),
    [
        ("English", "Create the first account", "Password again", "Create account"),
        ("Français", "Créer le premier compte", "Mot de passe, encore une fois", "Créer le compte"),
    ],
)
def test_the_first_start_asks_for_an_account(
    empty: EmptyServer, browse: Browse, language: str, title: str, again: str, button: str
) -> None:
    visitor = browse(None)
    visitor.goto(f"{empty.url}/sign-in#setup={empty.code}")
    visitor.get_by_role("button", name=language).click()
    expect(visitor.get_by_role("heading", name=title)).to_be_visible()
    assert_accessible(visitor)
    visitor.locator("input[autocomplete=name]").fill("Ada")
    visitor.locator("input[autocomplete=username]").fill("ada@example.test")
    visitor.locator("input[autocomplete=new-password]").first.fill("correct horse battery")
    visitor.get_by_role("textbox", name=again).fill("correct horse")
    expect(visitor.get_by_role("button", name=button)).to_be_disabled()
    visitor.get_by_role("textbox", name=again).fill("correct horse battery")
    visitor.get_by_role("button", name=button).click()

    expect(visitor).to_have_url(re.compile(r"/tables$"))
    expect(visitor.get_by_role("navigation").get_by_text("Ada")).to_be_visible()


def test_without_its_code_the_first_account_is_not_made(
    empty: EmptyServer, browse: Browse, troubles: Troubles
) -> None:
    troubles.expect(403)
    visitor = browse(None)
    visitor.goto(f"{empty.url}/sign-in")
    visitor.get_by_role("textbox", name="Setup code").fill("0" * 32)
    visitor.get_by_role("textbox", name="Name").fill("Eve")
    visitor.get_by_role("textbox", name="E-mail").fill("eve@example.test")
    for label in ("Password", "Password again"):
        visitor.get_by_role("textbox", name=label, exact=True).fill("correct horse battery")
    visitor.get_by_role("button", name="Create account").click()

    expect(visitor.get_by_text("This is not the code that the server printed.")).to_be_visible()


def test_the_sign_in_is_accessible(visitor: Page) -> None:
    visitor.goto("/sign-in")
    expect(visitor.get_by_role("button", name="Sign in")).to_be_visible()

    assert_accessible(visitor)
