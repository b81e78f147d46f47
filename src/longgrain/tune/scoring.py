"""What is asked > by which figure arms are ranked, what one of its values belongs to, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass

from longgrain import shelf
from longgrain.errors import PlanError
from longgrain.tune import Asked
from longgrain.tune.data import FIGURES
from longgrain.tune.finding import BUDGET
from longgrain.tune.probing import Probing

FOUND, LOSS, ANSWERS = "found", "loss", "answers"
ABOUT = {
    **FIGURES,
    FOUND: f"questions whose sentence stands whole in the {BUDGET} tokens that a search brings first",
    LOSS: "how surprised the trained model is by held-out answers, in nats a token",
    ANSWERS: "examples that the model answers from their own contexts, untrained",
}
UNITS = {
    "rivals": "examples",
    "made": "examples",
    "yield": "drafts",
    "read": "questions",
    FOUND: "questions",
    LOSS: "examples",
    ANSWERS: "examples",
}
# Figures of which nobody knows without a model whether more of them teaches better.
UNSURE = ("rivals", "read")


@dataclass(frozen=True, kw_only=True)
class Score:
    """The figure that arms are ranked by."""

    name: str
    about: str
    unit: str
    lower: bool
    metrics: tuple[str, ...]
    """of the shelf, taken of the grains"""

    @property
    def unsure(self) -> bool:
        """Whether more of it is better only by assumption."""
        return self.name in UNSURE

    @classmethod
    def of(cls, asked: Asked) -> Score:
        """As asked for, or what there is. PlanError for a figure that there will not be."""
        probes = [Probing.of(one).name for one in asked.probes]
        modelled = [LOSS] if asked.trains else [ANSWERS] if asked.base_url else []
        name = asked.score or [*probes, *modelled, "rivals"][0]
        metric = name.partition(".")[0]
        metrics = dict.fromkeys([*asked.metrics, *([metric] if "." in name else [])])
        for one in metrics:
            _alone(one)
        known = [*FIGURES, FOUND, *modelled, *probes]
        if name not in known and "." not in name:
            raise PlanError(
                f"score {name!r} is no figure of this sweep, so arms cannot be ranked by it: there are "
                f"{', '.join(known)}, and METRIC.FIGURE of a metric that needs nothing but a text"
            )
        unit = UNITS.get(name, "questions" if name in probes else "grains")
        about = ABOUT.get(name, f"{name}, mean over {unit}")
        lower = asked.lower or name == LOSS
        return cls(name=name, about=about, unit=unit, lower=lower, metrics=tuple(metrics))


def _alone(name: str) -> None:
    """PlanError for a metric that needs more than a text."""
    needs = [one for one in shelf.load("metrics", name).needs if one != "source"]
    if needs:
        raise PlanError(
            f"metric {name!r} needs {', '.join(needs)}, and grains have none, so it cannot be taken of "
            "them; name one that needs nothing but a text, such as repetition or readability"
        )
