"""Text of any length."""

from ensuite.schema.characters import Characters
from ensuite.schema.field import field_type


@field_type(
    "text",
    en="Long text",
    fr="Texte long",
    operators="text",
    interfaces=("textarea", "markdown", "richText", "vditor"),
    about=("As long as you like", "Sans limite de longueur"),
)
class Text(Characters):
    """Text of any length, without the character NUL."""

    wire_is_stored = True
