"""A run, settings and a folder > the tuned model in that folder, begun anew or gone on with."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace as changed
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import TrainingArguments

from longgrain.errors import TrainError
from longgrain.manifest import peak_memory_mb
from longgrain.rows import Row
from longgrain.run import Run
from longgrain.train import fit, holding, models
from longgrain.train.job import Job, Tell, first_process, prepared, processes
from longgrain.train.record import (
    CHECKPOINTS,
    Record,
    begin,
    fingerprint,
    last_checkpoint,
    opened,
    saving,
    versions,
    written,
)
from longgrain.train.settings import Settings
from longgrain.train.trainer import Batches, Weighted
from longgrain.train.watching import LOG, Watch, Watching
from longgrain.train.writing import FILES, write_model


def tune(
    run: Run,
    settings: Settings,
    folder: Path,
    *,
    replace: bool = False,
    tell: Tell = lambda words: None,
    watch: Watch = lambda log: None,
) -> Record:
    """See `longgrain.train.train`. ``watch`` gets the figures of each step."""
    record = opened(Record.asking(folder, run, settings), replace=replace)
    if record.finished:
        tell(f"{folder} is finished already")
        return record
    job = prepared(run, settings, folder, tell)
    if first_process():
        begin(record)
    resume = last_checkpoint(folder)
    tell(f"going on from {resume.name}" if resume else f"training, {job.steps:,} steps")
    return _trained(job, record, resume, watch)


def _trained(job: Job, record: Record, resume: Path | None, watch: Watch) -> Record:
    before = fingerprint(dict(job.model.named_parameters()))
    trainer = trainer_of(job, watch, first=resume is None)
    watching = next(o for o in trainer.callback_handler.callbacks if isinstance(o, Watching))
    with saving(job.folder), _gpu():
        old = [_loss(trainer, job.old["valid"])]
        trainer.train(resume_from_checkpoint=str(resume) if resume else None)
        _sound(trainer.model)
        if job.settings.average < 1:
            unwrapped = trainer.accelerator.unwrap_model(trainer.model)
            holding.average(unwrapped, trainer.start, job.settings.average)
        last = _last_look(job, trainer)
        old.append(_loss(trainer, job.old["valid"]))
        about = _about(job, before)
        if first_process():
            write_model(job, trainer.accelerator.unwrap_model(trainer.model))
    found = {
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": about,
        "trained_on": _trained_on(job, trainer.state.global_step),
        "valid": {"rows": len(job.valid), "loss": last, "looks": _looks(trainer)},
        "old_valid": {"rows": len(job.old["valid"]), "before": old[0], "after": old[1]},
        "steps": trainer.state.global_step,
        "steps_planned": job.steps,
        "kept_step": _kept(job, trainer),
        "device": models.device_of(),
        "attention": job.attention,
        "precision": models.precision_of(job.settings),
        "seconds": round(watching.seconds, 3),
        "resumed_from": resume.name if resume else None,
        "peak_memory_mb": peak_memory_mb(),
        "peak_gpu_memory_mb": _gpu_memory(),
        "versions": versions(),
        "outputs": written(job.folder, FILES),
    }
    done = changed(record, found=found)
    if first_process():
        done.write()
    return done


def arguments(job: Job, *, first: bool = True) -> TrainingArguments:
    """The settings as the Trainer of transformers takes them."""
    asked = job.settings
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(job.folder / "tensorboard")
    board = find_spec("tensorboard") is not None
    looks = asked.evaluate_every or job.steps_an_epoch
    saves = looks if asked.patience else asked.save_every or job.steps_an_epoch
    found = TrainingArguments(
        output_dir=str(job.folder / CHECKPOINTS),
        per_device_train_batch_size=1,
        per_device_eval_batch_size=1,
        gradient_accumulation_steps=asked.accumulate,
        max_steps=job.steps,
        learning_rate=asked.rate,
        lr_scheduler_type=asked.schedule,
        warmup_steps=round(asked.warmup * job.steps),
        weight_decay=asked.decay,
        max_grad_norm=asked.clip,
        bf16=models.precision_of(asked) == "mixed",
        use_cpu=models.device_of() == "cpu",
        activation_checkpointing=asked.recompute,
        eval_strategy="steps" if job.valid else "no",
        eval_on_start=bool(job.valid) and first,
        eval_steps=looks,
        save_strategy="steps",
        save_steps=saves,
        save_total_limit=asked.keep,
        load_best_model_at_end=bool(asked.patience),
        metric_for_best_model="eval_loss" if asked.patience else None,
        greater_is_better=False if asked.patience else None,
        logging_steps=1,
        logging_nan_inf_filter=False,
        report_to=["tensorboard"] if board else [],
        disable_tqdm=True,
        ddp_find_unused_parameters=False,
        remove_unused_columns=False,
        train_sampling_strategy="sequential",
        dataloader_pin_memory=models.device_of() == "cuda",
        seed=asked.seed,
        data_seed=asked.seed,
    )
    if processes() == 1:
        found._n_gpu = min(1, found.n_gpu)  # DataParallel would cut our batches
    return found


def trainer_of(job: Job, watch: Watch = lambda log: None, *, first: bool = True) -> Weighted:
    """The Trainer, ready to train; ``first`` looks at the validation rows before it begins."""
    valid = [[number] for number in range(len(job.valid))]
    log = job.folder / LOG if first_process() else Path(os.devnull)
    callbacks: list[Any] = [Watching(log, watch, _tokens(job), job.steps_an_epoch)]
    if job.settings.patience:
        callbacks.append(transformers.EarlyStoppingCallback(job.settings.patience))
    found = Weighted(
        model=job.model,
        args=arguments(job, first=first),
        data_collator=job.collate,
        train_dataset=Batches(job.train, job.batches),
        eval_dataset=Batches(job.valid, valid) if job.valid else None,
        callbacks=callbacks,
        mask=job.settings.as_mask(),
        attention=job.attention,
        mask_bytes=job.mask_bytes,
    )
    found.remove_callback(transformers.trainer_callback.PrinterCallback)
    asked = job.settings
    if asked.l2 or asked.ewc or asked.average < 1:
        found.start = holding.start_of(found.model)
        found.extra = holding.held(job, found.start)
    return found


def _tokens(job: Job) -> list[int]:
    """Tokens of the batches of each step."""
    at = job.settings.accumulate * processes()
    sizes = [sum(len(job.train[n].input_ids) for n in one) for one in job.batches]
    return [sum(sizes[i : i + at]) for i in range(0, len(sizes), at)]


@contextmanager
def _gpu() -> Iterator[None]:
    """TrainError, in words, where a GPU has no memory left."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise TrainError(
            f"the GPU has no memory left ({str(error).splitlines()[0]}); train fewer rows at a time "
            "(--batch 1), with --recompute, with --method lora, or on shorter rows (pack.length)"
        ) from error


def _sound(model: Any) -> None:
    for name, one in model.named_parameters():
        if one.requires_grad and not bool(torch.isfinite(one).all()):
            raise TrainError(
                f"the weights {name} are no numbers any more, so the model says nothing; the "
                "checkpoints are kept: train with a lower --lr or in --precision float32"
            )


def _looks(trainer: Weighted) -> list[dict[str, float]]:
    return [
        {"step": one["step"], "loss": one["eval_loss"]}
        for one in trainer.state.log_history
        if "eval_loss" in one
    ]


def _loss(trainer: Weighted, rows: Sequence[Row]) -> float | None:
    """The loss of the model as it is on some rows, without a line in any log; None for no rows."""
    if not rows:
        return None
    each = Batches(rows, [[number] for number in range(len(rows))])
    found = trainer.evaluation_loop(trainer.get_eval_dataloader(each), "loss")
    return float((found.metrics or {})["eval_loss"])


def _kept(job: Job, trainer: Weighted) -> int:
    """The step whose weights are kept: the last, or with patience the best."""
    best = trainer.state.best_global_step if job.settings.patience else None
    return int(best or trainer.state.global_step)


def _last_look(job: Job, trainer: Weighted) -> float | None:
    """The validation loss of the model that is kept."""
    looks, asked = _looks(trainer), job.settings
    fresh = looks and looks[-1]["step"] == trainer.state.global_step
    if fresh and not asked.patience and asked.average == 1:
        return looks[-1]["loss"]
    return _loss(trainer, job.valid)


def _about(job: Job, before: str) -> Mapping[str, Any]:
    parameters = list(job.model.parameters())
    return {
        "name": job.settings.model or job.settings.config,
        "type": job.model.config.model_type,
        "parameters": sum(one.numel() for one in parameters),
        "trained_parameters": sum(one.numel() for one in parameters if one.requires_grad),
        "fingerprint_before": before,
        "fingerprint_after": fingerprint(dict(job.model.named_parameters())),
    }


def _trained_on(job: Job, steps: int) -> Mapping[str, Any]:
    """What went through the model: rows count as often as they were seen."""
    batches = job.batches[: steps * job.settings.accumulate * processes()]
    seen = [number for one in batches for number in one]
    size = fit.Size.of([job.train[number] for number in seen])
    return {
        "rows": size.rows,
        "distinct_rows": len(set(seen)),
        "replayed": sum(number >= job.new_rows for number in seen),
        "examples": size.examples,
        "tokens": size.tokens,
        "learned": size.learned,
        "longest_example": size.longest_example,
    }


def _gpu_memory() -> int | None:
    return torch.cuda.max_memory_allocated() >> 20 if torch.cuda.is_available() else None
