"""Windows with targets and a model > the Trainer of transformers, with the loss of heads and looks at whole texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from longgrain.train.heads.tags import UNSURE
from longgrain.train.heads.windows import Learned
from longgrain.train.trainer import Finite

Tensors = dict[str, Any]
Floats = NDArray[np.float32]
# Logits of the windows of a side > figures of a look.
Judge = Callable[[list[Floats]], Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class Collate:
    """Windows > tensors, padded at the end; ``counting`` is how much each class counts.

    Of a head for several classes ``counting`` says how much a class that is there counts against one
    that is not.
    """

    pad: int
    counting: Floats

    def __call__(self, listed: Sequence[Sequence[Learned]]) -> Tensors:
        """The windows of the batches that a loader took together."""
        made = [one for some in listed for one in some]
        longest = max(len(one.window.ids) for one in made)
        ids = np.full((len(made), longest), self.pad, np.int64)
        seen = np.zeros((len(made), longest), np.int64)
        for row, one in enumerate(made):
            ids[row, : len(one.window.ids)] = one.window.ids
            seen[row, : len(one.window.ids)] = 1
        targets, weights = self._targets(made, longest)
        return {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(seen),
            "targets": torch.from_numpy(targets),
            "weights": torch.from_numpy(weights.astype(np.float32)),
        }

    def _targets(self, made: Sequence[Learned], longest: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """What is learned and how much it counts: per window, per window and class, or per token."""
        share = np.array([one.weight for one in made])
        if not isinstance(made[0].target, np.ndarray):
            return self._counted(np.array([one.target for one in made]), share)
        if made[0].target.dtype == np.float32:
            several = np.stack([one.target for one in made])
            counting = np.where(several > 0, self.counting, 1.0) / several.shape[1]
            return several, counting * share[:, None]
        targets = np.full((len(made), longest), UNSURE)
        for row, one in enumerate(made):
            targets[row, : len(one.target)] = one.target
        return self._counted(targets, share[:, None])

    def _counted(
        self, targets: NDArray[np.int64], share: NDArray[Any]
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        known = targets != UNSURE
        targets = np.where(known, targets, 0)
        return targets, self.counting[targets] * known * share


def losses(logits: torch.Tensor, batch: Mapping[str, Any]) -> torch.Tensor:
    """The sum of the losses of a batch, each times its weight."""
    targets, logits = batch["targets"], logits.float()
    if targets.dtype == torch.float32:
        each = binary_cross_entropy_with_logits(logits, targets, reduction="none")
    else:
        each = cross_entropy(logits.flatten(0, -2), targets.flatten(), reduction="none")
        each = each.reshape(targets.shape)
    total: torch.Tensor = (each * batch["weights"]).sum()
    return total


class Heads(Finite):
    """The Trainer with weights of classes and windows; a look is judged by whole texts."""

    def __init__(self, *args: Any, plain: Collate, judge: Judge, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plain, self.judge = plain, judge
        self.model_accepts_loss_kwargs = True

    def _get_num_items_in_batch(self, batch_samples: list[Tensors], device: Any) -> Any:
        return sum(float(one["weights"].sum()) for one in batch_samples) or 1.0

    def compute_loss(
        self,
        model: Any,
        inputs: Tensors,
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """The weighted losses of a batch over the weights of the step."""
        return losses(logits_of(model, inputs), inputs) / num_items_in_batch

    def evaluate(
        self, eval_dataset: Any = None, ignore_keys: Any = None, metric_key_prefix: str = "eval"
    ) -> dict[str, float]:
        """A look at the validation texts, logged as the Trainer logs its own."""
        loss, logits = self.read(self.eval_dataset)
        found = {"loss": loss, **self.judge(logits)}
        metrics = {f"{metric_key_prefix}_{name}": value for name, value in found.items()}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    @torch.no_grad()
    def read(self, windows: Any) -> tuple[float, list[Floats]]:
        """The mean loss, all classes counting alike, and the logits of each window in order."""
        model: Any = self.model
        training = model.training
        model.eval()
        found: list[Floats] = []
        loss = weight = 0.0
        for at in range(len(windows)):
            batch = self._prepare_inputs(self.plain([windows[at]]))
            with self.compute_loss_context_manager():
                logits = logits_of(model, batch)
            loss += float(losses(logits, batch))
            weight += float(batch["weights"].sum())
            lengths = batch["attention_mask"].sum(1).tolist()
            some = logits.float().cpu().numpy()
            for one, length in zip(some, lengths, strict=True):
                found.append(one[:length] if some.ndim == 3 else one)
        model.train(training)
        return loss / weight if weight else math.nan, found


def logits_of(model: Any, batch: Mapping[str, Any]) -> Any:
    """What the model says of a batch."""
    return model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
