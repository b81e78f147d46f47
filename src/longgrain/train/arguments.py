"""Settings of a training > the arguments of a Trainer, and what is said of any model that one has trained."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from longgrain.errors import StepError
from longgrain.manifest import peak_memory_mb
from longgrain.train import models
from longgrain.train.record import CHECKPOINTS, fingerprint, versions
from longgrain.train.settings import Settings


def spelled(
    asked: Settings, folder: Path, steps: int, steps_an_epoch: int, *, looks: bool
) -> dict[str, Any]:
    """What every Trainer is told; ``looks`` says whether there is something to validate on."""
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(folder / "tensorboard")
    board = find_spec("tensorboard") is not None
    every = asked.evaluate_every or steps_an_epoch
    return {
        "output_dir": str(folder / CHECKPOINTS),
        "gradient_accumulation_steps": asked.accumulate,
        "max_steps": steps,
        "learning_rate": asked.rate,
        "lr_scheduler_type": asked.schedule,
        "warmup_steps": round(asked.warmup * steps),
        "weight_decay": asked.decay,
        "max_grad_norm": asked.clip,
        "bf16": models.precision_of(asked) == "mixed",
        "use_cpu": models.device_of() == "cpu",
        "activation_checkpointing": asked.recompute,
        "eval_strategy": "steps" if looks else "no",
        "eval_steps": every,
        "save_strategy": "steps",
        "save_steps": every if asked.patience else asked.save_every or steps_an_epoch,
        "save_total_limit": asked.keep,
        "load_best_model_at_end": bool(asked.patience),
        "metric_for_best_model": "eval_loss" if asked.patience else None,
        "greater_is_better": False if asked.patience else None,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "report_to": ["tensorboard"] if board else [],
        "disable_tqdm": True,
        "ddp_find_unused_parameters": False,
        "dataloader_pin_memory": models.device_of() == "cuda",
        "seed": asked.seed,
        "data_seed": asked.seed,
    }


def about(model: Any, asked: Settings, before: str) -> Mapping[str, Any]:
    """Name, size and fingerprints of a model that was trained."""
    parameters = list(model.parameters())
    return {
        "name": asked.model or asked.config,
        "type": model.config.model_type,
        "parameters": sum(one.numel() for one in parameters),
        "trained_parameters": sum(one.numel() for one in parameters if one.requires_grad),
        "fingerprint_before": before,
        "fingerprint_after": fingerprint(dict(model.named_parameters())),
    }


def ended(
    trainer: Any, asked: Settings, *, planned: int, seconds: float, resume: Path | None
) -> dict[str, Any]:
    """What the record of any training says of how it went; ``planned`` counts steps.

    ``kept_step`` is that of the weights that are kept: the last, or with patience the best.
    """
    best = trainer.state.best_global_step if asked.patience else None
    return {
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "steps": trainer.state.global_step,
        "steps_planned": planned,
        "kept_step": int(best or trainer.state.global_step),
        "device": models.device_of(),
        "precision": models.precision_of(asked),
        "seconds": round(seconds, 3),
        "resumed_from": resume.name if resume else None,
        "peak_memory_mb": peak_memory_mb(),
        "peak_gpu_memory_mb": gpu_memory(),
        "versions": versions(),
    }


@contextmanager
def on_gpu() -> Iterator[None]:
    """StepError, in words, where a GPU has no memory left."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise StepError(
            f"the GPU has no memory left ({str(error).splitlines()[0]}); train fewer rows at a time "
            "(--batch 1), with --recompute, with --method lora, or on shorter rows (pack.length)"
        ) from error


def sound(model: Any) -> None:
    """StepError where a trained weight is no number."""
    for name, one in model.named_parameters():
        if one.requires_grad and not bool(torch.isfinite(one).all()):
            raise StepError(
                f"the weights {name} are no numbers any more, so the model says nothing; the "
                "checkpoints are kept: train with a lower --lr or in --precision float32"
            )


def gpu_memory() -> int | None:
    """The most megabytes that were in use; None without a GPU."""
    return torch.cuda.max_memory_allocated() >> 20 if torch.cuda.is_available() else None
