"""What a form asks for an option of a field type: its words, beside the option that they name."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pydantic

Kind = Literal["integer", "number", "boolean", "string", "choice", "list", "collection", "field"]
"""What kind of value an option has: `collection` is the name of one, `field` that of a field."""

Words = tuple[str, str]
"""In English and in French."""


def asked(
    en: str,
    fr: str,
    *,
    hint: Words,
    kind: Kind | None = None,
    choices: Mapping[str, Words] | None = None,
    fixed: bool = False,
) -> Any:
    """What stands in the `Annotated` of an option, in English and in French.

    `kind` says more than the option's Python type does; `choices` names the values of a `Literal`;
    `fixed` means that the column depends on the option, so that it stays as it was made.
    """
    shown: dict[str, Any] = {"label": _in_both((en, fr)), "hint": _in_both(hint), "fixed": fixed}
    if kind is not None:
        shown["kind"] = kind
    if choices is not None:
        shown["choices"] = [
            {"value": value, "label": _in_both(words)} for value, words in choices.items()
        ]
    return pydantic.Field(json_schema_extra={"asked": shown})


def _in_both(words: Words) -> dict[str, str]:
    return dict(zip(("en", "fr"), words, strict=True))


AutoFill = Annotated[
    bool,
    asked(
        "Fill by itself",
        "Remplir automatiquement",
        hint=(
            "A new record gets one when none is given.",
            "Un nouvel enregistrement en reçoit un si aucun n’est donné.",
        ),
    ),
]
"""Whether a type that makes identifiers does so for each new record."""
