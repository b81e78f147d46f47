"""Evidence of some drafts and the pool of their side > the grains of each context, at a planned length and depth.

Works on grain numbers and token counts alone; no text is touched and no token is copied here. Many
contexts are made together, each by its own seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from longgrain.draws import Ints, Rows, below, first_seen, numbers, shuffled, side_by_side, unit
from longgrain.placing import placed

Numbers = NDArray[np.int32]
# So many grains can be exchanged for so many others to close a context's last gap: nearly always to
# 0 in one round; short contexts have few grains and need more.
CLOSING_TRIES, CLOSING_ROUNDS = 96, 4
# Grains are drawn for so many times the room, for those that a guard takes out.
PLENTY = 1.1
# Candidates of the contexts that are made together: their arrays stay in the cache.
BLOCK = 1 << 16
# Streams of a seed; the order of a context takes those that follow.
DRAWN, OTHERS, SAME, ORDER = range(4)


@dataclass(frozen=True, kw_only=True)
class Pool:
    """The grains that contexts of one side may use, as columns over all grains of the run.

    ``tokens`` are lengths as laid and ``middles`` where in them the grain's own words have their
    middle; ``documents`` (ascending) and ``groups`` (near-duplicates share one) are numbers for
    every grain; ``members`` are the grains of this pool in order, preferred language first, which
    ``others`` follow.
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
    def mean(self) -> float:
        """Mean tokens of a member."""
        return max(1.0, float(self.tokens[self.members].mean())) if len(self.members) else 1.0

    @cached_property
    def member_documents(self) -> Numbers:
        """The document of each member."""
        return self.documents[self.members]

    @cached_property
    def has_twins(self) -> NDArray[np.bool_]:
        """For every grain whether it has near-duplicates."""
        several: NDArray[np.bool_] = np.bincount(self.groups)[self.groups] > 1
        return several


class Wish(NamedTuple):
    """What one context should be: its tokens, a depth bin for each evidence grain, its distractors.

    Where ``tokens`` cannot be had, anything from ``least`` to ``most`` is still of the same length.
    """

    tokens: int
    least: int
    most: int
    bins: tuple[int, ...]
    depth_bins: int
    evidence: tuple[int, ...]
    rivals: Sequence[int] | Numbers
    hard: Sequence[int] | Numbers
    hard_share: float
    same_document_share: float
    seed: int


class Context(NamedTuple):
    """The grains in order; where among them the evidence is, and each one's depth (middle over all
    tokens); how many grains were kept out as rivals and as near-duplicates of the evidence."""

    grains: Numbers
    places: NDArray[np.int64]
    depths: tuple[float, ...]
    guarded: int
    twins: int


class Short(NamedTuple):
    """Why no context could be laid."""

    reason: str


class _Block(NamedTuple):
    """Some wishes of one pool, as columns; ``room`` is what the evidence leaves of their tokens."""

    wishes: Sequence[Wish]
    pool: Pool
    seeds: NDArray[np.uint64]
    evidence: Rows
    room: Ints

    def take(self, rows: Ints) -> _Block:
        """Some of the wishes."""
        return _Block(
            [self.wishes[row] for row in rows.tolist()],
            self.pool,
            self.seeds[rows],
            self.evidence.take(rows),
            self.room[rows],
        )


class _Chosen(NamedTuple):
    """Distractors of each wish, how often each guard acted, whether the room is filled, and whether
    the pool has no more than what was drawn."""

    grains: Rows
    guarded: Ints
    twins: Ints
    full: NDArray[np.bool_]
    all_drawn: NDArray[np.bool_]


def assemble(wishes: Sequence[Wish], pool: Pool) -> list[Context | Short]:
    """The context of each draft, or why the pool cannot give it; none depends on another."""
    evidence = Rows.of([wish.evidence for wish in wishes])
    room = _column([wish.tokens for wish in wishes]) - evidence.sums(pool.tokens[evidence.values])
    seeds = np.array([wish.seed for wish in wishes], np.uint64)
    whole = _Block(wishes, pool, seeds, evidence, room)
    too_long = Short("evidence alone is longer than the context")
    found: list[Context | Short] = [too_long] * len(wishes)
    able = np.flatnonzero(room >= 0)
    size = np.cumsum(_wanted(room[able], pool, PLENTY))
    for block in np.split(able, np.flatnonzero(np.diff(size // BLOCK)) + 1):
        contexts = _contexts(whole.take(block), PLENTY)
        for row, context in zip(block.tolist(), contexts, strict=True):
            found[row] = context
    return found


def _contexts(block: _Block, plenty: float) -> list[Context | Short]:
    chosen = _distractors(block, plenty)
    found: list[Context | Short] = [Short("pool is shorter than the context")] * len(block.wishes)
    rows = np.flatnonzero(chosen.full)
    for row, context in zip(rows.tolist(), _arranged(block, chosen, rows), strict=True):
        found[row] = context
    # Where guards took out more than is usual, there may be more to draw.
    rest = np.flatnonzero(~chosen.full & ~chosen.all_drawn)
    if len(rest):
        again = _contexts(block.take(rest), 4 * plenty)
        for row, one in zip(rest.tolist(), again, strict=True):
            found[row] = one
    return found


def _arranged(block: _Block, chosen: _Chosen, rows: Ints) -> Iterator[Context]:
    wishes = [block.wishes[row] for row in rows.tolist()]
    counted = zip(chosen.guarded[rows].tolist(), chosen.twins[rows].tolist(), strict=True)
    orders = placed(
        chosen.grains.take(rows),
        block.evidence.take(rows),
        Rows.of([wish.bins for wish in wishes]).values,
        block.pool.tokens,
        block.pool.middles,
        depth_bins=wishes[0].depth_bins if wishes else 1,
        seeds=block.seeds[rows],
        stream=ORDER,
    )
    for order, (guarded, twins) in zip(orders, counted, strict=True):
        yield Context(*order, guarded, twins)


def _wanted(room: Ints, pool: Pool, plenty: float) -> Ints:
    """How many grains to draw."""
    return (room * (plenty / pool.mean)).astype(np.int64) + 2 * CLOSING_TRIES


def _distractors(block: _Block, plenty: float) -> _Chosen:
    """Grains that fill the room to within a few tokens."""
    pool = block.pool
    wanted = _wanted(block.room, pool, plenty)
    asked = [_hard(block), _same_document(block), *_drawn(block, wanted)]
    rivals = Rows.of([wish.rivals for wish in block.wishes])
    listed = side_by_side([block.evidence, rivals, *asked])
    candidates, guarded = _new(listed, block.evidence.counts, rivals.counts)
    candidates, twins = _without_twins(candidates, block)
    filled, gap = _filled(candidates, block)
    all_drawn = _is_all(wanted, pool.members) & _is_all(wanted, pool.others)
    return _Chosen(filled, guarded, twins, gap <= 2 * pool.longest, all_drawn)


def _hard(block: _Block) -> Rows:
    """The first of the nearest grains, up to their share of the room."""
    hard = Rows.of([wish.hard for wish in block.wishes])
    limits = block.room * np.array([wish.hard_share for wish in block.wishes])
    sums = hard.running(block.pool.tokens[hard.values])
    return hard.where(sums <= np.repeat(limits, hard.counts))


def _same_document(block: _Block) -> Rows:
    """Grains of the evidence's document, up to their share of the room, spread evenly over it."""
    pool = block.pool
    shares = np.array([wish.same_document_share for wish in block.wishes])
    documents = pool.documents[[min(wish.evidence) for wish in block.wishes]]
    low = np.searchsorted(pool.member_documents, documents)
    high = np.searchsorted(pool.member_documents, documents, "right")
    counts = np.minimum((block.room * shares / pool.mean).astype(np.int64), high - low)
    some = Rows(numbers(block.seeds, counts, SAME), counts)
    steps = np.repeat((high - low) / np.maximum(counts, 1), counts)
    places = ((some.within + unit(some.values)) * steps).astype(np.int64)
    return Rows(pool.members[np.repeat(low, counts) + places], counts)


def _drawn(block: _Block, wanted: Ints) -> Iterator[Rows]:
    """Random grains of the pool; where those are few, all of them, and other languages' behind."""
    pool = block.pool
    yield _some(pool.members, wanted, block.seeds, DRAWN)
    more = np.where(_is_all(wanted, pool.members), wanted, 0)
    yield _some(pool.others, more, block.seeds, OTHERS)


def _some(grains: Numbers, wanted: Ints, seeds: NDArray[np.uint64], stream: int) -> Rows:
    """Grains at random, a few of them twice; all of them where not many more are there than wanted."""
    every = _is_all(wanted, grains)
    counts = np.where(every, np.minimum(wanted * len(grains), len(grains)), wanted)
    bits = Rows(numbers(seeds, counts, stream), counts)
    places = below(bits.values, len(grains))
    if every.any():
        ordered = shuffled(counts, bits.values) - np.repeat(bits.starts, counts)
        places = np.where(np.repeat(every, counts), ordered, places)
    return Rows(grains[places], counts)


def _is_all(wanted: Ints, grains: Numbers) -> NDArray[np.bool_]:
    """Where so many are wanted that all of the grains are given."""
    every: NDArray[np.bool_] = 4 * wanted >= len(grains)
    return every


def _new(listed: Rows, evidence: Ints, rivals: Ints) -> tuple[Rows, Ints]:
    """Without what is listed before; each row begins with its evidence and its rivals, which go.

    And how many candidates of each row are rivals, evidence left aside.
    """
    kept, firsts, lasts = first_seen(listed)
    within, owners = listed.within, listed.owners
    prior = evidence + rivals
    rows = owners[firsts]
    is_rival = (within[firsts] >= evidence[rows]) & (within[firsts] < prior[rows])
    met = firsts[is_rival & (within[lasts] >= prior[rows])]
    kept &= within >= np.repeat(prior, listed.counts)
    return listed.where(kept), np.bincount(owners[met], minlength=len(prior))


def _without_twins(candidates: Rows, block: _Block) -> tuple[Rows, Ints]:
    """Without near-duplicates of each row's evidence, and how many those were."""
    pool, evidence = block.pool, block.evidence
    twins = np.zeros(len(candidates.values), bool)
    unsure = np.flatnonzero(pool.has_twins[candidates.values])
    owners = candidates.owners[unsure]
    for nth in range(int(evidence.counts.max(initial=0))):
        held = nth < evidence.counts
        own = np.full(len(held), -1)
        own[held] = pool.groups[evidence.values[evidence.starts[held] + nth]]
        twins[unsure] |= pool.groups[candidates.values[unsure]] == own[owners]
    return candidates.where(~twins), candidates.sums(twins)


def _filled(candidates: Rows, block: _Block) -> tuple[Rows, Ints]:
    """As many candidates as fit, some of the last of them exchanged to close the gap; what it is then.

    Grains of one size leave no choice: then one more is taken if that stays in bounds and leaving
    it out does not.
    """
    sizes = block.pool.tokens[candidates.values]
    running = candidates.running(sizes)
    fits = running <= np.repeat(block.room, candidates.counts)
    reach = candidates.sums(fits)
    gap = block.room - candidates.sums(sizes * fits)
    grains = candidates.values.copy()
    line = _Line(grains, sizes, candidates.starts, candidates.counts, reach, gap)
    rows = np.arange(len(gap))
    for _ in range(CLOSING_ROUNDS):
        rows = rows[(gap[rows] > 0) & (reach[rows] < candidates.counts[rows])]
        rows = rows[line.exchange(rows)]
    line.add_one(
        _column([wish.tokens - wish.least for wish in block.wishes]),
        _column([wish.most - wish.tokens for wish in block.wishes]),
    )
    taken = Rows(grains, candidates.counts)
    return taken.where(taken.within < np.repeat(reach, taken.counts)), gap


class _Line(NamedTuple):
    """Candidates of each row, the first ``reach`` of them taken, and the gap that these leave.

    The arrays are changed in place: what is taken instead of another changes places with it.
    """

    grains: Numbers
    sizes: Ints
    starts: Ints
    counts: Ints
    reach: Ints
    gap: Ints

    def exchange(self, rows: Ints) -> NDArray[np.bool_]:
        """Closes the gap of these rows as far as one exchange can; which rows had one."""
        # The first candidates were asked for by name, so they stay.
        firm = np.maximum(self.reach[rows] // 2, self.reach[rows] - CLOSING_TRIES)
        loose, out_of = self._window(rows, firm, self.reach[rows])
        spare, into = self._window(rows, self.reach[rows], self.counts[rows])
        # The last column takes nothing out.
        loose = np.column_stack([loose, np.zeros(len(rows), np.int64)])
        out_of = np.column_stack([out_of, self.starts[rows] + self.reach[rows]])
        gains, column = _best_gains(loose, spare, self.gap[rows])
        best = gains.argmax(axis=1)
        at = np.arange(len(rows)), best
        better: NDArray[np.bool_] = gains[at] > 0
        self._swap(out_of[at[0], column[at]][better], into[at][better])
        self.reach[rows[better & (column[at] == CLOSING_TRIES)]] += 1
        self.gap[rows[better]] -= gains[at][better]
        return better

    def add_one(self, below: Ints, above: Ints) -> None:
        """The smallest grain left, where that ends in bounds and a context without it does not."""
        rows = np.flatnonzero((self.gap > below) & (self.reach < self.counts))
        spare, into = self._window(rows, self.reach[rows], self.counts[rows])
        best = np.where(spare < 0, np.iinfo(np.int64).max, spare).argmin(axis=1)
        at = np.arange(len(rows)), best
        fits = spare[at] - self.gap[rows] <= above[rows]
        self._swap((self.starts + self.reach)[rows[fits]], into[at][fits])
        self.reach[rows[fits]] += 1
        self.gap[rows[fits]] -= spare[at][fits]

    def _window(self, rows: Ints, first: Ints, end: Ints) -> tuple[Ints, Ints]:
        """(rows, tries): sizes of the candidates from ``first`` on, -1 behind the end; their places."""
        columns = first[:, None] + np.arange(CLOSING_TRIES)
        inside = columns < end[:, None]
        places = np.where(inside, self.starts[rows][:, None] + columns, 0)
        return np.where(inside, self.sizes[places], -1), places

    def _swap(self, left: Ints, right: Ints) -> None:
        for array in (self.grains, self.sizes):
            array[left], array[right] = array[right], array[left]


def _best_gains(loose: Ints, spare: Ints, gap: Ints) -> tuple[Ints, Ints]:
    """(rows, tries): for each spare size the most it can gain in its row without passing the gap,
    and the column of the loose size that goes for it; sizes below 0 are none."""
    width = int(max(loose.max(initial=0), spare.max(initial=0))) + 2
    bits = int(loose.shape[1]).bit_length()
    base = (np.arange(len(gap)) * width)[:, None]
    keys = (np.where(loose < 0, width - 1, loose) + base) << bits | np.arange(loose.shape[1])
    keys.sort(axis=1)
    flat = keys.ravel()
    least = np.maximum(spare - gap[:, None], 0) + base
    found = flat[np.minimum(np.searchsorted(flat, (least << bits).ravel()), len(flat) - 1)]
    found = found.reshape(spare.shape)
    gains = np.where(spare < 0, -1, spare - ((found >> bits) - base))
    return gains, found & ((1 << bits) - 1)


def _column(values: Sequence[int]) -> Ints:
    return np.array(values, np.int64)
