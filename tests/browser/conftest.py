"""A server and a browser for each test.

Playwright's own fixtures live as long as the session. Its event loop counts as running between two
calls, and then no other test of the process could run one: so here they live as long as a module.
"""

import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    Page,
    Playwright,
    StorageState,
    expect,
    sync_playwright,
)

import bundle
from ensuite.storage import embedded
from tests.browser import chromium
from tests.browser.server import EmptyServer, Server, serving, serving_nobody
from tests.browser.troubles import Troubles

ROOT = Path(__file__).parents[2]
PATIENCE_MILLISECONDS = 15_000
VIEWPORT = {"width": 1440, "height": 900}

_numbers = itertools.count(1)

expect.set_options(timeout=PATIENCE_MILLISECONDS)


class Browse(Protocol):
    """Opens a page: `browse()` as root, `browse(server.person("ada"))`, `browse(None)` as nobody."""

    def __call__(
        self, account: Server | None = ..., *, language: str = "en", theme: str = "light"
    ) -> Page: ...


@pytest.fixture(scope="session")
def built_page() -> None:
    """The page as its source is now."""
    if not bundle.is_stale(ROOT):
        return
    command = [sys.executable, ROOT / "run", "build"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"The page cannot be built: {done.stdout}{done.stderr}", pytrace=False)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    try:
        return browser_type_launch_args | chromium.find().launch_options
    except chromium.NoBrowser as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="module")
def playwright(
    anyio_backend: str,
    template: str,  # whose event loop has to run before Playwright's
    _pw_api_request_contexts: Any,
) -> Iterator[Playwright]:
    with sync_playwright() as started:
        if _pw_api_request_contexts:
            _pw_api_request_contexts.instrument(started)
        yield started


@pytest.fixture(scope="module")
def browser_type(playwright: Playwright) -> BrowserType:
    return playwright.chromium


@pytest.fixture(scope="module")
def browser(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any]
) -> Iterator[Browser]:
    with browser_type.launch(**browser_type_launch_args) as launched:
        yield launched


@pytest.fixture(scope="module")
def browser_context_args() -> dict[str, Any]:
    return {"viewport": VIEWPORT, "locale": "en-GB", "reduced_motion": "reduce"}


@contextmanager
def database(postgres: embedded.EmbeddedPostgres, template: str) -> Generator[str]:
    """The address of a database of the test's own."""
    name = f"browser_{os.getpid()}_{next(_numbers)}"
    maintenance = ("--maintenance-db", postgres.dsn)
    embedded.run("createdb", *maintenance, "--template", template, "--strategy", "file_copy", name)
    base, question, options = postgres.dsn.partition("?")
    yield f"{base.rsplit('/', 1)[0]}/{name}{question}{options}"
    embedded.run("dropdb", *maintenance, "--force", name)


@pytest.fixture
def server(
    postgres: embedded.EmbeddedPostgres, template: str, tmp_path: Path, built_page: None
) -> Iterator[Server]:
    """A server process on a database of the test's own, called as root."""
    with database(postgres, template) as dsn, serving(tmp_path, dsn) as started:
        yield started


@pytest.fixture
def empty(
    postgres: embedded.EmbeddedPostgres, tmp_path: Path, built_page: None
) -> Iterator[EmptyServer]:
    """A server process on its first start: nobody has an account.

    Before `browse` among a test's arguments: what is set up first ends last, and a page that is
    still loading would find no server.
    """
    folder = tmp_path / "empty"
    folder.mkdir()
    with database(postgres, "template0") as dsn, serving_nobody(folder, dsn) as started:
        yield started


@pytest.fixture
def troubles() -> Iterator[Troubles]:
    """What went wrong in the test's pages, which fails it: `troubles.expect(403)` if it should."""
    collected = Troubles()
    yield collected
    assert not collected.found, "\n".join(collected.found)


@pytest.fixture
def browse(
    server: Server,
    troubles: Troubles,
    new_context: Callable[..., BrowserContext],
) -> Generator[Browse]:
    def opened(
        account: Server | None = server, *, language: str = "en", theme: str = "light"
    ) -> Page:
        context = new_context(
            base_url=server.url, storage_state=stored(server.url, account, language, theme)
        )
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        page = context.new_page()
        troubles.watch(page)
        return page

    yield opened


def stored(url: str, account: Server | None, language: str, theme: str) -> StorageState:
    """What the browser of this account has kept."""
    kept = {"ensuite.language": language, "mantine-color-scheme-value": theme}
    if account is not None:
        kept["ensuite.token"] = account.token
    return {
        "cookies": [],
        "origins": [
            {
                "origin": url,
                "localStorage": [{"name": name, "value": value} for name, value in kept.items()],
            }
        ],
    }


@pytest.fixture
def page(browse: Browse) -> Page:
    """A page in which root has signed in, in English and light."""
    return browse()


@pytest.fixture
def visitor(browse: Browse) -> Page:
    """A page in which nobody has signed in."""
    return browse(None)
