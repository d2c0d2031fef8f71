"""Configurations as classes: what validates what the editor saves also makes its form.

Every field says beside its type what the form calls it, in each language, and which widget asks.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic import Field as PydanticField
from pydantic.alias_generators import to_camel


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
