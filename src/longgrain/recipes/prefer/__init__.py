"""Questions over a long context > pairs of replies, one right and one provably wrong, for preference tuning.

Short-to-long preference (Chen et al. 2025, "LongPO", arXiv 2502.13922), and errors made by rule: a
hasty reader's fact, a changed value, a claim without evidence, an answer or a refusal out of place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.in2 import In2
from longgrain.recipes.prefer.asking import ALIKE, rehearsed, short_to_long
from longgrain.recipes.prefer.pairs import Case, Pair, pair_of
from longgrain.recipes.prefer.telling import length, rejected
from longgrain.recipes.prefer.wording import ASKING
from longgrain.recipes.shares import counts, sound
from longgrain.types import Draft, Dropped, Message

# Kinds that few questions serve come first; what they leave serves the others. As many refusals are
# right as are wrong, so that a refusal is not the better reply by itself.
SHARES = {
    "changed": 0.2,
    "short": 0.15,
    "misread": 0.25,
    "unsupported": 0.1,
    "refuse": 0.15,
    "answer": 0.15,
}
# Questions whose answers are asked for at a time: replies cost money.
GROUP = 8
# A kind looks at no more questions than this many times what is wanted.
MOST = 8


@dataclass(frozen=True, kw_only=True)
class Prefer:
    """Two views of each example, ``chosen`` and ``rejected``, that differ in the last turn alone.

    Questions are those of `In2`, about one grain each.
    """

    name: ClassVar[str] = "prefer"
    source: ClassVar[str] = "Chen et al. 2025 (LongPO), arXiv 2502.13922"

    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))
    """Shares of the kinds: changed, short, misread, unsupported, refuse, answer."""
    shown: int = 16
    """Grains beside the evidence that a language model sees as the long context."""
    ratio: float = 3.0
    """The longer reply of a pair has at most so many times the characters of the shorter one."""

    def __post_init__(self) -> None:
        sound("prefer", self.shares, SHARES)
        if self.shown < 1:
            raise PlanError(
                f"prefer shown {self.shown}: over the evidence alone there is no long context; give "
                "1 grain or more"
            )
        if self.ratio < 1:
            raise PlanError(
                f"prefer ratio {self.ratio}: no pair is that even; give 1 or more, such as 3"
            )

    def kinds(self, examples: int) -> Mapping[str, int]:
        """Whole numbers by kind."""
        return counts(examples, {f"prefer-{one}": self.shares.get(one, 0.0) for one in SHARES})

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """One pair for each question that gives one.

        All kinds take their questions from one stream; what gives no pair of one kind is tried for
        the next.
        """
        spare: list[Draft] = materials.notes.setdefault("prefer spare", [])
        questions = _questions(materials, wanted, spare)
        made = tried = 0
        group = GROUP if materials.prompted and kind == "prefer-short" else 1
        while tried < MOST * wanted:
            drafts: list[Draft] = []
            for item in questions:
                if isinstance(item, Dropped):
                    yield item
                    continue
                drafts.append(item)
                if len(drafts) == min(group, max(1, wanted - made)):
                    break
            if not drafts:
                return
            tried += len(drafts)
            for done in self._paired(kind, drafts, materials, spare):
                made += isinstance(done, Draft)
                yield done

    rehearse = staticmethod(rehearsed)

    def _paired(
        self, kind: str, drafts: Sequence[Draft], materials: Materials, spare: list[Draft]
    ) -> Iterator[Draft | Dropped]:
        """Each question as a draft of its pair, or the reason why it has none."""
        cases: list[Case] = []
        for draft in drafts:
            case = Case.of(draft, materials)
            if isinstance(case, Case):
                cases.append(case)
            else:
                yield _lost(draft, case)
        pairs: Sequence[Pair | str | Dropped] = [pair_of(kind, case) for case in cases]
        if materials.prompted and kind == "prefer-short":
            pairs = short_to_long(cases, materials, shown=self.shown)
        for case, pair in zip(cases, pairs, strict=True):
            if isinstance(pair, Pair):
                yield self._draft(kind, case, pair)
                continue
            if isinstance(pair, str) or pair.reason == ALIKE:
                spare.append(case.draft)
            yield pair if isinstance(pair, Dropped) else _lost(case.draft, f"{kind}: {pair}")

    def _draft(self, kind: str, case: Case, pair: Pair) -> Draft | Dropped:
        draft, materials = case.draft, case.materials
        sizes = sorted(map(length, (pair.chosen, pair.rejected)))
        if sizes[1] > self.ratio * sizes[0]:
            return _lost(draft, "one reply of the pair is far longer than the other")
        rivals = {*draft.meta["rivals"], *pair.rivals} - set(pair.evidence)
        out = rivals | set(pair.evidence)
        place = pair.rests.grain
        meta = {
            **draft.meta,
            "kind": kind,
            "form": pair.form,
            "template": f"prefer:{pair.error}:{draft.meta['template']}",
            "evidence": list(pair.evidence),
            "rivals": sorted(rivals),
            "hard": [one for one in draft.meta["hard"] if one not in out],
            "view": "chosen",
            "error": pair.error,
            "wrong": pair.wrong,
            "rests": [place.doc_id, place.start, place.end],
            "quotes": [],
        }
        user = pair.telling.user()
        return Draft(
            recipe=self.name,
            seed=draft.seed,
            evidence=tuple(map(materials.grain, pair.evidence)),
            messages=(user, Message(speaker="assistant", spans=pair.chosen)),
            answer=pair.answer,
            meta=meta,
            views={"rejected": (user, Message(speaker="assistant", spans=rejected(pair.rejected)))},
        )


def _questions(materials: Materials, wanted: int, spare: list[Draft]) -> Iterator[Draft | Dropped]:
    """What other kinds left, each once, then the questions of one side, each once over all kinds."""
    for _ in range(len(spare)):  # what this kind leaves goes to the end, for the next one
        yield spare.pop(0)
    if "prefer questions" not in materials.notes:
        stream = In2().questions("prefer", materials, wanted, asking=ASKING)
        materials.notes["prefer questions"] = stream
    stream = materials.notes["prefer questions"]
    for item in stream:  # noqa: UP028 - `yield from` would close the stream with this kind
        yield item


def _lost(draft: Draft, reason: str) -> Dropped:
    return Dropped(step="draft", id=draft.id, reason=reason, detail=asked(draft))
