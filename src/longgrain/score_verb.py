"""The words typed after ``longgrain score`` > predictions scored, as a table, JSON, or a file."""

from __future__ import annotations

import sys
from contextlib import nullcontext
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
    """Give totals for each value of this field too; --by length:4000,8000 cuts numbers there."""
    skip: Path | None = None
    """A JSON list of ids, or of rows counted from 0, to leave out."""
    workers: int = 1
    """How many processes."""
    seed: int = 17
    """Of the bootstrap."""

    def fields(self) -> Any:
        """As the step takes them."""
        from longgrain.replies import Fields

        return Fields(
            prediction=self.prediction_field,
            reference=self.reference_field,
            source=self.source_field,
            id=self.id_field,
        )


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Judging:
    """Who judges, for metrics that ask a language model; best of another family than what it judges."""

    judge: str = ""
    """The model's name at the endpoint, or with --judge-teacher transformers its folder."""
    judge_base_url: str = ""
    """An OpenAI-compatible endpoint; its key comes from OPENAI_API_KEY."""
    judge_teacher: str = "openai"
    """A teacher of the shelf, or module:Name for one of your own."""
    judge_set: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = ()
    """A setting of the judge: --judge-set price_per_million_prompt=0.2. May be given again."""
    judge_prompts: str = ""
    """A folder of your own prompts; the task is score.claims."""
    judge_folder: Path | None = None
    """Where verdicts are kept, so that none is paid for twice; scores/JUDGE if it is not given."""
    max_calls: int | None = None
    """Ask so often at most."""
    max_money: float | None = None
    """Spend so much at most; needs the judge's prices."""

    def made(self) -> Any:
        """The judge, or None where none is named. Raises PlanError for settings that cannot be."""
        from longgrain.caps import Caps
        from longgrain.errors import PlanError
        from longgrain.judge import Judge
        from longgrain.make import component
        from longgrain.prompts import Prompts

        if not self.judge:
            return None
        if wrong := next((one for one in self.judge_set if "=" not in one), None):
            raise PlanError(f"--judge-set {wrong!r} has no '='; write --judge-set name=value")
        given = {"model": self.judge, "temperature": 0.0}
        given |= {"base_url": self.judge_base_url} if self.judge_base_url else {}
        settings = given | dict(one.split("=", 1) for one in self.judge_set)
        teacher = component("teachers", self.judge_teacher, settings)
        if not getattr(teacher, "prompted", False):
            raise PlanError(
                f"teacher {self.judge_teacher!r} reads no prompts, so it cannot judge: name a language "
                "model with --judge MODEL --judge-base-url URL"
            )
        return Judge(
            teacher=teacher,
            folder=self.judge_folder or Path("scores") / Path(self.judge).name,
            prompts=Prompts(self.judge_prompts),
            caps=Caps(max_calls=self.max_calls, max_money=self.max_money),
        )


def score(
    *,
    metric: Annotated[tuple[str, ...], Parameter(negative=())],
    predictions: Path,
    references: Path | None = None,
    settings: Annotated[
        tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)
    ] = (),
    how: How | None = None,
    judging: Judging | None = None,
    out: Path | None = None,
    json: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
) -> None:
    """Score predictions against references: per item and in total, with intervals.

    Parameters
    ----------
    metric
        rouge, squad, subspan, string_match, longbench, infinitebench, leval, choice,
        final_answer, valprobing, sacrebleu, coverage, agreement, facts, claims, coherence,
        readability, perplexity, repetition, correction, style, efficiency, answer, location,
        refusal, rechecked, or module:Name for one of your own. May be given again.
    predictions
        JSONL, a JSON list, CSV or plain lines, gzipped or not; or a folder of them.
    references
        The same, in the same order or with ids. Without it the predictions' rows may hold them.
    settings
        Change a setting of a metric: --set rouge.stemmer=true. May be given again.
    out
        Write the figures of every item to this file, as JSONL.
    json
        Print the totals as JSON instead of a table.
    """
    from longgrain import scores_terminal, terminal
    from longgrain.score import score as score_files

    asked = how or How()
    with (judging or Judging()).made() or nullcontext() as judge:
        if judge:
            scores_terminal.warn(terminal.console(stderr=True), judge, predictions)
        found = score_files(
            predictions,
            references,
            metric,
            settings=_settings(settings),
            fields=asked.fields(),
            by=asked.by,
            skip=asked.skip,
            out=out,
            judge=judge,
            workers=asked.workers,
            seed=asked.seed,
        )
    if json:
        sys.stdout.buffer.write(found.json() + b"\n")
        return
    scores_terminal.show(terminal.console(), found)
    if judge:
        scores_terminal.paid(terminal.console(), judge)
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
