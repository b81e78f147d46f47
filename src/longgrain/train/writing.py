"""A trained model > its files, its tokenizer and its chat template in one folder, ready to be loaded."""

from __future__ import annotations

from typing import Any

import orjson

from longgrain.train import models
from longgrain.train.job import Job

FILES = ("*.safetensors", "config.json", "adapter_config.json", "tokenizer.json")
BASE = "base"


def write_model(job: Job, model: Any) -> None:
    """The weights (of adapters, those alone, unless they are merged), then the tokenizer.

    Adapters over a model that was made from a configuration need it: it goes to ``base``.
    """
    if job.settings.merge:
        model = model.merge_and_unload()
    elif job.settings.method != "full" and job.settings.config:
        # The same seed makes the same weights.
        begun = models.begun(job.settings, models.config_of(job.settings), job.attention)
        begun.save_pretrained(job.folder / BASE)
        model.peft_config["default"].base_model_name_or_path = str(job.folder / BASE)
    model.save_pretrained(job.folder)
    _write_tokenizer(job)


def _write_tokenizer(job: Job) -> None:
    """That of the model where it has one, else that of the run; the template as well."""
    own = job.tokenizer or job.run.tokenizer
    settings = dict(own.settings)
    template = settings.pop("chat_template", None) or job.run.template.source
    settings.setdefault("tokenizer_class", "PreTrainedTokenizerFast")
    (job.folder / "tokenizer.json").write_text(own.source, "utf-8")
    (job.folder / "chat_template.jinja").write_text(template, "utf-8")
    (job.folder / "tokenizer_config.json").write_bytes(
        orjson.dumps(settings, option=orjson.OPT_INDENT_2)
    )
