"""The page: which file answers which path, with which headers."""

import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from ensuite.server.page import Page
from tests.asgi import Response, request

INDEX = b"<!doctype html><title>The page</title>"
SCRIPT = b"console.log('a script');" * 20
Ask = Callable[..., Awaitable[Response]]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_bytes(INDEX)
    (folder / "index.html.gz").write_bytes(gzip.compress(INDEX))
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / ".fingerprint").write_text("a digest")
    (folder / "assets/index-1a2b.js").write_bytes(SCRIPT)
    (folder / "assets/index-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets/index-1a2b.css").write_text("body { margin: 0 }")
    (folder / "assets/inter-3c4d.woff2").write_bytes(b"wOF2")
    (tmp_path / "secret-key").write_text("a secret")
    return folder


@pytest.fixture
async def ask(bundle: Path) -> AsyncIterator[Ask]:
    app = Starlette(routes=[Mount("/", Page(bundle))])

    async def get(target: bytes, method: str = "GET", **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await request(app, method, target, headers=named)

    yield get


@pytest.mark.parametrize(
    "target",
    [b"/", b"/sign-in", b"/data/posts?page=2", b"/workflows/release-1.2", b"/index.html"],
)
async def test_every_route_of_the_page_is_answered_by_its_document(ask: Ask, target: bytes) -> None:
    found = await ask(target)

    assert (found.status, found.body) == (200, INDEX)
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert found.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        (b"/assets/index-1a2b.js", "text/javascript; charset=utf-8"),
        (b"/assets/index-1a2b.css", "text/css; charset=utf-8"),
        (b"/assets/inter-3c4d.woff2", "font/woff2"),
    ],
)
async def test_an_asset_is_kept_forever(ask: Ask, target: bytes, kind: str) -> None:
    found = await ask(target)

    assert found.status == 200
    assert found.headers["content-type"] == kind
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_a_file_beside_the_document_is_asked_for_again(ask: Ask) -> None:
    found = await ask(b"/favicon.svg")

    assert (found.status, found.body) == (200, b"<svg/>")
    assert found.headers["content-type"] == "image/svg+xml"
    assert found.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("target", [b"/assets/index-old.js", b"/assets/", b"/assets", b"/api"])
async def test_what_is_no_route_and_no_file_is_not_found(ask: Ask, target: bytes) -> None:
    assert (await ask(target)).status == 404


@pytest.mark.parametrize(
    "target",
    [
        b"/../secret-key",
        b"/%2e%2e/secret-key",
        b"/assets/../../secret-key",
        b"/assets/..%2f..%2fsecret-key",
        b"//etc/passwd",
        b"/.fingerprint",
        b"/a%00b",
        b"/" + b"a" * 5000,
    ],
)
async def test_nothing_outside_the_bundle_is_served(ask: Ask, target: bytes) -> None:
    found = await ask(target)

    assert found.body == INDEX or found.status == 404


async def test_a_link_out_of_the_bundle_is_not_followed(ask: Ask, bundle: Path) -> None:
    (bundle / "assets/key.txt").symlink_to(bundle.parent / "secret-key")

    assert (await ask(b"/assets/key.txt")).status == 404


async def test_who_accepts_gzip_gets_the_packed_file(ask: Ask) -> None:
    found = await ask(b"/assets/index-1a2b.js", accept_encoding="br, gzip")

    assert gzip.decompress(found.body) == SCRIPT
    assert found.headers["content-encoding"] == "gzip"
    assert found.headers["content-type"] == "text/javascript; charset=utf-8"
    assert found.headers["vary"] == "Accept-Encoding"


async def test_others_get_the_file_as_it_is(ask: Ask) -> None:
    found = await ask(b"/assets/index-1a2b.js", accept_encoding="br")

    assert found.body == SCRIPT
    assert "content-encoding" not in found.headers


async def test_a_file_without_a_packed_one_is_sent_as_it_is(ask: Ask) -> None:
    found = await ask(b"/favicon.svg", accept_encoding="gzip")

    assert found.body == b"<svg/>"
    assert "content-encoding" not in found.headers


async def test_head_answers_like_get_without_a_body(ask: Ask) -> None:
    head, get = await ask(b"/", "HEAD"), await ask(b"/")

    assert (head.status, head.body) == (200, b"")
    assert head.headers == get.headers


async def test_a_browser_that_has_the_document_is_told_so(ask: Ask) -> None:
    first = await ask(b"/")
    again = await ask(b"/tables", if_none_match=first.headers["etag"])

    assert (again.status, again.body) == (304, b"")


async def test_the_page_is_read_and_not_written(ask: Ask) -> None:
    found = await ask(b"/tables", "POST")

    assert found.status == 405
    assert found.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("target", [b"/", b"/assets/index-1a2b.js", b"/assets/missing.js"])
async def test_every_answer_forbids_inline_scripts_and_frames(ask: Ask, target: bytes) -> None:
    headers = (await ask(target)).headers
    policy = dict(
        directive.split(" ", 1) for directive in headers["content-security-policy"].split("; ")
    )

    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "script-src" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


async def test_without_a_bundle_the_answer_says_how_to_build_one(tmp_path: Path) -> None:
    app = Starlette(routes=[Mount("/", Page(tmp_path / "static"))])
    found = await request(app, "GET", b"/")

    assert found.status == 404
    assert b"./run build" in found.body
