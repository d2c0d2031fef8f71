"""What a node type is, and those that this process knows.

The class is the configuration: its fields validate what the editor saves, give the JSON Schema of
`GET /api/workflow-types` and the form, with the labels beside the field that they name.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol, TypeVar

import msgspec

from ensuite.clock import Clock
from ensuite.workflow.configuration import Part, config
from ensuite.workflow.failure import FailurePolicy
from ensuite.workflow.outcome import Done, Failed, Outcome, Status

node_types: dict[str, "type[Node]"] = {}

N = TypeVar("N", bound="Node")


class DuplicateNodeType(Exception):
    """Two node types were registered under one name."""


class HttpAnswer(msgspec.Struct, frozen=True):
    """What an outgoing call came back with; `body` is decoded JSON where it was JSON, else text."""

    status: int
    headers: dict[str, str]
    body: Any


class Http(Protocol):
    """Outgoing calls, given to nodes by the composition root."""

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        params: Sequence[tuple[str, str]],
        content: bytes | None,
        timeout_seconds: float,
    ) -> Awaitable[HttpAnswer]:
        """Send one request.

        Raises:
            TimeoutError: there was no whole answer in time.
            OSError: the call could not be made (name, connection, protocol).

        """
        ...


class Records(Protocol):
    """Records as a node reaches them: as the workflow's identity, JSON values in and out.

    What a step writes commits together with its job, or not at all.
    """

    async def find(
        self,
        collection: str,
        *,
        filter: Mapping[str, Any] | None = None,
        sort: Sequence[str] = (),
        appends: Sequence[str] = (),
        page: int = 1,
        page_size: int = 20,
    ) -> list[dict[str, Any]]:
        """The matching records of one page."""
        ...

    async def create(
        self, collection: str, values: Mapping[str, Any], *, appends: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Create one record and give it back with all its fields."""
        ...

    async def update(
        self,
        collection: str,
        values: Mapping[str, Any],
        *,
        filter: Mapping[str, Any],
    ) -> int:
        """Update the matching records and say how many there were."""
        ...

    async def destroy(self, collection: str, *, filter: Mapping[str, Any]) -> int:
        """Delete the matching records and say how many there were."""
        ...

    async def aggregate(
        self,
        collection: str,
        *,
        function: str,
        field: str,
        filter: Mapping[str, Any] | None = None,
        distinct: bool = False,
        source_key: Any = None,
    ) -> int | float | None:
        """`count`, `sum`, `avg`, `min` or `max` of a field over the matching records.

        `collection` may also be an association, `posts.comments`: then the records are those of
        the one whose key is `source_key`.  None where nothing matches and the function has no
        value for that.
        """
        ...


class Step(Protocol):
    """One node's turn in one execution, as the node sees it: all that it may touch."""

    @property
    def key(self) -> str:
        """`execution/node/iteration`: stays the same when the step is tried again."""
        ...

    @property
    def waits_for_caller(self) -> bool:
        """Whether a request is waiting for this execution (a sync workflow)."""
        ...

    @property
    def clock(self) -> Clock: ...

    @property
    def records(self) -> Records: ...

    @property
    def http(self) -> Http: ...

    @property
    def scope(self) -> Mapping[str, Any]:
        """The variables by their roots: `$context`, `$jobsMapByNodeKey`, `$scopes`, `$system`."""
        ...


class Node(Part):
    """One type of node.  Its fields are its configuration."""

    type: ClassVar[str]
    group: ClassVar[str]
    icon: ClassVar[str]
    label: ClassVar[Mapping[str, str]]
    description: ClassVar[Mapping[str, str]]
    """What the type does, in a sentence, by language; the English one is the docstring's first."""
    branches: ClassVar[tuple[str, ...]] = ()
    """The names of fixed branches, by index; a type whose branches come from its configuration
    overrides `branch_names`."""

    calls_out: ClassVar[bool] = False
    """The node has an effect outside the database: its attempt is on record before it runs."""

    asks: ClassVar[bool] = False
    """The node puts tasks before people: those still open when it goes on end."""

    on_failure: FailurePolicy = config(
        en="Error handling",
        fr="Gestion des erreurs",
        widget="object",
        section="failure",
        default=FailurePolicy(),
    )

    def branch_names(self) -> Mapping[int, str]:
        """The branches that this node has, by index."""
        return dict(enumerate(self.branches))

    async def run(self, step: Step) -> Outcome:
        """Do the node's work.  An exception that leaves it becomes `Failed` with status error."""
        raise NotImplementedError

    async def resume(self, step: Step, waited: Any) -> Outcome:
        """Called instead of `run` once the time of `Waiting.until` has come, with its `value`."""
        raise NotImplementedError

    async def decided(self, step: Step, status: Status, result: Any) -> Outcome:
        """Called instead of `resume` when somebody has decided: people, or `jobs:resume`."""
        return Done(result) if status is Status.RESOLVED else Failed(status=status, value=result)


def node_type(
    type_name: str,
    *,
    group: str,
    icon: str,
    en: str,
    fr: str,
    description_fr: str | None = None,
    branches: tuple[str, ...] = (),
) -> Callable[[type[N]], type[N]]:
    """Register a class as the node type called `type_name`; its docstring describes it."""

    def register(cls: type[N]) -> type[N]:
        if type_name in node_types:
            raise DuplicateNodeType(type_name)
        cls.type, cls.group, cls.icon = type_name, group, icon
        cls.label, cls.branches = {"en": en, "fr": fr}, branches
        cls.description = described(cls, description_fr)
        node_types[type_name] = cls
        return cls

    return register


def described(cls: type, description_fr: str | None) -> Mapping[str, str]:
    """The first line of a class's docstring, and its French; a language may be missing."""
    first, *_ = (cls.__doc__ or "").splitlines() or [""]
    return {"en": first, **({} if description_fr is None else {"fr": description_fr})}
