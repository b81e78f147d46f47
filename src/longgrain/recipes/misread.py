"""A question and its answer > facts of the same type in other sentences: what a hasty reader might take for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from longgrain.facts import (
    Fact,
    FactKind,
    counted_noun,
    facts,
    holds,
    normalise,
    plain,
    same_answer,
)
from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.quoting import Said, is_readable, sentences_of
from longgrain.recipes.script import is_traditional
from longgrain.types import Draft

# Grains that are looked through after the question's own, those nearest to it and its document's.
LOOKED_AT = 400
# Misreadings that are enough to choose from.
ENOUGH = 8
# Nobody takes 500 years for 3; a number this many times larger or smaller tempts nobody.
APART = 50
# A proper name stands more than once in its document; taggers see names where there are none.
NAMED = {"en": 2, "zh": 3}
KINDS: tuple[FactKind, ...] = ("number", "date", "name", "term", "quote")
# Taken for an answer, these would be taken for no answer: they count or name nothing.
_NO_ANSWER = ("reference", "ordinal")
# Said of no count in particular more often than of one.
_FIGURES = frozenset(
    ["hundred", "thousand", "million", "billion", "百", "千", "万", "萬", "亿", "億"]
)
_SPECIAL = ("clock", "%", "monthday", *"$£€¥")
_CONTRACTED = re.compile(r"[’'](?:ll|m|d|ve|re|t)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Misreading:
    """A fact of another sentence; ``answer`` says it as an answer, ``unit`` is what it counts."""

    said: Said
    kind: FactKind
    unit: str | None
    value: float | None
    bare: str
    answer: str


@dataclass(slots=True)
class Misreadings:
    """The facts of one side, read grain by grain when they are first needed."""

    materials: Materials
    known: dict[int, list[Misreading]] = field(default_factory=dict)

    @classmethod
    def of(cls, materials: Materials) -> Misreadings:
        """The same for all recipes and kinds that draft from these materials."""
        found: Misreadings = materials.notes.setdefault("misreadings", cls(materials))
        return found

    def right(self, draft: Draft, evidence: Sequence[Said]) -> Misreading | None:
        """The gold answer as a fact of its sentence; None where it is no single fact of a known kind."""
        language = str(draft.meta["language"])
        for said in evidence:
            for one in _facts_of(said, language):
                form = draft.meta["form"]
                if (one.kind == form or form not in KINDS) and same_answer(one.bare, draft.answer):
                    return one
        return None

    def against(
        self, draft: Draft, right: Misreading, evidence: Sequence[Said]
    ) -> list[Misreading]:
        """Other answers of the same type, the most tempting first: those of what stands nearest.

        None of them is the answer, stands in the question or the evidence, or comes from a sentence
        that holds the answer too or from a grain that might answer the question. Numbers of other
        things serve where there are none of the same.
        """
        seen: set[object] = set()
        near: list[Misreading] = []
        loose: list[Misreading] = []
        for number in self._order(draft):
            for one in self._of(number):
                alike = one.unit == right.unit
                if one.kind != right.kind or not (alike or _is_comparable(one, right)):
                    continue
                key = (normalise(one.bare), alike)
                if key in seen or one.said in seen or not self._tempts(one, right, draft, evidence):
                    continue
                seen |= {key, one.said}
                (near if alike else loose).append(one)
            if len(near) >= ENOUGH:
                break
        return near or [replace(one, answer=one.bare) for one in loose[:ENOUGH]]

    def _order(self, draft: Draft) -> Iterator[int]:
        """Its own grains, the hard distractors, its document's, the side's; none that might answer."""
        out = set(draft.meta["rivals"])
        own = list(draft.meta["evidence"])
        first = [*own, *draft.meta["hard"]]
        beside = self.materials.neighbours(own[0])[:LOOKED_AT]
        spread = self.materials.grains[:LOOKED_AT]
        language, script = str(draft.meta["language"]), is_traditional(asked(draft))
        for number in dict.fromkeys([*first, *beside, *spread]):
            if number in out or self.materials.language(number) != language:
                continue
            if language != "zh" or is_traditional(self.materials.text(number)) == script:
                yield number

    def _tempts(
        self, one: Misreading, right: Misreading, draft: Draft, evidence: Sequence[Said]
    ) -> bool:
        """Whether somebody could take it for the answer, and would be wrong."""
        if _tells(one, draft.answer, asked(draft), evidence):
            return False
        if one.value and right.value and not 1 / APART <= one.value / right.value <= APART:
            return False
        text = self.materials.document(one.said.grain.doc_id).text if one.kind == "name" else ""
        return not text or text.count(one.bare) >= NAMED.get(str(draft.meta["language"]), 1)

    def _of(self, number: int) -> list[Misreading]:
        if number not in self.known:
            language = self.materials.language(number)
            self.known[number] = [
                one
                for said in sentences_of(self.materials, number)
                if is_readable(said, language)
                for one in _facts_of(said, language)
                if _answers(one, language)
            ]
        return self.known[number]


def _facts_of(said: Said, language: str) -> Iterator[Misreading]:
    known = "zh" if language == "zh" else "en"
    for fact in facts(said.text, known, names=True):  # type: ignore[arg-type]
        bare = plain(fact.text)
        bare = bare.lower() if fact.kind == "number" and bare.isascii() else bare
        yield Misreading(
            said=said,
            kind=fact.kind,
            unit=fact.unit,
            value=fact.value if isinstance(fact.value, float) else None,
            bare=bare,
            answer=counted(fact, bare, said.text, known),
        )


def counted(fact: Fact, bare: str, sentence: str, language: str) -> str:
    """The fact with what it counts: "24 pages", "38平方米"."""
    if fact.kind != "number" or fact.unit in ("%", "clock", *_NO_ANSWER, None):
        return bare
    if language == "zh":
        return bare + fact.unit if sentence.startswith(fact.unit, fact.end) else bare
    return bare if fact.unit in "$£€¥" else f"{bare} {counted_noun(sentence, fact.end)}".strip()


def _answers(one: Misreading, language: str) -> bool:
    """Whether somebody could give it as an answer: no reference, no small number of nothing."""
    if one.bare != one.bare.strip() or not any(mark.isalnum() for mark in one.bare):
        return False  # what stands between two pieces of code
    if one.kind != "number":
        return not _CONTRACTED.search(one.bare)
    digits = any(mark.isdigit() for mark in one.bare)
    told = one.unit not in _NO_ANSWER and one.bare not in _FIGURES
    return told and (one.unit is not None or digits)


def _is_comparable(one: Misreading, right: Misreading) -> bool:
    """Numbers of other things, written alike, and dates of another precision."""
    if one.kind == "date":
        return "monthday" not in (one.unit, right.unit)
    digits = [any(mark.isdigit() for mark in fact.bare) for fact in (one, right)]
    plain_ones = one.unit not in _SPECIAL and right.unit not in _SPECIAL
    return one.kind == "number" and plain_ones and digits[0] == digits[1]


def _tells(one: Misreading, answer: str, question: str, evidence: Sequence[Said]) -> bool:
    """Whether it is no misreading: the answer itself, given in the question, or said beside it."""
    return (
        same_answer(one.bare, answer)
        or holds(one.bare, answer)
        or holds(answer, one.bare)
        or holds(question, one.bare)
        or holds(one.said.text, answer)
        or any(holds(said.text, one.bare) for said in evidence)
    )
