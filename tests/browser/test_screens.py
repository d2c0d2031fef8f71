"""Every screen, with data on it: nothing fails, nobody is kept out, and French is French."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from docs.screenshots import SCREENS, SETTLED_MILLISECONDS
from tests.browser import sample
from tests.browser.accessibility import severe_violations
from tests.browser.conftest import Browse
from tests.browser.server import Server
from tests.ui.test_translations import FILLED, words

INSIDE = [name for name in SCREENS if name != "sign-in"]


def screens(page: Page, server: Server) -> Iterator[str]:
    """Open each screen; its name."""
    made = sample.make(server)
    for name in INSIDE:
        page.goto(SCREENS[name].format_map(vars(made)))
        expect(page.get_by_role("button").first).to_be_visible()
        page.wait_for_timeout(SETTLED_MILLISECONDS)
        yield name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_screen_is_accessible(browse: Browse, server: Server, theme: str) -> None:
    page = browse(theme=theme)
    found = {name: severe_violations(page) for name in screens(page, server)}

    assert {name: severe for name, severe in found.items() if severe} == {}


def test_nothing_on_a_french_screen_is_english(browse: Browse, server: Server) -> None:
    english, french = words("en"), words("fr")
    foreign = {
        text
        for key, text in english.items()
        if text != french[key] and text not in french.values() and not FILLED.search(text)
    }
    page = browse(language="fr")
    found = {
        name: foreign & {line.strip() for line in page.inner_text("body").splitlines()}
        for name in screens(page, server)
    }
    ours = {*sample.CATEGORIES, *sample.STATUSES.values(), "Title", "Status", "Category"}

    assert {name: left - ours for name, left in found.items() if left - ours} == {}
