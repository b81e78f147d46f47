"""A run, settings and a folder > the tuned model in that folder, begun anew or gone on with."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import transformers
from transformers import TrainingArguments

from longgrain.rows import Row
from longgrain.run import Run
from longgrain.train import fit, holding, path
from longgrain.train.arguments import about, ended, on_gpu, sound, spelled
from longgrain.train.job import Job, Tell, first_process, prepared, processes
from longgrain.train.mixed import Later, Mixed, Slots, Stepping
from longgrain.train.record import (
    Record,
    begin,
    fingerprint,
    last_checkpoint,
    opened,
    saving,
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
    if settings.then:
        from longgrain.train import stages

        return stages.staged(run, settings, folder, replace=replace, tell=tell, watch=watch)
    record = opened(Record.asking(folder, run, settings), replace=replace)
    if record.finished:
        tell(f"{folder} is finished already")
        return record
    if settings.objective == "dpo":
        from longgrain.train import preference

        return preference.tune(run, settings, record, tell, watch)
    job = prepared(run, settings, folder, tell)
    if first_process():
        begin(record)
    resume = last_checkpoint(folder)
    tell(f"going on from {resume.name}" if resume else f"training, {job.steps:,} steps")
    return _trained(job, record, resume, watch)


def _trained(job: Job, record: Record, resume: Path | None, watch: Watch) -> Record:
    before, run = fingerprint(dict(job.model.named_parameters())), job.run
    trainer = trainer_of(job, watch, first=resume is None)
    watching = next(o for o in trainer.callback_handler.callbacks if isinstance(o, Watching))
    with saving(job.folder), on_gpu():
        old = [_old_losses(trainer, job)]
        trainer.train(resume_from_checkpoint=str(resume) if resume else None)
        sound(trainer.model)
        if job.settings.average < 1:
            unwrapped = trainer.accelerator.unwrap_model(trainer.model)
            holding.average(unwrapped, trainer.start, job.settings.average)
        last = _last_look(job, trainer)
        old.append(_old_losses(trainer, job))
        told = about(job.model, job.settings, before)
        if first_process():
            tuned = trainer.accelerator.unwrap_model(trainer.model)
            write_model(tuned, run, job.settings, job.folder, job.tokenizer, job.attention)
            if trainer.path is not None:
                began, damping = Path(job.settings.model), job.settings.damping
                path.write_path(trainer.path, tuned, began, job.folder, damping)
    found = {
        **ended(trainer, job.settings, planned=job.steps, seconds=watching.seconds, resume=resume),
        "model": told,
        "trained_on": _trained_on(job, trainer),
        "valid": {"rows": len(job.valid), "loss": last, "looks": _looks(trainer)},
        "old_valid": {"rows": len(job.old["valid"]), **_forgotten(job, *old)},
        "attention": job.attention,
        "outputs": written(job.folder, FILES),
    }
    if isinstance(trainer, Mixed):
        found["mix"] = trainer.found()
    done = changed(record, found=found)
    if first_process():
        done.write()
    return done


def arguments(job: Job, *, first: bool = True) -> TrainingArguments:
    """The settings as the Trainer of transformers takes them."""
    asked = job.settings
    given = spelled(asked, job.folder, job.steps, job.steps_an_epoch, looks=bool(job.valid))
    found = TrainingArguments(
        **given,
        per_device_train_batch_size=1,
        per_device_eval_batch_size=1,
        eval_on_start=bool(job.valid) and first,
        train_sampling_strategy="sequential",
        remove_unused_columns=False,
    )
    if processes() == 1:
        found._n_gpu = min(1, found.n_gpu)  # DataParallel would cut our batches
    return found


def trainer_of(job: Job, watch: Watch = lambda log: None, *, first: bool = True) -> Weighted:
    """The Trainer, ready to train; ``first`` looks at the validation rows before it begins."""
    valid = [[number] for number in range(len(job.valid))]
    log = job.folder / LOG if first_process() else Path(os.devnull)
    tokens = [] if job.parts else _tokens(job)
    callbacks: list[Any] = [Watching(log, watch, tokens, job.steps_an_epoch)]
    if job.settings.patience:
        callbacks.append(transformers.EarlyStoppingCallback(job.settings.patience))
    found = (Mixed if job.parts else Weighted)(
        model=job.model,
        args=arguments(job, first=first),
        data_collator=Later(collate=job.collate) if job.parts else job.collate,
        train_dataset=Slots(len(job.batches)) if job.parts else Batches(job.train, job.batches),
        eval_dataset=Batches(job.valid, valid) if job.valid else None,
        callbacks=callbacks,
        mask=job.settings.as_mask(),
        attention=job.attention,
        mask_bytes=job.mask_bytes,
    )
    found.remove_callback(transformers.trainer_callback.PrinterCallback)
    asked = job.settings
    if asked.l2 or asked.ewc or asked.si or asked.record_path or asked.average < 1:
        found.start = holding.start_of(found.model)
        found.extra = holding.held(job, found.start)
    if asked.record_path:
        found.path = path.PathIntegral(holding.trained, found.extra, found.start)
        found.kept["path"] = found.path
        found.add_callback(found.path)
    if isinstance(found, Mixed):
        found.begin(job, tokens)
        found.add_callback(Stepping(found))
    return found


def _tokens(job: Job) -> list[int]:
    """Tokens of the batches of each step."""
    at = job.settings.accumulate * processes()
    sizes = [sum(len(job.train[n].input_ids) for n in one) for one in job.batches]
    return [sum(sizes[i : i + at]) for i in range(0, len(sizes), at)]


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


def _last_look(job: Job, trainer: Weighted) -> float | None:
    """The validation loss of the model that is kept."""
    looks, asked = _looks(trainer), job.settings
    fresh = looks and looks[-1]["step"] == trainer.state.global_step
    if fresh and not asked.patience and asked.average == 1:
        return looks[-1]["loss"]
    return _loss(trainer, job.valid)


def _old_losses(trainer: Weighted, job: Job) -> dict[str, float | None]:
    """Validation losses of all older rows, under the name of nobody, and of each older run."""
    parts = {"": job.old["valid"], **job.old_valid} if len(job.old_valid) > 1 else job.old_valid
    found = {name: _loss(trainer, rows) for name, rows in parts.items()}
    return found if "" in found else {"": next(iter(found.values()), None), **found}


def _forgotten(
    job: Job, before: Mapping[str, float | None], after: Mapping[str, float | None]
) -> dict[str, Any]:
    by_run = {
        name: {"rows": len(rows), "before": before[name], "after": after[name]}
        for name, rows in job.old_valid.items()
    }
    return {"before": before[""], "after": after[""], "by_run": by_run}


def _trained_on(job: Job, trainer: Weighted) -> Mapping[str, Any]:
    """What went through the model: rows count as often as they were seen."""
    seen_batches = trainer.batches if isinstance(trainer, Mixed) else job.batches
    batches = seen_batches[: trainer.state.global_step * job.settings.accumulate * processes()]
    seen = [number for one in batches for number in one]
    size = fit.Size.of([job.train[number] for number in seen])
    return {
        "rows": size.rows,
        "distinct_rows": len(set(seen)),
        "replayed": 0 if job.parts else sum(number >= job.new_rows for number in seen),
        "examples": size.examples,
        "tokens": size.tokens,
        "learned": size.learned,
        "longest_example": size.longest_example,
    }
