"""After an action on a record: NocoBase's post-action event."""

from typing import Annotated, Literal

from pydantic import AfterValidator

from ensuite.workflow.configuration import config
from ensuite.workflow.trigger import Trigger, trigger_type

ActionName = Literal["create", "update", "destroy", "updateOrCreate"]

# `main:posts` and `posts` are one collection: there is one data source.
CollectionName = Annotated[str, AfterValidator(lambda name: name.removeprefix("main:"))]


@trigger_type(
    "action",
    en="Post-action event",
    fr="Événement post-opération",
    description_fr=(
        "Se déclenche après qu’un enregistrement a été créé, modifié ou supprimé par un bouton"
        " ou un appel de l’API."
    ),
)
class ActionTrigger(Trigger):
    """Start after a record was created, updated or deleted by a button or an API call."""

    collection: CollectionName = config(
        en="Collection",
        fr="Collection",
        widget="collection",
        hint=(
            "The collection whose records the workflow is about.",
            "La collection dont le flux traite les enregistrements.",
        ),
    )
    everywhere: bool = config(
        en="For every such operation",
        fr="Pour chaque opération de ce type",
        widget="switch",
        alias="global",
        default=False,
        hint=(
            "On: no call has to name it. Off: it runs where a button or a call names it.",
            "Activé : nul appel n’a à le nommer. Désactivé : un bouton ou un appel doit le nommer.",
        ),
    )
    actions: tuple[ActionName, ...] = config(
        en="Actions",
        fr="Actions",
        widget="actions",
        default=(),
        hint=(
            "Which actions start it when it is for every operation.",
            "Les actions qui le déclenchent quand il vaut pour chaque opération.",
        ),
    )
    appends: tuple[str, ...] = config(
        en="Associations to load",
        fr="Associations à charger",
        widget="appends",
        default=(),
        hint=(
            "Associations that $context.data holds besides the record's own fields.",
            "Associations que $context.data contient en plus des champs de l’enregistrement.",
        ),
    )

    def fires_on(self, action: str) -> bool:
        """Whether it starts, unasked, on what was done to a record."""
        if not self.everywhere:
            return False
        return action in self.actions or (
            action in {"create", "update"} and "updateOrCreate" in self.actions
        )
