"""A model as it began and rows of an older task > a penalty for weights that move, and weights moved back.

L2 to the start (L2-SP, Li et al. 2018): lambda / 2 times the squared distance of the weights from where
they began. EWC (Kirkpatrick et al. 2017): each square times the diagonal of the Fisher information of
the older task. SI (Zenke et al. 2017): each square times what the weight did for the older task, which
`longgrain.train.path` records. WiSE-FT (Wortsman et al. 2022): a mean of the weights before and after training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from longgrain.rows import Row
from longgrain.train import path
from longgrain.train.batches import apart
from longgrain.train.job import Job
from longgrain.train.trainer import Extra, model_inputs, weighted_loss

Weights = dict[str, torch.Tensor]


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """Where the trained weights began, and how firmly each is held: a number, or one a weight."""

    start: Mapping[str, torch.Tensor]
    firmness: Mapping[str, torch.Tensor] | float

    def __call__(self, model: Any) -> torch.Tensor:
        """Half the sum of firmness times squared distance, over all trained weights."""
        found: Any = 0.0
        for name, one in trained(model).items():
            held = self.firmness if isinstance(self.firmness, float) else self.firmness[name]
            away = one.float() - self.start[name]
            found = found + (held * away * away).sum() / 2
        return torch.as_tensor(found)


def start_of(model: Any) -> Weights:
    """A copy of the trained weights, in float32."""
    return {name: one.detach().float().clone() for name, one in trained(model).items()}


def fisher(model: Any, losses: Iterable[Callable[[], torch.Tensor]]) -> Weights:
    """The diagonal of the empirical Fisher information: the mean square of each example's gradient.

    Each of ``losses`` gives the negative log-likelihood of one example, summed over its tokens.
    """
    found = {
        name: torch.zeros_like(one, dtype=torch.float32) for name, one in trained(model).items()
    }
    count = 0
    for loss in losses:
        model.zero_grad()
        loss().backward()
        for name, one in trained(model).items():
            if one.grad is not None:
                found[name] += one.grad.float() ** 2
        count += 1
    model.zero_grad()
    return {name: one / max(count, 1) for name, one in found.items()}


def held(job: Job, start: Mapping[str, torch.Tensor]) -> Extra | None:
    """The penalty for weights that move, if one was asked for."""
    asked = job.settings
    parts: list[Anchor] = []
    if asked.l2:
        parts.append(Anchor(start=start, firmness=asked.l2))
    if asked.ewc:
        known = fisher_of(job)
        scaled = {name: asked.ewc * one for name, one in known.items()}
        parts.append(Anchor(start=start, firmness=scaled))
    if asked.si:
        known = path.importance_of(Path(asked.model), start)
        # The paper's penalty is c times the sum, without the half of `Anchor`.
        firm = {name: 2 * asked.si * one for name, one in known.items()}
        parts.append(Anchor(start=start, firmness=firm))
    return (lambda model: sum((one(model) for one in parts), torch.zeros(()))) if parts else None


def fisher_of(job: Job) -> Weights:
    """What the older runs need of each weight, by a draw of its examples."""
    examples = [one for row in job.old["train"] for one in apart(row) if one.weights.any()]
    drawn = np.random.default_rng(job.settings.seed).permutation(len(examples))
    mask, model = job.settings.as_mask(), job.model

    def loss(row: Row) -> Any:
        inputs = job.inputs([row], "sum")
        with job.cast():
            given = model_inputs(inputs, mask, job.attention, job.mask_bytes)
            return weighted_loss(model, inputs, given)

    some = [examples[n] for n in drawn[: job.settings.fisher]]
    return fisher(model, (partial(loss, row) for row in some))


@torch.no_grad()
def average(model: Any, start: Mapping[str, torch.Tensor], share: float) -> None:
    """Sets the trained weights to ``share`` of what they are and the rest of where they began.

    Adapters add to weights that never moved, so scaling what they add is the same mean of the whole.
    """
    for name, one in trained(model).items():
        if "lora_B" in name or "lora_embedding_B" in name:
            one.mul_(share)
        elif "lora_" not in name:
            one.copy_(one.float().mul(share) + start[name] * (1 - share))


def trained(model: Any) -> dict[str, Any]:
    """The weights that learn, by name."""
    return {_plain(name): one for name, one in model.named_parameters() if one.requires_grad}


def _plain(name: str) -> str:
    """The name of a weight without that of a wrapper of several processes."""
    return name.removeprefix("module.")
