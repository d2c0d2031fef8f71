"""The node `condition`."""

from ensuite.workflow import Branch, Criterion, Failed, Node, Outcome, Step, config, node_type


@node_type(
    "condition",
    group="logic",
    icon="git-branch",
    en="Condition",
    fr="Condition",
    description_fr=(
        "Pose une question, et continue dans la branche de la réponse ou seulement si elle est oui."
    ),
    branches=("no", "yes"),
)
class Condition(Criterion, Node):
    """Ask a question, and go on into the branch of the answer or only when it is yes."""

    reject_on_false: bool = config(
        en="End the workflow when the answer is no",
        fr="Terminer le flux si la réponse est non",
        widget="switch",
    )

    async def run(self, step: Step) -> Outcome:
        answer = self.holds(step.scope)
        if self.reject_on_false and not answer:
            return Failed(value=answer, permanent=True)
        return Branch(int(answer), answer)
