"""HTTP: from a request to an operation, from an outcome to a response."""

import importlib

MODULES = (
    "auth",
    "users",
    "roles",
    "permissions",
    "role_saving",
    "api_keys",
    "collections",
    "field_types",
    "workflows",
    "nodes",
    "executions",
    "manual_tasks",
    "streams",
    "workflow_types",
    "buttons",
    "views",
    "system",
    "record_changes",
    "setup",
    "links",
)


def load_routes() -> None:
    """Import the modules that register the system resources' actions."""
    for name in MODULES:
        _ = importlib.import_module(f"{__name__}.{name}")
