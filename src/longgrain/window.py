"""A draft about grains of one document > the stretch of that document around them, far parts compressed.

What is read then stands in the messages themselves, as the recipe's own quotations do: verbatim
stretches by reference, compressed ones as made documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from longgrain.facts import language_of
from longgrain.metadata import metadata_line
from longgrain.protocols import Materials
from longgrain.recipes.compress import compressed
from longgrain.spans import BLANK_LINE
from longgrain.types import Draft, Given, Grain, Span, content_id

# Of a window with compressed parts, the share that stands as it is around the evidence.
VERBATIM = 0.5
# Tokens that a stretch must have to be compressed: less is left out.
WORTH = 64
LINE = "wrap.metadata"  # the source of a line of metadata before a window
NOTE = {
    "en": "[Shortened: the sentences of this part that say most]\n",
    "zh": "［此处为节选：只留下这一部分最要紧的句子］\n",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """``spans`` take the place of the slot; ``depth`` is the middle of the evidence in 0..1 of them."""

    spans: tuple[Span, ...]
    depth: float
    compressed: bool


class _Range(NamedTuple):
    """Cuts ``first`` to ``last``, both included."""

    first: int
    last: int


def window_of(
    draft: Draft,
    materials: Materials,
    *,
    tokens: int,
    share: float | None,
    names: Sequence[str] = (),
) -> Window | str:
    """The window with about so many tokens, or why there is none.

    With a ``share`` half of the tokens are verbatim, and what lies further off is compressed to that
    share of its length. ``names`` are the parts of a line of metadata before it.
    """
    evidence = sorted(draft.meta.get("evidence") or ())
    run = _run(evidence, materials) if evidence else None
    if run is None:
        return "its evidence does not lie in one stretch of one document"
    rivals = sorted(draft.meta.get("rivals") or ())
    free = _between_rivals(run, evidence, rivals)
    if free is None:
        return "a grain that might answer too lies between its evidence"
    size = _size(_Range(evidence[0], evidence[-1]), materials)
    if size > tokens:
        return "its evidence alone is longer than the window"
    if share is None:
        near = _around(evidence, free, tokens, draft, materials)
        return _window(draft, near, near, materials, tokens, names)
    near = _around(evidence, free, max(size, int(VERBATIM * tokens)), draft, materials)
    far = int((tokens - _size(near, materials)) / share)
    whole = _around(
        list(range(near.first, near.last + 1)), free, _size(near, materials) + far, draft, materials
    )
    return _window(draft, near, whole, materials, tokens, names, share)


def _run(evidence: Sequence[int], materials: Materials) -> _Range | None:
    """The neighbouring cuts of one document on this side that hold all evidence."""
    own = list(materials.neighbours(evidence[0]))
    if not set(evidence) <= set(own):
        return None
    held = set(own)
    first, last = evidence[0], evidence[-1]
    if not all(number in held for number in range(first, last + 1)):
        return None
    while first - 1 in held:
        first -= 1
    while last + 1 in held:
        last += 1
    return _Range(first, last)


def _between_rivals(run: _Range, evidence: Sequence[int], rivals: Sequence[int]) -> _Range | None:
    """The part of a run up to the nearest rival on either side."""
    low, high = evidence[0], evidence[-1]
    if any(low <= one <= high for one in rivals):
        return None
    first = max((one + 1 for one in rivals if run.first <= one < low), default=run.first)
    last = min((one - 1 for one in rivals if high < one <= run.last), default=run.last)
    return _Range(first, last)


def _size(cuts: _Range, materials: Materials) -> int:
    return sum(materials.length(number) for number in range(cuts.first, cuts.last + 1))


def _around(
    inner: Sequence[int], free: _Range, tokens: int, draft: Draft, materials: Materials
) -> _Range:
    """As many cuts as fit around some, so many of them before that every depth is as likely."""
    first, last = min(inner), max(inner)
    left = tokens - _size(_Range(first, last), materials)
    drawn = int(content_id("window", draft.id, materials.seed), 16) / 2**64
    before = int(left * drawn)
    while first > free.first and materials.length(first - 1) <= before:
        first -= 1
        before -= materials.length(first)
        left -= materials.length(first)
    while last < free.last and materials.length(last + 1) <= left:
        last += 1
        left -= materials.length(last)
    while first > free.first and materials.length(first - 1) <= left:
        first -= 1
        left -= materials.length(first)
    return _Range(first, last)


def _window(
    draft: Draft,
    near: _Range,
    whole: _Range,
    materials: Materials,
    tokens: int,
    names: Sequence[str],
    share: float | None = None,
) -> Window:
    spans: list[Span] = []
    if names:
        start = materials.grain(whole.first)
        document = materials.document(start.doc_id)
        position = start.start / max(1, len(document.text))
        line = metadata_line(names, document.meta, materials.headings(whole.first), position)
        given = Given(source=LINE, id=str(whole.first))
        spans += [Span(role="metadata", origin=given, text=line + "\n")] if line else []
    before = _shortened(_Range(whole.first, near.first - 1), materials, share)
    behind = _shortened(_Range(near.last + 1, whole.last), materials, share)
    middle = _verbatim(draft, near, materials)
    spans += [*before, *middle, _blank(), *behind]
    return Window(
        spans=tuple(spans),
        depth=round(_depth(spans, materials), 4),
        compressed=bool(before or behind),
    )


def _blank() -> Span:
    return Span(role="glue", origin=BLANK_LINE, text="\n\n")


def _shortened(cuts: _Range, materials: Materials, share: float | None) -> list[Span]:
    """A stretch of cuts as a made document of its own sentences; nothing where it is too short."""
    if share is None or cuts.last < cuts.first or _size(cuts, materials) < WORTH:
        return []
    first, last = materials.grain(cuts.first), materials.grain(cuts.last)
    document = materials.document(first.doc_id)
    text = document.text[first.start : last.end]
    language = "zh" if language_of(text) == "zh" else "en"
    short = compressed(text, language, share, count_tokens=materials.tokens).text
    if not short.strip():
        return []
    title = str(document.meta.get("title") or "")
    made = materials.made("wrap", short, of=document.id, title=title)
    note = Given(source="wrap.compress", id=f"note-{language}")
    return [
        Span(role="metadata", origin=note, text=NOTE[language]),
        Span(role="summary", origin=made),
        _blank(),
    ]


def _verbatim(draft: Draft, cuts: _Range, materials: Materials) -> list[Span]:
    """The document as it stands from one cut to another: what lies between, evidence, ..., the rest."""
    first, last = materials.grain(cuts.first), materials.grain(cuts.last)
    place = first.start
    spans: list[Span] = []

    def rest(end: int) -> list[Span]:
        grain = Grain(doc_id=first.doc_id, path=(place,), kind="window", start=place, end=end)
        return [Span(role="distractor", origin=grain)] if end > place else []

    for grain in sorted(draft.evidence):
        spans += [*rest(grain.start), Span(role="evidence", origin=grain)]
        place = grain.end
    return [*spans, *rest(last.end)]


def _depth(spans: Sequence[Span], materials: Materials) -> float:
    """The mean of the middles of the evidence over all characters of the window."""
    sizes = [
        len(span.text) if span.text is not None else len(materials.words(span.origin))  # type: ignore[arg-type]
        for span in spans
    ]
    ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
    middles = [
        end - size / 2
        for span, size, end in zip(spans, sizes, ends, strict=True)
        if span.role == "evidence"
    ]
    return sum(middles) / max(1, len(middles)) / max(1, sum(sizes))
