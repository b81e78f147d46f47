"""A plan, settings to vary and scores > every arm built, scored and kept in one folder, and which is best.

Everything goes through the public steps: a plan, `build`, `longgrain.train`, `longgrain.probe`. Each part
lies in the folder under the hash of all that decides it, so a sweep that was stopped goes on, and a
wider one takes up what a smaller one made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longgrain.errors import PlanError

if TYPE_CHECKING:
    from longgrain.tune.result import Tuned

__all__ = ["Asked", "tune"]

Tell = Callable[[str], None]
COSTS = ("tokens", "money", "calls")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How a plan is tuned; see ``longgrain tune --help``."""

    vary: tuple[str, ...] = ()
    way: str = "auto"
    trials: int = 0
    sample: float | None = None
    """share of the characters; about a million of them by default"""
    examples: int = 200
    seeds: int = 1
    score: str = ""
    """by default the first probe, else what the model gives (``loss``, ``answers``), else ``rivals``"""
    lower: bool = False
    cost: str = "tokens"
    """of the whole plan: tokens in rows, money, or calls"""
    metrics: tuple[str, ...] = ()
    model: str = ""
    config: str = ""
    base_url: str = ""
    """with ``model``: nothing is trained, it is asked the examples themselves"""
    train: Mapping[str, str] = field(default_factory=dict)
    tokens: int = 0
    probes: tuple[str, ...] = ()
    questions: int = 100
    spend: bool = False
    keep: bool = False

    def __post_init__(self) -> None:
        """PlanError for what cannot be."""
        if self.sample is not None and not 0 < self.sample <= 1:
            raise PlanError(
                f"sample {self.sample} is no share of the documents, so nothing can be drawn: give one "
                "in 0..1, such as 0.1"
            )
        if min(self.examples, self.seeds, self.questions) < 1 or min(self.trials, self.tokens) < 0:
            raise PlanError(
                f"examples {self.examples}, seeds {self.seeds}, questions {self.questions}, trials "
                f"{self.trials}, tokens {self.tokens}: there would be nothing to compare; give 1 or more"
            )
        if self.cost not in COSTS:
            raise PlanError(f"cost {self.cost!r} is none that is forecast: {', '.join(COSTS)}")
        if self.way not in ("auto", "grid", "one"):
            raise PlanError(f"way {self.way!r} is none: auto, grid, one")
        if self.base_url and not self.model:
            raise PlanError(
                f"base_url {self.base_url!r} without a model: nobody can be asked; give its name at the "
                "server with --model"
            )
        if not self.trains and (self.probes or self.train or self.tokens or self.score == "loss"):
            raise PlanError(
                "probes, the loss and settings of a training need a model to train: give --model FOLDER "
                "or --config FILE, without --base-url"
            )

    @property
    def trains(self) -> bool:
        """Whether a model is trained on every arm."""
        return bool(self.model or self.config) and not self.base_url

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values."""
        return asdict(self)


def tune(
    plan: Path | str,
    out: Path | str,
    asked: Asked,
    *,
    changes: Sequence[str] = (),
    command: str = "",
    workers: int = 1,
    tell: Tell = lambda words: None,
) -> Tuned:
    """Tries the arms of a plan's file in a folder; writes tune.json, tune.html and best.yaml there.

    ``changes`` are ``key=value`` as for `Plan.load`; ``command`` is noted in what is written. Raises
    PlanError for what cannot be varied or compared, and what the steps raise.
    """
    from longgrain.tune.sweeping import swept

    how: dict[str, Any] = {"changes": changes, "command": command, "workers": workers}
    return swept(Path(plan), Path(out), asked, **how, tell=tell)
