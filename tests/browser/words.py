"""The page's own words, so that one story is told in each language."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

TRANSLATIONS = Path(__file__).parents[2] / "ui" / "src" / "i18n"


@cache
def _texts(language: str, namespace: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(
        (TRANSLATIONS / language / f"{namespace}.json").read_text(encoding="utf-8")
    )
    return found


class Words:
    """`words("tables:new")`, as the page's `t`; `words.of(en=…, fr=…)` for labels of the server."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str, **values: Any) -> str:
        """The text of a key, with its placeholders filled in."""
        namespace, _, name = key.rpartition(":")
        text = _texts(self.language, namespace or "common")[name]
        return re.sub(r"{{(\w+)}}", lambda found: str(values[found[1]]), text)

    def of(self, en: str, fr: str) -> str:
        """The text of a label that is not the page's own."""
        return fr if self.language == "fr" else en
