"""A run, settings and a folder > one training, all decided: rows, model, attention, batches; checked."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from longgrain.errors import TrainError
from longgrain.rows import Row
from longgrain.run import Run
from longgrain.tokens import Tokenizer
from longgrain.train import fit, models, order
from longgrain.train.batches import apart
from longgrain.train.settings import Settings
from longgrain.train.trainer import Collate, model_inputs
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


def prepared(run: Run, settings: Settings, folder: Path, tell: Tell = lambda words: None) -> Job:
    """Everything decided and checked. TrainError where something does not fit."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    tell("reading rows")
    train, valid = (_rows(run, side, settings) for side in ("train", "valid"))
    if not train:
        raise TrainError(f"{run.folder} has no rows of side train, so there is nothing to train on")
    if settings.patience and not valid:
        raise TrainError(
            f"patience of {settings.patience} looks at validation rows, and {run.folder} has none: "
            "build it with a share for split.valid, or leave --patience out"
        )
    tell("reading the model")
    config = models.config_of(settings)
    known = _fitting(run, settings, config, [*train, *valid])
    longest = max(len(row.input_ids) for row in (*train, *valid))
    attention = models.attention_of(settings, longest)
    model = models.adapted(models.begun(settings, config, attention), settings)
    trained = sum(one.numel() for one in model.parameters() if one.requires_grad)
    whole = sum(one.numel() for one in model.parameters())
    fit.room(folder, fit.bytes_on_disk(trained, whole, settings.keep))
    how: dict[str, Any] = {"order": settings.order, "batching": settings.batching}
    lengths = [int(row.seq_lengths.max()) for row in train]
    exactly = settings.steps * settings.accumulate * processes()
    batches = order.whole(
        lengths,
        settings.batch,
        seed=settings.seed,
        epochs=settings.epochs,
        batches=exactly,
        **how,
    )
    job = Job(
        run=run,
        settings=settings,
        folder=folder,
        train=train,
        valid=valid,
        model=model,
        tokenizer=known,
        attention=str(model.config._attn_implementation),
        batches=batches,
        epoch_batches=-(-len(train) // settings.batch),
    )
    _isolating(job)
    return job


def _rows(run: Run, side: Any, settings: Settings) -> list[Row]:
    rows = run.rows(side)
    if settings.batching == "sorted":
        return [one for row in rows for one in apart(row)]
    return list(rows)


def _fitting(run: Run, settings: Settings, config: Any, rows: Sequence[Row]) -> Tokenizer | None:
    name = settings.model or settings.config
    size = fit.Size.of(rows)
    fit.learnable(run, size)
    known = fit.tokenizer(run, settings.model)
    fit.vocabulary(config, size, name)
    fit.positions(config, size, name)
    fit.layers(config, settings.as_mask(), name)
    return known


def _isolating(job: Job) -> None:
    """Two examples of eight tokens in one row, through the same code as every batch."""
    if job.settings.batching == "sorted" and job.settings.batch == 1:
        return
    device, model = models.device_of(), job.model
    if job.settings.method != "qlora":
        model.to(device)
    row = _two_examples(job.model.config.get_text_config().vocab_size)
    inputs = {
        name: tuple(one.to(device) for one in value) if name == "known" else value.to(device)
        for name, value in job.collate([[row]]).items()
    }
    given = model_inputs(inputs, job.settings.as_mask(), job.attention, job.mask_bytes)

    def forward(ids: Any) -> Any:
        return model(**{**given, "input_ids": ids}).logits.float()

    training = model.training
    model.eval()
    with torch.autocast(device, torch.bfloat16, models.precision_of(job.settings) == "mixed"):
        fit.isolated(forward, inputs["input_ids"], int(row.seq_lengths[0]))
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
