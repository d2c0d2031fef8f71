"""After an action on a record: NocoBase's post-action event."""

from typing import Annotated, Literal

from pydantic import AfterValidator

from ensuite.workflow.node import config
from ensuite.workflow.trigger import Trigger, trigger_type

ActionName = Literal["create", "update", "destroy", "updateOrCreate"]

# `main:posts` and `posts` are one collection: there is one data source.
CollectionName = Annotated[str, AfterValidator(lambda name: name.removeprefix("main:"))]


@trigger_type("action", en="Post-action event", fr="Événement post-opération")
class ActionTrigger(Trigger):
    """Start after a record was created, updated or deleted by a button or an API call."""

    collection: CollectionName = config(
        en="Collection",
        fr="Collection",
        widget="collection",
        description="The collection whose records the workflow is about.",
    )
    everywhere: bool = config(
        en="For every such operation",
        fr="Pour chaque opération de ce type",
        widget="switch",
        alias="global",
        default=False,
        description="On: no call has to name it. Off: it runs where a button or a call names it.",
    )
    actions: tuple[ActionName, ...] = config(
        en="Actions",
        fr="Actions",
        widget="actions",
        default=(),
        description="Which actions start it when it is for every operation.",
    )
    appends: tuple[str, ...] = config(
        en="Associations to load",
        fr="Associations à charger",
        widget="appends",
        default=(),
        description="Associations that $context.data holds besides the record's own fields.",
    )

    def fires_on(self, action: str) -> bool:
        """Whether it starts, unasked, on what was done to a record."""
        if not self.everywhere:
            return False
        return action in self.actions or (
            action in {"create", "update"} and "updateOrCreate" in self.actions
        )
