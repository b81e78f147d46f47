"""A document of one side > its paragraphs and headings in reading order, how long they are, which are prose."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from longgrain.protocols import Materials
from longgrain.recipes.drawn import draw
from longgrain.recipes.sft.passages import is_prose
from longgrain.types import Grain, Kind

# Items of a list, and what leads to something that does not follow.
_UNFIT = re.compile(r"\A\s*(?:[-*+•>]|\d+[.)]|[（(]|\[)|[:：]\s*\Z")
# A prefix ends here, or inside a sentence.
_ENDED = re.compile(r"[.!?。！？…][\"'”’」』）)\]*_]*\s*\Z")
# Markup that stands in lines of its own, and headings with tags in them.
_MARKUP = re.compile(
    r"^\s*(?:\{[#/:%@]|</?[a-zA-Z]|<!--|__[A-Z]+__|:\w+:)|^#+ .*<[a-zA-Z/]", re.MULTILINE
)
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_MARKED = re.compile(r"^\s*(?:[|#<>!$%\\]|\$\$|:\w+:|\t|    \S).*$", re.MULTILINE)
NOTED, REMEMBERED = "continuation-blocks", 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph or a heading, and about how many tokens it has."""

    grain: Grain
    tokens: float
    is_heading: bool
    is_prose: bool
    is_clean: bool
    """No line of it is markup."""

    @property
    def home(self) -> tuple[int, ...]:
        """The node that it stands in."""
        return self.grain.path[:-1]


@dataclass(frozen=True, kw_only=True)
class Blocks:
    """The blocks of one document; see `window` for stretches of it."""

    materials: Materials
    doc_id: str

    @cached_property
    def language(self) -> str:
        """Of the document."""
        return str(self.materials.document(self.doc_id).meta["language"])

    @cached_property
    def is_code(self) -> bool:
        """Whether it is a file in a programming language."""
        return bool(self.materials.document(self.doc_id).meta.get("code"))

    @cached_property
    def text(self) -> str:
        """All its words."""
        return self.materials.document(self.doc_id).text

    @cached_property
    def nodes(self) -> Sequence[Grain]:
        """Its structure tree."""
        return self.materials.tree(self.doc_id)

    @cached_property
    def listed(self) -> list[Block]:
        """Its blocks in reading order."""
        return [self._block(one) for one in self.nodes if one.kind in ("paragraph", "heading")]

    def _block(self, grain: Grain) -> Block:
        words = self.text[grain.start : grain.end]
        heading = grain.kind == "heading"
        return Block(
            grain=grain,
            tokens=len(words) * self._tokens_a_character,
            is_heading=heading,
            is_prose=not heading and is_prose(words) and _FENCE.search(words) is None,
            is_clean=_MARKUP.search(words) is None,
        )

    @cached_property
    def _tokens_a_character(self) -> float:
        """From the cuts, whose tokens are known: counting them again would take as long as encoding."""
        numbers = self.materials.grains_of(self.doc_id)
        grains = map(self.materials.grain, numbers)
        size = sum(one.end - one.start for one in grains)
        return sum(map(self.materials.length, numbers)) / max(1, size)

    @cached_property
    def _starts(self) -> list[int]:
        return [one.grain.start for one in self.listed]

    @cached_property
    def _sentences(self) -> list[Grain]:
        return [one for one in self.nodes if one.kind == "sentence"]

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [one.start for one in self._sentences]

    def at(self, start: int) -> int:
        """The number of the first block that begins there or later."""
        return bisect_left(self._starts, start)

    def sentences(self, block: Block) -> list[Grain]:
        """The sentences of a paragraph."""
        low, high = (
            bisect_left(self._sentence_starts, place)
            for place in (block.grain.start, block.grain.end)
        )
        return self._sentences[low:high]

    def window(self, start: int, end: int) -> Grain:
        """A stretch of the document."""
        return Grain(doc_id=self.doc_id, path=(start,), kind="window", start=start, end=end)

    def trimmed(self, grain: Grain) -> Grain:
        """The stretch without the blanks at its ends."""
        words = self.text[grain.start : grain.end]
        start = grain.start + len(words) - len(words.lstrip())
        return self.window(start, grain.start + len(words.rstrip()))

    def tokens(self, grain: Grain) -> float:
        """About how many tokens a stretch has."""
        return (grain.end - grain.start) * self._tokens_a_character

    def units(self, *kinds: Kind) -> Iterator[tuple[Grain, int]]:
        """The nodes of these kinds with a heading, and the number of the heading's block."""
        for node in self.nodes:
            if node.kind in kinds:
                number = self.at(node.start)
                if number < len(self.listed) and self.listed[number].is_heading:
                    yield node, number

    def is_on_side(self, number: int) -> bool:
        """Whether all of a block is on this side."""
        return bool(self.materials.numbers(self.listed[number].grain))

    def is_first_of_what_follows(self, number: int) -> bool:
        """Whether a text may go on with this block: whole sentences, no item of a list."""
        block = self.listed[number]
        words = self.text[block.grain.start : block.grain.end]
        return block.is_prose and block.is_clean and not _UNFIT.search(words)

    def has_ended(self, place: int) -> bool:
        """Whether a sentence ends before this place."""
        return _ENDED.search(self.text[max(0, place - 12) : place]) is not None

    def before(self, number: int, least: float, most: float) -> int:
        """Where a prefix begins that ends before this block: whole blocks of this side, up to ``most``
        tokens, or as many as make up ``least``."""
        total, first = 0.0, number
        while first > 0 and self.is_on_side(first - 1):
            more = self.listed[first - 1].tokens
            if total + more > most and total >= least and first < number:
                break
            total += more
            first -= 1
        while first < number - 1 and not self._opens(first):
            first += 1
        return self.listed[first].grain.start

    def _opens(self, number: int) -> bool:
        """Whether a prefix may begin with this block: not in the middle of code or of a table."""
        return self.listed[number].is_heading or self.listed[number].is_prose

    def after(self, number: int, end: int, most: float) -> int:
        """Where a stretch of prose and headings ends that begins with this block, no heading last.

        It goes to ``end`` at most and stops before a table or code. The start of the block if there
        is nothing.
        """
        total, last = 0.0, self.listed[number].grain.start if number < len(self.listed) else end
        for place in range(number, len(self.listed)):
            block = self.listed[place]
            total += block.tokens
            fits = block.grain.end <= end and total <= most and self.is_on_side(place)
            if not fits or not block.is_clean or not (block.is_heading or block.is_prose):
                break
            if not block.is_heading and not self._leads_on(block):
                last = block.grain.end
        return last

    def _leads_on(self, block: Block) -> bool:
        """Whether a paragraph ends with a colon: what it leads to would be missing."""
        return self.text[block.grain.start : block.grain.end].rstrip().endswith((":", "："))

    def behind(self, number: int, most: float) -> int:
        """Where a context ends that begins with this block: up to so many tokens, no heading last; -1
        where there is none."""
        total, last = 0.0, -1
        for place in range(number, len(self.listed)):
            block = self.listed[place]
            total += block.tokens
            if not self.is_on_side(place) or (last >= 0 and total > most):
                break
            last = last if block.is_heading else block.grain.end
        return last

    def drawn(self, bounds: tuple[int, int], place: int, part: str) -> float:
        """A size between the bounds, drawn evenly over its logarithm."""
        share = draw(self.doc_id, place, part) / 2**64
        return float(bounds[0] * (bounds[1] / bounds[0]) ** share)


def blocks_of(materials: Materials, doc_id: str) -> Blocks:
    """The blocks of a document, those of the last documents remembered: every level and kind comes by."""
    known: dict[str, Blocks] = materials.notes.setdefault(NOTED, {})
    found = known.pop(doc_id, None) or Blocks(materials=materials, doc_id=doc_id)
    known[doc_id] = found  # the last that was used stands last
    if len(known) > REMEMBERED:
        del known[next(iter(known))]
    return found


def has_markup(text: str) -> bool:
    """Whether lines of markup stand between its paragraphs."""
    return _MARKUP.search(text) is not None


def marked(text: str) -> float:
    """The share of a text that is code, tables or formulas."""
    fenced = sum(len(one[0]) for one in _FENCE.finditer(text))
    lines = sum(len(one[0]) for one in _MARKED.finditer(_FENCE.sub("", text)) if one[0][0] != "#")
    return (fenced + lines) / max(1, len(text))
