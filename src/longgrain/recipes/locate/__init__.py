"""Grains > numbered passages, and replies that say the question again, where it is answered, and the answer.

Position-agnostic multi-step question answering (PAM-QA; He et al. 2024, "Never Lost in the Middle",
ACL, arXiv 2311.09198), and attribution: which passages support what somebody wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import ClassVar

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.recipes.drawn import drawn
from longgrain.recipes.in2 import In2
from longgrain.recipes.locate.claims import rehearsed, statements
from longgrain.recipes.locate.passages import Chooser
from longgrain.recipes.locate.steps import Style
from longgrain.recipes.locate.support import Statement, alone, statement
from longgrain.recipes.locate.tasks import UNQUOTABLE, Attributed, Located, Task, lost
from longgrain.recipes.locate.wording import ASKING, SEVERAL
from longgrain.recipes.paced import paced
from longgrain.recipes.shares import counts, sound
from longgrain.types import Draft, Dropped

SHARES = {"index": 0.25, "quote": 0.2, "path": 0.1, "several": 0.15, "support": 0.2, "none": 0.1}
STYLES: Mapping[str, Style] = {
    "locate-index": "index",
    "locate-quote": "quote",
    "locate-path": "path",
    "locate-several": "several",
}
# What an example of `none` asks, in turn; a model's statements are never changed.
OPEN = ("question", "withheld", "question", "changed", "mixed")
MOST = 5
# Every so many-th example of support has an answer that rests on several passages.
JOINED = 4
# Statements that a model is asked for at a time, at most.
BATCH = 16
# Statements that are attributed together are from grains within so many tokens of one document.
WITHIN = 4096


@dataclass(frozen=True, kw_only=True)
class Locate:
    """By index, by quoted sentence, by headings; several passages; what supports a statement; nothing.

    ``shares`` of the kinds are scaled to 1; ``none`` is the share that no passage answers or
    supports. ``passages`` bounds how many are shown, within ``budget`` tokens (0: what a row holds),
    ``near`` the share of them that stands nearest to the question, ``statements`` how many are
    attributed in one example.
    """

    name: ClassVar[str] = "locate"
    source: ClassVar[str] = "He et al. 2024, Never Lost in the Middle, arXiv 2311.09198"
    own_contexts: ClassVar[bool] = True

    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))
    passages: tuple[int, int] = (10, 20)
    near: float = 0.5
    budget: int = 0
    statements: tuple[int, int] = (1, 3)

    def __post_init__(self) -> None:
        sound("locate", self.shares, SHARES)
        if not 3 <= self.passages[0] <= self.passages[1] <= 999:
            raise PlanError(
                f"locate passages {list(self.passages)}: give two numbers from 3 to 999, smaller "
                "first; among fewer there is nothing to locate"
            )
        if not 0 <= self.near <= 1 or self.budget < 0:
            raise PlanError(
                f"locate near {self.near}, budget {self.budget}: near is a share from 0 to 1, a "
                "budget 0 or more tokens"
            )
        if not 1 <= self.statements[0] <= self.statements[1] <= MOST:
            raise PlanError(
                f"locate statements {list(self.statements)}: give two numbers from 1 to {MOST}, "
                "smaller first"
            )

    def kinds(self, examples: int) -> Mapping[str, int]:
        """Whole numbers by kind."""
        return counts(examples, {f"locate-{kind}": self.shares.get(kind, 0.0) for kind in SHARES})

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Drafts of one kind, spread over all documents of the side, evidence at even places."""
        chooser = Chooser(
            materials=materials, size=self.passages, near=self.near, budget=self.budget
        )
        ways: dict[str, Callable[..., Iterator[Task | Dropped]]] = {
            "locate-support": self._supported,
            "locate-none": self._open,
        }
        made = 0
        for item in ways.get(kind, self._located)(kind, materials, wanted):
            # The place of the evidence follows from how many examples were made.
            done = item if isinstance(item, Dropped) else item.draft(kind, chooser, made)
            made += isinstance(done, Draft)
            yield done

    rehearse = staticmethod(rehearsed)

    @property
    def _guard(self) -> In2:
        """What asks the questions, and keeps out what might answer them too."""
        return In2(hard=self.passages[1])

    def _located(self, kind: str, materials: Materials, wanted: int) -> Iterator[Task | Dropped]:
        """Questions with one style of reply."""
        several = kind == "locate-several"
        joining, asking = ("integration", SEVERAL) if several else ("fine", ASKING)
        name = f"locate/{kind}"
        for item in self._guard.questions(name, materials, wanted, joining, asking=asking):
            if isinstance(item, Dropped):
                yield item
            else:
                yield Located(question=item, style=STYLES[kind])

    # --- statements ---

    def _supported(self, kind: str, materials: Materials, wanted: int) -> Iterator[Task | Dropped]:
        """Statements that are all supported; now and then an answer that rests on several passages."""
        fine = self._groups(self._told(f"locate/{kind}", materials, wanted * self.statements[0]))
        name = f"locate/{kind}/joined"
        joined = self._guard.questions(name, materials, wanted // JOINED + 1, "integration")
        for turn in cycle(range(JOINED)):
            for item in joined if turn == JOINED - 1 else ():
                one = item if isinstance(item, Dropped) else statement(item, materials)
                if isinstance(one, Statement):
                    yield Attributed(statements=[one])
                    break
                yield one or lost(item, UNQUOTABLE)  # type: ignore[arg-type]
            found = None
            for found in fine:
                yield found
                if not isinstance(found, Dropped):
                    break
            if found is None:
                return

    def _groups(self, told: Iterator[Statement | Dropped]) -> Iterator[Attributed | Dropped]:
        """Statements of one document, so many together, none of which another's passage supports."""
        low, high = self.statements
        pending: dict[str, list[Statement]] = {}
        for one in told:
            if isinstance(one, Dropped):
                yield one
                continue
            group = pending.setdefault(one.draft.evidence[0].doc_id, [])
            if not one.told or any(_meet(one.draft, other.draft) for other in group):
                yield Attributed(statements=[one])
                continue
            group.append(one)
            size = low + drawn(high - low + 1, "group", group[0].draft.id)
            if len(group) == size:
                yield Attributed(statements=[alone(one)] if size == 1 else tuple(group))
                group.clear()
        yield from (Attributed(statements=tuple(group)) for group in pending.values() if group)

    def _open(self, kind: str, materials: Materials, wanted: int) -> Iterator[Task | Dropped]:
        """Questions and statements for which nothing is shown, or something else."""
        half = (wanted + 1) // 2
        name = f"locate/{kind}"
        questions = self._guard.questions(name, materials, half, asking=ASKING)
        among = paced(materials, run=2, within=WITHIN)
        told = self._guard.questions(f"{name}/told", materials, half, among=among)
        for way in cycle(OPEN):
            item = next(questions if way == "question" else told, None)
            if item is None:
                return
            if isinstance(item, Dropped):
                yield item
            elif way == "question":
                style = ("index", "quote", "path")[drawn(3, "style", item.id)]
                yield Located(question=item, style=style, withheld=True)  # type: ignore[arg-type]
            elif way == "mixed" and self.statements[1] > 1:
                other = next((one for one in told if isinstance(one, Draft)), None)
                yield self._mixed(item, other, materials)
            else:
                yield self._unsupported(item, materials, changed=way == "changed")

    def _mixed(self, one: Draft, other: Draft | None, materials: Materials) -> Task | Dropped:
        """Two statements of which one is supported; the one alone where they cannot stand together."""
        if other is None or _meet(one, other) or one.meta["language"] != other.meta["language"]:
            return self._unsupported(one, materials)
        found: list[Statement] = []
        for draft in (one, other):
            told = statements([draft], materials)[0] if materials.prompted else None
            told = told or statement(draft, materials) or lost(draft, UNQUOTABLE)
            if isinstance(told, Dropped) or not told.told:
                return told if isinstance(told, Dropped) else self._unsupported(one, materials)
            found.append(told)
        hidden = found[drawn(2, "hidden", one.id)]
        return Attributed(statements=tuple(found), withheld=(hidden,))

    def _unsupported(
        self, draft: Draft, materials: Materials, *, changed: bool = False
    ) -> Task | Dropped:
        """A statement without its passage, or with another fact than its passage has."""
        one: Statement | Dropped | None
        if materials.prompted:
            [one] = statements([draft], materials)
        else:
            one = statement(draft, materials, changed=changed) or statement(draft, materials)
        if not isinstance(one, Statement):
            return one or lost(draft, UNQUOTABLE)
        one = one if one.wrong else alone(one)
        return Attributed(statements=[one], withheld=() if one.wrong else (one,))

    def _told(
        self, recipe: str, materials: Materials, wanted: int
    ) -> Iterator[Statement | Dropped]:
        """Statements of questions, by rule or in a model's words."""
        among = paced(materials, run=self.statements[1], within=WITHIN)
        questions = self._guard.questions(recipe, materials, wanted, among=among)
        # No more is asked than may still be needed: replies can cost money.
        size = min(BATCH, max(1, wanted)) if materials.prompted else 1
        while items := list(islice(questions, size)):
            yield from (one for one in items if isinstance(one, Dropped))
            drafts = [one for one in items if isinstance(one, Draft)]
            if materials.prompted:
                yield from statements(drafts, materials)
            else:
                yield from (statement(one, materials) or lost(one, UNQUOTABLE) for one in drafts)


def _meet(one: Draft, other: Draft) -> bool:
    """Whether a passage of one might support the other, too."""
    mine, theirs = ({*d.meta["evidence"], *d.meta["rivals"]} for d in (one, other))
    return bool(mine & set(other.meta["evidence"]) or theirs & set(one.meta["evidence"]))
