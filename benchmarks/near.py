"""Real text > speed of terms, near-duplicate groups, decontamination and look-ups, and recall.

python benchmarks/near.py ../shared/data/corpora
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from longgrain.near import groups, joined, signatures
from longgrain.search import Index
from longgrain.split import Benchmark, contaminated
from longgrain.terms import terms

T = TypeVar("T")
PIECE = re.compile(r"[^\W_\u4e00-\u9fff]+|[\u4e00-\u9fff]{1,2}|[\W_]+")
UNIT = {True: 160, False: 450}  # characters of about 128 tokens: Chinese or not


def timed(name: str, amount: float, unit: str, work: Callable[[], T]) -> T:
    """Runs the work once and prints how much of it a CPU-second does."""
    begun = time.process_time()
    result = work()
    seconds = time.process_time() - begun
    print(f"{name:44} {seconds:7.3f} CPU-s {amount / max(seconds, 1e-9):12,.0f} {unit}")
    return result


def changed(text: str, share: float, rng: np.random.Generator) -> str:
    """A copy with this share of its words swapped for others."""
    pieces = PIECE.findall(text)
    words = [at for at, piece in enumerate(pieces) if piece[0].isalnum()]
    copy = list(pieces)
    for at in rng.choice(words, int(len(words) * share), replace=False).tolist():
        copy[at] = pieces[words[int(rng.integers(len(words)))]]
    return "".join(copy)


def main(folder: Path) -> None:
    """Prints one line a measurement."""
    paths = sorted(folder.glob("en/*/*")) + sorted(folder.glob("zh/*/*"))
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths]
    terms("built before the clock starts")
    size = sum(len(text.encode()) for text in texts) / 1e6
    found = timed("terms", size, "MB/s", lambda: [terms(text) for text in texts])

    rng = np.random.default_rng(0)
    for share in (0.05, 0.10):
        copied = found + [terms(changed(text, share, rng)) for text in texts]
        one = timed(
            f"documents and copies ({share:.0%} changed): groups",
            2 * size,
            "MB/s",
            lambda held=copied: groups(
                joined([signatures(c, np.zeros(len(c), np.int64), 1) for c, _ in held])
            ),
        )
        print(
            f"    {np.count_nonzero(one[: len(texts)] == one[len(texts) :])} of {len(texts)} found"
        )

    rows = [
        text[at : at + UNIT["/zh/" in str(path)]]
        for path, text in zip(paths, texts, strict=True)
        for at in range(0, len(text), UNIT["/zh/" in str(path)])
    ]
    picked = rng.choice(len(rows), 300, replace=False)
    for share in (0.05, 0.10):
        held = rows + [changed(rows[at], share, rng) for at in picked]
        count = len(held)
        codes, places = terms("\n".join(held))
        starts = np.cumsum([0] + [len(row) + 1 for row in held[:-1]])
        units = np.searchsorted(starts, places, "right") - 1
        one = timed(
            f"{count} grains ({share:.0%} changed): groups",
            size,
            "MB/s",
            lambda c=codes, u=units, n=count: groups(
                signatures(c, u, n, every=4, whole=64), containment=None
            ),
        )
        print(f"    {np.count_nonzero(one[picked] == one[len(rows) :])} of 300 found")

    index = timed("index", size, "MB/s", lambda: Index.of(codes, units, len(held)))
    asked = [codes[at : at + 12] for at in rng.integers(0, len(codes) - 12, 6000)]
    timed("6,000 overlaps of 12 terms", 6000, "a s", lambda: [index.overlap(q, 0.6) for q in asked])
    timed("6,000 BM25 queries, k=8", 6000, "a s", lambda: [index.bm25(q, 8) for q in asked])

    items = Benchmark.of(codes, units, len(held), 13)
    some = Benchmark(hashes=items.hashes[::100], n=13, short=0)
    timed(
        "13-grams of a benchmark", size, "MB/s", lambda: [contaminated(c, some) for c, _ in found]
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
