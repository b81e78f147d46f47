"""Drafts and quotas > a job for each: which layout, how many tokens, which depth bins.

Everything that depends on the whole set is decided here, once and in order; the jobs are then done
shard by shard in any process (`context.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from longgrain.draws import Rows
from longgrain.plan import Between, Layout
from longgrain.quota import (
    Depths,
    bin_bounds,
    bin_of,
    listed_lengths,
    share_out,
    uniform_lengths,
)

# The order is the code a layout has on disk: append, never reorder.
LAYOUTS = ("pool", "document", "short", "none", "stretch")
POOL, DOCUMENT, SHORT, NONE, STRETCH = range(5)
# Layouts whose contexts are not on quota: the draft decides what is read.
OFF_QUOTA = (SHORT, NONE, STRETCH)
# What a stretch may gain when its ends are encoded again and a blank line is set behind it.
JOINTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """What the dealing needs to know of one draft; one that is ``lined`` has lines before its grains,
    which no document kept in order has."""

    layout: str
    evidence: Sequence[int]
    rivals: Sequence[int]
    keep_order: bool
    shell: int
    lined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one draft's context should be. ``tokens`` is the whole example's length to aim at.

    Anything from ``least`` to ``most`` counts as the same length to the quota. ``problem`` says why
    there can be no context.
    """

    layout: int
    tokens: int = 0
    least: int = 0
    most: int = 0
    bins: tuple[int, ...] = ()
    first: int = 0
    last: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretches:
    """The runs of neighbouring cuts of one document that lie on one side."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    edges: NDArray[np.int64]

    @classmethod
    def of(
        cls, usable: NDArray[np.bool_], documents: NDArray[np.int32], tokens: NDArray[np.int64]
    ) -> Stretches:
        """From the cuts that may be used; ``tokens`` are those up to the next cut of its document."""
        kept = np.flatnonzero(usable)
        new = np.ones(len(kept), bool)
        new[1:] = (np.diff(kept) != 1) | (np.diff(documents[kept]) != 0)
        first = kept[new]
        last = kept[np.append(new[1:], True)] if len(kept) else kept
        return cls(first=first, last=last, edges=np.concatenate([[0], np.cumsum(tokens)]))

    def tokens(self, first: int, last: int) -> int:
        """Tokens of the stretch between two cuts, both included."""
        return int(self.edges[last + 1] - self.edges[first])

    def around(self, cut: int) -> tuple[int, int]:
        """The first and last cut of the run that holds this one."""
        at = int(np.searchsorted(self.first, cut, "right")) - 1
        return int(self.first[at]), int(self.last[at])


def tokens_to_next(
    doc_tokens: NDArray[np.int64], doc_cuts: NDArray[np.int64], before: NDArray[np.integer]
) -> NDArray[np.int64]:
    """(cuts,): tokens of the document from each cut to the next, or to the document's end.

    ``before`` are the tokens before each cut in its document; the others are where documents start.
    """
    cuts = np.diff(doc_cuts)
    places = np.append(np.repeat(doc_tokens[:-1], cuts) + before, 0)
    ends = doc_cuts[1:][cuts > 0]
    following = places[1:].copy()
    following[ends - 1] = doc_tokens[1:][cuts > 0]
    found: NDArray[np.int64] = following - places[:-1]
    return found


def deal(
    drafts: Sequence[Light], layout: Layout, stretches: Stretches, seed: int
) -> tuple[list[Job], Counter[str]]:
    """A job for each draft of one side, lengths and depths on quota, and what was counted."""
    rng = np.random.default_rng(seed)
    jobs: list[Job] = [Job(layout=NONE) for _ in drafts]
    counted: Counter[str] = Counter()
    long = [i for i, draft in enumerate(drafts) if draft.layout == "long"]
    needs = _needs([drafts[i] for i in long], stretches)
    fitted = _fitted(_lengths(layout, len(long), rng), needs)
    lengths = dict(zip(long, _with_bounds(layout, fitted), strict=True))
    depths = Depths(layout.depth_shares, len(long), rng)
    wanted = share_out(len(long), [layout.in_order, 1 - layout.in_order])[0]
    for i in long:
        job = None
        if wanted and not drafts[i].lined:
            job = _in_order(drafts[i], lengths[i], stretches, depths, counted)
        if job is not None:
            wanted -= 1
            jobs[i] = job
    # Single grains weigh most, so they come first; what is left uneven, the others even out.
    for i in sorted(long, key=lambda i: len(drafts[i].evidence)):
        if jobs[i].layout == NONE:
            bins = depths.deal(len(drafts[i].evidence))
            if len(bins) > 1:
                bins = sorted(bins) if drafts[i].keep_order else rng.permutation(bins).tolist()
            jobs[i] = Job(layout=POOL, bins=tuple(bins), **lengths[i]._asdict())
    if wanted:
        counted["documents too short or too ambiguous to be kept in order"] += wanted
    for i, draft in enumerate(drafts):
        if draft.layout == "short":
            jobs[i] = _short(draft, layout.short, stretches, rng)
    alone = [i for i, draft in enumerate(drafts) if draft.layout == "stretch"]
    depths = Depths(layout.depth_shares, len(alone), rng)
    for i, tokens in zip(alone, _lengths(layout, len(alone), rng).tolist(), strict=True):
        jobs[i] = _stretch(drafts[i], tokens, stretches, depths, counted)
    return jobs, counted


def _lengths(layout: Layout, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    if isinstance(layout.lengths, Between):
        return uniform_lengths(count, layout.lengths.min, layout.lengths.max, rng)
    return listed_lengths(count, layout.lengths, rng)


def _needs(drafts: Sequence[Light], stretches: Stretches) -> NDArray[np.int64]:
    """Tokens of each draft whose context is its evidence alone, a blank line behind each."""
    evidence = Rows.of([draft.evidence for draft in drafts])
    sizes = np.diff(stretches.edges)[evidence.values] + 2
    needs: NDArray[np.int64] = evidence.sums(sizes) + [draft.shell for draft in drafts]
    return needs


def _fitted(lengths: NDArray[np.int64], least: NDArray[np.int64]) -> NDArray[np.int64]:
    """The lengths, exchanged so that no draft gets one that its evidence alone would break."""
    found = lengths.copy()
    broken = np.flatnonzero(found < least)
    for i in broken[np.argsort(-least[broken], kind="stable")].tolist():
        fits = np.flatnonzero((found >= least[i]) & (least <= found[i]))
        if len(fits):
            j = fits[found[fits].argmin()]
            found[[i, j]] = found[[j, i]]
    return found


class Length(NamedTuple):
    """Tokens to aim at, and the shortest and the longest example that count as this length."""

    tokens: int
    least: int
    most: int


def _with_bounds(layout: Layout, tokens: NDArray[np.int64]) -> list[Length]:
    if isinstance(layout.lengths, Between):
        least, most = bin_bounds(tokens, layout.lengths.min, layout.lengths.max)
    else:
        listed = np.array([0, *sorted(set(layout.lengths))])
        least, most = listed[np.searchsorted(listed, tokens) - 1] + 1, tokens
    columns = (column.tolist() for column in (tokens, least, most))
    return list(map(Length, *columns))


def _in_order(
    draft: Light,
    length: Length,
    stretches: Stretches,
    depths: Depths,
    counted: Counter[str],
) -> Job | None:
    """The draft in its own document, unread words around it, at the depth most wanted; or None."""
    first, last = stretches.around(min(draft.evidence))
    wanted = length.tokens - draft.shell - JOINTS
    if max(draft.evidence) > last or stretches.tokens(first, last) < wanted:
        return None
    least = length.least - draft.shell
    bins = document_bins(
        stretches.edges, (first, last), draft.evidence, wanted, least, len(depths.shares)
    )
    clear = {
        b: (low, high)
        for b, (low, high) in bins.items()
        if depths.shares[b] > 0 and not any(low <= rival <= high for rival in draft.rivals)
    }
    if bins and not clear:
        counted["ambiguous in its own document, so not kept in order"] += 1
    if not clear:
        return None
    chosen = depths.furthest_behind(sorted(clear))
    low, high = clear[chosen]
    found = _bins_of(draft.evidence, low, high, stretches.edges, len(depths.shares))
    if not depths.takes(found):
        return None
    depths.take(found)
    return Job(layout=DOCUMENT, tokens=length.tokens, bins=tuple(found), first=low, last=high)


def _stretch(
    draft: Light, tokens: int, stretches: Stretches, depths: Depths, counted: Counter[str]
) -> Job:
    """The evidence in its own document at about this length, or as much of it as there is.

    Depths are drawn as if they were on quota, where the document leaves a choice.
    """
    low, high = min(draft.evidence), max(draft.evidence)
    first, last = stretches.around(low)
    if high > last:
        return Job(layout=STRETCH, problem="evidence lies on both sides of a split")
    own, whole = stretches.tokens(low, high), stretches.tokens(first, last)
    room = max(own, tokens - draft.shell - JOINTS)
    if whole <= room:
        counted["document no longer than the context asked for, read as a whole"] += 1
        ranges = {0: (first, last)}
    else:
        edges, run = stretches.edges, (first, last)
        found = document_bins(edges, run, draft.evidence, room, own, len(depths.shares))
        ranges = found or {0: (low, high)}
    clear = {b: r for b, r in ranges.items() if not _meets(draft.rivals, *r)}
    if not clear:
        return Job(layout=STRETCH, problem="ambiguous in its own document")
    begin, end = clear[depths.furthest_behind(sorted(clear))]
    depths.take(_bins_of(draft.evidence, begin, end, stretches.edges, len(depths.shares)))
    return Job(layout=STRETCH, tokens=stretches.tokens(begin, end), first=begin, last=end)


def _meets(rivals: Sequence[int], low: int, high: int) -> bool:
    return any(low <= rival <= high for rival in rivals)


def document_bins(
    edges: NDArray[np.int64],
    run: tuple[int, int],
    evidence: Sequence[int],
    wanted: int,
    least: int,
    bins: int,
) -> dict[int, tuple[int, int]]:
    """For one real document kept in order: the stretches that hold all evidence, by depth bin.

    ``edges`` are the tokens before each cut of all documents and one more; ``run`` the first and
    the last cut of the document's own. A stretch has ``least`` to ``wanted`` tokens. Each bin (of
    the first evidence grain's depth) maps to the first and last cut of the stretch that lies
    deepest inside the bin.
    """
    low, high = min(evidence), max(evidence)
    earliest = max(run[0], int(np.searchsorted(edges, edges[high + 1] - wanted)))
    starts = np.arange(earliest, low + 1)
    starts = starts[edges[run[1] + 1] - edges[starts] >= wanted]
    stops = np.searchsorted(edges, edges[starts] + wanted, "right") - 1
    sizes = edges[stops] - edges[starts]
    kept = (stops > high) & (sizes >= least)
    starts, stops, sizes = starts[kept], stops[kept], sizes[kept]
    depths = ((edges[low] + edges[low + 1]) / 2 - edges[starts]) / np.maximum(sizes, 1) * bins
    numbers = np.minimum(depths.astype(int), bins - 1)
    order = np.lexsort((np.abs(depths - numbers - 0.5), numbers))
    found, first = np.unique(numbers[order], return_index=True)
    best = order[first]
    return {int(b): (int(starts[i]), int(stops[i]) - 1) for b, i in zip(found, best, strict=True)}


def _bins_of(
    evidence: Sequence[int], low: int, high: int, edges: NDArray[np.int64], bins: int
) -> list[int]:
    start, size = int(edges[low]), int(edges[high + 1] - edges[low])
    middles = [(int(edges[cut] + edges[cut + 1]) / 2 - start) / size for cut in evidence]
    return [bin_of(middle, bins) for middle in middles]


def _short(draft: Light, tokens: int, stretches: Stretches, rng: np.random.Generator) -> Job:
    """The draft's own surroundings, as they stand in the document, up to so many tokens."""
    first, last = stretches.around(min(draft.evidence))
    low, high = min(draft.evidence), max(draft.evidence)
    high = min(high, last)
    size = stretches.tokens(low, high)
    blocked = set(draft.rivals)
    open_ends = [-1, 1]
    while open_ends:
        step = open_ends[int(rng.integers(len(open_ends)))]
        cut = low - 1 if step < 0 else high + 1
        fits = first <= cut <= last and size + stretches.tokens(cut, cut) <= tokens
        if not fits or cut in blocked:
            open_ends.remove(step)
            continue
        size += stretches.tokens(cut, cut)
        low, high = min(low, cut), max(high, cut)
    return Job(layout=SHORT, tokens=size, first=low, last=high)


def depth_quota(
    shares: Sequence[float], depths: Sequence[Sequence[float]]
) -> Mapping[str, list[float]]:
    """Evidence weight wished for and made in each bin, in examples."""
    made = np.zeros(len(shares))
    for one in depths:
        for depth in one:
            made[bin_of(depth, len(shares))] += 1 / len(one)
    return {
        "edges": [round(edge, 6) for edge in np.linspace(0, 1, len(shares) + 1).tolist()],
        "wished": [round(share * len(depths), 3) for share in shares],
        "made": [round(float(weight), 3) for weight in made],
    }
