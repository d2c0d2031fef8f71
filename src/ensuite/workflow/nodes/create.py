"""The node `create`."""

from typing import Any

from ensuite.workflow import Done, Node, Outcome, Part, Step, config, node_type, resolve


class Params(Part):
    """What to create."""

    values: dict[str, Any] = config(en="Values", fr="Valeurs", widget="values", default={})
    appends: list[str] = config(
        en="Load associations", fr="Charger les associations", widget="appends", default=[]
    )


@node_type(
    "create",
    group="data",
    icon="plus",
    en="Create record",
    fr="Créer",
    description_fr="Crée un enregistrement.",
)
class Create(Node):
    """Create a record."""

    collection: str = config(en="Collection", fr="Collection", widget="collection")
    params: Params = config(en="Record", fr="Enregistrement", widget="object", default=Params())

    async def run(self, step: Step) -> Outcome:
        values = resolve(self.params.values, step.scope)
        return Done(await step.records.create(self.collection, values, appends=self.params.appends))
