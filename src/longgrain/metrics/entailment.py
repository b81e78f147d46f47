"""A claim and evidence of any length > how surely a classifier of textual entailment finds it borne out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from longgrain.errors import PlanError

LABELS = ("entail", "neutral", "contradict")
LONGEST, LEAST, BATCH = 512, 32, 16


class Found(NamedTuple):
    """The window of the evidence with the highest probability of a label, and that probability."""

    share: float
    window: str


def check(model: str, window: int, threshold: float) -> None:
    """PlanError for settings that cannot be, and for a folder whose config has other labels."""
    if not 0 < threshold < 1 or (window and window < LEAST):
        raise PlanError(
            f"claims with threshold {threshold}, window {window}: no evidence could count; give a "
            f"probability between 0 and 1, and {LEAST} tokens or more"
        )
    path = Path(model) / "config.json"
    if model and path.is_file():
        try:
            named = orjson.loads(path.read_bytes()).get("id2label") or {}
        except (ValueError, OSError, AttributeError) as error:
            raise PlanError(f"claims.model: {path} cannot be read: {error}") from error
        places(model, {int(key): str(value) for key, value in named.items()})


def places(model: str, named: dict[int, str]) -> tuple[int, int, int]:
    """The places of the three labels in a model's output, by their names. PlanError without them."""
    own = [[at for at, name in named.items() if one in name.lower()] for one in LABELS]
    if any(len(one) != 1 for one in own) or len(named) != len(LABELS):
        raise PlanError(
            f"claims.model {model!r} has the labels {', '.join(named.values()) or 'none'}, so it "
            "cannot tell what follows from evidence: give a classifier whose config.json names "
            "entailment, neutral and contradiction under id2label"
        )
    return own[0][0], own[1][0], own[2][0]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Entailment:
    """A classifier and its tokenizer, loaded."""

    torch: Any
    tokenizer: Any
    model: Any
    length: int
    """tokens of evidence and claim together"""
    places: tuple[int, int, int]

    @staticmethod
    def load(name: str, device: str, window: int) -> Entailment:
        """The model in a folder or of the hub, once a process. PlanError if it cannot be had."""
        return _loaded(name, device, window)

    def best(self, claim: str, evidence: str) -> tuple[Found, Found] | None:
        """Over all windows, the surest for entailment and the surest for contradiction.

        None where there is no evidence, or the claim fills the window by itself.
        """
        windows = self._windows(claim, evidence)
        if not windows:
            return None
        shares = [
            row
            for at in range(0, len(windows), BATCH)
            for row in self._shares(claim, windows[at : at + BATCH])
        ]
        entails, _, contradicts = self.places
        best = [
            max(
                (Found(row[at], words) for row, words in zip(shares, windows, strict=True)),
                key=lambda one: one.share,
            )
            for at in (entails, contradicts)
        ]
        return best[0], best[1]

    def _windows(self, claim: str, evidence: str) -> list[str]:
        """Stretches of the evidence that fit beside the claim, each going on halfway through the last."""
        own = len(self.tokenizer(claim, add_special_tokens=False)["input_ids"])
        room = self.length - own - self.tokenizer.num_special_tokens_to_add(pair=True)
        if room < LEAST // 2:
            return []
        read = self.tokenizer(
            evidence, add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )
        offsets = read["offset_mapping"]
        if not offsets:
            return []
        found = []
        for start in range(0, len(offsets), max(1, room // 2)):
            last = min(start + room, len(offsets))
            found.append(evidence[offsets[start][0] : offsets[last - 1][1]])
            if last == len(offsets):
                break
        return found

    def _shares(self, claim: str, windows: Sequence[str]) -> list[list[float]]:
        read = self.tokenizer(
            list(windows),
            [claim] * len(windows),
            truncation="only_first",
            max_length=self.length,
            padding=True,
            return_tensors="pt",
        ).to(self.model.device)
        with self.torch.inference_mode():
            found: list[list[float]] = self.model(**read).logits.float().softmax(-1).tolist()
        return found


@lru_cache(maxsize=2)
def _loaded(name: str, device: str, window: int) -> Entailment:
    torch, transformers = library("torch"), library("transformers")
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(name, use_fast=True)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(name)
        model = model.to(device or ("cuda" if torch.cuda.is_available() else "cpu")).eval()
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise PlanError(
            f"claims.model {name!r} cannot be loaded, so no claim can be held against evidence: "
            f"{error}; give a folder with config.json, tokenizer and weights, or a name on the hub"
        ) from error
    named = {int(key): str(value) for key, value in model.config.id2label.items()}
    longest = min(
        one
        for one in (
            getattr(model.config, "max_position_embeddings", LONGEST),
            tokenizer.model_max_length,
            LONGEST,
        )
        if one
    )
    return Entailment(
        torch=torch,
        tokenizer=tokenizer,
        model=model,
        length=min(window or longest, longest),
        places=places(name, named),
    )


def library(name: str) -> Any:
    """A library of the extra ``train``. PlanError if it is missing."""
    try:
        return import_module(name)
    except ImportError as error:
        raise PlanError(
            f"{name} is not installed, so no model can run here ({error}): pip install "
            "'longgrain[train]'"
        ) from error
