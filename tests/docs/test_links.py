"""Links lead somewhere, every page can be found, and both languages say the same."""

import re
from pathlib import Path

import pytest

from tests.docs import pages

NARROW_SPACE = "\u202f"


def named(path: Path) -> str:
    return pages.name_of(path)


@pytest.mark.parametrize("path", pages.every_page(), ids=named)
def test_every_relative_link_leads_to_a_page_and_a_heading(path: Path) -> None:
    name = pages.name_of(path)
    for link in pages.links(name):
        if "://" in link:
            continue
        target, _, anchor = link.partition("#")
        there = (path.parent / target).resolve() if target else path

        assert there.exists(), f"{name} links to {link}"
        assert not anchor or anchor in pages.anchors(pages.name_of(there)), f"{name}: {link}"


def test_every_page_of_the_documentation_is_on_its_first_page() -> None:
    listed = {(pages.DOCS / link).resolve() for link in pages.links("docs/README.md")}

    assert set(pages.DOCS.rglob("*.md")) - listed == {pages.DOCS / "README.md"}


def test_the_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in sorted((pages.DOCS / "decisions").glob("*.md"))]

    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("path", sorted((pages.DOCS / "decisions").glob("*.md")), ids=named)
def test_a_decision_has_its_number_its_context_and_its_consequences(path: Path) -> None:
    (_, title), *rest = pages.headings(pages.name_of(path))

    assert title.startswith(path.name[:4])
    assert rest == [(2, "Context"), (2, "Decision"), (2, "Consequences")]


def test_both_readmes_have_the_same_headings_and_the_same_code() -> None:
    english, french = pages.headings("README.md"), pages.headings("README.fr.md")

    assert [level for level, _ in english] == [level for level, _ in french]
    assert [block.text for block in pages.blocks("README.md")] == [
        block.text for block in pages.blocks("README.fr.md")
    ]


def test_the_french_readme_is_set_as_french_is() -> None:
    marks = r"`[^`]*`|<[^>]*>|!(?=\[)|\]\([^)]*\)"
    prose = re.sub(marks, "", pages.prose("README.fr.md"))

    assert "'" not in prose
    for mark in ":;!?»":
        for found in re.finditer(re.escape(mark), prose):
            assert prose[found.start() - 1] == NARROW_SPACE, prose[found.start() - 30 : found.end()]


@pytest.mark.parametrize("path", pages.every_page(), ids=named)
def test_a_page_says_one_sentence_a_line(path: Path) -> None:
    prose = re.sub(r"`[^`\n]*`|^\|.*$", "", pages.prose(pages.name_of(path)), flags=re.MULTILINE)

    assert re.findall(r"[a-zé)][.?] [A-Z].*", prose) == []
