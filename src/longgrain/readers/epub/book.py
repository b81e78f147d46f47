"""The parts of an EPUB > its spine, its table of contents, and what it says about itself."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from longgrain.readers.decoding import Decoded, clean
from longgrain.readers.html.charset import page_text
from longgrain.readers.html.markup import Tree, parsed
from longgrain.readers.listed import listed
from longgrain.readers.packed import Packed, UnreadableError, held, local, xml_root

_PAGES = (
    "application/xhtml+xml",
    "text/html",
    "application/xml",
    "text/xml",
    "text/x-oeb1-document",
)
_PAGE_NAMES = (".xhtml", ".html", ".htm", ".xml")
_ABOUT_EDITION = listed("cover toc title-page copyright-page colophon")
# Fonts are made unreadable for other programs by these; the words of the book are not.
_FONTS_ONLY = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_DEEPEST = 12  # levels of a table of contents


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the table of contents; ``depth`` counts from 1."""

    depth: int
    label: str
    name: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A page of the spine."""

    name: str
    edition: bool
    """Whether the book's guide calls it a cover, a title page or the like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """An opened EPUB."""

    packed: Packed
    spine: list[Part]
    contents: list[Entry]
    about: dict[str, str]

    @property
    def anchors(self) -> dict[str, frozenset[str]]:
        """The names inside each page to which the table of contents points."""
        found: dict[str, frozenset[str]] = {}
        for entry in self.contents:
            if entry.anchor:
                found[entry.name] = found.get(entry.name, frozenset()) | {entry.anchor}
        return found


def opened(packed: Packed) -> Book:
    """Raises UnreadableError for what is no EPUB, and for one whose words are encrypted."""
    place = _package(packed)
    package = xml_root(packed.read(place))
    if package is None:
        raise UnreadableError("broken EPUB", f"{place} is no XML")
    items = _manifest(package, place)
    spine = _spine(package, items, place) or _loose(packed)
    _refuse_encrypted(packed, {part.name for part in spine})
    contents = list(_contents(packed, package, items))
    return Book(packed=packed, spine=spine, contents=contents, about=_about(package))


def _package(packed: Packed) -> str:
    container = xml_root(packed.read_if_any("META-INF/container.xml"))
    files = _all(container, "rootfile") if container is not None else []
    told = [path for file in files if (path := held(file, "full-path")) and path in packed]
    found = told or [name for name in packed.names if name.lower().endswith(".opf")]
    if not found:
        raise UnreadableError("not an EPUB", "a zip without a package document (.opf)")
    return found[0]


def _refuse_encrypted(packed: Packed, pages: set[str]) -> None:
    root = xml_root(packed.read_if_any("META-INF/encryption.xml"))
    for data in _all(root, "EncryptedData") if root is not None else []:
        methods = [held(method, "Algorithm") for method in _all(data, "EncryptionMethod")]
        places = [held(place, "URI") or "" for place in _all(data, "CipherReference")]
        hidden = pages.intersection(_joined("", place)[0] for place in places)
        if hidden and not set(methods) <= set(_FONTS_ONLY):
            detail = f"{len(pages)} pages under copy protection (DRM), {min(hidden)} among them"
            raise UnreadableError("encrypted", detail)


def _all(root: Any, name: str) -> list[Any]:
    return [element for element in root.iter() if local(element) == name]


def _joined(base: str, href: str) -> tuple[str, str]:
    """The name of a part and the anchor in it, from a link in the part ``base``."""
    path, _, anchor = href.partition("#")
    path = unquote(path.strip())
    name = posixpath.normpath(posixpath.join(posixpath.dirname(base), path)) if path else base
    return name.lstrip("/"), unquote(anchor)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    name: str
    kind: str
    properties: str


def _manifest(package: Any, place: str) -> dict[str, _Item]:
    """The id of each item > its name, media type and properties."""
    return {
        held(item, "id") or f"#{number}": _Item(
            name=_joined(place, held(item, "href") or "")[0],
            kind=(held(item, "media-type") or "").lower(),
            properties=held(item, "properties") or "",
        )
        for number, item in enumerate(_all(package, "item"))
    }


def _spine(package: Any, items: dict[str, _Item], place: str) -> list[Part]:
    """The pages in reading order; without a spine, in the order of the manifest."""
    listed = [items.get(held(reference, "idref") or "") for reference in _all(package, "itemref")]
    pages = [item for item in listed or items.values() if item is not None and _is_page(item)]
    about = {
        _joined(place, held(reference, "href") or "")[0]
        for reference in _all(package, "reference")
        if (held(reference, "type") or "").lower() in _ABOUT_EDITION
        and "#" not in (held(reference, "href") or "")
    }
    names = dict.fromkeys(page.name for page in pages if "nav" not in page.properties.split())
    return [Part(name=name, edition=name in about) for name in names]


def _loose(packed: Packed) -> list[Part]:
    """The pages of a book whose package document names none, in the order of the zip."""
    names = [name for name in packed.names if name.lower().endswith(_PAGE_NAMES[:-1])]
    return [Part(name=name, edition=False) for name in names]


def _is_page(item: _Item) -> bool:
    return item.kind in _PAGES or item.name.lower().endswith(_PAGE_NAMES)


def _about(package: Any) -> dict[str, str]:
    """``title``, ``author`` (all of them) and ``date``, where the book has them."""
    words: dict[str, list[str]] = {"title": [], "creator": [], "date": []}
    for element in package.iter():
        name = local(element)
        if name in words and element.text and element.text.strip():
            words[name].append(clean(" ".join(element.text.split())).text)
    found = {
        "title": "".join(words["title"][:1]),
        "author": ", ".join(dict.fromkeys(words["creator"])),
        "date": "".join(words["date"][:1]),
    }
    return {key: value[:300] for key, value in found.items() if value}


# --- the table of contents ---


def _contents(packed: Packed, package: Any, items: dict[str, _Item]) -> Iterator[Entry]:
    """From the navigation page of EPUB 3, else from the NCX of EPUB 2."""
    pages = [item.name for item in items.values() if "nav" in item.properties.split()]
    for name in pages:
        raw = packed.read_if_any(name)
        decoded = page_text(raw, name) if raw else None
        found = list(_from_nav(decoded.text, name)) if isinstance(decoded, Decoded) else []
        if found:
            yield from found
            return
    told = {held(spine, "toc") for spine in _all(package, "spine")}
    tables = [items[key].name for key in items if key in told]
    tables += [item.name for item in items.values() if item.kind == "application/x-dtbncx+xml"]
    tables += [name for name in packed.names if name.lower().endswith(".ncx")]
    for name in dict.fromkeys(tables):
        root = xml_root(packed.read_if_any(name))
        if root is not None and (found := list(_from_ncx(root, name))):
            yield from found
            return


def _from_nav(html: str, base: str) -> Iterator[Entry]:
    _, tree = parsed(html, xml=True)
    navs = [i for i, tag in enumerate(tree.tags) if tag == "nav"]
    tocs = [i for i in navs if "toc" in (tree.attributes[i].get("epub:type") or "").split()]
    for root in (tocs or navs)[:1]:
        depth: list[int] = []  # ends of the lists that are open
        for i in range(root, tree.ends[root]):
            while depth and depth[-1] <= i:
                depth.pop()
            if tree.tags[i] == "ol":
                depth.append(tree.ends[i])
            elif tree.tags[i] == "a":
                href = tree.attributes[i].get("href") or ""
                yield from _entry(len(depth), _label(tree, i), href, base)


def _label(tree: Tree, i: int) -> str:
    return tree.words(i) if tree.ends[i] - i <= 40 else ""


def _from_ncx(root: Any, base: str) -> Iterator[Entry]:
    for point in _all(root, "navPoint"):
        above = [one for one in point.iterancestors() if local(one) == "navPoint"]
        label = next((one for one in point if local(one) == "navLabel"), None)
        content = next((one for one in point if local(one) == "content"), None)
        if label is not None and content is not None:
            words = "".join(label.itertext())
            yield from _entry(len(above) + 1, words, held(content, "src") or "", base)


def _entry(depth: int, label: str, href: str, base: str) -> Iterator[Entry]:
    words = clean(re.sub(r"\s+", " ", label).strip()).text
    name, anchor = _joined(base, href)
    if words and href:
        depth = min(max(depth, 1), _DEEPEST)
        yield Entry(depth=depth, label=words[:300], name=name, anchor=anchor)
