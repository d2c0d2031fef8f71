"""The node `calculation`."""

from typing import Literal, Self

from pydantic import model_validator

from ensuite.workflow import (
    Done,
    InvalidExpression,
    Node,
    Outcome,
    Step,
    WrongField,
    compile_expression,
    config,
    evaluate,
    node_type,
    resolve,
    text,
)


@node_type(
    "calculation",
    group="logic",
    icon="calculator",
    en="Calculation",
    fr="Calcul",
    description_fr="Calcule une valeur par une expression, ou un texte par un modèle.",
)
class Calculation(Node):
    """Work out a value by an expression, or a text by a template."""

    engine: Literal["cel", "string"] = config(
        en="Engine", fr="Moteur", widget="select", default="cel"
    )
    expression: str = config(en="Expression", fr="Expression", widget="expression", default="")

    @model_validator(mode="after")
    def _is_valid(self) -> Self:
        if self.engine == "cel" and self.expression:
            try:
                _ = compile_expression(self.expression)
            except InvalidExpression as error:
                raise WrongField("expression", str(error)) from error
        return self

    async def run(self, step: Step) -> Outcome:
        if self.engine == "string":
            return Done(text(resolve(self.expression, step.scope)))
        return Done(evaluate(self.expression, step.scope))
