"""Finds the node types and trigger types: those of this package, and those that others announce."""

import importlib
import pkgutil
from importlib.metadata import entry_points
from types import ModuleType

from ensuite.workflow import nodes, triggers


def load_node_types() -> None:
    """Import the built-in node types, then the entry points of the group `ensuite.nodes`."""
    _load(nodes, "ensuite.nodes")


def load_trigger_types() -> None:
    """Import the built-in trigger types, then the entry points of the group `ensuite.triggers`."""
    _load(triggers, "ensuite.triggers")


def _load(package: ModuleType, group: str) -> None:
    for module in pkgutil.iter_modules(package.__path__):
        _ = importlib.import_module(f"{package.__name__}.{module.name}")
    for entry_point in entry_points(group=group):
        _ = entry_point.load()
