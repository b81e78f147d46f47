"""Documents of one side > texts broken off to be gone on with, gaps to be filled, and long texts in planned parts.

Partial generation at every level of a document, fill in the middle, and long output by plan (Bai et
al. 2024, "LongWriter", arXiv 2408.07055).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.recipes.continuation.authors import Author, rehearsed
from longgrain.recipes.continuation.breaks import INNER, LEVELS, Break, Found, Sizes, breaks, gaps
from longgrain.recipes.continuation.learned import Learned
from longgrain.recipes.continuation.outlines import Outline, outlines, whole
from longgrain.recipes.continuation.speaking import RECIPE, gap_draft, next_draft
from longgrain.recipes.continuation.telling import Long, long_draft, real
from longgrain.recipes.drawn import draw
from longgrain.recipes.sections import Section
from longgrain.recipes.shares import counts, sound
from longgrain.types import Draft, Dropped, Request

SHARES = {"next": 0.45, "middle": 0.3, "long": 0.25}
AT_LEVELS = {"sentence": 0.2, "paragraph": 0.3, "section": 0.25, "chapter": 0.15, "document": 0.1}
# Sections that a model is asked to write about at a time, at most.
BATCH = 8
T = TypeVar("T")
# Tokens that a plan, what is asked and a template take beside a long text, of those of a row.
BESIDE = 0.75


@dataclass(frozen=True, kw_only=True)
class Continuation:
    """What follows a prefix, what is missing between two texts, and long texts by plan.

    ``shares`` of the kinds and of the ``levels`` at which a text is broken off are scaled to 1.
    ``before`` and ``learned`` bound what is read and what is learned, in tokens (about). A share
    ``raw`` is plain text without a question; gaps then have ``marks`` before what comes before,
    after and between. ``outputs`` bounds a long text in tokens, ``parts`` its parts; ``facts`` of
    each part at most are given, a share ``turns`` is written part by part in turns of their own, and
    where the teacher is a language model it writes a share ``written``.
    """

    name: ClassVar[str] = RECIPE
    source: ClassVar[str] = "Bai et al. 2024, LongWriter, arXiv 2408.07055"
    own_contexts: ClassVar[bool] = True

    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))
    levels: Mapping[str, float] = field(default_factory=lambda: dict(AT_LEVELS))
    before: tuple[int, int] = (32, 2048)
    learned: tuple[int, int] = (24, 1024)
    raw: float = 0.3
    marks: tuple[str, str, str] = ("<PRE>", "<SUF>", "<MID>")
    outputs: tuple[int, int] = (300, 6000)
    parts: tuple[int, int] = (3, 12)
    facts: int = 4
    turns: float = 0.4
    written: float = 0.5

    def __post_init__(self) -> None:
        for what, given, known in (
            ("shares", self.shares, tuple(SHARES)),
            ("levels", self.levels, LEVELS),
        ):
            sound("continuation", given, known, what, "there are")
        if self.shares.get("middle") and not any(self.levels.get(one) for one in INNER):
            raise PlanError(
                f"continuation levels {dict(self.levels)!r}: gaps are in {', '.join(INNER)}, so there "
                "would be none; give one of them a share, or middle none"
            )
        for label in ("before", "learned", "outputs", "parts"):
            low, high = getattr(self, label)
            if not 1 <= low <= high:
                raise PlanError(
                    f"continuation {label} {[low, high]}: give two numbers from 1, smaller first"
                )
        for label in ("raw", "turns", "written"):
            if not 0 <= getattr(self, label) <= 1:
                raise PlanError(
                    f"continuation {label} {getattr(self, label)}: a share lies in 0..1"
                )
        if self.facts < 0 or len(set(self.marks)) < 3 or not all(one.strip() for one in self.marks):
            raise PlanError(
                f"continuation facts {self.facts}, marks {list(self.marks)}: give a number from 0, and "
                "three marks that can be told apart"
            )

    def kinds(self, examples: int) -> Mapping[str, int]:
        """Whole numbers by kind."""
        return counts(examples, {f"{RECIPE}-{kind}": self.shares.get(kind, 0.0) for kind in SHARES})

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Drafts of one kind, spread over all documents; none of its words are learned twice."""
        if kind.endswith("long"):
            yield from self._long(kind, materials, wanted)
            return
        levels = {one: self.levels.get(one, 0.0) for one in LEVELS}
        find = breaks
        if kind.endswith("middle"):
            levels, find = {one: levels[one] for one in INNER}, gaps
        sizes = Sizes(before=self.before, learned=self.learned)
        sources = {one: find(materials, one, sizes) for one, share in levels.items() if share > 0}
        for found in _mixed(Learned.of(materials, kind), sources, levels):
            if isinstance(found, Dropped):
                yield found
                continue
            raw = self._drawn(found, "raw") < self.raw
            if kind.endswith("middle"):
                yield gap_draft(materials, found, kind, marks=self.marks, raw=raw)
            else:
                yield next_draft(materials, found, kind, raw=raw)

    def _drawn(self, found: Break, part: str) -> float:
        return draw(found.blocks.doc_id, found.learned.start, part) / 2**64

    # --- long texts -------------------------------------------------------------------------------

    def _long(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        high = min(self.outputs[1], int(BESIDE * materials.longest))
        tokens = (min(self.outputs[0], high), high)
        if not materials.prompted or self.written == 0:
            yield from self._real(kind, materials, tokens)
            return
        if self.written == 1:
            yield from self._written(kind, materials, wanted, tokens)
            return
        sources = {
            "written": self._written(kind, materials, wanted, tokens),
            "real": self._real(kind, materials, tokens),
        }
        yield from _by_share(sources, {"written": self.written, "real": 1 - self.written})

    def _real(
        self, kind: str, materials: Materials, tokens: tuple[int, int]
    ) -> Iterator[Draft | Dropped]:
        """Sections as they are."""
        learned = Learned.of(materials, kind)
        for found in outlines(materials, tokens, self.parts, self.facts):
            if isinstance(found, Outline) and learned.takes(found.body):
                yield self._told(kind, materials, real(found))
            elif isinstance(found, Dropped):
                yield found

    def _written(
        self, kind: str, materials: Materials, wanted: int, tokens: tuple[int, int]
    ) -> Iterator[Draft | Dropped]:
        """New texts about sections, by the teacher."""
        author = Author(materials=materials, tokens=tokens, parts=self.parts)
        sections: list[Section] = []
        found = 0
        # The source is read beside what is written, so it may have half of a row.
        able = whole(materials, (tokens[0], max(tokens[0], tokens[1] // 2)))
        for section in able:
            if isinstance(section, Dropped):
                yield section
                continue
            sections.append(section)
            if len(sections) < max(1, min(BATCH, round(self.written * wanted) - found)):
                continue
            for item in author.write(sections):
                found += isinstance(item, Long)
                yield self._told(kind, materials, item) if isinstance(item, Long) else item
            sections = []
        for item in author.write(sections) if sections else ():
            yield self._told(kind, materials, item) if isinstance(item, Long) else item

    def _told(self, kind: str, materials: Materials, found: Long) -> Draft:
        place = (found.section.doc_id, found.section.grain.start)
        turns = not found.source and draw(*place, "turns") / 2**64 < self.turns
        return long_draft(materials, found, kind, turns=turns)

    @staticmethod
    def rehearse(request: Request) -> str:
        """What a model would reply, so that calls and tokens can be foreseen."""
        return rehearsed(request)


def _mixed(
    learned: Learned, sources: Mapping[str, Iterator[Found]], shares: Mapping[str, float]
) -> Iterator[Found]:
    """From all levels by their shares, only words that no other draft of the kind learns."""
    fresh = {
        level: (one for one in some if isinstance(one, Dropped) or learned.takes(one.learned))
        for level, some in sources.items()
    }
    yield from _by_share(fresh, shares)


def _by_share(
    sources: Mapping[str, Iterator[T | Dropped]], shares: Mapping[str, float]
) -> Iterator[T | Dropped]:
    """Always from the source furthest behind its share; one that has no more leaves its share to the others."""
    left, made = dict(sources), dict.fromkeys(sources, 0.0)
    while left:
        total = sum(made[name] for name in left) + 1
        whole = sum(shares[name] for name in left)
        name = max(left, key=lambda one: shares[one] / whole * total - made[one])
        for item in left[name]:
            yield item
            if not isinstance(item, Dropped):
                made[name] += 1
                break
        else:
            del left[name]
