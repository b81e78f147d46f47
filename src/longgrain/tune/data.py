"""The run of an arm > figures of its data: yield, shortfalls, guards, costs, and values by example; nothing is trained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longgrain.doubts import Ground
from longgrain.forecast import counted
from longgrain.make import component
from longgrain.metrics.item import Item, Metric
from longgrain.plan import Plan
from longgrain.run import Run
from longgrain.tune.rivals import Sentences, rivalry
from longgrain.yields import Sampled

# Grains that a metric of the shelf looks at, evenly over the documents.
GRAINS = 300
# What is known of the data alone, as a share; of `rivals` and `skimmed` nobody knows which way is better.
FIGURES = {
    "rivals": "how near the nearest distractor comes: its share of the question's words, evidence = 1",
    "made": "examples made, of those asked for",
    "yield": "examples made, of the drafts that were tried",
    "read": "questions that word overlap with one sentence does not answer",
}


def figures(run: Run, whole: Plan, share: float, sentences: Sentences) -> dict[str, Any]:
    """Counts and costs of a run; ``whole`` is the arm's plan over all documents, of which it has a share."""
    manifest = run.manifest
    packing = manifest["packing"].get("train", {})
    roles = manifest["roles"].get("train", {})
    learned = sum(int(one["learned"]) for one in roles.values())
    quota = manifest["quotas"].get("train", {})
    wanted = sum(entry.examples for entry in run.plan.recipes)
    made = int(sum(manifest["drafted"].values()))
    steps = {one["step"]: one for one in manifest["steps"]}
    return {
        "asked": wanted,
        "made": made,
        "tried": int(steps["draft"]["asked"]),
        "dropped": _dropped(manifest["steps"]),
        "shortfalls": list(quota.get("shortfalls", ())) or list(manifest["notes"]),
        "depths_met": _met(quota.get("depths")),
        "lengths_met": _met(quota.get("lengths")),
        "guards": dict(manifest["guards"]),
        "skimmed": _skimmed(manifest["baseline"], quota.get("kinds", {})),
        "tokens": int(packing.get("tokens", 0)),
        "rows": int(packing.get("rows", 0)),
        "fill": float(packing.get("fill", 0.0)),
        "too_long": len(packing.get("too_long", ())),
        "learned": learned,
        "tokens_per_learned": int(packing.get("tokens", 0)) / learned if learned else None,
        "grains": int(manifest["split"]["sides"]["train"]["grains"]),
        "near_duplicate_grains": int(manifest["split"]["near_duplicates"]),
        "whole_sentences": _whole_sentences(run, sentences),
        "forecast": _forecast(run, whole, share),
    }


def _dropped(steps: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for one in steps:
        if one["step"] not in ("read", "split"):
            counts.update(one["dropped"])
    return dict(counts.most_common())


def _met(quota: Mapping[str, Sequence[float]] | None) -> float | None:
    """The share of examples that lie in the bins where a quota wants them."""
    if not quota or not sum(quota["wished"]):
        return None
    off = sum(abs(a - b) for a, b in zip(quota["wished"], quota["made"], strict=True)) / 2
    return 1 - off / sum(quota["wished"])


def _skimmed(baseline: Mapping[str, Mapping[str, int]], kinds: Mapping[str, Any]) -> list[int]:
    """Questions that word overlap with one sentence answers, and how many were looked at."""
    own = [counts for name, counts in baseline.items() if name in kinds]
    return [sum(int(one["hit"]) for one in own), sum(int(one["asked"]) for one in own)]


def _whole_sentences(run: Run, sentences: Sentences) -> float:
    """The share of grains that begin and end where a sentence does."""
    cuts, good = run.cuts, 0
    for number in range(len(cuts.starts)):
        grain = cuts.grain(number)
        ends, text = sentences.ends(grain.doc_id), run.texts()[grain.doc_id]
        at = int(np.searchsorted(ends, grain.start, "right"))
        before = int(ends[at - 1]) if at else 0
        good += not text[before : grain.start].strip() and _is_end(text, ends, grain.end)
    return good / max(1, len(cuts.starts))


def _is_end(text: str, ends: NDArray[np.int64], end: int) -> bool:
    at = int(np.searchsorted(ends, end))
    return at == len(ends) or not text[end : int(ends[at])].strip() or int(ends[at]) == end


def _forecast(run: Run, whole: Plan, share: float) -> dict[str, Any]:
    """What all of the plan would take: a forecast from this run, tokens as its examples have them."""
    manifest = run.manifest
    teacher = manifest["teacher"]
    own = run.plan.teacher.use == whole.teacher.use
    sampled = Sampled(plan=run.plan, calls=teacher["calls"], made=manifest["drafted"], asked=own)
    grains = Ground.of_run(run).grains
    # Grains of the whole, in the plan's own sides.
    total = sum(grains.values()) / max(share, 1e-9)
    split = whole.split
    sides = {"train": 1 - split.valid - split.test, "valid": split.valid, "test": split.test}
    found = counted(whole, sampled, {s: round(total * part) for s, part in sides.items()})  # type: ignore[misc]
    packing = manifest["packing"].values()
    made = max(1, sum(manifest["drafted"].values()))
    tokens = sum(int(one["tokens"]) for one in packing) / made
    return {
        "examples": found.drafts,
        "tokens": round(found.drafts * tokens),
        "calls": found.calls,
        "prompt_tokens": found.prompt_tokens,
        "reply_tokens": found.reply_tokens,
        "money": round(found.money, 6),
        "currency": found.currency,
        "assumed": not own,
    }


# --- values by example ---


def values(run: Run, found: Mapping[str, Any], sentences: Sentences) -> dict[str, dict[str, float]]:
    """Of each figure of `FIGURES` the values of single examples or drafts, by their ids."""
    rivals = {
        str(one.lineage["draft"]): value
        for one in run.examples("train")
        if (value := rivalry(one, sentences)) is not None
    }
    hit, looked = found["skimmed"]
    own = run.plan.id
    return {
        "rivals": rivals,
        "made": _shares(found["made"], found["asked"], own),
        "yield": _shares(found["made"], found["tried"], own),
        "read": _shares(looked - hit, looked, own),
    }


def _shares(hits: int, total: int, run: str) -> dict[str, float]:
    """Values of so many items that are counted and not known one by one; no other run has them."""
    return {f"{run}:{number}": float(number < hits) for number in range(total)}


def measured(run: Run, names: Sequence[str]) -> dict[str, dict[str, float]]:
    """``METRIC.figure`` > values by grain, of metrics that need nothing but a text."""
    cuts, texts = run.cuts, run.texts()
    count = len(cuts.starts)
    chosen: NDArray[np.int64] = np.unique(np.linspace(0, count - 1, min(count, GRAINS)).astype(int))
    found: dict[str, dict[str, float]] = {}
    for name in names:
        metric: Metric = component("metrics", name, {})
        for number in chosen.tolist():
            grain = cuts.grain(number)
            text = texts[grain.doc_id][grain.start : grain.end]
            place = f"{grain.doc_id}:{grain.start}-{grain.end}"
            row = {"start": grain.start, "end": grain.end}
            item = Item(id=place, prediction=text, source=texts[grain.doc_id], row=row)
            for figure, value in metric.score(item).items():
                if value is not None:
                    found.setdefault(f"{name}.{figure}", {})[place] = float(value)
    return found
