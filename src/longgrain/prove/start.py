"""A seed's folder > a small model that looks facts up in contexts of up to 192 tokens.

First it says stretches again, then it looks facts up among 8, then among 24, each until it can. Without
the first it does not learn the second. From 8 alone the arms of the proof of position do not begin to
learn in longer contexts, or learn the end next to the question alone.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from longgrain.errors import TrainError
from longgrain.prove import writer
from longgrain.prove.lab import LONG, Clock, Lab, kept, values_of
from longgrain.run import Run

RECALL, REPEATS = "longgrain.prove.recall:Recall", "longgrain.prove.repeats:Repeats"
RATE, BATCH, TURNS = 3e-3, 8, 4
GENTLE = 1e-3  # at 3e-3 one of three seeds lost what it had learned and chose among the 8 by chance
# Loss of a token said again, of which about one in twenty cannot be known; steps until then differ by seed.
REPEATED = 0.12
ENOUGH = 0.98  # share looked up right
ROUNDS = 6


def base(lab: Lab) -> tuple[Path, dict[str, Any]]:
    """The model, and what it took and can do. TrainError where it does not learn to look facts up."""

    def made() -> dict[str, Any]:
        began = Clock.now()
        model, said = _repeating(lab)
        model, few = _looking_up(lab, model, chunks=8, examples=5000, row=520, rate=GENTLE)
        model, more = _looking_up(lab, model, chunks=24, examples=1500, row=640, rate=RATE)
        found = lab.look("base", model, writer.CHUNKS, 400, 10)
        about = {"repeats": said, "few": few, "more": more, "long": values_of(found)}
        return about | {"model": str(model.relative_to(lab.folder)), "seconds": began.since()}

    about = kept(lab.folder / "results" / "base.json", made)
    if late := next((one for one in ("repeats", "few", "more") if not about[one]["enough"]), ""):
        raise TrainError(
            f"the base of seed {lab.seed} with theta {lab.theta:g} did not learn what it should in "
            f"{ROUNDS} rounds ({late}: {about[late]['rounds']}), so no arm can begin; take another "
            "seed or theta"
        )
    return lab.folder / str(about["model"]), about


def _repeating(lab: Lab) -> tuple[Path, dict[str, Any]]:
    """A new model, trained until it says a stretch again; and the validation loss after each round."""
    run = lab.build("repeats", [lab.noise], REPEATS, 12_000, valid=0.05)
    model, losses = None, [math.inf]
    while losses[-1] > REPEATED and len(losses) <= ROUNDS:
        settings: dict[str, Any] = {"schedule": "constant", "warmup": 0.05, "lr": RATE, "batch": 8}
        name, steps = f"repeats-{len(losses)}", 150 if model else 400
        model = lab.train(name, run, model, steps=steps, **settings)
        losses.append(lab.validation(model))
    return model or Path(), {"rounds": losses[1:], "enough": losses[-1] <= REPEATED}


def _looking_up(
    lab: Lab, model: Path, *, chunks: int, examples: int, row: int, rate: float
) -> tuple[Path, dict[str, Any]]:
    """The model, trained until it looks facts up among so many; and the share right after each round."""
    settings = {"turns": chunks, "short": True}
    run = lab.build(f"{chunks}-chunks", [lab.facts], RECALL, examples, settings=settings, row=row)
    right = [0.0]
    while right[-1] < ENOUGH and len(right) <= ROUNDS:
        name = f"{chunks}-chunks-{len(right)}"
        model = lab.train(name, run, model, steps=200, batch=5, lr=rate, warmup=0.2)
        found = lab.look(name, model, chunks, 400, 8)
        right.append(found.total(f"{chunks} chunks").value or 0.0)
    return model, {"rounds": right[1:], "enough": right[-1] >= ENOUGH}


def long_contexts(lab: Lab, name: str, depths: tuple[float, ...], examples: int) -> Path:
    """A run of long contexts with these depths. TrainError if they could not be had."""
    how: dict[str, Any] = {"depths": depths, "settings": {"turns": TURNS}, "row": LONG}
    run = lab.build(name, [lab.facts], RECALL, examples, **how)
    if short := Run(run).manifest["quotas"]["train"]["shortfalls"]:
        raise TrainError(
            f"{run} does not have the depths that were asked for ({short[0]}), so nothing would be "
            "proved; choose a wider edge"
        )
    return run
