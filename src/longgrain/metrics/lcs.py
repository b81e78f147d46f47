"""Two sequences of tokens > their longest common subsequence: its length, or where it lies in the first.

Bit-parallel (Hyyrö 2004, "Bit-parallel LCS-length computation revisited"): a column of the usual
table is one Python integer with a bit for each token of the first sequence, 0 where the length
grows. 0.1 ms for two sequences of 500 tokens, 4 ms for 4,000.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence


def lcs_length(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
    """The number of tokens in the longest common subsequence."""
    places = _places(first)
    full = (1 << len(first)) - 1
    column = full
    for token in second:
        if found := places.get(token):
            hits = column & found
            column = ((column + hits) | (column - hits)) & full
    return len(first) - column.bit_count()


def lcs_indices(
    first: Sequence[Hashable], second: Sequence[Hashable], *, back_in_first: bool = True
) -> tuple[list[int], int]:
    """Places in ``first`` of one longest common subsequence, ascending, and the steps to find it.

    Of several, the one found by going back from the ends as the two reference packages do, which
    matters where they are united: where both directions keep the length, rouge-score goes back in
    ``first``, pltrdy's rouge (``back_in_first=False``) in ``second``. The steps end where either
    sequence does.
    """
    columns = _columns(first, second)
    row, column, steps, found = len(first), len(second), 0, []
    while row and column:
        steps += 1
        if first[row - 1] == second[column - 1]:
            row, column = row - 1, column - 1
            found.append(row)
        elif columns[column] >> (row - 1) & 1 and (
            back_in_first or _length(columns[column - 1], row) < _length(columns[column], row)
        ):
            row -= 1
        else:
            column -= 1
    return found[::-1], steps


def _length(column: int, row: int) -> int:
    """The length that a column has at a row: its zeros up to there."""
    return row - (column & ((1 << row) - 1)).bit_count()


def _columns(first: Sequence[Hashable], second: Sequence[Hashable]) -> list[int]:
    places = _places(first)
    full = (1 << len(first)) - 1
    columns = [full]
    for token in second:
        hits = columns[-1] & places.get(token, 0)
        columns.append(((columns[-1] + hits) | (columns[-1] - hits)) & full)
    return columns


def _places(tokens: Sequence[Hashable]) -> dict[Hashable, int]:
    """For each token an integer with a bit at each of its places."""
    places: dict[Hashable, int] = {}
    for at, token in enumerate(tokens):
        places[token] = places.get(token, 0) | (1 << at)
    return places
