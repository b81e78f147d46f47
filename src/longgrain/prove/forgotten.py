"""What the proof of forgetting measured > means over seeds, paired differences with intervals, and a sentence an arm."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from longgrain.prove.orders import SIGNS
from longgrain.prove.verdict import Results, Verdict

# Fixed before the runs: whether there is anything to measure. What a measure does has no threshold.
LEARNED, FORGOTTEN = 95.0, 50.0
# 97.5% quantiles of Student's t by degrees of freedom.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)


@dataclass(frozen=True, kw_only=True)
class Mean:
    """Over seeds, with a 95% interval by Student's t; none of one seed."""

    value: float
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, values: Sequence[float]) -> Mean:
        """Of at least one value."""
        mean, free = sum(values) / len(values), len(values) - 1
        if not free:
            return cls(value=mean)
        spread = math.sqrt(sum((one - mean) ** 2 for one in values) / free)
        half = STUDENT[min(free, len(STUDENT)) - 1] * spread / math.sqrt(len(values))
        return cls(value=mean, low=mean - half, high=mean + half)

    def __str__(self) -> str:
        """As in ``+12.3 (4.0 to 20.6)``."""
        if self.low is None or self.high is None:
            return f"{self.value:+.1f}"
        return f"{self.value:+.1f} ({self.low:+.1f} to {self.high:+.1f})"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One arm over its seeds: percent right by task, each seed's, and against the arm without its measure."""

    arm: str
    beside: str
    seeds: Sequence[int]
    right: Mapping[str, Sequence[float]]
    against: Mapping[str, Mean]

    def mean(self, task: str) -> float:
        """Percent right."""
        return sum(self.right[task]) / len(self.right[task])

    @property
    def said(self) -> str:
        """Whether the measure helps, costs, or neither, as far as these seeds can show it."""
        if not self.against:
            return ""
        gains = [task for task, one in self.against.items() if one.low is not None and one.low > 0]
        costs = [
            task for task, one in self.against.items() if one.high is not None and one.high < 0
        ]
        parts = [
            f"{verb} {', '.join(tasks)}"
            for verb, tasks in (("helps", gains), ("costs", costs))
            if tasks
        ]
        return "; ".join(parts) or "nothing that these seeds show"


def lines(results: Results) -> list[Line]:
    """One for each arm, in order."""
    by = {(one["arm"], one["seed"]): one for one in results}
    found = []
    for name in dict.fromkeys(one["arm"] for one in results):
        seeds = [seed for arm, seed in by if arm == name]
        own = [by[name, seed] for seed in seeds]
        beside = str(own[0]["beside"])
        both = [(by[name, seed], by[beside, seed]) for seed in seeds if (beside, seed) in by]
        # Only these arms, and those that stand beside them, have learned the third task.
        three = beside.startswith(("stages", "adapters"))
        tasks = [*SIGNS] if three else [*SIGNS][:2]
        against = {
            task: Mean.of([one[task] - other[task] for one, other in both])
            for task in (tasks if both else ())
        }
        right = {task: [float(one[task]) for one in own] for task in SIGNS}
        found.append(Line(arm=name, beside=beside, seeds=seeds, right=right, against=against))
    return found


def of_forgetting(results: Results) -> Iterator[Verdict]:
    """Whether the base knew the old task, tuning on the new one lost it, and one model can hold both."""
    for one in results:
        old, new = one["old"], one["new"]
        said = f"old {old:.1f}, new {new:.1f}"
        if one["arm"] == "base":
            yield _of(one, f"old at least {LEARNED:g}", said, old >= LEARNED)
        elif one["arm"] == "none":
            met = old <= FORGOTTEN and new >= LEARNED
            yield _of(one, f"old at most {FORGOTTEN:g}, new at least {LEARNED:g}", said, met)
        elif one["arm"] == "joint":
            met = min(old, new) >= LEARNED
            yield _of(one, f"both at least {LEARNED:g}", said, met)


def _of(one: Mapping[str, Any], wanted: str, found: str, met: bool) -> Verdict:
    what = {"base": "the base", "none": "no measure", "joint": "both tasks at once"}[one["arm"]]
    return Verdict(what=what, seed=one["seed"], wanted=wanted, found=found, met=met)
