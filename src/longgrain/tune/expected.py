"""A model's folder and packed rows > how surprised it is by the answer of each example."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM

from longgrain.rows import Row
from longgrain.train.batches import apart
from longgrain.train.models import device_of


def losses(folder: Path, rows: Iterable[Row]) -> dict[str, float]:
    """For each example the mean loss of its learned tokens, in nats; each is read alone."""
    model: Any = AutoModelForCausalLM.from_pretrained(folder)
    model = model.to(device_of()).eval()
    examples = (one for row in rows for one in apart(row))
    return {one.example_ids[0]: found for one in examples if (found := _loss(model, one)) >= 0}


def _loss(model: Any, row: Row) -> float:
    """The loss of an example; -1 where it learns nothing."""
    ids = torch.from_numpy(row.input_ids.astype("int64"))[None].to(model.device)
    learned = torch.from_numpy(row.weights[1:]).nonzero()[:, 0].to(model.device)
    if not len(learned):
        return -1.0
    with torch.inference_mode():
        logits = model(input_ids=ids, use_cache=False, logits_to_keep=learned).logits
    if logits.shape[1] != len(learned):  # a model that knows nothing of logits_to_keep
        logits = logits[:, learned]
    return float(cross_entropy(logits[0].float(), ids[0, 1:][learned]))
