"""The words typed after ``longgrain score`` > predictions scored, as a table, JSON, or a file."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class How:
    """Names of fields in the files, which items, and how."""

    prediction_field: str = ""
    """Holds the prediction; prediction, response, output, pred and the like are known."""
    reference_field: str = ""
    """Holds the reference or a list of them; reference, answer, answers and the like are known."""
    source_field: str = ""
    """Holds the text that the prediction was made from; source, context and document are known."""
    id_field: str = ""
    """Matches the files; id, _id, qid and question_id are known. Without ids the order does."""
    by: str = ""
    """Give totals for each value of this field too."""
    skip: Path | None = None
    """A JSON list of ids, or of rows counted from 0, to leave out."""
    workers: int = 1
    """How many processes."""
    seed: int = 17
    """Of the bootstrap."""


def score(
    *,
    metric: Annotated[tuple[str, ...], Parameter(negative=())],
    predictions: Path,
    references: Path | None = None,
    settings: Annotated[
        tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)
    ] = (),
    how: How | None = None,
    out: Path | None = None,
    json: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
) -> None:
    """Score predictions against references: per item and in total, with intervals.

    Parameters
    ----------
    metric
        A metric of the shelf, or module:Name for one of your own. May be given again.
    predictions
        JSONL, a JSON list, or plain lines.
    references
        The same, in the same order or with ids.
    settings
        Change a setting of a metric: --set rouge.stemmer=true. May be given again.
    out
        Write the figures of every item to this file, as JSONL.
    json
        Print the totals as JSON instead of a table.
    """
    from longgrain import scores_terminal, terminal
    from longgrain.replies import Fields
    from longgrain.score import score as score_files

    asked = how or How()
    found = score_files(
        predictions,
        references,
        metric,
        settings=_settings(settings),
        fields=Fields(
            prediction=asked.prediction_field,
            reference=asked.reference_field,
            source=asked.source_field,
            id=asked.id_field,
        ),
        by=asked.by,
        skip=asked.skip,
        out=out,
        workers=asked.workers,
        seed=asked.seed,
    )
    if json:
        sys.stdout.buffer.write(found.json() + b"\n")
        return
    scores_terminal.show(terminal.console(), found)
    print(f"\nwrote {out}" if out else "\nnext: --out FILE for the figures of every item")


def _settings(changes: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    r"""``metric.field=value`` as a mapping; \n in a value is a line end. Raises PlanError."""
    from longgrain.errors import PlanError

    found: dict[str, dict[str, Any]] = {}
    for change in changes:
        place, sign, value = change.partition("=")
        name, dot, field = place.rpartition(".")
        if not sign or not dot:
            raise PlanError(f"--set {change!r} sets nothing: write METRIC.FIELD=VALUE")
        found.setdefault(name, {})[field] = value.replace("\\n", "\n")
    return found
