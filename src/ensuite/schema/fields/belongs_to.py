"""One record of another collection; the key is in this table."""

from typing import ClassVar

from ensuite.schema.association import Association
from ensuite.schema.field import field_type


@field_type(
    "belongsTo",
    en="Belongs to",
    fr="Appartient à",
    interfaces=("m2o", "obo"),
    about=("Refers to one record", "Renvoie à un enregistrement"),
)
class BelongsTo(Association):
    """One record of another collection; the key is in this table."""

    unused: ClassVar[frozenset[str]] = frozenset({"source_key"})
