"""Labelled sentences in English and Chinese, and encoders of two layers with tokenizers trained on them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, trainers

torch: Any = pytest.importorskip("torch", reason="torch is not installed (extra train)")
transformers: Any = pytest.importorskip(
    "transformers", reason="transformers is not installed (extra train)"
)
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
# The kind of a sentence lies in one word, whatever else it is about.
KINDS = {
    "complaint": ("broken", "late", "坏了", "迟到"),
    "praise": ("lovely", "quick", "漂亮", "很快"),
    "question": ("whether", "when", "是否", "何时"),
}
PEOPLE = ("Ada Marsh", "Ben Oakes", "Cleo", "张伟", "李小龙", "王芳")
TOWNS = ("Orlan", "Upper Brisk", "东港", "西渡口")
THINGS = ("pump", "lamp", "gate", "rope", "水泵", "灯笼", "闸门", "缆绳")


def sentences(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Records with ``text``, ``label`` and ``entities``; every third is a question, half are Chinese."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        zh = number % 2
        label = ("complaint", "complaint", "complaint", "praise", "question")[int(rng.integers(5))]
        word = KINDS[label][2 * zh + int(rng.integers(2))]
        person = PEOPLE[3 * zh + int(rng.integers(3))]
        town = TOWNS[2 * zh + int(rng.integers(2))]
        thing = THINGS[4 * zh + int(rng.integers(4))]
        day = int(rng.integers(1, 10_000))
        if zh:
            text = f"{person}第{day}号说{town}的{thing}{word}。"
        else:
            text = f"On day {day} {person} told us that the {thing} of {town} is {word}."
        entities = [
            {"start": text.index(one), "end": text.index(one) + len(one), "label": kind}
            for one, kind in ((person, "person"), (town, "place"))
        ]
        found.append({"text": text, "label": label, "entities": entities})
    return found


def file_of(path: Path, records: Sequence[dict[str, Any]]) -> Path:
    """JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records), "utf-8")
    return path


def tokenizer_of(kind: str = "wordpiece") -> Any:
    """Trained on the sentences: WordPiece as of BERT, or byte-level BPE as of ModernBERT."""
    texts = [one["text"] for one in sentences(400, seed=9)]
    if kind == "wordpiece":
        made = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
        made.normalizer = normalizers.BertNormalizer(lowercase=False)
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer: Any = trainers.WordPieceTrainer(vocab_size=600, special_tokens=SPECIAL)
    else:
        made = tokenizers.Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=600, special_tokens=SPECIAL, initial_alphabet=alphabet
        )
    made.train_from_iterator(texts, trainer)
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made,
        **dict(
            zip(
                ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"),
                SPECIAL,
                strict=True,
            )
        ),
    )


def encoder(folder: Path, kind: str = "wordpiece", *, positions: int = 64, seed: int = 3) -> Path:
    """A BERT (or with BPE a ModernBERT) of two layers, 32 wide, with random weights."""
    words = tokenizer_of(kind)
    words.save_pretrained(folder)
    torch.manual_seed(seed)
    sizes = {
        "vocab_size": len(words),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": positions,
        "pad_token_id": 0,
    }
    if kind == "wordpiece":
        model = transformers.BertForMaskedLM(transformers.BertConfig(**sizes))
    else:
        config = transformers.ModernBertConfig(
            **sizes, cls_token_id=2, sep_token_id=3, bos_token_id=2, eos_token_id=3
        )
        model = transformers.ModernBertForMaskedLM(config)
    model.save_pretrained(folder)
    return folder
