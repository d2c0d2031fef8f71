"""URLs: what they mean, and that no URL at all makes the grammar raise anything but its errors."""

from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensuite.api.grammar import (
    MAX_NESTING,
    MAX_PARAMETERS,
    MAX_PATH_CHARACTERS,
    MAX_QUERY_BYTES,
    Address,
    Parameters,
    form_as_object,
    parse_path,
    parse_query,
)
from ensuite.errors import EnsuiteError, InvalidFilter, InvalidParameter, NotFound


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "posts:create", Address("posts", "create")),
        ("GET", "posts:get/5", Address("posts", "get", "5")),
        ("GET", "posts:get/a%2Fb", Address("posts", "get", "a/b")),
        ("GET", "posts:get/%C3%A9", Address("posts", "get", "é")),
        ("POST", "posts/1/tags:add", Address("posts", "add", None, "1", "tags")),
        ("POST", "posts/1/tags:destroy/2", Address("posts", "destroy", "2", "1", "tags")),
        ("GET", "posts/a%3Ab/tags:list", Address("posts", "list", None, "a:b", "tags")),
        (
            "GET",
            "pairs/%7B%22a%22%3A1%7D/tags:list",
            Address("pairs", "list", None, '{"a":1}', "tags"),
        ),
        ("GET", "posts.tags:list", Address("posts", "list", None, None, "tags")),
        ("GET", "posts", Address("posts", "list")),
        ("GET", "posts/5", Address("posts", "get", "5")),
        ("POST", "posts", Address("posts", "create")),
        ("PUT", "posts/5", Address("posts", "update", "5")),
        ("PATCH", "posts/5", Address("posts", "update", "5")),
        ("DELETE", "posts", Address("posts", "destroy")),
        ("DELETE", "posts/5", Address("posts", "destroy", "5")),
        ("GET", "posts/5/tags", Address("posts", "list", None, "5", "tags")),
        ("GET", "posts/5/tags/6", Address("posts", "get", "6", "5", "tags")),
        ("POST", "posts/5/tags", Address("posts", "create", None, "5", "tags")),
        ("PUT", "posts/5/tags/6", Address("posts", "update", "6", "5", "tags")),
        ("DELETE", "posts/5/tags/6", Address("posts", "destroy", "6", "5", "tags")),
    ],
)
def test_a_path_is_an_address(method: str, path: str, expected: Address) -> None:
    assert parse_path(method, path) == expected


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("POST", "posts/5"),
        ("PUT", "posts"),
        ("GET", "a/b/c/d/e"),
        ("GET", "a/b/c/d:list"),
        ("TRACE", "posts"),
    ],
)
def test_a_path_of_no_known_form_is_not_found(method: str, path: str) -> None:
    with pytest.raises(NotFound):
        _ = parse_path(method, path)


def test_a_path_has_a_length() -> None:
    with pytest.raises(InvalidParameter, match="longer than"):
        _ = parse_path("GET", "a" * (MAX_PATH_CHARACTERS + 1))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {}),
        ("a=1&b=x%20y+z&c", {"a": "1", "b": "x y z", "c": None}),
        ("a=%C3%A9", {"a": "é"}),
        ("a=1&a=2&a=3", {"a": ["1", "2", "3"]}),
        ("a[]=1&a[]=2", {"a": ["1", "2"]}),
        ("a[1]=y&a[0]=x", {"a": ["x", "y"]}),
        ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        ("a[b]=1&a[b]=2", {"a": {"b": ["1", "2"]}}),
        ("a[][b]=1&a[][b]=2", {"a": [{"b": "1"}, {"b": "2"}]}),
        ("f[$and][0][x]=1&f[$and][1][y]=2", {"f": {"$and": [{"x": "1"}, {"y": "2"}]}}),
        ("a%5Bb%5D=1", {"a": {"b": "1"}}),
        ("a=1&a[b]=2", {"a": {"0": "1", "b": "2"}}),
        ("a[²]=1", {"a": {"²": "1"}}),
        ("a[" + "9" * 5_000 + "]=1", {"a": {"9" * 5_000: "1"}}),
        ("[a]=1&=2&&", {"[a]": "1", "": "2"}),
    ],
)
def test_a_query_is_read_as_qs_reads_it(query: str, expected: dict[str, Any]) -> None:
    assert parse_query(query.encode()).given == expected


@pytest.mark.parametrize(
    "query",
    [
        b"a=" + b"x" * MAX_QUERY_BYTES,
        b"&".join([b"a=1"] * (MAX_PARAMETERS + 1)),
        b"a" + b"[b]" * (MAX_NESTING + 1) + b"=1",
    ],
    ids=["long", "many", "deep"],
)
def test_a_query_is_bounded(query: bytes) -> None:
    with pytest.raises(InvalidParameter):
        _ = parse_query(query)


def test_a_form_is_the_object_that_it_stands_for() -> None:
    body = "title=é+è&n[a]=1&text=" + "x" * MAX_QUERY_BYTES

    decoded = msgspec.json.decode(form_as_object(body.encode()))

    assert decoded == {"title": "é è", "n": {"a": "1"}, "text": "x" * MAX_QUERY_BYTES}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("fields=a,b&fields=c", ["a", "b", "c"]),
        ("fields[]=a&fields[]=b.c", ["a", "b.c"]),
        ("fields[1]=b&fields[0]=a", ["a", "b"]),
        ('fields=["a","b"]', ["a", "b"]),
        ("fields=a,,%20b%20,", ["a", "b"]),
        ("fields", []),
        ("fields=", []),
        ("", []),
    ],
)
def test_names_come_in_several_ways(query: str, expected: list[str]) -> None:
    assert parse_query(query.encode()).names("fields") == expected


@pytest.mark.parametrize("query", ["fields[][a]=b", "fields=[1", "fields=" + "a," * 1_001])
def test_what_are_no_names_is_refused(query: str) -> None:
    with pytest.raises(InvalidParameter):
        _ = parse_query(query.encode()).names("fields")


@pytest.mark.parametrize(
    ("query", "expected"), [("page=3", 3), ("page=", 1), ("", 1), ("page=1&page=2", 2)]
)
def test_a_number_has_a_default(query: str, expected: int) -> None:
    assert parse_query(query.encode()).number("page", 1, least=1, most=9) == expected


@pytest.mark.parametrize("text", ["0", "10", "x", "1.5", "٣", "1e3", "9" * 40, "-1"])
def test_a_number_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="page is a whole number from 1 to 9"):
        _ = parse_query(f"page={quote(text)}".encode()).number("page", 1, least=1, most=9)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("filterByTk=5", "5"),
        ("filterByTk=[1,2]", [1, 2]),
        ("filterByTk[]=1&filterByTk[]=2", ["1", "2"]),
        ('filterByTk={"a":1}', {"a": 1}),
        ("filterByTk[a]=1", {"a": "1"}),
        ("", None),
    ],
)
def test_a_key_comes_in_several_ways(query: str, expected: object) -> None:
    assert parse_query(query.encode()).keys() == expected


@pytest.mark.parametrize("text", ["{", '{"a"', "nope", "[" * 100_000, "1" * 5_000])
def test_a_filter_that_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(InvalidFilter):
        _ = Parameters({"filter": text}).filter()


# --- anything at all ----------------------------------------------------------------------

_queries = st.one_of(
    st.binary(max_size=200),
    st.text('ab[]=&%0129$.,{}"+²é', max_size=200).map(str.encode),
)
_paths = st.one_of(st.text(max_size=60), st.text('ab/:.%2F{}"_1', max_size=60))
_methods = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "X"])


@given(_methods, _paths)
def test_any_path_is_an_address_or_an_error(method: str, path: str) -> None:
    try:
        address = parse_path(method, path)
    except EnsuiteError as error:
        assert error.status in {400, 404}
    else:
        assert isinstance(address, Address)


@given(_queries)
def test_any_query_is_parameters_or_an_error(query: bytes) -> None:
    try:
        parameters = parse_query(query)
        names = list(parameters.given)
    except EnsuiteError as error:
        assert error.status == 400
        return
    for name in [*names, "filter"]:
        for read in (
            parameters.text,
            parameters.flag,
            parameters.names,
            parameters.keys,
            lambda each: parameters.number(each, 1, least=0, most=5),
            lambda _: parameters.filter(),
        ):
            try:
                _ = read(name)
            except EnsuiteError as error:
                assert error.status == 400, name


@given(_queries)
def test_any_form_is_json_or_an_error(body: bytes) -> None:
    try:
        encoded = form_as_object(body)
    except EnsuiteError as error:
        assert error.status == 400
    else:
        assert isinstance(msgspec.json.decode(encoded), dict)


_keys = st.text(min_size=1, max_size=20)


@given(resource=_keys, action=_keys, key=st.none() | _keys, source=st.none() | _keys)
def test_what_is_quoted_comes_back(
    resource: str, action: str, key: str | None, source: str | None
) -> None:
    def quoted(text: str) -> str:
        return quote(text, safe="")

    if source is None:
        # Without a source id, a dot in the name begins an association.
        resource = resource.replace(".", "_")
    path = f"{quoted(resource)}:{quoted(action)}"
    expected = Address(resource, action, key)
    if source is not None:
        path = f"posts/{quoted(source)}/{path}"
        expected = Address("posts", action, key, source, resource)
    if key is not None:
        path += f"/{quoted(key)}"

    assert parse_path("POST", path) == expected


_values = st.recursive(
    st.text(max_size=8),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.text("abc$.", min_size=1, max_size=4), inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


def _pairs(name: str, value: Any) -> list[str]:
    if isinstance(value, str):
        return [f"{quote(name)}={quote(value)}"]
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    return [pair for key, each in entries for pair in _pairs(f"{name}[{key}]", each)]


@given(st.dictionaries(st.text("abc", min_size=1, max_size=4), _values, max_size=4))
def test_what_the_sdk_writes_comes_back(given: dict[str, Any]) -> None:
    query = "&".join(pair for name, value in given.items() for pair in _pairs(name, value))

    assert parse_query(query.encode()).given == given
