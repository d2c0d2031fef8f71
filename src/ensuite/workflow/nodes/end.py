"""The node `end`."""

from typing import Literal

from ensuite.workflow import Finish, Node, Outcome, Status, Step, config, node_type


@node_type(
    "end",
    group="logic",
    icon="circle-stop",
    en="End",
    fr="Fin",
    description_fr="Termine ici tout le flux, comme un succès ou comme un échec.",
)
class End(Node):
    """End the whole workflow here, as a success or as a failure."""

    end_status: Literal[1, -1] = config(en="Result", fr="Résultat", widget="end-status", default=1)

    async def run(self, step: Step) -> Outcome:
        return Finish(Status(self.end_status))
