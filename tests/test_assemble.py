"""Contexts: which grains, how many tokens, where the evidence lies, and what stays out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from longgrain.arrange import Light, Stretches, deal, document_bins, tokens_to_next
from longgrain.assemble import Context, Pool, Short, Wish, assemble
from longgrain.plan import Layout
from longgrain.quota import bin_of


def pool(
    count: int = 400, *, size: int | None = None, groups: dict[int, int] | None = None
) -> Pool:
    rng = np.random.Generator(np.random.PCG64(5))
    tokens = np.full(count, size) if size else rng.integers(60, 131, count)
    own = np.arange(count, dtype=np.int32)
    for number, group in (groups or {}).items():
        own[number] = group
    return Pool(
        tokens=tokens.astype(np.int64),
        middles=tokens / 2 - 1,
        documents=(np.arange(count) // 40).astype(np.int32),
        groups=own,
        members=np.arange(count, dtype=np.int32),
    )


def wish(tokens: int = 4000, **settings: Any) -> Wish:
    values: dict[str, Any] = {
        "tokens": tokens, "least": tokens, "most": tokens, "bins": (4,), "depth_bins": 10,
        "evidence": (7,), "rivals": np.zeros(0, np.int32), "hard": np.zeros(0, np.int32),
        "hard_share": 0.1, "same_document_share": 0.1, "seed": 1,
    }  # fmt: skip
    return Wish(**values | settings)


def laid(wish: Wish, pool: Pool) -> Context:
    [found] = assemble([wish], pool)
    assert isinstance(found, Context)
    return found


@settings(deadline=None, max_examples=80)
@given(
    tokens=st.integers(2000, 9000),
    bins=st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True),
    seed=st.integers(0, 1000),
)
def test_a_context_has_the_wished_tokens_and_depths(
    tokens: int, bins: list[int], seed: int
) -> None:
    grains = pool()
    evidence = tuple(range(3, 3 + 50 * len(bins), 50))
    found = laid(wish(tokens, bins=tuple(bins), evidence=evidence, seed=seed), grains)
    assert int(grains.tokens[found.grains].sum()) == tokens
    assert len(set(found.grains.tolist())) == len(found.grains)
    assert sorted(found.grains[found.places].tolist()) == sorted(evidence)
    assert [bin_of(depth, 10) for depth in found.depths] == sorted(bins)
    ends = np.cumsum(grains.tokens[found.grains])
    middles = ends - grains.tokens[found.grains] + grains.middles[found.grains]
    places = np.flatnonzero(np.isin(found.grains, evidence))
    assert np.allclose(middles[places] / ends[-1], found.depths)


def test_the_order_of_the_bins_is_the_order_of_the_evidence() -> None:
    for bins in ((2, 7), (7, 2)):
        found = laid(wish(bins=bins, evidence=(7, 90)), pool())
        order = [int(g) for g in found.grains if g in (7, 90)]
        assert order == ([7, 90] if bins == (2, 7) else [90, 7])


def test_rivals_and_near_duplicates_of_the_evidence_stay_out_and_are_counted() -> None:
    rivals = np.arange(100, 200, dtype=np.int32)
    grains = pool(groups=dict.fromkeys(range(200, 260), 7))
    found = laid(wish(9000, rivals=rivals, hard=np.arange(98, 104, dtype=np.int32)), grains)
    assert not set(found.grains.tolist()) & set(range(100, 260))
    assert found.guarded > 0
    assert found.twins > 0


def test_hard_grains_and_those_of_the_same_document_have_their_share() -> None:
    hard = np.arange(300, 340, dtype=np.int32)
    found = laid(wish(8000, hard=hard, hard_share=0.3, same_document_share=0.2), pool())
    share = pool().tokens[found.grains[np.isin(found.grains, hard)]].sum() / 8000
    same = pool().tokens[found.grains[found.grains < 40]].sum() / 8000
    assert 0.25 < share < 0.45
    assert 0.15 < same < 0.35


def test_grains_of_one_size_give_one_more_where_one_less_is_another_length() -> None:
    grains = pool(size=100)
    assert len(laid(wish(1050, least=1000, most=1200), grains).grains) == 10
    assert len(laid(wish(1050, least=1040, most=1200), grains).grains) == 11
    assert len(laid(wish(1050, least=1040, most=1060), grains).grains) == 10


def test_what_cannot_be_laid_says_why() -> None:
    assert assemble([wish(50), wish(90_000)], pool()) == [
        Short("evidence alone is longer than the context"),
        Short("pool is shorter than the context"),
    ]


def test_the_same_seed_gives_the_same_context_and_another_seed_another() -> None:
    first, again, other = (laid(wish(seed=seed), pool()).grains.tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_a_context_does_not_depend_on_those_laid_beside_it() -> None:
    wishes = [wish(1500 + 700 * i, seed=i, evidence=(7 + i, 300)[: 1 + i % 2], bins=(4, 8)[: 1 + i % 2])
              for i in range(9)]  # fmt: skip
    together = assemble(wishes, pool())
    for one, asked in zip(together, wishes, strict=True):
        alone = laid(asked, pool())
        assert isinstance(one, Context)
        assert (one.grains.tolist(), one.depths) == (alone.grains.tolist(), alone.depths)


def test_other_languages_fill_what_the_own_one_cannot() -> None:
    grains = pool()
    own, others = grains.members[:20], grains.members[20:]
    small = replace(grains, members=own, others=others)
    found = laid(wish(9000, evidence=(7,)), small)
    assert int(grains.tokens[found.grains].sum()) == 9000
    assert set(own.tolist()) <= set(found.grains.tolist())


def test_more_is_drawn_where_guards_take_out_nearly_everything() -> None:
    grains = pool(20_000, groups=dict.fromkeys(range(100, 16_000), 7))
    found = laid(wish(60_000), grains)
    assert int(grains.tokens[found.grains].sum()) == 60_000
    assert not set(found.grains.tolist()) & set(range(100, 16_000))


def test_stretches_of_a_document_by_depth_hold_the_evidence_and_the_wished_tokens() -> None:
    edges = np.concatenate([[0], np.cumsum(pool().tokens)])
    found = document_bins(edges, (40, 199), (120, 122), 3000, 2800, 10)
    assert len(found) >= 9
    for number, (first, last) in found.items():
        assert 40 <= first <= 120
        assert 122 <= last <= 199
        size = edges[last + 1] - edges[first]
        assert 2800 <= size <= 3000
        assert bin_of(float((edges[120] + edges[121]) / 2 - edges[first]) / size, 10) == number
    assert document_bins(edges, (118, 124), (120,), 3000, 2800, 10) == {}


def stretches(count: int = 400) -> Stretches:
    usable = np.ones(count, bool)
    usable[200] = False
    return Stretches.of(usable, np.zeros(count, np.int32), pool(count).tokens)


def light(number: int, *, pieces: int = 1, layout: str = "long") -> Light:
    evidence = tuple(sorted({(number * 37 + 11 * i) % 190 for i in range(pieces)}))
    return Light(layout=layout, evidence=evidence, rivals=(), keep_order=False, shell=60)


def test_a_cut_that_may_not_be_used_ends_a_stretch() -> None:
    assert stretches().around(30) == (0, 199)
    assert stretches().around(201) == (201, 399)


def test_jobs_meet_lengths_and_depths_whatever_is_kept_in_order() -> None:
    layout = Layout.model_validate({"lengths": {"min": 1000, "max": 4000}, "in_order": 0.5})
    drafts = [light(i, pieces=1 + i % 3) for i in range(120)]
    jobs, counted = deal(drafts, layout, stretches(), 3)
    assert sum(job.layout == 1 for job in jobs) == 60
    assert not counted
    made = np.zeros(10)
    for job in jobs:
        np.add.at(made, list(job.bins), 1 / len(job.bins))
        assert job.layout == 1 or job.least <= job.tokens <= job.most
    assert np.abs(made - 12).max() <= 1
    lengths = np.histogram([job.tokens for job in jobs], 10, (1000, 4000))[0]
    assert np.abs(lengths - 12).max() <= 1


def test_a_length_that_the_evidence_alone_would_break_goes_to_another_draft() -> None:
    layout = Layout.model_validate({"lengths": [256, 4000], "in_order": 0.0})
    drafts = [light(i, pieces=5 if i % 2 else 1) for i in range(20)]
    jobs, _ = deal(drafts, layout, stretches(), 3)
    assert sorted(job.tokens for job in jobs) == [256] * 10 + [4000] * 10
    assert all(job.tokens == 4000 for job in jobs[1::2])


def test_what_cannot_be_kept_in_order_is_counted() -> None:
    layout = Layout.model_validate({"lengths": {"min": 60_000, "max": 90_000}, "in_order": 1.0})
    _, counted = deal([light(i) for i in range(5)], layout, stretches(), 3)
    assert counted["documents too short or too ambiguous to be kept in order"] == 5


def test_a_short_context_is_the_surroundings_without_rivals() -> None:
    layout = Layout.model_validate({"short": 800})
    draft = Light(layout="short", evidence=(50,), rivals=(48,), keep_order=False, shell=60)
    [job], _ = deal([draft], layout, stretches(), 3)
    assert job.first > 48
    assert job.first <= 50 <= job.last
    assert stretches().tokens(job.first, job.last) <= 800


def test_tokens_to_the_next_cut_are_those_of_the_document() -> None:
    tokens, cuts = np.array([0, 12, 12, 20]), np.array([0, 3, 3, 5])
    found = tokens_to_next(tokens, cuts, np.array([0, 4, 9, 1, 6]))
    assert found.tolist() == [4, 5, 3, 5, 2]
