"""What a workflow's author chooses besides its trigger and nodes: limits, flow control, retention.

They are stored as `options` of a revision (wire contract, section 5.5), with keys of ours beside
NocoBase's; keys that nobody knows are kept and mean nothing.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ValidationError

from ensuite.errors import InvalidRequest
from ensuite.workflow import expressions
from ensuite.workflow.configuration import Part, config, issues_of
from ensuite.workflow.outcome import Status
from ensuite.workflow.retention import MAX_DAYS

MAX_TIMEOUT_MILLISECONDS = 10 * 366 * 86_400_000
MAX_STACK_LIMIT = 100
MAX_CONCURRENCY = 10_000
MAX_DEBOUNCE_MILLISECONDS = 7 * 86_400_000
MAX_RATE = 1_000_000
MAX_PERIOD_MILLISECONDS = 31 * 86_400_000


class InvalidWorkflow(InvalidRequest):
    """A workflow cannot be like this; each entry of `errors` names what to correct."""

    code = "INVALID_WORKFLOW"


def _known(statuses: tuple[int, ...]) -> tuple[int, ...]:
    if not all(each in list(Status) for each in statuses):
        raise ValueError("is a list of statuses, such as [1, -1]")
    return statuses


def _number(given: object) -> object:
    # `true` is a number to pydantic, and to nobody else.
    if isinstance(given, bool):
        raise ValueError("is a number")  # noqa: TRY004 - pydantic reports values
    return given


class Rate(Part):
    """How many executions may start in which time."""

    limit: Annotated[int, BeforeValidator(_number)] = config(
        en="Starts", fr="Démarrages", widget="number", default=0, ge=0, le=MAX_RATE,
        hint=(
            "How many executions start in one period at most; 0: as many as come.",
            "Combien d’exécutions démarrent au plus par période ; 0 : autant qu’il en vient.",
        ),
    )  # fmt: skip
    period: Annotated[int, BeforeValidator(_number)] = config(
        en="Period (ms)", fr="Période (ms)", widget="number", default=60_000, ge=1,
        le=MAX_PERIOD_MILLISECONDS,
    )  # fmt: skip


class FlowControl(Part):
    """What holds captured executions back; none is ever dropped by a limit."""

    concurrency: Annotated[int, BeforeValidator(_number)] = config(
        en="At the same time",
        fr="En même temps",
        widget="number",
        default=0,
        ge=0,
        le=MAX_CONCURRENCY,
        hint=(
            "How many executions may be begun and not ended; 0: no limit.",
            "Combien d’exécutions peuvent être commencées et non terminées ; 0 : sans limite.",
        ),
    )
    key: Annotated[str, AfterValidator(expressions.about_an_event)] = config(
        en="Lane (CEL)",
        fr="File (CEL)",
        widget="expression",
        default="",
        hint=(
            (
                "Executions with the same value, such as data.id, run one after the other; empty:"
                " all run side by side."
            ),
            (
                "Les exécutions de même valeur, comme data.id, se suivent l’une l’autre ; vide :"
                " toutes côte à côte."
            ),
        ),
    )
    mode: Literal["queue", "skip", "latest", "debounce"] = config(
        en="When one is at work",
        fr="Quand une est en cours",
        widget="select",
        default="queue",
        hint=(
            (
                "Queue: the next one waits. Skip: it is left out. Latest: only the newest of"
                " those that wait runs. Debounce: the newest, once no more have come for a while."
            ),
            (
                "Attendre : la suivante attend. Omettre : elle est omise. La plus récente :"
                " seule la plus récente de celles en attente s’exécute. Regrouper : la plus"
                " récente, quand il n’en vient plus."
            ),
        ),
    )
    debounce: Annotated[int, BeforeValidator(_number)] = config(
        en="Quiet time (ms)",
        fr="Temps calme (ms)",
        widget="number",
        default=1000,
        ge=0,
        le=MAX_DEBOUNCE_MILLISECONDS,
        hint=(
            "How long no further execution may have come.",
            "Combien de temps aucune autre exécution ne doit être venue.",
        ),
    )
    rate: Rate = config(
        en="Rate limit", fr="Limite de débit", widget="object", default=Rate()
    )  # fmt: skip

    @property
    def holds_back(self) -> bool:
        """Whether executions have to be admitted; else they start as they come."""
        return bool(self.concurrency or self.key or self.mode != "queue" or self.rate.limit)

    @property
    def is_serial(self) -> bool:
        """Whether one execution of a lane comes after the other."""
        return bool(self.key) or self.mode != "queue"

    @property
    def limits_all(self) -> bool:
        """Whether there is a limit over all lanes together."""
        return bool(self.concurrency or self.rate.limit)


class Retention(Part):
    """How long ended executions are kept, where that differs from the server's settings."""

    succeeded_days: Annotated[int | None, BeforeValidator(_number)] = config(
        en="Days for successes",
        fr="Jours pour les succès",
        widget="number",
        default=None,
        ge=0,
        le=MAX_DAYS,
        hint=(
            "Empty: as the server has it; 0: for ever.",
            "Vide : comme le serveur ; 0 : toujours.",
        ),
    )
    failed_days: Annotated[int | None, BeforeValidator(_number)] = config(
        en="Days for failures",
        fr="Jours pour les échecs",
        widget="number",
        default=None,
        ge=0,
        le=MAX_DAYS,
    )


class Options(Part):
    """The options of one revision."""

    timeout: Annotated[float, BeforeValidator(_number)] = config(
        en="Time limit (ms)",
        fr="Durée limite (ms)",
        widget="number",
        default=0,
        ge=0,
        le=MAX_TIMEOUT_MILLISECONDS,
        hint=(
            "An execution is aborted this long after its start, waits included; 0: never.",
            "Une exécution est interrompue après ce temps, attentes comprises ; 0 : jamais.",
        ),
    )
    stack_limit: Annotated[int, BeforeValidator(_number)] = config(
        en="Times in its own chain",
        fr="Fois dans sa propre chaîne",
        widget="number",
        default=1,
        ge=1,
        le=MAX_STACK_LIMIT,
        hint=(
            (
                "How often the workflow may stand in the chain of executions that led to an"
                " execution of it: what it writes may start it again."
            ),
            (
                "Combien de fois le flux peut figurer dans la chaîne des exécutions qui mènent à"
                " une exécution de lui-même : ce qu’il écrit peut le redémarrer."
            ),
        ),
    )
    delete_execution_on_status: Annotated[tuple[int, ...], AfterValidator(_known)] = config(
        en="Do not keep executions that ended as",
        fr="Ne pas garder les exécutions terminées comme",
        widget="statuses",
        default=(),
    )
    flow: FlowControl = config(
        en="Flow control", fr="Contrôle du flux", widget="object", default=FlowControl()
    )
    retention: Retention = config(
        en="Retention", fr="Conservation", widget="object", default=Retention()
    )

    @property
    def time_limit(self) -> timedelta | None:
        """How long an execution may take from its start; None: as long as it needs."""
        return timedelta(milliseconds=self.timeout) if self.timeout else None


def parsed(given: Mapping[str, Any]) -> Options:
    """Options as a client sends them.

    Raises:
        InvalidWorkflow: one of them has a value that it cannot have.

    """
    try:
        return Options.model_validate(given)
    except ValidationError as error:
        issues = issues_of(error, code=InvalidWorkflow.code, within="options")
        wrong = "; ".join(issue.message for issue in issues)
        raise InvalidWorkflow(wrong, issues=issues) from error


def stored(given: Mapping[str, Any]) -> Options:
    """Options as they were saved, perhaps by a version that checked less."""
    try:
        return Options.model_validate(given)
    except ValidationError:
        return Options()
