"""Records of another collection; the key is in their table."""

from typing import Annotated, ClassVar

from ensuite.schema.association import Association
from ensuite.schema.field import field_type
from ensuite.schema.option import asked


@field_type(
    "hasMany",
    en="Has many",
    fr="Possède plusieurs",
    interfaces=("o2m",),
    about=("Records that refer to it", "Des enregistrements y renvoient"),
)
class HasMany(Association):
    """Records of another collection; the key is in their table."""

    to_many: ClassVar[bool] = True

    sort_by: Annotated[
        tuple[str, ...],
        asked(
            "Order",
            "Ordre",
            hint=(
                "Names of fields of the other table, with - in front for descending.",
                "Noms de champs de l’autre table, précédés de - pour l’ordre décroissant.",
            ),
        ),
    ] = ()
    """How the list is ordered when the request does not say it: names, `-` for descending."""

    @property
    def works_by(self) -> tuple[object, ...]:
        return (*super().works_by, self.sort_by)
