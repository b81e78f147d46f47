"""A laid-out example > blocks to read and scroll through: grains with their places, and words between.

A block is small, so that a browser need not lay out those that are out of sight.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from longgrain.shown import Shown, ShownSpan

_GRAINS = ("evidence", "distractor", "summary")
# Characters after which a block ends with the line.
LONG = 1200


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Words to be shown together; ``role`` is "" for spans that stand in one line, each with its own.

    ``about`` says where a grain is from, where it is not from the same place as the one before.
    """

    spans: tuple[ShownSpan, ...]
    texts: tuple[str, ...]
    role: str = ""
    about: str = ""
    number: int = 0
    """Of `Place`, for evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message, without the template's words."""

    speaker: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One evidence grain on the bar from the first token to the last, in thousandths."""

    number: int
    depth: float
    at: int
    length: int


def blocks(shown: Shown) -> list[Said]:
    """The messages in order."""
    spoken = (span for span in shown.spans if span.message is not None)
    numbers = iter(range(1, len(shown.spans) + 1))
    return [
        Said(speaker=group[0].speaker, blocks=tuple(_blocks(group, numbers)))
        for _, part in groupby(spoken, key=lambda span: span.message)
        if (group := list(part))
    ]


def _blocks(spans: Sequence[ShownSpan], numbers: Iterator[int]) -> Iterator[Block]:
    before: list[ShownSpan] = []
    place = ""
    for span in spans:
        if span.role not in _GRAINS:
            if span.role == "glue" and not span.text.strip() and not before:
                continue  # the gap between two blocks shows it
            before.append(span)
            continue
        said, lines = _parted(before)
        if said:
            yield _inline(said)
        before = []
        own = " › ".join((span.source, *span.headings)) if span.source else ""
        about, place = ("" if own == place and span.role == "distractor" else own), own
        yield from _grain(span, lines, about, next(numbers) if span.role == "evidence" else 0)
    if before:
        yield _inline(before)


def _parted(spans: list[ShownSpan]) -> tuple[list[ShownSpan], list[ShownSpan]]:
    """Words of their own, and the line that stands before the next grain."""
    for at, span in enumerate(spans):
        if span.role == "metadata":
            return _trimmed(spans[:at]), _trimmed(spans[at:])
    return _trimmed(spans), []


def _trimmed(spans: list[ShownSpan]) -> list[ShownSpan]:
    while spans and spans[-1].role == "glue" and not spans[-1].text.strip():
        spans = spans[:-1]
    return spans


def _inline(spans: Sequence[ShownSpan]) -> Block:
    return Block(spans=tuple(spans), texts=tuple(span.text for span in spans))


def _grain(span: ShownSpan, lines: list[ShownSpan], about: str, number: int) -> Iterator[Block]:
    if lines:
        told = "" if span.role == "evidence" else about
        words = tuple(one.text for one in lines)
        yield Block(spans=tuple(lines), texts=words, role="metadata", about=told)
        about = about if span.role == "evidence" else ""
    parts = list(pieces(span.text)) if span.role != "evidence" else [span.text]
    for at, text in enumerate(parts):
        yield Block(
            spans=(span,),
            texts=(text.strip(),),
            role=span.role,
            about=about if at == 0 else "",
            number=number,
        )


def pieces(text: str, long: int = LONG) -> Iterator[str]:
    """The text in pieces that end with a line or a sentence once they are ``long``; none is lost."""
    while len(text) > 2 * long:
        ends = [text.find(sign, long, 2 * long) for sign in ("\n", "。", ". ", " ")]
        end = next((at + 1 for at in ends if at >= 0), 2 * long)
        yield text[:end]
        text = text[end:]
    if text:
        yield text


def _depth(span: ShownSpan, whole: int) -> float:
    """Of the context; of the example where the layout has no depths."""
    return span.depth if span.depth is not None else (span.first_token + span.tokens / 2) / whole


def evidence(shown: Shown) -> list[Place]:
    """Where the evidence lies, in the order of the context."""
    found = [span for span in shown.spans if span.role == "evidence" and span.message is not None]
    whole = max(1, shown.tokens)
    return [
        Place(
            number=number,
            depth=_depth(span, whole),
            at=1000 * span.first_token // whole,
            length=max(4, 1000 * span.tokens // whole),
        )
        for number, span in enumerate(found, 1)
    ]
