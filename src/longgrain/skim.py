"""Laid examples > how many of them a baseline answers by skimming, by form of question.

The baseline answers from the sentence of the context with the largest word overlap; it counts as a
hit when that sentence holds the gold answer, which is generous to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from longgrain.arrange import NONE, POOL
from longgrain.baseline import asked, overlap_hits
from longgrain.drafts import StoredDrafts, messages_of
from longgrain.layouts import Laid
from longgrain.store import Store
from longgrain.terms import held
from longgrain.types import Span

# Examples scored for each form: +-18 points at worst.
SAMPLE = 30
# A grain's first and last word may be cut, so that its sentences have words that are not counted.
CUT_WORDS = 2


def skim(store: Store, laid: Laid, drafts: Path) -> dict[str, dict[str, int]]:
    """``{form: {asked, hit}}``, and the same for the kinds of example, on an even sample."""
    chosen = _sample(laid, pq.read_table(drafts, columns=["form"])["form"].to_pylist())
    stored = StoredDrafts(drafts)
    found: dict[str, dict[str, int]] = {}
    for example in chosen:
        row = stored[int(laid.column("draft")[example])]
        question = _question(row["messages"])
        sentences = _sentences(store, laid, example, question)
        hit = overlap_hits(question, row["answer"], sentences)
        for name in dict.fromkeys((row["form"], row["kind"])):
            counts = found.setdefault(name, {"asked": 0, "hit": 0})
            counts["asked"] += 1
            counts["hit"] += int(hit)
    return found


def _sample(laid: Laid, forms: list[str]) -> list[int]:
    """At most `SAMPLE` examples of each form, evenly over their order."""
    by_form: dict[str, list[int]] = {}
    layouts = laid.column("layout")
    for example, draft in enumerate(laid.column("draft").tolist()):
        if layouts[example] != NONE:
            by_form.setdefault(forms[draft], []).append(example)
    chosen = []
    for examples in by_form.values():
        at = np.linspace(0, len(examples) - 1, min(SAMPLE, len(examples))).astype(int)
        chosen += [examples[i] for i in at]
    return sorted(chosen)


def _question(messages: str) -> str:
    return " ".join(
        span.text or ""
        for message in messages_of(messages)
        for span in message.spans
        if isinstance(span, Span) and span.role == "question"
    )


def _sentences(store: Store, laid: Laid, example: int, question: str) -> list[str]:
    """The sentences of an example's context that may share most words with the question.

    No sentence shares more words than its grain; so what the sentences of the best grains reach
    rules out most of the others, unread.
    """
    numbers, _ = laid.context(example)
    if laid.column("layout")[example] != POOL:
        numbers = np.arange(numbers[0], numbers[1] + 1)
    words = asked(question)
    most = store.index.counted(words)[numbers]
    best = list(_said(store, numbers[most == most.max()]))
    reached = int(held(words, best).max(initial=0))
    return list(_said(store, numbers[most + CUT_WORDS >= reached]))


def _said(store: Store, numbers: NDArray[np.integer]) -> Iterator[str]:
    """The sentences of some grains."""
    for number in numbers.tolist():
        text = store.source(number)
        for start, end in store.sentences(number):
            yield text[start:end]
