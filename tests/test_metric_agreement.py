"""Agreement, verdicts and intervals: published examples, identities, and the reference packages."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from longgrain.intervals import of_means, wilson
from longgrain.metrics.agreement import Agreement, cohen, fleiss, krippendorff
from longgrain.metrics.correction import SelfCorrection, verdict_of
from longgrain.metrics.item import Item

no_reference = "the reference package is no dependency: pip install krippendorff scikit-learn"
# Four observers and twelve units, "." for a missing rating: Krippendorff 2011, example C.
OBSERVERS = ("1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .")
OBSERVERS = (*OBSERVERS, "1 2 3 3 2 4 4 1 2 5 1 .")
UNITS = [
    [label for label in unit if label != "."]
    for unit in zip(*(one.split() for one in OBSERVERS), strict=True)
]
# Fourteen raters, ten subjects, five classes: the example in Wikipedia's page on Fleiss' kappa.
FLEISS = (
    *("0 0 0 0 14", "0 2 6 4 2", "0 0 3 5 6", "0 3 9 2 0", "2 2 8 1 1", "7 7 0 0 0", "3 2 6 3 0"),
    *("2 5 3 2 2", "6 5 2 1 0", "0 2 2 3 7"),
)


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_krippendorff_s_published_example_comes_out(level: str, alpha: float) -> None:
    found = krippendorff(UNITS, level)  # type: ignore[arg-type]
    assert found is not None
    assert round(found, 3) == alpha


def test_fleiss_published_example_comes_out() -> None:
    units = [
        [str(label) for label, count in enumerate(row.split()) for _ in range(int(count))]
        for row in FLEISS
    ]
    found = fleiss(units)
    assert found is not None
    assert round(found, 3) == 0.210


def test_cohen_s_kappa_of_a_known_table() -> None:
    table = {("y", "y"): 20, ("y", "n"): 5, ("n", "y"): 10, ("n", "n"): 15}
    first, second = zip(*(pair for pair, count in table.items() for _ in range(count)), strict=True)
    assert cohen(first, second) == pytest.approx(0.4)


def test_agreement_where_nothing_varies_is_not_scored() -> None:
    assert krippendorff([["a", "a"], ["a", "a"]]) is None
    assert krippendorff([["a"], []]) is None
    assert cohen(["a"], ["a"]) is None
    assert fleiss([["a", "a"]]) is None
    assert fleiss([]) is None
    with pytest.raises(ValueError, match="equally many"):
        fleiss([["a", "b"], ["a", "b", "b"]])


def random_units(seed: int) -> list[list[str]]:
    rng = random.Random(seed)
    return [[rng.choice("12345.") for _ in range(4)] for _ in range(30)]


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_alpha_equals_the_package_krippendorff(level: str) -> None:
    package = pytest.importorskip("krippendorff", reason=no_reference)
    for seed in range(10):
        rows = random_units(seed)
        data = [[math.nan if one == "." else float(one) for one in row] for row in rows]
        expected = package.alpha(reliability_data=np.array(data).T, level_of_measurement=level)
        found = krippendorff([[one for one in row if one != "."] for row in rows], level)  # type: ignore[arg-type]
        assert found == pytest.approx(expected, abs=1e-12)


def test_kappa_equals_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason=no_reference)
    for seed in range(10):
        rows = random_units(seed)
        first, second = [row[0] for row in rows], [row[1] for row in rows]
        assert cohen(first, second) == pytest.approx(metrics.cohen_kappa_score(first, second))


def test_the_metric_adds_up_to_the_same_as_the_functions() -> None:
    metric, sums = Agreement(level="ordinal"), Counter[str]()
    for unit in zip(*(one.split() for one in OBSERVERS), strict=True):
        item = Item(prediction=unit[0], references=tuple(unit[1:]))
        sums.update(metric.tally(item))  # type: ignore[arg-type]
    pooled = metric.pooled(sums)
    assert pooled["alpha"] == pytest.approx(krippendorff(UNITS, "ordinal"))
    both = zip(*(one.split() for one in OBSERVERS[:2]), strict=True)
    first, second = zip(*(unit for unit in both if "." not in unit), strict=True)
    numbers = [[repr(float(one)) for one in side] for side in (first, second)]
    assert pooled["cohen"] == pytest.approx(cohen(*numbers))
    assert pooled["fleiss"] == pytest.approx(fleiss([one for one in UNITS if len(one) == 4]))


# --- self-correction ---

# Table 3 of ISC: items, ACC-First, ACC, Confidence, then R2R, R2W, W2W, W2R; what holds of each.
TABLE = (
    (500, 25.2, 29.0, 70.6, (9, 20, 78, 39), True, True),
    (500, 37.2, 42.0, 40.8, (57, 54, 57, 78), True, False),
    (500, 52.2, 52.2, 99.6, (0, 0, 2, 0), True, True),
    (500, 37.0, 42.6, 60.4, (34, 31, 76, 59), True, True),
    (500, 28.6, 28.8, 98.6, (0, 0, 6, 1), True, True),
    (500, 33.8, 34.0, 97.2, (1, 4, 4, 5), True, True),
    (1221, 23.2, 26.9, 87.7, (10, 6, 83, 51), True, True),
    (1221, 35.6, 37.9, 42.2, (111, 131, 111, 159), True, False),
    (1221, 52.2, 52.3, 99.8, (0, 0, 4, 2), True, True),
    (1221, 34.3, 38.7, 52.7, (70, 92, 272, 146), True, True),
    (1221, 25.9, 26.2, 98.9, (1, 2, 13, 9), False, False),
    (1221, 32.4, 32.6, 97.5, (5, 5, 13, 8), True, True),
)


def cells(items: int, first: float, counts: Sequence[int]) -> dict[str, float]:
    r2r, r2w, w2w, w2r = counts
    right = round(first * items / 100)
    kept, missed = right - r2r - r2w, items - right - w2w - w2r
    return {"R-R": r2r, "R-W": r2w, "W-W": w2w, "W-R": w2r, "R+R": kept, "W+W": missed}


@pytest.mark.parametrize("row", TABLE, ids=range(len(TABLE)))
def test_the_identities_hold_in_the_published_table_where_it_is_sound(row: tuple) -> None:  # type: ignore[type-arg]
    items, first, last, confidence, counts, gain_holds, confidence_holds = row
    found = SelfCorrection().pooled(cells(items, first, counts))
    assert found["gain"] == pytest.approx(found["w2r"] - found["r2w"])
    assert found["acc"] == pytest.approx(found["acc_first"] + found["gain"])
    outcomes = sum(found[key] for key in ("r2r", "r2w", "w2w", "w2r"))
    assert outcomes == pytest.approx(1 - found["confidence"])
    assert (abs(100 * found["gain"] - (last - first)) < 0.15) is gain_holds
    assert (abs(100 * found["confidence"] - confidence) <= 0.5) is confidence_holds


@pytest.mark.parametrize(
    ("items", "first", "counts", "confidence", "eval_acc"),
    [(500, 37.2, (57, 54, 107, 78), 40.8, 52.0), (1221, 35.6, (111, 131, 305, 159), 42.2, 53.8)],
)
def test_the_corrected_rows_give_the_printed_values(
    items: int, first: float, counts: tuple[int, ...], confidence: float, eval_acc: float
) -> None:
    found = SelfCorrection().pooled(cells(items, first, counts))
    assert round(100 * found["confidence"], 1) == confidence
    assert round(100 * found["eval_acc"], 1) == eval_acc


# EvalACC as printed in the same rows.
PRINTED = (36.6, 52.0, 52.2, 27.2, 28.8, 34.2, 26.8, 53.8, 52.3, 52.3, 26.0, 33.1)


@pytest.mark.parametrize("row", TABLE, ids=range(len(TABLE)))
def test_verdicts_that_look_at_nothing_score_what_the_baselines_say(row: tuple) -> None:  # type: ignore[type-arg]
    items, first, _, _, (r2r, r2w, w2w, w2r), *_ = row
    found = SelfCorrection().pooled(cells(items, first, (r2r, r2w, w2w, w2r)))
    right = round(first * items / 100)
    assert found["eval_acc"] == pytest.approx((w2w + w2r + (right - r2r - r2w)) / items)
    for sign, baseline in (("+", "always_positive"), ("-", "always_negative")):
        blind = {f"R{sign}R": float(right), f"W{sign}W": float(items - right)}
        scored = SelfCorrection().pooled(blind)
        assert scored["eval_acc"] == pytest.approx(found[baseline])
        assert scored["confidence"] == (sign == "+")
        assert scored["balanced_acc"] == pytest.approx(0.5)
        assert scored["mcc"] is None


def test_most_printed_verdicts_are_worse_than_always_saying_wrong() -> None:
    trivial = [
        SelfCorrection().pooled(cells(items, first, counts))["always_negative"]
        for items, first, _, _, counts, *_ in TABLE
    ]
    assert sum(said / 100 < one for said, one in zip(PRINTED, trivial, strict=True)) == 10


def test_a_verifier_that_always_says_wrong_is_no_better_than_blind() -> None:
    always = {"R-R": 20.0, "R-W": 5.0, "W-W": 60.0, "W-R": 15.0}
    found = SelfCorrection().pooled(always)
    assert found["eval_acc"] == pytest.approx(0.75)
    assert found["eval_acc"] == pytest.approx(found["always_negative"])
    assert found["balanced_acc"] == pytest.approx(0.5)
    assert found["mcc"] is None


def test_verdicts_are_measured_as_scikit_learn_does() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason=no_reference)
    rng = random.Random(1)
    metric, sums = SelfCorrection(), Counter[str]()
    truth, said = [], []
    for _ in range(200):
        first, verdict = rng.choice("ab"), rng.random() < 0.6
        row = {"first": first, "verdict": verdict}
        item = Item(prediction=rng.choice("ab"), references=("a",), row=row)
        sums.update(metric.tally(item))  # type: ignore[arg-type]
        truth.append(first == "a")
        said.append(verdict)
    found = metric.pooled(sums)
    assert found["balanced_acc"] == pytest.approx(metrics.balanced_accuracy_score(truth, said))
    assert found["mcc"] == pytest.approx(metrics.matthews_corrcoef(truth, said))
    assert found["eval_acc"] == pytest.approx(metrics.accuracy_score(truth, said))


@pytest.mark.parametrize(
    ("said", "verdict"),
    [(True, True), ("PV", True), ("正确。", True), ("Wrong.", False), ("錯誤", False), ("?", None)],
)
def test_verdicts_are_read_in_both_languages(said: object, verdict: bool | None) -> None:
    assert verdict_of(said) is verdict


# --- intervals ---


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_wilson_s_interval_of_known_shares(hits: int, total: int, low: float, high: float) -> None:
    found = wilson(hits, total)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(0, 0)


def test_the_bootstrap_covers_the_true_mean_about_as_often_as_it_says() -> None:
    random_ = np.random.default_rng(2)
    hits = 0
    for trial in range(200):
        (found,) = of_means(random_.normal(3.0, 1.0, (60, 1)), seed=trial)
        assert found is not None
        hits += found.low <= 3.0 <= found.high
    assert 180 <= hits <= 198


def test_intervals_are_the_same_again_and_leave_out_what_is_not_scored() -> None:
    values = np.array([[0.0, 0.3, np.nan], [1.0, 0.5, np.nan], [1.0, np.nan, np.nan]])
    first, second, third = of_means(values)
    assert first == wilson(2, 3)
    assert second is not None
    assert second.method == "bootstrap"
    assert 0.3 <= second.low <= second.high <= 0.5
    assert third is None
    assert of_means(values) == [first, second, third]
