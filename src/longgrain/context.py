"""Drafts and their jobs > their contexts: grains of the pool, or stretches of documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from longgrain.arrange import JOINTS, LAYOUTS, NONE, POOL, Job
from longgrain.assemble import Context, Pool, Short, Wish, assemble
from longgrain.chat import ChatTemplate
from longgrain.drafts import messages_of
from longgrain.draws import Rows, side_by_side
from longgrain.encode import Straddling, encode, pieces
from longgrain.plan import Layout
from longgrain.shells import CODE, Runs, Shells, runs
from longgrain.spans import with_context
from longgrain.store import Store
from longgrain.stretch import Splicer
from longgrain.tokens import Ints
from longgrain.types import Dropped, content_id

NO_GRAINS = np.zeros(0, np.int32)
NO_PLACES = np.zeros(0, np.int64)
NOTHING = Straddling(0, 0, 0)


class Asked(NamedTuple):
    """What laying needs to know of a draft, by its number among all; ``messages`` as stored.

    ``lines`` names what stands before every grain of its pool, if that is not what the plan says.
    """

    draft: int
    id: str
    language: str
    lines: str
    evidence: Sequence[int]
    rivals: Sequence[int]
    hard: Sequence[int]
    messages: pa.StringScalar
    job: Job


class Laying(NamedTuple):
    """A context that was laid; ``places`` are those of evidence among the grains of a pool.

    Where it is a stretch of a document, there are ``slices``, see `stretch.Splicer`, and ``runs``. With ``is_whole`` they and ``ids`` are
    those of the complete example. ``straddling`` counts tokens over span borders, those of the
    shell left aside unless it is whole.
    """

    layout: int
    tokens: int
    grains: NDArray[np.int32] = NO_GRAINS
    places: NDArray[np.int64] = NO_PLACES
    depths: tuple[float, ...] = ()
    straddling: Straddling = NOTHING
    guarded: int = 0
    twins: int = 0
    slices: NDArray[np.int64] | None = None
    ids: Ints | None = None
    runs: Runs | None = None
    is_whole: bool = False


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Lays contexts of one side out of the store. ``usable`` are the cuts that it may lay."""

    store: Store
    shells: Shells
    template: ChatTemplate
    splicer: Splicer
    usable: NDArray[np.bool_]
    groups: NDArray[np.int32]
    layout: Layout
    seed: int

    def lay(self, drafts: Sequence[Asked]) -> list[Laying | Dropped]:
        """The context of each draft, or why there is none; none depends on another draft."""
        found: dict[int, Laying | Dropped] = {}
        pools: dict[tuple[str, str], list[Asked]] = {}
        stretches: list[Asked] = []
        for asked in drafts:
            if asked.job.layout == NONE:
                found[asked.draft] = Laying(layout=NONE, tokens=int(self._tokens[asked.draft]))
            elif asked.job.layout == POOL:
                pools.setdefault((asked.language, asked.lines), []).append(asked)
            elif asked.job.problem:
                found[asked.draft] = Dropped(step="assemble", id=asked.id, reason=asked.job.problem)
            elif self._is_torn(asked):
                reason = "evidence lies too far apart for a short context"
                found[asked.draft] = Dropped(step="assemble", id=asked.id, reason=reason)
            else:
                stretches.append(asked)
        for (language, lines), some in pools.items():
            found.update(self._from_pool(some, self.pool(language, lines)))
        found.update(self._from_documents(stretches))
        return [found[asked.draft] for asked in drafts]

    def _is_torn(self, asked: Asked) -> bool:
        return min(asked.evidence) < asked.job.first or max(asked.evidence) > asked.job.last

    @cached_property
    def _tokens(self) -> NDArray[np.int64]:
        return self.shells.tokens

    @cached_property
    def _salt(self) -> int:
        return int(content_id("layout", self.seed), 16)

    @cached_property
    def _joins(self) -> list[int]:
        """For each draft whether a context may simply be laid into its shell."""
        joins: list[int] = self.shells.table[:, 4].tolist()
        return joins

    @cached_property
    def _keeps(self) -> NDArray[np.bool_]:
        """For each cut whether its ids may be joined."""
        return self.store.joins[self.store.cut_document]

    @cached_property
    def _pools(self) -> dict[tuple[str, str], Pool]:
        return {}

    @cached_property
    def _lines(self) -> dict[str, list[str]]:
        return {}

    def lines(self, names: str) -> list[str]:
        """The line before every cut that says these parts, commas between their names."""
        if names not in self._lines:
            self._lines[names] = self.store.lines(names.split(","))
        return self._lines[names]

    def _laid(self, names: str) -> NDArray[np.int64]:
        """(cuts, 3): tokens of metadata, words and separator, with these lines as metadata."""
        counts = self.store.counts
        if not names:
            return counts
        tokenizer = self.template.tokenizer
        encoded = tokenizer.encode_open if tokenizer.joins else tokenizer.encode
        lines = encoded([line + "\n" if line else "" for line in self.lines(names)])
        return np.column_stack([lines.lengths, counts[:, 1:]])

    def pool(self, language: str, lines: str = "") -> Pool:
        """The side's grains, those of the language first; ``lines`` as in `Asked`."""
        if (language, lines) not in self._pools:
            spoken = np.array([one == language for one in self.store.document("language")], bool)
            numbers = np.flatnonzero(self.usable).astype(np.int32)
            own = spoken[self.store.cut_document[numbers]]
            counts = self._laid(lines)
            self._pools[language, lines] = Pool(
                tokens=counts.sum(1),
                middles=counts[:, 0] + counts[:, 1] / 2,
                documents=self.store.cut_document,
                groups=self.groups,
                members=numbers[own],
                others=numbers[~own],
            )
        return self._pools[language, lines]

    def _from_pool(
        self, drafts: Sequence[Asked], pool: Pool
    ) -> Iterator[tuple[int, Laying | Dropped]]:
        found = assemble([self._wish(asked) for asked in drafts], pool)
        grains = Rows.joined([one.grains for one in found if isinstance(one, Context)])
        over = grains.sums(self.store.straddling[grains.values].astype(np.int64))
        tokens = grains.sums(pool.tokens[grains.values])
        torn = grains.sums(~self._keeps[grains.values])
        sums = zip(tokens.tolist(), over.tolist(), torn.tolist(), strict=True)
        for asked, one in zip(drafts, found, strict=True):
            if isinstance(one, Short):
                yield asked.draft, Dropped(step="assemble", id=asked.id, reason=one.reason)
                continue
            inside, plain, breaks = next(sums)
            laying = Laying(
                layout=POOL,
                tokens=int(self._tokens[asked.draft]) + inside,
                straddling=Straddling(0, 0, plain),
                **one._asdict(),
            )
            joins = self._joins[asked.draft] and not breaks and not asked.lines
            yield asked.draft, laying if joins else self._whole(asked, laying)

    def _wish(self, asked: Asked) -> Wish:
        shell, job, shares = int(self._tokens[asked.draft]), asked.job, self.layout.distractors
        # Encoded as a whole, it may be a few tokens longer than its parts.
        shell += JOINTS if asked.lines else 0
        return Wish(
            tokens=job.tokens - shell,
            least=job.least - shell,
            most=job.most - shell,
            bins=job.bins,
            depth_bins=len(self.layout.depth_shares),
            evidence=tuple(asked.evidence),
            rivals=asked.rivals,
            hard=asked.hard,
            hard_share=shares.hard,
            same_document_share=shares.same_document,
            seed=int(asked.id, 16) ^ self._salt,
        )

    def _from_documents(self, drafts: Sequence[Asked]) -> Iterator[tuple[int, Laying]]:
        bounds = np.array([(one.job.first, one.job.last) for one in drafts], np.int32)
        bounds = bounds.reshape(-1, 2)
        able = (self._keeps[bounds] & self.splicer.can_bound(bounds)).all(1)
        able &= np.array([self._joins[one.draft] for one in drafts], bool)
        for i in np.flatnonzero(~able).tolist():
            laying = Laying(layout=drafts[i].job.layout, tokens=0, grains=bounds[i])
            yield drafts[i].draft, self._whole(drafts[i], laying)
        rows = np.flatnonzero(able)
        spliced = self._spliced([drafts[i] for i in rows.tolist()], bounds[rows])
        yield from ((drafts[i].draft, one) for i, one in zip(rows.tolist(), spliced, strict=True))

    def _spliced(self, drafts: Sequence[Asked], bounds: NDArray[np.int32]) -> Iterator[Laying]:
        """Stretches of documents as they stand there, evidence and all."""
        first, last = bounds.T
        evidence = Rows.of([sorted(one.evidence) for one in drafts])
        places, over = self.splicer.places(first, last, evidence)
        words = self.splicer.words(first, last)
        total = words + self.store.counts[last, 2]
        borders = side_by_side([places, _one_each(words), _one_each(total)])
        lengths = np.diff(borders.values, prepend=0)
        lengths[borders.starts] = borders.values[borders.starts]
        roles = np.where(borders.within % 2, CODE["evidence"], CODE["distractor"]).astype(np.int8)
        roles[borders.starts + borders.counts - 1] = CODE["glue"]
        parts = Rows(np.stack([lengths, roles], axis=1), borders.counts)
        held = parts.where(lengths > 0)
        middles = (places.values[::2] + places.values[1::2]) / 2
        depths = Rows(middles / np.repeat(total, evidence.counts), evidence.counts)
        slices = self.splicer.slices(first, last)
        columns = bounds, slices, total.tolist(), over.tolist(), held.each(), depths.each()
        each = zip(drafts, *columns, strict=True)
        for asked, grains, where, tokens, plain, run, depth in each:
            yield Laying(
                layout=asked.job.layout,
                tokens=int(self._tokens[asked.draft]) + tokens,
                grains=grains,
                depths=tuple(depth.tolist()),
                straddling=Straddling(0, 0, plain),
                slices=where,
                runs=Runs(run[:, 0], run[:, 1], np.zeros(len(run), np.float32)),
            )

    def _whole(self, asked: Asked, laying: Laying) -> Laying:
        """The complete example encoded as one conversation: for ids that cannot be joined."""
        context = self.store.cuts.spans(
            LAYOUTS[laying.layout],
            laying.grains.tolist(),
            asked.evidence,
            self.lines(asked.lines) if asked.lines else None,
        )
        messages = with_context(messages_of(asked.messages.as_py()), context)
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


def _one_each(values: NDArray[np.int64]) -> Rows:
    return Rows(values, np.ones(len(values), np.int64))


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
