"""A seed's folder > models that learned a strategy with its prompt erased and with it kept, asked without it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from longgrain.probe import Asked, probe
from longgrain.prove.lab import Clock, Lab, kept
from longgrain.prove.strategies import SYMBOLS, pairs, write_pairs

STEPS, BATCH, RATE = 300, 8, 3e-3


def measured_all(lab: Lab) -> list[Mapping[str, Any]]:
    """Both arms; what an earlier call measured is kept."""
    return [
        kept(lab.folder / "results" / f"{_name(erased)}.json", partial(_measured, lab, erased))
        for erased in (True, False)
    ]


def _name(erased: bool) -> str:
    return "erased" if erased else "kept"


def _measured(lab: Lab, erased: bool) -> dict[str, Any]:
    """One model: in how many replies it shows its working, on its task and on the other, untold."""
    began, name = Clock.now(), _name(erased)
    run = lab.build(
        name,
        [write_pairs(lab.folder / "documents" / "pairs")],
        "longgrain.prove.strategies:Strategies",
        3 * len(pairs(held_out=False)),
        settings={"erased": erased},
        checks=("quote", "erased"),
    )
    model = lab.train(name, run, steps=STEPS, batch=BATCH, lr=RATE, warmup=0.05)
    return {
        "seed": lab.seed,
        "erased": erased,
        "own": _asked(lab, f"{name}-own", model),
        "other": _asked(lab, f"{name}-other", model, other=True),
        "own_told": _asked(lab, f"{name}-told", model, told=True),
        "questions": len(pairs(held_out=True)),
        "seconds": began.since(),
    }


def _asked(lab: Lab, name: str, model: Path, **settings: bool) -> float:
    """Percent of the held-out pairs whose reply shows the working."""
    asked = Asked(
        probe="longgrain.prove.choosing:Choosing",
        model=str(model),
        settings=settings,
        questions=SYMBOLS**2,
        seed=lab.seed,
        batch=64,
    )
    found = probe(asked, lab.folder / "probes" / name)
    return round(100 * (found.total(f"{SYMBOLS} symbols").value or 0.0), 2)
