"""Nothing > the 284 symbols of the proof, one token each, and the tokenizer and chat template made of them.

A fact joins a key to a value, and both are single symbols: a model of two layers can learn to look one
up, and what it looks up is told by one forward pass. The rest is plain English in 26 letters and blanks.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

import tokenizers
from tokenizers import decoders, models, pre_tokenizers

FACTS = 124  # keys and as many values: with 31 characters, the blank line and 4 control tokens 284
BORDER = "\n\n"  # what stands behind a grain of a context, here as one token
PLAIN = "abcdefghijklmnopqrstuvwxyz "
PLUS, STOP, RIGHT, WRONG = "+", ".", "✓", "✗"
SIGNS = (PLUS, STOP, RIGHT, WRONG)
ASKS, ANSWERS, ENDS, UNKNOWN = "<|asks|>", "<|answers|>", "<|ends|>", "<|unknown|>"
COUNT, END = 284, 3  # symbols in all; the id of the last control token
TEMPLATE = (
    "{% for message in messages %}"
    "{% if message.role == 'system' %}{{ message.content }}"
    "{% elif message.role == 'user' %}<|asks|>{{ message.content }}"
    "{% else %}<|answers|>{{ message.content }}"
    # Words of an answer that a probe has begun are gone on with.
    "{% if not (loop.last and add_generation_prompt) %}<|ends|>{% endif %}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt and messages[-1].role != 'assistant' %}<|answers|>{% endif %}"
)


def _letters(first: int, last: int) -> list[str]:
    """Lower-case letters between two code points, each one code point in every normal form."""
    found = [chr(code) for code in range(first, last + 1)]
    return [one for one in found if one.islower() and unicodedata.normalize("NFKD", one) == one]


KEYS = tuple(_letters(0x180, 0x2AF)[:FACTS])
VALUES = tuple([*_letters(0x3B1, 0x3FF), *_letters(0x430, 0x52F)][:FACTS])


def written(folder: Path) -> Path:
    """The folder, with tokenizer.json, its settings and the chat template in it."""
    folder.mkdir(parents=True, exist_ok=True)
    symbols = [UNKNOWN, ASKS, ANSWERS, ENDS, BORDER, *PLAIN, *SIGNS, *KEYS, *VALUES]
    made = tokenizers.Tokenizer(
        models.WordLevel({one: id_ for id_, one in enumerate(symbols)}, unk_token=UNKNOWN)
    )
    made.pre_tokenizer = pre_tokenizers.Split(tokenizers.Regex(r"\n\n|[\s\S]"), "isolated")
    made.decoder = decoders.Fuse()
    made.add_special_tokens([UNKNOWN, ASKS, ANSWERS, ENDS])
    made.save(str(folder / "tokenizer.json"))
    (folder / "chat_template.jinja").write_text(TEMPLATE, "utf-8")
    (folder / "tokenizer_config.json").write_text(
        f'{{"eos_token": "{ENDS}", "pad_token": "{ENDS}", "unk_token": "{UNKNOWN}", '
        '"tokenizer_class": "PreTrainedTokenizerFast"}',
        "utf-8",
    )
    return folder
