"""Configurations as classes: what validates what the editor saves also makes its form.

Every field says beside its type what the form calls it, in each language, and which widget asks.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic import Field as PydanticField
from pydantic.alias_generators import to_camel

from ensuite.errors import Issue


class WrongField(ValueError):
    """What the field `name` cannot be, where a configuration is looked at as a whole."""

    def __init__(self, name: str, said: str) -> None:
        super().__init__(said)
        self.name = name


class Part(BaseModel):
    """A part of a configuration, an object with fields of its own; unknown keys are ignored."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_unset(cls, given: Any) -> Any:
        """A form that was emptied again sends null for its fields."""
        if isinstance(given, Mapping):
            return {name: value for name, value in given.items() if value is not None}
        return given


def config(
    *,
    en: str,
    fr: str,
    widget: str = "text",
    hint: tuple[str, str] | None = None,
    section: str | None = None,
    **options: Any,
) -> Any:
    """A field of a configuration, with what the editor needs to show it.

    `hint` says more than the label does, in English and in French.  A field with a `section` stands
    behind the others, folded away under that heading.
    """
    shown: dict[str, Any] = {"label": {"en": en, "fr": fr}, "widget": widget}
    if section is not None:
        shown["section"] = section
    if hint is not None:
        shown["hint"] = dict(zip(("en", "fr"), hint, strict=True))
        options["description"] = hint[0]
    return PydanticField(json_schema_extra=shown, **options)


def issues_of(error: ValidationError, *, code: str, within: str) -> tuple[Issue, ...]:
    """What does not fit, each with its place in the request's body, such as `config.params.field`.

    `within` is the part of the body that was validated.
    """
    issues: list[Issue] = []
    for each in error.errors():
        raised = each.get("ctx", {}).get("error")
        place = ".".join((within, *map(str, each["loc"])))
        if isinstance(raised, ValidationError):
            # A part that is only put together, and validated, when all its fields are known.
            issues += issues_of(raised, code=code, within=place)
            continue
        if isinstance(raised, WrongField):
            place += f".{raised.name}"
        # Every message names its field itself, for clients that show nothing else.
        name = place.removeprefix("config").removeprefix(".")
        said = _about(name, each["msg"].removeprefix("Value error, "))
        issues.append(Issue(said, code, place))
    return tuple(issues)


def _about(name: str, said: str) -> str:
    if not name:
        return said
    return f'"{name}" is required' if said == "Field required" else f'"{name}": {said}'
