"""The page's words: the same keys in every language, each of them used, in good French."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "ui/src"
WORDS = SOURCE / "i18n"
COMMON = "common"
"""The namespace of a key that names none."""

PLURAL = re.compile(r"_(zero|one|two|few|many|other)$")
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`')
COMPARED = re.compile(r'[=!]==\s*"[^"]*"|"[^"]*"\s*[=!]==')
COMMENT = re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL)
FILLED = re.compile(r"{{.*?}}")
PLACEHOLDER = re.compile(r"\$\{[^}]*\}")

SAME = frozenset(
    {
        "API",
        "Relations",
        "UUID",
        "Unique",
        "Action",
        "Actions",
        "Base",
        "Code",
        "Condition",
        "Conditions",
        "Date",
        "Description",
        "E-mail",
        "Exception",
        "Expression",
        "Format",
        "JSON",
        "Maximum",
        "Menu",
        "Message",
        "Minimum",
        "Minutes",
        "Navigation",
        "Note",
        "Options",
        "Page",
        "Pages",
        "Permissions",
        "Question",
        "Session",
        "Source",
        "Table",
        "Tables",
        "Type",
        "URL",
        "Variable",
        "Variables",
        "Version",
        "Versions",
        "Workflow",
        "Workflows",
    }
)
"""Words that are the same in both languages."""


@cache
def words(language: str) -> Mapping[str, str]:
    """Every text of a language, by `namespace:key`."""
    return {
        f"{path.stem}:{key}": text
        for path in sorted((WORDS / language).glob("*.json"))
        for key, text in json.loads(path.read_text(encoding="utf-8")).items()
    }


def full(key: str) -> str:
    """The key with its namespace."""
    return key if ":" in key else f"{COMMON}:{key}"


@cache
def sources() -> Mapping[Path, str]:
    """The code of the page, without its comments and its tests."""
    return {
        path: COMMENT.sub("", path.read_text(encoding="utf-8"))
        for path in sorted(SOURCE.rglob("*.ts*"))
        if not path.name.endswith(".test.ts")
    }


def translated(code: str) -> Iterator[str]:
    """The first argument of each call of `t`."""
    for call in re.finditer(r"(?<![\w.])t\(", code):
        depth, start = 0, call.end()
        for end in range(start, len(code)):
            if code[end] in "([{":
                depth += 1
            elif code[end] in ")]}":
                depth -= 1
            if depth < 0 or (depth == 0 and code[end] == ","):
                yield code[start:end]
                break


def patterns(code: str) -> set[str]:
    """What the literals of this code match, as regular expressions."""
    found: set[str] = set()
    for literal in LITERAL.finditer(code):
        text = full(literal[1] if literal[1] is not None else literal[2])
        found.add(".+".join(map(re.escape, PLACEHOLDER.split(text))))
    return found


def matches(pattern: str, key: str) -> bool:
    return re.fullmatch(pattern, PLURAL.sub("", key)) is not None


pytestmark = pytest.mark.skipif(not WORDS.is_dir(), reason="There is no page here yet.")


def test_every_language_has_the_same_keys() -> None:
    assert words("en").keys() == words("fr").keys()


def test_no_text_is_empty() -> None:
    empty = [
        key
        for language in ("en", "fr")
        for key, text in words(language).items()
        if not text.strip()
    ]

    assert empty == []


def test_no_french_text_is_the_english_one() -> None:
    english = words("en")
    same = {key: text for key, text in words("fr").items() if text == english.get(key)}
    spoken = {key: text for key, text in same.items() if re.search(r"\w", FILLED.sub("", text))}

    assert {key: text for key, text in spoken.items() if text not in SAME} == {}


def test_both_languages_have_the_same_placeholders() -> None:
    def placeholders(text: str) -> set[str]:
        return set(re.findall(r"{{\s*(\w+)", text)) | set(re.findall(r"</?\w+/?>", text))

    english, french = words("en"), words("fr")
    different = [
        key
        for key in english.keys() & french.keys()
        if placeholders(english[key]) != placeholders(french[key]) and not PLURAL.search(key)
    ]

    assert different == []


def test_every_key_that_the_page_asks_for_is_there() -> None:
    missing = [
        f"{path.relative_to(SOURCE)}: {pattern}"
        for path, code in sources().items()
        for argument in translated(code)
        for pattern in patterns(COMPARED.sub("", argument))
        if not any(matches(pattern, key) for key in words("en"))
    ]

    assert missing == []


def test_every_key_is_used() -> None:
    # Outside of `t(…)` too: a key may be kept in a list first.
    used = set[str]().union(*(patterns(code) for code in sources().values()))
    # A template without any words of its own matches everything.
    telling = {pattern for pattern in used if pattern.replace(".+", "") != f"{COMMON}:"}
    unused = [key for key in words("en") if not any(matches(each, key) for each in telling)]

    assert unused == []


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (r"(?<!\u202f)[:;!?](?=\s|$)", "a narrow no-break space before : ; ! ?"),
        (r"«(?!\u202f)|(?<!\u202f)»", "a narrow no-break space inside « »"),
        (r"\w'\w", "the apostrophe ’"),
        (r"\.\.\.", "the character … for three dots"),
        (r'"', "« » for quotation marks"),
    ],
)
def test_french_is_set_as_french_is(wrong: str, rule: str) -> None:
    found = {key: text for key, text in words("fr").items() if re.search(wrong, text)}

    assert found == {}, rule
