"""On every change of a collection's records, whoever made it: NocoBase's collection event."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, model_validator

from ensuite.data.changes import Change
from ensuite.workflow import expressions
from ensuite.workflow.configuration import WrongField, config
from ensuite.workflow.trigger import RecordTrigger, trigger_type

CREATE, UPDATE, DESTROY = 1, 2, 4
_bits = {"create": CREATE, "update": UPDATE, "destroy": DESTROY}


@trigger_type(
    "collection",
    en="Record event",
    fr="Événement d’enregistrement",
    icon="database",
    description_fr=(
        "Se déclenche après chaque création, modification ou suppression d’un enregistrement, que"
        " ce soit par un appel ou par l’étape d’un autre flux."
    ),
)
class CollectionTrigger(RecordTrigger):
    """Start after a record was created, updated or deleted, by a call or by another workflow.

    `mode` is the sum of what starts it: 1 creation, 2 update, 4 deletion.
    """

    mode: int = config(
        en="On",
        fr="Lors de",
        widget="record-events",
        ge=1,
        le=CREATE | UPDATE | DESTROY,
        hint=(
            "Which changes of a record start it.",
            "Les changements d’un enregistrement qui le déclenchent.",
        ),
    )
    changed: tuple[str, ...] = config(
        en="Changed fields",
        fr="Champs modifiés",
        widget="fields",
        default=(),
        hint=(
            "Updates start it only if one of these fields has changed; none: any field.",
            "Une modification ne le déclenche que si l’un de ces champs a changé ; aucun : tous.",
        ),
    )
    when: Annotated[str, AfterValidator(expressions.about_an_event)] = config(
        en="Condition (CEL)",
        fr="Condition (CEL)",
        widget="expression",
        default="",
        hint=(
            "About data, previous, changed, user and roleName, such as data.total > 100.",
            "Sur data, previous, changed, user et roleName, comme data.total > 100.",
        ),
    )
    condition: dict[str, Any] | None = config(
        en="Filter",
        fr="Filtre",
        widget="filter",
        default=None,
        hint=(
            "A filter that the record has to match; not for deletions.",
            "Un filtre auquel l’enregistrement doit répondre ; pas pour les suppressions.",
        ),
    )

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        if self.condition and self.mode & DESTROY:
            raise WrongField("condition", "a deleted record cannot be looked up; use when")
        return self

    @property
    def condition_filter(self) -> Mapping[str, Any] | None:
        return self.condition or None

    def fires_on(self, action: str) -> bool:
        return bool(self.mode & _bits.get(action, 0))

    def matches(self, change: Change) -> bool:
        """Whether its fields have changed and its expression holds.

        An expression that cannot be evaluated about this record, as of a field that is null, does
        not hold: the write that it listens to must not fail for it.
        """
        if self.changed and change.action == "update" and not {*self.changed} & {*change.changed}:
            return False
        if not self.when:
            return True
        event = {"data": change.record, "previous": change.previous, "changed": [*change.changed]}
        try:
            return expressions.compile(self.when, expressions.OF_EVENTS).evaluate(event) is True
        except expressions.ExpressionFailed:
            return False
