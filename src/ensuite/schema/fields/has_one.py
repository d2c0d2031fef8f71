"""One record of another collection; the key is in its table."""

from ensuite.schema.association import Association
from ensuite.schema.field import field_type


@field_type(
    "hasOne",
    en="Has one",
    fr="Possède un",
    interfaces=("oho",),
    about=("One record refers to it", "Un enregistrement y renvoie"),
)
class HasOne(Association):
    """One record of another collection; the key is in its table."""
