"""Lengths > rows, their number over two bounds and seconds: our packer against plain bisect BFD.

    python benchmarks/packing.py [--items 100000]

The rival is best fit decreasing as it is mostly written: a sorted list of rooms and bisect. Where
lengths stay just below a divisor of the row, or between a quarter and a half of it, L2 is far below
what any packing can do; `lower_bound` is less so.
"""

from __future__ import annotations

import argparse
import time
from bisect import bisect_left, insort
from collections.abc import Callable

import numpy as np

from longgrain.bounds import Ints, l2_bound, lower_bound
from longgrain.pack import pack

ROW = 32_768


def main() -> None:
    """Prints one line for each set of lengths."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=100_000)
    count = parser.parse_args().items
    head = f"{'lengths':<30}{'rows':>9}{'/ L2':>9}{'/ bound':>9}{'s':>7}"
    print(f"{head}{'bisect BFD':>13}{'/ L2':>9}{'s':>7}")
    for name, lengths in length_sets(count).items():
        bound, best = l2_bound(lengths, ROW), lower_bound(lengths, ROW)
        rows, seconds = timed(lambda: len(pack(lengths, ROW, 0)))  # noqa: B023
        rival, rival_seconds = timed(lambda: bisect_best_fit(lengths))  # noqa: B023
        print(
            f"{name:<30}{rows:>9,}{rows / bound:>9.5f}{rows / best:>9.5f}{seconds:>7.2f}"
            f"{rival:>13,}{rival / bound:>9.5f}{rival_seconds:>7.2f}"
        )


def length_sets(count: int) -> dict[str, Ints]:
    """Lengths as data sets have them, and sets that best fit decreasing finds hard."""
    random = np.random.Generator(np.random.PCG64(0))
    long = random.integers(4096, ROW + 1, count)
    normal = random.standard_normal(count)

    def log_normal(median: float, spread: float) -> Ints:
        return np.clip(median * np.exp(spread * normal), 1, ROW).astype(np.int64)

    return {
        "uniform 4K-32K": long,
        "log-normal, median 2K": log_normal(2000, 1),
        "log-normal, median 6K": log_normal(6000, 0.8),
        "40% 4K-32K, 60% short": np.where(random.random(count) < 0.4, long, log_normal(1500, 1)),
        "4K, 8K, 16K, 32K": random.choice([4096, 8192, 16_384, ROW], count),
        "75% of 8K": np.where(random.random(count) < 0.75, 8192, long),
        "hard: uniform 2K-16K": random.integers(2048, 16_385, count),
        "hard: uniform 4K-16K": random.integers(4096, 16_385, count),
        "hard: uniform 4K-12K": random.integers(4096, 12_289, count),
        "hard: uniform 6K-16K": random.integers(6144, 16_385, count),
        "hard: uniform 8K-16K": random.integers(8192, 16_385, count),
        "hard: log-normal, narrow": log_normal(6000, 0.3),
        "hard: just below 4K, 8K, ...": random.choice([4000, 8000, 16_000, 32_000], count)
        - random.integers(0, 200, count),
    }


def bisect_best_fit(lengths: Ints) -> int:
    """The number of rows of a best fit decreasing with one sorted list of rooms."""
    rooms: list[int] = []
    for length in np.sort(lengths)[::-1].tolist():
        tightest = bisect_left(rooms, length)
        room = rooms.pop(tightest) if tightest < len(rooms) else ROW
        insort(rooms, room - length)
    return len(rooms)


def timed(work: Callable[[], int]) -> tuple[int, float]:
    """The result and the CPU seconds it took."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


if __name__ == "__main__":
    main()
