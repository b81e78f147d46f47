"""The documents of one side > stretches to plan over, each with its sentences and what they are about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

from longgrain.facts import Language
from longgrain.protocols import Materials
from longgrain.recipes.pearl.actions import Done, Page, mentions
from longgrain.recipes.pearl.subjects import subjects
from longgrain.recipes.sections import Section, runs_of
from longgrain.types import Grain, content_id

# Sizes that each document is read in, one after the other.
ROUNDS = 8
# Lines of code, tables and formulas: where they are more than this share, sentences are no sentences.
UNPROSE = 0.1
_UNPROSE = re.compile(
    r"^\s*(?:\||```|~~~|>>>|\$\$|#include|import |from \w+ import|</?\w+)|[{};\\]\s*$"
)


# Whether a row of a table or a line without a full stop counts as a sentence is a matter of taste.
_ENDS = re.compile(r"[.!?:;。！？；：…][”’\"'」』）)\]*_]*\s*\Z")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A run of neighbouring grains of one document as a page; ``whole`` are its whole sentences, ``torn``
    the pieces at its ends and the lines that are no sentences.
    """

    section: Section
    page: Page
    whole: tuple[Grain, ...]
    torn: tuple[str, ...]
    materials: Materials

    @property
    def name(self) -> str:
        """Its document and where it begins and ends."""
        grain = self.section.grain
        return f"{grain.doc_id}:{grain.start}-{grain.end}"

    @property
    def language(self) -> Language:
        """English or Chinese."""
        return self.page.language

    @cached_property
    def _sentences(self) -> list[str]:
        return [self.page.text[a:b] for a, b in self.page.sentences]

    def subjects(self, least: int, most: int) -> list[tuple[str, tuple[int, ...]]]:
        """What so many sentences mention, and no piece of a sentence at the ends does, in an order of chance."""
        found = [
            one
            for one in subjects(self._sentences, self.language, least, most)
            if not any(mentions(piece, one[0]) for piece in self.torn)
        ]
        return sorted(found, key=lambda one: content_id("subject", self.name, one[0]))

    def evidence(self, done: Done) -> list[Grain]:
        """The sentences that some step found, in reading order."""
        places = {item.place for items in done.outputs.values() for item in items if item.place}
        starts = {place[0] + self.section.grain.start for place in places}
        return [grain for grain in self.whole if grain.start in starts]

    def numbers(self, done: Done) -> set[int]:
        """The cut grains that these sentences touch."""
        return {n for grain in self.evidence(done) for n in self.materials.numbers(grain)}

    def quoted(self, place: tuple[int, int]) -> Grain:
        """A stretch of the page as a grain of its document."""
        start = self.section.grain.start
        return Grain(
            doc_id=self.section.doc_id,
            path=(start + place[0],),
            kind="window",
            start=start + place[0],
            end=start + place[1],
        )


def readings(materials: Materials, tokens: tuple[int, int], what: str) -> Iterator[Reading]:
    """Stretches of prose of many sizes: of every document one, then another of each, and so on."""
    columns = [_of_document(materials, doc_id, tokens, what) for doc_id in materials.documents]
    for turn in zip_longest(*columns):
        yield from (one for one in turn if one is not None)


def _of_document(
    materials: Materials, doc_id: str, tokens: tuple[int, int], what: str
) -> Iterator[Reading]:
    for round_ in range(ROUNDS):
        chance = int(content_id("reading", what, doc_id, round_, materials.seed), 16) / 2**64
        size = int(tokens[0] * (tokens[1] / tokens[0]) ** chance)
        found = runs_of(materials, doc_id, (max(tokens[0], size // 2), max(size, tokens[0] + 64)))
        if found:
            section = found[int(chance * 1009) % len(found)]
            reading = _reading(section, materials)
            if reading is not None:
                yield reading


def _is_sentence(words: str) -> bool:
    return not words.lstrip().startswith("|") and _ENDS.search(words) is not None


def _reading(section: Section, materials: Materials) -> Reading | None:
    """None for what is mostly code, tables or formulas, or in a third language."""
    text = materials.words(section.grain)
    lines = [line for line in text.splitlines() if line.strip()]
    unprose = sum(bool(_UNPROSE.search(line)) for line in lines)
    if section.language not in ("en", "zh") or unprose > UNPROSE * len(lines):
        return None
    start, end = section.grain.start, section.grain.end
    said = [one for one in materials.tree(section.doc_id) if one.kind == "sentence"]
    near = [one for one in said if one.start < end and one.end > start]
    whole = tuple(
        one
        for one in near
        if start <= one.start and one.end <= end and _is_sentence(materials.words(one))
    )
    torn = [one for one in near if one not in whole]
    pieces = tuple(text[max(0, one.start - start) : one.end - start] for one in torn)
    places = [(one.start - start, one.end - start) for one in whole]
    page = Page(text, places, "zh" if section.language == "zh" else "en")
    return Reading(section=section, page=page, whole=whole, torn=pieces, materials=materials)
