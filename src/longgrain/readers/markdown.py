"""Markdown files > one Document each, front matter taken out of the text and into meta."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from longgrain.readers.decoding import decode
from longgrain.readers.text import stem, title_of
from longgrain.types import Document, Dropped

# A YAML block between "---" lines at the very start; the first line inside must be "key:", since
# "---" alone is also a rule across the page.
_FRONT_MATTER = re.compile(
    r"\A---[ \t]*\n(?P<block>[\w-]+[ \t]*:[^\n]*\n(?:[^\n]*\n){0,200}?)"
    r"(?:---|\.\.\.)[ \t]*(?:\n|\Z)"
)
_FIELD = re.compile(r"^(?P<key>title|date)[ \t]*:[ \t]*(?P<value>\S[^\n]*?)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Markdown:
    """Reads ``.md`` files."""

    name: ClassVar[str] = "markdown"
    suffixes: ClassVar[tuple[str, ...]] = (".md", ".markdown")

    def read(self, raw: bytes, source: str) -> Iterator[Document | Dropped]:
        """One document, or why not; ``meta["front_matter"]`` holds the block as it was."""
        decoded = decode(raw, source)
        if isinstance(decoded, Dropped):
            yield decoded
            return
        text, front = _split(decoded.text)
        if not text.strip():
            yield Dropped(step="read", id=source, reason="empty", detail="nothing but front matter")
            return
        title = front.pop("title", None) or title_of(text, "markdown") or stem(source)
        meta = {"title": title, "markup": "markdown", **front, **decoded.meta}
        yield Document.of(text, source=source, meta=meta)


def _split(text: str) -> tuple[str, dict[str, Any]]:
    """The text after the front matter, and title, date and the block itself where there is one."""
    found = _FRONT_MATTER.match(text)
    if found is None:
        return text, {}
    fields = {
        field["key"]: field["value"].strip("\"'") for field in _FIELD.finditer(found["block"])
    }
    return text[found.end() :], {**fields, "front_matter": found["block"]}
