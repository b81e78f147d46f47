"""Real grains and documents with planted copies > speed, precision and recall, ours beside rensa's.

python benchmarks/near_rivals.py ../shared/data/corpora [--read N]

Wants rensa beside longgrain (pip install rensa). Both sides get the same units and the same task:
pairs whose 5-grams overlap by at least BOUND (Jaccard). rensa is timed twice: as its README uses it,
on strings, and on the 5-gram hashes that numpy made for us, which spares it all cutting of text and
only tells which units have a partner. Precision is of reported pairs, by exact Jaccard; recall is of
all true pairs that either side found, and of the planted copies. `--read N` prints N pairs that we
report on the real text alone, to be judged by eye.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import rensa
from near import PIECE, UNIT, changed

from longgrain.near import components, ngrams, pairs, signatures
from longgrain.terms import terms

T = TypeVar("T")
Pair = tuple[int, int]
BOUND, PERMUTATIONS, BANDS = 0.5, 128, 32
PLANTED = 300
SURVEY = 0.2  # the bound of a survey and of a build


class Units(NamedTuple):
    """Texts, their term codes and the unit of each code, and where each copy's original is."""

    texts: list[str]
    codes: np.ndarray
    owners: np.ndarray
    originals: np.ndarray

    @property
    def real(self) -> int:
        """Units that are no planted copies."""
        return len(self.texts) - len(self.originals)


def timed(work: Callable[[], T]) -> tuple[T, float, float]:
    """What the work gives, its CPU seconds and its seconds on the wall."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, time.process_time() - cpu, time.perf_counter() - wall


def planted(texts: list[str], share: float, count: int) -> Units:
    """The texts and copies of some of them with this share of the words changed."""
    rng = np.random.default_rng(0)
    originals = rng.choice(len(texts), min(count, len(texts)), replace=False)
    held = texts + [changed(texts[at], share, rng) for at in originals]
    return Units(held, np.zeros(0, np.uint64), np.zeros(0, np.int64), originals)


def coded(units: Units) -> Units:
    """With term codes: every unit's terms, and the unit that holds each."""
    found = [terms(text)[0] for text in units.texts]
    owners = np.repeat(np.arange(len(found)), [len(one) for one in found])
    return units._replace(codes=np.concatenate(found), owners=owners)


def ours(units: Units, every: int, whole: int, bound: float) -> set[Pair]:
    """Pairs by longgrain: terms, signatures, pairs."""
    held = coded(units)
    signed = signatures(held.codes, held.owners, len(held.texts), every=every, whole=whole)
    left, right = pairs(signed, jaccard=bound, containment=None)
    return set(zip(left.tolist(), right.tolist(), strict=True))


def theirs(units: Units) -> set[Pair]:
    """Pairs by rensa on strings: sets of 5-grams, MinHash, LSH, estimates above the bound."""
    shingles = [shingled(text) for text in units.texts]
    hashes = rensa.RMinHash.from_token_sets(shingles, PERMUTATIONS, 42)
    index = rensa.RMinHashLSH(BOUND, PERMUTATIONS, BANDS)
    index.insert_many(hashes)
    found = set()
    for left, near in enumerate(index.query_all(hashes)):
        for right in near:
            if left < right and hashes[left].jaccard(hashes[right]) >= BOUND:
                found.add((left, right))
    return found


def their_flags(units: Units) -> list[bool]:
    """Units with a partner by rensa on ready-made hashes: the fastest way it has."""
    held = coded(units)
    hashes, at = ngrams(held.codes, 5, held.owners)
    offsets = np.searchsorted(held.owners[at], np.arange(len(held.texts) + 1)).astype(np.uint64)
    matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, PERMUTATIONS, 42)
    index = rensa.RMinHashLSH(BOUND, PERMUTATIONS, BANDS)
    return list(index.insert_matrix_and_query_duplicate_flags(matrix))


def shingled(text: str) -> list[str]:
    """5-grams of words, or of Chinese characters in pairs, as strings."""
    words = [one.lower() for one in PIECE.findall(text) if one[0].isalnum()]
    return [" ".join(words[at : at + 5]) for at in range(max(1, len(words) - 4))]


class Exact:
    """Exact Jaccard of pairs of units."""

    def __init__(self, units: Units) -> None:
        held = coded(units)
        hashes, at = ngrams(held.codes, 5, held.owners)
        borders = np.searchsorted(held.owners[at], np.arange(len(held.texts) + 1))
        self.sets = [np.unique(hashes[a:b]) for a, b in pairwise(borders)]

    def __call__(self, pair: Pair) -> float:
        left, right = (self.sets[one] for one in pair)
        shared = len(np.intersect1d(left, right, assume_unique=True))
        return shared / max(len(left) + len(right) - shared, 1)


def together(found: Iterable[Pair], count: int) -> np.ndarray:
    """The group of every unit."""
    edges = np.array(sorted(found), np.int64).reshape(-1, 2)
    return components(edges[:, 0], edges[:, 1], count)


def judged(name: str, units: Units, found: set[Pair], true: set[Pair], exact: Exact) -> None:
    """Prints precision of the pairs, recall of the true ones, and how many copies were found."""
    right = sum(exact(pair) >= BOUND for pair in found)
    group = together(found, len(units.texts))
    held = sum(group[a] == group[b] for a, b in true)
    copies = np.arange(units.real, len(units.texts))
    hit = int(np.sum(group[copies] == group[units.originals]))
    print(
        f"    {name:26} {len(found):6,} pairs, precision {right / max(len(found), 1):.3f}, "
        f"recall {held / max(len(true), 1):.3f} of {len(true):,}, "
        f"{hit} of {len(copies)} copies in their group"
    )


def compared(title: str, units: Units, every: int, whole: int) -> None:
    """Both sides on the same units."""
    size = sum(len(text.encode()) for text in units.texts) / 1e6
    print(f"{title}: {len(units.texts):,} units, {size:.1f} MB")
    mine, cpu, wall = timed(lambda: ours(units, every, whole, BOUND))
    other, cpu_strings, wall_strings = timed(lambda: theirs(units))
    flags, cpu_flags, wall_flags = timed(lambda: their_flags(units))
    rows = (
        ("longgrain", cpu, wall),
        ("rensa on strings", cpu_strings, wall_strings),
        ("rensa on our hashes, flags", cpu_flags, wall_flags),
    )
    for name, used, passed in rows:
        print(
            f"    {name:26} {used:7.2f} CPU-s {passed:7.2f} s {size / used:7.1f} MB a CPU-s "
            f"{used / cpu:5.1f} times our CPU"
        )
    exact = Exact(units)
    true = {pair for pair in mine | other if exact(pair) >= BOUND}
    judged("longgrain", units, mine, true, exact)
    judged("rensa on strings", units, other, true, exact)
    group = together(ours(units, every, whole, SURVEY), len(units.texts))
    hit = int(np.sum(group[units.real :] == group[units.originals]))
    print(f"    longgrain at {SURVEY}, as a survey: {hit} of {len(units.originals)} copies")
    partner = {unit for pair in true for unit in pair}
    marked = {unit for unit, flag in enumerate(flags) if flag}
    print(
        f"    {'rensa on our hashes, flags':26} {len(marked):6,} units, precision "
        f"{len(marked & partner) / max(len(marked), 1):.3f}, recall "
        f"{len(marked & partner) / max(len(partner), 1):.3f} of {len(partner):,}"
    )


def read_by_eye(texts: list[str], count: int) -> None:
    """Pairs at the bound of a survey (0.2), every so many-th by exact Jaccard, lowest first."""
    units = Units(texts, np.zeros(0), np.zeros(0), np.zeros(0, np.int64))
    found = ours(units, 4, 64, SURVEY)
    exact = Exact(units)
    scored = sorted((exact(pair), pair) for pair in found)
    values = np.array([score for score, _ in scored])
    print(f"{len(scored):,} pairs of real grains at {SURVEY}; exact Jaccard:")
    for low, high in ((0, 0.15), (0.15, 0.2), (0.2, 0.3), (0.3, 0.5), (0.5, 0.8), (0.8, 1.01)):
        print(f"    {low:.2f}-{high:.2f} {int(np.sum((values >= low) & (values < high))):6,}")
    for score, (left, right) in scored[:: max(1, len(scored) // max(count, 1))]:
        print(f"\n{score:.2f}")
        for one in (left, right):
            print("    |", " ".join(texts[one].split())[:300])


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--read", type=int, default=0, metavar="N")
    asked = parser.parse_args()
    paths = sorted(asked.folder.glob("en/*/*")) + sorted(asked.folder.glob("zh/*/*"))
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths]
    grains = [
        text[at : at + UNIT["/zh/" in str(path)]]
        for path, text in zip(paths, texts, strict=True)
        for at in range(0, len(text), UNIT["/zh/" in str(path)])
    ]
    if asked.read:
        read_by_eye(grains, asked.read)
        return
    terms("built before the clock starts")
    for share in (0.03, 0.05):
        title = f"grains, copies with {share:.0%} of the words changed"
        compared(title, planted(grains, share, PLANTED), 4, 64)
    title = "documents, copies with 5% of the words changed"
    compared(title, planted(texts, 0.05, len(texts)), 16, 512)


if __name__ == "__main__":
    main()
