"""What a node does about a failure: how long it may take, how often it is tried, and what then."""

import hashlib
from datetime import timedelta
from typing import Literal

from ensuite.workflow.configuration import Part, config
from ensuite.workflow.outcome import Failed, Status

MAX_TIMEOUT_MILLISECONDS = 86_400_000
MAX_ATTEMPTS = 100
MAX_DELAY_MILLISECONDS = 7 * 86_400_000
"""Of a back-off, and of what a receiver asks for with `Retry-After`."""

ERROR_BRANCH = -1
"""The index of the branch that a failure leads into."""

Kind = Literal["failed", "error", "timeout"]

_kinds: dict[Status, Kind] = {
    Status.FAILED: "failed",
    Status.ERROR: "error",
    Status.ABORTED: "timeout",
}


class FailurePolicy(Part):
    """What a node does about its failures."""

    timeout: int = config(
        en="Time limit (ms)",
        fr="Durée limite (ms)",
        widget="number",
        default=0,
        ge=0,
        le=MAX_TIMEOUT_MILLISECONDS,
        hint=(
            "The step is stopped after this time at work; 0: no limit. Waiting does not count.",
            (
                "L’étape est arrêtée après cette durée de travail ; 0 : sans limite. L’attente ne"
                " compte pas."
            ),
        ),
    )
    attempts: int = config(
        en="Attempts",
        fr="Tentatives",
        widget="number",
        default=1,
        ge=1,
        le=MAX_ATTEMPTS,
        hint=(
            "How often the step is tried before it has failed.",
            "Combien de fois l’étape est tentée avant d’avoir échoué.",
        ),
    )
    delay: int = config(
        en="First pause (ms)",
        fr="Première pause (ms)",
        widget="number",
        default=1000,
        ge=0,
        le=MAX_DELAY_MILLISECONDS,
        hint=(
            (
                "Before the second attempt; doubled before each further one, less up to a half"
                " by chance."
            ),
            (
                "Avant la deuxième tentative ; doublée avant chaque suivante, moins jusqu’à la"
                " moitié au hasard."
            ),
        ),
    )
    max_delay: int = config(
        en="Longest pause (ms)",
        fr="Pause la plus longue (ms)",
        widget="number",
        default=300_000,
        ge=0,
        le=MAX_DELAY_MILLISECONDS,
    )
    retry_on: tuple[Kind, ...] = config(
        en="Try again after",
        fr="Réessayer après",
        widget="multi-select",
        default=("failed", "error", "timeout"),
        hint=(
            (
                "Failed: it said no, as a call that was refused. Error: an exception. Timeout:"
                " it took too long. What cannot get better is never tried again."
            ),
            (
                "Refus : un appel rejeté, par exemple. Exception : une exception. Trop long :"
                " trop long. Ce qui ne peut s’améliorer n’est jamais retenté."
            ),
        ),
    )
    then: Literal["stop", "continue", "branch"] = config(
        en="When it has failed",
        fr="Après l’échec",
        widget="select",
        default="stop",
        hint=(
            (
                "Stop: the execution ends as failed. Continue: the next step runs. Error"
                " branch: its steps run first."
            ),
            (
                "Arrêter : l’exécution se termine en échec. Continuer : l’étape suivante"
                " s’exécute. Branche d’erreur : ses étapes s’exécutent d’abord."
            ),
        ),
    )

    def retries(self, attempt: int, failure: Failed) -> bool:
        """Whether there is another attempt after this one, the first being 1, has failed."""
        return (
            attempt < self.attempts
            and not failure.permanent
            and _kinds.get(failure.status) in self.retry_on
        )

    def pause(self, attempt: int, failure: Failed, key: str) -> timedelta:
        """How long to wait after this attempt.

        The chance in it follows from the step's key and the attempt, so that executions which
        failed together do not come back together, and a repeated decision is the same one.
        """
        asked = failure.retry_after or timedelta()
        longest = min(self.max_delay, self.delay * 2 ** (attempt - 1))
        digest = hashlib.blake2b(f"{key}/{attempt}".encode(), digest_size=2).digest()
        share = 1 - int.from_bytes(digest) / 0x1_0000 / 2
        backed_off = timedelta(milliseconds=round(longest * share))
        return min(max(asked, backed_off), timedelta(milliseconds=MAX_DELAY_MILLISECONDS))
