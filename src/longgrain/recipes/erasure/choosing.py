"""A student's scores by task and strategy > the strategy for each task, the best one first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from longgrain.errors import PlanError
from longgrain.recipes.erasure.strategies import DEFAULT, STRATEGIES, TASKS

Scores = Mapping[str, Mapping[str, float]]


def ranked(task: str, scores: Scores) -> list[str]:
    """The strategies of a task in the order to try them: by score, those without one by habit.

    The one with the best score comes first; of equal ones the plainer. Then, or first where the
    task has no scores, comes its default, then the others from the plainest on.
    """
    known = scores.get(task, {})
    scored = sorted(known, key=lambda name: (-known[name], STRATEGIES.index(name)))
    return list(dict.fromkeys([*scored, DEFAULT[task], *STRATEGIES]))


def read_scores(given: str | Scores, folder: Path | None = None, figure: str = "") -> Scores:
    """Scores as a mapping, or from a JSON file of one, or from the output of ``longgrain score``.

    That output must be ``--by`` a field with values like ``number/step-by-step``; ``figure`` names
    one of its figures, else the first one is taken. PlanError where something is not known.
    """
    found: Any = given
    if isinstance(given, str):
        if not given:
            return {}
        path = (folder or Path()) / given
        if not path.is_file():
            raise PlanError(
                f"erasure scores: there is no file {path}, so no strategy can be chosen by them; "
                "correct the path, or leave it out for the default strategies"
            )
        try:
            found = orjson.loads(path.read_bytes())
        except orjson.JSONDecodeError as error:
            raise PlanError(f"erasure scores: {path} is no JSON: {error}") from error
    if isinstance(found, Mapping) and "totals" in found:
        found = _of_totals(found["totals"], figure)
    return _checked(found)


def _of_totals(totals: Any, figure: str) -> dict[str, dict[str, float]]:
    grouped = [one for one in totals if "/" in str(one["group"]) and one["value"] is not None]
    names = list(dict.fromkeys(str(one["figure"]) for one in grouped))
    if not names or (figure and figure not in names):
        raise PlanError(
            f"erasure scores: no figure {figure!r} by task and strategy; run longgrain score with "
            f"--by task_strategy (there is: {', '.join(names) or 'nothing'})"
        )
    found: dict[str, dict[str, float]] = {}
    for one in grouped:
        if one["figure"] == (figure or names[0]):
            task, _, strategy = str(one["group"]).partition("/")
            found.setdefault(task, {})[strategy] = one["value"]
    return found


def _checked(found: Any) -> Scores:
    if not isinstance(found, Mapping) or not all(isinstance(o, Mapping) for o in found.values()):
        raise PlanError("erasure scores: give task > strategy > score")
    for task, scores in found.items():
        unknown = sorted(set(scores) - set(STRATEGIES))
        if task not in TASKS or unknown:
            raise PlanError(
                f"erasure scores: {task!r} {', '.join(unknown)}: tasks are {', '.join(TASKS)}; "
                f"strategies are {', '.join(STRATEGIES)}"
            )
        for strategy, score in scores.items():
            if isinstance(score, bool) or not isinstance(score, int | float) or score != score:
                raise PlanError(f"erasure scores: {task}, {strategy}: {score!r} is no number")
    return found
