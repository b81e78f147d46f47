"""EPUB 2 and 3 books > one Document each, in the order of the spine, with the levels of the toc."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from longgrain.readers.decoding import clean
from longgrain.readers.epub.book import Book, Part, opened
from longgrain.readers.epub.chapters import with_levels
from longgrain.readers.html.charset import page_text
from longgrain.readers.html.markup import Tree, parsed
from longgrain.readers.html.rendering import Renderer
from longgrain.readers.listed import listed
from longgrain.readers.packed import Packed, UnreadableError, check_bounds
from longgrain.readers.text import stem
from longgrain.readers.writing import Block, settled, written
from longgrain.types import Document, Dropped

# What a book says of itself, and what is for leafing through it.
_EDITION = listed("titlepage imprint colophon copyright-page cover")
_LEAFING = listed("toc landmarks page-list pagebreak doc-toc doc-pagelist doc-pagebreak doc-cover")
_SHORT = 4000  # code points up to which a guide is believed that a page is about the edition


@dataclass(frozen=True, slots=True, kw_only=True)
class Epub:
    """Reads ``.epub`` files."""

    name: ClassVar[str] = "epub"
    suffixes: ClassVar[tuple[str, ...]] = (".epub",)

    edition: bool = False
    """Whether title page, imprint, colophon and copyright page are kept."""
    unpacked: int = 256 << 20
    """Bytes that the pages of a book may unpack to."""
    ratio: int = 200
    """How many times its packed size a book may unpack to, once that is over 8 MiB."""

    def __post_init__(self) -> None:
        check_bounds(self, "unpacked", "ratio")

    def read(self, raw: bytes, source: str) -> Iterator[Document | Dropped]:
        """One document with the book's title, authors and date, or why there is none."""
        try:
            book = opened(Packed(raw, unpacked=self.unpacked, ratio=self.ratio))
            pages, lost = self._pages(book, source)
        except UnreadableError as problem:
            yield Dropped(step="read", id=source, reason=problem.reason, detail=problem.detail)
            return
        page = written(with_levels(pages, book.contents))
        if not page.text:
            reason, detail = "no text", "a book without words"
            if lost:
                reason, detail = "broken zip", f"not readable: {', '.join(lost)}"[:200]
            yield Dropped(step="read", id=source, reason=reason, detail=detail)
            return
        title = book.about.get("title") or page.title or stem(source)
        known = {key: book.about[key] for key in ("author", "date") if book.about.get(key)}
        meta: dict[str, Any] = {"title": title, **page.meta, **known}
        if lost:
            meta["lost_parts"] = lost
        yield Document.of(page.text, source=source, meta=meta)

    def _pages(self, book: Book, source: str) -> tuple[list[tuple[str, list[Block]]], list[str]]:
        """Name and blocks of each part of the spine; the parts that cannot be read."""
        pages: list[tuple[str, list[Block]]] = []
        lost: list[str] = []
        for part in book.spine:
            raw = book.packed.read_if_any(part.name)
            decoded = page_text(raw, source) if raw else None
            if decoded is None or isinstance(decoded, Dropped):
                lost += (
                    [clean(part.name).text] if decoded is None or decoded.reason != "empty" else []
                )
                continue
            _, tree = parsed(decoded.text, xml=True)
            if tree.tags and not self._is_unwanted(tree, part):
                pages.append((part.name, self._blocks(tree, book, part)))
        return pages, lost

    def _is_unwanted(self, tree: Tree, part: Part) -> bool:
        about = part.edition and not self.edition and len(tree.words(0)) <= _SHORT
        return about or _is_list_of_links(tree)

    def _blocks(self, tree: Tree, book: Book, part: Part) -> list[Block]:
        unwanted = _LEAFING if self.edition else _LEAFING | _EDITION
        skipped = {i for i in range(len(tree.tags)) if _is_left_out(tree, i, unwanted)}
        wanted = book.anchors.get(part.name, frozenset())
        renderer = Renderer(tree=tree, skipped=skipped, wanted=wanted)
        return settled(renderer.render(0, tree.ends[0]))


def _is_left_out(tree: Tree, i: int, unwanted: frozenset[str]) -> bool:
    attributes = tree.attributes[i]
    if tree.tags[i] == "nav" or "hidden" in attributes:
        return True
    if not attributes:
        return False
    told = f"{attributes.get('epub:type') or ''} {attributes.get('role') or ''}"
    return not unwanted.isdisjoint(told.split())


def _is_list_of_links(tree: Tree) -> bool:
    """Whether a page is a table of contents: six links or more, and little beside them."""
    links = [i for i, tag in enumerate(tree.tags) if tag == "a" and tree.attributes[i].get("href")]
    linked = sum(len(tree.words(i).strip()) for i in links if tree.ends[i] - i <= 8)
    return len(links) > 5 and linked > 0.7 * len("".join(tree.words(0).split()))
