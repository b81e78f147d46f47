"""A run, settings and a folder > one training, all decided: rows, model, attention, batches; checked."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from longgrain.errors import TrainError
from longgrain.rows import Row
from longgrain.run import Run
from longgrain.tokens import Tokenizer
from longgrain.train import fit, models, order, path
from longgrain.train.batches import apart
from longgrain.train.measures import listed, numbers, pairs
from longgrain.train.settings import Normalise, Settings
from longgrain.train.trainer import Collate, Tensors, model_inputs
from longgrain.types import ROLES

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One training, all decided: its rows, model, attention and batches."""

    run: Run
    settings: Settings
    folder: Path
    train: Sequence[Row]
    valid: Sequence[Row]
    old: Mapping[str, Sequence[Row]]
    """rows of the older runs, by side"""
    old_valid: Mapping[str, Sequence[Row]]
    """validation rows of each older run"""
    parts: Mapping[str, range]
    """with --mix, where the rows of each source lie in ``train``"""
    source_valid: Mapping[str, Sequence[Row]]
    """with --mix, the validation rows of each source"""
    model: Any
    tokenizer: Tokenizer | None
    attention: str
    batches: Sequence[Sequence[int]]
    epoch_batches: int

    @property
    def mask_bytes(self) -> int:
        """Bytes that a mask may take."""
        return int(self.settings.mask_memory * 2**30)

    @property
    def collate(self) -> Collate:
        """How rows become tensors."""
        flat = self.attention.startswith("flash")
        return Collate(normalise=self.settings.normalise, flat=flat)

    def inputs(self, rows: Sequence[Row], normalise: Normalise | None = None) -> Tensors:
        """A batch of rows on the device of the model."""
        device = models.device_of()
        collate = replace(self.collate, normalise=normalise) if normalise else self.collate
        return {
            name: tuple(one.to(device) for one in value) if name == "known" else value.to(device)
            for name, value in collate([rows]).items()
        }

    def cast(self) -> Any:
        """The context in which the model computes outside of the Trainer."""
        mixed = models.precision_of(self.settings) == "mixed"
        return torch.autocast(models.device_of(), torch.bfloat16, mixed)

    @property
    def new_rows(self) -> int:
        """Rows of ``train`` that are not replayed; those come first."""
        return len(self.train) - (len(self.old["train"]) if self.settings.replay else 0)

    @property
    def steps(self) -> int:
        """Optimiser steps in all."""
        return math.ceil(len(self.batches) / (self.settings.accumulate * processes()))

    @property
    def steps_an_epoch(self) -> int:
        """Optimiser steps of one epoch."""
        return math.ceil(self.epoch_batches / (self.settings.accumulate * processes()))


def processes() -> int:
    """Processes that train together, as torchrun says."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def first_process() -> bool:
    """Whether this process is the one that writes files."""
    return os.environ.get("RANK", "0") == "0"


def prepared(run: Run, settings: Settings, folder: Path, tell: Tell = lambda words: None) -> Job:
    """Everything decided and checked. TrainError where something does not fit."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    tell("reading rows")
    older = _others(run, {one: one for one in listed(settings.old)})
    named = _sources(run, settings)
    rows = {side: _rows(run, side, settings) for side in ("train", "valid")}
    old = {
        side: [row for one in older.values() for row in _rows(one, side, settings)]
        for side in ("train", "valid")
    }
    mixed = {name: list(one.rows("train")) for name, one in named.items() if one is not run}
    _enough(run, settings, rows, mixed)
    if settings.si:
        path.importance_of(Path(settings.model), {})
    if lost := _order_lost(run, settings):
        tell(lost)
    tell("reading the model")
    config = models.config_of(settings)
    everything = [one for part in (*rows.values(), *old.values(), *mixed.values()) for one in part]
    known = fitting(run, settings, config, fit.Size.of(everything))
    longest = max(len(row.input_ids) for row in everything)
    begun = models.begun(settings, config, models.attention_of(settings, longest))
    model = models.adapted(begun, settings)
    room(folder, model, settings)
    plan = order.Plan(
        size=settings.batch,
        order=settings.order,
        batching=settings.batching,
        seed=settings.seed,
        old=len(old["train"]) if settings.replay else 0,
        share=settings.replay,
    )
    _replayed(plan, len(rows["train"]))
    train = [*rows["train"], *(old["train"] if settings.replay else [])]
    train += [row for part in mixed.values() for row in part]
    lengths = [int(row.seq_lengths.max()) for row in train]
    wanted = settings.steps * settings.accumulate * processes()
    wanted = wanted or max(1, round(settings.epochs * plan.an_epoch(len(train))))
    # Processes take turns, so each must have as many: a few rows of the next epoch fill up.
    wanted = processes() * math.ceil(wanted / processes())
    job = Job(
        run=run,
        settings=settings,
        folder=folder,
        train=train,
        valid=rows["valid"],
        old=old,
        old_valid={name: _rows(one, "valid", settings) for name, one in older.items()},
        parts=_parts({name: mixed.get(name, rows["train"]) for name in named}),
        source_valid={name: list(one.rows("valid")) for name, one in named.items()},
        model=model,
        tokenizer=known,
        attention=str(model.config._attn_implementation),
        batches=plan.batches(lengths, wanted),
        epoch_batches=plan.an_epoch(len(train)),
    )
    _isolating(job)
    return job


def _others(run: Run, named: Mapping[str, str]) -> dict[str, Run]:
    """Other runs in their folders. TrainError for one that was made with another tokenizer."""
    found = {name: Run(Path(folder)) for name, folder in named.items()}
    for one in found.values():
        ours, theirs = (each.manifest["tokenizer"]["sha256"] for each in (run, one))
        if ours != theirs:
            raise TrainError(
                f"{one.folder} and {run.folder} were made with different tokenizers, so one of them "
                "would be read as other words; build both with that of the model"
            )
    return found


def _sources(run: Run, settings: Settings) -> dict[str, Run]:
    """The sources of --mix by name, the run first; none without it. TrainError for a name twice."""
    if settings.mix == "none":
        return {}
    if processes() > 1:
        raise TrainError(
            f"mix {settings.mix} in {processes()} processes: each would follow the losses of its own "
            "rows alone; train in one process"
        )
    own, named = str(run.manifest["name"]), pairs("sources", settings.sources)
    if own in named:
        raise TrainError(
            f"the run {run.folder} goes by the name of its plan, {own!r}, and so does one of the "
            "sources; give that one another name"
        )
    found = {own: run, **_others(run, named)}
    numbers("shares", settings.shares, [*found])
    if "=" in settings.reference:
        numbers("reference", settings.reference, [*found], zero=True)
    return found


def _parts(rows: Mapping[str, Sequence[Row]]) -> dict[str, range]:
    """Where each source begins and ends when their rows lie end to end."""
    ends = np.cumsum([len(one) for one in rows.values()]).tolist()
    return {
        name: range(end - len(one), end)
        for (name, one), end in zip(rows.items(), ends, strict=True)
    }


def _rows(run: Run, side: Any, settings: Settings) -> list[Row]:
    rows = run.rows(side)
    if settings.batching == "sorted":
        return [one for row in rows for one in apart(row)]
    return list(rows)


def _order_lost(run: Run, settings: Settings) -> str:
    """What is said where the rows have an order (a curriculum) that this training does not keep."""
    stages = run.manifest.get("packing", {}).get("train", {}).get("stages", 1)
    if stages == 1 or settings.order == "as-packed":
        return ""
    return f"the rows have an order of {stages} stages, which --order as-packed would keep"


def _enough(
    run: Run,
    settings: Settings,
    rows: Mapping[str, Sequence[Row]],
    mixed: Mapping[str, Sequence[Row]],
) -> None:
    if empty := [name for name, one in mixed.items() if not one]:
        raise TrainError(
            f"source {empty[0]} has no rows of side train, so it cannot be drawn from; leave it out"
        )
    if not rows["train"]:
        raise TrainError(f"{run.folder} has no rows of side train, so there is nothing to train on")
    if settings.patience and not rows["valid"]:
        raise TrainError(
            f"patience of {settings.patience} looks at validation rows, and {run.folder} has none: "
            "build it with a share for split.valid, or leave --patience out"
        )


def _replayed(plan: order.Plan, new: int) -> None:
    """TrainError where a share is so small that not one row would be replayed."""
    if plan.share and not plan.replayed(new):
        raise TrainError(
            f"replay of {plan.share} is less than half a row in an epoch of {new} rows, so none would be "
            f"replayed; give at least {1 / (new + 1):.2g}, or build shorter rows (pack.length)"
        )


def room(folder: Path, model: Any, settings: Settings) -> None:
    """TrainError where the disk has no room for what a training leaves."""
    sizes = [(one.numel(), one.requires_grad) for one in model.parameters()]
    trained, whole = sum(n for n, learns in sizes if learns), sum(n for n, _ in sizes)
    fit.room(folder, fit.bytes_on_disk(trained, whole, settings.keep))


def fitting(run: Run, settings: Settings, config: Any, size: fit.Size) -> Tokenizer | None:
    """The model's own tokenizer, if it has one. TrainError where run and model do not fit."""
    name = settings.model or settings.config
    fit.learnable(run, size)
    known = fit.tokenizer(run, settings.model, settings.revision)
    fit.vocabulary(config, size, name)
    fit.positions(config, size, name)
    fit.layers(config, settings.as_mask(), name)
    return known


def _isolating(job: Job) -> None:
    """Two examples of eight tokens in one row, through the same code as every batch."""
    if job.settings.batching == "sorted" and job.settings.batch == 1:
        return
    model = job.model
    if job.settings.method != "qlora":
        model.to(models.device_of())
    row = _two_examples(model.config.get_text_config().vocab_size)
    inputs = job.inputs([row])
    given = model_inputs(inputs, job.settings.as_mask(), job.attention, job.mask_bytes)

    def forward(ids: Any) -> Any:
        return model(**{**given, "input_ids": ids}).logits.float()

    training = model.training
    model.eval()
    with job.cast():
        precision = models.precision_of(job.settings)
        fit.isolated(forward, inputs["input_ids"], int(row.seq_lengths[0]), precision)
    model.train(training)


def _two_examples(words: int) -> Row:
    """A row of two examples of eight tokens: a grain, a question, an answer."""
    roles = ("instruction", "evidence", "question", "answer") * 2
    ids = np.random.default_rng(0).integers(0, words, 16)
    return Row(
        input_ids=ids.astype(np.int32),
        seq_lengths=np.array([8, 8], np.int32),
        example_ids=("first", "second"),
        span_lengths=np.array([2] * 8, np.int32),
        span_roles=np.array([ROLES.index(role) for role in roles], np.int8),
        span_losses=np.array([0, 0, 0, 1] * 2, np.float32),
    )
