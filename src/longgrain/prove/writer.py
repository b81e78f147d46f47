"""Plain text and a seed > documents of short chunks, each with a fact: a key and its value.

The text is that of Python's own documentation, which every interpreter carries (PSF licence).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from longgrain.prove.symbols import BORDER, KEYS, PLAIN, VALUES

CHUNK = 7  # tokens: five letters, a key, a value; with the border behind it eight
CHUNKS = 64  # of a context: 512 tokens
DOCUMENT = 1024  # chunks
HELD_OUT = 5  # every fifth topic is for probes alone


def topics(*, held_out: bool) -> str:
    """The topics for training, or those for probes, in the letters of the proof."""
    from pydoc_data.topics import topics as whole

    chosen = [
        whole[name] for n, name in enumerate(sorted(whole)) if (n % HELD_OUT == 0) == held_out
    ]
    letters = re.sub(rf"[^{PLAIN}]", " ", " ".join(chosen).lower())
    return re.sub(" +", " ", letters)


def chunks(text: str, seed: int) -> Iterator[str]:
    """The text in pieces of five characters without a blank at either end, a fact behind each."""
    random = np.random.default_rng([seed, 1])
    size = CHUNK - 2
    for found in re.finditer(rf"[a-z][a-z ]{{{size - 2}}}[a-z]", text):
        key, value = random.integers(len(KEYS)), random.integers(len(VALUES))
        yield f"{found[0]}{KEYS[key]}{VALUES[value]}"


def write_facts(folder: Path, *, seed: int, count: int, held_out: bool = False) -> Path:
    """The folder, with so many chunks in text files."""
    listed = [
        one for one, _ in zip(chunks(topics(held_out=held_out), seed), range(count), strict=False)
    ]
    parts = [listed[at : at + DOCUMENT] for at in range(0, count, DOCUMENT)]
    return _write(folder, [BORDER.join(part) for part in parts])


def write_noise(folder: Path, *, seed: int, count: int) -> Path:
    """The folder, with so many symbols at random in text files."""
    symbols = np.array([*PLAIN.strip(), *KEYS, *VALUES])
    drawn = symbols[np.random.default_rng([seed, 2]).integers(len(symbols), size=count)]
    size = DOCUMENT * (CHUNK + 1)
    return _write(folder, ["".join(drawn[at : at + size]) for at in range(0, count, size)])


def _write(folder: Path, texts: list[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts):
        (folder / f"{number:03}.txt").write_text(text, "utf-8")
    return folder
