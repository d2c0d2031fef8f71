# ruff: noqa: INP001, T201 - a script, which speaks to a terminal
"""Take the pictures of the page: `./run screenshots`, or of some screens: `./run screenshots grid`.

A server with sample data is started on a temporary folder.  Every screen is opened in each theme
and each language, and goes to `docs/images/<screen>-<theme>-<language>.png`.
"""

import argparse
import io
import itertools
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium, sample
from tests.browser.conftest import VIEWPORT, stored
from tests.browser.server import Server, serving

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs/images"
THEMES = ("light", "dark")
LANGUAGES = ("en", "fr")
COLOURS = 128
SETTLED_MILLISECONDS = 700
"""For what is drawn after it is loaded: the canvas measures its nodes first."""
LOADING = ".mantine-Skeleton-root, [data-loading]"

SCREENS: Mapping[str, str] = {
    "sign-in": "/sign-in",
    "inbox": "/inbox",
    "tables": "/tables",
    "designer": "/tables/posts",
    "grid": "/data/posts",
    "record": "/data/posts?record={record}",
    "record-page": "/data/posts/{record}",
    "workflows": "/workflows",
    "editor": "/workflows/{workflow}",
    "error-branch": "/workflows/announce",
    "workflow-settings": "/workflows/{workflow}?settings=true",
    "executions": "/executions",
    "execution": "/executions/{execution}",
    "health": "/health",
    "users": "/users",
    "roles": "/roles",
    "api-keys": "/api-keys",
    "settings": "/settings",
}
SIGNED_OUT = frozenset({"sign-in"})


def main(arguments: Sequence[str]) -> None:
    """Take the pictures of these screens, by default of all."""
    parser = argparse.ArgumentParser(prog="./run screenshots")
    _ = parser.add_argument("screens", nargs="*", metavar="SCREEN", help=", ".join(SCREENS))
    wanted: list[str] = parser.parse_args(arguments).screens or list(SCREENS)
    unknown = sorted(set(wanted) - SCREENS.keys())
    if unknown:
        parser.error(f"there is no screen {', '.join(unknown)}; there are {', '.join(SCREENS)}")
    try:
        options = chromium.find().launch_options
    except chromium.NoBrowser as error:
        sys.exit(str(error))
    _ = subprocess.run([sys.executable, ROOT / "run", "build"], check=True)
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        made = sample.make(server)
        with sync_playwright() as playwright, playwright.chromium.launch(**options) as browser:
            for screen, theme, language in itertools.product(wanted, THEMES, LANGUAGES):
                path = SCREENS[screen].format_map(vars(made))
                account = None if screen in SIGNED_OUT else server
                picture = take(browser, server.url + path, account, theme, language)
                file = IMAGES / f"{screen}-{theme}-{language}.png"
                _ = file.write_bytes(small(picture))
                print(file.relative_to(ROOT))


def take(browser: Browser, url: str, account: Server | None, theme: str, language: str) -> bytes:
    """A picture of what is at this address, as soon as it has come to rest."""
    origin = "/".join(url.split("/")[:3])
    with browser.new_context(
        viewport={"width": VIEWPORT["width"], "height": VIEWPORT["height"]},
        storage_state=stored(origin, account, language, theme),
        locale={"en": "en-GB", "fr": "fr-FR"}[language],
        reduced_motion="reduce",
    ) as context:
        page = context.new_page()
        _ = page.goto(url)
        page.get_by_role("button").first.wait_for()
        # Not "networkidle": the stream of executions stays open.
        page.wait_for_timeout(SETTLED_MILLISECONDS)
        page.locator(LOADING).first.wait_for(state="detached")
        _ = page.wait_for_function("() => document.fonts.status === 'loaded'")
        return page.screenshot()


def small(picture: bytes) -> bytes:
    """The picture in few colours, which is enough for a page of three."""
    with Image.open(io.BytesIO(picture)) as image:
        few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    packed = io.BytesIO()
    few.save(packed, "PNG", optimize=True)
    return packed.getvalue()


if __name__ == "__main__":
    main(sys.argv[1:])
