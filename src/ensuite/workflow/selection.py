"""Which workflows one call starts: the `triggerWorkflows` parameter against the bindings.

Pure.  The grammar is that of wire contract section 6.3, the rules are architecture.md section 5:
everything that is asked for is answered, started or skipped with a reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from ensuite.data.changes import Change
from ensuite.errors import EnsuiteError, InvalidParameter, Issue
from ensuite.schema.catalog import Catalog
from ensuite.schema.collection import Collection
from ensuite.workflow.bindings import Bindings, Workflow
from ensuite.workflow.trigger import RecordTrigger
from ensuite.workflow.triggers.action import ActionTrigger

MAX_ITEMS = 100
MAX_PATH = 6
MAX_SHOWN_KEYS = 20

TRIGGERING = frozenset({"create", "update", "destroy", "firstOrCreate", "updateOrCreate"})
"""The actions that start workflows."""


class Reason(StrEnum):
    """Why an item of `triggerWorkflows` starts nothing."""

    #: No workflow has this key.
    UNKNOWN_KEY = "unknown_key"
    #: None of the workflow's revisions is enabled.
    DISABLED = "disabled"
    #: The workflow is bound to another collection than the one that the call, or its path, means.
    COLLECTION_MISMATCH = "collection_mismatch"
    #: The path names something that is no association.
    UNKNOWN_PATH = "unknown_path"
    #: The workflow is started by something else than an action.
    WRONG_TYPE = "wrong_type"
    #: The workflow is global, and this action is not one of those that start it.
    ACTION_MISMATCH = "action_mismatch"
    #: The workflow listens for changes, and its fields or its condition do not fit this one.
    CONDITION_NOT_MET = "condition_not_met"
    #: The path leads to no record.
    NO_RELATED_RECORD = "no_related_record"
    #: No record was created, updated or deleted.
    NO_RECORD = "no_record"


class InvalidTriggerWorkflows(EnsuiteError):
    """Some items of `triggerWorkflows` start nothing; nothing was written."""

    code = "INVALID_TRIGGER_WORKFLOWS"
    status = 400


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the parameter: a key, and the path to the records that it is about."""

    key: str
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """A workflow to start for each record (or for each record at the end of `path`)."""

    workflow: Workflow
    trigger: RecordTrigger
    path: tuple[str, ...] = ()
    asked: bool = False
    """Whether the call named it; else it is global."""
    waits: bool = False
    """Whether the caller waits for its end: the workflow is sync, and the call wants it so."""

    @property
    def reads(self) -> bool:
        """Whether the record alone does not tell the execution's context, or if it starts."""
        return bool(self.path or self.trigger.appends or self.trigger.condition_filter)

    def applies(self, change: Change) -> bool:
        """Whether this change starts it, as far as the change alone tells.

        A local workflow runs for each operation that names it, others for those that they list.
        """
        trigger = self.trigger
        if isinstance(trigger, ActionTrigger) and not trigger.everywhere:
            return True
        return trigger.fires_on(change.action) and trigger.matches(change)


@dataclass(frozen=True, slots=True)
class Skip:
    """An item that starts nothing."""

    item: Item
    reason: Reason


@dataclass(frozen=True)
class Selection:
    """What one call starts and what it does not, in the order of the answer."""

    entries: tuple[Start | Skip, ...] = ()

    @cached_property
    def has_sync(self) -> bool:
        """Whether the caller waits for an execution."""
        return any(isinstance(each, Start) and each.waits for each in self.entries)

    @cached_property
    def reads(self) -> bool:
        """Whether a start needs more than the record as it was written."""
        return any(isinstance(each, Start) and each.reads for each in self.entries)


NOTHING_SELECTED = Selection()


def parse(parameter: str) -> tuple[Item, ...]:
    """The distinct items of a `triggerWorkflows` parameter, in order.

    Raises:
        InvalidParameter: there are too many items, or a path is too long.

    """
    items: dict[Item, None] = {}
    for part in parameter.split(","):
        key, _, rest = part.partition("!")
        path = rest.partition("!")[0].strip()
        if not key.strip():
            continue
        names = tuple(name.strip() for name in path.split(".") if name.strip()) if path else ()
        if len(names) > MAX_PATH:
            message = f"triggerWorkflows: a path has {MAX_PATH} names at most"
            raise InvalidParameter(message)
        items[Item(key.strip(), names)] = None
    if len(items) > MAX_ITEMS:
        message = f"triggerWorkflows takes {MAX_ITEMS} items at most"
        raise InvalidParameter(message)
    return tuple(items)


def select(
    catalog: Catalog,
    bindings: Bindings,
    collection: Collection,
    action: str,
    items: Sequence[Item],
    *,
    waits: bool = True,
) -> Selection:
    """What a call of `action` on a collection starts, given what it asks for.

    With `waits` false, the caller waits for no workflow, whatever its author chose.
    """
    entries: list[Start | Skip] = []
    everywhere = [
        (workflow, trigger)
        for workflow, trigger in bindings.everywhere(collection.name)
        if _may_fire(trigger, action)
    ]
    unasked = {workflow.id for workflow, _ in everywhere}
    for item in items:
        chosen = _chosen(catalog, bindings, collection, action, item, waits=waits)
        if isinstance(chosen, Start) and not item.path:
            # A global workflow that is also named runs once, in the place of the item.
            unasked.discard(chosen.workflow.id)
        entries.append(chosen)
    unnamed: list[tuple[Workflow, RecordTrigger]] = [
        (workflow, trigger) for workflow, trigger in everywhere if workflow.id in unasked
    ]
    unnamed += [
        (workflow, trigger)
        for workflow, trigger in bindings.listening(collection.name)
        if _may_fire(trigger, action)
    ]
    entries.extend(
        Start(workflow, trigger, waits=waits and workflow.sync) for workflow, trigger in unnamed
    )
    return Selection(tuple(entries))


def caused(bindings: Bindings, collection: Collection) -> Selection:
    """What a change starts that no call has made but a node: nobody waits for it."""
    listening = bindings.listening(collection.name)
    return Selection(tuple(Start(workflow, trigger) for workflow, trigger in listening))


def _chosen(
    catalog: Catalog,
    bindings: Bindings,
    collection: Collection,
    action: str,
    item: Item,
    *,
    waits: bool,
) -> Start | Skip:
    workflow = bindings.enabled.get(item.key)
    if workflow is None:
        known = item.key in bindings.disabled
        return Skip(item, Reason.DISABLED if known else Reason.UNKNOWN_KEY)
    trigger = workflow.trigger
    if not isinstance(trigger, ActionTrigger):
        return Skip(item, Reason.WRONG_TYPE)
    target = walked(catalog, collection, item.path)
    if target is None:
        return Skip(item, Reason.UNKNOWN_PATH)
    if trigger.collection != target.name:
        return Skip(item, Reason.COLLECTION_MISMATCH)
    if trigger.everywhere and not _may_fire(trigger, action):
        return Skip(item, Reason.ACTION_MISMATCH)
    return Start(workflow, trigger, item.path, asked=True, waits=waits and workflow.sync)


def _may_fire(trigger: RecordTrigger, action: str) -> bool:
    """For `firstOrCreate` and `updateOrCreate` it is only known afterwards what was done."""
    if action == "updateOrCreate":
        return trigger.fires_on("create") or trigger.fires_on("update")
    return trigger.fires_on("create" if action == "firstOrCreate" else action)


def walked(catalog: Catalog, collection: Collection, path: Iterable[str]) -> Collection | None:
    at = collection
    for name in path:
        association = at.associations.get(name)
        if association is None:
            return None
        at = catalog[association.target]
    return at


def refused(
    selection: Selection,
    catalog: Catalog,
    bindings: Bindings,
    collection: Collection,
    action: str,
) -> InvalidTriggerWorkflows | None:
    """The error of a strict call (`Prefer: handling=strict`), if an item starts nothing."""
    issues: list[Issue] = []
    for each in selection.entries:
        if isinstance(each, Skip):
            target = walked(catalog, collection, each.item.path)
            valid = "none" if target is None else _valid_keys(bindings, target, action)
            message = f"{written(each.item)}: {each.reason}; valid keys here: {valid}"
            issues.append(Issue(message, each.reason.value, each.item.key))
    return InvalidTriggerWorkflows(issues=issues) if issues else None


def _valid_keys(bindings: Bindings, collection: Collection, action: str) -> str:
    """The keys that an item may name where its path, or the call, leads to this collection."""
    keys = sorted(
        workflow.key
        for workflow in bindings.enabled.values()
        if isinstance(trigger := workflow.trigger, ActionTrigger)
        and trigger.collection == collection.name
        and (not trigger.everywhere or _may_fire(trigger, action))
    )
    return ", ".join(keys[:MAX_SHOWN_KEYS]) or "none"


def written(item: Item) -> str:
    """The item as the caller writes it."""
    return f"{item.key}!{'.'.join(item.path)}" if item.path else item.key


def nothing_started(start: Start, *, no_record: bool) -> Reason:
    """Why a workflow that was selected started no execution, as is known after the write."""
    if no_record:
        return Reason.NO_RECORD
    if start.path:
        return Reason.NO_RELATED_RECORD
    listens = not isinstance(start.trigger, ActionTrigger)
    return Reason.CONDITION_NOT_MET if listens else Reason.ACTION_MISMATCH


def entry(start: Start | Skip) -> dict[str, Any]:
    """The beginning of an entry of `meta.workflows`."""
    key, path = (
        (start.item.key, start.item.path)
        if isinstance(start, Skip)
        else (start.workflow.key, start.path)
    )
    return {"key": key, "path": ".".join(path)} if path else {"key": key}
