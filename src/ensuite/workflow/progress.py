"""What an execution has come to: the outcomes of its nodes, and the variables that they make."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ensuite.workflow.outcome import NOTHING, Done, Finish, Outcome, Retrying
from ensuite.workflow.scope import SystemVariables


@dataclass
class Progress:
    """The outcomes so far, and what later nodes may refer to."""

    journal: dict[str, Outcome] = field(default_factory=dict[str, Outcome])
    results: dict[str, Any] = field(default_factory=dict[str, Any])
    messages: list[str] = field(default_factory=list[str])
    output: Any = NOTHING

    def note(self, key: str, outcome: Outcome) -> None:
        """Note what the turn of the node with this key came to, in the order of the turns."""
        self.journal[key] = outcome
        if not isinstance(outcome, Done):
            shown = outcome.failure if isinstance(outcome, Retrying) else outcome
            self.results[key] = None if isinstance(shown, Finish) else shown.value
            return
        self.results[key] = outcome.value
        if outcome.assigns is not None:
            self.results[outcome.assigns] = outcome.value
        if outcome.output is not NOTHING:
            self.output = outcome.output
        if outcome.message:
            self.messages.append(outcome.message)

    def scope(self, context: Any, system: SystemVariables) -> Mapping[str, Any]:
        """The variables by their roots; later outcomes show in it.  `context` is the trigger's."""
        return {
            "$context": context,
            "$jobsMapByNodeKey": self.results,
            "$scopes": {},
            "$system": system,
        }
