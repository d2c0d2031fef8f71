"""What goes wrong in a page while a test looks elsewhere."""

from playwright.sync_api import ConsoleMessage, Page, Request, Response

FAILED = 400
LEFT = "net::ERR_ABORTED"
"""A request that ended because its page did, or because the page no longer wanted its answer."""


class Troubles:
    """Errors of the console, of scripts and of requests, in the pages that it watches."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._expected: set[int] = set()

    def expect(self, *statuses: int) -> None:
        """Let requests fail with these statuses: the test is about that."""
        self._expected.update(statuses)

    def watch(self, page: Page) -> None:
        """Collect what goes wrong in this page from now on."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.found.append(f"script: {error}"))
        page.on("response", self._answered)
        page.on("requestfailed", self._failed)

    def _said(self, message: ConsoleMessage) -> None:
        # Of an answer that is an error, the browser's own line says less than `_answered`.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.found.append(f"console: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= FAILED and response.status not in self._expected:
            self.found.append(f"{response.status}: {response.request.method} {response.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != LEFT:
            self.found.append(f"{request.failure}: {request.method} {request.url}")
