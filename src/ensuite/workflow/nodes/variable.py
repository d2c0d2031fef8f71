"""The node `variable`."""

from typing import Any

from ensuite.workflow import Done, Node, Outcome, Step, config, node_type, resolve


@node_type(
    "variable",
    group="logic",
    icon="variable",
    en="Variable",
    fr="Variable",
    description_fr=(
        "Garde une valeur sous la clé du nœud, ou donne une nouvelle valeur à une autre variable."
    ),
)
class Variable(Node):
    """Keep a value under the node's own key, or give another variable a new one."""

    target: str | None = config(
        en="Variable to change", fr="Variable à modifier", widget="variable", default=None
    )
    value: Any = config(en="Value", fr="Valeur", widget="template", default=None)

    async def run(self, step: Step) -> Outcome:
        return Done(resolve(self.value, step.scope), assigns=self.target or None)
