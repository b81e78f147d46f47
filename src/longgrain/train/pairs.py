"""A run > its pairs of replies as token ids: a prompt, the chosen reply, the rejected one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from longgrain.encode import Encoded, Piece, encode, pieces
from longgrain.run import Run
from longgrain.types import Example, Message, Side, Slot

REJECTED = "rejected"
# Examples whose texts are in memory at once.
GROUP = 32
Ids = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Both replies hold the end of their turn; ``prompt`` is all that stands before either."""

    id: str
    prompt: Ids
    chosen: Ids
    rejected: Ids

    @property
    def longest(self) -> int:
        """Tokens of the prompt and the longer reply."""
        return len(self.prompt) + max(len(self.chosen), len(self.rejected))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """The pairs of one side, and how many examples are none, by reason."""

    found: list[Pair] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def pairs_of(run: Run, side: Side) -> Pairs:
    """All pairs of a side, encoded with the template of the run as its rows are."""
    made, examples = Pairs(), run.examples(side)
    while group := list(islice(examples, GROUP)):
        paired = []
        for example in group:
            if reason := _unpaired(example):
                made.left_out[reason] += 1
            else:
                paired.append(example)
        made.found.extend(_encoded(run, paired))
    return made


def _unpaired(example: Example) -> str:
    """Why an example is no pair, or nothing."""
    right, wrong = example.trained, example.views.get(REJECTED, ())
    if not wrong:
        return "no rejected reply"
    if right[-1].speaker != "assistant" or wrong[-1].speaker != "assistant":
        return "the last turn is not the assistant's"
    if right[:-1] != wrong[:-1]:
        return "the views differ before the last turn"
    return ""


def _encoded(run: Run, examples: Sequence[Example]) -> Iterator[Pair]:
    views = [view for one in examples for view in (one.trained, one.views[REJECTED])]
    listed = [_listed(run, view) for view in views]
    cut = [_cut(*both) for both in zip(listed, encode(listed, run.tokenizer), strict=True)]
    for example, right, wrong in zip(examples, cut[::2], cut[1::2], strict=True):
        # A token may lie over the border of prompt and reply: then both begin with it.
        start = min(right[1], wrong[1], _common(right[0], wrong[0]))
        yield Pair(
            id=example.id,
            prompt=right[0][:start],
            chosen=right[0][start : right[2]],
            rejected=wrong[0][start : wrong[2]],
        )


def _listed(run: Run, view: Sequence[Message]) -> list[Piece]:
    """The view with its last turn, and nothing else, learned."""
    turns = [_weighing(turn, 0.0) for turn in view[:-1]] + [_weighing(view[-1], 1.0)]
    frame = run.template.frame(tuple(turn.speaker for turn in turns))
    return pieces(turns, frame, run.texts())


def _weighing(turn: Message, loss: float) -> Message:
    spans = (one if isinstance(one, Slot) else replace(one, loss=loss) for one in turn.spans)
    return replace(turn, spans=tuple(spans))


def _cut(listed: Sequence[Piece], encoded: Encoded) -> tuple[Ids, int, int]:
    """The ids, where the reply begins, and where its turn ends."""
    losses = np.repeat([piece.loss for piece in listed], encoded.counts)
    learned = losses.nonzero()[0]
    return encoded.ids, int(learned[0]), int(learned[-1]) + 1


def _common(one: Ids, other: Ids) -> int:
    least = min(len(one), len(other))
    differ = (one[:least] != other[:least]).nonzero()[0]
    return int(differ[0]) if len(differ) else least
