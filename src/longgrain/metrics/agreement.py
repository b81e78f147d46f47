"""Labels that several raters gave to items > how far they agree: alpha, kappas, with the item as unit."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import ClassVar, Literal

from longgrain.metrics.item import Figures, Item

Level = Literal["nominal", "ordinal", "interval", "ratio"]
Pairs = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreement of the prediction, as one rater's label, with the references, as those of the others.

    ``pairs_agreeing`` is that of one item. Of all together: ``alpha`` (Krippendorff), ``fleiss``
    (items that all raters rated) and, of the prediction and the first reference, ``cohen``. Labels
    are compared without outer blanks and case. At the levels ordinal, interval and ratio they are
    numbers; what is none is a missing rating.
    """

    name: ClassVar[str] = "agreement"
    origin: ClassVar[str] = "Krippendorff 2011; Fleiss 1971; Cohen 1960"
    needs: ClassVar[tuple[str, ...]] = ("references",)
    gold: ClassVar[str] = "pairs_agreeing"
    shares: ClassVar[bool] = True

    level: Level = "nominal"

    def score(self, item: Item) -> Figures:
        """The share of pairs of raters that gave the same label; None with fewer than two."""
        labels = [label for label in self._ratings(item) if label is not None]
        pairs = list(combinations(labels, 2))
        agreeing = sum(first == second for first, second in pairs)
        return {"pairs_agreeing": agreeing / len(pairs) if pairs else None}

    def tally(self, item: Item) -> Mapping[str, float]:
        """Coincidences of this unit, its raters and labels, and the pair of the first two raters."""
        given = self._ratings(item)
        labels = [label for label in given if label is not None]
        sums: dict[str, float] = defaultdict(float)
        for (first, second), weight in coincidences([labels]).items():
            sums[f"alpha\t{first}\t{second}"] += weight
        if None not in given[:2]:
            sums[f"cohen\t{given[0]}\t{given[1]}"] += 1
        if len(labels) >= 2:
            sums["raters\t" + str(len(labels))] += 1
            for label in labels:
                sums[f"fleiss\t{len(labels)}\t{label}"] += 1
            sums[f"agreeing\t{len(labels)}"] += self.score(item)["pairs_agreeing"] or 0.0
        return sums

    def pooled(self, sums: Mapping[str, float]) -> Figures:
        """``alpha``, ``cohen`` and ``fleiss``; None where there is no variation to agree on."""
        parts = [(key.split("\t"), value) for key, value in sums.items() if value]
        alpha = {(key[1], key[2]): value for key, value in parts if key[0] == "alpha"}
        pairs = {(key[1], key[2]): value for key, value in parts if key[0] == "cohen"}
        raters = {int(key[1]): value for key, value in parts if key[0] == "raters"}
        most = max(raters, default=0)
        labels = [value for key, value in parts if key[0] == "fleiss" and key[1] == str(most)]
        return {
            "alpha": alpha_of(alpha, self.level),
            "cohen": kappa_of(pairs),
            "fleiss": _fleiss(sums.get(f"agreeing\t{most}", 0.0), raters.get(most, 0.0), labels),
        }

    def _ratings(self, item: Item) -> list[str | None]:
        """A label, or None where there is none, of the prediction and then of each reference."""
        labels = [" ".join(one.casefold().split()) for one in (item.prediction, *item.references)]
        return [label if self.level == "nominal" else _number(label) for label in labels]


def _number(label: str) -> str | None:
    """The number that a label is, in one spelling."""
    try:
        number = float(label)
    except ValueError:
        return None
    return repr(number) if math.isfinite(number) else None


def coincidences(units: Iterable[Sequence[str]]) -> dict[tuple[str, str], float]:
    """How often each two labels meet in a unit, every unit counting as often as it has labels.

    Units with fewer than two labels say nothing. Krippendorff, "Computing Krippendorff's
    Alpha-Reliability" (2011), step 2.
    """
    found: dict[tuple[str, str], float] = defaultdict(float)
    for labels in units:
        if len(labels) >= 2:
            for pair in permutations(labels, 2):
                found[pair] += 1 / (len(labels) - 1)
    return dict(found)


def krippendorff(units: Iterable[Sequence[str]], level: Level = "nominal") -> float | None:
    """Krippendorff's alpha of units, each with the labels that it got; missing ones are left out.

    1 is agreement, 0 what chance gives. None where all labels are equal or no unit has two.
    """
    return alpha_of(coincidences(units), level)


def alpha_of(pairs: Pairs, level: Level) -> float | None:
    """Alpha from a coincidence table: 1 less observed over expected disagreement.

    What is expected is a sum over all pairs of labels; the sums over labels that it comes to are taken
    instead, since a bootstrap asks a thousand times.
    """
    totals: dict[str, float] = defaultdict(float)
    for (first, _), weight in pairs.items():
        totals[first] += weight
    labels = sorted(totals) if level == "nominal" else sorted(totals, key=float)
    if len(labels) < 2:
        return None
    whole = math.fsum(totals.values())
    ranks = _middle_ranks([totals[label] for label in labels])
    if level == "ratio":
        observed = math.fsum(weight * _ratio(*map(float, pair)) for pair, weight in pairs.items())
        expected = math.fsum(
            totals[one] * totals[other] * _ratio(float(one), float(other))
            for one, other in permutations(labels, 2)
        )
    elif level == "nominal":
        observed = math.fsum(weight for (one, other), weight in pairs.items() if one != other)
        expected = math.fsum(totals[label] * (whole - totals[label]) for label in labels)
    else:
        values = ranks if level == "ordinal" else list(map(float, labels))
        place = dict(zip(labels, values, strict=True))
        mean = math.fsum(totals[label] * place[label] for label in labels) / whole
        observed = math.fsum(
            weight * (place[one] - place[other]) ** 2 for (one, other), weight in pairs.items()
        )
        expected = 2 * whole * math.fsum(totals[one] * (place[one] - mean) ** 2 for one in labels)
    return 1.0 - (whole - 1) * observed / expected if expected else None


def _ratio(one: float, other: float) -> float:
    """Krippendorff's squared difference of two values on a scale with a zero; 0 for two zeros."""
    return ((one - other) / (one + other)) ** 2 if one + other else 0.0


def _middle_ranks(counts: Sequence[float]) -> list[float]:
    """Places in the order of all ratings: the sum over labels between two, less half their own."""
    ranks, before = [], 0.0
    for count in counts:
        ranks.append(before + count / 2)
        before += count
    return ranks


def cohen(first: Sequence[str], second: Sequence[str]) -> float | None:
    """Cohen's kappa of two raters who labelled the same items; None where chance agrees wholly."""
    return kappa_of(Counter(zip(first, second, strict=True)))


def kappa_of(pairs: Pairs) -> float | None:
    """Cohen's kappa from how often each label of one rater met each of the other."""
    whole = math.fsum(pairs.values())
    rows: dict[str, float] = defaultdict(float)
    columns: dict[str, float] = defaultdict(float)
    for (first, second), count in pairs.items():
        rows[first] += count
        columns[second] += count
    chance = math.fsum(rows[label] * columns.get(label, 0.0) for label in sorted(rows))
    agreeing = math.fsum(count for (first, second), count in pairs.items() if first == second)
    if not whole or chance == whole * whole:
        return None
    return (agreeing * whole - chance) / (whole * whole - chance)


def fleiss(units: Sequence[Sequence[str]]) -> float | None:
    """Fleiss' kappa of units that were each labelled by the same number of raters.

    Raises ValueError for units with different numbers of labels: use Krippendorff's alpha.
    """
    sizes = {len(labels) for labels in units}
    if len(sizes) > 1 or (sizes and min(sizes) < 2):
        raise ValueError(f"Fleiss' kappa needs equally many ratings of each item, not {sizes}")
    agreeing = 0.0
    totals = Counter[str]()
    for labels in units:
        totals.update(labels)
        pairs = len(labels) * (len(labels) - 1)
        agreeing += sum(one * (one - 1) for one in Counter(labels).values()) / pairs
    return _fleiss(agreeing, float(len(units)), list(totals.values()))


def _fleiss(agreeing: float, units: float, totals: Sequence[float]) -> float | None:
    whole = math.fsum(totals)
    chance = math.fsum((total / whole) ** 2 for total in totals) if whole else 1.0
    return (agreeing / units - chance) / (1 - chance) if units and len(totals) > 1 else None
