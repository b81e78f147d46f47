"""Rows of several sources and a reference > the Trainer that draws each batch as their losses ask for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
import transformers
from torch.utils.data import Dataset

from longgrain.errors import TrainError
from longgrain.rows import Row
from longgrain.train import models
from longgrain.train.batches import scaled
from longgrain.train.job import Job
from longgrain.train.measures import numbers
from longgrain.train.mixing import Draws, Mixture, nothing_known, restore, state_of
from longgrain.train.trainer import (
    Batches,
    Collate,
    Tensors,
    Weighted,
    model_inputs,
    token_losses,
    weighted_loss,
)


class Slots(Dataset[int]):
    """So many batches of which nobody knows yet what will be in them."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        """Batches."""
        return self.count

    def __getitem__(self, at: int) -> int:
        """The number of one."""
        return at


@dataclass(frozen=True, kw_only=True)
class Later:
    """Leaves numbers of batches as they are, and makes tensors of rows."""

    collate: Collate

    def __call__(self, listed: Sequence[Any]) -> Tensors:
        """Of a look at validation rows, the rows; else what was read."""
        if isinstance(listed[0], int):
            return {"slot": torch.tensor(listed)}
        return self.collate(listed)


class Mixed(Weighted):
    """The Trainer whose batches are drawn when they are needed, by weights that follow the losses."""

    job: Job
    mixture: Mixture
    draws: Draws
    batches: list[list[int]]
    """the rows of each batch that was drawn"""
    tokens: list[int]
    """tokens of each step"""
    reference: Any = None
    """a model, for DoReMi"""
    losses: Mapping[str, float]
    """what each source should reach, where it is known by source"""

    def begin(self, job: Job, tokens: list[int]) -> None:
        """Weights and draws as they are before the first step; the reference loaded, if it is a model."""
        asked, names = job.settings, [*job.parts]
        shares = numbers("shares", asked.shares, names) or dict.fromkeys(names, 1.0)
        vocabulary = job.model.config.get_text_config().vocab_size
        self.job, self.batches, self.tokens = job, [], tokens
        self.mixture = Mixture(
            names=names,
            weights=np.array([shares[name] for name in names]),
            rate=asked.mix_rate,
            floor=asked.mix_floor,
            unseen=nothing_known(vocabulary),
        )
        self.draws = Draws(parts=[*job.parts.values()], seed=asked.seed)
        self.shares = self.mixture.weights
        self.sums: dict[str, list[float]] = {}
        self.kept["mixing"] = self
        self.losses = self._measured_by()

    def _measured_by(self) -> Mapping[str, float]:
        """The reference losses by source, given or measured on validation rows with its model."""
        asked, job = self.job.settings, self.job
        if asked.mix == "fixed":
            return {}
        if asked.mix == "sheared" and (
            lost := [name for name, rows in job.source_valid.items() if not rows]
        ):
            raise TrainError(
                f"mix sheared follows validation losses, and source {lost[0]} has no validation rows: "
                "build it with a share for split.valid, or use --mix doremi"
            )
        if "=" in asked.reference:
            return numbers("reference", asked.reference, zero=True)
        model = _loaded(job)
        if asked.mix == "doremi":
            self.reference = model
            return {}
        return {name: _loss_of(model, job, rows) for name, rows in job.source_valid.items()}

    # --- what is drawn ---

    def get_batch_samples(
        self, epoch_iterator: Iterator[Any], num_batches: int, device: Any
    ) -> tuple[list[Any], Any]:
        """The batches of one step, drawn with the weights as they are now."""
        made = [self._drawn() for _ in islice(epoch_iterator, num_batches)]
        if made:
            lengths = [len(self.job.train[row].input_ids) for one in made for _, row in one]
            self.tokens.append(sum(lengths))
        found = [self._tensors(one) for one in made]
        return found, self._get_num_items_in_batch(found, device)

    def _drawn(self) -> list[tuple[int, int]]:
        """The source and the number of each row of one batch."""
        shares = self.shares if self.job.settings.mix == "doremi" else self.mixture.weights
        pairs = [self.draws.next(shares) for _ in range(self.job.settings.batch)]
        self.batches.append([row for _, row in pairs])
        return pairs

    def _tensors(self, drawn: Sequence[tuple[int, int]]) -> Tensors:
        """A batch; for DoReMi each row weighs what its source does, against how often it is drawn."""
        rows = [self.job.train[row] for _, row in drawn]
        found = self.job.collate([rows])
        if self.job.settings.mix != "doremi":
            return found
        sources = np.array([source for source, _ in drawn])
        factors = (self.mixture.weights / self.shares)[sources]
        units = sum(
            factor * scaled(row, self.job.settings.normalise).units
            for factor, row in zip(factors.tolist(), rows, strict=True)
        )
        of_token = self._of_tokens(sources, rows, found["input_ids"].shape)
        weights = torch.from_numpy(self.mixture.weights / self.shares)
        found["scales"] = (found["scales"] * weights[of_token]).to(found["scales"].dtype)
        found["units"] = torch.tensor([units], dtype=torch.float64)
        return {**found, "sources": of_token}

    def _of_tokens(self, sources: Any, rows: Sequence[Row], shape: Any) -> torch.Tensor:
        """The source of each token, whether rows lie one under the other or end to end."""
        if shape[0] == len(rows):
            return torch.from_numpy(sources)[:, None].expand(tuple(shape)).contiguous()
        return torch.from_numpy(np.repeat(sources, [len(row.input_ids) for row in rows]))[None]

    # --- what is learned from it ---

    def compute_loss(
        self,
        model: Any,
        inputs: Tensors,
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """As of every training; on the way the excess of each source is noted for DoReMi."""
        if "sources" not in inputs:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        given = model_inputs(inputs, self.mask, self.attention, self.mask_bytes)
        each, scales, places = token_losses(model, inputs, given)
        self._note(inputs, given, each.detach(), scales != 0, inputs["sources"][:, places])
        loss = (each * scales).sum() / num_items_in_batch
        if self.extra is not None and model.training:
            loss = loss + self.extra(model) / self.current_gradient_accumulation_steps
        return loss

    def _note(self, inputs: Tensors, given: Tensors, each: Any, learned: Any, source: Any) -> None:
        """Adds up, by source, what learned tokens have above the reference, and how many there are."""
        with torch.no_grad():
            if self.reference is not None:
                below, _, _ = token_losses(self.reference, inputs, given)
            else:
                known = torch.tensor([self.losses[name] for name in self.mixture.names])
                below = known.to(each.device)[source]
            above = torch.clamp(each - below, min=0.0)
        for number, name in enumerate(self.mixture.names):
            own = learned & (source == number)
            found = self.sums.setdefault(name, [0.0, 0.0])
            found[0] += float(above[own].sum())
            found[1] += float(own.sum())

    def stepped(self) -> None:
        """DoReMi's update, after a step."""
        if self.job.settings.mix == "doremi":
            self.mixture.doremi({name: one / n for name, (one, n) in self.sums.items() if n})
        self.sums = {}

    # --- looks at validation rows ---

    def by_source(self) -> dict[str, float]:
        """The loss of the model as it is on the validation rows of each source that has any."""
        found = {}
        for name, rows in self.job.source_valid.items():
            if rows:
                each = Batches(rows, [[number] for number in range(len(rows))])
                made = self.evaluation_loop(self.get_eval_dataloader(each), "loss")
                found[name] = float((made.metrics or {})["eval_loss"])
        return found

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """A look at the validation rows: first those of each source, and Sheared LLaMA's update."""
        self.seen = self.by_source()
        if self.job.settings.mix == "sheared":
            self.mixture.sheared(self.seen, self.losses)
        return super().evaluate(*args, **kwargs)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """A look is logged with the weights from then on and the loss of each source."""
        if "eval_loss" in logs:
            weights = self.mixture.by_name(self.mixture.weights)
            logs |= {f"weight_{name}": one for name, one in weights.items()}
            logs |= {f"loss_{name}": one for name, one in self.seen.items()}
        super().log(logs, start_time)

    # --- checkpoints and the record ---

    def state_dict(self) -> dict[str, Any]:
        """For a checkpoint."""
        own = {"batches": [list(one) for one in self.batches], "tokens": list(self.tokens)}
        return {**state_of(self.mixture, self.draws), **own}

    def load_state_dict(self, kept: Mapping[str, Any]) -> None:
        """Goes on from a checkpoint."""
        restore(self.mixture, self.draws, kept)
        self.batches = [list(one) for one in kept["batches"]]
        self.tokens[:] = kept["tokens"]

    def found(self) -> dict[str, Any]:
        """What the record says of it."""
        names, average = self.mixture.names, self.mixture.average
        return {
            "drawn": dict(zip(names, self.draws.counts, strict=True)),
            "weights": self.mixture.by_name(self.mixture.weights),
            "average": None if average is None else self.mixture.by_name(average),
            "reference": dict(self.losses) or None,
            "valid": self.by_source(),
        }


class Stepping(transformers.TrainerCallback):
    """Tells the Trainer when a step is done, before anything is looked at or saved."""

    def __init__(self, trainer: Mixed) -> None:
        self.trainer = trainer

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """A step is done."""
        self.trainer.stepped()


def _loaded(job: Job) -> Any:
    """The reference model, which is not trained. TrainError where there is none, or another kind."""
    name = job.settings.reference
    try:
        found: Any = transformers.AutoModelForCausalLM.from_pretrained(
            name, attn_implementation=job.attention, dtype=next(job.model.parameters()).dtype
        )
    except models.BROKEN as error:
        raise TrainError(
            f"the reference {name!r} cannot be loaded ({type(error).__name__}: {error}), so there is "
            "no excess loss; give the folder of a model, or losses as NAME=LOSS"
        ) from error
    ours, theirs = (one.config.get_text_config().vocab_size for one in (job.model, found))
    if ours != theirs:
        raise TrainError(
            f"the reference {name!r} has {theirs:,} tokens and the model {ours:,}, so their losses "
            "cannot be compared; give a reference with the same tokenizer"
        )
    return found.to(models.device_of()).eval()


def _loss_of(model: Any, job: Job, rows: Sequence[Row]) -> float:
    """The loss of another model on some rows, divided as that of the training is."""
    total, units = 0.0, 0.0
    for row in rows:
        inputs = job.inputs([row])
        given = model_inputs(inputs, job.settings.as_mask(), job.attention, job.mask_bytes)
        with torch.no_grad(), job.cast():
            total += float(weighted_loss(model, inputs, given))
        units += float(inputs["units"].sum())
    return total / (units or 1.0)
