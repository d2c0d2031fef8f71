"""Errors in French, for clients that ask for it; their codes stay as they are."""

import re
from typing import Any

import pytest

from ensuite.api.french import SENTENCES, in_french
from ensuite.errors import EnsuiteError
from tests.client import Client
from tests.docs.test_reference import generator

FRENCH = {"X-Locale": "fr-FR"}
ENGLISH_WORDS = re.compile(r"\b(must|the|is|be|and|there)\b")


@pytest.fixture
async def blog(api: Client) -> Client:
    await api.blog()
    return api


def errors(kind: type[EnsuiteError] = EnsuiteError) -> set[type[EnsuiteError]]:
    return {kind}.union(*(errors(each) for each in kind.__subclasses__()))


def test_every_error_of_a_response_has_its_sentence() -> None:
    codes = {each.code for each in errors() if each.__module__.startswith("ensuite.")}

    assert codes - set(generator["AT_START"]) - set(SENTENCES) == set()
    assert set(SENTENCES) - codes == set()


def test_the_sentences_are_set_as_french_is() -> None:
    for sentence in SENTENCES.values():
        assert not re.search(r"(?<!\u202f)[:;!?](?=\s|$)|'", sentence), sentence
        assert not ENGLISH_WORDS.search(sentence), sentence


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"views": "x"}, r"views\u202f: un nombre entier entre -\S+ et \S+ est attendu"),
        ({"title": ["x"]}, r"title\u202f: un texte est attendu"),
        ({"slug": "taken"}, r"slug\u202f: un autre enregistrement a déjà cette valeur"),
        ({"slug": None}, r"slug\u202f: une valeur est nécessaire"),
        ({}, r"slug\u202f: une valeur est nécessaire"),
        ({"appears": "soon"}, r"appears\u202f: une date ou une heure est attendue"),
        ({"ratio": "x"}, r"ratio\u202f: un nombre.* est attendu"),
        ({"visible": "x"}, r"visible\u202f: vrai ou faux est attendu"),
        ({"key": "x"}, r"key\u202f: un UUID comme \S+ est attendu"),
    ],
)
async def test_what_is_wrong_with_a_field_is_said_in_french(
    api: Client, values: dict[str, Any], said: str
) -> None:
    await api.collection(
        "notes",
        {"name": "title", "type": "string"},
        {"name": "slug", "type": "string", "unique": True, "allowNull": False},
        {"name": "views", "type": "integer"},
        {"name": "ratio", "type": "double"},
        {"name": "visible", "type": "boolean"},
        {"name": "appears", "type": "dateOnly"},
        {"name": "key", "type": "uuid"},
    )
    _ = await api.post("notes:create", {"slug": "taken"})
    given = {"slug": "free", **values} if values else {}
    reply = await api.acting(**FRENCH).post("notes:create", given)

    assert reply.status == 400
    [issue] = reply.body["errors"]
    assert re.fullmatch(said, issue["message"])
    assert reply.body["detail"] == issue["message"]


async def test_what_a_message_adds_stays_behind_the_sentence(blog: Client) -> None:
    reply = await blog.acting(**FRENCH).get("posts:list", filter={"nowhere": 1})

    assert reply.status == 400
    assert re.fullmatch(r"[^(]+ \(.*nowhere.*\)", reply.body["detail"])
    assert not ENGLISH_WORDS.search(reply.body["detail"].partition("(")[0])


@pytest.mark.parametrize(
    ("headers", "word"),
    [
        ({"X-Locale": "fr-FR"}, "modifie"),
        ({"Accept-Language": "fr-CA,en;q=0.5"}, "modifie"),
        ({"X-Locale": "en-US", "Accept-Language": "fr"}, "changes"),
        ({"Accept-Language": "en,fr;q=0.9"}, "changes"),
        ({}, "changes"),
    ],
)
async def test_who_asks_for_french_gets_it(
    blog: Client, headers: dict[str, str], word: str
) -> None:
    reply = await blog.acting(**headers).get("executions:cancel/1")

    assert reply.codes == ["METHOD_NOT_ALLOWED"]
    assert word in reply.body["detail"]


async def test_what_a_workflow_says_is_left_as_it_was_written(blog: Client) -> None:
    _ = await blog.workflow(
        "posts",
        {"type": "response-message", "config": {"message": "title is required"}},
        {"type": "end", "config": {"endStatus": -1}},
        key="refuse",
        sync=True,
    )
    reply = await blog.acting(**FRENCH).post("posts:create", {}, triggerWorkflows="refuse")

    assert reply.body["errors"][0]["message"] == "title is required"


@pytest.mark.parametrize(
    ("said", "french"),
    [
        ('"name" is required', '"name"\u202f: une valeur est nécessaire'),
        (
            '"a.0.b": Input should be greater than or equal to 1',
            '"a.0.b"\u202f: 1 au moins',
        ),
        (
            "\"mode\": Input should be 'queue' or 'skip'",
            "\"mode\"\u202f: 'queue' ou 'skip' est attendu",
        ),
        (
            '"expression": line 1, column 4',
            '"expression"\u202f: Le réglage de l’étape n’est pas valide. (line 1, column 4)',
        ),
        (
            '"a": is a number; "b" is required',
            '"a"\u202f: un nombre est attendu\u202f; "b"\u202f: une valeur est nécessaire',
        ),
    ],
)
def test_what_is_wrong_with_a_configuration_keeps_its_place(said: str, french: str) -> None:
    assert in_french("INVALID_NODE_CONFIG", said, "usual") == french


def test_several_messages_are_each_translated() -> None:
    assert in_french("INVALID_FIELDS", "a is required; b must be text", "usual") == (
        "a\u202f: une valeur est nécessaire\u202f; b\u202f: un texte est attendu"
    )
