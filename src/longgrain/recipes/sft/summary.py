"""Sections with headings that say something > the heading as summary, the headings below as outline."""

from __future__ import annotations

from collections.abc import Iterator

from longgrain.protocols import Materials
from longgrain.recipes.sections import Section
from longgrain.recipes.sft.item import Item
from longgrain.recipes.sft.passages import once, whole_sections
from longgrain.recipes.sft.titles import says_nothing, title_of
from longgrain.types import Dropped

FEWEST, MOST = 3, 40  # headings of an outline


def summaries(materials: Materials, tokens: tuple[int, int]) -> Iterator[Item | Dropped]:
    """A headline for every section whose heading can be one, an outline where there are parts."""
    for section in whole_sections(materials, tokens):
        if isinstance(section, Dropped):
            yield section
            continue
        text = materials.words(section.body)
        title = title_of(section.title)
        if reason := says_nothing(title, text):
            if lost := once(materials, section.body, f"no headline: {reason}", section.title):
                yield lost
        else:
            yield _headline(section, title)
        below = headings_below(materials, section)
        telling = [one for one in below if not says_nothing(one, one)]
        if len(telling) >= FEWEST and len(below) <= MOST:
            yield _outline(section, below)


def _headline(section: Section, title: str) -> Item:
    return Item(
        task="summary",
        form="headline",
        purpose="headline",
        language=section.language,
        passage=section.body,
        answer=title,
        label="headline",
        data={"task": "summary", "target": title},
    )


def _outline(section: Section, below: list[str]) -> Item:
    told = "\n".join(f"- {title}" for title in below)
    return Item(
        task="summary",
        form="outline",
        purpose="outline",
        language=section.language,
        passage=section.body,
        answer=told,
        label="outline",
        parts=len(below),
        data={"task": "summary", "target": told},
    )


def headings_below(materials: Materials, section: Section) -> list[str]:
    """The headings of a section's own parts, none where one of them is only a number."""
    depth = len(section.grain.path)
    nodes = [
        one
        for one in materials.tree(section.doc_id)
        if one.kind == "heading"
        and len(one.path) == depth + 2
        and one.path[:depth] == section.grain.path
        and one.path[-1] == 0
    ]
    titles = [title_of(materials.words(one)) for one in nodes]
    return titles if all(titles) and len(set(titles)) == len(titles) else []
