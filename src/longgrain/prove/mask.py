"""A seed's folder > models that learned corrections with and without the mask, and how they answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from longgrain.make import component
from longgrain.probe import Asked, probe
from longgrain.protocols import Teacher
from longgrain.prove.lab import Clock, Lab, kept
from longgrain.prove.sums import CASES, MODULUS, write_sums

STEPS, BATCH, RATE = 600, 6, 1e-3
# The table of sums has to be learned by heart: with small weights and shared embeddings it is not begun.
CONFIG = {"initializer_range": 0.1, "intermediate_size": 256, "tie_word_embeddings": False}
SHARES = (0.7, 0.3)  # of wrong first answers
ALL = MODULUS**2


def measured_all(lab: Lab) -> list[Mapping[str, Any]]:
    """Both arms at both shares; what an earlier call measured is kept."""
    return [
        kept(
            lab.folder / "results" / f"{_name(wrong, masked)}.json",
            partial(_measured, lab, wrong, masked),
        )
        for wrong in SHARES
        for masked in (False, True)
    ]


def _name(wrong: float, masked: bool) -> str:
    return f"{'masked' if masked else 'plain'}-{wrong:g}"


def _measured(lab: Lab, wrong: float, masked: bool) -> dict[str, Any]:
    """One model: its first answers, greedy and sampled, and errors that are put into its mouth."""
    began, name = Clock.now(), _name(wrong, masked)
    run = lab.build(
        name,
        [write_sums(lab.folder / "documents" / "sums")],
        "longgrain.prove.sums:Sums",
        CASES * ALL,
        settings={"wrong": wrong, "masked": masked},
    )
    model = lab.train(name, run, config=CONFIG, steps=STEPS, batch=BATCH, lr=RATE, warmup=0.05)
    return {
        "seed": lab.seed,
        "wrong": wrong,
        "masked": masked,
        "first": _asked(lab, name, model),
        "first_sampled": _asked(lab, f"{name}-sampled", model, temperature=1.0),
        "corrected": _asked(lab, f"{name}-wrong", model, begun="wrong"),
        "left_right": _asked(lab, f"{name}-right", model, begun="right"),
        "questions": ALL,
        "seconds": began.since(),
    }


def _asked(lab: Lab, name: str, model: Path, *, begun: str = "", temperature: float = 0.0) -> float:
    """Percent of all sums of which the answer that counts is right."""
    asked = Asked(
        probe="longgrain.prove.adding:Adding",
        model=str(model),
        settings={"begun": begun},
        questions=ALL,
        tokenizer=str(lab.tokenizer),
        seed=lab.seed,
    )
    settings = {"model": str(model), "temperature": temperature, "max_reply_tokens": 8}
    settings |= {"whole_replies": False, "reasks": 0, "batch_size": 64}
    teacher: Teacher = component("teachers", "transformers", settings)
    found = probe(asked, lab.folder / "probes" / name, teacher=teacher)
    return round(100 * (found.total(f"{MODULUS} numbers").value or 0.0), 2)
