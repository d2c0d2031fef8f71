"""The node `destroy`."""

from typing import Any

from ensuite.workflow import Done, Node, Outcome, Part, Step, config, narrowing, node_type


class Params(Part):
    """What to delete."""

    filter: dict[str, Any] | None = config(en="Filter", fr="Filtre", widget="filter", default=None)


@node_type(
    "destroy",
    group="data",
    icon="trash-2",
    en="Delete records",
    fr="Supprimer",
    description_fr="Supprime les enregistrements d’un filtre, qui doit en exclure certains.",
)
class Destroy(Node):
    """Delete the records that match a filter, which must leave some records out."""

    collection: str = config(en="Collection", fr="Collection", widget="collection")
    params: Params = config(en="Selection", fr="Sélection", widget="object", default=Params())

    async def run(self, step: Step) -> Outcome:
        matching = narrowing(self.params.filter, step.scope)
        return Done(await step.records.destroy(self.collection, filter=matching))
