"""After an action on a record: NocoBase's post-action event."""

from typing import Literal

from ensuite.workflow.configuration import config
from ensuite.workflow.trigger import RecordTrigger, trigger_type

ActionName = Literal["create", "update", "destroy", "updateOrCreate"]


@trigger_type(
    "action",
    en="Post-action event",
    fr="Événement post-opération",
    description_fr=(
        "Se déclenche après qu’un enregistrement a été créé, modifié ou supprimé par un bouton"
        " ou un appel de l’API."
    ),
)
class ActionTrigger(RecordTrigger):
    """Start after a record was created, updated or deleted by a button or an API call."""

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

    def fires_on(self, action: str) -> bool:
        if not self.everywhere:
            return False
        return action in self.actions or (
            action in {"create", "update"} and "updateOrCreate" in self.actions
        )
