# ruff: noqa: INP001, T201 - a script, which speaks to a terminal
"""Fill in the generated parts of these pages from the registries, settings and docstrings.

`python docs/generate.py` writes what each function of `PARTS` gives between the two comments that
name it, `<!-- generated: settings -->` and `<!-- end of settings -->`.  Around them is prose, which
people write.  `--check` changes nothing, and fails where something would change.

It is long because the list of limits is here and each part of the pages has its function.
"""

import argparse
import ast
import importlib
import inspect
import json
import pkgutil
import re
import sys
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy.dialects import postgresql

import ensuite
from ensuite import api, cli
from ensuite.api.call import routes
from ensuite.api.links import association_actions
from ensuite.api.records import READING, actions
from ensuite.data.operators import operators
from ensuite.errors import EnsuiteError
from ensuite.schema.association import Association
from ensuite.schema.catalog import load_field_types
from ensuite.schema.field import Field, make_field, type_registry
from ensuite.server.families import FAMILIES
from ensuite.settings import PREFIX, Settings
from ensuite.workflow.catalog import load_node_types, load_trigger_types
from ensuite.workflow.failure import FailurePolicy
from ensuite.workflow.node import node_types
from ensuite.workflow.outcome import EndReason, Status
from ensuite.workflow.reruns import NotRepeated
from ensuite.workflow.selection import Reason
from ensuite.workflow.trigger import trigger_types

DOCS = Path(__file__).resolve().parent
NOTHING = "–"

GROUPS = {
    "data": "Records",
    "logic": "Logic",
    "people": "People",
    "call": "Calls",
    "caller": "Whoever started it",
}
"""What the editor calls the groups of node types."""

RESOURCES = {
    "auth": "Signing in",
    "setup": "The first start",
    "users": "Users",
    "roles": "Roles",
    "permissions": "Permissions of roles in collections",
    "role_saving": "A role as a whole",
    "api_keys": "API keys",
    "collections": "Collections and fields",
    "field_types": "Types of fields",
    "workflows": "Workflows",
    "nodes": "Nodes",
    "executions": "Executions and jobs",
    "manual_tasks": "Tasks of people",
    "streams": "Streams",
    "workflow_types": "Types of nodes and triggers",
    "buttons": "Buttons",
    "views": "Saved views",
    "record_changes": "What changed in a record",
    "system": "Health",
}
"""What the modules that register actions are about, in the order of the page."""

AT_START = (
    "ADDRESS_UNAVAILABLE",
    "DATABASE_IS_NEWER",
    "DATABASE_UNREACHABLE",
    "EMBEDDED_POSTGRES_FAILED",
    "INCOMPATIBLE_CLUSTER",
    "INVALID_SETTINGS",
    "TOO_MANY_PROCESSES",
    "TRACING_UNAVAILABLE",
)
"""Codes of errors that end a process while it starts: no response ever carries them."""

LIMITS: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "Requests": (
        ("server.bounded_http", "MAX_HEAD_BYTES", "Bytes of the first line and the headers"),
        ("api.grammar", "MAX_QUERY_BYTES", "Bytes of a query string"),
        ("api.grammar", "MAX_PATH_CHARACTERS", "Characters of a path"),
        ("api.grammar", "MAX_PARAMETERS", "Parameters in a query string or form"),
        ("api.grammar", "MAX_NESTING", "Levels of brackets, `a[b][c]`, in a parameter"),
        ("api.grammar", "MAX_LIST_ITEMS", "Items of a list parameter such as `fields`"),
        ("access.sessions", "MAX_TOKEN_BYTES", "Bytes of a token"),
        ("api.idempotency", "MAX_KEY_LENGTH", "Characters of an `Idempotency-Key`"),
        ("data.idempotency", "KEPT", "How long a key stands for its call"),
        ("data.idempotency", "MAX_BODY_BYTES", "Bytes of an answer that is stored under a key"),
        ("storage.lanes", "MAX_WAITING", "Writes of a process that wait for a commit; then 503"),
    ),
    "Reading": (
        ("data.query", "MAX_PAGE_SIZE", "Records on a page"),
        ("api.lists", "MAX_UNPAGED", "Records that `paginate=false` answers"),
        ("api.collections", "MAX_PAGE", "Collections on a page, and pages of them"),
        ("data.query", "MAX_APPENDS", "Associations that one request loads"),
        ("data.query", "MAX_APPEND_DEPTH", "Levels of associations below the record"),
        ("data.reading", "MAX_APPENDED", "Associated records that one association loads"),
        ("data.query", "MAX_SORTS", "Fields to sort by"),
    ),
    "Filters": (
        ("data.filters", "MAX_CONDITIONS", "Conditions in a filter"),
        ("data.filters", "MAX_OBJECTS", "Groups and conditions together"),
        ("data.filters", "MAX_DEPTH", "Levels of groups and associations"),
        ("api.metadata_filters", "MAX_DEPTH", "The same in a filter on collections and fields"),
        ("data.variables", "MAX_DEPTH", "Levels of JSON that are searched for variables"),
        ("data.operator", "MAX_MEMBERS", "Values of a list operand"),
        ("data.text_operators", "MAX_EXPRESSION_LENGTH", "Characters of a regular expression"),
        ("api.conditions", "MAX_SEARCH_LENGTH", "Characters of `search`"),
        ("data.dates", "MAX_UNITS", "Days, weeks or months that a relative date goes back"),
    ),
    "Writing": (
        ("data.values", "MAX_RECORDS_PER_CALL", "Records that one `create` makes"),
        ("api.records", "MAX_ISSUES", "Invalid values that the error about several records lists"),
        ("data.records", "MAX_AFFECTED", "Records that one `update` or `destroy` touches"),
        ("data.associations", "MAX_LINKS", "Records that one association links in a call"),
        ("data.associations", "MAX_DEPTH", "Levels of nested records in a body"),
        ("data.records", "MAX_CASCADE_DEPTH", "Levels that a deletion cascades"),
        ("schema.numbers", "MAX_SAFE_INTEGER", "Largest number of an id, 2⁵³ - 1"),
        ("schema.numbers", "MAX_DIGITS", "Digits of a `decimal`"),
    ),
    "Collections": (
        ("schema.alter", "MAX_COLLECTIONS", "Collections"),
        ("schema.definitions", "MAX_FIELDS", "Fields of a collection"),
        ("schema.definitions", "MAX_DEPTH", "Levels of a definition"),
        ("schema.names", "MAX_NAME_BYTES", "Characters of a name"),
        ("schema.fields.decimal", "MAX_PRECISION", "`precision` of a `decimal`"),
        ("schema.fields.nanoid", "MAX_SIZE", "`size` of a `nanoid`"),
        ("schema.validation", "MAX_RULES", "Validation rules of a field"),
        ("schema.validation", "MAX_PATTERN_LENGTH", "Characters of a rule's pattern"),
    ),
    "Accounts": (
        ("access.passwords", "MIN_LENGTH", "Characters of a password, at least"),
        ("access.passwords", "MAX_LENGTH", "Characters of a password, at most"),
        ("access.passwords", "CONCURRENT_HASHES", "Passwords that a process hashes at a time"),
        ("api.role_saving", "MAX_RESOURCES", "Collections of a role that one call changes"),
        ("access.attempts", "MAX_ATTEMPTS", "Wrong passwords for an account in a while; then 429"),
        ("access.attempts", "WINDOW_SECONDS", "Seconds of that while, in each process"),
        ("access.tokens", "TOKEN_LIFETIME", "How long a session's token is good"),
        ("access.tokens", "RENEWAL_WINDOW", "How long after that it is exchanged for a new one"),
        ("access.tokens", "SESSION_LIFETIME", "How long after signing in no renewal helps"),
        ("api.api_keys", "MAX_KEYS", "API keys of a user"),
    ),
    "What a call starts": (
        ("workflow.selection", "MAX_ITEMS", "Items of `triggerWorkflows`"),
        ("workflow.selection", "MAX_PATH", "Names in the path behind `!`"),
        ("workflow.capture", "MAX_RELATED", "Executions of one item for one record"),
        ("api.preferences", "MAX_WAIT_SECONDS", "Seconds of `Prefer: wait`"),
        ("workflow.awaited", "MAX_WAITERS", "Calls of a process that wait; others do not wait"),
        ("workflow.awaited", "MAX_AWAITED", "Executions that they wait for together"),
        ("api.write_streams", "MAX_SECONDS", "Seconds that the stream of a write lasts"),
        ("workflow.following", "MAX_FOLLOWED", "Executions that the stream of a write follows"),
        ("api.workflows", "MAX_KEY_LENGTH", "Characters of a workflow's key"),
        (
            "workflow.selection",
            "MAX_SHOWN_KEYS",
            "Valid keys that the error of a strict call lists",
        ),
    ),
    "Workflows": (
        ("workflow.graph", "MAX_NODES", "Nodes of a workflow"),
        ("workflow.graph", "MAX_BRANCH_DEPTH", "Levels of branches"),
        ("api.nodes", "MAX_BRANCH_INDEX", "Largest `branchIndex`"),
        ("workflow.options", "MAX_TIMEOUT_MILLISECONDS", "Milliseconds of `options.timeout`"),
        ("workflow.options", "MAX_STACK_LIMIT", "`options.stackLimit`"),
        ("workflow.options", "MAX_CONCURRENCY", "`options.flow.concurrency`"),
        (
            "workflow.options",
            "MAX_DEBOUNCE_MILLISECONDS",
            "Milliseconds of `options.flow.debounce`",
        ),
        ("workflow.options", "MAX_RATE", "`options.flow.rate.limit`"),
        (
            "workflow.options",
            "MAX_PERIOD_MILLISECONDS",
            "Milliseconds of `options.flow.rate.period`",
        ),
        ("workflow.nodes.multi_conditions", "MAX_CASES", "Conditions of a `multi-conditions`"),
        ("workflow.conditions", "MAX_CALCULATIONS", "Comparisons in a condition"),
        ("workflow.conditions", "MAX_GROUP_DEPTH", "Levels of groups in a condition"),
        ("workflow.expressions", "MAX_EXPRESSION_CHARACTERS", "Characters of an expression"),
        ("workflow.expressions", "MAX_TEMPLATES", "Paths that an expression names"),
        ("workflow.expressions", "MAX_VALUES", "Values that go into an expression or come out"),
        ("workflow.scope", "MAX_TEMPLATE_CHARACTERS", "Characters of a text with templates"),
        ("workflow.scope", "MAX_TEXT_CHARACTERS", "Characters that templates may make of it"),
        ("workflow.scope", "MAX_DEPTH", "Levels of a node's configuration"),
        ("workflow.failure", "MAX_ATTEMPTS", "Attempts of a step"),
        ("workflow.failure", "MAX_TIMEOUT_MILLISECONDS", "Milliseconds of a step's time limit"),
        ("workflow.failure", "MAX_DELAY_MILLISECONDS", "Milliseconds between two attempts"),
        ("workflow.nodes.aggregate", "MAX_PRECISION", "Decimal places of an `aggregate`"),
        ("workflow.nodes.delay", "MAX_MILLISECONDS", "Milliseconds of a `delay`"),
        ("workflow.nodes.request", "MAX_TIMEOUT_MILLISECONDS", "Milliseconds of a `request`"),
        ("server.http_client", "MAX_BODY_BYTES", "Bytes of the answer to a `request`"),
        ("server.http_client", "MAX_REDIRECTS", "Redirects that a `request` follows"),
        ("server.http_client", "MAX_CONNECTIONS", "Outgoing connections of a process"),
        ("workflow.executions", "MAX_RESULT_BYTES", "Bytes of a job's result"),
    ),
    "Asking people": (
        ("workflow.nodes.manual", "MAX_ASSIGNEES", "People that a `manual` asks"),
        ("workflow.nodes.manual", "MAX_DEADLINE_MILLISECONDS", "Milliseconds of its deadline"),
        (
            "workflow.nodes.manual",
            "MAX_TITLE_CHARACTERS",
            "Characters of a task's title; the rest is cut off",
        ),
        (
            "workflow.nodes.manual",
            "MAX_DESCRIPTION_CHARACTERS",
            "Characters of its description; the rest is cut off",
        ),
        ("workflow.questions", "MAX_FIELDS", "Fields of a form"),
        ("workflow.questions", "MAX_ACTIONS", "Actions of a form"),
        ("workflow.questions", "MAX_OPTIONS", "Options of a field to choose from"),
        ("workflow.questions", "MAX_NAME_LENGTH", "Characters of the name of a field or action"),
        ("workflow.questions", "MAX_LABEL_LENGTH", "Characters of its label"),
        ("workflow.questions", "MAX_TEXT_LENGTH", "Characters of a value of an answer"),
        ("workflow.questions", "MAX_ANSWER_BYTES", "Bytes of an answer"),
        ("api.manual_tasks", "MAX_PAGE_SIZE", "Tasks on a page"),
    ),
    "Buttons and views": (
        ("api.buttons", "MAX_BUTTONS", "Buttons of a collection"),
        ("api.buttons", "MAX_WORKFLOWS", "Workflows that a button starts"),
        ("api.buttons", "MAX_ROLES", "Roles that a button is for"),
        ("api.buttons", "MAX_ICON_LENGTH", "Characters of an icon's name"),
        ("api.buttons", "MAX_JSON_BYTES", "Bytes of a button's condition, and of its values"),
        ("api.bodies", "MAX_LABEL_LENGTH", "Characters of a label, and of a view's name"),
        ("api.bodies", "MAX_SENTENCE_LENGTH", "Characters of the question of a button"),
        ("api.views", "MAX_VIEWS", "Views that a user keeps of a collection"),
        ("api.views", "MAX_CONFIG_BYTES", "Bytes of a view's configuration"),
        ("api.record_changes", "MAX_PAGE_SIZE", "Changes of a record on a page"),
        ("data.history", "MAX_VALUE_BYTES", "Bytes of a value whose change is kept with it"),
    ),
    "Executions": (
        ("workflow.executions", "LEASE_SECONDS", "Seconds that a lease lasts without renewal"),
        ("workflow.dispatcher", "POLL_SECONDS", "Seconds between two looks for ready executions"),
        ("workflow.dispatcher", "CLAIM_BATCH", "Executions that are claimed at a time"),
        (
            "workflow.dispatcher",
            "MAX_BACKLOG",
            "Executions that a process queues for itself; others wait in the table",
        ),
        ("workflow.watch", "MAX_SUBSCRIBERS", "Streams that a process serves; then 503"),
        ("workflow.watch", "MAX_CHANGES", "Changes that a stream tells at a time; then `reset`"),
        ("workflow.watch", "MAX_QUEUE", "Events that wait for a slow client; then it is cut off"),
        ("api.executions", "MAX_DELETED", "Executions that one `executions:destroy` deletes"),
        ("api.executions", "MAX_CANCELLED", "Executions that one `executions:cancel` ends"),
        ("workflow.reruns", "MAX_REPEATED", "Executions that one `executions:rerun` repeats"),
        ("workflow.captured", "MAX_CHAIN", "Executions in the chain that leads to one"),
        ("workflow.dispatcher", "MAX_TAKEOVERS", "Workers that may die at one execution"),
        ("workflow.flow", "MAX_LANE_CHARACTERS", "Characters of a lane's name; then a digest"),
        ("workflow.retention", "MAX_DAYS", "Days of `options.retention`"),
        ("workflow.housekeeping", "SWEEP_MINUTES", "Minutes between two looks for what is over"),
        ("workflow.housekeeping", "MAX_ROWS", "Rows that housekeeping deletes at a time"),
    ),
    "Processes": (
        ("ids", "NODE_NUMBERS", "Processes that use one database"),
        (
            "storage.presence",
            "SILENCE_SECONDS",
            "Seconds without a sign of life; then `system:health` calls a process dead",
        ),
        ("storage.database", "CONNECT_SECONDS", "Seconds to wait for the database's answer"),
        ("workflow.queue", "MAX_WORKFLOWS", "Workflows whose queue `system:health` tells"),
        ("storage.database", "LOCK_SECONDS", "Seconds to wait for a record that is held; then 409"),
        ("storage.connections", "ACQUIRE_SECONDS", "Seconds to wait for a connection; then 503"),
        ("cli.listening", "GRACE_SECONDS", "Seconds that requests have to finish at a stop"),
        ("server.spans", "FLUSH_SECONDS", "Seconds that spans have to be sent at a stop"),
        ("server.spans", "ATTRIBUTE_CHARACTERS", "Characters of what a span says of one thing"),
    ),
}
"""Module, constant, and what it bounds."""


# --- text ---------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    return [
        _row(head),
        _row(["---"] * len(head)),
        *(_row([cell.replace("|", "\\|").replace("\n", " ") for cell in row]) for row in rows),
    ]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def code(text: object) -> str:
    """Text as code."""
    return f"`{text}`"


def listed(names: Iterable[object]) -> str:
    """Names as code, one after the other."""
    return ", ".join(code(name) for name in names) or NOTHING


def sentences(subject: object) -> list[str]:
    """The paragraphs of a docstring, each on one line."""
    paragraphs = (inspect.getdoc(subject) or "").split("\n\n")
    return [" ".join(paragraph.split()) for paragraph in paragraphs]


@cache
def attribute_docs(cls: type) -> Mapping[str, str]:
    """The docstrings below a class's own attributes, or the `#:` comments above them."""
    source = textwrap.dedent(inspect.getsource(cls))
    found: dict[str, str] = {}
    comment: list[str] = []
    for line in source.splitlines():
        stripped = line.strip()
        if stripped.startswith("#:"):
            comment.append(stripped.removeprefix("#:").strip())
        elif comment and "=" in stripped:
            found[stripped.partition("=")[0].strip()] = " ".join(comment)
            comment = []
    body = ast.parse(source).body[0]
    assert isinstance(body, ast.ClassDef), "the source of a class is a class"
    for before, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name):
            match after:
                case ast.Expr(ast.Constant(str() as said)):
                    found[before.target.id] = " ".join(said.split())
                case _:
                    pass
    return found


# --- the parts ----------------------------------------------------------------------------


def settings() -> list[str]:
    """Every environment variable."""
    properties = Settings.model_json_schema()["properties"]
    return table(
        ("Variable", "Default", "Possible", "Meaning"),
        (
            (
                code(f"{PREFIX}{name.upper()}"),
                NOTHING if schema.get("default") is None else code(schema["default"]),
                shape(schema),
                schema["description"],
            )
            for name, schema in properties.items()
        ),
    )


def command_line() -> list[str]:
    """Every command of `ensuite`, with its options."""
    lines: list[str] = []
    for name in commands():
        function = cli.app[name].default_command
        said = inspect.getdoc(function) or ""
        lines += [f"### `ensuite {name}`", "", said.split("\n\n")[0], ""]
        helped = dict(re.findall(r"^(\w+)\n    (.+)$", said, re.MULTILINE))
        rows = [
            (
                listed(argument.names),
                _option_default(argument.names, argument.field_info.default),
                helped[argument.field_info.name],
            )
            for argument in cli.app[name].assemble_argument_collection()
        ]
        lines += [*table(("Option", "Default", "Meaning"), rows), ""] if rows else []
    return lines[:-1]


def _option_default(names: Sequence[str], default: object) -> str:
    """A switch has two names: the first turns it on, the second off."""
    if default is None:
        return NOTHING
    return code(names[not default] if isinstance(default, bool) else default)


def commands() -> list[str]:
    """The names of the commands of `ensuite`."""
    return [name for name in cli.app if not name.startswith("-")]


def run() -> list[str]:
    """What `./run help` says."""
    return ["```text", program("run").USAGE.rstrip(), "```"]


def program(name: str) -> ModuleType:
    """A file of this repository that is no module, as one."""
    loader = SourceFileLoader(name, str(DOCS.parent / name))
    spec = spec_from_loader(name, loader)
    assert spec is not None, "a file with a loader has a spec"
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def system_routes() -> list[str]:
    """The actions of the system's own resources."""
    api.load_routes()
    by_module: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for (resource, action), route in routes.by_name.items():
        who = "everybody" if route.public else "every signed-in user"
        by_module[route.handler.__module__.rpartition(".")[2]].append(
            (
                "POST" if route.writes else "GET",
                code(f"{address(resource)}:{action}"),
                code(route.permission) if route.permission else who,
                route.summary,
            )
        )
    assert by_module.keys() == RESOURCES.keys(), "every module with actions has its heading"
    lines: list[str] = []
    for module, title in RESOURCES.items():
        lines += ["", f"### {title}", ""]
        lines += table(("Method", "Address", "Who", "What it does"), by_module[module])
    return lines[1:]


def address(resource: str) -> str:
    """A resource as a URL names it."""
    name, _, association = resource.partition(".")
    key = {"dataSources": "main", "workflows": "{id}"}.get(name, "{name}")
    return f"{name}/{key}/{association}" if association else name


def record_actions() -> list[str]:
    """The actions on the records of a collection."""
    return table(
        ("Method", "Action", "What it does"),
        (
            ("GET" if name in READING else "POST", code(name), sentences(action)[0])
            for name, action in actions.items()
        ),
    )


def link_actions() -> list[str]:
    """The actions that an association resource does in its own way."""
    named: dict[str, list[str]] = defaultdict(list)
    for name, action in sorted(association_actions.items()):
        named[sentences(action)[0]].append(name)
    return table(
        ("Method", "Action", "What it does"),
        (("POST", listed(names), said) for said, names in named.items()),
    )


def errors() -> list[str]:
    """Every code that a response may carry, by status."""
    said = {place: text for place, text in _said_of_errors().items() if place[1] not in AT_START}
    return table(
        ("Status", "Code", "What it means"),
        ((str(status), code(name), text) for (status, name), text in sorted(said.items())),
    )


def errors_at_start() -> list[str]:
    """The codes of errors that end a process while it starts."""
    said = {name: text for (_, name), text in _said_of_errors().items() if name in AT_START}
    return table(
        ("Code", "What it means"), ((code(name), text) for name, text in sorted(said.items()))
    )


def _said_of_errors() -> Mapping[tuple[int, str], str]:
    """What is said of each status and code; two classes may share them."""
    said: dict[tuple[int, str], dict[str, None]] = defaultdict(dict)
    for cls in error_classes():
        # A class that shares its base's code is a case of it that clients need not tell apart.
        if cls.code not in {base.code for base in cls.__mro__[1:] if hasattr(base, "code")}:
            sentence = sentences(cls)[0]
            said[cls.status, cls.code][sentence if sentence[-1] in ".…" else f"{sentence}."] = None
    return {place: " ".join(each) for place, each in said.items()}


def error_classes() -> list[type[EnsuiteError]]:
    """Every error that a client may meet, wherever it is defined."""
    for module in pkgutil.walk_packages(ensuite.__path__, "ensuite."):
        if not module.name.endswith("__main__"):
            _ = importlib.import_module(module.name)
    found: list[type[EnsuiteError]] = [EnsuiteError]
    for cls in found:
        found.extend(each for each in cls.__subclasses__() if each not in found)
    return found


def skip_reasons() -> list[str]:
    """Why an item of `triggerWorkflows` starts nothing."""
    return _enumerated(Reason, "Reason", lambda member: member.value)


def rerun_reasons() -> list[str]:
    """Why an execution is not run again."""
    return _enumerated(NotRepeated, "Reason", lambda member: member.value)


def end_reasons() -> list[str]:
    """Why an execution ended otherwise than by its steps."""
    return _enumerated(EndReason, "Reason", lambda member: member.value)


def statuses() -> list[str]:
    """The numbers of executions and jobs."""
    return _enumerated(Status, "Status", lambda member: member.value)


def _enumerated(cls: type[Enum], head: str, value: Callable[[Any], object]) -> list[str]:
    said = attribute_docs(cls)
    return table(
        (head, "Meaning"),
        (
            (
                code(value(member)),
                said.get(member.name, "Reserved: this version does not write it."),
            )
            for member in cls
        ),
    )


def filter_operators() -> list[str]:
    """Which operators each kind of field has."""
    kinds = sorted({kind for each in operators.values() for kind in each.groups})
    return table(
        ("Kind", "Operators"),
        (
            (kind, listed(name for name, each in operators.items() if kind in each.groups))
            for kind in kinds
        ),
    )


def nodes() -> list[str]:
    """Every node type, by group."""
    load_node_types()
    lines: list[str] = []
    for group, title in GROUPS.items():
        lines += ["", f"## {title}"]
        for name, cls in sorted(node_types.items()):
            if cls.group != group:
                continue
            lines += ["", f"### `{name}`: {cls.label['en']}", ""]
            for paragraph in sentences(cls):
                lines += [paragraph, ""]
            if cls.branches:
                named = ", ".join(f"{code(n)} {each}" for n, each in enumerate(cls.branches))
                more = ", and those of its configuration" if "branch_names" in vars(cls) else ""
                lines += [f"Branches, by `branchIndex`: {named}{more}.", ""]
            lines += configuration(cls.model_json_schema(by_alias=True))
    return lines[1:]


def failure_policy() -> list[str]:
    """What every node has besides its own fields."""
    return configuration(FailurePolicy.model_json_schema(by_alias=True))


def triggers() -> list[str]:
    """Every trigger type."""
    load_trigger_types()
    lines: list[str] = []
    for name, cls in sorted(trigger_types.items()):
        lines += ["", f"## `{name}`: {cls.label['en']}", ""]
        for paragraph in sentences(cls):
            lines += [paragraph, ""]
        lines += configuration(cls.model_json_schema(by_alias=True))
    return lines[1:]


def configuration(schema: Mapping[str, Any]) -> list[str]:
    """The fields of a configuration, those of its parts below them."""
    return table(
        ("Field", "Value", "Default", "Meaning"),
        ((code(path), *rest) for path, *rest in _config_fields(schema, schema.get("$defs", {}))),
    )


def _config_fields(
    schema: Mapping[str, Any], parts: Mapping[str, Any], prefix: str = ""
) -> Iterable[tuple[str, str, str, str]]:
    required = schema.get("required", ())
    for name, field in schema["properties"].items():
        if "section" in field:  # What every type has is told once, elsewhere.
            continue
        label = field["label"]["en"]
        said = f"*{label}.* {field['description']}" if "description" in field else label
        default = "required" if name in required else default_of(field)
        yield prefix + name, shape(field), default, said
        part, many = _part(field)
        if part is not None:
            inside = f"{prefix}{name}{'[]' if many else ''}."
            yield from _config_fields(parts[part], parts, inside)


def _part(schema: Mapping[str, Any]) -> tuple[str | None, bool]:
    """The part that a field is, or that its items are."""
    for each in (schema, *schema.get("anyOf", ())):
        if "$ref" in each:
            return each["$ref"].rpartition("/")[2], False
        if "$ref" in each.get("items", {}):
            return each["items"]["$ref"].rpartition("/")[2], True
    return None, False


def default_of(schema: Mapping[str, Any]) -> str:
    """The default of a field as JSON."""
    default = schema.get("default")
    if default is None or (isinstance(default, dict) and _part(schema)[0] is not None):
        return NOTHING
    return code(json.dumps(default, ensure_ascii=False))


def shape(schema: Mapping[str, Any]) -> str:
    """What a value of this JSON Schema looks like, in words."""
    match schema:
        case {"anyOf": alternatives}:
            shapes = [shape(each) for each in alternatives if each.get("type") != "null"]
            return " or ".join(dict.fromkeys(shapes))
        case {"enum": values}:
            return listed(_literal(value) for value in values)
        case {"const": value}:
            return code(_literal(value))
        case {"type": "array", **rest}:
            most = f", {rest['maxItems']:,} at most" if "maxItems" in rest else ""
            return f"list of {shape(rest.get('items', {}))}{most}"
        case {"type": "integer" | "number"}:
            return _number(schema)
        case {"type": "string"}:
            return _text(schema)
        case {"type": "boolean"}:
            return "`true` or `false`"
        case {"type": "object"} | {"$ref": _}:
            return "object"
        case _:
            return "any"


def _number(schema: Mapping[str, Any]) -> str:
    words = "whole number" if schema["type"] == "integer" else "number"
    match schema:
        case {"minimum": least, "maximum": most}:
            return f"{words}, {least:,} to {most:,}"
        case {"minimum": least}:
            return f"{words}, at least {least:,}"
        case _:
            return words


def _text(schema: Mapping[str, Any]) -> str:
    match schema:
        case {"pattern": str(pattern)} if re.fullmatch(r"\^\((\w+\|)+\w+\)\$", pattern):
            return listed(pattern.strip("^$()").split("|"))
        case {"format": "path"}:
            return "folder"
        case {"minLength": least, "maxLength": most}:
            return f"text, {least} to {most} characters"
        case {"minLength": least}:
            return f"text, {least} characters at least"
        case _:
            return "text"


def _literal(value: object) -> object:
    return value if isinstance(value, str) else json.dumps(value)


def field_types() -> list[str]:
    """Every field type with its own options."""
    load_field_types()
    lines: list[str] = []
    by_class: dict[type[Field], list[str]] = defaultdict(list)
    for name, cls in type_registry.items():
        by_class[cls].append(name)
    for cls, names in sorted(by_class.items(), key=lambda item: item[0].type):
        example = make_field({"name": "example", "type": cls.type, "target": "examples"})
        stored = example.column_type()
        column = stored.compile(dialect=postgresql.dialect()) if stored is not None else None
        lines += ["", f"### `{cls.type}`: {cls.label['en']}", ""]
        for paragraph in sentences(cls):
            lines += [paragraph, ""]
        facts = [
            f"Column: {code(column.lower()) if column else 'none of its own'}.",
            f"Kind in filters: {cls.operators}.",
            f"Interfaces: {listed(cls.interfaces)}.",
        ]
        if len(names) > 1:
            facts.append(f"Also called {listed(name for name in names if name != cls.type)}.")
        lines += facts
        own = _own_options(cls)
        if own:
            lines += ["", *own]
    return lines[1:]


def _own_options(cls: type[Field]) -> list[str]:
    common = Association if issubclass(cls, Association) else Field
    return _options(cls, [name for name in cls.model_fields if name not in common.model_fields])


def common_options() -> list[str]:
    """The options that every field has."""
    return _options(Field, [name for name in Field.model_fields if name != "column_name"])


def association_options() -> list[str]:
    """The options that every association has besides."""
    names = [name for name in Association.model_fields if name not in Field.model_fields]
    return _options(Association, names)


def _options(cls: type[Field], names: Sequence[str]) -> list[str]:
    if not names:
        return []
    schema = cls.model_json_schema(by_alias=True)
    required = schema.get("required", ())
    rows: list[tuple[str, ...]] = []
    for name in names:
        shown = cls.model_fields[name].alias or name
        field = schema["properties"][shown]
        default = "required" if shown in required else default_of(field)
        rows.append((code(shown), shape(field), default, attribute_docs(cls)[name]))
    return table(("Option", "Value", "Default", "Meaning"), rows)


def metrics() -> list[str]:
    """Every family of `/metrics`."""
    return table(
        ("Name", "Type", "Labels", "Meaning"),
        ((code(each.name), each.kind, listed(each.labels), each.says) for each in FAMILIES),
    )


def limits() -> list[str]:
    """Every bound that a client or an operator can meet."""
    lines: list[str] = []
    for title, rows in LIMITS.items():
        lines += ["", f"## {title}", ""]
        lines += table(
            ("What", "Bound"),
            (
                (said, _bound(getattr(importlib.import_module(f"ensuite.{module}"), constant)))
                for module, constant, said in rows
            ),
        )
    return lines[1:]


def _bound(value: object) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) else str(value).removesuffix(", 0:00:00")


PARTS: Mapping[str, Callable[[], list[str]]] = {
    "settings": settings,
    "command line": command_line,
    "run": run,
    "record actions": record_actions,
    "link actions": link_actions,
    "system routes": system_routes,
    "errors": errors,
    "errors at start": errors_at_start,
    "skip reasons": skip_reasons,
    "statuses": statuses,
    "filter operators": filter_operators,
    "nodes": nodes,
    "failure policy": failure_policy,
    "rerun reasons": rerun_reasons,
    "end reasons": end_reasons,
    "triggers": triggers,
    "common options": common_options,
    "association options": association_options,
    "field types": field_types,
    "metrics": metrics,
    "limits": limits,
}

_place = re.compile(r"(<!-- generated: ([a-z ]+) -->\n)(?:.*?)(<!-- end of \2 -->)", re.DOTALL)


def filled(page: str) -> str:
    """A page with its generated parts as they should be now."""

    def part(found: re.Match[str]) -> str:
        lines = "\n".join(PARTS[found[2]]())
        return f"{found[1]}\n{lines}\n\n{found[3]}"

    return _place.sub(part, page)


def main() -> int:
    """Write the pages, or with `--check` only compare them."""
    options = argparse.ArgumentParser(description=__doc__)
    _ = options.add_argument("--check", action="store_true", help="change nothing; fail if stale")
    only_check: bool = options.parse_args().check
    stale: list[str] = []
    for path in sorted(DOCS.rglob("*.md")):
        page = path.read_text(encoding="utf-8")
        wanted = filled(page)
        if wanted != page:
            stale.append(str(path.relative_to(DOCS.parent)))
            if not only_check:
                _ = path.write_text(wanted, encoding="utf-8")
    for name in stale:
        print(f"{name} {'is stale: run docs/generate.py' if only_check else 'written'}")
    return 1 if only_check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
