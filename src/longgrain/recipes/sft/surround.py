"""A row whose passage is in no document > the passage among grains of the pool that do not answer it."""

from __future__ import annotations

from longgrain.protocols import Materials
from longgrain.recipes.general import given
from longgrain.recipes.rows import Row
from longgrain.recipes.sft.item import BREAK
from longgrain.types import Span, content_id

RIVAL = 0.5


def surrounded(materials: Materials, row: Row, around: tuple[int, int]) -> tuple[Span, ...]:
    """The passage at a drawn depth in a context of a drawn length, as far as the pool goes.

    The length is the whole context's, in tokens; grains that hold half of the question's words, or
    a spoken answer, stay out.
    """
    draw = int(content_id("around", materials.seed, row.content), 16)
    [own] = materials.tokens([row.passage])
    wished = around[0] + draw % (around[1] - around[0] + 1) - own
    asked = row.question or row.turns[-2][1]
    rivals = {number for number, _ in materials.holding(asked, RIVAL)}
    said = [text for text, _ in row.answers] or (
        [row.response] if 0 < len(row.response) < 60 else []
    )
    chosen: list[int] = []
    pool = materials.grains
    start, size = draw % max(1, len(pool)), 0
    for place in range(len(pool)):
        number = pool[(start + place) % len(pool)]
        length = materials.length(number)
        if size + length > wished:
            break
        text = materials.text(number)
        if number not in rivals and not any(one in text for one in said):
            chosen.append(number)
            size += length
    place = (draw >> 32) % (len(chosen) + 1)
    spans: list[Span] = []
    for n, number in enumerate([*chosen[:place], -1, *chosen[place:]]):
        spans += [BREAK] if n else []
        spans.append(
            Span(role="evidence", origin=given(row), text=row.passage)
            if number < 0
            else Span(role="distractor", origin=materials.grain(number))
        )
    return tuple(spans)
