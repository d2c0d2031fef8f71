"""`apiKeys:*`: keys for programs, shown once, bound to one role (wire contract, section 3)."""

from ensuite.access import api_keys
from ensuite.access.sessions import ACTORS_CHANNEL
from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.api.conditions import named_keys
from ensuite.clock import to_wire
from ensuite.data.filters import Filter, Keys, Parser
from ensuite.data.query import Query, Selection, parse_sort
from ensuite.data.values import plain_object
from ensuite.errors import Forbidden, InvalidRequest
from ensuite.schema.collection import Collection

MAX_KEYS = 1_000
"""API keys that one user may have."""

MAX_ID_DIGITS = 18


class InvalidApiKey(InvalidRequest):
    """An API key has a name, a role that its owner holds, and an expiry."""

    code = "INVALID_API_KEY"


@routes.add("apiKeys", "create", secret=True)
async def create(call: Call) -> Answer:
    """Make a key: `{name, role: {name}, expiresIn}`; only this answer ever holds it."""
    body = plain_object(call.body)
    name, role = body.get("name"), body.get("role", body.get("roleName"))
    role = role.get("name") if isinstance(role, dict) else role
    if not isinstance(name, str) or not name.strip():
        message = "name: give the key a name"
        raise InvalidApiKey(message)
    if not isinstance(role, str) or role not in call.actor.roles:
        message = f"role: {role!r} is not one of your roles: {', '.join(call.actor.roles)}"
        raise InvalidApiKey(message)
    if call.actor.via == "api_key":
        # Else a key that is about to expire, or was stolen, could live on in another one.
        message = "an API key cannot make API keys: sign in"
        raise Forbidden(message)
    now = call.means.clock.now()
    expires_in = body.get("expiresIn", "30d")
    expires_at = api_keys.expiry(expires_in, now)
    key = api_keys.make()
    key_id = call.means.ids()
    async with call.means.database.transaction() as tx:
        count = await tx.fetchval(
            "SELECT count(*) FROM ensuite.api_keys WHERE user_id = $1", call.actor.user_id
        )
        if count >= MAX_KEYS:
            message = f"you have {MAX_KEYS} API keys: destroy some first"
            raise InvalidApiKey(message)
        _ = await tx.execute(
            "INSERT INTO ensuite.api_keys (id, name, role_name, user_id, digest, prefix,"
            " expires_in, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            key_id,
            name,
            role,
            call.actor.user_id,
            api_keys.digest(key),
            key[: api_keys.SHOWN_PREFIX_LENGTH],
            expires_in,
            expires_at,
            now,
        )
    return enveloped(
        {
            "id": key_id,
            "name": name,
            "roleName": role,
            "expiresIn": expires_in,
            "expiresAt": None if expires_at is None else to_wire(expires_at),
            "token": key,
        }
    )


@routes.add("apiKeys", "list", writes=False)
async def list_keys(call: Call) -> Answer:
    """The own keys, without the keys themselves."""
    collection = call.snapshot.catalog["apiKeys"]
    own = Filter(Keys("userId"), ([call.actor.user_id],))
    own &= Parser(call.snapshot.catalog, call.zone, viewable=_of_keys).parse(
        collection, call.parameters.filter()
    )
    size = call.parameters.number("pageSize", 20, least=1, most=MAX_KEYS)
    page = call.parameters.number("page", 1, least=1, most=MAX_KEYS)
    sort = parse_sort(
        call.snapshot.catalog, collection, call.parameters.names("sort"), viewable=_of_keys
    )
    selection = Selection(collection.visible, {"role": Selection(("name", "title"))})
    found = await call.snapshot.records.reader().page(
        collection, Query(selection, own, sort, limit=size, offset=(page - 1) * size)
    )
    count = found.count or 0
    meta = {"count": count, "page": page, "pageSize": size, "totalPage": -(-count // size)}
    return enveloped(found.records, meta)


def _of_keys(collection: Collection) -> frozenset[str]:
    """What keys are filtered and sorted by: not by the users of their role."""
    return frozenset(collection.visible) if collection.name == "apiKeys" else frozenset()


@routes.add("apiKeys", "destroy")
async def destroy(call: Call) -> Answer:
    """End own keys: they are refused from now on."""
    keys = named_keys(call)
    if keys is None:
        message = "filterByTk names the keys"
        raise InvalidApiKey(message)
    ids = [_id(each) for each in (keys if isinstance(keys, list) else [keys])]
    async with call.means.database.transaction() as tx:
        tag = await tx.execute(
            "DELETE FROM ensuite.api_keys WHERE user_id = $1 AND id = ANY($2::bigint[])",
            call.actor.user_id,
            ids,
        )
        _ = await tx.execute("SELECT pg_notify($1, '')", ACTORS_CHANNEL)
    await call.means.forget_actors()
    return enveloped(int(tag.rsplit(" ", 1)[-1]))


def _id(key: object) -> int:
    text = str(key)
    if not text.isascii() or not text.isdigit() or len(text) > MAX_ID_DIGITS:
        message = f"filterByTk: {key!r} is no key's id"
        raise InvalidApiKey(message)
    return int(text)
