"""The Markdown pages of this repository, as tests read them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

_fence = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_heading = re.compile(r"^(#+) (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A block of code: its language, its text, and where it stands."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def every_page() -> list[Path]:
    """All pages, those of the root first."""
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def name_of(path: Path) -> str:
    """A page as people call it."""
    return path.relative_to(ROOT).as_posix()


def read(name: str) -> str:
    """The text of a page."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str) -> list[Block]:
    """The blocks of code of a page, in order."""
    text = read(name)
    return [
        Block(name, text.count("\n", 0, found.start()) + 1, found[1], found[2].removesuffix("\n"))
        for found in _fence.finditer(text)
    ]


def prose(name: str) -> str:
    """A page without its blocks of code."""
    return _fence.sub("", read(name))


def headings(name: str) -> list[tuple[int, str]]:
    """The headings of a page, each with its level."""
    return [(len(found[1]), found[2]) for found in _heading.finditer(prose(name))]


def anchors(name: str) -> set[str]:
    """What a link may name behind `#`."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for _, heading in headings(name)
    }


def sections(name: str, level: int) -> dict[str, str]:
    """The text below each heading of a level, by the code in the heading."""
    parts = re.split(rf"^{'#' * level} ", read(name), flags=re.MULTILINE)[1:]
    return {found[1]: part for part in parts if (found := re.match(r"`([^`]+)`", part))}


def links(name: str) -> Iterator[str]:
    """The targets of a page's links."""
    for found in re.finditer(r"\[[^\]]*\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose(name))):
        yield found[1]
