"""The actions on records: `posts:create`, `posts:list`, … and what they answer (section 1.5)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from ensuite.access.policy import EVERYTHING, Grant
from ensuite.api.call import Answer, Call, enveloped
from ensuite.api.outcomes import Started, selected, started
from ensuite.data import filters
from ensuite.data.changes import Change
from ensuite.data.filters import Filter, Keys, LinkedTo, Parser
from ensuite.data.permissions import Access
from ensuite.data.query import (
    MAX_OFFSET,
    MAX_PAGE_SIZE,
    Query,
    Selection,
    parse_selection,
    parse_sort,
)
from ensuite.data.reading import Record
from ensuite.data.records import Written
from ensuite.data.values import (
    MAX_RECORDS_PER_CALL,
    Values,
    plain_object,
    plain_objects,
)
from ensuite.data.variables import substituted
from ensuite.errors import (
    Forbidden,
    InvalidParameter,
    InvalidRequest,
    NotFound,
)
from ensuite.schema.collection import Collection

DEFAULT_PAGE_SIZE = 20

READING = frozenset({"list", "get", "query"})
LINKING = frozenset({"add", "set", "remove", "toggle"})


class UnknownAction(NotFound):
    """The resource has no such action; `docs/reference/routes.md` lists them."""

    code = "ACTION_NOT_FOUND"


class FilterRequired(InvalidRequest):
    """Say which records: by `filterByTk` or by `filter`."""

    code = "FILTER_REQUIRED"


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
    if action is None or collection.system or (target.system and name not in READING):
        message = f"{call.address.resource!r} has no action {call.address.action!r}"
        raise UnknownAction(message)
    if linking and name in LINKING:
        # The permission that counts is to update the source, which `linked_source` asks for.
        return await action(call, target, EVERYTHING)
    return await action(call, target, call.snapshot.policy.grant(call.actor, name, target))


# --- which records ------------------------------------------------------------------------


def parsed_filter(call: Call, collection: Collection, given: object, grant: Grant) -> Filter:
    """A filter of the request, on fields that the role may view."""
    zone = call.zone
    view = (
        call.snapshot.policy.may(call.actor, "view", collection)
        if grant is not EVERYTHING
        else grant
    )
    readable = None if view is None else view.fields
    parser = Parser(call.snapshot.catalog, zone, readable=readable)
    return parser.parse(collection, substituted(given, call.maybe_actor, zone))


def scope_of(call: Call, collection: Collection, grant: Grant) -> Filter:
    """The records that a grant is limited to."""
    if grant.scope is None:
        return filters.EVERYTHING
    zone = call.zone
    parser = Parser(call.snapshot.catalog, zone)
    return parser.parse(collection, substituted(grant.scope, call.maybe_actor, zone))


def by_keys(collection: Collection, given: object) -> Filter:
    """The records that `filterByTk` names.

    Raises:
        InvalidParameter: the keys do not fit the collection.

    """
    names = collection.target_key
    if not names:
        message = f"{collection.name!r} has no key to filter by"
        raise InvalidParameter(message)
    if len(names) > 1:
        if not isinstance(given, Mapping) or set(given) != set(names):
            message = f"filterByTk is an object with {', '.join(names)}"
            raise InvalidParameter(message)
        shape = filters.Group("and", tuple(Keys(name) for name in names))
        return Filter(shape, tuple([_key(collection, name, given[name])] for name in names))
    keys = given if isinstance(given, list) else [given]
    (name,) = names
    if isinstance(given, Mapping) and name in given:
        keys = [given[name]]
    if len(keys) > MAX_RECORDS_PER_CALL:
        message = f"filterByTk takes {MAX_RECORDS_PER_CALL} keys at most"
        raise InvalidParameter(message)
    return Filter(Keys(name), ([_key(collection, name, each) for each in keys],))


def _key(collection: Collection, name: str, given: object) -> Any:
    if given is None:
        message = f"{name} is missing in filterByTk"
        raise InvalidParameter(message)
    try:
        return collection.columns[name].parse(given)
    except (ValueError, OverflowError) as error:
        message = f"filterByTk: {name} {error}"
        raise InvalidParameter(message) from error


def named_keys(call: Call) -> object:
    """The key or keys that the path or the query names; None: neither does."""
    target = call.address.target
    if target is not None:
        return msgspec.json.decode(target) if target[:1] in {"{", "["} else target
    return call.parameters.keys()


def chosen(call: Call, collection: Collection, grant: Grant, *, required: bool) -> Filter:
    """The records that a call means: by key, by filter, through an association, in its scope.

    Raises:
        FilterRequired: `required`, and it names neither.

    """
    found = scope_of(call, collection, grant)
    keys = named_keys(call)
    given = call.parameters.filter()
    if keys is not None:
        found &= by_keys(collection, keys)
    if given is not None and given != {} and given != []:
        found &= parsed_filter(call, collection, given, grant)
    elif (
        required
        and keys is None
        and not call.parameters.flag("forceUpdate")
        and not (call.address.action == "destroy" and call.parameters.flag("truncate"))
    ):
        message = f"to do {call.address.action} action, filter or filterByTk is required"
        raise FilterRequired(message)
    return found & through(call)


def through(call: Call) -> Filter:
    """That records are what the association of the named source record holds."""
    address = call.address
    if address.association is None:
        return filters.EVERYTHING
    catalog, policy = call.snapshot.catalog, call.snapshot.policy
    source = catalog[address.resource]
    if address.source is None:
        message = f"name the record: {source.name}/{{id}}/{address.association}:{address.action}"
        raise InvalidParameter(message)
    if address.source == "_":
        return filters.EVERYTHING
    view = policy.grant(call.actor, "view", source)
    if not view.allows(address.association):
        raise Forbidden
    given = msgspec.json.decode(address.source) if address.source[:1] == "{" else address.source
    which = by_keys(source, given) & scope_of(call, source, view)
    return Filter(LinkedTo(source.name, address.association, which.shape), which.values)


# --- reading ------------------------------------------------------------------------------


def selection_of(call: Call, collection: Collection, grant: Grant) -> Selection:
    """What of each record the answer shows."""
    parameters = call.parameters
    if not parameters.given:
        return Selection(shown_names(collection, grant))
    return parse_selection(
        call.snapshot.catalog,
        collection,
        fields=parameters.names("fields"),
        excepted=parameters.names("except"),
        appends=parameters.names("appends"),
        grant=grant,
    )


def shown_names(collection: Collection, grant: Grant | None) -> tuple[str, ...]:
    """The fields of a record that a role sees; its keys at least."""
    if grant is None:
        return tuple(dict.fromkeys((*collection.primary_key, *collection.target_key)))
    return tuple(name for name in collection.visible if grant.allows(name))


async def list_records(call: Call, collection: Collection, grant: Grant) -> Answer:
    """One page of the matching records, and how many there are."""
    parameters = call.parameters
    condition = chosen(call, collection, grant, required=False)
    query_sort = parse_sort(
        call.snapshot.catalog, collection, parameters.names("sort"), readable=grant.fields
    )
    selection = selection_of(call, collection, grant)
    reader = call.snapshot.records.reader()
    if parameters.flag("paginate") is False:
        query = Query(selection, condition, query_sort, limit=MAX_UNPAGED + 1)
        records = await reader.find(collection, query)
        if len(records) > MAX_UNPAGED:
            message = f"there are more than {MAX_UNPAGED} records: read them page by page"
            raise InvalidParameter(message)
        return enveloped(await _with_pairs(call, records))
    size = parameters.number("pageSize", DEFAULT_PAGE_SIZE, least=1, most=MAX_PAGE_SIZE)
    page = parameters.number("page", 1, least=1, most=MAX_OFFSET // MAX_PAGE_SIZE)
    offset = (page - 1) * size
    if collection.options.get("simplePaginate"):
        query = Query(selection, condition, query_sort, limit=size + 1, offset=offset)
        records = await reader.find(collection, query)
        meta = {"hasNext": len(records) > size, "page": page, "pageSize": size}
        return enveloped(await _with_pairs(call, records[:size]), meta)
    query = Query(selection, condition, query_sort, limit=size, offset=offset)
    found = await reader.page(collection, query)
    count = found.count or 0
    meta = {"count": count, "page": page, "pageSize": size, "totalPage": -(-count // size)}
    return enveloped(await _with_pairs(call, found.records), meta)


MAX_UNPAGED = 50_000
"""Records that `paginate=false` answers at most."""


async def _with_pairs(call: Call, records: list[Record]) -> list[Record]:
    """For a many-to-many resource: each record with the pair that links it (section 1.5)."""
    address = call.address
    if address.association is None or address.source in {None, "_"} or not records:
        return records
    catalog = call.snapshot.catalog
    source = catalog[address.resource]
    return await call.snapshot.records.reader().with_pairs(
        source, source.associations[address.association], through(call), records
    )


async def get_record(call: Call, collection: Collection, grant: Grant) -> Answer:
    """One record, or null."""
    condition = chosen(call, collection, grant, required=False)
    sort = parse_sort(
        call.snapshot.catalog, collection, call.parameters.names("sort"), readable=grant.fields
    )
    query = Query(selection_of(call, collection, grant), condition, sort, limit=1)
    records = await call.snapshot.records.reader().find(collection, query)
    return enveloped(records[0] if records else None)


# --- writing ------------------------------------------------------------------------------


def access_of(call: Call) -> Access:
    """What the nested values of this call may do."""
    paths = call.parameters.names("updateAssociationValues")
    return Access(call.snapshot.policy, call.actor, frozenset(paths))


def values_of(call: Call, collection: Collection, grant: Grant) -> Values:
    """The record in the body, as far as the role may write it."""
    records = call.snapshot.records
    only, without = call.parameters.names("whitelist"), call.parameters.names("blacklist")
    if only or without:
        return records.input(collection, grant).parse(
            _picked(plain_object(call.body), only, without)
        )
    return records.input(collection, grant).decode(call.body or b"{}")


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
        parser = records.input(collection, grant)
        only, without = call.parameters.names("whitelist"), call.parameters.names("blacklist")
        all_values = [
            parser.parse(_picked(each, only, without)) for each in plain_objects(call.body)
        ]
        written: list[Written] = []
        async with call.means.database.transaction() as tx:
            for values in all_values:
                written.append(
                    await records.create_in(tx, operation, collection, values, access_of(call))
                )
        outcome = await started(call, selection, written)
        return await answered(call, collection, written, outcome, many=True)
    planned = None
    if call.parameters.sends_whole_body:
        planned = records.plan_directly(operation, collection, grant, call.body or b"{}")
    if planned is not None:
        one = await records.create_planned(planned)
    else:
        values = values_of(call, collection, grant)
        one = await records.create(operation, collection, values, access_of(call))
    outcome = await started(call, selection, (one,))
    return await answered(call, collection, (one,), outcome, many=False)


async def update_record(call: Call, collection: Collection, grant: Grant) -> Answer:
    """Update the matching records."""
    selection = selected(call, collection, "update")
    condition = chosen(call, collection, grant, required=True)
    values = values_of(call, collection, grant)
    written = await call.snapshot.records.update(
        call.operation("update", selection), collection, condition, values, access_of(call)
    )
    outcome = await started(call, selection, written)
    return await answered(call, collection, written, outcome, many=True)


async def destroy_record(call: Call, collection: Collection, grant: Grant) -> Answer:
    """Delete the matching records and say how many there were."""
    selection = selected(call, collection, "destroy")
    condition = chosen(call, collection, grant, required=True)
    written = await call.snapshot.records.destroy(
        call.operation("destroy", selection), collection, condition
    )
    outcome = await started(call, selection, written)
    data: Any = True if call.address.association is not None else len(written)
    return _envelope(data, outcome)


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
    values = values_of(call, collection, own if updates else grant)
    async with call.means.database.transaction() as tx:
        # Two such calls at once would both find nothing and create the record twice.
        lock = f"{collection.name}/{sorted(keys)}/{[wanted[key] for key in sorted(keys)]}"
        _ = await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", lock)
        query = Query(Selection(shown_names(collection, own)), condition, limit=1)
        found = await records.reader(tx).find(collection, query)
        written: list[Written] = []
        if not found:
            if updates:
                values = values_of(call, collection, grant)
            operation = call.operation("create", selection)
            written = [await records.create_in(tx, operation, collection, values, access_of(call))]
        elif updates:
            operation = call.operation("update", selection)
            written = await records.update_in(
                tx, operation, collection, condition, values, access_of(call)
            )
    outcome = await started(call, selection, written)
    if found and not updates:
        return _envelope(found[0], outcome)
    return await answered(call, collection, written, outcome, many=bool(found))


def _at(body: Mapping[str, Any], path: str) -> Any:
    value: Any = body
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


# --- answering ----------------------------------------------------------------------------


async def answered(
    call: Call, collection: Collection, written: Sequence[Written], outcome: Started, *, many: bool
) -> Answer:
    """A write's answer: the records as they are now, as far as the role may view them."""
    view = call.snapshot.policy.may(call.actor, "view", collection)
    if not many and not outcome.ran_sync and _sees_all(call, written[0].change, view):
        return _envelope(msgspec.Raw(written[0].change.encoded), outcome)
    names = shown_names(collection, view)
    if outcome.ran_sync:
        records = await _as_now(call, collection, written, names)
    else:
        records = [_shown(each.record, collection, names, view) for each in written]
    return _envelope(records if many else records[0], outcome)


def _sees_all(call: Call, change: Change, view: Grant | None) -> bool:
    """Whether a role may view all that a written record holds."""
    if view is None or view.fields is None:
        return view is not None
    if change.shown is None:
        return view.fields.issuperset(change.record)
    place = ("sees all", change.collection.name, call.actor.role)
    decided = call.snapshot.decided
    if place not in decided:
        decided[place] = view.fields.issuperset(change.collection.visible)
    return decided[place]


def _shown(
    record: Record, collection: Collection, names: Sequence[str], view: Grant | None
) -> Record:
    shown = {name: record[name] for name in names if name in record}
    for name in collection.associations:
        if name in record and view is not None and view.allows(name):
            shown[name] = record[name]
    return shown


async def _as_now(
    call: Call, collection: Collection, written: Sequence[Written], names: Sequence[str]
) -> list[Record]:
    """Read the records again: a workflow that has run may have changed them."""
    view = call.snapshot.policy.may(call.actor, "view", collection)
    key = collection.primary_key
    before = [_shown(each.record, collection, names, view) for each in written]
    if len(key) != 1:
        return before
    keys = [collection.columns[key[0]].parse(each.record[key[0]]) for each in written]
    selection = Selection(tuple(dict.fromkeys((*names, key[0]))))
    query = Query(selection, Filter(Keys(key[0]), (keys,)))
    found = await call.snapshot.records.reader().find(collection, query)
    by_key = {record[key[0]]: record for record in found}
    return [
        {**shown, **by_key.get(each.record[key[0]], {})}
        for shown, each in zip(before, written, strict=True)
    ]


def _envelope(data: Any, outcome: Started) -> Answer:
    content: dict[str, Any] = {"data": data}
    if outcome.entries:
        content["meta"] = {"workflows": outcome.entries}
    error = outcome.error
    if error is not None:
        # The record is saved although the answer is an error: the client must be able to tell.
        raise type(error)(error.message, issues=error.issues, extra=content)
    if outcome.messages:
        content["messages"] = [{"message": message} for message in outcome.messages]
    return Answer(content)


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
