"""The node `manual`."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar, Literal, Self, cast

from pydantic import model_validator

from ensuite.workflow import (
    Action,
    Branch,
    Done,
    Failed,
    Form,
    Node,
    Outcome,
    Question,
    Status,
    Step,
    Task,
    Waiting,
    config,
    node_type,
    resolve,
    text,
)
from ensuite.workflow.questions import ACTIONS, COMMENT, MAX_ACTIONS, MAX_FIELDS

MAX_ASSIGNEES = 100
MAX_TITLE_CHARACTERS = 255
MAX_DESCRIPTION_CHARACTERS = 10_000
MAX_DEADLINE_MILLISECONDS = 10 * 366 * 86_400_000

APPROVED, REJECTED = 1, 0
"""The branches."""

LARGEST_ID = 2**53 - 1


@node_type(
    "manual",
    group="people",
    icon="user-check",
    en="Ask people",
    fr="Demander à quelqu’un",
    description_fr="Demande à des personnes de décider, et attend leur réponse.",
    branches=("rejected", "approved"),
)
class Manual(Node):
    """Ask people to decide, and wait for their answer.

    Each of them finds a task in the inbox.

    The result is the answer that decided, with the `userId` of who gave it; where all have to
    agree, it is the list of the answers.

    `mode` says who decides: 0 whoever answers first, 1 all, of whom the first refusal decides, -1
    any one who approves.

    An action's `status` is 1 to approve, -5 to reject, 0 to keep a draft.

    `deadline` counts milliseconds, 0 is none; when it has passed, `deadlineStatus` -5 rejects and
    1 goes on.

    The branches are there when `endOnReject` is false.
    """

    asks: ClassVar[bool] = True

    assignees: list[Any] = config(
        en="Who is asked",
        fr="À qui demander",
        widget="users",
        hint=(
            "Users, or templates that give the id of a user or a list of them",
            "Des utilisateurs, ou des modèles qui donnent des identifiants d’utilisateurs",
        ),
        max_length=MAX_ASSIGNEES,
        default=[],
    )
    mode: Literal[0, 1, -1] = config(
        en="Who decides",
        fr="Qui décide",
        widget="select",
        default=0,
    )
    title: str = config(
        en="Title of the task", fr="Titre de la tâche", widget="template", default=""
    )
    details: str = config(
        en="Description",
        fr="Description",
        widget="template-text",
        default="",
        alias="description",
    )
    fields: list[Question] = config(
        en="Fields", fr="Champs", widget="questions", default=[], max_length=MAX_FIELDS
    )
    actions: list[Action] = config(
        en="Buttons",
        fr="Boutons",
        widget="answers",
        default=list(ACTIONS),
        max_length=MAX_ACTIONS,
    )
    comment: bool = config(
        en="Offer a comment", fr="Proposer un commentaire", widget="switch", default=True
    )
    deadline: int = config(
        en="Deadline",
        fr="Échéance",
        widget="duration",
        default=0,
        ge=0,
        le=MAX_DEADLINE_MILLISECONDS,
    )
    deadline_status: Literal[-5, 1] = config(
        en="When the time is up",
        fr="Une fois le délai passé",
        widget="select",
        default=-5,
    )
    end_on_reject: bool = config(
        en="End the workflow when it is rejected",
        fr="Terminer le flux en cas de refus",
        widget="switch",
        default=True,
        hint=(
            "Otherwise it goes on in a branch for each outcome",
            "Sinon, il continue dans une branche par décision",
        ),
    )

    @model_validator(mode="after")
    def _has_a_form(self) -> Self:
        _ = self._form()
        return self

    def _form(self) -> Form:
        fields = [*self.fields, COMMENT] if self.comment else self.fields
        return Form(fields=list(fields), actions=self.actions or list(ACTIONS))

    async def run(self, step: Step) -> Outcome:
        ids = list(dict.fromkeys(_ids(resolve(self.assignees, step.scope))))
        if not ids:
            return Failed("Nobody is asked: the assignees came to no user", Status.ERROR)
        if len(ids) > MAX_ASSIGNEES:
            return Failed(f"More than {MAX_ASSIGNEES} people are asked", Status.ERROR)
        found = await step.records.find(
            "users", filter={"id": {"$in": ids}}, page_size=MAX_ASSIGNEES
        )
        unknown = [str(each) for each in ids if each not in {user["id"] for user in found}]
        if unknown:
            return Failed(f"There is no user {', '.join(unknown)}", Status.ERROR)
        title = _cut(text(resolve(self.title, step.scope)).strip(), MAX_TITLE_CHARACTERS)
        said = _cut(text(resolve(self.details, step.scope)), MAX_DESCRIPTION_CHARACTERS)
        form = self._form().model_dump(mode="json", by_alias=True)
        # A deadline that is not there is none: people may take as long as they like.
        until = None
        if self.deadline:
            until = step.clock.now() + timedelta(milliseconds=self.deadline)
        tasks = tuple(Task(each, title, said, form, self.mode) for each in ids)
        return Waiting(until, {"assignees": ids, "answers": []}, tasks)

    async def resume(self, step: Step, waited: Any) -> Outcome:
        status = Status(self.deadline_status)
        said = "Nobody decided in time" if status is Status.REJECTED else None
        return self._ended(status, waited["answers"] if self.mode == 1 else None, said)

    async def decided(self, step: Step, status: Status, result: Any) -> Outcome:
        return self._ended(status, result)

    def _ended(self, status: Status, value: Any, said: str | None = None) -> Outcome:
        if not self.end_on_reject and status in {Status.RESOLVED, Status.REJECTED}:
            return Branch(APPROVED if status is Status.RESOLVED else REJECTED, value)
        return Done(value) if status is Status.RESOLVED else Failed(said, status, value)


def _cut(said: str, most: int) -> str:
    return said if len(said) <= most else said[: most - 1] + "…"


def _ids(given: Any) -> Iterator[int]:
    """The ids of users in what the assignees came to: numbers, records, lists of them.

    Raises:
        TypeError: something else is among them.

    """
    match given:
        case None | "":
            return
        case list():
            for each in cast("list[Any]", given):
                yield from _ids(each)
        case Mapping():
            yield from _ids(cast("Mapping[str, Any]", given).get("id"))
        case str() if given.strip().isdecimal() and len(given) <= len(str(LARGEST_ID)):
            yield int(given)
        case int() if not isinstance(given, bool) and abs(given) <= LARGEST_ID:
            yield given
        case _:
            raise TypeError(f"An assignee is the id of a user, not {text(given)[:100]}")
