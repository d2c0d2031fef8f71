"""The page: the bundle that is built from `ui/`, and one document for all its routes."""

from collections.abc import Mapping
from pathlib import Path

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

import ensuite

BUNDLE = Path(ensuite.__file__).parent / "static"
INDEX = "index.html"
ASSETS = "assets"
"""The folder of the files whose names hold a digest of what is in them."""

FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"

CONTENT_TYPES: Mapping[str, str] = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
"""Not the machine's list: it differs from one to the next, and browsers refuse a wrong one."""

CONTENT_SECURITY: Mapping[str, str] = {
    "default-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",  # Mantine sets a theme's variables in a <style>
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
SECURITY: Mapping[str, str] = {
    "Content-Security-Policy": "; ".join(map(" ".join, CONTENT_SECURITY.items())),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

NOT_BUILT = (
    "This Ensuite was installed without its page, and serves its API under /api/.\n"
    "Build the page in a checkout by ./run build, or install without ENSUITE_SKIP_UI.\n"
)


class Page(StaticFiles):
    """Answers GET and HEAD: a file by its path, the document for everything else."""

    def __init__(self, folder: Path = BUNDLE) -> None:
        super().__init__(directory=folder, check_dir=False)

    async def check_config(self) -> None:
        """Do without: an installation may have no page."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        response = await anyio.to_thread.run_sync(self._response, path, Headers(scope=scope))
        for name, value in SECURITY.items():
            response.headers[name] = value
        return response

    def _response(self, path: str, asked: Headers) -> Response:
        parts = Path(path).parts
        file = self._file(path)
        if file is None and parts[:1] in {(ASSETS,), ("api",)}:
            return PlainTextResponse("There is no such file.\n", 404)
        file = file or self._file(INDEX)
        if file is None:
            return PlainTextResponse(NOT_BUILT, 404)
        kept = FOREVER if parts[:1] == (ASSETS,) else ASK_AGAIN
        headers = {"Cache-Control": kept, "Vary": "Accept-Encoding"}
        kind = CONTENT_TYPES.get(file.suffix, "application/octet-stream")
        packed = file.with_name(f"{file.name}.gz")
        if "gzip" in asked.get("accept-encoding", "") and packed.is_file():
            file = packed
            headers["Content-Encoding"] = "gzip"
        found = FileResponse(file, headers=headers, media_type=kind, stat_result=file.stat())
        if self.is_not_modified(found.headers, asked):
            return NotModifiedResponse(found.headers)
        return found

    def _file(self, path: str) -> Path | None:
        """The file of this path, if it is one of the bundle's."""
        try:
            found, status = self.lookup_path(path)
        except (OSError, ValueError):  # a name that is too long, or holds a null byte
            return None
        file = Path(found)
        return file if status and file.is_file() and not file.name.startswith(".") else None
