"""Drafts and quotas > a job for each: which layout, how many tokens, which depth bins.

Everything that depends on the whole set is decided here, once and in order; the jobs are then done
shard by shard in any process (`context.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longgrain.assemble import document_bins
from longgrain.plan import Between, Layout
from longgrain.quota import Depths, listed_lengths, share_out, uniform_lengths

LAYOUTS = ("pool", "document", "short", "none")
POOL, DOCUMENT, SHORT, NONE = range(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """What the dealing needs to know of one draft."""

    layout: str
    evidence: tuple[int, ...]
    rivals: tuple[int, ...]
    keep_order: bool
    shell: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one draft's context should be. ``tokens`` is the whole example's length to aim at."""

    layout: int
    tokens: int = 0
    bins: tuple[int, ...] = ()
    first: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretches:
    """The runs of neighbouring cuts of one document that lie on one side."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    tokens: NDArray[np.int64]

    @classmethod
    def of(
        cls, usable: NDArray[np.bool_], documents: NDArray[np.int32], tokens: NDArray[np.int64]
    ) -> Stretches:
        """From the cuts that may be used; ``tokens`` are those of each cut in its document."""
        kept = np.flatnonzero(usable)
        new = np.ones(len(kept), bool)
        new[1:] = (np.diff(kept) != 1) | (np.diff(documents[kept]) != 0)
        first = kept[new]
        last = kept[np.append(new[1:], True)] if len(kept) else kept
        return cls(first=first, last=last, tokens=tokens)

    def around(self, cut: int) -> tuple[int, int]:
        """The first and last cut of the run that holds this one."""
        at = int(np.searchsorted(self.first, cut, "right")) - 1
        return int(self.first[at]), int(self.last[at])


def deal(
    drafts: Sequence[Light], layout: Layout, stretches: Stretches, seed: int
) -> tuple[list[Job], Counter[str]]:
    """A job for each draft of one side, lengths and depths on quota, and what was counted."""
    rng = np.random.default_rng(seed)
    jobs: list[Job] = [Job(layout=NONE) for _ in drafts]
    counted: Counter[str] = Counter()
    long = [i for i, draft in enumerate(drafts) if draft.layout == "long"]
    lengths = dict(zip(long, _lengths(layout, len(long), rng), strict=True))
    depths = Depths(layout.depth_shares, rng)
    wanted = share_out(len(long), [layout.in_order, 1 - layout.in_order])[0]
    for i in long:
        job = None
        if wanted:
            job = _in_order(drafts[i], lengths[i], layout, stretches, depths, counted)
        if job is not None:
            wanted -= 1
            jobs[i] = job
    for i in long:
        if jobs[i].layout == NONE:
            bins = depths.deal(len(drafts[i].evidence))
            bins = sorted(bins) if drafts[i].keep_order else [int(b) for b in rng.permutation(bins)]
            jobs[i] = Job(layout=POOL, tokens=int(lengths[i]), bins=tuple(bins))
    if wanted:
        counted["documents too short or too ambiguous to be kept in order"] += wanted
    for i, draft in enumerate(drafts):
        if draft.layout == "short":
            jobs[i] = _short(draft, layout.short, stretches, rng)
    return jobs, counted


def _lengths(layout: Layout, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    if isinstance(layout.lengths, Between):
        return uniform_lengths(count, layout.lengths.min, layout.lengths.max, rng)
    return listed_lengths(count, layout.lengths, rng)


def _in_order(
    draft: Light,
    tokens: int,
    layout: Layout,
    stretches: Stretches,
    depths: Depths,
    counted: Counter[str],
) -> Job | None:
    """The draft in its own document, unread words around it, at the depth most wanted; or None."""
    first, last = stretches.around(min(draft.evidence))
    wanted = tokens - draft.shell
    if max(draft.evidence) > last or int(stretches.tokens[first : last + 1].sum()) < wanted:
        return None
    own = [cut - first for cut in draft.evidence]
    bins = document_bins(
        range(last - first + 1), own, stretches.tokens[first : last + 1], wanted, len(depths.shares)
    )
    clear = {
        b: (first + low, first + high)
        for b, (low, high) in bins.items()
        if depths.shares[b] > 0
        and not any(first + low <= rival <= first + high for rival in draft.rivals)
    }
    if bins and not clear:
        counted["ambiguous in its own document, so not kept in order"] += 1
    if not clear:
        return None
    chosen = depths.furthest_behind(sorted(clear))
    low, high = clear[chosen]
    found = _bins_of(draft.evidence, low, high, stretches.tokens, len(depths.shares))
    depths.take(found)
    return Job(layout=DOCUMENT, tokens=tokens, bins=tuple(found), first=low, last=high)


def _bins_of(
    evidence: Sequence[int], low: int, high: int, tokens: NDArray[np.int64], bins: int
) -> list[int]:
    ends = np.concatenate([[0], np.cumsum(tokens[low : high + 1])])
    middles = [(ends[cut - low] + ends[cut - low + 1]) / 2 / ends[-1] for cut in evidence]
    return [min(int(middle * bins), bins - 1) for middle in middles]


def _short(draft: Light, tokens: int, stretches: Stretches, rng: np.random.Generator) -> Job:
    """The draft's own surroundings, as they stand in the document, up to so many tokens."""
    first, last = stretches.around(min(draft.evidence))
    low, high = min(draft.evidence), max(draft.evidence)
    high = min(high, last)
    size = int(stretches.tokens[low : high + 1].sum())
    blocked = set(draft.rivals)
    open_ends = [-1, 1]
    while open_ends:
        step = open_ends[int(rng.integers(len(open_ends)))]
        cut = low - 1 if step < 0 else high + 1
        fits = first <= cut <= last and size + int(stretches.tokens[cut]) <= tokens
        if not fits or cut in blocked:
            open_ends.remove(step)
            continue
        size += int(stretches.tokens[cut])
        low, high = min(low, cut), max(high, cut)
    return Job(layout=SHORT, tokens=size, first=low, last=high)


def depth_quota(
    shares: Sequence[float], depths: Sequence[Sequence[float]]
) -> Mapping[str, list[float]]:
    """Evidence weight wished for and made in each bin, in examples."""
    made = np.zeros(len(shares))
    for one in depths:
        for depth in one:
            made[min(int(depth * len(shares)), len(shares) - 1)] += 1 / len(one)
    return {
        "edges": [round(edge, 6) for edge in np.linspace(0, 1, len(shares) + 1).tolist()],
        "wished": [round(share * len(depths), 3) for share in shares],
        "made": [round(float(weight), 3) for weight in made],
    }
