"""The pairs of a run, settings and a folder > a model that prefers the chosen replies, by TRL's DPOTrainer.

Direct preference optimisation (Rafailov et al. 2023, arXiv 2305.18290). Pairs go to the trainer as
token ids, encoded as the rows of the run are, so its own chat template and cutting play no part.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import transformers
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from longgrain.errors import TrainError
from longgrain.run import Run
from longgrain.tokens import Tokenizer
from longgrain.train import fit, models
from longgrain.train.arguments import about, ended, on_gpu, sound, spelled
from longgrain.train.job import Tell, first_process, fitting, processes, room
from longgrain.train.pairs import Pair, Pairs, pairs_of
from longgrain.train.record import (
    Record,
    begin,
    fingerprint,
    last_checkpoint,
    saving,
    written,
)
from longgrain.train.settings import Settings
from longgrain.train.watching import LOG, Watch, Watching
from longgrain.train.writing import FILES, write_model

COLUMNS = pa.schema(
    [(f"{name}_ids", pa.list_(pa.int32())) for name in ("prompt", "chosen", "rejected")]
)
# What a look at the validation pairs gives, by TRL's name for it.
LOOKED = {
    "loss": "eval_loss",
    "accuracy": "eval_rewards/accuracies",
    "margin": "eval_rewards/margins",
}


class Encoded(DPOTrainer):
    """TRL's trainer for pairs that are token ids already."""

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset


@dataclass(frozen=True, kw_only=True)
class Duel:
    """One training on pairs, all decided."""

    run: Run
    settings: Settings
    folder: Path
    train: Pairs
    valid: Pairs
    model: Any
    tokenizer: Tokenizer | None

    @property
    def steps_an_epoch(self) -> int:
        """Optimiser steps in which every pair is seen once."""
        asked = self.settings
        return math.ceil(len(self.train.found) / (asked.batch * asked.accumulate * processes()))

    @property
    def steps(self) -> int:
        """Optimiser steps in all."""
        return self.settings.steps or max(1, round(self.settings.epochs * self.steps_an_epoch))

    @property
    def tokens_a_step(self) -> int:
        """Tokens that go through the model in a mean step: the prompt twice, with either reply."""
        both = sum(2 * len(p.prompt) + len(p.chosen) + len(p.rejected) for p in self.train.found)
        return round(both / self.steps_an_epoch)


def tune(run: Run, settings: Settings, record: Record, tell: Tell, watch: Watch) -> Record:
    """Trains, or goes on, as `longgrain.train.train` says."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    duel = prepared(run, settings, record.folder, tell)
    if first_process():
        begin(record)
    resume = last_checkpoint(record.folder)
    tell(f"going on from {resume.name}" if resume else f"training, {duel.steps:,} steps")
    return _trained(duel, record, resume, watch)


def prepared(run: Run, settings: Settings, folder: Path, tell: Tell) -> Duel:
    """Everything decided and checked. TrainError where something does not fit."""
    tell("reading pairs")
    train, valid = pairs_of(run, "train"), pairs_of(run, "valid")
    _enough(run, settings, train, valid)
    tell("reading the model")
    config = models.config_of(settings)
    own = fitting(run, settings, config, size_of([*train.found, *valid.found]))
    longest = max(pair.longest for pair in train.found)
    model = models.adapted(
        models.begun(settings, config, models.attention_of(settings, longest)), settings
    )
    room(folder, model, settings)
    return Duel(
        run=run,
        settings=settings,
        folder=folder,
        train=train,
        valid=valid,
        model=model,
        tokenizer=own,
    )


def _enough(run: Run, settings: Settings, train: Pairs, valid: Pairs) -> None:
    if not train.found:
        reasons = ", ".join(f"{times:,} with {why}" for why, times in train.left_out.items())
        raise TrainError(
            f"{run.folder} has no pairs of side train ({reasons or 'no examples'}), so there is nothing "
            "to compare; build it with a recipe that makes pairs, such as prefer, or leave --objective "
            "out"
        )
    if settings.patience and not valid.found:
        raise TrainError(
            f"patience of {settings.patience} looks at validation pairs, and {run.folder} has none: "
            "build it with a share for split.valid, or leave --patience out"
        )


def size_of(pairs: Sequence[Pair]) -> fit.Size:
    """What pairs need of a model; a pair counts as one row and one example."""
    longest = max(pairs, key=lambda pair: pair.longest)
    parts = [part for p in pairs for part in (p.prompt, p.chosen, p.rejected)]
    return fit.Size(
        rows=len(pairs),
        examples=len(pairs),
        tokens=sum(map(len, parts)),
        learned=sum(len(pair.chosen) + len(pair.rejected) for pair in pairs),
        longest_row=longest.longest,
        longest_example=longest.longest,
        longest_name=longest.id,
        largest_id=max(int(part.max()) for part in parts if len(part)),
    )


def table(pairs: Iterable[Pair]) -> datasets.Dataset:
    """Pairs as TRL holds them, in memory."""
    listed = list(pairs)
    columns = [
        pa.array([getattr(pair, name) for pair in listed], pa.list_(pa.int32()))
        for name in ("prompt", "chosen", "rejected")
    ]
    return datasets.Dataset(pa.Table.from_arrays(columns, schema=COLUMNS))


def trainer_of(duel: Duel, watch: Watch = lambda log: None, *, first: bool = True) -> Encoded:
    """The trainer, ready to train; what the model says before is worked out here."""
    asked, looks = duel.settings, bool(duel.valid.found)
    log = duel.folder / LOG if first_process() else Path(os.devnull)
    tokens = [duel.tokens_a_step] * duel.steps
    callbacks: list[Any] = [Watching(log, watch, tokens, duel.steps_an_epoch)]
    if asked.patience:
        callbacks.append(transformers.EarlyStoppingCallback(asked.patience))
    arguments = DPOConfig(
        **spelled(asked, duel.folder, duel.steps, duel.steps_an_epoch, looks=looks),
        per_device_train_batch_size=asked.batch,
        per_device_eval_batch_size=asked.batch,
        eval_on_start=looks and first,
        gradient_checkpointing=asked.recompute,
        beta=asked.beta,
        max_length=None,
        precompute_ref_log_probs=True,
    )
    with _quiet():
        found = Encoded(
            model=duel.model,
            args=arguments,
            train_dataset=table(duel.train.found),
            eval_dataset=table(duel.valid.found) if looks else None,
            processing_class=_padding(duel),
            callbacks=callbacks,
        )
    found.remove_callback(transformers.trainer_callback.PrinterCallback)
    return found


def _padding(duel: Duel) -> transformers.PreTrainedTokenizerBase:
    """A tokenizer that nothing is encoded with: TRL pads with one, and masks what it padded."""
    library = duel.run.tokenizer.library
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=library, pad_token=library.id_to_token(0), eos_token=library.id_to_token(0)
    )


@contextmanager
def _quiet() -> Any:
    """No bars of other libraries between our lines."""
    before, shown = os.environ.get("TQDM_DISABLE"), datasets.are_progress_bars_disabled()
    os.environ["TQDM_DISABLE"] = "1"
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        os.environ.pop("TQDM_DISABLE")
        if before is not None:
            os.environ["TQDM_DISABLE"] = before
        if not shown:
            datasets.enable_progress_bars()


def _trained(duel: Duel, record: Record, resume: Path | None, watch: Watch) -> Record:
    before = fingerprint(dict(duel.model.named_parameters()))
    pads = duel.model.config.get_text_config().pad_token_id
    with saving(duel.folder), on_gpu():
        trainer = trainer_of(duel, watch, first=resume is None)
        watching = next(
            one for one in trainer.callback_handler.callbacks if isinstance(one, Watching)
        )
        trainer.train(resume_from_checkpoint=str(resume) if resume else None)
        sound(trainer.model)
        tuned = trainer.accelerator.unwrap_model(trainer.model)
        tuned.config.get_text_config().pad_token_id = pads
        if "ref" in getattr(tuned, "peft_config", {}):
            tuned.delete_adapter("ref")
        told = about(tuned, duel.settings, before)
        if first_process():
            attention = str(tuned.config._attn_implementation)
            write_model(tuned, duel.run, duel.settings, duel.folder, duel.tokenizer, attention)
    done = changed(record, found=_found(duel, trainer, told, watching.seconds, resume))
    if first_process():
        done.write()
    return done


def _found(
    duel: Duel, trainer: Encoded, told: Mapping[str, Any], seconds: float, resume: Path | None
) -> dict[str, Any]:
    how = ended(trainer, duel.settings, planned=duel.steps, seconds=seconds, resume=resume)
    looks = [
        {"step": one["step"], **{name: one[key] for name, key in LOOKED.items()}}
        for one in trainer.state.log_history
        if "eval_loss" in one
    ]
    kept = how["kept_step"]
    last = next((one for one in reversed(looks) if one["step"] == kept), None)
    return {
        **how,
        "model": told,
        "trained_on": _seen(duel, trainer.state.global_step),
        "valid": {"pairs": len(duel.valid.found), **(last or {"loss": None}), "looks": looks},
        "left_out": dict(duel.train.left_out + duel.valid.left_out),
        "outputs": written(duel.folder, FILES),
    }


def _seen(duel: Duel, steps: int) -> dict[str, int]:
    """Pairs that went through the model; the last step of an epoch may have fewer than the others."""
    there, asked = duel.train.found, duel.settings
    epochs, rest = divmod(steps, duel.steps_an_epoch)
    pairs = epochs * len(there) + min(
        rest * asked.batch * asked.accumulate * processes(), len(there)
    )
    return {
        "pairs": pairs,
        "distinct_pairs": min(pairs, len(there)),
        "longest_pair": max(pair.longest for pair in there),
    }
