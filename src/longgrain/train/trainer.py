"""Batches of packed rows and a model > the Trainer of transformers, with a weighted loss of our own.

Logits are made only where something is learned, so a long context with a short answer costs no more
memory than its hidden states.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from torch.utils.data import Dataset
from transformers import EvalPrediction, Trainer

from longgrain import masks
from longgrain.errors import StepError
from longgrain.rows import Row
from longgrain.train.batches import batch
from longgrain.train.path import PathIntegral
from longgrain.train.settings import Normalise

Tensors = dict[str, Any]
# A penalty or the like: the model and the loss of a step > what is added to that loss.
Extra = Callable[[Any], torch.Tensor]


class Batches(Dataset[list[Any]]):
    """The batches of a training or of a look, in order; of packed rows or of windows."""

    def __init__(self, rows: Sequence[Any], numbers: Sequence[Sequence[int]]) -> None:
        self.rows, self.numbers = rows, numbers

    def __len__(self) -> int:
        """Batches."""
        return len(self.numbers)

    def __getitem__(self, at: int) -> list[Any]:
        """The rows of one batch."""
        return [self.rows[number] for number in self.numbers[at]]


@dataclass(frozen=True, kw_only=True)
class Collate:
    """Rows > tensors; ``flat`` for flash attention."""

    normalise: Normalise
    flat: bool = False

    def __call__(self, listed: Sequence[Sequence[Row]]) -> Tensors:
        """The rows of the batches that a loader took together."""
        made = batch([row for rows in listed for row in rows], self.normalise, flat=self.flat)
        return {
            "input_ids": torch.from_numpy(made.input_ids),
            "position_ids": torch.from_numpy(made.position_ids),
            "scales": torch.from_numpy(made.scales),
            "units": torch.tensor([made.units], dtype=torch.float64),
            "known": tuple(torch.from_numpy(column) for column in made.known),
        }


def attention_mask(mask: masks.Mask, known: masks.Tokens, attention: str, most: int) -> Any:
    """What the model takes as its mask; None where `position_ids` say it all.

    Bounded to ``most`` bytes, also where the model makes a mask of L x L itself.
    """
    rows, length = known.example.shape
    if attention == "flex_attention":
        masks.bounded("flex", rows, length, most)
    elif not attention.startswith("flash"):
        masks.bounded("additive" if attention == "eager" else "bool", rows, length, most)
    if mask.isolates:
        return None
    if attention == "flex_attention":
        from torch.nn.attention.flex_attention import create_block_mask

        rule, device = masks.mod_of(mask, known), known.example.device
        return create_block_mask(rule, rows, None, length, length, device, _compile=True)
    shape = (rows, 1, length, length)
    seen = torch.empty(shape, dtype=torch.bool, device=known.example.device)
    masks.fill(mask, known, seen)
    if attention != "eager":
        return seen
    return torch.where(seen, 0.0, torch.finfo(torch.float32).min)


def model_inputs(inputs: Mapping[str, Any], mask: masks.Mask, attention: str, most: int) -> Tensors:
    """The arguments of the model's forward pass, without those for the loss."""
    seen = attention_mask(mask, masks.Tokens(*inputs["known"]), attention, most)
    found = {"input_ids": inputs["input_ids"], "position_ids": inputs["position_ids"]}
    return {**found, "use_cache": False} | ({} if seen is None else {"attention_mask": seen})


def weighted_loss(model: Any, inputs: Mapping[str, Any], given: Tensors) -> torch.Tensor:
    """The sum of the token losses of a batch, each times its scale."""
    each, scales, _ = token_losses(model, inputs, given)
    return (each * scales).sum()


def token_losses(
    model: Any, inputs: Mapping[str, Any], given: Tensors
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The losses of tokens and their scales, both (rows, places), of the places where any row learns.

    The loss of a token comes from the logits one place before it, so the first of a row has none.
    """
    scales, ids = inputs["scales"][:, 1:], inputs["input_ids"][:, 1:]
    learned = (scales != 0).any(0).nonzero()[:, 0]
    logits = model(**given, logits_to_keep=learned).logits
    if logits.shape[1] != len(learned):  # a model that knows nothing of logits_to_keep
        logits = logits[:, learned]
    asked = ids[:, learned]
    each = cross_entropy(logits.float().flatten(0, 1), asked.flatten(), reduction="none")
    return each.view(asked.shape), scales[:, learned], learned + 1


class Finite(Trainer):
    """The Trainer with losses that are divided by the whole step, and stops where one is no number."""

    loss_is_scaled_for_ga = True

    def training_step(self, model: Any, inputs: Tensors, num_items_in_batch: Any = None) -> Any:
        """One batch, forward and back. Raises StepError where its loss is no number."""
        loss = super().training_step(model, inputs, num_items_in_batch)
        finite(loss, self.state.global_step + 1)
        return loss


class Weighted(Finite):
    """The Trainer with masks and token weights of packed rows."""

    def __init__(
        self,
        *args: Any,
        mask: masks.Mask,
        attention: str,
        mask_bytes: int,
        extra: Extra | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.compute_metrics = _total
        self.mask, self.attention, self.mask_bytes = mask, attention, mask_bytes
        self.extra = extra
        self.start: dict[str, torch.Tensor] = {}
        self.path: PathIntegral | None = None
        # Name > what each checkpoint keeps beside the weights, to go on from it exactly.
        self.kept: dict[str, Any] = {}
        self.model_accepts_loss_kwargs = True

    def _get_num_items_in_batch(self, batch_samples: list[Tensors], device: Any) -> Any:
        units = sum(
            (one["units"].sum() for one in batch_samples), torch.zeros((), dtype=torch.float64)
        )
        if self.args.world_size > 1:
            units = self.accelerator.gather(units.to(device)).sum()
        return float(units) or 1.0

    def compute_loss(
        self,
        model: Any,
        inputs: Tensors,
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """The weighted losses of a batch over the units of the step, and what ``extra`` adds."""
        given = model_inputs(inputs, self.mask, self.attention, self.mask_bytes)
        loss = weighted_loss(model, inputs, given) / num_items_in_batch
        # Gradients are averaged over processes, and ours is a sum.
        loss = loss * self.accelerator.num_processes
        if self.extra is not None and model.training:
            loss = loss + self.extra(model) / self.current_gradient_accumulation_steps
        return loss

    def _clip_grad_norm(self, model: Any) -> Any:
        if self.path is not None:
            self.path.look(model)
        return super()._clip_grad_norm(model)

    def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
        super()._save_optimizer_and_scheduler(output_dir)
        for name, one in self.kept.items() if self.args.should_save else ():
            torch.save(one.state_dict(), Path(output_dir) / f"{name}.pt")

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        super()._load_optimizer_and_scheduler(checkpoint)
        for name, one in self.kept.items() if checkpoint else ():
            one.load_state_dict(torch.load(Path(str(checkpoint)) / f"{name}.pt", weights_only=True))

    def prediction_step(
        self, model: Any, inputs: Tensors, prediction_loss_only: bool, ignore_keys: Any = None
    ) -> Any:
        """The sum of losses of a batch and its units, as if they were logits: `_total` adds them up."""
        inputs = self._prepare_inputs(inputs)
        given = model_inputs(inputs, self.mask, self.attention, self.mask_bytes)
        with torch.no_grad(), self.compute_loss_context_manager():
            loss = weighted_loss(model, inputs, given)
        found = torch.stack([loss.double(), inputs["units"].sum()])[None]
        return None, found, found


def finite(loss: torch.Tensor, step: int) -> None:
    """StepError where the loss of a step is no number."""
    if not bool(torch.isfinite(loss)):
        raise StepError(
            f"the loss is {float(loss)} in step {step}, so the weights would be lost: the checkpoints "
            "before it are kept; train with a lower --lr, with a longer --warmup, or in --precision "
            "float32"
        )


def _total(found: EvalPrediction) -> dict[str, float]:
    """The validation loss: all weighted losses over all units."""
    loss, units = torch.as_tensor(found.predictions).reshape(-1, 2).sum(0).tolist()
    return {"loss": loss / (units or 1.0)}
