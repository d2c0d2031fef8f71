"""HTTP itself: methods, content types, headers, paths, and requests that nobody should send."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensuite.api import load_routes
from ensuite.api.call import routes
from ensuite.api.grammar import MAX_QUERY_BYTES
from ensuite.server.app import Ensuite, application
from tests.asgi import Response, request
from tests.client import ROOT_PASSWORD, Client

load_routes()

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@pytest.fixture(scope="module")
async def notes(shared: Client) -> Client:
    """The API, with a collection to write to."""
    await shared.collection(
        "notes",
        {"name": "title", "type": "string"},
        {"name": "views", "type": "integer"},
        {"name": "extra", "type": "json"},
        {"name": "author", "type": "belongsTo", "target": "users"},
    )
    return shared


def refused(response: Response) -> str:
    """The code of an error that is a problem in RFC 9457's form and carries NocoBase's `errors`."""
    assert response.status >= 400, (response.status, response.body)
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json
    assert {"type", "title", "status", "detail", "code", "requestId", "errors"} <= set(body)
    assert body["status"] == response.status
    assert body["type"] == f"urn:ensuite:error:{body['code']}"
    assert body["requestId"] == response.headers["x-request-id"]
    assert all(each["message"] for each in body["errors"])
    code: str = body["code"]
    return code


async def ask(
    client: Client, app: Any, method: str, target: str | bytes, **others: Any
) -> Response:
    """A request as who this client is."""
    headers = {"Authorization": client.headers["Authorization"], **others.pop("headers", {})}
    raw = target.encode() if isinstance(target, str) else target
    return await request(app, method, b"/api/" + raw, headers=headers, **others)


# --- what a body may be -------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type",
    [
        JSON,
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/vnd.api+json",
        FORM,
        FORM + "; charset=UTF-8",
        "text/plain",
        "text/plain;charset=UTF-8",
        "nonsense",
        "",
        None,
    ],
)
@pytest.mark.parametrize("body", ['{"title": "é", "views": 5}', '\n {"title": "é", "views": 5}'])
async def test_json_is_json_whatever_it_is_called(
    notes: Client, content_type: str | None, body: str
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    reply = await notes.call("POST", "notes:create", content=body.encode(), headers=headers)

    assert reply.data["title"] == "é"
    assert reply.data["views"] == 5


async def test_an_array_is_json_too(notes: Client) -> None:
    reply = await notes.call(
        "POST", "notes:create", content=b'[{"title": "a"}]', headers={"Content-Type": FORM}
    )

    assert [each["title"] for each in reply.data] == ["a"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("title=a&views=5", {"title": "a", "views": 5}),
        ("title=a+b%26c", {"title": "a b&c"}),
        ("title=%C3%A9", {"title": "é"}),
        ("title=é", {"title": "é"}),
        ("extra[a][b]=c", {"extra": {"a": {"b": "c"}}}),
        ("extra[]=1&extra[]=2", {"extra": ["1", "2"]}),
    ],
)
@pytest.mark.parametrize("content_type", [FORM, "Application/X-WWW-Form-Urlencoded"])
async def test_a_form_is_a_form(
    notes: Client, body: str, expected: Mapping[str, Any], content_type: str
) -> None:
    reply = await notes.call(
        "POST", "notes:create", content=body.encode(), headers={"Content-Type": content_type}
    )

    assert {name: reply.data[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("content_type", "body", "status", "code"),
    [
        (JSON, b"{", 400, "MALFORMED_JSON"),
        (JSON, b'{"title": }', 400, "MALFORMED_JSON"),
        (JSON, b'{"title": "a"} x', 400, "MALFORMED_JSON"),
        (JSON, b"\xff\xfe", 400, "MALFORMED_JSON"),
        (JSON, b'{"title": "\xff"}', 400, "MALFORMED_JSON"),
        (JSON, b"5", 400, "MALFORMED_JSON"),
        (JSON, b'"text"', 400, "MALFORMED_JSON"),
        (JSON, b"null", 400, "MALFORMED_JSON"),
        (JSON, b"[1]", 400, "MALFORMED_JSON"),
        (JSON, b"title=a", 400, "MALFORMED_JSON"),
        (JSON, b"[" * 100_000, 400, "MALFORMED_JSON"),
        (JSON, b'{"extra":' * 50_000, 400, "MALFORMED_JSON"),
        (JSON, b'{"title": "\\u0000"}', 400, "INVALID_FIELDS"),
        (None, b"title=a", 400, "MALFORMED_JSON"),
        ("text/plain", b"hello", 400, "MALFORMED_JSON"),
        ("multipart/form-data; boundary=x", b"--x\r\n", 415, "UNSUPPORTED_CONTENT_TYPE"),
    ],
)
async def test_a_body_that_is_none_is_refused(
    notes: Client,
    shared_ensuite: Ensuite,
    content_type: str | None,
    body: bytes,
    status: int,
    code: str,
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    before = (await notes.get("notes:list")).body["meta"]["count"]
    response = await ask(
        notes, shared_ensuite.endpoint, "POST", "notes:create", headers=headers, body=body
    )

    assert response.status == status
    assert refused(response) == code
    assert (await notes.get("notes:list")).body["meta"]["count"] == before


async def test_json_that_is_no_object_is_told_in_the_contracts_words(notes: Client) -> None:
    reply = await notes.post("notes:create", "text")

    assert reply.body["errors"][0]["message"] == "invalid JSON, only supports object and array"


# --- how large it may be ------------------------------------------------------------------


async def test_a_body_may_be_as_large_as_the_limit(notes: Client, shared_ensuite: Ensuite) -> None:
    limit = shared_ensuite.settings.body_limit
    frame = b'{"title": "a", "views": 1}'
    body = frame + b" " * (limit - len(frame))
    whole = await ask(notes, shared_ensuite.endpoint, "POST", "notes:create", body=body)
    parts = [body[:1000], body[1000:500_000], b"", body[500_000:]]
    chunked = await ask(notes, shared_ensuite.endpoint, "POST", "notes:create", body=parts)

    assert whole.status == chunked.status == 200


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("count", [1, 5])
async def test_a_larger_body_is_refused(
    notes: Client, shared_ensuite: Ensuite, count: int, *, declared: bool
) -> None:
    limit = shared_ensuite.settings.body_limit
    part = b" " * (limit // count + 1)
    headers = {"Content-Length": str(len(part) * count)} if declared else {}
    response = await ask(
        notes,
        shared_ensuite.endpoint,
        "POST",
        "notes:create",
        headers=headers,
        body=[part] * count,
    )

    assert response.status == 413
    assert refused(response) == "PAYLOAD_TOO_LARGE"


async def test_a_declared_size_is_believed_before_anything_is_read(
    notes: Client, shared_ensuite: Ensuite
) -> None:
    response = await ask(
        notes,
        shared_ensuite.endpoint,
        "POST",
        "notes:create",
        headers={"Content-Length": "99999999999"},
        body=[],
    )

    assert response.status == 413


async def test_who_hangs_up_is_not_answered(notes: Client, shared_ensuite: Ensuite) -> None:
    before = (await notes.get("notes:list")).body["meta"]["count"]
    gone = await ask(notes, shared_ensuite.endpoint, "POST", "notes:create", body=[])

    assert gone.status == 0
    assert (await notes.get("notes:list")).body["meta"]["count"] == before


# --- methods ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "notes:create",
        "notes:update/1",
        "notes:destroy/1",
        "notes:firstOrCreate",
        "notes:updateOrCreate",
        "notes/1/author:set",
        "notes/1/author:remove",
        "auth:signIn",
        "auth:signOut",
        "users:updateProfile",
        "apiKeys:create",
        "roles:create",
        "collections:create",
        "workflows:execute?filterByTk=1",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_get_writes_nothing(
    notes: Client, shared_ensuite: Ensuite, method: str, path: str
) -> None:
    response = await ask(notes, shared_ensuite.endpoint, method, path)

    assert response.status == 405
    assert response.headers["allow"] == "POST"
    if method == "GET":
        assert refused(response) == "METHOD_NOT_ALLOWED"


async def test_head_is_get_without_the_body(notes: Client, shared_ensuite: Ensuite) -> None:
    _ = (await notes.post("notes:create", {"title": "x"})).data
    for path in ("notes:list", "notes", "auth:check", "nothing:list"):
        got = await ask(notes, shared_ensuite.endpoint, "GET", path)
        head = await ask(notes, shared_ensuite.endpoint, "HEAD", path)

        assert head.status == got.status
        assert head.headers["content-length"] == str(len(got.body))
        assert head.body == b""


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "notes", 200),
        ("GET", "notes/1", 200),
        ("POST", "notes", 200),
        ("PUT", "notes/1", 200),
        ("PATCH", "notes/1", 200),
        ("DELETE", "notes/1", 200),
        ("POST", "notes:list", 200),
        ("POST", "notes/1", 404),
        ("PUT", "notes", 404),
        ("TRACE", "notes", 404),
        ("FROBNICATE", "notes/1", 404),
        ("", "notes", 404),
    ],
)
async def test_a_method_on_a_path_is_an_action(
    notes: Client, shared_ensuite: Ensuite, method: str, path: str, status: int
) -> None:
    response = await ask(notes, shared_ensuite.endpoint, method, path, body=b'{"title": "x"}')

    assert response.status == status, response.body


# --- paths --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("", "NOT_FOUND"),
        ("nothing:list", "COLLECTION_NOT_FOUND"),
        ("nothing", "COLLECTION_NOT_FOUND"),
        ("notes:frobnicate", "ACTION_NOT_FOUND"),
        ("notes:", "ACTION_NOT_FOUND"),
        (":list", "COLLECTION_NOT_FOUND"),
        ("notes:LIST", "ACTION_NOT_FOUND"),
        ("Notes:list", "COLLECTION_NOT_FOUND"),
        ("notes/1/nothing:list", "NOT_FOUND"),
        ("notes/1/author/2/name", "NOT_FOUND"),
        ("apiKeys:get/1", "ACTION_NOT_FOUND"),
        ("rolesUsers:list", "ACTION_NOT_FOUND"),
        ("pg_class:list", "COLLECTION_NOT_FOUND"),
        ("ensuite.users:list", "COLLECTION_NOT_FOUND"),
        ("../etc/passwd", "COLLECTION_NOT_FOUND"),
        ("notes%3Alist", "COLLECTION_NOT_FOUND"),
        ("%", "COLLECTION_NOT_FOUND"),
        ("%zz:list", "COLLECTION_NOT_FOUND"),
        ("%00:list", "COLLECTION_NOT_FOUND"),
        ("%ff%fe", "COLLECTION_NOT_FOUND"),
    ],
)
async def test_an_unknown_path_is_not_found(
    notes: Client, shared_ensuite: Ensuite, path: str, code: str
) -> None:
    response = await ask(notes, shared_ensuite.endpoint, "GET", path)

    assert response.status == 404
    assert refused(response) == code


async def test_what_is_not_under_api_is_not_the_api(shared_ensuite: Ensuite) -> None:
    app = application(shared_ensuite)

    assert (await request(app, "GET", b"/api/__health_check")).body == b"ok"
    assert (await request(app, "HEAD", b"/api/__health_check")).status == 200
    assert (await request(app, "POST", b"/api/__health_check")).status == 405
    # What the page answers is in `tests/server/test_page.py`; here, that the API does not.
    for target in (b"/", b"/nothing", b"/apix", b"/api", b"//api/notes"):
        assert not (await request(app, "GET", target)).body.startswith(b"{"), target
    assert (await request(app, "GET", b"/api/notes")).status == 401


# --- headers ------------------------------------------------------------------------------


async def test_every_response_has_an_id_of_its_own(notes: Client, anonymous: Client) -> None:
    replies = [
        await notes.get("notes:list"),
        await notes.get("nothing:list"),
        await anonymous.get("notes:list"),
        await anonymous.call("OPTIONS", "notes:list"),
    ]

    assert len({each.headers["x-request-id"] for each in replies}) == len(replies)


@pytest.mark.parametrize("path", ["notes:list", "nothing:list", "auth:check"])
async def test_another_origin_may_read_the_answer(
    notes: Client, shared_ensuite: Ensuite, path: str
) -> None:
    headers = {"Origin": "https://app.example.test"}
    response = await ask(notes, shared_ensuite.endpoint, "GET", path, headers=headers)

    assert response.headers["access-control-allow-origin"] == "https://app.example.test"
    assert response.headers["vary"] == "Origin"
    exposed = response.headers["access-control-expose-headers"].lower()
    assert {"x-new-token", "content-disposition", "x-request-id"} <= set(exposed.split(", "))
    # Tokens are sent by scripts that have them; a browser adds nothing by itself.
    assert "access-control-allow-credentials" not in response.headers


async def test_without_an_origin_there_is_nothing_to_allow(
    notes: Client, shared_ensuite: Ensuite
) -> None:
    response = await ask(notes, shared_ensuite.endpoint, "GET", "notes:list")

    assert not [name for name in response.headers if name.startswith("access-control")]


async def test_a_browser_may_ask_first(shared_ensuite: Ensuite) -> None:
    response = await request(
        shared_ensuite.endpoint,
        "OPTIONS",
        b"/api/notes:create?triggerWorkflows=k",
        headers={
            "Origin": "https://app.example.test",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, x-role, x-timezone",
        },
    )

    assert response.status == 204
    assert response.body == b""
    assert response.headers["access-control-allow-origin"] == "https://app.example.test"
    assert response.headers["access-control-allow-headers"] == "authorization, x-role, x-timezone"
    assert "POST" in response.headers["access-control-allow-methods"]


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("Authorization", "Bearer " + "x" * 100_000, 401),
        ("Authorization", b"\xff" * 50, 401),
        ("Authorization", "Basic cm9vdDpyb290", 401),
        ("Authorization", "Bearer", 401),
        ("Authorization", "Bearer a.b.c", 401),
        ("X-Role", "x" * 100_000, 401),
        ("X-Role", b"\xff\x00", 401),
        ("X-Timezone", "x" * 100_000, 400),
        ("X-Timezone", "+99:99", 400),
        ("X-Timezone", b"\xff", 400),
        ("X-Timezone", "../../etc/passwd", 400),
        ("X-Timezone", "Europe/Paris", 200),
        ("Content-Type", b"\xff" * 50, 200),
        ("Content-Length", "many", 200),
        ("Prefer", b"\xff=,;" * 1000, 200),
        ("X-Locale", "x" * 100_000, 200),
        ("Cookie", "token=x", 200),
    ],
)
async def test_a_strange_header_is_a_clients_error_at_most(
    notes: Client, shared_ensuite: Ensuite, name: str, value: str | bytes, status: int
) -> None:
    response = await ask(
        notes,
        shared_ensuite.endpoint,
        "POST",
        'notes:list?filter={"createdAt":{"$dateOn":"2026-01-01"}}',
        headers={name: value},
    )

    assert response.status == status, response.body[:500]
    assert "x" * 5000 not in response.body.decode()


async def test_a_query_has_a_longest_length(notes: Client, shared_ensuite: Ensuite) -> None:
    response = await ask(
        notes, shared_ensuite.endpoint, "GET", "notes:list?" + "x" * (MAX_QUERY_BYTES + 1)
    )

    assert response.status == 400
    assert refused(response) == "INVALID_PARAMETER"


async def test_an_error_repeats_no_secret(notes: Client, shared_ensuite: Ensuite) -> None:
    token = notes.headers["Authorization"].removeprefix("Bearer ")
    for target in (f"nothing:list?token={token}", f"notes:list?filter=x&token={token}"):
        response = await request(shared_ensuite.endpoint, "GET", b"/api/" + target.encode())

        assert response.status in {400, 404}
        assert token not in response.body.decode()
    wrong = {"account": "root", "password": ROOT_PASSWORD + "x"}
    reply = await notes.post("auth:signIn", wrong)
    assert ROOT_PASSWORD not in json.dumps(reply.body)


# --- whatever is sent, it is never our fault ----------------------------------------------

PIECES = [
    *("notes", "users", "roles", "auth", "apiKeys", "workflows", "collections", "dataSources"),
    *(":list", ":get", ":create", ":update", ":destroy", ":add", ":set", ":toggle", ":check"),
    *(":firstOrCreate", ":updateOrCreate", ":signIn", ":", "/", "/1", "/_", "/author", ".", "_"),
    *("/fields", "/nodes", "/dataSourceResources", "%", "%00", "%2F", "%ff", "{", "}", "[", "]"),
    *('{"id":1}', "[1,2]", "null", "é", "²", "-1", "1e9", "9" * 30, " ", "+", "\\", "'", '"', ";"),
]
NAMES = [
    *("filter", "fields", "except", "appends", "sort", "page", "pageSize", "filterByTk", "token2"),
    *("filterKeys[]", "whitelist", "blacklist[]", "updateAssociationValues", "triggerWorkflows"),
    *("paginate", "forceUpdate", "truncate", "filterByTks", "filter[title]", "filter[$and][0][id]"),
    *("sort[]", "fields[0]", "a[b][c]", "a[", "]", "[]", "filter[", "filter[]", "filter[a]b"),
]
VALUES = [
    *("", "title", "-title", "id", "title,views", "author", "author.id", "author.password", "1"),
    *("0", "-1", "²", "9" * 30, "true", "null", "{}", "[]", "{", "[1", '{"title":"x"}', "k!author"),
    *('{"views":{"$gt":"x"}}', '{"title":{"$in":[null,{}]}}', '{"$and":5}', '{"a.b.c":1}', "%zz"),
    *('{"views":{"$between":[1]}}', '{"extra":{"a":{"$eq":{}}}}', '{"author":{"id":[]}}', "%00"),
    *('{"title":{"$regexp":"("}}', '{"createdAt":{"$dateOn":"x"}}', "%ff", "a b", "+", "é"),
]

paths = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=6).map("".join)
queries = st.lists(
    st.tuples(st.sampled_from(NAMES) | st.text(max_size=5), st.sampled_from(VALUES)),
    max_size=4,
).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs))
methods = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
types = st.sampled_from([JSON, FORM, "text/plain", "multipart/form-data", ""])

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["notes", "root", "member", "title", "\x00", "{{$context}}", "a" * 300]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "title", "fields", "scope", "actions", "type", "$eq"])
            | st.text(max_size=4),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
bodies = st.dictionaries(
    st.sampled_from(
        [
            *("name", "title", "key", "type", "fields", "roles", "role", "password", "username"),
            *("account", "email", "strategy", "snippets", "actions", "scope", "resourceName"),
            *("config", "options", "enabled", "sync", "expiresIn", "oldPassword", "newPassword"),
            *("upstreamId", "branchIndex", "data", "userId", "systemSettings", "default", "views"),
            *("author", "extra", "interface", "target", "dataSourceKey", "usingActionsConfig"),
        ]
    ),
    json_values,
    max_size=5,
)


def raw(text: str) -> bytes:
    """Text as bytes on the wire, without what a server takes for a line's end."""
    return (
        text.encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b"").replace(b"#", b"")
    )


def not_our_fault(response: Response) -> bool:
    """Whether the client got an answer, or an error that says what to do about it."""
    assert response.status < 500, (response.status, response.body)
    return response.status < 400 or bool(response.body == b"" or refused(response))


@given(methods, st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=60))
async def test_random_bytes_are_never_our_fault(
    notes: Client, shared_ensuite: Ensuite, method: str, path: bytes, query: bytes, body: bytes
) -> None:
    target = path.replace(b"?", b"") + b"?" + query
    response = await ask(notes, shared_ensuite.endpoint, method, target, body=body)

    assert not_our_fault(response)


@settings(max_examples=200)
@given(methods, paths, queries, types, json_values | bodies)
async def test_nearly_right_requests_are_never_our_fault(
    notes: Client,
    shared_ensuite: Ensuite,
    method: str,
    path: str,
    query: str,
    content_type: str,
    body: object,
) -> None:
    target = raw(path).replace(b"?", b"") + b"?" + raw(query)
    response = await ask(
        notes,
        shared_ensuite.endpoint,
        method,
        target,
        headers={"Content-Type": content_type},
        body=json.dumps(body).encode(),
    )

    assert not_our_fault(response)


LEAVING = {("auth", "signOut"), ("auth", "signOutEverywhere")}
"""Actions after which the tests' own session is over."""

ACTIONS = sorted(place for place in routes.by_name if place not in LEAVING)


@settings(max_examples=200)
@given(st.sampled_from(ACTIONS), st.sampled_from(VALUES), json_values | bodies, queries)
async def test_the_systems_own_actions_are_never_our_fault(
    notes: Client,
    shared_ensuite: Ensuite,
    place: tuple[str, str],
    key: str,
    body: object,
    query: str,
) -> None:
    resource, action = place
    name, _, association = resource.partition(".")
    target = f"{name}/notes/{association}:{action}" if association else f"{name}:{action}"
    response = await ask(
        notes,
        shared_ensuite.endpoint,
        "POST",
        raw(f"{target}?filterByTk={key}&{query}"),
        body=json.dumps(body).encode(),
    )

    assert not_our_fault(response)
