"""The page under measurement: a real browser, a table of a million records, 200 steps."""

import asyncio
import gzip
import itertools
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
from playwright.sync_api import Page, sync_playwright

import ensuite
from ensuite.storage import embedded
from tests.browser import chromium
from tests.browser.conftest import VIEWPORT, stored
from tests.browser.server import Server, serving

RECORDS = 1_000_000
STEPS = 200
PAGES = 12
DRAG_SECONDS = 3.0

Add = Callable[..., None]

# From the click to the frame in which the next page's first record stands.
_NEXT_PAGE = """
async () => {
  const first = () => document.querySelector("tbody tr")?.innerText ?? "";
  const before = first();
  const started = performance.now();
  document.querySelector("[aria-label='Next page']").click();
  while (first() === before || !first().includes("Post ")) {
    await new Promise((done) => requestAnimationFrame(done));
  }
  return performance.now() - started;
}
"""

# From the start of the navigation to the frame in which the canvas stands.
_DRAWN = """
async () => {
  while (document.querySelectorAll(".react-flow__node").length < 8) {
    await new Promise((done) => requestAnimationFrame(done));
  }
  return performance.now();
}
"""

_RECORD_FRAMES = """
() => {
  window.frames_seen = [];
  const note = (now) => {
    window.frames_seen.push(now);
    requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
}
"""


def measure(add: Add) -> None:
    """Add a row to the report for each figure of the page."""
    add_first_load(add)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        _fill(server, Path(folder) / "data")
        key = _draw(server)
        with (
            sync_playwright() as playwright,
            playwright.chromium.launch(**chromium.find().launch_options) as browser,
            browser.new_context(
                base_url=server.url,
                viewport={"width": VIEWPORT["width"], "height": VIEWPORT["height"]},
                storage_state=stored(server.url, server, "en", "light"),
            ) as context,
        ):
            page = context.new_page()
            add_pages(add, page)
            add_canvas(add, page, key)


def add_first_load(add: Add) -> None:
    """The scripts that the first page names, as they are sent."""
    static = Path(ensuite.__file__).parent / "static"
    index = (static / "index.html").read_text(encoding="utf-8")
    names = re.findall(r'(?:src|href)="/(assets/[^"]+\.js)"', index)
    size = sum(len(gzip.compress((static / name).read_bytes())) for name in names)
    add("first load, JavaScript gzip", f"{size / 1000:.0f} kB", "300 kB", met=size <= 300_000)


def add_pages(add: Add, page: Page) -> None:
    """Going to the next page of a table of a million records, from the click on."""
    _ = page.goto("/data/posts")
    page.get_by_text(re.compile("^Post ")).first.wait_for()
    page.wait_for_timeout(1_000)
    taken = [float(page.evaluate(_NEXT_PAGE)) for _ in range(PAGES)]
    middle = statistics.median(taken)
    add("next page of 1 M records", f"{middle:.0f} ms", "150 ms", met=middle <= 150, all=taken)


def add_canvas(add: Add, page: Page, key: str) -> None:
    """Opening a workflow of 200 steps from nothing, and moving its canvas about."""
    opened: list[float] = []
    for _ in range(5):
        _ = page.goto(f"/workflows/{key}")
        opened.append(float(page.evaluate(_DRAWN)))
    middle = statistics.median(opened)
    add(f"a workflow of {STEPS} steps opens", f"{middle:.0f} ms", "1000 ms", met=middle <= 1_000)
    page.wait_for_timeout(1_000)
    canvas = page.locator(".react-flow__pane").bounding_box()
    assert canvas is not None, "the canvas is there"
    x, y = canvas["x"] + canvas["width"] / 4, canvas["y"] + canvas["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(_RECORD_FRAMES)
    until, step = time.monotonic() + DRAG_SECONDS, 0
    while time.monotonic() < until:
        step += 1
        page.mouse.move(x + step % 200, y + (step * 2) % 150)
    page.mouse.up()
    frames: list[float] = page.evaluate("() => window.frames_seen")
    shown = (len(frames) - 1) / (frames[-1] - frames[0]) * 1000
    gaps = [after - before for before, after in itertools.pairwise(frames)]
    slowest = statistics.quantiles(gaps, n=20)[-1]
    add(
        "frames while its canvas is dragged",
        f"{shown:.0f}/s, 95 % within {slowest:.0f} ms",
        "60/s",
        met=shown >= 58,
        moves=step,
    )


def _fill(server: Server, data: Path) -> None:
    server.table("posts", {"name": "title", "type": "string"}, {"name": "views", "type": "integer"})
    postgres = embedded.start(data)
    try:
        asyncio.run(_insert(postgres.dsn))
    finally:
        postgres.release()


async def _insert(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        _ = await connection.execute(
            'INSERT INTO posts (id, title, views, "createdAt", "updatedAt")'
            " SELECT n, 'Post ' || n, n % 1000, now(), now()"
            f" FROM generate_series(1, {RECORDS}) n"
        )
        _ = await connection.execute("VACUUM ANALYZE posts")
    finally:
        await connection.close()


def _draw(server: Server) -> str:
    """A workflow whose every tenth step has two branches with a step each."""
    made = server.api(
        "workflows:create", {"type": "action", "title": "Long", "config": {"collection": "posts"}}
    )
    path = f"workflows/{made['id']}/nodes:create"
    calculation = {"type": "calculation", "config": {"engine": "cel", "expression": "1 + 1"}}
    branching = {"engine": "cel", "expression": "true", "rejectOnFalse": False}
    upstream: int | None = None
    count = 0
    while count < STEPS:
        if count % 10 == 7:
            node = {"type": "condition", "title": f"Step {count}", "config": branching}
            upstream = server.api(path, {**node, "upstreamId": upstream})["id"]
            for branch in (0, 1):
                place = {"upstreamId": upstream, "branchIndex": branch}
                _ = server.api(path, {**calculation, **place})
            count += 3
        else:
            node = {**calculation, "title": f"Step {count}", "upstreamId": upstream}
            upstream = server.api(path, node)["id"]
            count += 1
    return str(made["key"])
