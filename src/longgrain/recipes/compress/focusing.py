"""A question about one grain > the stretch of its document around the grain that is compressed for it."""

from __future__ import annotations

from collections.abc import Sequence

from longgrain.facts import holds, plain
from longgrain.protocols import Materials
from longgrain.recipes.compress.drafting import Source
from longgrain.recipes.compress.selecting import Compressed
from longgrain.recipes.drawn import draw
from longgrain.types import Draft, Grain


def around(materials: Materials, asked: Draft, tokens: tuple[int, int]) -> Source | None:
    """Neighbouring grains of so many tokens with the evidence somewhere among them, or None.

    Size and place of the evidence are drawn by the draft's id. Grains that are not of the side end
    the stretch.
    """
    number = int(asked.meta["evidence"][0])
    grain = materials.grain(number)
    mine = _unbroken(materials.grains_of(grain.doc_id), number)
    low, high = tokens
    chosen = draw(asked.id, "size")
    size = low + (high - low) * (chosen % 1000) // 1000
    numbers = _grown(materials, mine, number, size, before=(chosen >> 10) % 1000 / 1000)
    if sum(map(materials.length, numbers)) < low:
        return None
    start, end = materials.grain(numbers[0]).start, materials.grain(numbers[-1]).end
    stretch = Grain(doc_id=grain.doc_id, path=(start,), kind="window", start=start, end=end)
    return Source(
        grain=stretch,
        words=materials.words(stretch),
        language=materials.language(number),
        numbers=tuple(numbers),
        name=" ".join(materials.headings(number)[-1:]),
    )


def _unbroken(numbers: Sequence[int], around_: int) -> list[int]:
    """The run of consecutive numbers that holds one of them."""
    known = set(numbers)
    first = last = around_
    while first - 1 in known:
        first -= 1
    while last + 1 in known:
        last += 1
    return list(range(first, last + 1))


def _grown(
    materials: Materials, mine: Sequence[int], number: int, size: int, before: float
) -> list[int]:
    """Grains on both sides of one, up to a size; a share of it ``before``, where there are so many."""
    first = last = mine.index(number)
    tokens, ahead = materials.length(number), 0
    while tokens < size and (first > 0 or last + 1 < len(mine)):
        backwards = first > 0 and (ahead <= before * tokens or last + 1 >= len(mine))
        if backwards:
            first -= 1
            ahead += materials.length(mine[first])
        else:
            last += 1
        tokens += materials.length(mine[first] if backwards else mine[last])
    return list(mine[first : last + 1])


def keeps(found: Compressed, source: Source, asked: Draft) -> bool:
    """Whether a sentence of the evidence that holds the answer was kept; of free words, all quotes."""
    grain = asked.evidence[0]
    quotes = [plain(str(one)) for one in asked.meta.get("quotes", ())]
    if quotes:
        return all(one in plain(found.text) for one in quotes)
    inside = (grain.start - source.grain.start, grain.end - source.grain.start)
    return any(
        start < inside[1] and inside[0] < end and holds(source.words[start:end], asked.answer)
        for start, end in found.kept
    )
