"""Real text > speed of ROUGE against rouge-score with the same values, and of a file of pairs.

python benchmarks/metrics.py ../shared/data/corpora          needs rouge-score
python benchmarks/metrics.py ../shared/data/corpora --file   10,000 pairs of 500 tokens, two processes
"""

from __future__ import annotations

import re
import resource
import sys
import tempfile
import time
from pathlib import Path

import orjson

from longgrain.metrics.rouge import Rouge
from longgrain.score import score

KINDS = ("rouge1", "rouge2", "rougeL")
SIZES = {500: (100, 2), 4000: (10, 1)}  # tokens > how many pairs ours and rouge-score get
TARGETS = {500: 100, 4000: 300}


def texts(folder: Path, tokens: int, count: int) -> list[str]:
    """Stretches of English prose of so many words; neighbours are of one book, so they share words."""
    words = [
        word
        for path in sorted(folder.glob("en/books/*"))
        for word in re.findall(r"[A-Za-z0-9]+[^A-Za-z0-9]*", path.read_text("utf-8"))
    ]
    step = max(tokens, (len(words) - tokens) // count)
    starts = (at * step % (len(words) - tokens) for at in range(count))
    return ["".join(words[at : at + tokens]) for at in starts]


def against_rouge_score(folder: Path) -> None:
    """One line a size; raises AssertionError where a value differs."""
    from rouge_score.rouge_scorer import RougeScorer

    theirs, ours = RougeScorer(list(KINDS)), Rouge()
    for tokens, (many, few) in SIZES.items():
        held = texts(folder, tokens, 2 * many)
        begun = time.process_time()
        found = [ours.triples(held[2 * at], held[2 * at + 1], KINDS) for at in range(many)]
        own = (time.process_time() - begun) / many
        begun = time.process_time()
        expected = [theirs.score(held[2 * at], held[2 * at + 1]) for at in range(few)]
        other = (time.process_time() - begun) / few
        for one, two in zip(found, expected, strict=False):
            assert {kind: tuple(one[kind]) for kind in KINDS} == {
                kind: tuple(two[kind]) for kind in KINDS
            }
        print(
            f"{tokens:5} tokens: rouge-score {1e3 * other:8.1f} ms a pair, longgrain "
            f"{1e3 * own:6.2f} ms: {other / own:5.0f} times (asked: {TARGETS[tokens]})"
        )


def a_file(folder: Path, pairs: int = 10_000) -> None:
    """Seconds and peak memory of ``longgrain score --metric rouge --workers 2``."""
    held = texts(folder, 500, 2000)
    with tempfile.TemporaryDirectory() as where:
        said, gold = Path(where, "p.jsonl"), Path(where, "r.jsonl")
        for path, shift in ((said, 0), (gold, 1)):
            rows = ({"id": at, "text": held[(at + shift) % len(held)]} for at in range(pairs))
            lines = (
                {"id": row["id"], "prediction": row["text"], "answer": row["text"]} for row in rows
            )
            path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in lines))
        del held
        begun = time.perf_counter()
        found = score(said, gold, ["rouge"], workers=2)
        seconds = time.perf_counter() - begun
    peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (0, resource.RUSAGE_CHILDREN)]
    print(
        f"{found.items:,} pairs of 500 tokens, ROUGE-1/2/L/Lsum, two processes: {seconds:.1f} s, "
        f"peak {peaks[0]:.0f} MB here and {peaks[1]:.0f} MB in a worker"
    )


if __name__ == "__main__":
    corpora = Path(sys.argv[1])
    if "--file" in sys.argv:
        a_file(corpora)
    else:
        against_rouge_score(corpora)
