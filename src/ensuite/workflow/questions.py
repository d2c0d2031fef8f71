"""What a person is asked: fields to fill in and actions to choose from; and what an answer is.

An answer is `{form: {…values}, _: <actionKey>}` (wire contract, section 5.4).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Self, cast

import msgspec
from pydantic import Field, model_validator

from ensuite.errors import InvalidRequest, Issue
from ensuite.schema.moments import day
from ensuite.schema.numbers import real
from ensuite.workflow.configuration import Part, WrongField, config
from ensuite.workflow.outcome import Status

MAX_FIELDS = 50
MAX_ACTIONS = 10
MAX_OPTIONS = 100
MAX_NAME_LENGTH = 64
MAX_LABEL_LENGTH = 200
MAX_TEXT_LENGTH = 5_000
"""Characters of one value."""

MAX_ANSWER_BYTES = 10_000
"""A hundred answers fit into a job's result."""

FORM, ACTION = "form", "_"

_name = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

ActionStatus = Literal[1, -5, 0]


class InvalidAnswer(InvalidRequest):
    """The answer does not fit the form of the task; each entry of `errors` names one field."""

    code = "INVALID_ANSWER"


class Labels(Part):
    """What something is called; a language that is left empty takes the other's word."""

    en: str = config(en="English", fr="Anglais", default="", max_length=MAX_LABEL_LENGTH)
    fr: str = config(en="French", fr="Français", default="", max_length=MAX_LABEL_LENGTH)


class Question(Part):
    """One field of a form."""

    name: str = config(
        en="Name", fr="Nom", min_length=1, max_length=MAX_NAME_LENGTH, pattern=f"^{_name.pattern}$"
    )
    type: Literal["text", "longText", "number", "boolean", "date", "select"] = config(
        en="Type", fr="Type", widget="select", default="text"
    )
    label: Labels = config(en="Label", fr="Libellé", widget="labels", default=Labels())
    required: bool = config(en="Required", fr="Obligatoire", widget="switch", default=False)
    options: list[str] = config(
        en="Options", fr="Choix", widget="options", default=[], max_length=MAX_OPTIONS
    )


class Action(Part):
    """One button of a form: 1 agrees, -5 refuses, 0 keeps a draft."""

    key: str = config(
        en="Key", fr="Clé", min_length=1, max_length=MAX_NAME_LENGTH, pattern=f"^{_name.pattern}$"
    )
    status: ActionStatus = config(en="Effect", fr="Effet", widget="select", default=1)
    label: Labels = config(en="Label", fr="Libellé", widget="labels", default=Labels())


ACTIONS = (
    Action(key="approve", label=Labels(en="Approve", fr="Approuver"), status=1),
    Action(key="reject", label=Labels(en="Reject", fr="Refuser"), status=-5),
)
COMMENT = Question(name="comment", label=Labels(en="Comment", fr="Commentaire"), type="longText")


class Form(Part):
    """What is asked of a person, as it was when the question was put."""

    fields: list[Question] = Field(default=[])
    actions: list[Action] = Field(default=[])

    @model_validator(mode="after")
    def _is_answerable(self) -> Self:
        for part, said, names in (
            ("fields", "fields have the name", [each.name for each in self.fields]),
            ("actions", "actions have the key", [each.key for each in self.actions]),
        ):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise WrongField(part, f"two {said} {twice!r}")
        empty = next((f.name for f in self.fields if f.type == "select" and not f.options), None)
        if empty is not None:
            raise WrongField("fields", f"the field {empty!r} has no options to choose from")
        if not any(each.status for each in self.actions):
            raise WrongField("actions", "one of the actions has to approve or to reject")
        return self


def checked(form: Form, given: object) -> tuple[Status, dict[str, Any]]:
    """An answer to the form as it is kept, and what it says.

    Raises:
        InvalidAnswer: it does not fit; all that is wrong is told at once.

    """
    answer = _object(given, "result")
    action = next((each for each in form.actions if each.key == answer.get(ACTION)), None)
    if action is None:
        keys = ", ".join(each.key for each in form.actions)
        raise _wrong([Issue(f"{ACTION} must be one of {keys}", InvalidAnswer.code, ACTION)])
    values = _object(answer.get(FORM) or {}, FORM)
    kept, issues = _values(form.fields, values, whole=action.status != 0)
    if issues:
        raise _wrong(issues)
    result = {FORM: kept, ACTION: action.key}
    if len(msgspec.json.encode(result)) > MAX_ANSWER_BYTES:
        message = f"An answer takes {MAX_ANSWER_BYTES:,} bytes at most"
        raise InvalidAnswer(message)
    return Status(action.status), result


def _wrong(issues: Sequence[Issue]) -> InvalidAnswer:
    return InvalidAnswer("; ".join(issue.message for issue in issues), issues=issues)


def _object(given: object, name: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        message = f"{name} is a JSON object"
        raise InvalidAnswer(message)
    return cast("Mapping[str, Any]", given)


def _values(
    fields: Sequence[Question], given: Mapping[str, Any], *, whole: bool
) -> tuple[dict[str, Any], list[Issue]]:
    """The values, and what is wrong with them; a draft need not be whole."""
    kept: dict[str, Any] = {}
    known = {field.name for field in fields}
    wrong = {name: "is no field of the form" for name in given if name not in known}
    for field in fields:
        value = given.get(field.name)
        if value is None or value == "":
            if whole and field.required:
                wrong[field.name] = "is required"
            continue
        try:
            kept[field.name] = _PARSERS[field.type](value, field)
        except ValueError as error:
            wrong[field.name] = str(error)
    issues = [Issue(f"{name} {said}", InvalidAnswer.code, name) for name, said in wrong.items()]
    return kept, issues


def _text(value: object, _: Question) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")  # noqa: TRY004 - told to the client with the others
    if len(value) > MAX_TEXT_LENGTH:
        raise ValueError(f"must be at most {MAX_TEXT_LENGTH:,} characters long")
    if "\0" in value:
        raise ValueError("must be text")
    return value


def _number(value: object, _: Question) -> float:
    if isinstance(value, str) or value is None:
        raise ValueError("must be a number")
    number = real(value)
    return int(number) if number.is_integer() else number


def _boolean(value: object, _: Question) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 - as above
    return value


def _date(value: object, _: Question) -> str:
    return day(value).isoformat()


def _option(value: object, field: Question) -> str:
    if not isinstance(value, str) or value not in field.options:
        raise ValueError(f"must be one of {', '.join(field.options)}")
    return value


_PARSERS: Mapping[str, Callable[[object, Question], Any]] = {
    "text": _text,
    "longText": _text,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "select": _option,
}
