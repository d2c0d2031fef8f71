"""The node `aggregate`."""

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Literal, Self

from pydantic import model_validator

from ensuite.workflow import (
    Done,
    Node,
    Outcome,
    Part,
    Step,
    WrongField,
    config,
    node_type,
    resolve,
)

MAX_PRECISION = 14

# A double has 309 digits before its point at most.
_exact = Context(prec=400)


class Association(Part):
    """The records of one record: those that its association leads to."""

    associated_collection: str = config(
        en="Collection of the record", fr="Collection de l’enregistrement", widget="collection"
    )
    name: str = config(en="Association", fr="Association", widget="association")
    associated_key: Any = config(
        en="Key of the record", fr="Clé de l’enregistrement", widget="template", default=None
    )


class Params(Part):
    """Which records, and what of them."""

    field: str = config(en="Field", fr="Champ", widget="field")
    filter: dict[str, Any] | None = config(en="Filter", fr="Filtre", widget="filter", default=None)
    distinct: bool = config(
        en="Distinct values only", fr="Valeurs distinctes", widget="switch", default=False
    )


@node_type(
    "aggregate",
    group="data",
    icon="sigma",
    en="Aggregate",
    fr="Agréger",
    description_fr=(
        "Compte des enregistrements, ou calcule la somme, la moyenne, le minimum"
        " ou le maximum d’un champ."
    ),
)
class Aggregate(Node):
    """Count records, or work out the sum, average, minimum or maximum of a field."""

    aggregator: Literal["count", "sum", "avg", "min", "max"] = config(
        en="Function", fr="Fonction", widget="select"
    )
    collection: str = config(en="Collection", fr="Collection", widget="collection", default="")
    associated: bool = config(
        en="Records of an association", fr="Enregistrements liés", widget="switch", default=False
    )
    association: Association | None = config(
        en="Association", fr="Association", widget="object", default=None
    )
    params: Params = config(en="Query", fr="Recherche", widget="object")
    precision: int = config(
        en="Decimal places", fr="Décimales", widget="number", default=2, ge=0, le=MAX_PRECISION
    )

    @model_validator(mode="after")
    def _says_of_what(self) -> Self:
        if self.associated and self.association is None:
            raise WrongField("association", "associated needs association")
        if not self.associated and not self.collection:
            raise WrongField("collection", "Field required")
        return self

    async def run(self, step: Step) -> Outcome:
        collection, source_key = self.collection, None
        if self.associated and self.association is not None:
            collection = f"{self.association.associated_collection}.{self.association.name}"
            source_key = resolve(self.association.associated_key, step.scope)
        number = await step.records.aggregate(
            collection,
            function=self.aggregator,
            field=self.params.field,
            filter=resolve(self.params.filter, step.scope),
            distinct=self.params.distinct,
            source_key=source_key,
        )
        return Done(_rounded(number or 0, self.precision))


def _rounded(number: float, places: int) -> float:
    """A half goes away from zero, as people and NocoBase round."""
    if isinstance(number, int):
        return number
    last = Decimal(1).scaleb(-places)
    return float(Decimal(repr(number)).quantize(last, ROUND_HALF_UP, _exact))
