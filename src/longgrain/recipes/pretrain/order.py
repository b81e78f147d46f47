"""Streams of texts and the tokens that each should give > pieces of texts in the order of training.

The stream that is furthest behind its share gives the next piece, so every beginning of the order
has about the same mix, unless a curriculum wants it otherwise.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from longgrain.recipes.pretrain.replay import REPLAY
from longgrain.recipes.pretrain.texts import Borders, Part, Text

# Sizes of cuts add up to those of a piece but for a token here and there: one in so many is kept free.
SLACK = 128
# A piece is not cut shorter than this for the sake of a share.
LEAST = 64
# Tokens of the blank line between two texts, and those that are worth filling with part of a text.
BLANK, ROOM = 2, 256


class Pick(NamedTuple):
    """One example: its pieces, the stage it belongs to, and how often its texts came before."""

    parts: tuple[Part, ...]
    stage: int
    repeat: int

    @property
    def tokens(self) -> int:
        """About how many it has."""
        return sum(one.tokens for one in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What changes on the way from the first stage to the last.

    The window grows from ``first`` to ``window`` tokens by the time that ``reached`` of the way is
    done (SkyLadder); replay falls from ``1 + fade`` of its share to ``1 - fade`` of it.
    """

    window: int
    first: int
    reached: float
    stages: int
    fade: float

    def stage(self, done: float) -> int:
        """The stage after this share of the tokens."""
        return min(int(done * self.stages), self.stages - 1)

    def size(self, stage: int) -> int:
        """The longest piece of a stage, in tokens."""
        if not self.first or self.stages < 2:
            return self.window
        grown = min(1.0, stage / (self.stages - 1) / self.reached)
        return min(self.window, self.first + int(grown * (self.window - self.first)))

    def replayed(self, done: float) -> float:
        """The share of all replay that should be used by then."""
        return done + self.fade * done * (1 - done)


@dataclass(slots=True)
class _Place:
    """How far a text has been used: the number of its next cut."""

    text: int
    at: int = 0


@dataclass(slots=True, kw_only=True)
class Stream:
    """Texts of one class, taken in turn, a piece of each; together they give ``supply`` tokens.

    Texts that fit whole into a window may share it with the ones ``near`` to them (numbers of texts,
    best first), or, ``along`` a path, with the ones that follow. After the last text the first comes
    again, ``repeats`` times in all. Unless it ``ends`` there, what it gives is all that it has.
    """

    name: str
    numbers: Sequence[int]
    texts: Sequence[Text]
    borders: Callable[[int], Borders]
    supply: float
    repeats: int
    near: Callable[[int], Sequence[int]] | None = None
    along: bool = False
    ends: bool = True
    used: int = 0
    repeat: int = 0
    _waiting: deque[_Place] = field(default_factory=deque)
    _left: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._waiting = deque(_Place(number) for number in self.numbers)
        self._left = set(self.numbers)

    def take(self, window: int) -> tuple[Part, ...]:
        """The next example of at most ``window`` tokens; none where the stream has run out."""
        open_ = self.supply - self.used if self.ends else float("inf")
        place = None if open_ < min(LEAST, self.supply) else self._next()
        if place is None:
            return ()
        limit = min(float(window), max(LEAST, open_))
        parts = [self._part(place, window, limit)]
        size = parts[0].tokens
        while self.near and parts[-1].end == self.texts[parts[-1].text].end:
            more = self._related(parts[-1].text, limit - size - BLANK - window // SLACK)
            if more is None:
                break
            parts.append(more)
            size += more.tokens + BLANK
        self.used += sum(one.tokens for one in parts)
        return tuple(parts)

    def _part(self, place: _Place, window: int, limit: float) -> Part:
        """A whole text, or a piece of one that is too long; the rest of it comes in its turn."""
        text = self.texts[place.text]
        self._left.discard(place.text)
        if not place.at and text.tokens <= limit:
            return Part(place.text, text.start, text.end, text.tokens)
        part = self._piece(place, window, limit)
        if part.end != text.end:
            (self._waiting.appendleft if self.along else self._waiting.append)(place)
        return part

    def _next(self) -> _Place | None:
        while True:
            while self._waiting:
                place = self._waiting.popleft()
                if place.at or place.text in self._left:
                    return place
            if self.repeat + 1 >= self.repeats or not self.numbers:
                return None
            self.repeat += 1
            self._begin()

    def _related(self, number: int, room: float) -> Part | None:
        """The nearest unused text that fits into what is left of a window; of a path the next.

        A path is cut where the window ends, and goes on in the next example.
        """
        assert self.near is not None
        for other in self.near(number):
            if other not in self._left:
                continue
            text = self.texts[other]
            if text.tokens <= room:
                self._left.discard(other)
                return Part(other, text.start, text.end, text.tokens)
            if self.along:
                return self._part(_Place(other), int(room), room) if room > ROOM else None
        return None

    def _piece(self, place: _Place, window: int, most: float) -> Part:
        """The next piece of a text that is longer than the window, of a size like its others."""
        text, (ends, sizes, behind) = self.texts[place.text], self.borders(place.text)
        rest, window = behind[place.at], window - window // SLACK
        wanted = most if self.along else min(rest / max(1, -(-rest // window)), most)
        last, size = place.at, sizes[place.at]
        while last + 1 < len(ends) and size < wanted and size + sizes[last + 1] <= window:
            last += 1
            size += sizes[last]
        # From the end of the last piece on: the blanks between are the indent of code and of verse.
        start = text.start if not place.at else ends[place.at - 1]
        end = text.end if last + 1 == len(ends) else ends[last]
        place.at = last + 1
        kept = sum(high - low for low, high in text.kept(start, end)) / max(1, end - start)
        # Sizes are a little above the truth, and hold what is left out as well.
        whole = behind[0] * text.characters / max(1, text.end - text.start)
        return Part(place.text, start, end, round(text.tokens * size * kept / max(1.0, whole)))


def ordered(streams: Sequence[Stream], course: Course, scale: float = 1.0) -> list[Pick]:
    """All pieces in the order of training, of ``scale`` times what the streams should give."""
    for one in streams:
        one.supply *= scale
        one.ends = one.ends or scale < 1
    total = sum(one.supply for one in streams)
    general = sum(one.supply for one in streams if one.name == REPLAY)
    found: list[Pick] = []
    open_, done = list(streams), 0
    while open_:
        share = min(1.0, done / max(1.0, total))
        replay = course.replayed(share) * general
        domain = (share * total - replay) / max(1.0, total - general)
        behind = max(
            open_,
            key=lambda one: (replay if one.name == REPLAY else domain * one.supply) - one.used,
        )
        stage = course.stage(share)
        parts = behind.take(course.size(stage))
        if not parts:
            open_.remove(behind)
            continue
        found.append(Pick(parts, stage, behind.repeat))
        done += found[-1].tokens
    return found


def at_most(
    wanted: int, made: Callable[[], Sequence[Stream]], course: Course
) -> tuple[list[Pick], float]:
    """The order with at most so many examples, and the share of all tokens that it is.

    Fewer examples are a smaller mix of the same shares, not the beginning of a larger one.
    """
    found, scale = ordered(made(), course), 1.0
    for _ in range(GUESSES):
        if len(found) <= wanted:
            break
        scale *= wanted / len(found)
        found = ordered(made(), course, scale)
        if len(found) <= wanted + len(made()):  # each class ends with a piece of its own
            break
    return found[:wanted], scale


# Guesses at the size of a mix that has as many examples as wanted.
GUESSES = 4
