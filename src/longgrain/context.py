"""A draft and its job > its context: grains of the pool, or a stretch of a document with its own ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from longgrain.arrange import LAYOUTS, NONE, POOL, Job
from longgrain.assemble import Context, Pool, Short, Wish, assemble
from longgrain.chat import ChatTemplate
from longgrain.drafts import messages_of
from longgrain.encode import Straddling, encode, pieces
from longgrain.lay import lay_stretch
from longgrain.plan import Layout
from longgrain.shells import CODE, Runs, Shells, runs
from longgrain.spans import with_context
from longgrain.store import Store
from longgrain.tokens import Ints
from longgrain.types import Dropped, content_id

NO_GRAINS = np.zeros(0, np.int32)
NOTHING = Straddling(0, 0, 0)


class Laying(NamedTuple):
    """A context that was laid.

    ``ids`` and ``runs`` are there where it is not slices of the pool; with ``is_whole`` they are
    those of the complete example. ``straddling`` counts tokens over span borders inside the
    context: learned, masked, plain.
    """

    layout: int
    tokens: int
    grains: NDArray[np.int32] = NO_GRAINS
    depths: tuple[float, ...] = ()
    straddling: Straddling = NOTHING
    guards: Mapping[str, int] = {}
    ids: Ints | None = None
    runs: Runs | None = None
    is_whole: bool = False


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Lays contexts of one side out of the store. ``usable`` are the cuts that it may lay."""

    store: Store
    shells: Shells
    template: ChatTemplate
    usable: NDArray[np.bool_]
    groups: NDArray[np.int32]
    layout: Layout
    seed: int

    def lay(self, draft: int, values: Mapping[str, Any], job: Job) -> Laying | Dropped:
        """The context of draft number ``draft``, a row of drafts.parquet, or why there is none."""
        if job.layout == NONE:
            found: Laying | Dropped = Laying(layout=NONE, tokens=int(self._shell_tokens[draft]))
        elif job.layout == POOL:
            found = self._from_pool(draft, values, job)
        else:
            found = self._from_document(draft, values, job)
        if isinstance(found, Dropped) or found.is_whole:
            return found
        both = zip(found.straddling, self.shells.straddling(draft), strict=True)
        return found._replace(straddling=Straddling(*(a + b for a, b in both)))

    @cached_property
    def _shell_tokens(self) -> NDArray[np.int64]:
        return self.shells.tokens

    @cached_property
    def _pools(self) -> dict[str, Pool]:
        return {}

    def pool(self, language: str) -> Pool:
        """The side's grains, those of the language first."""
        if language not in self._pools:
            spoken = np.array([one == language for one in self.store.document("language")], bool)
            numbers = np.flatnonzero(self.usable).astype(np.int32)
            own = spoken[self.store.cut_document[numbers]]
            self._pools[language] = Pool(
                tokens=self.store.laid_tokens,
                middles=self.store.counts[:, 0] + self.store.counts[:, 1] / 2,
                documents=self.store.cut_document,
                groups=self.groups,
                members=numbers[own],
                others=numbers[~own],
            )
        return self._pools[language]

    def _from_pool(self, draft: int, values: Mapping[str, Any], job: Job) -> Laying | Dropped:
        shell = int(self._shell_tokens[draft])
        shares = self.layout.distractors
        wish = Wish(
            tokens=job.tokens - shell,
            least=job.least - shell,
            most=job.most - shell,
            bins=job.bins,
            depth_bins=len(self.layout.depth_shares),
            evidence=tuple(values["evidence"]),
            rivals=np.asarray(values["rivals"], np.int32),
            hard=np.asarray(values["hard"], np.int32),
            hard_share=shares.hard,
            same_document_share=shares.same_document,
            seed=int(content_id("layout", self.seed, values["id"]), 16),
        )
        found = assemble(wish, self.pool(values["language"]))
        if isinstance(found, Short):
            return Dropped(step="assemble", id=values["id"], reason=found.reason)
        over = int(self.store.straddling[found.grains].sum())
        laying = Laying(
            layout=POOL,
            tokens=shell + int(self.store.laid_tokens[found.grains].sum()),
            grains=found.grains,
            depths=found.depths,
            straddling=Straddling(0, 0, over),
            guards=_guards(found),
        )
        return laying if self._joins(draft, found.grains) else self._whole(values, laying)

    def _joins(self, draft: int, grains: NDArray[np.int32]) -> bool:
        return self.shells[draft].joins and bool(
            self.store.joins[self.store.cut_document[grains]].all()
        )

    def _from_document(self, draft: int, values: Mapping[str, Any], job: Job) -> Laying | Dropped:
        evidence = sorted(int(cut) for cut in values["evidence"])
        if evidence[0] < job.first or evidence[-1] > job.last:
            reason = "evidence lies too far apart for a short context"
            return Dropped(step="assemble", id=values["id"], reason=reason)
        grains = np.array([job.first, job.last], np.int32)
        if not self._joins(draft, grains):
            return self._whole(values, Laying(layout=job.layout, tokens=0, grains=grains))
        ids, counts, over = self._stretch(job, evidence)
        roles = [CODE["distractor"], CODE["evidence"]] * len(evidence)
        spans = np.array([*roles, CODE["distractor"], CODE["glue"]], np.int8)
        ends, asked, held = np.cumsum(counts), spans == CODE["evidence"], counts > 0
        return Laying(
            layout=job.layout,
            tokens=int(self._shell_tokens[draft]) + len(ids),
            grains=grains,
            depths=tuple(((ends - counts / 2) / ends[-1])[asked].tolist()),
            straddling=Straddling(0, 0, over),
            ids=ids,
            runs=Runs(
                counts[held].astype(np.int32), spans[held], np.zeros(int(held.sum()), np.float32)
            ),
        )

    def _stretch(self, job: Job, evidence: Sequence[int]) -> tuple[Ints, NDArray[np.int64], int]:
        """Ids of the cuts ``job.first`` to ``job.last`` as they stand in their document."""
        store = self.store
        document = int(store.cut_document[job.first])
        low, high = int(store.starts[job.first]), int(store.ends[job.last])
        base, stop = (int(at) for at in store.doc_tokens[document : document + 2])
        starts = store.token_starts[base:stop]
        # As int32: a list would have all token starts of the document converted first.
        borders = np.searchsorted(starts, np.array([low, high], np.int32))
        inside = slice(int(borders[0]), int(borders[1]))
        parts = [int(at) - low for cut in evidence for at in (store.starts[cut], store.ends[cut])]
        return lay_stretch(
            store.texts[store.doc_ids[document]][low:high],
            store.ids[base + inside.start : base + inside.stop],
            starts[inside].astype(np.int64) - low,
            [*parts, high - low],
            self.template.tokenizer,
        )

    def _whole(self, values: Mapping[str, Any], laying: Laying) -> Laying:
        """The complete example encoded as one conversation: for ids that cannot be joined."""
        context = self.store.cuts.spans(
            LAYOUTS[laying.layout], laying.grains.tolist(), values["evidence"]
        )
        messages = with_context(messages_of(values["messages"]), context)
        frame = self.template.frame(tuple(message.speaker for message in messages))
        listed = pieces(messages, frame, self.store.texts)
        [encoded] = encode([listed], self.template.tokenizer)
        return laying._replace(
            tokens=len(encoded.ids),
            depths=depths_in(listed, encoded.counts),
            straddling=encoded.straddling,
            ids=encoded.ids,
            runs=runs(listed, encoded),
            is_whole=True,
        )


def depths_in(listed: Sequence[Any], counts: NDArray[np.int64]) -> tuple[float, ...]:
    """The middle of each evidence piece over the tokens of the context, separators included."""
    roles = [piece.role for piece in listed]
    inside = [i for i, role in enumerate(roles) if role in ("evidence", "distractor", "metadata")]
    if not inside:
        return ()
    low, high = inside[0], inside[-1] + 2  # the last grain's blank line belongs to the context
    ends = np.cumsum(counts[low:high])
    middles = (ends - counts[low:high] / 2) / max(int(ends[-1]), 1)
    return tuple(float(middles[i - low]) for i in inside if roles[i] == "evidence")


def _guards(found: Context) -> dict[str, int]:
    return {
        "grain that might answer too, kept out of a context": found.guarded,
        "near-duplicate of the evidence, kept out of a context": found.twins,
    }
