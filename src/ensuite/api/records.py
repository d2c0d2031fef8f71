"""The actions on records: `posts:create`, `posts:list`, … and what they do (section 1.5)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ensuite.access.policy import EVERYTHING, Grant
from ensuite.api import etags
from ensuite.api.answers import answered, with_outcome
from ensuite.api.call import Answer, Call
from ensuite.api.conditions import by_keys, chosen, named_keys, parsed_filter, scope_of
from ensuite.api.lists import get_record, list_records, shown_names
from ensuite.api.outcomes import selected, started
from ensuite.data.changes import Operation
from ensuite.data.permissions import Access
from ensuite.data.query import Query, Selection
from ensuite.data.records import Written
from ensuite.data.values import Values, plain_object, plain_objects
from ensuite.errors import Forbidden, InvalidFields, InvalidParameter, Issue, NotFound
from ensuite.schema.collection import Collection
from ensuite.storage.sqlstates import StatementOutdated

__all__ = [
    "LINKING",
    "READING",
    "access_of",
    "actions",
    "answered",
    "association_actions",
    "by_keys",
    "chosen",
    "get_record",
    "list_records",
    "named_keys",
    "parsed_filter",
    "record_action",
    "values_of",
]

MAX_ISSUES = 100
"""Offending fields that the error about an array of records lists."""

READING = frozenset({"list", "get", "query"})
LINKING = frozenset({"add", "set", "remove", "toggle"})


class UnknownAction(NotFound):
    """The resource has no such action; `docs/reference/routes.md` lists them."""

    code = "ACTION_NOT_FOUND"


def target_collection(call: Call) -> Collection:
    """The collection that a call's records are of: the association's target where one is named.

    Raises:
        NotFound: there is no such collection or association.

    """
    address = call.address
    collection = call.snapshot.catalog[address.resource]
    if address.association is None:
        return collection
    association = collection.associations.get(address.association)
    if association is None:
        message = f"{collection.name!r} has no association {address.association!r}"
        raise NotFound(message)
    return call.snapshot.catalog[association.target]


async def record_action(call: Call) -> Answer:
    """Carry out an action on the records of a user's collection.

    Raises:
        NotFound: the collection or the action is unknown.
        Forbidden: the role may not do this.

    """
    collection = call.snapshot.catalog[call.address.resource]
    target = target_collection(call)
    name = call.address.action
    linking = call.address.association is not None and name in association_actions
    action = association_actions[name] if linking else actions.get(name)
    readable = name in READING or (linking and name in LINKING)
    if action is None or collection.system or (target.system and not readable):
        message = f"{call.address.resource!r} has no action {call.address.action!r}"
        raise UnknownAction(message)
    # For links, the permission that counts is to update the source; `linked_source` asks for it.
    grant = (
        EVERYTHING
        if linking and name in LINKING
        else call.snapshot.policy.grant(call.actor, name, target)
    )
    try:
        return await action(call, target, grant)
    except StatementOutdated:
        if call.wrote:
            raise
        # Nothing was written, and the connection has forgotten the statement.
        return await action(call, target, grant)


def access_of(call: Call) -> Access:
    """What the nested values of this call may do."""
    paths = call.parameters.names("updateAssociationValues")
    return Access(call.snapshot.policy, call.actor, frozenset(paths), scope=partial(scope_of, call))


async def values_of(call: Call, collection: Collection, grant: Grant) -> Values:
    """The record in the body, as far as the role may write it."""
    parser = call.snapshot.records.input(collection, grant)
    if call.parameters.sends_whole_body:
        return await parser.run(lambda: parser.decode(call.body or b"{}"))
    only, without = call.parameters.names("whitelist"), call.parameters.names("blacklist")
    return await parser.run(lambda: parser.parse(_picked(plain_object(call.body), only, without)))


async def _all_values(call: Call, collection: Collection, grant: Grant) -> list[Values]:
    """The records of the array in the body; the fields that do not fit are listed for all."""
    parser = call.snapshot.records.input(collection, grant)
    only, without = call.parameters.names("whitelist"), call.parameters.names("blacklist")
    given = plain_objects(call.body)

    def parsed() -> list[Values]:
        found: list[Values] = []
        issues: list[Issue] = []
        for number, each in enumerate(given, 1):
            try:
                found.append(parser.parse(_picked(each, only, without)))
            except InvalidFields as error:
                issues += [
                    Issue(f"record {number}: {issue.message}", issue.code, issue.field)
                    for issue in error.issues
                ]
        if issues:
            issues = issues[:MAX_ISSUES]
            raise InvalidFields("; ".join(issue.message for issue in issues), issues=issues)
        return found

    return await parser.run(parsed)


def _picked(
    given: Mapping[str, Any], only: Sequence[str], without: Sequence[str]
) -> dict[str, Any]:
    return {
        name: value
        for name, value in given.items()
        if (not only or name in only) and name not in without
    }


async def create_record(call: Call, collection: Collection, grant: Grant) -> Answer:
    """Create one record, or all of an array in one transaction."""
    selection = selected(call, collection, "create")
    operation = call.operation("create", selection)
    records = call.snapshot.records
    if call.body[:1] == b"[" or call.body.lstrip()[:1] == b"[":
        all_values = await _all_values(call, collection, grant)
        access = access_of(call)
        async with call.transaction() as tx:
            written = [
                await records.create_in(tx, operation, collection, values, access)
                for values in all_values
            ]
        outcome = await started(call, selection, written)
        return await answered(call, collection, written, outcome, many=True)
    planned = None
    if call.parameters.sends_whole_body:
        planned = records.plan_directly(operation, collection, grant, call.body or b"{}")
    if planned is not None:
        one = await call.write(planned)
    else:
        one = await _created(call, operation, collection, await values_of(call, collection, grant))
    outcome = await started(call, selection, (one,))
    return await answered(call, collection, (one,), outcome, many=False)


async def _created(
    call: Call, operation: Operation, collection: Collection, values: Values
) -> Written:
    """A record that is created the longer way, in one flight or in a transaction."""
    records = call.snapshot.records
    planned = records.plan(operation, collection, values)
    if planned is not None:
        return await call.write(planned)
    async with call.transaction() as tx:
        return await records.create_in(tx, operation, collection, values, access_of(call))


async def update_record(call: Call, collection: Collection, grant: Grant) -> Answer:
    """Update the matching records."""
    selection = selected(call, collection, "update")
    condition = chosen(call, collection, grant, required=True)
    values = await values_of(call, collection, grant)
    operation, access = call.operation("update", selection), access_of(call)
    async with call.transaction() as tx:
        written = await call.snapshot.records.update_in(
            tx, operation, collection, condition, values, access
        )
        _require_seen(call, [each.change.previous or {} for each in written], collection)
    outcome = await started(call, selection, written)
    answer = await answered(call, collection, written, outcome, many=True)
    if len(written) == 1 and not outcome.ran:
        return etags.tagged(answer, etags.of_record(collection, written[0].record))
    return answer


async def destroy_record(call: Call, collection: Collection, grant: Grant) -> Answer:
    """Delete the matching records and say how many there were."""
    selection = selected(call, collection, "destroy")
    condition = chosen(call, collection, grant, required=True)
    async with call.transaction() as tx:
        written = await call.snapshot.records.destroy_in(
            tx, call.operation("destroy", selection), collection, condition
        )
        _require_seen(call, [each.record for each in written], collection)
    if not written and grant.scope is not None:
        everywhere = chosen(call, collection, replace(grant, scope=None), required=True)
        if await call.snapshot.records.reader().count(collection, everywhere):
            raise Forbidden
    outcome = await started(call, selection, written)
    return with_outcome(True if call.address.association is not None else len(written), outcome)


def _require_seen(call: Call, before: Sequence[Mapping[str, Any]], collection: Collection) -> None:
    """Undo a write whose `If-Match` is not of the one record that was written.

    It is locked, and what is compared is what the write replaced.

    Raises:
        PreconditionFailed: in the transaction of the write.

    """
    if etags.expected(call) is not None:
        tags = [etags.of_record(collection, each) or "" for each in before]
        etags.require(call, tags[0] if len(tags) == 1 else None)


async def first_or_create(call: Call, collection: Collection, grant: Grant) -> Answer:
    """The record that has the values of `filterKeys`, created where there is none."""
    return await _found_or_created(call, collection, grant, updates=False)


async def update_or_create(call: Call, collection: Collection, grant: Grant) -> Answer:
    """Update the records that have the values of `filterKeys`, or create one."""
    return await _found_or_created(call, collection, grant, updates=True)


async def _found_or_created(
    call: Call, collection: Collection, grant: Grant, *, updates: bool
) -> Answer:
    keys = call.parameters.names("filterKeys")
    if not keys:
        message = "filterKeys[] names the fields that tell whether the record exists"
        raise InvalidParameter(message)
    body = plain_object(call.body)
    selection = selected(call, collection, call.address.action)
    wanted = {key: _at(body, key) for key in keys}
    policy, records = call.snapshot.policy, call.snapshot.records
    own = policy.grant(call.actor, "update" if updates else "view", collection)
    condition = parsed_filter(call, collection, wanted, own) & scope_of(call, collection, own)
    values = await values_of(call, collection, own if updates else grant)
    async with call.transaction() as tx:
        # Two such calls at once would both find nothing and create the record twice.
        lock = f"{collection.name}/{condition.shape}/{condition.values}"
        _ = await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", lock)
        query = Query(Selection(shown_names(collection, own)), condition, limit=1)
        found = await records.reader(tx).find(collection, query)
        written: list[Written] = []
        if not found:
            if updates:
                values = await values_of(call, collection, grant)
            operation = call.operation("create", selection)
            written = [await records.create_in(tx, operation, collection, values, access_of(call))]
        elif updates:
            operation = call.operation("update", selection)
            written = await records.update_in(
                tx, operation, collection, condition, values, access_of(call)
            )
    outcome = await started(call, selection, written)
    if found and not updates:
        return with_outcome(found[0], outcome)
    return await answered(call, collection, written, outcome, many=bool(found))


def _at(body: Mapping[str, Any], path: str) -> Any:
    value: Any = body
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


RecordAction = Callable[[Call, Collection, Grant], Awaitable[Answer]]

actions: dict[str, RecordAction] = {
    "list": list_records,
    "get": get_record,
    "create": create_record,
    "update": update_record,
    "destroy": destroy_record,
    "firstOrCreate": first_or_create,
    "updateOrCreate": update_or_create,
}

association_actions: dict[str, RecordAction] = {}
"""Actions that an association resource does in its own way (`api.links`)."""
