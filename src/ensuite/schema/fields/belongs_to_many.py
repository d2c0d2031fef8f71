"""Records of another collection, linked both ways through a collection of pairs."""

from typing import Annotated, ClassVar

from ensuite.schema.association import LEFT_OUT, Association
from ensuite.schema.field import field_type
from ensuite.schema.option import asked


@field_type(
    "belongsToMany",
    en="Many to many",
    fr="Plusieurs à plusieurs",
    interfaces=("m2m",),
    about=("Linked both ways through a table", "Liés dans les deux sens par une table"),
)
class BelongsToMany(Association):
    """Records of another collection, linked both ways through a collection of pairs."""

    to_many: ClassVar[bool] = True
    unused: ClassVar[frozenset[str]] = frozenset({"on_delete"})

    through: Annotated[
        str,
        asked(
            "Table between them",
            "Table intermédiaire",
            hint=("Left empty, it is made.", "Laissée vide, elle est créée."),
            kind="collection",
        ),
    ] = ""
    """The collection of pairs; it is made with the field when it does not exist."""
    other_key: Annotated[
        str, asked("Other foreign key", "Autre clé étrangère", hint=LEFT_OUT, kind="field")
    ] = ""
    """The field of `through` that refers to the target."""

    @property
    def works_by(self) -> tuple[object, ...]:
        return (*super().works_by, self.through, self.other_key)
