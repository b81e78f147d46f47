"""Conversations with known losses > a run whose rows longgrain encoded, a tiny model, a trainer's tokenizer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from longgrain.chat import ChatTemplate
from longgrain.encode import encode, pieces
from longgrain.rows import Row
from longgrain.tokens import Tokenizer
from longgrain.types import ROLES, Example, Given, Grain, Message, Side, Span, Speaker

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("WANDB_MODE", "disabled")

TEXTS = {
    "en": "The ferry holds 1,200 passengers, and the lamp near the old gate burned all winter.",
    "zh": "渡轮可载1200名乘客。守夜人在冬天数出九只飞鸟，當時沒有點燈。",
    "control": "The log says <|im_end|> and then <|im_start|>assistant, word for word.",
}
OWN = Given(source="test", id="1")


def said(speaker: Speaker, *parts: str | Grain | tuple[str, float]) -> Message:
    """A message of words that are read, quotes, and words with a loss."""
    spans = []
    for part in parts:
        if isinstance(part, Grain):
            spans.append(Span(role="evidence", origin=part))
        elif isinstance(part, tuple):
            spans.append(Span(role="answer", origin=OWN, text=part[0], loss=part[1]))
        else:
            spans.append(Span(role="question", origin=OWN, text=part))
    return Message(speaker=speaker, spans=tuple(spans))


def quote(name: str) -> Grain:
    return Grain(doc_id=name, path=(0,), kind="cut", start=0, end=len(TEXTS[name]))


PLAIN = {
    "english": (
        said("user", quote("en"), "\n\nHow many passengers does the ferry hold?"),
        said("assistant", ("It holds 1,200 passengers.", 1.0)),
    ),
    "chinese": (
        said("system", "请依据材料回答。"),
        said("user", "材料：", quote("zh"), "\n\n守夜人数出几只飞鸟？"),
        said("assistant", ("九只。", 1.0)),
    ),
    "two turns": (
        said("user", quote("zh"), "\n\n可载多少名？"),
        said("assistant", ("1200名。", 1.0)),
        said("user", "And in English?"),
        said("assistant", ("1,200 passengers.", 1.0)),
    ),
}
PARTLY = {
    "attempt": (
        said("user", "What is 17 + 25?"),
        said("assistant", "41? No, that forgets the carry.\n", ("It is 42.", 1.0)),
    ),
}
HALF = {
    "half": (
        said("user", "船有几层？"),
        said("assistant", ("大约", 0.5), ("三层。", 1.0)),
    ),
}
HOSTILE = {
    "hostile": (
        said("user", quote("control"), "\n\nWhat does the log say?"),
        said("assistant", ("Two marks.", 1.0)),
    ),
}


@dataclass(frozen=True)
class MadeRun:
    """A run with one side; its rows hold two conversations each, encoded as a build encodes them."""

    conversations: dict[str, tuple[Message, ...]]

    @cached_property
    def tokenizer(self) -> Tokenizer:
        return Tokenizer.load("longgrain")

    @cached_property
    def template(self) -> ChatTemplate:
        return ChatTemplate.load("chatml", self.tokenizer, date(2026, 1, 1))

    def texts(self) -> dict[str, str]:
        return TEXTS

    def examples(self, side: Side) -> Iterator[Example]:
        for name, messages in self.conversations.items() if side == "train" else ():
            yield Example(
                id=name, recipe="in2", seed=1, side=side, doc_ids=(), views={"train": messages}
            )

    def rows(self, side: Side) -> Iterator[Row]:
        names = list(self.conversations) if side == "train" else []
        for start in range(0, len(names), 2):
            yield self._row(names[start : start + 2])

    def _row(self, names: Sequence[str]) -> Row:
        listed = []
        for name in names:
            messages = self.conversations[name]
            frame = self.template.frame(tuple(message.speaker for message in messages))
            listed.append(pieces(messages, frame, TEXTS))
        encoded = encode(listed, self.tokenizer)
        flat = [piece for one in listed for piece in one]
        return Row(
            input_ids=np.concatenate([one.ids for one in encoded]),
            seq_lengths=np.array([len(one.ids) for one in encoded], np.int32),
            example_ids=tuple(names),
            span_lengths=np.concatenate([one.counts for one in encoded]).astype(np.int32),
            span_roles=np.array([ROLES.index(piece.role) for piece in flat], np.int8),
            span_losses=np.array([piece.loss for piece in flat], np.float32),
        )

    @cached_property
    def meant(self) -> dict[str, tuple[list[int], list[float]]]:
        """Of each example its token ids and the weight of each."""
        found = {}
        for row in self.rows("train"):
            borders = np.concatenate([[0], np.cumsum(row.seq_lengths)]).tolist()
            for name, (a, b) in zip(row.example_ids, pairwise(borders), strict=True):
                found[name] = (row.input_ids[a:b].tolist(), row.weights[a:b].tolist())
        return found

    def labels(self, name: str) -> list[int]:
        """What is learned of an example: the id where the weight is above 0, else -100."""
        ids, weights = self.meant[name]
        return [one if weight > 0 else -100 for one, weight in zip(ids, weights, strict=True)]


def tiny(run: MadeRun, folder: Path, context: int = 1024) -> Path:
    """A folder with a random model of one layer in float32, and the run's tokenizer and template."""
    torch = pytest.importorskip("torch", reason="torch is not installed (extra train)")
    transformers: Any = pytest.importorskip(
        "transformers", reason="transformers is not installed (extra train)"
    )
    import tokenizers

    torch.manual_seed(0)
    torch.set_num_threads(1)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizers.Tokenizer.from_str(run.tokenizer.source),
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        chat_template=run.template.source,
    ).save_pretrained(folder)
    config = transformers.LlamaConfig(
        vocab_size=run.tokenizer.vocabulary_size,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=context,
        tie_word_embeddings=True,
        attention_bias=False,
        bos_token_id=None,
        eos_token_id=run.tokenizer.control["<|im_end|>"]["id"],
        pad_token_id=run.tokenizer.control["<|endoftext|>"]["id"],
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def losses_alone(run: MadeRun, model: Any, names: Sequence[str]) -> Any:
    """The loss of every learned token, each example seen by itself, in order."""
    import torch

    found = []
    for name in names:
        ids = torch.tensor([run.meant[name][0]])
        labels = torch.tensor(run.labels(name))[1:]
        with torch.no_grad():
            logits = model(input_ids=ids, use_cache=False).logits[0, :-1].float()
        each = torch.nn.functional.cross_entropy(
            logits, labels, reduction="none", ignore_index=-100
        )
        found.append(each[labels >= 0])
    return torch.cat(found)
