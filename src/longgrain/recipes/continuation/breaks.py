"""The documents of one side > places where they can be broken off, at every level, and what follows there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from longgrain.protocols import Materials
from longgrain.recipes.continuation.blocks import Blocks, blocks_of
from longgrain.recipes.drawn import draw
from longgrain.recipes.sft.passages import boilerplate, once, spread
from longgrain.types import Dropped, Grain, Kind

LEVELS = ("sentence", "paragraph", "section", "chapter", "document")
INNER = LEVELS[:3]  # of a gap in the middle
KINDS: dict[str, tuple[Kind, ...]] = {"section": ("section",), "chapter": ("part", "chapter")}
CODE = "a document of code, which has no paragraphs to go on with"
# Sentences that a gap in a paragraph has at most.
GAP = 3
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Tokens that are read, and that are learned, at least and at most."""

    before: tuple[int, int]
    learned: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A text broken off: what is read ``before``, what is ``learned``, what is read ``after``, if anything.

    All border on each other; blanks between them belong to the end of the first. ``whole`` says that
    what is learned goes to the end of its unit: of a document, to its end.
    """

    level: str
    blocks: Blocks
    before: Grain
    learned: Grain
    after: Grain | None = None
    whole: bool = True


Found = Break | Dropped
Finder = Callable[[Blocks, Sizes], Iterator[Found]]


def breaks(materials: Materials, level: str, sizes: Sizes) -> Iterator[Found]:
    """Prefixes that end at this level, and what follows; of every document in turn, spread over it."""
    yield from _in_turn(materials, _BREAKS[level], sizes)


def gaps(materials: Materials, level: str, sizes: Sizes) -> Iterator[Found]:
    """Gaps at this level with what stands before and after them."""
    yield from _in_turn(materials, _GAPS[level], sizes)


def _in_turn(materials: Materials, finder: Finder, sizes: Sizes) -> Iterator[Found]:
    documents = (
        _of_document(blocks_of(materials, one), finder, sizes) for one in materials.documents
    )
    for found in in_turn(documents):
        if isinstance(found, Dropped) or _is_fit(materials, found, sizes):
            yield found


def _of_document(blocks: Blocks, finder: Finder, sizes: Sizes) -> Iterator[Found]:
    if not blocks.is_code:
        yield from finder(blocks, sizes)
    elif lost := once(blocks.materials, blocks.window(0, len(blocks.text)), CODE):
        yield lost


def in_turn(sources: Iterable[Iterator[T]]) -> Iterator[T]:
    """The first of every source, then the second of each; no source is begun before it is its turn."""
    waiting: deque[Iterator[T]] = deque()
    for source in sources:
        for item in source:
            yield item
            waiting.append(source)
            break
    while waiting:
        source = waiting.popleft()
        for item in source:
            yield item
            waiting.append(source)
            break


def _is_fit(materials: Materials, found: Break, sizes: Sizes) -> bool:
    """Whether all of it is on this side and as long as it has to be."""
    blocks = found.blocks
    parts = [blocks.tokens(one) for one in (found.before, found.after) if one]
    last = found.after or found.learned
    low, high = sizes.learned
    return (
        low <= blocks.tokens(found.learned) <= high
        and min(parts) > 0
        and sizes.before[0] <= sum(parts) <= sizes.before[1]
        and bool(materials.numbers(blocks.window(found.before.start, last.end)))
    )


# --- what follows ---------------------------------------------------------------------------------


def _in_paragraph(blocks: Blocks, sizes: Sizes) -> Iterator[Found]:
    for number in _paragraphs(blocks, "sentence"):
        block = blocks.listed[number]
        said = blocks.sentences(block)
        if len(said) < 3 or not blocks.is_first_of_what_follows(number):
            continue
        cut = said[1 + draw(blocks.doc_id, block.grain.start, "cut") % (len(said) - 1)].start
        if blocks.has_ended(cut):
            yield Break(
                level="sentence",
                blocks=blocks,
                before=_before(blocks, number, cut, sizes),
                learned=blocks.window(cut, block.grain.end),
            )


def _next_paragraph(blocks: Blocks, sizes: Sizes) -> Iterator[Found]:
    for number in _paragraphs(blocks, "paragraph"):
        block = blocks.listed[number]
        if _follows_prose(blocks, number) and blocks.is_first_of_what_follows(number):
            yield Break(
                level="paragraph",
                blocks=blocks,
                before=_before(blocks, number, block.grain.start, sizes),
                learned=block.grain,
            )


def _next_unit(level: str) -> Finder:
    def found(blocks: Blocks, sizes: Sizes) -> Iterator[Found]:
        for node, heading in _units(blocks, level):
            if isinstance(node, Dropped):
                yield node
                continue
            first = heading + 1
            if first < len(blocks.listed) and blocks.listed[first].is_heading:
                first += 1
            if first >= len(blocks.listed) or not blocks.is_first_of_what_follows(first):
                continue
            start = blocks.listed[first].grain.start
            end = blocks.after(first, node.end, sizes.learned[1])
            yield Break(
                level=level,
                blocks=blocks,
                before=_before(blocks, first, start, sizes),
                learned=blocks.window(start, end),
                whole=end >= node.end,
            )

    return found


def _from_beginning(blocks: Blocks, sizes: Sizes) -> Iterator[Found]:
    """The first paragraphs of the document are read, what comes next is learned."""
    wanted = blocks.drawn((sizes.before[0], max(sizes.before[0], sizes.before[1] // 4)), 0, "read")
    read = 0.0
    for number, block in enumerate(blocks.listed):
        follows = number and _follows_prose(blocks, number)
        if read >= wanted and follows and blocks.is_first_of_what_follows(number):
            start, end = block.grain.start, len(blocks.text.rstrip())
            last = blocks.after(number, end, sizes.learned[1])
            yield Break(
                level="document",
                blocks=blocks,
                before=blocks.window(blocks.listed[0].grain.start, start),
                learned=blocks.window(start, last),
                whole=last >= end,
            )
            return
        read += block.tokens
        if read > sizes.before[1] or not blocks.is_on_side(number):
            return


# --- what is missing in the middle ----------------------------------------------------------------


def _sentences_out(blocks: Blocks, sizes: Sizes) -> Iterator[Found]:
    for number in _paragraphs(blocks, "gap in a paragraph"):
        block = blocks.listed[number]
        said = blocks.sentences(block)
        if len(said) < 3 or not blocks.is_first_of_what_follows(number):
            continue
        draws = draw(blocks.doc_id, block.grain.start, "gap")
        size = 1 + draws % min(GAP, len(said) - 2)
        first = 1 + draws // GAP % (len(said) - size - 1)
        start, end = said[first].start, said[first + size].start
        if blocks.has_ended(start) and blocks.has_ended(end):
            yield _gap("sentence", blocks, number, (start, end), number + 1, sizes)


def _paragraph_out(blocks: Blocks, sizes: Sizes) -> Iterator[Found]:
    for number in _paragraphs(blocks, "gap between paragraphs"):
        last = number + 1 == len(blocks.listed)
        if last or not (_follows_prose(blocks, number) and _follows_prose(blocks, number + 1)):
            continue
        start, end = (blocks.listed[one].grain.start for one in (number, number + 1))
        if blocks.is_first_of_what_follows(number):
            yield _gap("paragraph", blocks, number, (start, end), number + 2, sizes)


def _section_out(blocks: Blocks, sizes: Sizes) -> Iterator[Found]:
    for node, heading in _units(blocks, "section", "chapter"):
        if isinstance(node, Dropped):
            yield node
            continue
        behind = blocks.at(node.end)
        if not heading or behind >= len(blocks.listed):
            continue
        prose = blocks.after(heading, node.end, sizes.learned[1])
        if prose >= node.end and blocks.is_on_side(behind):
            place = (node.start, blocks.listed[behind].grain.start)
            yield _gap("section", blocks, heading, place, behind + 1, sizes)


def _gap(
    level: str,
    blocks: Blocks,
    number: int,
    place: tuple[int, int],
    behind: int,
    sizes: Sizes,
) -> Break:
    """A gap in or before the block ``number``; the block before ``behind`` is read after it at least."""
    start, end = place
    least = max(1, sizes.before[0] // 2)
    room = blocks.drawn((least, max(least, sizes.before[1] // 2)), start, "read")
    last = max(blocks.listed[behind - 1].grain.end, blocks.behind(behind, room))
    return Break(
        level=level,
        blocks=blocks,
        before=blocks.window(blocks.before(number, least, room), start),
        learned=blocks.window(start, end),
        after=blocks.window(end, last),
    )


# --- what both need -------------------------------------------------------------------------------


def _before(blocks: Blocks, number: int, place: int, sizes: Sizes) -> Grain:
    """A prefix of a drawn size that ends at a place in or before the block."""
    room = blocks.drawn(sizes.before, place, "read")
    return blocks.window(blocks.before(number, sizes.before[0], room), place)


def _paragraphs(blocks: Blocks, purpose: str) -> Iterator[int]:
    """Numbers of the paragraphs of prose, each far from the one before it."""
    able = [one.grain for one in blocks.listed if one.is_prose]
    for grain in spread(able, purpose):
        yield blocks.at(grain.start)


def _follows_prose(blocks: Blocks, number: int) -> bool:
    """Whether a block stands right behind a paragraph of prose of its own section."""
    block, other = blocks.listed[number], blocks.listed[number - 1]
    return number > 0 and other.is_prose and other.home == block.home


def _units(blocks: Blocks, *levels: str) -> Iterator[tuple[Grain | Dropped, int]]:
    """Sections or chapters that are worth writing, and once the reason for each that is not."""
    units = list(blocks.units(*(kind for level in levels for kind in KINDS[level])))
    numbers = dict(units)
    for node in spread([node for node, _ in units], levels[0]):
        heading = blocks.listed[numbers[node]].grain
        title = blocks.text[heading.start : heading.end].strip("# \n")
        reason = boilerplate(title, blocks.text[heading.end : node.end])
        if not reason and blocks.materials.numbers(heading):
            yield node, numbers[node]
        elif reason and (lost := once(blocks.materials, node, reason, title)):
            yield lost, 0


_BREAKS: dict[str, Finder] = {
    "sentence": _in_paragraph,
    "paragraph": _next_paragraph,
    "section": _next_unit("section"),
    "chapter": _next_unit("chapter"),
    "document": _from_beginning,
}
_GAPS: dict[str, Finder] = {
    "sentence": _sentences_out,
    "paragraph": _paragraph_out,
    "section": _section_out,
}
