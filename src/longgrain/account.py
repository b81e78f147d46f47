"""A built folder and the tally of its steps > the manifest: coverage, quotas, packing, roles, guards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow.parquet as pq
from numpy.typing import NDArray

from longgrain.arrange import OFF_QUOTA, depth_quota
from longgrain.balance import Balanced
from longgrain.bounds import lower_bound
from longgrain.corpus import Source
from longgrain.drafts import read_drafts
from longgrain.fill import RowCounts
from longgrain.forecast import PAGES, against, kept
from longgrain.layouts import Laid
from longgrain.manifest import LOSS, Tally, head, outputs, peak_memory_mb, sampled
from longgrain.pack import Packing
from longgrain.plan import Between, Plan
from longgrain.quota import length_edges, share_out
from longgrain.sides import Sided
from longgrain.skim import skim
from longgrain.store import Store
from longgrain.tokens import Tokenizer
from longgrain.types import ROLES, SIDES, Side

Packed = Mapping[Side, tuple[NDArray[np.int64], Packing]]


@dataclass(frozen=True, kw_only=True)
class Account:
    """All that a finished build knows, in hand for counting."""

    plan: Plan
    folder: Path
    workers: int
    tally: Tally
    inputs: Sequence[Source]
    tokenizer: Tokenizer
    store: Store
    sided: Sided
    laid: Laid
    balanced: Balanced | None
    packed: Packed
    rows: Mapping[Side, Sequence[RowCounts]]
    wished: Mapping[Side, Mapping[str, int]]

    def manifest(self) -> dict[str, Any]:
        """All of manifest.json."""
        drafts = pq.read_table(self.folder / "drafts.parquet", columns=["evidence", "kind"])
        asked = self._asked(drafts.column("evidence").to_pylist())
        quotas = {
            side: self._quota(side, drafts.column("kind").to_pylist()) for side in self.packed
        }
        values = {
            **head(self.plan.name, self.plan.id, self.plan.seed),
            "plan_folder": str(Path(self.plan.folder).resolve()),
            "tokenizer": {
                "name": self.tokenizer.name,
                "sha256": self.tokenizer.sha256,
                "encoder": self.tokenizer.encoder,
                "joins": self.tokenizer.joins,
                "vocabulary": self.tokenizer.vocabulary_size,
            },
            "template": {"name": self.plan.template, "day": str(self.plan.day)},
            "row_length": self.plan.row_length,
            "loss": LOSS,
            "inputs": [
                {"source": one.name, "sha256": one.sha256, "bytes": one.bytes}
                for one in self.inputs
            ],
            "outputs": outputs(self.folder),
            "steps": self.tally.steps(),
            "workers": self.workers,
            "documents": self._documents(asked),
            "split": self._split(),
            "guards": dict(self.tally.guards.most_common()),
            "altered": {
                name: dict(Counter(counts).most_common())
                for name, counts in self.tally.draft["altered"].items()
            },
            "baseline": skim(self.store, self.laid, self.folder / "drafts.parquet"),
            "forms": self._forms(),
            "quotas": quotas,
            **({"balance": self._balance()} if self.balanced else {}),
            "packing": {side: self._packing(side) for side in self.packed},
            "roles": {side: self._roles(side) for side in self.packed},
            "straddling": {side: self._straddling(side) for side in self.packed},
            "lengths": {
                side: sampled(self.laid.column("tokens")[mine])
                for side, (mine, _) in self.packed.items()
            },
            "teacher": self.tally.draft["teacher"],
            "drafted": self.tally.draft["made"],
            "keys": self.tally.draft["keys"],
            **({"review": told} if (told := self.tally.draft.get("review")) else {}),
            "notes": [*self.tally.draft.get("notes", ()), *self._empty_sides()],
            "peak_memory_mb": peak_memory_mb(),
        }
        return values | self._forecast(values)

    def _forecast(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The forecast that lies in the folder, and what came of it."""
        found = kept(self.folder, self.plan.id)
        if found is None:
            return {}
        names = [path for path in self.folder.iterdir() if path.is_file()]
        disk = sum(path.stat().st_size for path in names if path.name not in PAGES)
        return {"forecast": asdict(found) | {"against": against(found, values, disk)}}

    def _asked(self, evidence: Sequence[Sequence[int]]) -> NDArray[np.bool_]:
        """Which cuts some laid example asks about that was not left out."""
        asked = np.zeros(len(self.store.cut_document), bool)
        kept = np.concatenate([mine for mine, _ in self.packed.values()] or [np.zeros(0, int)])
        for draft in self.laid.column("draft")[kept].tolist():
            asked[evidence[draft]] = True
        return asked

    def _empty_sides(self) -> list[str]:
        """Sides that examples were asked for and that have none."""
        counts = {side: sum(kinds.values()) for side, kinds in self.wished.items()}
        return [
            f"{side}: {count} examples were asked for and none could be made"
            for side, count in counts.items()
            if count and side not in self.packed
        ]

    def _documents(self, asked: NDArray[np.bool_]) -> list[dict[str, Any]]:
        store, chapters = self.store, self._chapters(asked)
        titles = [_title(meta) for meta in store.document("meta")]
        cuts = store.doc_cuts
        return [
            {
                "id": store.doc_ids[i],
                "source": store.document("source")[i],
                "title": titles[i],
                "language": store.document("language")[i],
                "tokens": store.document("tokens")[i],
                "grains": int(cuts[i + 1] - cuts[i]),
                "asked": int(asked[cuts[i] : cuts[i + 1]].sum()),
                "side": self.sided.documents[i],
                "chapters": chapters[i],
            }
            for i in range(len(store.doc_ids))
        ]

    def _chapters(self, asked: NDArray[np.bool_]) -> list[list[dict[str, Any]]]:
        store = self.store
        found: list[list[dict[str, Any]]] = [[] for _ in store.doc_ids]
        listed = self.sided.chapters
        for at, (document, start, title) in enumerate(listed):
            low, high = (int(n) for n in store.doc_cuts[document : document + 2])
            following = listed[at + 1] if at + 1 < len(listed) else (-1, 0, "")
            borders = [start, following[1] if following[0] == document else 1 << 40]
            first, last = (low + int(n) for n in np.searchsorted(store.starts[low:high], borders))
            sides = self.sided.sides[first:last]
            kept = sides[sides >= 0]
            found[document].append(
                {
                    "title": title,
                    "tokens": int(store.laid_tokens[first:last].sum()),
                    "grains": last - first,
                    "asked": int(asked[first:last].sum()),
                    "side": SIDES[int(kept[0])] if len(kept) else "",
                }
            )
        return found

    def _split(self) -> dict[str, Any]:
        sides: dict[str, Any] = {}
        tokens = self.store.counts[:, 1] + self.store.counts[:, 2]
        for code, side in enumerate(SIDES):
            mine = self.sided.sides == code
            documents = np.unique(self.store.cut_document[mine])
            sides[side] = {
                "documents": len(documents),
                "tokens": int(tokens[mine].sum()),
                "grains": int(mine.sum()),
            }
        return {
            "by": self.plan.split.by,
            "near_duplicates": self.sided.twins,
            "sides": sides,
            "notes": list(self.sided.notes),
        }

    def _forms(self) -> dict[str, dict[str, int]]:
        found: dict[str, Counter[str]] = {}
        for draft in read_drafts(self.folder / "drafts.parquet", ["language", "meta"]):
            template = orjson.loads(draft["meta"]).get("template")
            if template:
                found.setdefault(draft["language"], Counter())[template] += 1
        return {language: dict(counts.most_common()) for language, counts in found.items()}

    def _quota(self, side: Side, kinds: Sequence[str]) -> dict[str, Any]:
        mine = np.flatnonzero(np.array(self.laid.values("side")) == side)
        layouts = self.laid.column("layout")[mine]
        long = mine[~np.isin(layouts, OFF_QUOTA)]
        depths = self.laid.values("depths")
        made = Counter(kinds[draft] for draft in self.laid.column("draft")[mine].tolist())
        wished = self.wished.get(side, {})
        by_depth = depth_quota(self.plan.layout.depth_shares, [depths[i] for i in long.tolist()])
        by_length = self._lengths(self.laid.column("tokens")[long])
        return {
            "depths": by_depth,
            "lengths": by_length,
            "kinds": {
                kind: {"wished": count, "made": made.get(kind, 0)} for kind, count in wished.items()
            },
            "shortfalls": [
                *_missing_kinds(wished, made),
                *_missed("depth", by_depth),
                *_missed("length", by_length),
                *(self.balanced.shortfalls(side) if self.balanced else ()),
            ],
        }

    def _balance(self) -> dict[str, Any]:
        """Before and after balancing by side, and how many examples are left of each."""
        told = self.balanced.told if self.balanced else {}
        return {
            side: {"examples": len(self.packed[side][0]), **found}
            for side, found in told.items()
            if side in self.packed
        }

    def _in_rows(self, side: Side) -> NDArray[np.int64]:
        """The examples of a side, each as often as it stands in the rows; those too long once."""
        mine, _ = self.packed[side]
        return np.repeat(mine, self.balanced.times[mine]) if self.balanced else mine

    def _lengths(self, tokens: NDArray[np.int32]) -> dict[str, list[float]]:
        lengths = self.plan.layout.lengths
        if isinstance(lengths, Between):
            edges = length_edges(lengths.min, lengths.max)
            made, _ = np.histogram(np.clip(tokens, edges[0], edges[-1]), edges)
            wished = share_out(len(tokens), [1] * (len(edges) - 1))
        else:
            listed = sorted(set(lengths))
            edges = np.array([0, *listed], float)
            made, _ = np.histogram(tokens, np.nextafter(edges, np.inf))
            wished = share_out(len(tokens), [lengths.count(one) for one in listed])
        return {"edges": edges.tolist(), "wished": wished, "made": made.tolist()}

    def _packing(self, side: Side) -> dict[str, Any]:
        mine, packing = self.packed[side]
        lengths = self.laid.column("tokens")[self._in_rows(side)].astype(np.int64)
        fits = lengths[lengths <= self.plan.row_length]
        tokens = sum(one.tokens for one in self.rows[side])
        names = self.laid.values("id")
        return {
            "rows": len(packing),
            "length": self.plan.row_length,
            "tokens": tokens,
            "fill": tokens / max(1, len(packing) * self.plan.row_length),
            "lower_bound": lower_bound(fits, self.plan.row_length) if len(fits) else 0,
            "too_long": [names[int(mine[i])] for i in packing.too_long.tolist()],
            **({"stages": packing.stages} if packing.stages > 1 else {}),
        }

    def _roles(self, side: Side) -> dict[str, dict[str, int]]:
        tokens = np.sum([one.by_role for one in self.rows[side]] or [[0] * len(ROLES)], axis=0)
        learned = np.sum(
            [one.learned_by_role for one in self.rows[side]] or [[0] * len(ROLES)], axis=0
        )
        return {
            role: {"tokens": int(tokens[code]), "learned": int(learned[code])}
            for code, role in enumerate(ROLES)
            if tokens[code]
        }

    def _straddling(self, side: Side) -> dict[str, int]:
        mine = self._in_rows(side)
        return {
            name: int(self.laid.column(name)[mine].sum()) for name in ("learned", "masked", "plain")
        }


def _title(meta: str) -> str:
    return str(orjson.loads(meta).get("title") or "")


def _missing_kinds(wished: Mapping[str, int], made: Mapping[str, int]) -> list[str]:
    return [
        f"{kind}: {count} examples asked for, {made.get(kind, 0)} made"
        for kind, count in wished.items()
        if made.get(kind, 0) < count
    ]


def _missed(what: str, quota: Mapping[str, Sequence[float]]) -> list[str]:
    """Bins of a quota that were missed by more than one example."""
    edges = quota["edges"]
    return [
        f"{what} {edges[i]:g} to {edges[i + 1]:g}: {wished:g} examples wished for, {made:g} made"
        for i, (wished, made) in enumerate(zip(quota["wished"], quota["made"], strict=True))
        if abs(wished - made) > 1
    ]
