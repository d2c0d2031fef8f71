"""Bodies of the system's resources that are models: all that is wrong with one is told at once."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from ensuite.errors import EnsuiteError, Issue

M = TypeVar("M", bound=BaseModel)


class Body(BaseModel):
    """What a client writes down; a key that it does not have is a mistake."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=False
    )


MAX_LABEL_LENGTH = 100
MAX_SENTENCE_LENGTH = 500

Label = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_LABEL_LENGTH)
]
Sentence = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_SENTENCE_LENGTH)
]


class Labels(Body):
    """A name in every language."""

    en: Label
    fr: Label


class Sentences(Body):
    """A sentence in every language."""

    en: Sentence
    fr: Sentence


def checked(
    model: type[M], given: Mapping[str, Any], error: type[EnsuiteError], context: object = None
) -> M:
    """The body as a model.

    Raises:
        EnsuiteError: of the class `error`, with one issue for each part that does not fit.

    """
    try:
        return model.model_validate(dict(given), context=context)
    except ValidationError as invalid:
        issues = [
            Issue(f"{(place := path(each['loc']))}: {_said(each)}", error.code, place)
            for each in invalid.errors(include_url=False)
        ]
        raise error("; ".join(issue.message for issue in issues), issues=issues) from invalid


def path(place: tuple[str | int, ...]) -> str:
    """Where something is in a body: `workflows[0].path`."""
    parts = [f"[{each}]" if isinstance(each, int) else f".{each}" for each in place]
    return "".join(parts).removeprefix(".")


def _said(issue: Mapping[str, Any]) -> str:
    raised = issue.get("ctx", {}).get("error")
    return str(raised) if isinstance(raised, ValueError) else issue["msg"]


def within(value: Mapping[str, Any] | None, most: int) -> None:
    """Bound what is kept as JSON.

    Raises:
        ValueError: it is larger than `most` bytes.

    """
    if value is not None and len(msgspec.json.encode(value)) > most:
        raise ValueError(f"is larger than {most:,} bytes")
