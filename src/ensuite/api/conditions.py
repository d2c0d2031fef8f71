"""Which records a call means: by key, by filter, through an association, in the role's scope."""

from collections.abc import Mapping
from typing import Any

from ensuite.access.policy import EVERYTHING, Grant
from ensuite.api.call import Call
from ensuite.api.grammar import parse_key
from ensuite.data import filters
from ensuite.data.filters import Filter, Keys, LinkedTo, Parser, Viewable
from ensuite.data.search import search
from ensuite.data.values import MAX_RECORDS_PER_CALL
from ensuite.data.variables import substituted
from ensuite.errors import Forbidden, InvalidParameter, InvalidRequest
from ensuite.schema.collection import Collection

MAX_SEARCH_LENGTH = 200
"""Characters of `search`."""


class FilterRequired(InvalidRequest):
    """Say which records: by `filterByTk` or by `filter`."""

    code = "FILTER_REQUIRED"


def viewable(call: Call, collection: Collection, grant: Grant) -> Viewable:
    """What a call on the records of `collection` may show, filter and sort by.

    Who may not view the collection at all knows its keys at most.  Of associated records a role
    sees what its configuration says, and all where it has none (contract, section 4.4).
    """
    if call.maybe_actor is None or call.actor.is_root:
        return filters.unlimited
    policy = call.snapshot.policy

    def fields(each: Collection) -> frozenset[str] | None:
        if each.name == collection.name and grant is EVERYTHING:
            return None
        view = policy.may(call.actor, "view", each)
        if view is not None:
            return view.fields
        return frozenset(each.identity) if each.name == collection.name else None

    return fields


def parsed_filter(call: Call, collection: Collection, given: object, grant: Grant) -> Filter:
    """A filter of the request, on fields that the role may view."""
    zone = call.zone
    parser = Parser(call.snapshot.catalog, zone, viewable=viewable(call, collection, grant))
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
    name, *others = names
    if others:
        if not isinstance(given, Mapping) or set(given) != set(names):
            message = f"filterByTk is an object with {', '.join(names)}"
            raise InvalidParameter(message)
        shape = filters.Group("and", tuple(Keys(name) for name in names))
        return Filter(shape, tuple([_key(collection, each, given[each])] for each in names))
    keys = given if isinstance(given, list) else [given]
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
    return call.parameters.keys() if target is None else parse_key("filterByTk", target)


def chosen(call: Call, collection: Collection, grant: Grant, *, required: bool) -> Filter:
    """The records that a call means, all of these together; `search` is for calls that read.

    Raises:
        FilterRequired: `required`, and neither a key nor a condition leaves any record out.

    """
    condition = filters.EVERYTHING
    keys = named_keys(call)
    if keys is not None:
        condition &= by_keys(collection, keys)
    given = call.parameters.filter()
    if given is not None:
        condition &= parsed_filter(call, collection, given, grant)
    if not required:
        condition &= _searched(call, collection, grant)
    if required and condition.shape == filters.ALWAYS and not _means_all(call):
        message = f"to do {call.address.action} action, filter or filterByTk is required"
        raise FilterRequired(message)
    return scope_of(call, collection, grant) & condition & through(call)


def _searched(call: Call, collection: Collection, grant: Grant) -> Filter:
    """The records that hold the text of `search`.

    Raises:
        InvalidParameter: it is too long, or no text that a record could hold.

    """
    text = (call.parameters.text("search") or "").strip()
    if not text:
        return filters.EVERYTHING
    if len(text) > MAX_SEARCH_LENGTH:
        message = f"search takes {MAX_SEARCH_LENGTH} characters at most"
        raise InvalidParameter(message)
    try:
        return search(collection, text, call.zone, viewable=viewable(call, collection, grant))
    except ValueError as error:
        message = f"search: the text {error}"
        raise InvalidParameter(message) from error


def _means_all(call: Call) -> bool:
    """Whether a call that writes says itself that it needs no filter (section 1.3)."""
    address = call.address
    if address.association is not None:
        source = call.snapshot.catalog[address.resource]
        if not source.associations[address.association].to_many:
            return True
    flag = "truncate" if address.action == "destroy" else "forceUpdate"
    return bool(call.parameters.flag(flag))


def source_record(call: Call, collection: Collection) -> Filter:
    """The record whose association a call is about, by its key in the path.

    Raises:
        InvalidParameter: the path has none.

    """
    address = call.address
    if address.source is None:
        message = f"name the record: {collection.name}/{{id}}/{address.association}"
        raise InvalidParameter(message)
    return by_keys(collection, parse_key("the source id", address.source))


def through(call: Call) -> Filter:
    """That records are what the association of the named source record holds."""
    address = call.address
    if address.association is None or address.source == "_":
        return filters.EVERYTHING
    source = call.snapshot.catalog[address.resource]
    view = call.snapshot.policy.grant(call.actor, "view", source)
    if not view.allows(address.association):
        raise Forbidden
    which = source_record(call, source) & scope_of(call, source, view)
    return Filter(LinkedTo(source.name, address.association, which.shape), which.values)
