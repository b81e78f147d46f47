"""A folder > a language model of 100,000 weights with a byte-level tokenizer, random or taught one reply."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from longgrain.prompts import OWN

os.environ.setdefault("HF_HUB_OFFLINE", "1")
torch: Any = pytest.importorskip("torch", reason="torch is not installed (extra train)")
transformers: Any = pytest.importorskip(
    "transformers", reason="transformers is not installed (extra train)"
)

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
END = "<|im_end|>"
# The model sees so many tokens back, so a reply can be taught without the prompts before it.
WINDOW = 64


def tokenizer() -> Any:
    """One token a byte, and the marks of ChatML."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    bare = Tokenizer(models.BPE(vocab={one: n for n, one in enumerate(letters)}, merges=[]))
    bare.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    bare.decoder = decoders.ByteLevel()
    bare.add_special_tokens(["<|im_start|>", END, "<|pad|>"])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=bare, eos_token=END, pad_token="<|pad|>", chat_template=CHATML
    )


def tiny(folder: Path, *, reply: str = "", context: int = 8192, seed: int = 0) -> Path:
    """A model in ``folder``; with ``reply`` it says nothing else, whatever it is asked."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    words = tokenizer()
    config = transformers.MistralConfig(
        vocab_size=len(words),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=context,
        sliding_window=WINDOW,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
        bos_token_id=None,
    )
    model = transformers.MistralForCausalLM(config)
    if reply:
        teach(model, words, reply)
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def teach(model: Any, words: Any, reply: str, steps: int = 600) -> None:
    """Trains a model until it says the reply after any prompt, ours among them."""
    said = words(reply + END, add_special_tokens=False)["input_ids"]
    opening = words(f"{END}\n<|im_start|>assistant\n", add_special_tokens=False)["input_ids"]
    prompts = "".join(path.read_text("utf-8") for path in sorted(OWN.glob("*.txt")))
    heard = torch.tensor(words(prompts, add_special_tokens=False)["input_ids"])
    rng = torch.Generator().manual_seed(1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    fine = 0
    for _ in range(steps):
        starts = torch.randint(0, len(heard) - 2 * WINDOW, (4, 1), generator=rng)
        before = heard[starts + torch.arange(2 * WINDOW)]
        taught = torch.tensor([opening + said] * 4)
        ids = torch.cat([before, taught], 1)
        labels = ids.clone()
        labels[:, : ids.shape[1] - len(said)] = -100
        out = model(input_ids=ids, labels=labels)
        guessed = out.logits[:, -len(said) - 1 : -1].argmax(-1)
        fine = fine + 1 if bool((guessed == ids[:, -len(said) :]).all()) else 0
        if fine == 20:
            break
        out.loss.backward()
        optimizer.step()
        optimizer.zero_grad()
