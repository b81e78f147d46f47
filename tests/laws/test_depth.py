"""Law 10: each evidence grain counts 1/k at its middle over the context's tokens, and quotas are met."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from kinds import OTHERS, SHIPPED, Kinds
from longgrain.run import Run
from longgrain.types import ROLES, Example
from reference import Reference, chatml, depths

CONTEXT = [ROLES.index(role) for role in ("evidence", "distractor", "metadata")]


def depths_in_rows(run: Run) -> dict[str, list[float]]:
    """Depths of evidence from the runs of the rows alone; the last blank line is two or one tokens."""
    found = {}
    for side in run.sides:
        for row in run.rows(side):
            ends = np.cumsum(row.span_lengths)
            borders = np.searchsorted(ends, np.cumsum(row.seq_lengths)) + 1
            for name, low, high in zip(row.example_ids, [0, *borders[:-1]], borders, strict=True):
                found[name] = _depths(row.span_lengths[low:high], row.span_roles[low:high])
    return found


def _depths(lengths: np.ndarray[Any, Any], roles: np.ndarray[Any, Any]) -> list[float]:
    inside = np.flatnonzero(np.isin(roles, CONTEXT))
    if not len(inside):
        return []
    lengths, roles = lengths[inside[0] : inside[-1] + 1], roles[inside[0] : inside[-1] + 1]
    ends = np.cumsum(lengths)
    middles = (ends - lengths / 2) / ends[-1]
    return [float(middle) for middle in middles[roles == ROLES.index("evidence")]]


def all_examples(run: Run) -> list[Example]:
    return [example for side in run.sides for example in run.examples(side)]


def test_the_depths_of_examples_are_those_in_the_rows(depth_run: Run) -> None:
    rows = depths_in_rows(depth_run)
    for example in all_examples(depth_run):
        assert len(example.depths) == len(set(example.lineage["evidence"])) == len(rows[example.id])
        # The blank line behind the context is one or two of its two thousand tokens.
        assert np.allclose(example.depths, rows[example.id], atol=2e-3 if len(rows) else 0)
    assert len(rows) == 260


@pytest.mark.parametrize("kind", ["qwen", *OTHERS])
def test_depths_are_the_middles_of_the_evidence_as_the_tokenizer_sees_it(
    kind: str, kinds: Kinds
) -> None:
    run, reference = kinds.run(kind), kinds.reference(kind)
    texts = run.texts()
    for example in all_examples(run):
        conversation = chatml(example.views["train"], texts)
        expected = depths(example, reference.encode(conversation), conversation)
        assert np.allclose(example.depths, expected, atol=1e-4)


def test_control_the_depth_of_a_shuffled_context_is_another(kinds: Kinds) -> None:
    run, reference = kinds.run("qwen"), kinds.reference("qwen")
    texts, wrong = run.texts(), 0
    for example in all_examples(run):
        conversation = chatml(example.views["train"], texts)
        inside = [i for i, w in enumerate(conversation) if w.role in ("evidence", "distractor")]
        middle = len(inside) // 2
        turned = conversation[: inside[0]] + conversation[inside[middle] : inside[-1] + 1]
        turned += conversation[inside[0] : inside[middle]] + conversation[inside[-1] + 1 :]
        found = depths(example, reference.encode(turned), turned)
        wrong += not np.allclose(example.depths, found, atol=1e-2)
    assert wrong > 15


def counted(run: Run) -> Mapping[str, np.ndarray[Any, Any]]:
    """Weight of evidence in each depth bin by side, from the rows; 1/k for each grain of an example."""
    rows, found = depths_in_rows(run), {}
    for side in run.sides:
        found[side] = np.zeros(10)
        for example in run.examples(side):
            if example.lineage["layout"] != "short":
                for depth in example.depths:
                    found[side][min(int(depth * 10), 9)] += 1 / len(rows[example.id])
    return found


def test_each_side_meets_its_depth_and_length_quotas_within_one_example(depth_run: Run) -> None:
    assert depth_run.sides == ["train", "valid"]
    for side, made in counted(depth_run).items():
        quota = depth_run.manifest["quotas"][side]
        assert np.abs(made - made.sum() / 10).max() <= 1
        assert np.allclose(quota["depths"]["made"], made, atol=1e-2)
        long = [e for e in depth_run.examples(side) if e.lineage["layout"] != "short"]
        lengths, _ = np.histogram([e.lineage["tokens"] for e in long], np.linspace(2048, 6144, 11))
        assert lengths.sum() == len(long)
        assert np.abs(lengths - len(long) / 10).max() <= 1
        assert quota["lengths"]["made"] == lengths.tolist()
        assert quota["shortfalls"] == []


def test_documents_kept_in_order_choose_their_drafts_by_depth(depth_run: Run) -> None:
    kept = [e for e in all_examples(depth_run) if e.lineage["layout"] == "document"]
    assert len(kept) >= 20
    texts = depth_run.texts()
    for example in kept:
        [user] = [m for m in example.views["train"] if m.speaker == "user"]
        quoted = [s.origin for s in user.spans if s.role in ("evidence", "distractor")]  # type: ignore[union-attr]
        places = [(grain.start, grain.end) for grain in quoted]
        assert places == sorted(places)
        joined = "".join(s.words(texts) for s in user.spans if s.origin in quoted)  # type: ignore[union-attr]
        assert joined == texts[quoted[0].doc_id][places[0][0] : places[-1][1]]
    spread = np.histogram([d for e in kept for d in e.depths], 10, (0, 1))[0]
    assert (spread > 0).sum() >= 8


def test_control_evidence_at_random_places_misses_the_quota(depth_run: Run) -> None:
    rng, side = np.random.Generator(np.random.PCG64(1)), "train"
    count = sum(example.lineage["layout"] != "short" for example in depth_run.examples(side))
    made = np.histogram(rng.random(count), 10, (0, 1))[0]
    assert np.abs(made - count / 10).max() > 1


def test_the_shipped_tokenizer_sees_the_same_depths(depth_run: Run) -> None:
    reference, texts = Reference(SHIPPED), depth_run.texts()
    for example in all_examples(depth_run)[::12]:
        conversation = chatml(example.views["train"], texts)
        expected = depths(example, reference.encode(conversation), conversation)
        assert np.allclose(example.depths, expected, atol=1e-4)
