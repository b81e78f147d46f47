"""Metrics against the packages whose values they promise, on random English, Chinese and emoji text."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longgrain.metrics.agreement import cohen, krippendorff
from longgrain.metrics.correction import SelfCorrection
from longgrain.metrics.item import Item
from longgrain.metrics.rouge import KINDS, Rouge

ABSENT = "the reference package is not installed (extra dev)"
PIECES = [
    "the",
    "lamp",
    "Lamps'",
    "running",
    "3.5",
    "-",
    ".",
    "\n",
    " ",
    "，",
    "灯",
    "渡轮",
    "。",
    "臺",
    "🚢",
    "👩‍🚀",
    "é",
    "ｆ",
    "_",
]
texts = st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join) | st.text(max_size=40)
some = settings(max_examples=60, deadline=None)


@some
@given(texts, texts, st.booleans())
def test_rouge_has_the_values_of_rouge_score(target: str, prediction: str, stemmer: bool) -> None:
    package = pytest.importorskip("rouge_score.rouge_scorer", reason=ABSENT)
    expected = package.RougeScorer(list(KINDS), use_stemmer=stemmer).score(target, prediction)
    found = Rouge(stemmer=stemmer, han=False).triples(target, prediction)
    assert {kind: tuple(found[kind]) for kind in KINDS} == {
        kind: tuple(expected[kind]) for kind in KINDS
    }


@some
@given(texts, st.lists(texts, min_size=1, max_size=3), st.sampled_from(["13a", "zh", "char"]))
def test_bleu_and_chrf_have_the_values_of_sacrebleu(
    prediction: str, references: list[str], tokenizer: str
) -> None:
    package = pytest.importorskip("sacrebleu", reason=ABSENT)
    from longgrain.metrics.sacrebleu import SacreBleu

    found = SacreBleu(tokenizer=tokenizer).score(
        Item(prediction=prediction, references=tuple(references))
    )
    bleu = package.sentence_bleu(prediction, references, tokenize=tokenizer).score
    assert found["bleu"] == pytest.approx(bleu / 100, abs=1e-12)
    chrf = package.sentence_chrf(prediction, references).score
    assert found["chrf"] == pytest.approx(chrf / 100, abs=1e-12)


ratings = st.lists(
    st.lists(st.sampled_from(["", "0", "1", "2", "7", "2.5"]), min_size=4, max_size=4),
    min_size=2,
    max_size=12,
)


@some
@given(ratings, st.sampled_from(["nominal", "ordinal", "interval", "ratio"]))
def test_alpha_has_the_values_of_the_package_krippendorff(
    rows: list[list[str]], level: Any
) -> None:
    package = pytest.importorskip("krippendorff", reason=ABSENT)
    found = krippendorff([[one for one in row if one] for row in rows], level)
    data = np.array([[float(one) if one else math.nan for one in row] for row in rows]).T
    said = {one for row in rows if sum(map(bool, row)) > 1 for one in row if one}
    if len(said) < 2:
        assert found is None  # nothing varies, and the package has no answer either
        return
    expected = package.alpha(reliability_data=data, level_of_measurement=level)
    assert found == pytest.approx(expected, abs=1e-9)


labels = st.lists(st.tuples(st.sampled_from("甲乙c"), st.sampled_from("甲乙c")), min_size=2)


@some
@given(labels)
def test_kappa_has_the_values_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason=ABSENT)
    first, second = zip(*pairs, strict=True)
    found = cohen(first, second)
    if found is None:
        assert len({*first, *second}) == 1
        return
    assert found == pytest.approx(metrics.cohen_kappa_score(first, second), abs=1e-9)


@some
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2))
def test_verdicts_have_the_balanced_accuracy_of_scikit_learn(
    cases: list[tuple[bool, bool]],
) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason=ABSENT)
    metric, sums = SelfCorrection(), Counter[str]()
    for right, positive in cases:
        row = {"first": "a" if right else "b", "verdict": positive}
        sums.update(metric.tally(Item(prediction="a", references=("a",), row=row)))  # type: ignore[arg-type]
    truth, said = zip(*cases, strict=True)
    found = metric.pooled(sums)
    if len({*truth}) < 2:
        assert found["balanced_acc"] is None
        return
    assert found["balanced_acc"] == pytest.approx(metrics.balanced_accuracy_score(truth, said))
    if found["mcc"] is not None:
        assert found["mcc"] == pytest.approx(metrics.matthews_corrcoef(truth, said), abs=1e-9)
