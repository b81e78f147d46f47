"""Drafts as they come > as many of every class and difficulty as there are, the rarest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Literal

from longgrain.protocols import Materials
from longgrain.types import Draft, Dropped, Grain, Span

By = Literal["class", "difficulty", "both", "none"]
POOL = 3  # drafts that are looked at for one that is wanted, where looking costs nothing
LEAST = 24
LISTED = 12  # classes that are counted by name; the others are counted together
# From here on a passage is long, an answer has many parts, another passage is close.
LONG, MANY, CLOSE = 400, 4, 0.6


def balanced(
    found: Iterable[Draft | Dropped], materials: Materials, wanted: int, by: By
) -> Iterator[Draft | Dropped]:
    """The same drafts in an order whose every beginning is balanced; counts say before and after.

    A teacher that is paid is asked for no more than is wanted, so there is less to choose from.
    """
    drafts: list[Draft] = []
    source = iter(found)
    pool = wanted if materials.prompted else max(LEAST, POOL * wanted)
    for item in source:
        if isinstance(item, Dropped):
            yield item
            continue
        drafts.append(with_difficulty(item, materials))
        if len(drafts) >= pool:
            break
    names = _names(drafts)
    for draft in drafts:
        _count(materials, draft, names, "before")
    for item in chain(_in_order(drafts, by), source):
        if isinstance(item, Draft):
            item = with_difficulty(item, materials)
            _count(materials, item, names, "after")
        yield item


def _in_order(drafts: list[Draft], by: By) -> Iterator[Draft]:
    """From the cell of which fewest were given, the smallest cell first."""
    if by == "none":
        yield from drafts
        return
    cells: dict[tuple[str, str], list[Draft]] = {}
    for draft in drafts:
        cells.setdefault(_cell(draft, by), []).append(draft)
    order = sorted(cells, key=lambda cell: len(cells[cell]))
    for turn in range(max(map(len, cells.values()), default=0)):
        yield from (cells[cell][turn] for cell in order if turn < len(cells[cell]))


def _cell(draft: Draft, by: By) -> tuple[str, str]:
    label = str(draft.meta["label"]) if by in ("class", "both") else ""
    return label, str(draft.meta["difficulty"]) if by in ("difficulty", "both") else ""


def _names(drafts: list[Draft]) -> set[str]:
    counts = Counter(str(one.meta["label"]) for one in drafts)
    return {name for name, _ in counts.most_common(LISTED)}


def _count(materials: Materials, draft: Draft, names: set[str], when: str) -> None:
    label = str(draft.meta["label"])
    told = label if label in names else "all other classes"
    kind = str(draft.meta["kind"])
    materials.count(f"{kind}, {when} balancing: class {told}")
    materials.count(f"{kind}, {when} balancing: {draft.meta['difficulty']}")


def with_difficulty(draft: Draft, materials: Materials) -> Draft:
    """easy, medium or hard: of a long passage, many parts and a close other passage, none, one or more."""
    if "difficulty" in draft.meta:
        return draft
    hard = sum((_size(draft, materials) > LONG, int(draft.meta["parts"]) >= MANY, _close(draft, materials)))  # fmt: skip
    return replace(
        draft, meta={**draft.meta, "difficulty": ("easy", "medium", "hard", "hard")[hard]}
    )


def _size(draft: Draft, materials: Materials) -> int:
    """Tokens of what is read, or, where it is not laid out yet, of the evidence."""
    if draft.evidence:
        return sum(materials.length(number) for number in draft.meta["evidence"])
    words = [s.text or "" for m in draft.messages for s in m.spans if isinstance(s, Span)]
    return sum(materials.tokens(words))


def _close(draft: Draft, materials: Materials) -> bool:
    """Whether a grain elsewhere is nearly as near to the passage as the nearest of its own."""
    if not draft.evidence or draft.meta.get("near"):
        return bool(draft.meta.get("near"))
    own = set(draft.meta["evidence"])
    first: Grain = draft.evidence[0]
    scores = materials.nearest(materials.words(first)[:300], len(own) + 1)
    mine = max((score for number, score in scores if number in own), default=0.0)
    others = max((score for number, score in scores if number not in own), default=0.0)
    return mine > 0 and others > CLOSE * mine
