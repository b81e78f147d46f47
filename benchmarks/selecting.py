"""50,000 examples x 1,000 queries > seconds of each selection, beside bm25s and Python sets.

python benchmarks/selecting.py ../shared/data/corpora [--without-rivals]

Wants bm25s and numba beside longgrain (pip install bm25s numba). The examples are stretches of 200
characters of English and 80 of Chinese text, half each, cut from the corpora and shuffled with a fixed
seed; the queries are stretches that are not among them. bm25s gets the same terms as numbers, so that
scores can be compared; cutting text into terms is timed by itself. The double loop over Python sets
is measured on SAMPLE queries and scaled. Each search runs REPEATS times, and the median counts.

(The file is not called select.py: Python would take it for the module of that name.)
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from longgrain.pool import simplified
from longgrain.search import Index
from longgrain.select import Selector
from longgrain.similarity import BM25, Jaccard, Tfidf
from longgrain.terms import asked, coded

T = TypeVar("T")
EXAMPLES, QUERIES, K, SAMPLE, REPEATS = 50_000, 1_000, 8, 10, 5
SIZES = {"en": 200, "zh": 80}


class Timed(NamedTuple):
    """Median seconds over the runs."""

    wall: float
    cpu: float


def main() -> None:
    """Prints one line a measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--without-rivals", action="store_true")
    args = parser.parse_args()
    pool, queries = stretches(args.corpora)
    print(f"{len(pool):,} examples x {len(queries):,} queries, the {K} best of each; seconds\n")
    print(f"{'':52}{'wall':>9}{'CPU':>9}")
    index, keys = searches(pool, queries)
    if not args.without_rivals:
        double_loop(index, queries)
        for backend in ("numpy", "numba"):
            bm25s_search(index, pool, queries, backend, keys)
    whole(pool, queries)
    growing(pool)
    print()
    chinese(args.corpora)


def stretches(corpora: Path) -> tuple[list[str], list[str]]:
    """Pool and queries, half of each language."""
    rng = np.random.Generator(np.random.PCG64(0))
    half, found = (EXAMPLES + QUERIES) // 2, []
    for language in SIZES:
        cut = [one for text in texts(corpora, language) for one in pieces(text, SIZES[language])]
        found += [cut[i] for i in rng.permutation(len(cut))[:half]]
    found = [found[i] for i in rng.permutation(len(found))]
    return found[:EXAMPLES], found[EXAMPLES:]


def texts(corpora: Path, language: str) -> list[str]:
    """All texts of one language, in order of their paths."""
    paths = sorted((corpora / language).rglob("*"))
    kinds = (".md", ".txt", ".tex")
    return [one.read_text("utf-8") for one in paths if one.suffix in kinds]


def pieces(text: str, size: int) -> Iterator[str]:
    """Stretches of the same number of characters, without line ends."""
    line = " ".join(text.split("\n"))
    return (line[i : i + size] for i in range(0, len(line) - size, size))


def timed(work: Callable[[], T], repeats: int = REPEATS) -> tuple[T, Timed]:
    """What the work gives, and its seconds."""
    runs = []
    for _ in range(repeats):
        cpu, wall = time.process_time(), time.perf_counter()
        result = work()
        runs.append((time.perf_counter() - wall, time.process_time() - cpu))
    return result, Timed(*(statistics.median(column) for column in zip(*runs, strict=True)))


def said(name: str, found: Timed, more: str = "") -> None:
    """One line."""
    print(f"{name:52}{found.wall:9.3f}{found.cpu:9.3f}  {more}", flush=True)


def searches(pool: list[str], queries: list[str]) -> tuple[Index, np.ndarray]:
    """Our three measures."""
    cut, seconds = timed(lambda: coded([simplified(one) for one in pool]), 3)
    said("longgrain: text to terms", seconds, f"{len(cut[0]) / len(pool):.0f} terms an example")
    index, seconds = timed(lambda: Index.of(*cut, len(pool)), 3)
    said("longgrain: terms to index", seconds)
    keys = np.arange(len(pool), dtype=np.uint64)
    codes, seconds = timed(lambda: asked([simplified(one) for one in queries]), 3)
    said("longgrain: queries to terms", seconds)
    for measure in (BM25, Jaccard, Tfidf):
        built = measure(index=index, keys=keys)
        _, first = timed(lambda: built.top(codes[0], K), 1)  # noqa: B023
        _, seconds = timed(lambda: [built.top(one, K) for one in codes])  # noqa: B023
        said(f"longgrain: {measure.__name__}", seconds, f"first query {first.wall:.3f}")
    return index, keys


def numbers(index: Index, queries: Sequence[str]) -> list[list[int]]:
    """The distinct terms of each query that the index knows, as places in its vocabulary."""
    found = []
    for codes in asked([simplified(one) for one in queries]):
        codes = np.unique(codes)
        at = np.minimum(np.searchsorted(index.vocabulary, codes), len(index.vocabulary) - 1)
        found.append(at[index.vocabulary[at] == codes].tolist())
    return found


def double_loop(index: Index, queries: list[str]) -> None:
    """Python sets of numbers, each query against each example."""
    order = np.argsort(index.units, kind="stable")
    terms = np.repeat(np.arange(len(index.vocabulary)), np.diff(index.borders))[order]
    borders = np.cumsum(np.bincount(index.units, minlength=len(index.lengths)))[:-1]
    held = [frozenset(one.tolist()) for one in np.split(terms, borders)]
    own = [frozenset(one) for one in numbers(index, queries[:SAMPLE])]
    _, seconds = timed(lambda: [[len(q & one) / len(q | one) for one in held] for q in own], 1)
    scaled = Timed(*(value * len(queries) / SAMPLE for value in seconds))
    said("Jaccard, double loop over Python sets", scaled, f"scaled from {SAMPLE} queries")


def bm25s_search(
    index: Index, pool: list[str], queries: list[str], backend: str, keys: np.ndarray
) -> None:
    """The rival on the same terms."""
    import bm25s
    from bm25s.tokenization import Tokenized

    codes, owner = coded([simplified(one) for one in pool])
    ids = np.searchsorted(index.vocabulary, codes)
    held = [one.tolist() for one in np.split(ids, np.searchsorted(owner, np.arange(1, len(pool))))]
    vocabulary = {str(number): number for number in range(len(index.vocabulary))}
    rival = bm25s.BM25(method="lucene", k1=1.2, b=0.75, backend=backend)
    _, seconds = timed(
        lambda: rival.index(Tokenized(ids=held, vocab=vocabulary), show_progress=False), 1
    )
    said(f"bm25s ({backend}): terms to index", seconds)
    own = Tokenized(ids=numbers(index, queries), vocab=vocabulary)

    def retrieve() -> Any:
        return rival.retrieve(own, k=K, show_progress=False)

    _, first = timed(retrieve, 1)
    found, seconds = timed(retrieve)
    ours = BM25(index=index, keys=keys)
    best = [ours.top(one, K)[1] for one in asked([simplified(one) for one in queries])]
    # Its score lacks the constant factor K1 + 1.
    same = sum(np.allclose(a / 2.2, b, rtol=1e-4) for a, b in zip(best, found.scores, strict=True))
    said(f"bm25s ({backend}): BM25", seconds, f"first run {first.wall:.3f}; same scores: {same}")


def whole(pool: list[str], queries: list[str]) -> None:
    """Selectors from rows to chosen examples."""
    rows = [{"input": one, "output": str(number)} for number, one in enumerate(pool)]
    for settings in (
        {"by": "bm25"},
        {"by": "jaccard"},
        {"by": "bm25", "budget": 500},
        {"by": "mmr"},
        {"by": "dpp"},
    ):
        chooser = Selector(k=K, **settings)  # type: ignore[arg-type]
        _, built = timed(lambda: chooser.extend(rows), 1)  # noqa: B023
        _, first = timed(lambda: chooser.select(queries[0]), 1)  # noqa: B023
        _, seconds = timed(lambda: chooser.select_many(queries), 1)  # noqa: B023
        words = " ".join(f"{name}={value}" for name, value in settings.items())
        said(f"Selector {words}", seconds, f"rows {built.wall:.2f}, index {first.wall:.2f}")


def growing(pool: list[str]) -> None:
    """One new example, then one query, over and over."""
    chooser = Selector(k=K)
    chooser.extend({"input": one} for one in pool)
    chooser.select(pool[0])

    def turn() -> None:
        chooser.add_example({"input": pool[len(chooser) % 100][::-1]})
        chooser.select(pool[len(chooser) % 1000])

    _, seconds = timed(turn, 20)
    said("Selector: one new example and one query", seconds)


def chinese(corpora: Path) -> None:
    """Pairs of characters and words of rjieba: seconds, and stretches of the same document found."""
    import rjieba

    documents = texts(corpora, "zh")
    found = [(n, one) for n, text in enumerate(documents) for one in pieces(text, SIZES["zh"])]
    rng = np.random.Generator(np.random.PCG64(1))
    drawn = [found[i] for i in rng.permutation(len(found))[:21_000]]
    owner = np.array([one[0] for one in drawn])
    words = [simplified(one[1]) for one in drawn]
    pairs, cut = timed(lambda: asked(words), 1)
    jieba, segmented = timed(lambda: [rjieba.cut(one) for one in words], 1)
    known: dict[str, int] = {}
    named = [
        np.array([known.setdefault(w, len(known)) for w in one if w.strip()], np.uint64)
        for one in jieba
    ]
    for name, codes, seconds in (("pairs", pairs, cut), ("rjieba words", named, segmented)):
        units = np.repeat(np.arange(20_000), [len(one) for one in codes[:20_000]])
        index = Index.of(np.concatenate(codes[:20_000]), units, 20_000)
        measure = BM25(index=index, keys=np.arange(20_000, dtype=np.uint64))
        hits = [owner[measure.top(codes[n], K)[0]] == owner[n] for n in range(20_000, 21_000)]
        share = float(np.mean(np.concatenate(hits)))
        said(f"Chinese as {name}: 21,000 stretches", seconds, f"same document {share:.3f}")


if __name__ == "__main__":
    main()
