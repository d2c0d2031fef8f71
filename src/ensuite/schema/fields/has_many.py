"""Records of another collection; the key is in their table."""

from typing import ClassVar

from ensuite.schema.association import Association
from ensuite.schema.field import field_type


@field_type("hasMany", en="Has many", fr="Possède plusieurs", interfaces=("o2m",))
class HasMany(Association):
    """Records of another collection; the key is in their table."""

    to_many: ClassVar[bool] = True

    sort_by: tuple[str, ...] = ()
    """How the list is ordered when the request does not say it: names, `-` for descending."""

    @property
    def works_by(self) -> tuple[object, ...]:
        return (*super().works_by, self.sort_by)
