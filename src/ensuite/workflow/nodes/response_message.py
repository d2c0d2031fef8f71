"""The node `response-message`."""

from ensuite.workflow import Done, Node, Outcome, Step, config, node_type, resolve, text


@node_type(
    "response-message",
    group="caller",
    icon="message-square",
    en="Response message",
    fr="Message de réponse",
    description_fr="Dit quelque chose à la personne dont la requête attend le flux.",
)
class ResponseMessage(Node):
    """Say something to the person whose request waits for the workflow."""

    message: str = config(en="Message", fr="Message", widget="template-text", default="")

    async def run(self, step: Step) -> Outcome:
        if not step.waits_for_caller:
            return Done()
        message = text(resolve(self.message, step.scope))
        return Done(message, message=message) if message else Done()
