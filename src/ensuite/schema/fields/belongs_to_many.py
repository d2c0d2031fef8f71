"""Records of another collection, linked both ways through a collection of pairs."""

from typing import ClassVar

from ensuite.schema.association import Association
from ensuite.schema.field import field_type


@field_type("belongsToMany", en="Many to many", fr="Plusieurs à plusieurs", interfaces=("m2m",))
class BelongsToMany(Association):
    """Records of another collection, linked both ways through a collection of pairs."""

    to_many: ClassVar[bool] = True

    through: str = ""
    """The collection of pairs; it is made with the field when it does not exist."""
    other_key: str = ""
    """The field of `through` that refers to the target."""

    @property
    def works_by(self) -> tuple[object, ...]:
        return (*super().works_by, self.through, self.other_key)
