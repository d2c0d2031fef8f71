"""The node `multi-conditions`."""

from collections.abc import Mapping

from ensuite.workflow import (
    Branch,
    Criterion,
    Node,
    Outcome,
    Status,
    Step,
    config,
    node_type,
)

MAX_CASES = 50


class Case(Criterion):
    """One of the questions."""

    uid: str | None = config(en="Id", fr="Identifiant", widget="hidden", default=None)
    title: str | None = config(en="Title", fr="Titre", default=None)


@node_type(
    "multi-conditions",
    group="logic",
    icon="list-tree",
    en="Multiple conditions",
    fr="Conditions multiples",
    description_fr=(
        "Continue dans la branche de la première question dont la réponse est"
        " oui, sinon dans la branche par défaut."
    ),
    branches=("default",),
)
class MultiConditions(Node):
    """Go on into the branch of the first question that is answered yes, else into the default."""

    conditions: list[Case] = config(
        en="Conditions", fr="Conditions", widget="cases", default=[], max_length=MAX_CASES
    )
    continue_on_no_match: bool = config(
        en="Continue when no condition holds",
        fr="Continuer si aucune condition n’est vraie",
        widget="switch",
        default=False,
    )

    def branch_names(self) -> Mapping[int, str]:
        named = {
            index: case.title or str(index) for index, case in enumerate(self.conditions, start=1)
        }
        return {0: "default", **named}

    async def run(self, step: Step) -> Outcome:
        for index, case in enumerate(self.conditions, start=1):
            if case.holds(step.scope):
                return Branch(index, value=True)
        then = Status.RESOLVED if self.continue_on_no_match else Status.FAILED
        return Branch(0, value=False, then=then)
