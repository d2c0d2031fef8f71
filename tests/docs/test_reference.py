"""The reference is complete: what the code has, the pages have."""

import inspect
import re
import runpy
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

import ensuite
from ensuite import api, cli
from ensuite.api.call import routes
from ensuite.api.links import association_actions
from ensuite.api.records import actions
from ensuite.data.operators import operators
from ensuite.errors import EnsuiteError
from ensuite.schema.association import Association
from ensuite.schema.catalog import load_field_types
from ensuite.schema.field import Field, type_registry
from ensuite.server.families import FAMILIES, Family
from ensuite.settings import PREFIX, Settings
from ensuite.workflow.catalog import load_node_types, load_trigger_types
from ensuite.workflow.failure import FailurePolicy
from ensuite.workflow.node import node_types
from ensuite.workflow.outcome import Status
from ensuite.workflow.selection import Reason
from ensuite.workflow.trigger import trigger_types
from tests.docs import pages

SOURCE = pages.ROOT / "src" / "ensuite"

api.load_routes()
load_field_types()
load_node_types()
load_trigger_types()
generator = runpy.run_path(str(pages.DOCS / "generate.py"))

INTERNAL = {
    "access.attempts.MAX_ACCOUNTS",
    "access.attempts.MAX_NAME_LENGTH",
    "access.sessions.MAX_CACHED",
    "api.api_keys.MAX_ID_DIGITS",
    "api.outcomes.MAX_DECIDED",
    "api.outcomes.MAX_DECIDED_CHARACTERS",
    "data.query.MAX_OFFSET",
    "data.query.MAX_STATEMENTS",
    "data.records.MAX_RIDERS_IN_FLIGHT",
    "server.http_client.MAX_KEPT_CONNECTIONS",
    "storage.lanes.MAX_BATCH",
    "workflow.admission.MAX_DROPPED",
    "workflow.admission.MAX_LANES",
    "workflow.admission.MAX_WOKEN",
    "workflow.notices.MAX_STOPPED_IN_NOTICE",
    "workflow.expressions.MAX_INTEGER",
    "workflow.revisions.MAX_REVISIONS",
    "workflow.runner.MAX_GIVEN_WAY",
    "workflow.journal.MAX_JOBS_IN_FLIGHT",
    "workflow.watch.MAX_REMEMBERED",
    "workflow.nodes.request.MAX_SECONDS_DIGITS",
    "workflow.scope.MAX_INDEX_DIGITS",
}
"""Bounds that nobody outside can meet: sizes of caches and batches."""


def test_the_generated_parts_are_up_to_date() -> None:
    ran = subprocess.run(
        [sys.executable, pages.DOCS / "generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_part_that_is_generated_has_its_place() -> None:
    places = [
        name
        for path in pages.every_page()
        for name in re.findall(r"<!-- generated: (.+?) -->", path.read_text(encoding="utf-8"))
    ]

    assert sorted(places) == sorted(generator["PARTS"])


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name: str) -> None:
    assert f"| `{PREFIX}{name.upper()}` |" in pages.read("docs/reference/settings.md")


def config_fields(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """The fields of a configuration and of its parts, as clients write them."""
    for name, field in model.model_fields.items():
        if name == "on_failure":  # Every type has it: docs/guides/failures.md.
            continue
        shown = prefix + (field.alias or name)
        yield shown
        many = get_origin(field.annotation) in {list, tuple}
        for part in (field.annotation, *get_args(field.annotation)):
            if inspect.isclass(part) and issubclass(part, BaseModel):
                yield from config_fields(part, f"{shown}[]." if many else f"{shown}.")


def test_what_every_node_does_about_failures_is_documented() -> None:
    page = pages.read("docs/guides/failures.md")

    assert [field for field in config_fields(FailurePolicy) if f"`{field}`" not in page] == []


@pytest.mark.parametrize("name", sorted(node_types))
def test_every_node_type_is_documented_with_its_fields_and_its_result(name: str) -> None:
    section = pages.sections("docs/reference/nodes.md", 3)[name]

    assert [field for field in config_fields(node_types[name]) if f"`{field}`" not in section] == []
    assert f"\n| `{name}` | " in pages.read("docs/reference/nodes.md").partition("<!--")[0]


@pytest.mark.parametrize("name", sorted(trigger_types))
def test_every_trigger_type_is_documented_with_its_fields(name: str) -> None:
    section = pages.sections("docs/reference/triggers.md", 2)[name]

    assert [f for f in config_fields(trigger_types[name]) if f"`{f}`" not in section] == []


@pytest.mark.parametrize("name", sorted(type_registry))
def test_every_field_type_is_documented_with_its_options(name: str) -> None:
    cls = type_registry[name]
    section = pages.sections("docs/reference/field-types.md", 3)[cls.type]
    common = Association if issubclass(cls, Association) else Field
    own = [
        each.alias or option
        for option, each in cls.model_fields.items()
        if option not in common.model_fields
    ]

    assert f"`{name}`" in section
    assert [option for option in own if f"| `{option}` |" not in section] == []


@pytest.mark.parametrize("cls", [Field, Association])
def test_every_common_option_of_a_field_is_documented(cls: type[Field]) -> None:
    page = pages.read("docs/reference/field-types.md")
    options = [field.alias or name for name, field in cls.model_fields.items()]
    # Only the system's own collections set it.
    options.remove("columnName")

    assert [option for option in options if f"| `{option}` |" not in page] == []


def test_every_error_code_is_documented() -> None:
    page = pages.read("docs/reference/errors.md")
    classes: list[type[EnsuiteError]] = generator["error_classes"]()
    wrong = [cls.__name__ for cls in classes if f"| `{cls.code}` |" not in page]

    assert wrong == []


@pytest.mark.parametrize("place", sorted(routes.by_name), ids=":".join)
def test_every_route_is_documented(place: tuple[str, str]) -> None:
    resource, action = place
    shown = f"{generator['address'](resource)}:{action}"

    assert f"| `{shown}` |" in pages.read("docs/reference/routes.md")


@pytest.mark.parametrize("name", sorted({*actions, *association_actions}))
def test_every_action_on_records_is_documented(name: str) -> None:
    assert f"`{name}`" in pages.read("docs/reference/routes.md")


def names_in_the_api(pattern: str) -> set[str]:
    """What the API's code reads from requests by a literal name."""
    return {
        name
        for path in (SOURCE / "api").glob("*.py")
        for name in re.findall(pattern, path.read_text(encoding="utf-8"))
    }


def test_every_query_parameter_is_documented() -> None:
    page = pages.read("docs/reference/routes.md")
    names = names_in_the_api(r'parameters\.\w+\(\s*"(\w+)"') | {"triggerWorkflows"}

    assert {"filterKeys", "page", "paginate"} < names
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []


def test_every_header_is_documented() -> None:
    page = pages.read("docs/reference/routes.md").lower()
    names = names_in_the_api(r'headers\.get\(\s*b"([\w-]+)"')
    names |= names_in_the_api(r'b"([\w-]+)" in (?:\w+\.)?headers')
    # What browsers and proxies send by themselves.
    names -= {"origin", "access-control-request-headers", "content-length", "transfer-encoding"}

    assert {"x-role", "prefer", "idempotency-key"} < names
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []


@pytest.mark.parametrize("name", sorted(operators))
def test_every_filter_operator_is_documented(name: str) -> None:
    assert f"| `{name}` |" in pages.read("docs/reference/filters.md")


@pytest.mark.parametrize("member", [*Reason, *Status])
def test_every_reason_and_every_status_is_documented(member: Reason | Status) -> None:
    assert f"| `{member.value}` |" in pages.read("docs/reference/workflow-states.md")


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_metric_is_documented(family: Family) -> None:
    row = f"| `{family.name}` | {family.kind} |"

    assert row in pages.read("docs/reference/metrics.md")


def test_the_alerts_are_about_metrics_that_there_are() -> None:
    [rules] = [each.text for each in pages.blocks("docs/reference/metrics.md")]
    named = {re.sub(r"_(bucket|sum|count)$", "", n) for n in re.findall(r"ensuite_\w+", rules)}

    assert len(named) > 8
    assert named - {family.name for family in FAMILIES} == set()


@pytest.mark.parametrize("name", [name for name in cli.app if not name.startswith("-")])
def test_every_command_is_documented_with_its_options(name: str) -> None:
    section = pages.sections("docs/reference/command-line.md", 3)[f"ensuite {name}"]
    options = [each for a in cli.app[name].assemble_argument_collection() for each in a.names]

    assert [option for option in options if f"`{option}`" not in section] == []


def test_every_bound_is_listed_or_internal() -> None:
    listed = {
        f"{module}.{constant}"
        for rows in generator["LIMITS"].values()
        for module, constant, _ in rows
    }
    there = {
        f"{'.'.join(path.relative_to(SOURCE).with_suffix('').parts)}.{constant}"
        for path in SOURCE.rglob("*.py")
        for constant in re.findall(r"(?m)^(MAX_\w+)\b.* = ", path.read_text(encoding="utf-8"))
    }

    assert there - listed - INTERNAL == set()
    assert INTERNAL - there == set()


def test_every_guarantee_names_tests_that_are_there() -> None:
    page = pages.read("docs/explanation/durability.md")
    named = set(re.findall(r"`(test_\w+)`", page))
    there = {
        name
        for path in (pages.ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"(?m)^(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"))
    }
    guarantees = [part for part in page.split("\n**")[1:] if "**" in part]

    assert named - there == set()
    assert [part.partition("**")[0] for part in guarantees if "`test_" not in part] == []


def test_every_dependency_has_its_reason() -> None:
    page = pages.read("docs/decisions/0010-dependencies.md")
    project: Mapping[str, Any] = tomllib.loads(pages.read("pyproject.toml"))
    extras = project["project"]["optional-dependencies"].values()
    needed = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    needed += [package for extra in extras for package in extra]
    names = {re.split(r"[<>=;\[ ]", each)[0] for each in needed}
    explained = {n for row in re.findall(r"(?m)^\| (`.*?) \|", page) for n in row.split(", ")}

    assert {f"`{name}`" for name in names} == explained


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads(pages.read("pyproject.toml"))["project"]

    assert project["version"] == ensuite.__version__
    assert project["version"] in pages.read("CHANGELOG.md")
