"""A draft's evidence and the pool of its side > the grains of its context, at a planned length and depth.

Works on grain numbers and token counts alone; no text is touched and no token is copied here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from longgrain.quota import bin_of

Numbers = NDArray[np.int32]
# So many grains can be exchanged for so many others to close a context's last gap: nearly always to
# 0 in one round; short contexts have few grains and need more.
CLOSING_TRIES, CLOSING_ROUNDS = 96, 4
# Most contexts are right at the first try; short ones need luck with the sizes of their grains.
DEPTH_TRIES = 40


@dataclass(frozen=True, kw_only=True)
class Pool:
    """The grains that contexts of one side may use, as columns over all grains of the run.

    ``tokens`` are lengths as laid and ``middles`` where in them the grain's own words have their
    middle; ``documents`` and ``groups`` (near-duplicates share one) are
    numbers for every grain; ``members`` are the grains of this pool, preferred language first.
    """

    tokens: NDArray[np.int64]
    middles: NDArray[np.float64]
    documents: Numbers
    groups: Numbers
    members: Numbers
    others: Numbers = field(default_factory=lambda: np.zeros(0, np.int32))

    @cached_property
    def longest(self) -> int:
        """Tokens of the longest member."""
        return int(self.tokens[self.members].max(initial=1))

    @cached_property
    def mean(self) -> int:
        """About the mean tokens of a member."""
        return max(1, int(self.tokens[self.members[:512]].mean())) if len(self.members) else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one context should be: its tokens, a depth bin for each evidence grain, its distractors.

    Where ``tokens`` cannot be had, anything from ``least`` to ``most`` is still of the same length.
    """

    tokens: int
    least: int
    most: int
    bins: tuple[int, ...]
    depth_bins: int
    evidence: tuple[int, ...]
    rivals: Numbers
    hard: Numbers
    hard_share: float
    same_document_share: float
    seed: int


class Context(NamedTuple):
    """The grains in order, and in this order each evidence grain's depth (middle over all tokens)."""

    grains: Numbers
    depths: tuple[float, ...]
    guarded: int
    twins: int


class Short(NamedTuple):
    """Why no context could be laid."""

    reason: str


def assemble(wish: Wish, pool: Pool) -> Context | Short:
    """The context of one draft, or why the pool cannot give it."""
    rng = np.random.default_rng(wish.seed)
    evidence = np.asarray(wish.evidence, np.int32)
    room = wish.tokens - int(pool.tokens[evidence].sum())
    if room < 0:
        return Short("evidence alone is longer than the context")
    chosen, guarded, twins = _distractors(wish, pool, room, rng)
    if room - int(pool.tokens[chosen].sum()) > 2 * pool.longest:
        return Short("pool is shorter than the context")
    grains, depths = _arranged(wish, evidence, chosen, pool, rng)
    return Context(grains, tuple(sorted(depths)), guarded, twins)


def _distractors(
    wish: Wish, pool: Pool, room: int, rng: np.random.Generator
) -> tuple[Numbers, int, int]:
    """Grains that fill the room to within a few tokens, and how often each guard acted."""
    evidence = np.asarray(wish.evidence, np.int32)
    hard = wish.hard[: _enough(wish.hard, pool.tokens, room * wish.hard_share)]
    same = _same_document(wish, pool, room, rng)
    same = same[: _enough(same, pool.tokens, room * wish.same_document_share)]
    drawn = _drawn(pool, room, rng)
    candidates = _first_seen(np.concatenate([hard, same, drawn]))
    answers = _among(candidates, wish.rivals)
    twins = _among(pool.groups[candidates], pool.groups[evidence])
    own = _among(candidates, evidence)
    kept = candidates[~(answers | twins)]
    return (
        _fill(kept, pool.tokens, room, (wish.least - wish.tokens, wish.most - wish.tokens)),
        int((answers & ~own).sum()),
        int((twins & ~own & ~answers).sum()),
    )


def _among(values: Numbers, few: Numbers) -> NDArray[np.bool_]:
    """Which values are among a few others: `np.isin` without its preparations."""
    found: NDArray[np.bool_] = (values[:, None] == few).any(1)
    return found


def _enough(grains: Numbers, tokens: NDArray[np.int64], wanted: float) -> int:
    """How many of the grains, from the first, make up the wanted tokens."""
    return int(np.searchsorted(np.cumsum(tokens[grains]), wanted, "right"))


def _same_document(wish: Wish, pool: Pool, room: int, rng: np.random.Generator) -> Numbers:
    if wish.same_document_share <= 0:
        return np.zeros(0, np.int32)
    document = pool.documents[min(wish.evidence)]
    # In the arrays' own type: another would copy them first.
    cuts = np.searchsorted(pool.documents, document + np.arange(2, dtype=np.int32))
    low, high = np.searchsorted(pool.members, cuts.astype(np.int32))
    wanted = int(2 * room * wish.same_document_share) // pool.mean + CLOSING_TRIES
    return _some(pool.members[low:high], wanted, rng)


def _drawn(pool: Pool, room: int, rng: np.random.Generator) -> Numbers:
    """Random grains of the pool, with plenty to spare for those that a guard takes out."""
    drawn = _some(pool.members, 2 * room // pool.mean + 2 * CLOSING_TRIES, rng)
    if len(drawn) < len(pool.members):
        return drawn
    return np.concatenate([drawn, rng.permutation(pool.others)])


def _some(grains: Numbers, wanted: int, rng: np.random.Generator) -> Numbers:
    """Grains at random, a few of them twice; all of them where not many more are there than wanted."""
    if wanted < len(grains) // 4:
        return grains[rng.integers(0, len(grains), wanted)]
    return rng.permutation(grains)


def _first_seen(grains: Numbers) -> Numbers:
    """The grains without repeats, in the order of their first mention."""
    # Grain and place in one number: a plain sort, several times as fast as a stable one.
    both = np.sort(grains.astype(np.int64) << 32 | np.arange(len(grains)))
    first = np.diff(both >> 32, prepend=-1) != 0
    kept = np.zeros(len(grains), bool)
    kept[both[first] & 0xFFFFFFFF] = True
    return grains[kept]


def _fill(
    candidates: Numbers, tokens: NDArray[np.int64], room: int, bounds: tuple[int, int]
) -> Numbers:
    """As many candidates as fit, then some of the last of them exchanged to close the gap.

    Grains of one size leave no choice: then one more is taken if that stays in bounds (of the
    difference to the room) and leaving it out does not.
    """
    reach = int(np.searchsorted(np.cumsum(tokens[candidates]), room, "right"))
    gap = room - int(tokens[candidates[:reach]].sum())
    spare = candidates[reach : reach + CLOSING_TRIES]
    # The first candidates were asked for by name, so they stay.
    firm = max(reach // 2, reach - CLOSING_TRIES)
    loose = candidates[firm:reach]
    for _ in range(CLOSING_ROUNDS):
        if gap == 0 or not len(spare):
            break
        # The last column takes nothing out.
        gains = tokens[spare][:, None] - np.append(tokens[loose], 0)[None, :]
        new, old = divmod(int(np.where(gains <= gap, gains, 0).argmax()), gains.shape[1])
        if not 0 < gains[new, old] <= gap:
            break
        gap -= int(gains[new, old])
        loose, spare = (
            np.append(np.delete(loose, slice(old, old + 1)), spare[new]),
            np.delete(spare, new),
        )
    if -gap < bounds[0] and len(spare):
        one = spare[int(tokens[spare].argmin())]
        if int(tokens[one]) - gap <= bounds[1]:
            loose = np.append(loose, one)
    return np.concatenate([candidates[:firm], loose])


def _arranged(
    wish: Wish,
    evidence: Numbers,
    distractors: Numbers,
    pool: Pool,
    rng: np.random.Generator,
) -> tuple[Numbers, tuple[float, ...]]:
    """Evidence among distractors so that each evidence grain's middle falls into its bin."""
    best: tuple[int, Numbers, tuple[float, ...]] | None = None
    for attempt in range(DEPTH_TRIES):
        order = rng.permutation(distractors)
        # Early tries move freely inside the bin; the last ones aim at its middle.
        looseness = 0.5 - 0.5 * attempt / (DEPTH_TRIES - 1)
        grains, depths = _place(wish, evidence, order, pool, looseness, rng)
        off = sum(bin_of(d, wish.depth_bins) != b for d, b in zip(depths, wish.bins, strict=True))
        if best is None or off < best[0]:
            best = (off, grains, depths)
        if off == 0:
            break
    assert best is not None
    return best[1], best[2]


def _place(
    wish: Wish,
    evidence: Numbers,
    order: Numbers,
    pool: Pool,
    looseness: float,
    rng: np.random.Generator,
) -> tuple[Numbers, tuple[float, ...]]:
    before = np.concatenate([[0], np.cumsum(pool.tokens[order])])
    sizes, middles = pool.tokens[evidence], pool.middles[evidence]
    total = int(before[-1] + sizes.sum())
    aims = (np.asarray(wish.bins) + 0.5 + looseness * (rng.random(len(evidence)) - 0.5)) * (
        total / wish.depth_bins
    )
    rank = np.argsort(aims, kind="stable")
    placed, depths = 0, np.zeros(len(evidence))
    cuts: list[int] = []
    for i in rank:
        goal = aims[i] - placed - middles[i]
        cut = int(np.searchsorted(before, goal))
        if cut and (cut == len(before) or goal - before[cut - 1] < before[cut] - goal):
            cut -= 1
        cut = max(cut, cuts[-1] if cuts else 0)
        depths[i] = (before[cut] + placed + middles[i]) / total
        cuts.append(cut)
        placed += int(sizes[i])
    grains = np.insert(order, cuts, evidence[rank]) if cuts else order
    return grains.astype(np.int32), tuple(float(d) for d in depths)


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
