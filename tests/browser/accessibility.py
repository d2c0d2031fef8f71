"""axe-core, which the page's packages bring along."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "ui/node_modules/axe-core/axe.min.js"
SEVERE = frozenset({"serious", "critical"})
RUN = "() => axe.run(document, { resultTypes: ['violations'] })"


def severe_violations(page: Page) -> list[str]:
    """What axe finds serious or critical in what the page shows now."""
    # Through the protocol and not as a <script>, which the page's policy forbids.
    _ = page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(RUN)
    return [
        f"{violation['id']}: {violation['help']}: {node['html']}"
        for violation in found["violations"]
        if violation["impact"] in SEVERE
        for node in violation["nodes"]
    ]


def assert_accessible(page: Page) -> None:
    """Fail where axe finds something serious or critical in what the page shows now."""
    severe = severe_violations(page)

    assert not severe, f"{page.url}\n" + "\n".join(severe)
