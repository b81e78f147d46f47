"""Drafts about held-out grains, a size > prompts among other grains, and where in them the evidence lies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from longgrain.errors import PlanError
from longgrain.probes.haystack import pieces_of
from longgrain.probes.laying import POSITIONS, Fitted, Fitter, Laid, lay
from longgrain.protocols import Ground
from longgrain.scripts import is_traditional, traditional
from longgrain.types import Draft, Size, Span

# Grains nearest to a question that are laid as well, where there is room: they are told apart last.
NEAR = 2
# What the characters of our own words are in Traditional that both scripts have, and its quotes.
_TRADITIONAL = str.maketrans("于后准里几“”", "於後準裡幾「」")


class Words(NamedTuple):
    """What a draft's user says, in parts: instruction, what stands before the question, question."""

    instruction: str
    label: str
    question: str


def words_of(draft: Draft) -> Words:
    """The instruction before the context of a draft, and the question behind it."""
    spans = [one for one in draft.messages[0].spans if isinstance(one, Span)]
    asked = [place for place, one in enumerate(spans) if one.role == "question"]
    label = spans[asked[0] - 1].text or "" if asked[0] else ""
    question = "".join(spans[place].text or "" for place in asked)
    return Words(spans[0].text or "", label, question)


def in_script(words: str, like: str) -> str:
    """Our own Chinese words in the script of what they stand beside."""
    if not is_traditional(like):
        return words
    return traditional(words).translate(_TRADITIONAL)


def reply_of(draft: Draft) -> str:
    """What a draft's assistant says."""
    spans = (one for one in draft.messages[-1].spans if isinstance(one, Span))
    return "".join(one.text or "" for one in spans)


def enough(drafts: Iterator[Draft], what: str) -> Callable[[], Iterator[Draft]]:
    """The drafts from the first on each time. PlanError if there is none."""
    kept: list[Draft] = []

    def every() -> Iterator[Draft]:
        place = 0
        while True:
            if place == len(kept):
                if (one := next(drafts, None)) is None:
                    break
                kept.append(one)
            yield kept[place]
            place += 1
        if not kept:
            raise PlanError(
                f"no {what} could be drafted of the held-out documents, so there is nothing to ask: "
                "name more documents, or others, with --documents"
            )

    return every


def turns(
    drafts: Callable[[], Iterator[Draft]],
    positions: int,
    count: int,
    *,
    apart: int = 0,
    again: bool = True,
) -> Iterator[tuple[Draft, tuple[int, ...]]]:
    """Drafts, each with the positions of its evidence; all positions come equally often.

    Drafts with as many evidence grains take all positions in turn, those of each block with their
    grains farther from each other than of the last, ``apart`` positions at least. When drafts run out they are asked ``again`` at
    other positions, until each was at all of them.
    """
    asked = 0
    for round_ in range(positions if again else 1):
        for draft, block, place in _blocks(drafts(), positions):
            if asked == count:
                return
            grains = len(draft.meta["evidence"])
            ways = positions // grains + 1 - apart
            step = apart + (block + round_) % ways if grains > 1 else 0
            yield draft, tuple((place + round_ + i * step) % positions for i in range(grains))
            asked += 1


def _blocks(drafts: Iterable[Draft], size: int) -> Iterator[tuple[Draft, int, int]]:
    """So many drafts with as many evidence grains at a time, the number of their block, their place."""
    waiting: dict[int, list[Draft]] = defaultdict(list)
    done = 0
    for one in drafts:
        own = waiting[len(one.meta["evidence"])]
        own.append(one)
        if len(own) == size:
            yield from ((draft, done, place) for place, draft in enumerate(own))
            done += 1
            own.clear()
    for _, rest in sorted(waiting.items()):
        yield from ((draft, done, place) for place, draft in enumerate(rest))
        done += bool(rest)


def apart(at: Sequence[int], positions: int) -> str:
    """How far the first and the last piece of evidence are from each other, as a share of the context."""
    share = (max(at) - min(at)) / max(1, positions - 1)
    limits = ((0.0, "0%"), (1 / 3, "1-33%"), (2 / 3, "34-66%"), (1.0, "67-100%"))
    return f"apart {next(said for limit, said in limits if share <= limit + 1e-9)}"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One draft laid among other held-out grains, none of which answers it too.

    ``at`` has a position for each grain of ``evidence``; without evidence nothing of the draft is
    laid. ``shown`` says how a grain stands in the context, ``joined`` how the parts of one do.
    """

    fitter: Fitter
    draft: Draft
    evidence: Sequence[int]
    at: Sequence[int]
    positions: int
    prompt: Callable[[str], str]
    """A context > the whole prompt; without one, only the question."""
    near: int = NEAR
    leaves_out: Callable[[int], bool] = lambda number: False
    shown: Callable[[int], str] | None = None
    joined: Callable[[Sequence[tuple[int, str]]], str] = lambda parts: "\n\n".join(
        words for _, words in parts
    )

    @property
    def ground(self) -> Ground:
        """What it is made from."""
        return self.fitter.ground

    def said(self) -> Fitted | str:
        """The prompt of the ground's context: whole, only the evidence, or none."""
        if self.ground.context == "whole":
            return self.fitted
        return self.prompt(self._evidence if self.ground.context == "evidence" else "")

    @property
    def depths(self) -> tuple[float, ...]:
        """Where the evidence lies in the whole context; nothing in another one."""
        return self.laid.depths[: len(self.at)] if self.ground.context == "whole" else ()

    @cached_property
    def fitted(self) -> Fitted:
        """The whole prompt at its length."""
        return self.fitter.fit(lambda units, _: self.prompt(self._told(self._laid(units))))

    @cached_property
    def laid(self) -> Laid:
        """The whole context."""
        return self._laid(self.fitted.pieces)

    @property
    def places(self) -> list[int]:
        """Which parts of the whole context the evidence is, from 1."""
        return [one + 1 for one in self.laid.places[: len(self.at)]]

    def _laid(self, units: int) -> Laid:
        named = zip(self.at, map(self._text, self.evidence), strict=True)
        return lay(self._filler(units), [*named, *self._beside], self.positions)

    def _told(self, laid: Laid) -> str:
        return self.joined([(n, part.strip()) for n, part in enumerate(laid.parts, 1)])

    @property
    def _evidence(self) -> str:
        """The evidence alone, in the order in which it lies; something else where there is none."""
        if not self.evidence:
            return self.joined([(1, self._text(next(self._others)).strip())])
        named = sorted(zip(self.places, map(self._text, self.evidence), strict=True))
        return self.joined([(n, words.strip()) for n, words in named])

    def _text(self, number: int) -> str:
        return (self.shown or self.ground.materials.text)(number)

    @cached_property
    def _beside(self) -> list[tuple[int, str]]:
        """The grains nearest to the question, anywhere."""
        near = [one for one in self.draft.meta.get("hard", ()) if not self._is_out(one)]
        random = self.ground.random("near", self.draft.id)
        drawn = random.integers(0, self.positions, self.near).tolist()
        return [(at, self._text(one)) for at, one in zip(drawn, near, strict=False)]

    @cached_property
    def _filler(self) -> Callable[[int], list[str]]:
        return pieces_of((f"{self._text(one).strip()}\n\n" for one in self._others), "\n\n")

    @property
    def _others(self) -> Iterator[int]:
        """Any grains, in an order of this draft's own."""
        grains = self.ground.materials.grains
        near = {*self.draft.meta.get("hard", ())[: self.near]}
        for place in self.ground.random("grains", self.draft.id).permutation(len(grains)).tolist():
            if grains[place] not in near and not self._is_out(grains[place]):
                yield grains[place]

    def _is_out(self, number: int) -> bool:
        return number in self._out or self.leaves_out(number)

    @cached_property
    def _out(self) -> set[int]:
        return {*self.draft.meta["evidence"], *self.draft.meta.get("rivals", ())}


def framed(words: Words) -> Callable[[str], str]:
    """The prompt as the recipe has it."""

    def prompt(context: str) -> str:
        if not context:
            return words.question
        return f"{words.instruction}\n\n{context}\n\n{words.label}{words.question}"

    return prompt


def readings(
    ground: Ground, size: Size, count: int, drafts: Callable[[], Iterator[Draft]], near: int
) -> Iterator[Reading]:
    """So many drafts in contexts of one size, asked as the recipe asks them, positions in turn."""
    fitter = Fitter(ground=ground, size=size)
    positions = ground.positions or POSITIONS
    for draft, at in turns(drafts, positions, count):
        yield Reading(
            fitter=fitter,
            draft=draft,
            evidence=draft.meta["evidence"],
            at=at,
            positions=positions,
            prompt=framed(words_of(draft)),
            near=near,
        )
