"""A trained model > its files, its tokenizer and its chat template in one folder, ready to be loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from longgrain.run import Run
from longgrain.tokens import Tokenizer
from longgrain.train import models
from longgrain.train.settings import Settings

FILES = ("*.safetensors", "config.json", "adapter_config.json", "tokenizer.json")
BASE = "base"


def write_model(
    model: Any, run: Run, asked: Settings, folder: Path, own: Tokenizer | None, attention: str
) -> None:
    """The weights (of adapters, those alone, unless they are merged), then the tokenizer.

    Adapters over a model that was made from a configuration need it: it goes to ``base``. ``own`` is
    the tokenizer of the model where it has one.
    """
    if asked.merge:
        model = model.merge_and_unload()
    elif asked.method != "full" and asked.config:
        # The same seed makes the same weights.
        begun = models.begun(asked, models.config_of(asked), attention)
        begun.save_pretrained(folder / BASE)
        model.peft_config["default"].base_model_name_or_path = str(folder / BASE)
    model.save_pretrained(folder)
    _write_tokenizer(run, folder, own or run.tokenizer)


def _write_tokenizer(run: Run, folder: Path, own: Tokenizer) -> None:
    """The template as well: its own, or that of the run."""
    settings = dict(own.settings)
    template = settings.pop("chat_template", None) or run.template.source
    settings.setdefault("tokenizer_class", "PreTrainedTokenizerFast")
    (folder / "tokenizer.json").write_text(own.source, "utf-8")
    (folder / "chat_template.jinja").write_text(template, "utf-8")
    (folder / "tokenizer_config.json").write_bytes(
        orjson.dumps(settings, option=orjson.OPT_INDENT_2)
    )
