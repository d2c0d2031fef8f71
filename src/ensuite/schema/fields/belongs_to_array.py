"""Records of another collection, their keys in an array of this table."""

from typing import ClassVar

from ensuite.schema.association import Association
from ensuite.schema.field import field_type


@field_type(
    "belongsToArray",
    en="Many (array)",
    fr="Plusieurs (tableau)",
    interfaces=("mbm",),
    about=("Keys kept in the record", "Clés gardées dans l’enregistrement"),
)
class BelongsToArray(Association):
    """Records of another collection, their keys in an array of this table."""

    to_many: ClassVar[bool] = True
    unused: ClassVar[frozenset[str]] = frozenset({"source_key", "on_delete"})
