"""A draft that quotes passages > the same with free-standing sentences of their paragraphs in another order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from longgrain.augmentations.homes import resting_on_words, with_homes
from longgrain.augmentations.spoken import draw, grains_in, marked
from longgrain.augmentations.standing import all_stand
from longgrain.errors import PlanError
from longgrain.facts import language_of
from longgrain.grains import tree
from longgrain.protocols import Materials
from longgrain.types import Draft, Grain

NOTHING = "no paragraph whose sentences all stand for themselves"


@dataclass(frozen=True, kw_only=True)
class Reorder:
    """Sentences of one paragraph change places, if none of them leans on another."""

    name: ClassVar[str] = "reorder"
    takes: ClassVar[int] = 1
    reforms: ClassVar[bool] = False

    least: int = 2
    """Sentences that a paragraph must have."""

    def __post_init__(self) -> None:
        if self.least < 2:
            raise PlanError(
                f"reorder least {self.least}: one sentence has no other order; give 2 or more"
            )

    def altered(
        self, groups: Sequence[Sequence[Draft]], materials: Materials
    ) -> Sequence[Draft | str]:
        """One draft each, or why not."""
        return [self._one(draft, materials) for [draft] in groups]

    def _one(self, draft: Draft, materials: Materials) -> Draft | str:
        if reason := resting_on_words(draft):
            return reason
        told = {}
        for grain in grains_in(draft, ("evidence", "distractor")):
            words = materials.words(grain)
            text = self.reordered(words, draft.id, whole=_begins(grain, materials))
            if text != words:
                told[words] = text
        if not told:
            return NOTHING
        homed = with_homes(draft, told, self.name, materials)
        return homed if isinstance(homed, str) else marked(homed, self.name, draft)

    def reordered(self, text: str, seed: str, *, whole: bool = True) -> str:
        """The text with the sentences of every paragraph that allows it in an order drawn by ``seed``.

        Where it is not ``whole``, it begins in the middle of a sentence, and so of its first paragraph.
        """
        for sentences in reversed(paragraphs(text)):
            if not whole and not text[: sentences[0][0]].strip():
                continue
            said = [text[start:end] for start, end in sentences]
            if len(said) < self.least or not all_stand(said, language_of(text)):
                continue
            order = sorted(range(len(said)), key=lambda one: draw(1 << 32, seed, said[one]))
            if order == list(range(len(said))):
                order = order[1:] + order[:1]
            gaps = [text[a[1] : b[0]] for a, b in pairwise(sentences)]
            joined = "".join(said[one] + gap for one, gap in zip(order, [*gaps, ""], strict=True))
            text = text[: sentences[0][0]] + joined + text[sentences[-1][1] :]
        return text


def _begins(grain: Grain, materials: Materials) -> bool:
    """Whether a passage begins where a sentence does."""
    text = materials.document(grain.doc_id).text
    before = text[max(0, grain.start - 40) : grain.start]
    return (
        not before.strip()
        or "\n" in before[len(before.rstrip()) :]
        or bool(_ENDED.search(before.rstrip()))
    )


def paragraphs(text: str) -> list[list[tuple[int, int]]]:
    """The sentences of each paragraph, blanks around each left out; marks such as 第十二条 stay put."""
    table = tree(text)
    rows = table.rows("paragraph", "heading", "sentence")
    sentence = set(table.rows("sentence").tolist())
    found: list[list[tuple[int, int]]] = [[]]
    for row in rows.tolist():
        if row not in sentence:
            found.append([])
            continue
        start, end = int(table.start[row]), int(table.end[row])
        words = text[start:end]
        start += len(words) - len(words.lstrip())
        end -= len(words) - len(words.rstrip())
        if start < end:
            found[-1].append((start, end))
    return [one for one in found if len(one) > 1 and not _torn(text, one)]


def _torn(text: str, sentences: Sequence[tuple[int, int]]) -> bool:
    """Whether the first or last sentence may go on outside the passage, or lines are a list."""
    inside = text[sentences[0][0] : sentences[-1][1]]
    ended = all(_ENDED.search(text, start, end) for start, end in sentences)
    return not ended or _LISTED.search(inside) is not None or "\n" in inside


_ENDED = re.compile(r"[.。!！?？][”\"’」』)）]*\Z")
_LISTED = re.compile(
    r"^\s*(?:[-*+•]|\d+[.)、]|[（(][一二三四五六七八九十\w]{1,3}[)）])\s", re.MULTILINE
)
