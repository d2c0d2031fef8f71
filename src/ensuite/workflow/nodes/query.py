"""The node `query`."""

from typing import Any

from ensuite.workflow import Done, Failed, Node, Outcome, Part, Step, config, node_type, resolve

DEFAULT_PAGE_SIZE = 20


class Sort(Part):
    """One field to sort by."""

    field: str = config(en="Field", fr="Champ", widget="field", default="")
    direction: str | None = config(en="Direction", fr="Sens", widget="direction", default=None)

    @property
    def written(self) -> str:
        """The field as `sort` has it: `-createdAt` begins with the newest."""
        return f"-{self.field}" if (self.direction or "").lower() == "desc" else self.field


class Params(Part):
    """What to look for."""

    filter: dict[str, Any] | None = config(en="Filter", fr="Filtre", widget="filter", default=None)
    sort: list[Sort] = config(en="Sort", fr="Tri", widget="sort", default=[])
    page: int | str = config(en="Page", fr="Page", widget="number", default=1)
    page_size: int | str = config(
        en="Records per page",
        fr="Enregistrements par page",
        widget="number",
        default=DEFAULT_PAGE_SIZE,
    )
    appends: list[str] = config(
        en="Load associations", fr="Charger les associations", widget="appends", default=[]
    )


@node_type(
    "query",
    group="data",
    icon="search",
    en="Query records",
    fr="Rechercher",
    description_fr="Trouve un enregistrement, ou une page d’enregistrements.",
)
class Query(Node):
    """Find one record, or a page of them."""

    collection: str = config(en="Collection", fr="Collection", widget="collection")
    multiple: bool = config(
        en="Several records", fr="Plusieurs enregistrements", widget="switch", default=False
    )
    params: Params = config(en="Query", fr="Recherche", widget="object", default=Params())
    fail_on_empty: bool = config(
        en="Fail when nothing is found",
        fr="Échouer si rien n’est trouvé",
        widget="switch",
        default=False,
    )

    async def run(self, step: Step) -> Outcome:
        params = self.params
        found = await step.records.find(
            self.collection,
            filter=resolve(params.filter, step.scope),
            sort=[each.written for each in params.sort if each.field],
            appends=params.appends,
            page=int(resolve(params.page, step.scope)),
            page_size=int(resolve(params.page_size, step.scope)) if self.multiple else 1,
        )
        result = found if self.multiple else next(iter(found), None)
        if self.fail_on_empty and not found:
            return Failed(value=result)
        return Done(result)
