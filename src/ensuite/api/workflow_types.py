"""`workflow-types:list`: the node and trigger types with their forms."""

from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.api.workflows import MANAGE
from ensuite.workflow import forms


@routes.add("workflow-types", "list", permission=MANAGE, writes=False)
async def list_types(_: Call) -> Answer:
    """Every type of node and trigger with its form and JSON Schema, and the form of `options`."""
    return enveloped(
        {
            "nodes": forms.of_nodes(),
            "triggers": forms.of_triggers(),
            "options": forms.of_options(),
        }
    )
