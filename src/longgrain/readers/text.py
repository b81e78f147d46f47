"""Plain text files > one Document each; the encoding is found, the markup too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar, Literal

from longgrain.readers.decoding import decode
from longgrain.types import Document, Dropped

Markup = Literal["plain", "markdown"]

# A fenced block (skipped, its "#" are comments), an ATX heading, a heading underlined with "=".
_HEADINGS = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,})[\s\S]*?(?:^ {0,3}(?P=fence)|\Z)"
    r"|^ {0,3}#{1,6}[ \t]+(?P<atx>\S[^\n]*)"
    r"|^(?P<setext>\S[^\n]*)\n=+[ \t]*$",
    re.MULTILINE,
)
_ATX = re.compile(r"^#{1,6}[ \t]+\S", re.MULTILINE)
_TAG = re.compile(r"</?(?:a|b|br|code|em|i|img|span|strong|sub|sup)\b[^>]*>")
# How a part of a document is numbered: Part 2, 第三章, 四、, 5. (but not 3D).
_NUMBERED = re.compile(
    r"(?P<english>part|book|volume|chapter|section|article|lesson|unit)\s+(?:\d+|[IVXLC]+)\b"
    r"|第[〇零一二三四五六七八九十百\d]+(?P<chinese>[编編篇部卷章节節回条條课課])"
    r"|(?P<listed>[一二三四五六七八九十]+、)|(?P<plain>\d{1,2}[.、)]\s?\D)",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"[ \t]+#+$")
_LONGEST = 200  # code points kept of a heading
_SHORT = 60  # code points up to which a first line may be a title


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Reads ``.txt`` files."""

    name: ClassVar[str] = "text"
    suffixes: ClassVar[tuple[str, ...]] = (".txt", ".text")

    markup: Markup | Literal["auto"] = "auto"
    """Whether ``#`` marks headings; ``auto`` looks at the first line (see ``markup_of``)."""

    def __post_init__(self) -> None:
        if self.markup not in ("auto", "plain", "markdown"):
            raise ValueError(f"markup is {self.markup!r}: write auto, plain or markdown")

    def read(self, raw: bytes, source: str) -> Iterator[Document | Dropped]:
        """One document, or why there is none."""
        decoded = decode(raw, source)
        if isinstance(decoded, Dropped):
            yield decoded
            return
        markup = markup_of(decoded.text) if self.markup == "auto" else self.markup
        title = title_of(decoded.text, markup) or stem(source)
        meta = {"title": title, "markup": markup, **decoded.meta}
        yield Document.of(decoded.text, source=source, meta=meta)


def markup_of(text: str) -> Markup:
    """Markdown when a ``#`` heading comes first and stands alone or is not the only one."""
    first, _, rest = text.lstrip().partition("\n")
    if not _ATX.match(first):
        return "plain"
    alone = not rest.partition("\n")[0].strip()
    return "markdown" if alone or _ATX.search(rest) else "plain"


def title_of(text: str, markup: Markup) -> str | None:
    """The first heading of Markdown; of plain text a short first line that stands alone."""
    return _first_heading(text) if markup == "markdown" else _first_line(text)


def stem(source: str) -> str:
    """The file's name without folders and suffix."""
    return PurePosixPath(source.removesuffix(".gz")).stem or source


def _first_heading(text: str) -> str | None:
    """None where the first heading is numbered and another is, in the same way: parts of a text."""
    first = None
    for found in _HEADINGS.finditer(text):
        if heading := found["atx"] or found["setext"]:
            heading = _CLOSING.sub("", _TAG.sub("", heading[:_LONGEST]).strip())
            if first is None:
                first = heading
                if not (way := _numbering(first)):
                    return first
            elif _numbering(heading) == way:
                return None
    return first


def _numbering(heading: str) -> str:
    """How a heading is numbered: chapter, 章, plain; nothing where it is not."""
    found = _NUMBERED.match(heading)
    if not found:
        return ""
    return (found["english"] or found["chinese"] or found.lastgroup or "").lower()


def _first_line(text: str) -> str | None:
    line, _, rest = text[:4096].lstrip().partition("\n")
    line = line.strip()
    alone = not rest.partition("\n")[0].strip()
    sentence = line.endswith(tuple(".,;:!?…。，；：！？、"))
    return line if alone and not sentence and 0 < len(line) <= _SHORT else None
