"""Texts and a model's own tokenizer > windows of tokens that the model has positions for, and what is learned in each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longgrain.train.heads import tags
from longgrain.train.heads.labelled import Labelled, Text

Ints = NDArray[np.int64]
# Texts that are encoded at once.
GROUP = 256
WINDOWED = "a text longer than a window, which is read in several"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Tokens of one text with the special ones of the model; ``text`` is the text's number."""

    text: int
    ids: Ints
    places: Ints
    """code points of each token, (tokens, 2)"""
    own: NDArray[np.bool_]
    """the tokens that this window speaks for: each token of a text has one window"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """A window and its target: classes as a 0/1 vector or a class's number, or a tag for each token.

    ``weight`` is the share of its text: each text counts once, however many windows it has. Of a class
    that side train does not have the target is UNSURE.
    """

    window: Window
    target: Any
    weight: float


@dataclass(frozen=True, kw_only=True)
class Cutting:
    """Cuts texts into windows of at most ``length`` tokens, of which two neighbours share ``overlap``."""

    tokenizer: Any
    length: int
    overlap: int

    def windows(self, texts: Sequence[Text]) -> list[Window]:
        """The windows of all texts, in order."""
        found: list[Window] = []
        for start in range(0, len(texts), GROUP):
            found += self._group(texts[start : start + GROUP], start)
        return found

    def _group(self, texts: Sequence[Text], first: int) -> Iterator[Window]:
        made = self.tokenizer(
            [one.text for one in texts],
            truncation=True,
            max_length=self.length,
            stride=self.overlap,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
            return_attention_mask=False,
        )
        numbers = made["overflow_to_sample_mapping"]
        for at, number in enumerate(numbers):
            content = np.array(made["special_tokens_mask"][at]) == 0
            here = np.flatnonzero(content)
            own = content.copy()
            if at and numbers[at - 1] == number:
                own[here[: self.overlap // 2]] = False
            if at + 1 < len(numbers) and numbers[at + 1] == number:
                own[here[len(here) - self.overlap + self.overlap // 2 :]] = False
            offsets = np.array(made["offset_mapping"][at], np.int64).reshape(-1, 2)
            yield Window(
                text=first + number,
                ids=np.array(made["input_ids"][at], np.int64),
                places=tags.places(texts[number].text, offsets),
                own=own,
            )


def by_text(windows: Sequence[Window], texts: int) -> list[list[Window]]:
    """The windows of each text."""
    found: list[list[Window]] = [[] for _ in range(texts)]
    for one in windows:
        found[one.text].append(one)
    return found


def spoken_for(windows: Sequence[Window]) -> Ints:
    """The places of all tokens of a text, each from the window that speaks for it."""
    return np.concatenate([one.places[one.own] for one in windows])


def learned(
    found: Labelled, side: Any, labels: Sequence[str], cutting: Cutting
) -> tuple[list[Learned], Counter[str]]:
    """The windows of a side with their targets, and what was passed over, by reason."""
    texts, notes = found.sides[side], Counter[str]()
    made: list[Learned] = []
    for text, windows in zip(texts, by_text(cutting.windows(texts), len(texts)), strict=True):
        notes[WINDOWED] += len(windows) > 1
        if found.task == "tokens":
            known = tags.tagged(spoken_for(windows), text.entities, labels, notes)
            made += _tagged(windows, known)
        else:
            target = _classes(text, labels, found.multi)
            made += [Learned(window=w, target=target, weight=1 / len(windows)) for w in windows]
    return made, +notes


def _tagged(windows: Sequence[Window], known: Ints) -> Iterator[Learned]:
    start = 0
    for one in windows:
        target = np.full(len(one.ids), tags.UNSURE, np.int64)
        count = int(one.own.sum())
        target[one.own] = known[start : start + count]
        start += count
        yield Learned(window=one, target=target, weight=1.0)


def _classes(text: Text, labels: Sequence[str], multi: bool) -> Any:
    if multi:
        return np.array([label in text.classes for label in labels], np.float32)
    return labels.index(text.classes[0]) if text.classes[0] in labels else tags.UNSURE
