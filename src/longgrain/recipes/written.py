"""A language model's reply and the pieces that it read > candidates as rules make them, and why others fell.

The reply is JSON with ``questions``, each with ``question``, ``answer``, ``reply`` and ``quotes``.
It is read leniently (fences, words around it, a reply that was cut), and then nothing in it is
believed: a question stays only where its quotes stand in the pieces.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, NamedTuple

import numpy as np

from longgrain.facts import normalise
from longgrain.modality import negations
from longgrain.recipes.replied import objects
from longgrain.terms import terms

# The form of questions whose answers no rule can check; see `longgrain.facts.derive` for others.
FREE = "free"
# A quote must agree with its place in the piece in this share of the characters of both.
ALIKE = 0.9
# Fewer comparable characters say too little of where they are from; a Han character counts double.
SHORTEST = 10
# Characters of a reply that are looked at: far more than anyone asks for.
LONGEST = 100_000
# Counts up to ten are often the answerer's own (both, three of them); larger numbers are quoted.
COUNTABLE = 10

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_WORD = re.compile(r"[^\W_\u3400-\u9fff\uf900-\ufaff]+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_HAN_NUMBER = re.compile("[〇零一二三四五六七八九十百千万萬亿億两兩]+")
_ALIKE = {ord(mark): '"' for mark in "“”„‟«»「」『』"} | {ord(mark): "'" for mark in "‘’‚‛′"}
_ALIKE |= {ord(mark): "-" for mark in "–—―−‐‑"}
# They stand in any question; what is left leads to its evidence.
_EMPTY_WORD = re.compile(
    "an?|the|and|or|of|in|on|at|by|to|for|from|with|as|is|are|was|were|be|been|do|does|did|has|have|"
    "had|what|which|who|whom|whose|when|where|why|how|many|much|that|this|it|its|than|then|there|"
    "their|they|he|she|his|her|if|not|no|can|could|would|should|will|shall|may|might|"
    "什么|什麼|多少|哪[些个個一]|如何|[为為]什|怎[么麼样樣]|是[否什多谁誰哪]|何[时時]",
    re.IGNORECASE,
)


class Lost(NamedTuple):
    """A question of a reply that cannot be used, and why."""

    reason: str
    question: str


def written(
    text: str, pieces: Sequence[str], *, template: str, needed: tuple[int, int] = (1, 1)
) -> list[dict[str, Any] | Lost]:
    """The questions of a reply, in its order, as candidates (see `in2`) or with what is wrong.

    Parameters
    ----------
    template : the name of the prompt, recorded with the question.
    needed : how many pieces a question must rest on, at least and at most.
    """
    pages = [Page.of(piece) for piece in pieces]
    found: list[dict[str, Any] | Lost] = []
    seen: set[str] = set()
    for record in _records(text):
        question = " ".join(_words(record, "question").split())
        if question not in seen:
            seen.add(question)
            found.append(_candidate(record, question, pieces, pages, template, needed))
    return found


def _candidate(
    record: Mapping[str, Any],
    question: str,
    pieces: Sequence[str],
    pages: Sequence[Page],
    template: str,
    needed: tuple[int, int],
) -> dict[str, Any] | Lost:
    answer = _words(record, "answer")
    if not question or not answer:
        return Lost("a question of the reply has no words or no answer", question or answer)
    evidence = _evidence(record.get("quotes"), pages)
    if isinstance(evidence, str):
        return Lost(evidence, question)
    used = sorted({place[0] for place in evidence})
    if not needed[0] <= len(used) <= needed[1]:
        return Lost("the question rests on more or fewer pieces than asked for", question)
    read, reply = "\n".join(pieces[one] for one in used), _words(record, "reply") or answer
    if problem := _miscounted(answer, reply, f"{read}\n{question}" if len(used) == 1 else ""):
        return Lost(problem, question)
    cues = cue_words(question, read)
    if not cues:
        return Lost("no word of the question stands in its evidence", question)
    return {
        "form": FREE,
        "template": template,
        "question": question,
        "answer": answer,
        "reply": reply,
        "evidence": [list(place) for place in evidence],
        "facts": [],
        "cues": cues,
        "quotes": [pieces[piece][start:end] for piece, start, end in evidence],
    }


def _miscounted(answer: str, reply: str, read: str) -> str:
    """What is wrong with the numbers; of several pieces together a new one may follow."""
    if not numbers_above_ten(answer) <= numbers_above_ten(reply):
        return "the reply to the user lacks a number of the answer"
    if read and not numbers_above_ten(reply) <= numbers_above_ten(read):
        return "the answer has a number that its evidence does not have"
    return ""


# --- what a reply says ------------------------------------------------------------------------------


def _records(text: str) -> Iterator[Mapping[str, Any]]:
    """Every JSON object with a question, the whole ones of a reply that was cut included."""
    for value in objects(text, LONGEST):
        listed = value.get("questions", [value])
        for one in listed if isinstance(listed, list) else [listed]:
            if isinstance(one, Mapping) and "question" in one:
                yield one


def _words(record: Mapping[str, Any], name: str) -> str:
    """A field, "" where it is missing or no text; numbers are text."""
    value = record.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    said = value if isinstance(value, str) else ""
    return said.encode("utf-8", "replace").decode().strip()


# --- where a quote stands ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """A piece without blanks, case, width and kinds of marks, and where each character comes from."""

    text: str
    plain: str
    places: Sequence[int]

    @classmethod
    def of(cls, text: str) -> Page:
        """NFKC may make several characters of one; all of them come from its place."""
        plain, places = [], []
        for place, character in enumerate(text):
            for one in unicodedata.normalize("NFKC", character.translate(_ALIKE)).casefold():
                if not one.isspace() and unicodedata.category(one) != "Cf":
                    plain.append(one)
                    places.append(place)
        return cls(text, "".join(plain), places)

    def find(self, quote: str) -> tuple[int, int] | None:
        """The code points of the piece that a quote is taken from: as it is, made plain, or nearly."""
        words = quote.strip()
        if (start := self.text.find(words)) >= 0:
            return start, start + len(words)
        wanted = Page.of(words).plain
        start = self.plain.find(wanted)
        span = (start, start + len(wanted)) if start >= 0 else self._nearly(wanted)
        return (self.places[span[0]], self.places[span[1] - 1] + 1) if span else None

    def _nearly(self, wanted: str) -> tuple[int, int] | None:
        """Where almost the same words stand, with the same numbers and as many negations."""
        if len(wanted) > len(self.plain) / ALIKE:
            return None
        matcher = SequenceMatcher(None, self.plain, wanted, autojunk=False)
        anchor = matcher.find_longest_match()
        slack = len(wanted) // 8
        low = max(0, anchor.a - anchor.b - slack)
        high = anchor.a - anchor.b + len(wanted) + slack
        matcher.set_seq1(self.plain[low:high])
        same = [block for block in matcher.get_matching_blocks() if block.size]
        if not same:
            return None
        start, end = low + same[0].a, low + same[-1].a + same[-1].size
        alike = 2 * sum(block.size for block in same) / (end - start + len(wanted))
        return (start, end) if alike >= ALIKE and self._agrees(start, end, wanted) else None

    def _agrees(self, start: int, end: int, wanted: str) -> bool:
        said = self.plain[start:end]
        return all(
            sign(said) == sign(wanted) for sign in (_NUMBER.findall, _HAN_NUMBER.findall, _denials)
        )


def _denials(text: str) -> int:
    return len(negations(text)) + text.count("not") + text.count("n't")


def _evidence(quotes: Any, pages: Sequence[Page]) -> list[tuple[int, int, int]] | str:
    """Piece, start and end of each quote in reading order, or what is wrong with them."""
    listed = quotes if isinstance(quotes, list) else [quotes] if quotes else []
    found: set[tuple[int, int, int]] = set()
    for one in listed:
        said = one.get("quote") or one.get("text") if isinstance(one, Mapping) else one
        if not isinstance(said, str) or _size(said) < SHORTEST:
            return "a quote of the reply is too short to be found again"
        place = _place(said, _named(one, len(pages)), pages)
        if place is None:
            return "a quote of the reply is not in the pieces that it was to quote"
        found.add(place)
    return sorted(found) or "the reply quotes nothing that its answer rests on"


def _named(quote: Any, count: int) -> int | None:
    """The piece that a quote says it is from, counted from 0."""
    number = quote.get("piece") if isinstance(quote, Mapping) else None
    return number - 1 if isinstance(number, int) and 0 < number <= count else None


def _place(quote: str, named: int | None, pages: Sequence[Page]) -> tuple[int, int, int] | None:
    """The named piece is looked through first: models count badly, but the words decide."""
    order = sorted(range(len(pages)), key=lambda one: one != named)
    for piece in order:
        if span := pages[piece].find(quote):
            return piece, *span
    return None


def _size(quote: str) -> int:
    return len(Page.of(quote).plain) + len(_HAN.findall(quote))


# --- what leads to the evidence ---------------------------------------------------------------------


def cue_words(question: str, evidence: str) -> list[str]:
    """The words of a question (of Chinese, pairs of characters) that its evidence has too, in order."""
    codes, starts = terms(question)
    shared = starts[np.isin(codes, terms(evidence)[0])].tolist()
    cues = []
    for start in shared:
        word = _WORD.match(question, start)
        cues.append(word[0] if word else question[start : start + 2])
    return [cue for cue in dict.fromkeys(cues) if not _EMPTY_WORD.fullmatch(cue)]


def numbers_above_ten(text: str) -> set[str]:
    """Its numbers above ten, as digits."""
    found = (one for word in normalise(text).split() for one in _NUMBER.findall(word))
    return {one for one in found if float(one) > COUNTABLE}
