"""A source, settings and a folder > one training of a head, all decided: texts, labels, model, windows, batches."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import transformers

from longgrain.errors import PlanError, TrainError
from longgrain.train import order
from longgrain.train.heads import encoder, tags
from longgrain.train.heads.judging import Judging
from longgrain.train.heads.labelled import Labelled, read
from longgrain.train.heads.splitting import split
from longgrain.train.heads.trainer import Collate, Floats
from longgrain.train.heads.windows import Cutting, Learned, learned
from longgrain.train.job import Tell, processes, room
from longgrain.train.settings import Settings
from longgrain.types import SIDES, Side

# With more unknown tokens than this the model reads little of the texts.
UNKNOWN = 0.5


@dataclass(frozen=True, kw_only=True)
class HeadJob:
    """One training of a head, all decided and checked."""

    settings: Settings
    folder: Path
    found: Labelled
    labels: Sequence[str]
    model: Any
    tokenizer: Any
    length: int
    head_is_new: bool
    windows: Mapping[Side, Sequence[Learned]]
    notes: Mapping[Side, Counter[str]]
    unknown: float
    """share of the tokens of side train that the tokenizer does not know"""
    counting: Floats
    batches: Sequence[Sequence[int]]
    epoch_batches: int

    @property
    def steps(self) -> int:
        """Optimiser steps in all."""
        return math.ceil(len(self.batches) / self.settings.accumulate)

    @property
    def steps_an_epoch(self) -> int:
        """Optimiser steps of one epoch."""
        return math.ceil(self.epoch_batches / self.settings.accumulate)

    @property
    def tokens(self) -> list[int]:
        """Tokens of the windows of each step."""
        train, at = self.windows["train"], self.settings.accumulate
        sizes = [sum(len(train[n].window.ids) for n in one) for one in self.batches]
        return [sum(sizes[i : i + at]) for i in range(0, len(sizes), at)]

    def collate(self, *, plain: bool = False) -> Collate:
        """How windows become tensors; ``plain`` counts all classes alike."""
        counting = np.ones_like(self.counting) if plain else self.counting
        return Collate(pad=int(self.tokenizer.pad_token_id), counting=counting)

    def numbers(self, side: Side) -> list[list[int]]:
        """The batches of a look at a side."""
        count, size = len(self.windows[side]), self.settings.batch
        return [list(range(at, min(at + size, count))) for at in range(0, count, size)]

    def judging(self, side: Side) -> Judging:
        """How a side is judged."""
        return Judging(found=self.found, side=side, labels=self.labels, windows=self.windows[side])


def prepared(found: Labelled, settings: Settings, folder: Path, tell: Tell) -> HeadJob:
    """Everything decided and checked. TrainError where something does not fit."""
    if processes() > 1:
        raise TrainError(
            f"{processes()} processes: a head is trained in one, since its looks judge whole texts; "
            "start it without torchrun"
        )
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    labels = labels_of(found, settings)
    if settings.task == "classification":
        labels = encoder.labels_in_order(settings, labels)
    heads = labels if settings.task == "classification" else tags.names_of(labels)
    tell("reading the model")
    tokenizer = encoder.tokenizer_of(settings)
    model, fresh = encoder.begun(settings, heads, multi=found.multi)
    name = settings.model or settings.config
    encoder.fitting(tokenizer, model, name)
    length = encoder.limit_of(model, tokenizer, settings)
    model = encoder.adapted(model, settings)
    room(folder, model, settings)
    tell("cutting texts into tokens")
    cutting = Cutting(tokenizer=tokenizer, length=length, overlap=settings.overlap)
    made = {side: learned(found, side, labels, cutting) for side in SIDES}
    windows = {side: one for side, (one, _) in made.items()}
    plan = order.Plan(size=settings.batch, order="shuffled", batching="packed", seed=settings.seed)
    train = windows["train"]
    an_epoch = plan.an_epoch(len(train))
    wanted = settings.steps * settings.accumulate or max(1, round(settings.epochs * an_epoch))
    return HeadJob(
        settings=settings,
        folder=folder,
        found=found,
        labels=labels,
        model=model,
        tokenizer=tokenizer,
        length=length,
        head_is_new=fresh,
        windows=windows,
        notes={side: one for side, (_, one) in made.items()},
        unknown=_unknown(train, tokenizer, name),
        counting=counting(settings.class_weights, heads, train),
        batches=plan.batches([len(one.window.ids) for one in train], wanted),
        epoch_batches=an_epoch,
    )


def sided(source: Path, settings: Settings) -> Labelled:
    """The texts of a source by side. TrainError where there is too little, PlanError for shares twice."""
    found = read(source, settings)
    asked = [name for name in ("valid_share", "test_share") if name in settings.changed()]
    if found.split and asked:
        raise PlanError(
            f"{' and '.join(asked)} with {source}, which says itself which text is on which side; leave "
            "it out"
        )
    if not found.split:
        found = split(found, settings.valid_share, settings.test_share, settings.seed)
    if not found.sides["train"]:
        raise TrainError(f"{source} has no texts of side train, so there is nothing to train on")
    if settings.patience and not found.sides["valid"]:
        raise TrainError(
            f"patience of {settings.patience} looks at validation texts, and {source} has none: give a "
            "larger --valid-share or more texts, or leave --patience out"
        )
    return found


def labels_of(found: Labelled, settings: Settings) -> list[str]:
    """The labels of the head. TrainError for too few, and for one that was asked for and is not there."""
    there = {label for one in found.sides["train"] for label in one.labels}
    asked = [one.strip() for one in settings.labels.split(",") if one.strip()]
    if missing := [one for one in asked if one not in there]:
        raise TrainError(
            f"labels {', '.join(missing)}: no text of side train has them, so they cannot be learned; "
            f"there are {', '.join(sorted(there)) or 'none'}"
        )
    least = 2 if settings.task == "classification" and not found.multi else 1
    if len(there) < least:
        raise TrainError(
            f"side train has {len(there)} labels ({', '.join(sorted(there)) or 'none'}), so there is "
            f"nothing to tell apart; give texts of at least {least}"
        )
    return asked or sorted(there)


def _unknown(train: Sequence[Learned], tokenizer: Any, name: str) -> float:
    """The share of unknown tokens. TrainError where most are."""
    if tokenizer.unk_token_id is None:
        return 0.0
    ids = np.concatenate([one.window.ids[one.window.own] for one in train])
    share = float((ids == tokenizer.unk_token_id).mean()) if len(ids) else 0.0
    if share > UNKNOWN:
        raise TrainError(
            f"{share:.0%} of the tokens are unknown to the tokenizer of {name}, so the model would not "
            "see what it is to learn from; take a model of the language of the texts"
        )
    return share


def counting(asked: str, heads: Sequence[str], train: Sequence[Learned]) -> Floats:
    """How much each class or tag counts. PlanError for a name that is none of them.

    "balanced": inversely to how often it is there, 1 in the mean of what is there; of several classes
    at once, as much as it is oftener not there than there.
    """
    found = np.ones(len(heads), np.float32)
    if asked == "balanced":
        return _balanced(len(heads), train)
    for part in (one.strip() for one in asked.split(",") if one.strip()):
        name, _, number = part.rpartition("=")
        mine = [at for at, head in enumerate(heads) if name in (head, head[2:])]
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not mine or not 0 <= value < math.inf:
            raise PlanError(
                f"class_weights {part!r} weighs no class; write balanced, or NAME=NUMBER with a name of "
                f"{', '.join(heads)}"
            )
        found[mine] = value
    return found


def _balanced(count: int, train: Sequence[Learned]) -> Floats:
    first = train[0].target
    if isinstance(first, np.ndarray) and first.dtype == np.float32:
        there = np.sum([one.target * one.weight for one in train], axis=0)
        whole = sum(one.weight for one in train)
        return np.asarray((whole - there) / np.maximum(there, 1e-9), np.float32)
    seen = np.zeros(count)
    for one in train:
        known = np.atleast_1d(one.target)
        seen += one.weight * np.bincount(known[known != tags.UNSURE], minlength=count)
    there = seen > 0
    even = seen.sum() / there.sum() / np.maximum(seen, 1e-9)
    return np.where(there, even, 1.0).astype(np.float32)
