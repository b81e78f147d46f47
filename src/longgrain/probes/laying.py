"""Pieces, evidence, a length > a prompt of that length, and where in it the evidence lies."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from longgrain.errors import PlanError
from longgrain.protocols import Ground
from longgrain.types import Question, Size, Speaker, content_id

WITHIN, CLOSE = 0.02, 0.01  # how far a prompt may be from its length, and what needs no better
TRIES, OTHERS = 40, 64  # counts of filler to try, and pieces to pass over where they are coarse
POSITIONS = 10

Build = Callable[[int, int], str]
"""So many pieces of filler, and how many are passed over before them > the prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A prompt, its tokens, and the pieces of filler in it."""

    text: str
    tokens: int
    pieces: int
    other: int = 0


@dataclass(slots=True)
class Fitter:
    """Fills prompts up to one size; remembers how much filler the last one took."""

    ground: Ground
    size: Size
    least: int = 0
    guess: int = 0
    others: int = 0
    """How many pieces may be passed over, where they are coarse and of different length."""
    beside: int = 0
    """Tokens of the prompt that are not in what is built."""

    def fit(self, build: Build) -> Fitted:
        """The prompt with the size's items, or within 2% of its tokens. PlanError if none is."""
        if not self.size.tokens:
            return self._with(build, self.size.items)
        bare = self._with(build, self.least)
        if self._miss(bare) > WITHIN and bare.tokens > self.size.tokens:
            raise PlanError(
                f"a prompt without any filler has {bare.tokens:,} tokens already, so none of "
                f"{self.size.tokens:,} can be made: ask for a longer one"
            )
        below, above = self._between(build, bare)
        best = min((one for one in (below, above) if one), key=self._miss)
        if self._miss(best) > WITHIN:
            best = self._with_others(build, below, above or below)
        self.guess = best.pieces
        return best

    def pieces(self, build: Build) -> int:
        """How many pieces the prompt has that `fit` would give."""
        return self.size.items or self.fit(build).pieces

    def _with(self, build: Build, pieces: int, other: int = 0) -> Fitted:
        text = build(pieces, other)
        (tokens,) = self.ground.tokens([text])
        return Fitted(text=text, tokens=int(tokens) + self.beside, pieces=pieces, other=other)

    def _miss(self, one: Fitted) -> float:
        return abs(one.tokens - self.size.tokens) / self.size.tokens

    def _between(self, build: Build, bare: Fitted) -> tuple[Fitted, Fitted | None]:
        """The longest prompt that was too short and the shortest too long, or one close enough."""
        below, above = bare, None
        pieces = self.guess or bare.pieces + 1
        for _ in range(TRIES):
            tried = self._with(build, pieces)
            if self._miss(tried) <= CLOSE:
                return tried, None
            below, above = (tried, above) if tried.tokens < self.size.tokens else (below, tried)
            if above and above.pieces - below.pieces <= 1:
                break
            pieces = self._next(bare, below, above)
        return below, above

    def _next(self, bare: Fitted, below: Fitted, above: Fitted | None) -> int:
        """Between the two by their tokens, a tenth from either at least; or on by those of a piece."""
        missing = self.size.tokens - below.tokens
        if above:
            share = min(0.9, max(0.1, missing / max(1, above.tokens - below.tokens)))
            step = round(share * (above.pieces - below.pieces))
            return below.pieces + min(max(step, 1), above.pieces - below.pieces - 1)
        each = (below.tokens - bare.tokens) / max(1, below.pieces - bare.pieces)
        step = round(missing / each) if each > 0 else 0
        return below.pieces + min(max(step, 1), 8 * below.pieces + 64)

    def _with_others(self, build: Build, below: Fitted, above: Fitted) -> Fitted:
        """The first near enough when some pieces are passed over. PlanError if none is."""
        counts = sorted({max(self.least + 1, below.pieces), above.pieces})
        for other in range(1, self.others + 1):
            for count in counts:
                tried = self._with(build, count, other)
                if self._miss(tried) <= WITHIN:
                    return tried
        raise PlanError(
            f"no prompt of {self.size.tokens:,} tokens can be made to within 2%: with "
            f"{below.pieces:,} pieces it has {below.tokens:,}, with {above.pieces:,} "
            f"{above.tokens:,}; ask for a longer one, or for smaller pieces"
        )


def place(position: int, positions: int, last: int) -> int:
    """Which of the places 0..``last`` a position is: as published for Lost in the Middle, rounded down."""
    return last // 2 if positions == 1 else position * last // (positions - 1)


def spread(number: int, count: int, positions: int) -> list[int]:
    """Positions for ``count`` pieces of evidence in question ``number``: all positions in turn."""
    return sorted((number + i * positions // count) % positions for i in range(count))


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A context, and the depth of each piece of evidence: its middle over the context's characters.

    ``parts`` are filler and evidence in the order in which they lie, ``places`` the numbers of the
    evidence among them, from 0.
    """

    context: str
    depths: tuple[float, ...]
    parts: tuple[str, ...] = ()
    places: tuple[int, ...] = ()


def lay(pieces: Sequence[str], evidence: Sequence[tuple[int, str]], positions: int) -> Laid:
    """Evidence (position, words) laid between pieces of filler, which end in their own white space.

    A position is a share of the filler's characters, 0 before all of it and the last one behind it;
    evidence goes to the border of pieces that is nearest.
    """
    borders = list(accumulate(map(len, pieces), initial=0))
    waiting: dict[int, list[int]] = {}
    for number, (at, _) in enumerate(evidence):
        share = at / (positions - 1) if positions > 1 else 0.5
        waiting.setdefault(_nearest(borders, share * borders[-1]), []).append(number)
    parts, middles, places, length = [""], [0.0] * len(evidence), [0] * len(evidence), 0
    for border in range(len(borders)):
        for number in waiting.get(border, ()):
            words = evidence[number][1]
            middles[number], places[number] = length + len(words) / 2, len(parts) - 1
            parts.append(f"{words}{_blank_after(parts[-1])}")
            length += len(parts[-1])
        parts += pieces[border : border + 1]
        length += len(parts[-1]) if border < len(pieces) else 0
    context = "".join(parts).rstrip()
    depths = tuple(one / max(1, len(context)) for one in middles)
    return Laid(context=context, depths=depths, parts=tuple(parts[1:]), places=tuple(places))


def _nearest(borders: Sequence[int], place: float) -> int:
    """The number of the border nearest to a place; the first of two as near."""
    at = bisect_left(borders, place)
    return (
        at - 1
        if at and place - borders[at - 1] <= borders[min(at, len(borders) - 1)] - place
        else at
    )


def _blank_after(part: str) -> str:
    """The white space at the end of the last part: evidence goes on as the text does."""
    return part[len(part.rstrip()) :] or "\n"


def inserted(pieces: Sequence[str], piece: str, index: int, joint: str) -> Laid:
    """One piece among others that are alike, at an index of the whole."""
    listed = [*pieces[:index], piece, *pieces[index:]]
    context = joint.join(listed)
    before = sum(len(one) + len(joint) for one in listed[:index])
    return Laid(context=context, depths=((before + len(piece) / 2) / max(1, len(context)),))


def question(
    ground: Ground,
    name: str,
    size: Size,
    about: Sequence[str],
    said: Fitted | str,
    references: Sequence[str],
    *,
    positions: Sequence[int] = (),
    depths: Sequence[float] = (),
    row: Mapping[str, Any] | None = None,
    groups: Sequence[str] = (),
    turns: Sequence[tuple[Speaker, str]] = (),
    then: str = "",
) -> Question:
    """One question: ``about`` names its item, ``said`` is the prompt with or without its tokens.

    ``turns`` follow the prompt; a Fitter that made it was told their tokens.
    """
    fitted = said if isinstance(said, Fitted) else None
    text = fitted.text if fitted else str(said)
    item = content_id(name, ground.language, *about)
    prompt: tuple[tuple[Speaker, str], ...] = (("user", text), *turns)
    return Question(
        id=content_id(item, size.tokens, size.items, *positions, *groups),
        item=item,
        prompt=prompt,
        references=tuple(references),
        tokens=fitted.tokens if fitted else sum(ground.tokens([words for _, words in prompt])),
        positions=tuple(positions),
        depths=tuple(depths),
        row=row or {},
        groups=tuple(groups),
        then=then,
    )
