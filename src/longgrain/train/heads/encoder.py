"""Settings and labels > an encoder with a head for them, its tokenizer, and how many tokens it can read at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoTokenizer

from longgrain.errors import TrainError
from longgrain.train import models
from longgrain.train.settings import Settings

AUTO = {
    "classification": transformers.AutoModelForSequenceClassification,
    "tokens": transformers.AutoModelForTokenClassification,
}
ADAPTED = {"classification": "SEQ_CLS", "tokens": "TOKEN_CLS"}
# Windows where a model says of no number of positions that it is the last one.
LONGEST = 512
# What tokenizers say where they know no longest text.
NO_LIMIT = 1_000_000


def tokenizer_of(settings: Settings) -> Any:
    """The model's own tokenizer, which says where each token stands. TrainError where it cannot."""
    name = settings.model or str(Path(settings.config).parent)
    try:
        found = AutoTokenizer.from_pretrained(name, revision=settings.revision)
    except models.BROKEN as error:
        raise TrainError(
            f"{name} has no tokenizer that can be read ({type(error).__name__}: {error}), so texts "
            "cannot be given to the model; put its tokenizer.json and tokenizer_config.json there"
        ) from error
    if not getattr(found, "is_fast", False):
        raise TrainError(
            f"the tokenizer of {name} does not say where its tokens stand in a text, so labels cannot "
            "be laid on them; use one with a tokenizer.json"
        )
    if found.pad_token is None:
        raise TrainError(
            f"the tokenizer of {name} has no padding token, so texts of several lengths cannot go "
            "through the model together; name one in its tokenizer_config.json (pad_token), or take "
            "an encoder"
        )
    found.truncation_side = found.padding_side = "right"
    return found


def limit_of(model: Any, tokenizer: Any, settings: Settings) -> int:
    """Tokens of a window. TrainError for more than the model has positions for."""
    most = positions_of(model)
    if tokenizer.model_max_length < NO_LIMIT:
        most = min(most or tokenizer.model_max_length, tokenizer.model_max_length)
    most = most or max(LONGEST, settings.length)
    if settings.length > most:
        raise TrainError(
            f"length {settings.length:,} is more than the {most:,} positions of "
            f"{settings.model or settings.config}, so what stands behind them could not be read; give a "
            "smaller --length, or leave it out: longer texts are read in windows"
        )
    found = settings.length or most
    if settings.overlap >= found - tokenizer.num_special_tokens_to_add():
        raise TrainError(
            f"overlap {settings.overlap} leaves windows of {found} tokens nothing of their own; give a "
            "smaller --overlap"
        )
    return int(found)


def positions_of(model: Any) -> int | None:
    """The positions that a text may use; None where there is no last one.

    Models of RoBERTa's kind count from behind the padding's number, so that many are never used.
    """
    most = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    for name, module in model.named_modules():
        padding = getattr(module, "padding_idx", None)
        if most and name.endswith("position_embeddings") and padding is not None:
            return int(most) - int(padding) - 1
    return int(most) if most else None


def labels_in_order(settings: Settings, labels: Sequence[str]) -> list[str]:
    """In the order of the model's head, where it has one for the same labels; else as given.

    So a model that was tuned before goes on with its head.
    """
    known: dict[int, str] = models.config_of(settings).id2label or {}  # type: ignore[assignment]
    own = [known[number] for number in sorted(known)]
    return own if sorted(own) == sorted(labels) else list(labels)


def begun(settings: Settings, labels: Sequence[str], *, multi: bool) -> tuple[Any, bool]:
    """The model with a head for these labels, in float32, and whether the head is new."""
    assert settings.task
    config: Any = models.config_of(settings)
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: number for number, label in enumerate(labels)}
    if settings.task == "classification":
        config.problem_type = f"{'multi' if multi else 'single'}_label_classification"
    auto: Any = AUTO[settings.task]
    dtype = torch.bfloat16 if models.precision_of(settings) == "bfloat16" else torch.float32
    more = {} if settings.attention == "auto" else {"attn_implementation": settings.attention}
    torch.manual_seed(settings.seed)
    try:
        if settings.config:
            return auto.from_config(config, **more).to(dtype), True
        model, loaded = auto.from_pretrained(
            settings.model,
            revision=settings.revision,
            config=config,
            dtype=dtype,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
            **more,
        )
    except models.BROKEN as error:
        raise TrainError(
            f"{settings.model or settings.config} cannot be made or loaded with a head for "
            f"{settings.task} ({type(error).__name__}: {error}); give an encoder of the kind of BERT or "
            "ModernBERT, as a folder with config.json and weights or as a name on the hub"
        ) from error
    return model, _head_is_new(model, loaded, settings.model)


def _head_is_new(model: Any, loaded: Any, name: str) -> bool:
    """TrainError where more than the head is new: then the weights are those of another model."""
    fresh = {*loaded["missing_keys"], *(one[0] for one in loaded["mismatched_keys"])}
    body = model.base_model_prefix + "."
    lost = sorted(key for key in fresh if key.startswith(body) and "pooler" not in key)
    if lost:
        raise TrainError(
            f"{name} has no weights for {len(lost):,} parts of the model, such as {lost[0]}: they would "
            "begin at random, and what it has learned would be lost; check that config.json and the "
            "weights belong together"
        )
    return bool(fresh)


def fitting(tokenizer: Any, model: Any, name: str) -> None:
    """TrainError where the tokenizer has ids that the model has no embedding for."""
    most, known = max(tokenizer.get_vocab().values()), model.get_input_embeddings().num_embeddings
    if most >= known:
        raise TrainError(
            f"the tokenizer of {name} has a token with id {most:,}, and the model a vocabulary of "
            f"{known:,}: they do not belong together; put the tokenizer that the model was trained with "
            "into its folder"
        )


def adapted(model: Any, settings: Settings) -> Any:
    """The model with adapters and its head, which alone are trained; itself for --method full."""
    assert settings.task
    parts = [name for name, one in model.named_children() if any(True for _ in one.parameters())]
    whole = [name for name in parts if name != model.base_model_prefix]
    if any(name.endswith("pooler") for name, _ in model.base_model.named_children()):
        whole.append("pooler")  # often new as well
    return models.adapted(model, settings, ADAPTED[settings.task], whole)
