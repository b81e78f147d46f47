"""A sample and what is asked of models > the checks before a sweep, held-out examples, and the school for all arms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from longgrain.build import build
from longgrain.errors import PlanError
from longgrain.ground import HeldOut
from longgrain.make import component
from longgrain.plan import Plan
from longgrain.rehearsal import rehearsing
from longgrain.run import Run
from longgrain.tokens import Tokenizer
from longgrain.tune import Asked
from longgrain.tune.probing import Probing
from longgrain.tune.sample import Sample
from longgrain.tune.scoring import LOSS, Score
from longgrain.tune.trained import School, settings
from longgrain.types import Size


def check(asked: Asked, sample: Sample, plan: Plan) -> None:
    """PlanError where a probe or a setting cannot be, or held-out documents do not suffice.

    TrainError where there is no model to train.
    """
    chosen = settings(asked.model, asked.config, asked.train)
    if sample.texts is None:
        raise PlanError(
            f"all {sample.told['of_documents']} documents are in the sample or near-duplicates of it, so "
            "none is held out to ask models about: give more documents, or a smaller --sample"
        )
    for probing in (Probing.of(one) for one in asked.probes):
        probe = component("probes", probing.name, {})
        for language in _languages(sample):
            ground = HeldOut(
                language=language,
                seed=plan.seed,
                places=(str(sample.texts),),
                tokenizer=Tokenizer.load(plan.tokenizer_path),
            )
            for length in probing.lengths:
                _one_question(probe, ground, length, sample)
    from longgrain.train.models import config_of

    config_of(chosen)


def _one_question(probe: object, ground: HeldOut, length: int, sample: Sample) -> None:
    try:
        next(iter(probe.ask(ground, Size(tokens=length), 1)))  # type: ignore[attr-defined]
    except PlanError as error:
        raise PlanError(
            f"--probe of {length:,} tokens ({ground.language}): {error}; "
            f"{sample.told['held_documents']} documents of {sample.told['held_characters']:,} characters "
            "are held out: ask for shorter prompts, or give more documents"
        ) from error


def _languages(sample: Sample) -> list[str]:
    """Those that probes speak, of the held-out documents."""
    return [one for one in sample.languages if one in ("en", "zh")] or ["en"]


def school(
    asked: Asked,
    sample: Sample,
    plan: Plan,
    runs: Sequence[Run],
    out: Path,
    tell: Callable[[str], None],
) -> School:
    """How all arms are trained and asked; the tokens that each reads are known when all are built."""
    return School.over(
        runs,
        settings(asked.model, asked.config, asked.train),
        asked.tokens,
        probes=[Probing.of(one) for one in asked.probes],
        questions=asked.questions,
        languages=_languages(sample),
        documents=str(sample.texts),
        seed=plan.seed,
        exam=_exam(asked, sample, plan, out, tell),
        keep=asked.keep,
        tell=tell,
    )


def _exam(
    asked: Asked, sample: Sample, plan: Plan, out: Path, tell: Callable[[str], None]
) -> Run | None:
    """Examples of held-out documents as the plan itself makes them; None where they are not needed and cannot be."""
    held = sample.plan(
        plan if asked.spend else rehearsing(plan), asked.questions, plan.seed, held=True
    )
    tell("building held-out examples")
    try:
        run = build(
            held, out / "runs" / held.id, ledger=out / "calls.sqlite" if asked.spend else None
        )
    except PlanError as error:
        if Score.of(asked).name != LOSS:
            return None
        raise PlanError(
            f"no held-out examples can be made, so no loss can be taken: {error}; give more documents, a "
            "smaller --sample, or --probe"
        ) from error
    return run
