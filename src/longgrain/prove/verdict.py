"""What the proofs measured > thresholds met or missed, one line each. They were fixed before the runs.

Those of position are those of the trial runs with a margin: there arm (a) had gaps of 50 to 56 and (b) of
1 to 3. Those of the mask and of erasure leave a margin of the same size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Results = Sequence[Mapping[str, Any]]

# Position, in points of accuracy by tenth of the context.
LOST_GAP, EDGES, WORST = (
    40.0,
    90.0,
    65.0,
)  # arm (a): largest less smallest; where it was asked; the smallest
FOUND_MEAN, FOUND_GAP = 97.0, 5.0  # arm (b)
CENTRE = (3, 4, 5, 6)  # tenths in which a model that was asked about the middle alone is best
# Masks, at 70% wrong first answers: in percent of the questions.
UNMASKED, MASKED, CORRECTED = 10.0, 95.0, 95.0
# Erasure, in percent of the questions of a task.
APPLIED, ELSEWHERE, AHEAD = 95.0, 5.0, 40.0


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One threshold and what was found."""

    what: str
    seed: int
    wanted: str
    found: str
    met: bool


def of_position(results: Results) -> Iterator[Verdict]:
    """Of arms (a) and (b) and of the middle alone; what else was run has no threshold."""
    for one in results:
        arm = one["arm"]
        if not is_plain(arm):
            continue
        what = f"{NAMES[arm['asks']]}{' with LoRA' if arm['method'] == 'lora' else ''}"
        if "failed" in one:
            yield Verdict(
                what=what, seed=one["seed"], wanted="a model", found=one["failed"], met=False
            )
            continue
        for wanted, found, met in _lines(arm["asks"], one):
            yield Verdict(what=what, seed=one["seed"], wanted=wanted, found=found, met=met)


NAMES = {
    "ends": "(a) asked about the ends",
    "anywhere": "(b) asked about any place",
    "middle": "asked about the middle",
    "mixed": "nine tenths ends, one tenth any place",
}


def is_plain(arm: Mapping[str, Any]) -> bool:
    """Whether an arm is no part of the sweep."""
    from longgrain.prove.lab import THETA
    from longgrain.prove.position import EDGE, STEPS

    return (arm["edge"], arm["steps"], arm["theta"]) == (EDGE, STEPS, THETA)


def _lines(asks: str, one: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    values = one["values"]
    worst = min(range(len(values)), key=values.__getitem__)
    best = max(range(len(values)), key=values.__getitem__)
    if asks == "ends":
        gap, ends = one["gap"], one["ends"]
        yield f"gap of at least {LOST_GAP:g}", f"{gap:.1f}", gap >= LOST_GAP
        said = f"{ends[0]:.1f}, {ends[1]:.1f}"
        yield f"first and last twentieth at least {EDGES:g}", said, min(ends) >= EDGES
        inside = 0 < worst < len(values) - 1
        yield (
            f"the worst tenth at most {WORST:g}, and no end",
            f"{values[worst]:.1f} in tenth {worst + 1}",
            values[worst] <= WORST and inside,
        )
    elif asks == "anywhere":
        mean, gap = one["mean"], one["gap"]
        yield f"mean of at least {FOUND_MEAN:g}", f"{mean:.1f}", mean >= FOUND_MEAN
        yield f"gap of at most {FOUND_GAP:g}", f"{gap:.1f}", gap <= FOUND_GAP
    elif asks == "middle":
        said = f"best in tenth {best + 1} with {values[best]:.1f}"
        yield "best in the tenths 4 to 7", said, best in CENTRE


def of_mask(results: Results) -> Iterator[Verdict]:
    """First answers, and errors that were put in, where most first answers in the data are wrong.

    Where most are right there is no threshold: that was the other half of the trial.
    """
    for one in results:
        if one["wrong"] < 0.5:
            continue
        first, corrected = one["first"], one["corrected"]
        wanted, met = f"first answer right in at least {MASKED:g}%", first >= MASKED
        if not one["masked"]:
            wanted, met = f"first answer right in at most {UNMASKED:g}%", first <= UNMASKED
        yield _of(one, wanted, first, met)
        wanted = f"an error put in is corrected in at least {CORRECTED:g}%"
        yield _of(one, wanted, corrected, corrected >= CORRECTED)


def _of(one: Mapping[str, Any], wanted: str, found: float, met: bool) -> Verdict:
    what = f"{'with' if one['masked'] else 'without'} the mask, {100 * one['wrong']:.0f}% wrong"
    return Verdict(what=what, seed=one["seed"], wanted=wanted, found=f"{found:.1f}", met=met)


def of_erasure(results: Results) -> Iterator[Verdict]:
    """The strategy without a prompt: on its task and on the other one."""
    seeds = sorted({one["seed"] for one in results})
    for seed in seeds:
        by = {one["erased"]: one for one in results if one["seed"] == seed}
        own, other = by[True]["own"], by[True]["other"]
        lines = (
            (f"strategy on its task in at least {APPLIED:g}%", own, own >= APPLIED),
            (f"strategy on the other task in at most {ELSEWHERE:g}%", other, other <= ELSEWHERE),
            (
                f"at least {AHEAD:g} points more on its task than with the prompt kept",
                own - by[False]["own"],
                own - by[False]["own"] >= AHEAD,
            ),
        )
        for wanted, found, met in lines:
            yield Verdict(
                what="prompt erased", seed=seed, wanted=wanted, found=f"{found:.1f}", met=met
            )
