"""A folder of UTF-8 texts > seconds and MB/s of each part of cutting.

python benchmarks/cutting.py FOLDER [SIZE]
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

from longgrain.cuts import estimate_token_starts, size_cuts
from longgrain.grains import leaf_borders, tree
from longgrain.lines import read_lines
from longgrain.sentences import sentence_ends


def main(folder: str, size: str = "128") -> None:
    texts = [
        (
            path.read_bytes().decode("utf-8", "replace"),
            "markdown" if path.suffix == ".md" else "plain",
        )
        for path in sorted(Path(folder).rglob("*"))
        if path.suffix in (".md", ".txt", ".tex")
    ]
    megabytes = sum(len(text.encode()) for text, _ in texts) / 1e6
    seconds: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for text, markup in texts:
        marks = [time.process_time()]
        lines = read_lines(text)
        marks.append(time.process_time())
        counts["sentences"] += len(sentence_ends(lines))
        marks.append(time.process_time())
        table = tree(lines, {"markup": markup})
        marks.append(time.process_time())
        tokens = estimate_token_starts(lines)
        marks.append(time.process_time())
        counts["cuts"] += len(size_cuts(lines, leaf_borders(table), tokens, size=int(size))[0])
        marks.append(time.process_time())
        counts["grains of the trees"] += len(table)
        parts = ("lines", "sentences alone", "tree", "estimated tokens", "cuts")
        for part, before, after in zip(parts, marks, marks[1:], strict=False):
            seconds[part] += after - before
    print(f"{len(texts)} texts, {megabytes:.1f} MB; {dict(counts)}")
    for part, spent in seconds.items():
        print(f"{part:18} {spent:6.2f} s {megabytes / spent:7.0f} MB/s")
    whole = sum(seconds.values()) - seconds["sentences alone"]
    print(f"{'whole':18} {whole:6.2f} s {megabytes / whole:7.0f} MB/s")


if __name__ == "__main__":
    main(*sys.argv[1:])
