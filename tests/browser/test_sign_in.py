"""Signing in and out, as the page has it."""

import re

from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.server import Server
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


def test_who_signs_out_is_asked_to_sign_in_again(page: Page, troubles: Troubles) -> None:
    troubles.expect(401)  # what the page asks for while it is being left
    page.goto("/")
    page.get_by_role("navigation").get_by_role("button").last.click()
    page.get_by_role("menuitem", name="Sign out").click()

    expect(page).to_have_url(re.compile(r"/sign-in"))
    page.goto("/tables")
    expect(page).to_have_url(re.compile(r"/sign-in"))


def test_the_sign_in_is_accessible(visitor: Page) -> None:
    visitor.goto("/sign-in")
    expect(visitor.get_by_role("button", name="Sign in")).to_be_visible()

    assert_accessible(visitor)
