"""Reading records: `posts:list`, `posts:get`, and what of them an answer shows."""

from ensuite.access.policy import EVERYTHING, Grant
from ensuite.api.call import Answer, Call, enveloped
from ensuite.api.conditions import chosen, through, viewable
from ensuite.api.etags import of_record, tagged
from ensuite.data.query import (
    MAX_OFFSET,
    MAX_PAGE_SIZE,
    Query,
    Selection,
    Sort,
    parse_selection,
    parse_sort,
)
from ensuite.data.reading import Record
from ensuite.errors import InvalidParameter
from ensuite.schema.collection import Collection
from ensuite.storage.database import Transaction

DEFAULT_PAGE_SIZE = 20

MAX_UNPAGED = 50_000
"""Records that `paginate=false` answers at most."""


SHAPING = ("fields", "except", "appends", "sort")
"""The parameters that decide what is read of each record, and in which order."""


async def list_records(
    call: Call, collection: Collection, grant: Grant, tx: Transaction | None = None
) -> Answer:
    """One page of the matching records, and how many there are."""
    parameters = call.parameters
    query = _query(call, collection, grant)
    reader = call.snapshot.records.reader(tx)
    if parameters.flag("paginate") is False:
        records = await reader.find(collection, query.limited(MAX_UNPAGED + 1))
        if len(records) > MAX_UNPAGED:
            message = f"there are more than {MAX_UNPAGED} records: read them page by page"
            raise InvalidParameter(message)
        return enveloped(await _with_pairs(call, records))
    size = parameters.number("pageSize", DEFAULT_PAGE_SIZE, least=1, most=MAX_PAGE_SIZE)
    page = parameters.number("page", 1, least=1, most=MAX_OFFSET // MAX_PAGE_SIZE)
    offset = (page - 1) * size
    if collection.options.get("simplePaginate"):
        records = await reader.find(collection, query.limited(size + 1, offset))
        meta = {"hasNext": len(records) > size, "page": page, "pageSize": size}
        return enveloped(await _with_pairs(call, records[:size]), meta)
    found = await reader.page(collection, query.limited(size, offset))
    count = found.count or 0
    meta = {"count": count, "page": page, "pageSize": size, "totalPage": -(-count // size)}
    return enveloped(await _with_pairs(call, found.records), meta)


async def get_record(
    call: Call, collection: Collection, grant: Grant, tx: Transaction | None = None
) -> Answer:
    """One record, or null."""
    query = _query(call, collection, grant)
    records = await call.snapshot.records.reader(tx).find(collection, query.limited(1))
    if not records:
        return enveloped(None)
    return tagged(enveloped(records[0]), of_record(collection, records[0]))


def _query(call: Call, collection: Collection, grant: Grant) -> Query:
    """What a reading call asks for, but for the page."""
    parameters, catalog = call.parameters, call.snapshot.catalog
    condition = chosen(call, collection, grant, required=False)
    if not parameters.given:
        return Query(Selection(shown_names(collection, grant)), condition)
    asked = tuple(tuple(parameters.names(name)) for name in SHAPING)

    def shape() -> tuple[Selection, Sort]:
        fields, excepted, appends, sort = asked
        seen = viewable(call, collection, grant)
        selection = parse_selection(
            catalog, collection, fields=fields, excepted=excepted, appends=appends, viewable=seen
        )
        return selection, parse_sort(catalog, collection, sort, viewable=seen)

    # What a role may see is settled for as long as its snapshot lives.
    key = (collection.name, call.actor.role, grant is EVERYTHING, asked)
    selection, sort = call.snapshot.records.statements.shape_once(key, shape)
    return Query(selection, condition, sort)


def shown_names(collection: Collection, grant: Grant | None) -> tuple[str, ...]:
    """The fields of a record that a role sees; its keys at least."""
    if grant is None:
        return tuple(dict.fromkeys((*collection.primary_key, *collection.target_key)))
    return tuple(name for name in collection.visible if grant.allows(name))


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
