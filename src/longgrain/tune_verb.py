"""The words typed after ``longgrain tune`` > arms of a plan compared in a folder, a table, and the best plan."""

from __future__ import annotations

import shlex
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from longgrain.tune import Asked
    from longgrain.tune.result import Tuned

Flag = Annotated[bool, Parameter(negative=(), show_default=False)]
Many = Parameter(negative=(), show_default=False)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Arms:
    """What is tried."""

    vary: Annotated[tuple[str, ...], Many] = ()
    """A setting and its values: --vary grains.size=64,128,256. May be given again."""
    way: Literal["auto", "grid", "one"] = "auto"
    """All combinations, or one setting at a time; auto is a grid of up to 24."""
    trials: int = 0
    """So many combinations by chance of the plan's seed, instead."""
    sample: float | None = None
    """Share of the documents' characters; about a million by default."""
    examples: int = 200
    """Examples of each arm, at most."""
    seeds: int = 1
    """Seeds of each arm; with more than one, intervals hold what a seed does."""
    spend: Flag = False
    """Ask a teacher that may cost something; else a stand-in takes its place."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Scored:
    """What arms are ranked by."""

    score: str = ""
    """rivals, made, yield, read, found, METRIC.FIGURE, with a model loss, answers or a probe."""
    lower: Flag = False
    """A smaller score is better; so it is for loss."""
    cost: Literal["tokens", "money", "calls"] = "tokens"
    """Of arms that the score does not tell apart, the cheapest is chosen by this."""
    metric: Annotated[tuple[str, ...], Many] = ()
    """A metric of the grains, of the shelf or module:Name. May be given again."""
    model: str = ""
    """Train this model on every arm: a folder, or a name on the hub; with --base-url its name there."""
    base_url: str = ""
    """Ask the model at this endpoint the examples of every arm instead; nothing is trained."""
    config: str = ""
    """Instead of --model: a config.json, whose model begins with random weights."""
    train: Annotated[tuple[str, ...], Many] = ()
    """A setting of the training: --train lr=1e-4. May be given again."""
    tokens: int = 0
    """Tokens that each model reads; by default those of the arm with the fewest."""
    probe: Annotated[tuple[str, ...], Many] = ()
    """Ask each model: --probe needle:1k,4k. May be given again."""
    questions: int = 100
    """Of each probe, length and language; held-out examples for the loss; examples for answers."""
    keep_models: Flag = False
    """Keep the weights, which are removed once they were asked."""


def tune(
    plan: Path,
    /,
    *,
    arms: Arms | None = None,
    by: Scored | None = None,
    changes: Annotated[
        tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)
    ] = (),
    out: Path | None = None,
    workers: int = 1,
    json: Flag = False,
) -> None:
    """Find which grain size, overlap, context length, distractors and compression suit this corpus.

    Builds the plan with other settings from a sample of its documents, scores every arm, and writes
    tune.html, tune.json and best.yaml. Goes on where it was stopped.

    Parameters
    ----------
    plan
        The plan's YAML file.
    changes
        Change a setting of the plan for all arms: --set seed=18. May be given again.
    out
        The folder for all that is made; tunes/NAME if it is not given.
    workers
        Processes of each build.
    json
        Print everything as JSON instead of a table.
    """
    import orjson

    from longgrain import terminal
    from longgrain.plan import Plan
    from longgrain.tune.shown import show

    folder = out or Path("tunes") / Plan.load(plan, changes).name
    command = shlex.join(["longgrain", *sys.argv[1:]])
    asked = _asked(arms or Arms(), by or Scored())
    try:
        with terminal.steps() as steps:
            how: dict[str, Any] = {"changes": changes, "command": command, "workers": workers}
            found = _tuned(plan, folder, asked, **how, tell=steps.tell)
    except KeyboardInterrupt:
        terminal.console(stderr=True).print("\nstopped; the same command goes on where it stopped")
        sys.exit(130)
    if json:
        sys.stdout.buffer.write(orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2) + b"\n")
        return
    show(terminal.console(), found)
    print(f"\nwrote {folder / 'tune.html'}\nnext: longgrain preview {folder / 'best.yaml'}")


def _asked(arms: Arms, by: Scored) -> Asked:
    """As the sweep takes it. Raises PlanError for what cannot be."""
    from longgrain.errors import PlanError
    from longgrain.tune import Asked

    if wrong := next((one for one in by.train if "=" not in one), None):
        raise PlanError(f"--train {wrong!r} has no '='; write --train lr=1e-4")
    return Asked(
        **asdict(arms),
        score=by.score,
        lower=by.lower,
        cost=by.cost,
        metrics=by.metric,
        model=by.model,
        config=by.config,
        base_url=by.base_url,
        train=dict(one.split("=", 1) for one in by.train),
        tokens=by.tokens,
        probes=by.probe,
        questions=by.questions,
        keep=by.keep_models,
    )


def _tuned(plan: Path, folder: Path, asked: Asked, **how: Any) -> Tuned:
    """The sweep; what keeps it from training is said in words."""
    from longgrain.errors import TrainError
    from longgrain.tune import tune as run

    try:
        return run(plan, folder, asked, **how)
    except ModuleNotFoundError as error:
        raise TrainError(
            f"training needs {error.name}, which is not installed; `pip install 'longgrain[train]'`, or "
            "leave --model, --config and --probe out"
        ) from error
