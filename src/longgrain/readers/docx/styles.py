"""The styles of a Word file > of each paragraph its heading level, its list, and what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from longgrain.readers.packed import held, local

# What Word, WPS and LibreOffice call the first nine levels, by the language of the program.
_HEADING = re.compile(
    r"(?:heading|标题|標題|見出し|제목|überschrift|titre|título|titolo|заголовок|kop|rubrik|overskrift"
    r"|otsikko|nadpis|nagłówek|başlık|tiêu đề)\s*(\d)\b"
)
_TITLE = frozenset(("title", "标题", "標題", "表題", "titel", "titre", "título", "titolo"))
_CONTENTS = re.compile(
    r"(?:toc|目录|目錄|contents|verzeichnis|inhaltsverzeichnis|tm|tdc)\s*\d$|^toc heading$"
)
_CODE = re.compile(
    r"source ?code|html preformatted|preformatted|^(?:code|代码|代碼|源代码|程序代码)\b|verbatim"
)
_BODY_LEVEL = 9  # of an outline: no heading


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the properties of a paragraph and its style say about it."""

    style: str = ""
    level: int = 0
    list: str = ""
    list_level: int | None = None
    """None where the list itself says which of its levels numbers the style."""
    is_title: bool = False
    is_contents: bool = False
    is_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    name: str
    parent: str
    outline: int | None
    list: str | None
    list_level: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Styles:
    """The paragraph styles of a file by their ids."""

    _styles: dict[str, _Style] = field(default_factory=dict)
    _default: str = ""

    @classmethod
    def of(cls, root: Any) -> Styles:
        """From ``word/styles.xml``; None for files that have none."""
        styles: dict[str, _Style] = {}
        default = ""
        for element in root if root is not None else ():
            if local(element) == "style" and held(element, "type") in ("paragraph", None):
                key = held(element, "styleId") or ""
                styles[key] = _style(element)
                default = key if held(element, "default") in ("1", "true") else default
        return cls(_styles=styles, _default=default)

    def paragraph(self, paragraph: Any) -> About:
        """What is known of a paragraph; its own properties go before those of its style."""
        own = next((child for child in paragraph if local(child) == "pPr"), None)
        told = {local(child): child for child in own} if own is not None else {}
        key = held(told["pStyle"], "val") or "" if "pStyle" in told else self._default
        chain = list(self._chain(key))
        outline = _number(told.get("outlineLvl"))
        if outline is None:
            outline = next((s.outline for s in chain if s.outline is not None), None)
        list_, at = _list(told.get("numPr"))
        for style in chain:
            list_ = style.list if list_ is None else list_
            at = style.list_level if at is None else at
        names = [style.name for style in chain] or [key.lower()]
        return About(
            style=key,
            level=_level(names, outline),
            list=list_ if list_ not in (None, "0") else "",
            list_level=at,
            is_title=names[0] in _TITLE,
            is_contents=bool(_CONTENTS.search(names[0])),
            is_code=any(_CODE.search(name) for name in names[:2]),
        )

    def _chain(self, key: str) -> Iterator[_Style]:
        """A style and those that it is based on, the nearest first."""
        seen: set[str] = set()
        while key in self._styles and key not in seen:
            seen.add(key)
            yield self._styles[key]
            key = self._styles[key].parent


def _style(element: Any) -> _Style:
    told = {local(child): child for child in element}
    inner = {local(child): child for child in told.get("pPr", ())}
    list_, at = _list(inner.get("numPr"))
    return _Style(
        name=(held(told["name"], "val") or "").strip().lower() if "name" in told else "",
        parent=(held(told["basedOn"], "val") or "") if "basedOn" in told else "",
        outline=_number(inner.get("outlineLvl")),
        list=list_,
        list_level=at,
    )


def _list(properties: Any) -> tuple[str | None, int | None]:
    """The list of ``numPr`` and the level in it."""
    told = {local(child): child for child in properties} if properties is not None else {}
    name = held(told["numId"], "val") if "numId" in told else None
    return name, _number(told.get("ilvl"))


def _number(element: Any) -> int | None:
    words = held(element, "val") if element is not None else None
    return int(words) if words and re.fullmatch(r"[0-9]{1,2}", words) else None


def _level(names: list[str], outline: int | None) -> int:
    """From 1; an outline level says more than a name."""
    if outline is not None:
        return outline + 1 if outline < _BODY_LEVEL else 0
    found = (match for name in names if (match := _HEADING.match(name)))
    return int(next((match[1] for match in found), "0"))
