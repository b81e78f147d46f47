"""HTML or XHTML > its elements and texts as columns in reading order, however it is nested."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from longgrain.readers.html.nesting import VOID, bounded
from longgrain.readers.listed import listed

Attributes: TypeAlias = Mapping[str, str | None]

# No "<" stands in an attribute of XML, so a tag that is never closed is given up at the next one.
_SELF_CLOSED = re.compile(
    r"<([a-zA-Z][^\s/<>]*+)((?:[^<>\"'/]++|/(?!>)|\"[^\"<]*+\"|'[^'<]*+')*+)/>"
)
_UNREAD = listed(
    "script style template noscript svg iframe object embed canvas audio video map head "
    "select textarea datalist frameset noframes noembed"
)

_NONE: Attributes = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Number ``i`` is an element, or a text where ``tags[i]`` is empty.

    Its descendants are the numbers from ``i + 1`` to ``ends[i]``, that one left out.
    """

    tags: list[str] = field(default_factory=list)
    attributes: list[Attributes] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def words(self, i: int) -> str:
        """All text inside number ``i``, as it is written."""
        return "".join(self.texts[i : self.ends[i]])

    def named(self, i: int) -> str:
        """Its id and its classes in lower case, a blank before, between and behind them."""
        attributes = self.attributes[i]
        if not attributes:
            return ""
        return f" {attributes.get('id') or ''} {attributes.get('class') or ''} ".lower()


def parsed(html: str, *, xml: bool = False) -> tuple[Any, Tree]:
    """The parser of selectolax, for questions about the head, and the tree of the body.

    ``xml`` says that ``<a/>`` closes itself, as in XHTML.
    """
    from selectolax.lexbor import LexborHTMLParser

    if xml:
        html = _SELF_CLOSED.sub(_opened, html)
    parser = LexborHTMLParser(bounded(html))
    tree = Tree()
    if parser.body is not None:
        _fill(tree, parser.body)
    return parser, tree


def _opened(found: re.Match[str]) -> str:
    name, rest = found.groups()
    return found[0] if name.lower() in VOID else f"<{name}{rest}></{name}>"


def _fill(tree: Tree, body: Any) -> None:
    """Every element and text from ``body`` on; what is no words of the page is left out."""
    tags, attributes, texts = tree.tags, tree.attributes, tree.texts
    parents, ends = tree.parents, tree.ends
    open_ = [-1]
    node = body
    while True:
        tag = node.tag or ("unnamed" if node.is_element_node else "-")  # a damaged name is None
        child = None
        if tag == "-text" or (tag[0] not in "-!" and _is_read(tag, node)):
            is_text = tag == "-text"
            parents.append(open_[-1])
            tags.append("" if is_text else tag)
            attributes.append(_NONE if is_text else node.attributes)
            texts.append((node.text_content or "") if is_text else "")
            ends.append(len(tags))
            child = None if is_text else node.child
        if child is not None:
            open_.append(len(tags) - 1)
            node = child
            continue
        following = node.next if len(open_) > 1 else None
        while following is None and len(open_) > 1:
            ends[open_.pop()] = len(tags)
            node = node.parent
            following = node.next if len(open_) > 1 else None
        if following is None:
            return
        node = following


def _is_read(tag: str, node: Any) -> bool:
    formula = tag == "script" and "math/tex" in (node.attributes.get("type") or "")
    return formula or tag not in _UNREAD
