"""LaTeX files > one Document each: prose with its headings, math as LaTeX source, no preamble."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from longgrain.readers.decoding import decode
from longgrain.readers.text import stem
from longgrain.types import Document, Dropped

if TYPE_CHECKING:
    from longgrain.readers.latex.body import Body

_DOCUMENT = re.compile(r"\\(begin|end)[ \t]*\{document\}")
_TITLES = re.compile(r"\\(?:title|author|date)(?![A-Za-z@])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Latex:
    """Reads ``.tex`` files."""

    name: ClassVar[str] = "latex"
    suffixes: ClassVar[tuple[str, ...]] = (".tex", ".ltx")

    def read(self, raw: bytes, source: str) -> Iterator[Document | Dropped]:
        """One document, or why there is none.

        Files that it includes are documents of their own: their names are in
        ``meta["includes"]``. ``meta["drawings"]`` counts pictures in TikZ and the like, which are
        left out; ``meta["macros_left"]`` counts macros that never end and stand as they were.
        """
        decoded = decode(raw, source)
        if isinstance(decoded, Dropped):
            yield decoded
            return
        body = _read(decoded.text)
        text, headings = body.out.written()
        if not text.strip():
            detail = "nothing but definitions, comments or drawings"
            yield Dropped(step="read", id=source, reason="empty", detail=detail)
            return
        first = text[slice(*headings[0][:2])] if headings else ""
        title = body.title or first or stem(source)
        meta: dict[str, Any] = {"title": title, "markup": "plain", **decoded.meta}
        extras = {
            "headings": headings,
            "date": body.date,
            "includes": body.includes,
            "drawings": body.drawings,
            "macros_left": body.source.left,
        }
        meta |= {key: value for key, value in extras.items() if value}
        yield Document.of(text, source=source, meta=meta)


def _inside(text: str) -> list[tuple[int, int]]:
    """What is between \\begin{document} and \\end{document}, however often; else all of it."""
    found: list[tuple[int, int]] = []
    start: int | None = None
    for mark in _DOCUMENT.finditer(text):
        if mark[1] == "begin":
            start = mark.end() if start is None else start
        elif start is not None:
            found.append((start, mark.start()))
            start = None
    if start is not None:
        found.append((start, len(text)))
    return found or [(0, len(text))]


def _read(text: str) -> Body:
    from longgrain.readers.latex.body import Body
    from longgrain.readers.latex.source import prepared
    from longgrain.readers.latex.writer import ASIAN, Writer

    source = prepared(text)
    verbatim = {str(number): words for number, words in enumerate(source.verbatim)}
    asian = len(ASIAN.findall(source.text))
    body = Body(
        source=source,
        out=Writer(verbatim=verbatim),
        is_chinese=asian > 0.05 * len(source.text),
    )
    inside = _inside(source.text)
    for found in _TITLES.finditer(source.text, 0, inside[0][0]):
        body.run(found.start(), source.behind(source.skip(found.end())))
    for start, end in inside:
        body.run(start, end)
        body.close()
    if not any(level == 1 for *_, level in body.out.written()[1]):
        below = body.out.blocks[:]
        body.out.blocks.clear()
        body.make_title()
        body.out.blocks += below
    return body
