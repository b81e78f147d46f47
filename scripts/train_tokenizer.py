"""Folders of English and Chinese text > a byte-level BPE tokenizer.json in the Qwen style.

The tokenizer that ships with longgrain was made by

    python scripts/train_tokenizer.py corpora/en corpora/zh \\
        -o src/longgrain/tokenizers/bilingual-32k.json

on books, laws, manuals and standards that are in the public domain or freely licensed: 8 MB of
English and 12 MB of Chinese, Simplified and Traditional. Both languages weigh the same in bytes:
the smaller is read again from its beginning. Files (.md, .txt, UTF-8) are told apart by their share
of Han characters. The same folders give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, pre_tokenizers, trainers
from tokenizers.models import BPE

QWEN_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CONTROL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# The trainer holds one piece at a time, so a piece is about a page.
PIECE_CHARACTERS = 4096


def main() -> None:
    """Reads the arguments, trains, writes, and prints the SHA-256 of the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, help="folders of .md and .txt, UTF-8")
    parser.add_argument("-o", "--out", required=True, type=Path, help="the tokenizer.json to write")
    parser.add_argument("--size", type=int, default=32_000, help="entries, without control tokens")
    arguments = parser.parse_args()
    english, chinese = by_language(arguments.folders)
    tokenizer = train(balanced(english, chinese), arguments.size)
    raw = compact(tokenizer)
    arguments.out.write_bytes(raw)
    print(f"{arguments.out}: {len(raw):,} bytes, sha256 {hashlib.sha256(raw).hexdigest()}")


def by_language(folders: list[Path]) -> tuple[list[str], list[str]]:
    """Texts in English and in Chinese, in the order of their paths."""
    paths = sorted(p for f in folders for p in f.rglob("*") if p.suffix in (".md", ".txt"))
    english: list[str] = []
    chinese: list[str] = []
    for path in paths:
        text = path.read_text(encoding="utf-8")
        # A Chinese page of code or tables still holds far more than 5% of Han characters.
        is_chinese = len(HAN.findall(text)) > 0.05 * len(text)
        (chinese if is_chinese else english).append(text)
    return english, chinese


def balanced(english: list[str], chinese: list[str]) -> Iterator[str]:
    """Pieces of both languages until both have given as many bytes as the larger one has."""
    goal = max(sum(len(text.encode()) for text in texts) for texts in (english, chinese))
    for texts in (english, chinese):
        if texts:
            yield from up_to(goal, texts)


def up_to(goal: int, texts: list[str]) -> Iterator[str]:
    """Pieces of the texts, from the beginning again if need be, until ``goal`` bytes are given."""
    for text in itertools.cycle(texts):
        for start in range(0, len(text), PIECE_CHARACTERS):
            piece = text[start : start + PIECE_CHARACTERS]
            goal -= len(piece.encode())
            yield piece
            if goal <= 0:
                return


def train(pieces: Iterator[str], size: int) -> Tokenizer:
    """A byte-level BPE of ``size`` entries; the control tokens follow after the vocabulary."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN_PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=alphabet, special_tokens=[], show_progress=False
    )
    tokenizer.train_from_iterator(pieces, trainer)
    tokenizer.add_special_tokens(
        [AddedToken(content, special=True, normalized=False) for content in CONTROL_TOKENS]
    )
    return tokenizer


def compact(tokenizer: Tokenizer) -> bytes:
    """The tokenizer.json without indentation."""
    value = json.loads(tokenizer.to_str())
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


if __name__ == "__main__":
    main()
