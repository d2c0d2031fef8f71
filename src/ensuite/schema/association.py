"""Associations: fields whose values are records of another collection.

The four kinds of wire-contract.md section 2.4 that keep their keys in columns share this contract;
`belongsToArray` keeps an array of keys on this table and shares it too.
"""

from typing import Annotated, Any, ClassVar, Literal

from ensuite.schema.field import Field
from ensuite.schema.option import Words, asked

OnDelete = Literal["SET NULL", "CASCADE", "RESTRICT", "NO ACTION"]

LEFT_OUT: Words = ("Left empty, it is made.", "Laissé vide, il est créé.")
THEIR_KEY: Words = ("Left empty, their primary key.", "Laissé vide, leur clé primaire.")
ITS_KEY: Words = ("Left empty, its primary key.", "Laissé vide, sa clé primaire.")


class Association(Field):
    """A field whose value is one record (`to_many` false) or a list of records of `target`.

    Keys that are not given get their defaults when the field is created
    (`schema.alter.completed`), so a field of the catalog always has those that its kind needs.
    """

    to_many: ClassVar[bool] = False
    unused: ClassVar[frozenset[str]] = frozenset()
    """Options of every association that mean nothing to this type."""

    wire: ClassVar[Any] = Any

    target: Annotated[
        str,
        asked(
            "Table",
            "Table",
            hint=(
                "Whose records the field holds.",
                "Celle dont le champ contient des enregistrements.",
            ),
            kind="collection",
        ),
    ]
    """The collection whose records the field's values are."""
    foreign_key: Annotated[
        str, asked("Foreign key", "Clé étrangère", hint=LEFT_OUT, kind="field")
    ] = ""
    """The column that holds the key: on this collection for `belongsTo` and `belongsToArray`,
    on the target for `hasOne` and `hasMany`, on `through` for `belongsToMany`."""
    source_key: Annotated[
        str, asked("Key of this table", "Clé de cette table", hint=ITS_KEY, kind="field")
    ] = ""
    """The field of this collection that the foreign key refers to."""
    target_key: Annotated[
        str, asked("Key of the other table", "Clé de l’autre table", hint=THEIR_KEY, kind="field")
    ] = ""
    """The field of the target that names one record in values and in the foreign key."""
    on_delete: Annotated[
        OnDelete,
        asked(
            "When the record that is referred to is deleted",
            "À la suppression de l’enregistrement désigné",
            hint=(
                "What becomes of the records that refer to it.",
                "Ce que deviennent ceux qui y renvoient.",
            ),
            choices={
                "SET NULL": ("Empty their key", "Vider leur clé"),
                "CASCADE": ("Delete them too", "Les supprimer aussi"),
                "RESTRICT": ("Refuse to delete it", "Refuser de le supprimer"),
                "NO ACTION": ("Leave their key as it is", "Laisser leur clé telle quelle"),
            },
        ),
    ] = "SET NULL"
    """What happens to the holders of the key when the record that they refer to is deleted."""

    @property
    def works_by(self) -> tuple[object, ...]:
        """What statements depend on: associations with the same one can share them."""
        return (self.type, self.target, self.foreign_key, self.source_key, self.target_key)
