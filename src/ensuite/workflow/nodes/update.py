"""The node `update`."""

from typing import Any

from ensuite.workflow import (
    Done,
    Node,
    Outcome,
    Part,
    Step,
    config,
    narrowing,
    node_type,
    resolve,
)


class Params(Part):
    """What to change, and where."""

    filter: dict[str, Any] | None = config(en="Filter", fr="Filtre", widget="filter", default=None)
    values: dict[str, Any] = config(en="Values", fr="Valeurs", widget="values", default={})


@node_type(
    "update",
    group="data",
    icon="pencil",
    en="Update records",
    fr="Modifier",
    description_fr="Modifie les enregistrements d’un filtre, qui doit en exclure certains.",
)
class Update(Node):
    """Update the records that match a filter, which must leave some records out."""

    collection: str = config(en="Collection", fr="Collection", widget="collection")
    params: Params = config(en="Change", fr="Modification", widget="object", default=Params())

    async def run(self, step: Step) -> Outcome:
        return Done(
            await step.records.update(
                self.collection,
                resolve(self.params.values, step.scope),
                filter=narrowing(self.params.filter, step.scope),
            )
        )
