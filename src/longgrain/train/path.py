"""The steps of a training > what each weight did for its loss (path integral), and that as importance beside the model.

Synaptic intelligence (Zenke, Poole and Ganguli 2017). While a task is learned, each weight k gathers

    omega_k = - sum over steps t of g_k(t) * (theta_k(t + 1) - theta_k(t))

with the gradient g of the task's own loss (unclipped, without penalties), so the omegas add up to about
the fall of the loss. Its importance is relu(before_k + omega_k / ((theta_k(end) - theta_k(start))^2 + xi)),
where xi is ``damping`` and ``before`` the importance from still older tasks, if the model began with one.
A later task then adds c times the sum of importance_k * (theta_k - theta_k(end))^2 to its loss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import TrainerCallback

from longgrain.errors import TrainError

FILE = "path.safetensors"
Weights = dict[str, torch.Tensor]


class PathIntegral(TrainerCallback):
    """``weights`` gives the trained weights of a model by name, ``extra`` a penalty that is not the task's.

    Keeps three copies of the weights, and a fourth during a step.
    """

    def __init__(self, weights: Callable[[Any], Weights], extra: Any, start: Weights) -> None:
        self.weights, self.extra, self.start = weights, extra, start
        self.omega = {name: torch.zeros_like(one) for name, one in start.items()}
        self.gradient: Weights = {}
        self.before: Weights = {}

    def look(self, model: Any) -> None:
        """Keeps the gradient of the task as it is before it is clipped."""
        self.gradient = {
            name: torch.zeros_like(one) if one.grad is None else one.grad.detach().float().clone()
            for name, one in self.weights(model).items()
        }
        if self.extra is None:
            return
        named = self.weights(model)
        with torch.enable_grad():
            pulled = torch.autograd.grad(self.extra(model), [*named.values()], allow_unused=True)
        for name, one in zip(named, pulled, strict=True):
            if one is not None:
                self.gradient[name] -= one.float()

    def on_pre_optimizer_step(
        self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any
    ) -> None:
        """Keeps the weights as they are before the step."""
        if not self.gradient:
            self.look(model)
        self.before = {
            name: one.detach().float().clone() for name, one in self.weights(model).items()
        }

    def on_optimizer_step(
        self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any
    ) -> None:
        """Adds what this step did."""
        for name, one in self.weights(model).items():
            moved = one.detach().float() - self.before[name]
            self.omega[name] -= self.gradient[name] * moved
        self.gradient, self.before = {}, {}

    def state_dict(self) -> Weights:
        """What a checkpoint keeps; where the path began is known anyway."""
        return self.omega

    def load_state_dict(self, kept: Mapping[str, torch.Tensor]) -> None:
        """Goes on from a checkpoint."""
        self.omega = {name: kept[name].to(one.device) for name, one in self.omega.items()}


@torch.no_grad()
def importance(
    omega: Weights, start: Weights, end: Weights, damping: float, before: Weights
) -> Weights:
    """Of each weight, as the module says; ``before`` may be empty."""
    found = {}
    for name, one in omega.items():
        moved = end[name].float() - start[name]
        now = one / (moved * moved + damping)
        found[name] = torch.relu(now + before[name].to(now.device) if before else now)
    return found


def write_path(path: PathIntegral, model: Any, began: Path, folder: Path, damping: float) -> None:
    """The importance beside the model, with that of the model it ``began`` from."""
    known = importance_of(began, path.start) if (began / FILE).is_file() else {}
    found = importance(path.omega, path.start, path.weights(model), damping, known)
    save_file({name: one.cpu().contiguous() for name, one in found.items()}, folder / FILE)


def importance_of(folder: Path, start: Mapping[str, torch.Tensor]) -> Weights:
    """What older tasks need of each weight of ``start``. TrainError where nobody wrote it down."""
    place = folder / FILE
    if not place.is_file():
        raise TrainError(
            f"{folder} has no {FILE}, so nobody knows what its weights did for the task that it "
            "learned, and si can hold none; train that task with --record-path, or use --ewc, which "
            "needs only rows of it (--old)"
        )
    found = load_file(place)
    if other := [
        name for name in start if name not in found or found[name].shape != start[name].shape
    ]:
        raise TrainError(
            f"{place} is not of this model: it says nothing of {other[0]} in this shape; train the "
            "older task again with --record-path"
        )
    return {name: found[name].to(one.device) for name, one in start.items()}
