"""The documents of one side > passages to work on, and the sections that are passed over with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from math import gcd
from typing import TypeVar

from longgrain.grains import tree
from longgrain.protocols import Materials
from longgrain.recipes.sections import Section, runs_of, sections
from longgrain.recipes.sft.item import spoken
from longgrain.types import Dropped, Grain, Kind, content_id

GOLDEN = 0.618
T = TypeVar("T")
# What stands under such a heading is about a document, or a list, and teaches no task.
_NAMED = {
    "a table of contents": r"(?:table of )?contents|list of (?:tables|figures)|目\s*录|目\s*錄|图表目录",
    "a list of references": r"(?:references|bibliography|works cited|further reading)|参考(?:文献|资料)|參考(?:文獻|資料)|延伸阅读",
    "an index": r"(?:subject |name )?index|索\s*引",
    "a licence or imprint": r"(?:copyright|licen[cs]e|legal notice|colophon|about the authors?|imprint|disclaimer)(?: .{0,30})?|版\s*权.{0,6}|版權.{0,6}|许可协议|出版说明|免责声明",
    "thanks": r"acknowledge?ments?|致\s*谢|致\s*謝|鸣谢",
}  # fmt: skip
_UNDER = {
    reason: re.compile(rf"[\W\d_]*(?:{words})[\W_]*", re.I) for reason, words in _NAMED.items()
}
_ENTRY = re.compile(r".*(?:\.{3,}|…|·{3,}|\s{3,}|\t)\s*[ivxlc\d]+\s*|\s*(?:[-*+]|\d+[.)])?\s*\[[^\]]+\]\([^)]*\)\s*|.{1,80}[^\d.]\s\d{1,4}\s*", re.I)  # fmt: skip
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_MARKUP = re.compile(r"^\s*(?:```|[|#<>!$]|\$\$|[-*+]\s*\[|:\w+:|%|\\)")
_ENDS = re.compile(r"[.!?。！？；;：:…][\"'”’」』）)*_]*\s*$")
# A sentence of its own, no item of a list.
WHOLE = re.compile(r"(?![-*+•#|>a-z]|\d+[.)]|[（(]).*[.。!！]", re.DOTALL)
# Characters of a paragraph, by language, at least and at most.
SIZES = {"en": (120, 1800), "zh": (40, 700)}


def boilerplate(title: str, text: str) -> str:
    """Why a section is not worth working on, or ""."""
    for reason, pattern in _UNDER.items():
        if pattern.fullmatch(title):
            return f"boilerplate: {reason}"
    prose = _FENCE.sub("", text)
    lines = [line for line in prose.splitlines() if line.strip()]
    entries = sum(_ENTRY.fullmatch(line) is not None for line in lines)
    if len(lines) >= 5 and entries > 0.6 * len(lines):
        return "boilerplate: a table of contents"
    marked = sum(len(line) for line in prose.splitlines() if _MARKUP.match(line))
    if len(prose) - marked < 0.5 * len(text):
        return "mostly code, tables or formulas"
    return ""


def whole_sections(materials: Materials, tokens: tuple[int, int]) -> Iterator[Section | Dropped]:
    """Sections that can be worked on, and once for each document side those that cannot."""
    for section in sections(materials, tokens=tokens):
        reason = boilerplate(section.title, materials.words(section.body))
        if not reason:
            yield section
        elif lost := once(materials, section.body, reason, section.title):
            yield lost


def stretches(materials: Materials, tokens: tuple[int, int]) -> Iterator[Section | Dropped]:
    """Sections; of documents that have none of this size, runs of neighbouring grains."""
    with_any: set[str] = set()
    for one in whole_sections(materials, tokens):
        if isinstance(one, Section):
            with_any.add(one.doc_id)
        yield one
    bare = [one for one in materials.documents if one not in with_any]
    yield from in_turn([runs_of(materials, one, tokens) for one in bare])


def once(materials: Materials, grain: Grain, reason: str, detail: str = "") -> Dropped | None:
    """What is passed over, unless it was told of before: many tasks come by the same section."""
    name = f"{grain.doc_id}:{grain.start}"
    told: set[tuple[str, str]] = materials.notes.setdefault("sft-told", set())
    if (name, reason) in told:
        return None
    told.add((name, reason))
    return Dropped(step="draft", id=name, reason=reason, detail=detail[:200])


def paragraphs(materials: Materials, task: str) -> Iterator[Grain]:
    """Paragraphs of prose: the first of every document, then the second, spread over each of them.

    Each task begins at another place; words that stand in several places come once.
    """
    seen: set[str] = set()
    for one in in_turn([_prose_of(materials, one, task) for one in materials.documents]):
        words = content_id(materials.words(one))
        if words not in seen:
            seen.add(words)
            yield one


def _prose_of(materials: Materials, doc_id: str, task: str) -> Iterator[Grain]:
    nodes = [one for one in materials.tree(doc_id) if one.kind == "paragraph"]
    low, high = SIZES[spoken(str(materials.document(doc_id).meta.get("language", "en")))]
    for node in spread(nodes, task):
        if low <= node.end - node.start <= high and is_prose(materials.words(node)):
            numbers = materials.numbers(node)
            if numbers and not _under(materials.headings(numbers[0])):
                yield node


def is_prose(text: str) -> bool:
    """Whole sentences without markup of code, tables or formulas."""
    marked = any(_MARKUP.match(line) for line in text.splitlines())
    return not marked and text.count("$") < 4 and _ENDS.search(text) is not None


def _under(headings: Sequence[str]) -> bool:
    return any(p.fullmatch(title) for title in headings for p in _UNDER.values())


def sentences(materials: Materials, paragraph: Grain) -> list[Grain]:
    """The sentences of a paragraph."""
    found = tree(materials.words(paragraph)).grains(paragraph.doc_id, ("sentence",))
    return [part(paragraph, one.start, one.end, "sentence") for one in found]


def part(grain: Grain, start: int, end: int, kind: Kind = "window") -> Grain:
    """A stretch of a grain, by offsets from where it begins."""
    return Grain(
        doc_id=grain.doc_id,
        path=(grain.start + start,),
        kind=kind,
        start=grain.start + start,
        end=grain.start + end,
    )


def spread(found: Sequence[Grain], task: str) -> list[Grain]:
    """The same in an order whose neighbours are far apart, beginning where the task says."""
    count = len(found)
    if count < 2:
        return list(found)
    step = next(one for one in range(max(1, round(count * GOLDEN)), 0, -1) if gcd(one, count) == 1)
    first = int(content_id("sft", task), 16)
    return [found[(first + i * step) % count] for i in range(count)]


def in_turn(lists: Sequence[Iterable[T]]) -> Iterator[T]:
    """The first of every list, then the second of each."""
    missing = object()
    for turn in zip_longest(*lists, fillvalue=missing):
        yield from (one for one in turn if one is not missing)  # type: ignore[misc]
