"""A source of labelled texts, settings and a folder > a model with a head in that folder, and its scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import orjson
import transformers
from transformers import TrainingArguments

from longgrain.engine import atomic
from longgrain.train.arguments import about, ended, on_gpu, sound, spelled
from longgrain.train.heads import encoder
from longgrain.train.heads.job import HeadJob, prepared, sided
from longgrain.train.heads.labelled import Labelled
from longgrain.train.heads.trainer import Heads
from longgrain.train.job import Tell
from longgrain.train.record import (
    Record,
    begin,
    files_of,
    fingerprint,
    last_checkpoint,
    opened,
    saving,
    written,
)
from longgrain.train.settings import Settings
from longgrain.train.trainer import Batches
from longgrain.train.watching import LOG, Watch, Watching
from longgrain.train.writing import FILES
from longgrain.types import SIDES

LEFT_OUT = "left_out.jsonl"


def tune(
    source: Path,
    settings: Settings,
    folder: Path,
    *,
    replace: bool = False,
    tell: Tell = lambda words: None,
    watch: Watch = lambda log: None,
) -> Record:
    """Trains, or goes on, as `longgrain.train.train` says; ``source`` is a run, a file or a folder."""
    tell("reading labelled texts")
    record, texts = asking(source, settings, folder)
    record = opened(record, replace=replace)
    if record.finished:
        tell(f"{folder} is finished already")
        return record
    job = prepared(texts, settings, folder, tell)
    begin(record)
    resume = last_checkpoint(folder)
    tell(f"going on from {resume.name}" if resume else f"training, {job.steps:,} steps")
    return _trained(job, record, resume, watch)


def asking(source: Path, settings: Settings, folder: Path) -> tuple[Record, Labelled]:
    """What is asked now, and the texts by side: the source is known by the hashes of its files."""
    texts = sided(source, settings)
    asked = {"settings": settings.as_dict(), "model": files_of(settings), "run": texts.about}
    return Record(folder=folder, asked=asked), texts


def _trained(job: HeadJob, record: Record, resume: Path | None, watch: Watch) -> Record:
    before = fingerprint(dict(job.model.named_parameters()))
    trainer = trainer_of(job, watch, first=resume is None)
    watching = next(o for o in trainer.callback_handler.callbacks if isinstance(o, Watching))
    with saving(job.folder), on_gpu():
        trainer.train(resume_from_checkpoint=str(resume) if resume else None)
        sound(trainer.model)
        told = about(trainer.model, job.settings, before)
        judged = {side: _judged(job, trainer, side) for side in ("valid", "test")}
        _write(job, trainer.model)
    found: dict[str, Any] = {
        **ended(trainer, job.settings, planned=job.steps, seconds=watching.seconds, resume=resume),
        "model": {**told, "head_is_new": job.head_is_new, "window": job.length},
        "labels": list(job.labels),
        "trained_on": _trained_on(job, trainer.state.global_step),
        **judged,
        "valid": {**judged["valid"], "looks": looks(trainer)},
        "left_out": dict(Counter(one.reason for one in job.found.left_out)),
        "passed_over": {
            "reading": dict(job.found.notes),
            **{side: dict(job.notes[side]) for side in SIDES},
        },
        "unknown_tokens": job.unknown,
        "outputs": written(job.folder, FILES),
    }
    done = changed(record, found=found)
    done.write()
    return done


def trainer_of(job: HeadJob, watch: Watch = lambda log: None, *, first: bool = True) -> Heads:
    """The Trainer, ready to train; ``first`` looks at the validation texts before it begins."""
    seen = bool(job.windows["valid"])
    asked = spelled(job.settings, job.folder, job.steps, job.steps_an_epoch, looks=seen)
    arguments = TrainingArguments(
        **asked,
        per_device_train_batch_size=1,
        per_device_eval_batch_size=1,
        eval_on_start=seen and first,
        train_sampling_strategy="sequential",
        remove_unused_columns=False,
    )
    arguments._n_gpu = min(1, arguments.n_gpu)  # DataParallel would cut our batches
    callbacks: list[Any] = [Watching(job.folder / LOG, watch, job.tokens, job.steps_an_epoch)]
    if job.settings.patience:
        callbacks.append(transformers.EarlyStoppingCallback(job.settings.patience))
    found = Heads(
        model=job.model,
        args=arguments,
        data_collator=job.collate(),
        train_dataset=Batches(job.windows["train"], job.batches),
        eval_dataset=Batches(job.windows["valid"], job.numbers("valid")) if seen else None,
        callbacks=callbacks,
        plain=job.collate(plain=True),
        judge=job.judging("valid").quick,
    )
    found.remove_callback(transformers.trainer_callback.PrinterCallback)
    return found


def looks(trainer: Heads) -> list[dict[str, float]]:
    """Loss and macro F1 at each look at the validation texts."""
    return [
        {"step": one["step"], "loss": one["eval_loss"], "macro_f1": one["eval_macro_f1"]}
        for one in trainer.state.log_history
        if "eval_loss" in one
    ]


def _judged(job: HeadJob, trainer: Heads, side: Any) -> dict[str, Any]:
    """Loss and scores of the model that is kept."""
    if not job.windows[side]:
        return {"texts": 0, "loss": None}
    loss, logits = trainer.read(Batches(job.windows[side], job.numbers(side)))
    return {"loss": loss, **job.judging(side).scores(logits)}


def _trained_on(job: HeadJob, steps: int) -> Mapping[str, Any]:
    """What went through the model: windows count as often as they were seen."""
    batches = job.batches[: steps * job.settings.accumulate]
    seen = [job.windows["train"][number] for one in batches for number in one]
    labels = Counter(label for one in job.found.sides["train"] for label in one.labels)
    return {
        "texts": len(job.found.sides["train"]),
        "windows": len(seen),
        "distinct_windows": len(job.windows["train"]),
        "tokens": sum(len(one.window.ids) for one in seen),
        "labels": {label: labels[label] for label in job.labels},
    }


def _write(job: HeadJob, model: Any) -> None:
    """The whole model, adapters merged into it, its tokenizer, and what was left out."""
    if job.settings.method == "lora":
        model = model.merge_and_unload()
    model.save_pretrained(job.folder)
    # Fresh from its files: the one that cut the windows remembers how.
    tokenizer = encoder.tokenizer_of(job.settings)
    tokenizer.model_max_length = job.length
    tokenizer.save_pretrained(job.folder)
    with atomic(job.folder / LEFT_OUT) as part:
        lines = (orjson.dumps({"id": one.id, "reason": one.reason}) for one in job.found.left_out)
        part.write_bytes(b"".join(line + b"\n" for line in lines))
