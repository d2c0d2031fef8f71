"""Associations: fields whose values are records of another collection.

The four kinds of wire-contract.md section 2.4 that keep their keys in columns share this contract;
`belongsToArray` keeps an array of keys on this table and shares it too.
"""

from typing import Any, ClassVar, Literal

from ensuite.schema.field import Field

OnDelete = Literal["SET NULL", "CASCADE", "RESTRICT", "NO ACTION"]


class Association(Field):
    """A field whose value is one record (`to_many` false) or a list of records of `target`.

    Keys that are not given get their defaults when the field is created
    (`schema.alter.completed`), so a field of the catalog always has those that its kind needs.
    """

    to_many: ClassVar[bool] = False
    wire: ClassVar[Any] = Any

    target: str
    """The collection whose records the field's values are."""
    foreign_key: str = ""
    """The column that holds the key: on this collection for `belongsTo` and `belongsToArray`,
    on the target for `hasOne` and `hasMany`, on `through` for `belongsToMany`."""
    source_key: str = ""
    """The field of this collection that the foreign key refers to."""
    target_key: str = ""
    """The field of the target that names one record in values and in the foreign key."""
    on_delete: OnDelete = "SET NULL"
    """What happens to the holders of the key when the record that they refer to is deleted."""

    @property
    def works_by(self) -> tuple[object, ...]:
        """What statements depend on: associations with the same one can share them."""
        return (self.type, self.target, self.foreign_key, self.source_key, self.target_key)
