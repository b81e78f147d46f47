"""A seed's folder > models that differ only in where the facts lay that they were asked about, probed by position.

Arm (a) is asked about the first and the last 5% of the context, arm (b) about any place, evenly. Both
go on from one base, read the same documents, and have the same questions; the quota of depths in the
plan is all that differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from longgrain.errors import TrainError
from longgrain.intervals import wilson
from longgrain.probe_scores import Total
from longgrain.prove import writer
from longgrain.prove.lab import THETA, Clock, Lab, by_position, kept
from longgrain.prove.start import BATCH, base, long_contexts

STEPS, EDGE, TENTHS = 250, 0.05, 10
RATES = {"full": 3e-3, "lora": 1e-2}
QUESTIONS = 2000  # of a probe: 200 at each tenth, 100 at each twentieth


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One training from the base, and everything that may differ in it."""

    asks: str
    """ends (arm a), anywhere (arm b), middle, or mixed: nine tenths ends, one tenth anywhere."""
    method: str = "full"
    edge: float = EDGE
    """Share of the context at either end."""
    steps: int = STEPS
    theta: float = THETA

    @property
    def name(self) -> str:
        """Tells it from all others."""
        return f"{self.asks}-{self.method}-{self.edge:g}-{self.steps}-{self.theta:g}"

    @property
    def depths(self) -> tuple[float, ...]:
        """The quota of depths, one share for each bin as wide as an edge."""
        bins = round(1 / self.edge)
        even = (1 / bins,) * bins
        ends = (0.5, *(0.0,) * (bins - 2), 0.5)
        if self.asks == "middle":
            low, high = (bins - 1) // 2, bins // 2
            return tuple(float(low <= one <= high) for one in range(bins))
        if self.asks == "mixed":
            return tuple(0.9 * one + 0.1 * other for one, other in zip(ends, even, strict=True))
        return ends if self.asks == "ends" else even


BOTH = (Arm(asks="ends"), Arm(asks="anywhere"))
CONTROLS = (Arm(asks="middle"), Arm(asks="mixed"))
LORA = (Arm(asks="ends", method="lora"), Arm(asks="anywhere", method="lora"))
SWEEP = tuple(
    Arm(asks="ends", **one)  # type: ignore[arg-type]
    for one in (
        *({"theta": theta} for theta in (500.0, 1000.0, 10_000.0)),
        *({"edge": edge} for edge in (0.1, 0.2)),
        *({"steps": steps} for steps in (125, 500)),
    )
)


def measured(lab: Lab, arm: Arm, questions: int = QUESTIONS) -> dict[str, Any]:
    """One arm trained and probed: accuracy by tenth of the context, with intervals."""
    model, about = base(lab)
    began = Clock.now()
    name = f"{arm.asks}-{arm.edge:g}-{arm.steps}"
    run = long_contexts(lab, name, arm.depths, BATCH * arm.steps)
    settings: dict[str, Any] = {"lr": RATES[arm.method], "method": arm.method}
    if arm.method == "lora":
        settings["merge"] = True
    tuned = lab.train(arm.name, run, model, steps=arm.steps, batch=BATCH, warmup=0.1, **settings)
    found = lab.look(arm.name, tuned, writer.CHUNKS, questions, 2 * TENTHS)
    places = by_position(found)
    tenths = [_both(*places[at : at + 2]) for at in range(0, len(places), 2)]
    values = [one[0] for one in tenths]
    whole = found.total(f"{writer.CHUNKS} chunks")
    return {
        "seed": lab.seed,
        "arm": asdict(arm),
        "values": values,
        "low": [one[1] for one in tenths],
        "high": [one[2] for one in tenths],
        "ends": [round(100 * (one.value or 0.0), 2) for one in (places[0], places[-1])],
        "mean": round(100 * (whole.value or 0.0), 2),
        "mean_low": round(100 * (whole.low or 0.0), 2),
        "mean_high": round(100 * (whole.high or 0.0), 2),
        "gap": round(max(values) - min(values), 2),
        "questions": whole.scored,
        "base": about,
        "seconds": began.since(),
    }


def _both(first: Total, second: Total) -> tuple[float, float, float]:
    """Accuracy at two neighbouring places in percent, with its interval."""
    total = first.scored + second.scored
    hits = round(sum(one.scored * (one.value or 0.0) for one in (first, second)))
    low, high, _ = wilson(hits, total)
    return tuple(round(100 * one, 2) for one in (hits / total, low, high))  # type: ignore[return-value]


def measured_all(
    lab: Lab, arms: Sequence[Arm], questions: int = QUESTIONS
) -> list[Mapping[str, Any]]:
    """The arms of one seed, those of a theta from one base; what an earlier call measured is kept.

    An arm whose base does not learn has ``failed`` with the reason in place of figures.
    """
    found: list[Mapping[str, Any]] = []
    for arm in arms:
        own = replace(lab, folder=_folder(lab, arm), theta=arm.theta)
        own.folder.mkdir(parents=True, exist_ok=True)
        try:
            made = partial(measured, own, arm, questions)
            found.append(kept(own.folder / "results" / f"{arm.name}.json", made))
        except TrainError as error:
            found.append({"seed": lab.seed, "arm": asdict(arm), "failed": str(error)})
    return found


def _folder(lab: Lab, arm: Arm) -> Path:
    """Another theta has a base of its own."""
    return lab.folder if arm.theta == lab.theta else lab.folder / f"theta-{arm.theta:g}"
