"""What was to be said of each text and what was said > precision, recall and F1 by label, with 95% intervals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longgrain.intervals import percentiles, resamples, wilson

Counts = NDArray[np.int64]
# Columns of `counts`: said rightly, said wrongly, not said.
RIGHT, WRONG, MISSED = range(3)
# Two letters or digits of scripts with spaces: not Thai, Burmese, Khmer, Han, kana or Hangul.
_JOINED = re.compile(
    r"[^\W_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]{2}"
)


def counts(
    gold: Sequence[Collection[Hashable]],
    said: Sequence[Collection[Hashable]],
    labels: Sequence[str],
    label_of: Callable[[Any], str] = str,
) -> Counts:
    """What of each label was said rightly, wrongly and not at all in each text: (texts, labels, 3)."""
    number = {label: at for at, label in enumerate(labels)}
    found = np.zeros((len(gold), len(labels), 3), np.int64)
    for at, (wanted, given) in enumerate(zip(gold, said, strict=True)):
        wanted, given = set(wanted), set(given)
        for column, some in enumerate((wanted & given, given - wanted, wanted - given)):
            for one in some:
                found[at, number[label_of(one)], column] += 1
    return found


def f1(found: NDArray[Any]) -> NDArray[np.float64]:
    """F1 of counts (..., 3); NaN where there was nothing to say and nothing said."""
    right, wrong, missed = (found[..., column] for column in (RIGHT, WRONG, MISSED))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(2 * right / (2 * right + wrong + missed), np.float64)


def macro(found: NDArray[Any]) -> NDArray[np.float64]:
    """The mean F1 of the labels of counts (..., labels, 3) that are there or were said."""
    each = f1(found)
    known = np.isfinite(each)
    total = np.where(known, each, 0.0).sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total / known.sum(-1), np.float64)


def figures(found: Counts, labels: Sequence[str]) -> dict[str, Any]:
    """Macro and micro F1 and the classes. Shares have Wilson's interval, F1 a bootstrap over texts."""
    total = found.sum(0)
    flat = found.reshape(len(found), -1).astype(np.float64)
    drawn = np.concatenate([times @ flat for times in resamples(len(found))])
    drawn = drawn.reshape(-1, *total.shape)
    return {
        "macro_f1": _bootstrapped(macro(total), macro(drawn)),
        "micro_f1": _bootstrapped(f1(total.sum(0)), f1(drawn.sum(1))),
        "classes": {
            label: {
                "precision": share(int(one[RIGHT]), int(one[RIGHT] + one[WRONG])),
                "recall": share(int(one[RIGHT]), int(one[RIGHT] + one[MISSED])),
                "f1": _number(f1(one)),
                "there": int(one[RIGHT] + one[MISSED]),
                "said": int(one[RIGHT] + one[WRONG]),
            }
            for label, one in zip(labels, total, strict=True)
        },
    }


def share(hits: int, total: int) -> dict[str, Any] | None:
    """A share with Wilson's interval; None of nothing."""
    if not total:
        return None
    low, high, _ = wilson(hits, total)
    return {"share": hits / total, "low": low, "high": high, "of": total}


def _bootstrapped(value: Any, drawn: NDArray[np.float64]) -> dict[str, Any] | None:
    if (number := _number(value)) is None:
        return None
    interval = percentiles(drawn)
    bounds = {"low": interval.low, "high": interval.high} if interval else {}
    return {"value": number, **bounds}


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


# --- rules without a model --------------------------------------------------------------------------


def commonest(answers: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The classes that most training texts have."""
    return max(
        Counter(tuple(sorted(one)) for one in answers).items(), key=lambda it: (it[1], it[0])
    )[0]


def word_list(marked: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """Of words and kinds of entities: the words with the kind that they have most often."""
    seen: dict[str, Counter[str]] = {}
    for words, label in marked:
        seen.setdefault(words, Counter())[label] += 1
    return {words: max(kinds, key=lambda one: (kinds[one], one)) for words, kinds in seen.items()}


def looked_up(text: str, known: Mapping[str, str]) -> list[tuple[int, int, str]]:
    """Where a text has the words of a list: from left to right, the longest first, whole words.

    The baseline of CoNLL-2003 (Tjong Kim Sang and De Meulder 2003): what was an entity in training.
    """
    lengths = sorted({len(words) for words in known}, reverse=True)
    found, at = [], 0
    while at < len(text):
        for length in lengths:
            words = text[at : at + length]
            end = at + len(words)  # shorter at the end of the text
            if words in known and _whole(text, at, end):
                found.append((at, end, known[words]))
                at = end
                break
        else:
            at += 1
    return found


def _whole(text: str, start: int, end: int) -> bool:
    """Whether no word of a script with spaces is cut."""
    return not any(
        _JOINED.fullmatch(text, border - 1, border + 1) for border in (start, end) if border
    )
