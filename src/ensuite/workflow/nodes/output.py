"""The node `output`."""

from typing import Any

from ensuite.workflow import Done, Node, Outcome, Step, config, node_type, resolve


@node_type(
    "output",
    group="caller",
    icon="log-out",
    en="Output",
    fr="Résultat",
    description_fr="Définit ce que l’exécution entière renvoie.",
)
class Output(Node):
    """Set what the execution as a whole gives back."""

    value: Any = config(en="Value", fr="Valeur", widget="template", default=None)

    async def run(self, step: Step) -> Outcome:
        value = resolve(self.value, step.scope)
        return Done(value, output=value)
