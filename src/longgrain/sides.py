"""A store > near-duplicate groups, the side of every cut, and what benchmarks forbid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from longgrain.benchmarks import benchmark
from longgrain.near import groups, signatures_between
from longgrain.plan import Plan
from longgrain.split import Chapters, Documents, contaminated, split
from longgrain.store import Store
from longgrain.types import KINDS, Dropped

# A document without chapters can still be cut for a split, every so many cuts.
CUTS_A_PIECE = 16
FEWEST_CHAPTERS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Sided:
    """For every cut its near-duplicate group and side (-1: no context may use it); notes and drops.

    ``chapters`` is one (document, start, title) for each chapter, in reading order.
    """

    groups: NDArray[np.int32]
    sides: NDArray[np.int8]
    documents: list[str]
    chapters: list[tuple[int, int, str]]
    notes: tuple[str, ...]
    dropped: list[Dropped]
    twins: int


def assign(store: Store, plan: Plan) -> Sided:
    """Splits the store's documents by the plan."""
    codes, units = store.codes()
    count = len(store.cut_document)
    # In the units' own type: another would have all of them converted first.
    cuts = np.searchsorted(units, np.arange(count + 1, dtype=units.dtype))
    signed = signatures_between(codes, cuts, every=4, whole=64)
    cut_groups = groups(signed, containment=None).astype(np.int32)
    doc_groups = groups(signatures_between(codes, cuts[store.doc_cuts]))
    chapters = chapters_of(store)
    first = _first_cuts(store, chapters)
    chapter_groups = groups(signatures_between(codes, cuts[np.append(first, count)]))
    found = split(
        Documents(
            ids=store.doc_ids,
            lengths=np.asarray(store.document("characters"), np.int64),
            tokens=np.asarray(store.document("tokens"), np.int64),
            languages=store.document("language"),
            groups=doc_groups,
        ),
        valid=plan.split.valid,
        test=plan.split.test,
        seed=plan.seed,
        by=plan.split.by,
        chapters=Chapters(
            documents=np.array([document for document, _, _ in chapters], np.int64),
            starts=np.array([start for _, start, _ in chapters], np.int64),
            tokens=np.add.reduceat(store.laid_tokens, first) if count else np.zeros(0, np.int64),
            groups=chapter_groups,
        ),
    )
    sides = found.at(
        store.cut_document.astype(np.int64),
        store.starts.astype(np.int64),
        store.ends.astype(np.int64),
    )
    dropped = list(_dropped(store, plan, sides))
    return Sided(
        groups=cut_groups,
        sides=sides,
        documents=found.of_documents(),
        chapters=chapters,
        notes=found.notes,
        dropped=dropped,
        twins=len(doc_groups) - len(np.unique(doc_groups)),
    )


def chapters_of(store: Store) -> list[tuple[int, int, str]]:
    """The chapters of every document: its best structural level, else pieces of some cuts."""
    table = pq.read_table(store.folder / "tree.parquet", columns=["kind", "start"])
    kinds = np.asarray(table["kind"].combine_chunks().indices)
    starts = np.asarray(table["start"])
    nodes = np.concatenate([[0], np.cumsum(store.document("nodes"))])
    found: list[tuple[int, int, str]] = []
    for document in range(len(store.doc_ids)):
        rows = slice(int(nodes[document]), int(nodes[document + 1]))
        low, high = (int(at) for at in store.doc_cuts[document : document + 2])
        found += [
            (document, int(start), title)
            for start, title in _chapters(store, kinds[rows], starts[rows], low, high)
        ]
    return found


def _chapters(
    store: Store, kinds: NDArray[np.int8], starts: NDArray[np.int64], low: int, high: int
) -> list[tuple[int, str]]:
    borders = store.starts[low:high]
    chosen: NDArray[np.int64] = np.zeros(0, np.int64)
    for kind in ("chapter", "section", "part"):
        chosen = starts[kinds == KINDS.index(kind)]
        if len(chosen) >= FEWEST_CHAPTERS:
            break
    else:
        chosen = borders[::CUTS_A_PIECE].astype(np.int64)
    # A chapter begins with the first cut that starts in it; without a cut of its own it is none.
    cuts = np.unique(np.append(0, np.searchsorted(borders, chosen)))
    cuts = cuts[cuts < len(borders)]
    titles = [store.headings[low + int(cut)].as_py() for cut in cuts]
    return [
        (int(borders[cut]) if cut else 0, path[-1] if path else f"cut {int(cut)}")
        for cut, path in zip(cuts, titles, strict=True)
    ] or [(0, "")]


def _first_cuts(store: Store, chapters: Sequence[tuple[int, int, str]]) -> NDArray[np.int64]:
    """The number of each chapter's first cut."""
    found = []
    for document, start, _ in chapters:
        low, high = (int(at) for at in store.doc_cuts[document : document + 2])
        found.append(low + int(np.searchsorted(store.starts[low:high], start)))
    return np.asarray(found, np.int64)


def _dropped(store: Store, plan: Plan, sides: NDArray[np.int8]) -> Iterator[Dropped]:
    """Cuts that no context may use, each for the first reason; takes them from their sides."""
    lost = {
        "lies over the border of two sides": sides < 0,
        "shares ten words in a row with a benchmark": _contaminated(store, plan),
        "holds words that the chat template acts upon": store.cut("altered"),
    }
    taken = np.zeros(len(sides), bool)
    for reason, cuts in lost.items():
        for cut in np.flatnonzero(cuts & ~taken).tolist():
            doc_id = store.doc_ids[int(store.cut_document[cut])]
            place = f"{doc_id}:{int(store.starts[cut])}"
            yield Dropped(step="split", id=place, reason=reason, detail=f"grain {cut}")
        taken |= cuts
    sides[taken] = -1


def _contaminated(store: Store, plan: Plan) -> NDArray[np.bool_]:
    """Which cuts share a run of ten words with a benchmark that the plan names (as IN2 does)."""
    found = np.zeros(len(store.cut_document), bool)
    if plan.decontaminate:
        codes, units = store.codes()
        against = benchmark([plan.path(name) for name in plan.decontaminate])
        borders = np.searchsorted(units, store.doc_cuts).tolist()
        for low, high in pairwise(borders):
            found[units[low:high][contaminated(codes[low:high], against)]] = True
    return found
