"""A question's draft and what others answered to it > a case: how it is asked, and who answers what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from longgrain.facts import same_answer
from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.drawn import drawn, shuffled
from longgrain.recipes.fitting import grade
from longgrain.recipes.misread import Misreading, Misreadings
from longgrain.recipes.pam.attempts import Answered, Attempt, choice, question_id
from longgrain.recipes.pam.telling import Telling, Try, Words
from longgrain.recipes.quoting import Said, rests_on
from longgrain.types import Draft, Dropped, Given, Reply, Span

# A misreading is drawn from so many of the nearest ones.
NEAREST = 4


class Limits(Protocol):
    """The settings of the recipe that a case needs."""

    @property
    def options(self) -> int:
        """How many options a question has, 0 for an open one."""
        ...

    @property
    def rounds(self) -> tuple[int, int]:
        """Fewest and most wrong attempts before the right answer."""
        ...

    @property
    def positive(self) -> Words:
        """Verdicts that an answer is right, by language."""
        ...

    @property
    def negative(self) -> Words:
        """Verdicts that it is wrong."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question with the sentences that answer it and those that might mislead."""

    telling: Telling
    evidence: tuple[Said, ...]
    gold: str
    """The right answer as it is said: the option where there are options."""
    misreadings: tuple[Misreading, ...]
    row: Answered | None
    """What the user's file has on the question."""

    @property
    def draft(self) -> Draft:
        """The question."""
        return self.telling.draft

    @property
    def language(self) -> str:
        """Its language."""
        return str(self.draft.meta["language"])

    def is_right(self, answer: str) -> bool | None:
        """Whether an answer is right; None where it is neither that nor clearly wrong."""
        if self.telling.options:
            chosen = choice(answer, self.telling.options)
            return None if chosen is None else chosen == self.gold
        return grade(answer, self.draft.answer)

    def tries(self, attempts: Iterable[Attempt], *, right: bool) -> list[Try]:
        """Those attempts that are right, or wrong, no answer twice."""
        found: dict[str, Try] = {}
        for number, one in enumerate(attempts):
            if self.is_right(one.answer) is right:
                chosen = choice(one.answer, self.telling.options) or one.answer
                found.setdefault(chosen, self.telling.told(replace(one, answer=chosen), number))
        return list(found.values())

    def misread(self, rounds: int) -> list[Try]:
        """Wrong attempts by rule, as many as there are and no more than rounds."""
        return [self.telling.misread(one, i) for i, one in enumerate(self.misreadings[:rounds])]

    def by_evidence(self, place: int = 0) -> Try:
        """The right answer by rule: its sentences, quoted."""
        return self.telling.quoting(self.evidence, self.gold, _origin(self.draft), place)

    def rounds(self, limits: Limits) -> int:
        """How many wrong attempts this question is to have."""
        low, high = limits.rounds
        return low + drawn(high - low + 1, self.draft.id, "rounds")


def case_of(
    draft: Draft, materials: Materials, limits: Limits, rows: Mapping[str, Answered]
) -> Case | Dropped:
    """The case of a question, or why there is none."""
    evidence = rests_on(draft, materials)
    if not evidence:
        reason = "the sentence that answers the question cannot be quoted as a whole"
        return Dropped(step="draft", id=draft.id, reason=reason, detail=asked(draft))
    row = rows.get(question_id(asked(draft)))
    misreadings = Misreadings.of(materials)
    right = misreadings.right(draft, evidence)
    others = misreadings.against(draft, right, evidence) if right else []
    order = {one.bare: one for one in others[:NEAREST]}
    near = [order[bare] for bare in shuffled(list(order), draft.id, "misreadings")]
    others = [*near, *others[NEAREST:]]
    alike = bool(right and others and others[0].unit == right.unit)
    gold = right.answer if right and limits.options and alike else draft.answer
    options = _options(draft, gold, others, limits.options, row)
    if row and row.options:
        gold = next((one for one in row.options if same_answer(one, draft.answer)), "")
        if not gold:
            reason = "attempts: the options lack the right answer"
            return Dropped(step="draft", id=draft.id, reason=reason, detail=asked(draft))
        others = []
    return Case(
        telling=Telling(
            draft=draft,
            options=options,
            positive=limits.positive,
            negative=limits.negative,
        ),
        evidence=tuple(evidence),
        gold=gold,
        misreadings=tuple(others),
        row=row,
    )


def _options(
    draft: Draft, gold: str, others: Sequence[Misreading], size: int, row: Answered | None
) -> tuple[str, ...]:
    """The user's own where attempts were made at them; else the answer among others of its type."""
    if row:
        return row.options
    answers = dict.fromkeys([gold, *(one.answer for one in others)])
    return tuple(shuffled(list(answers)[:size], draft.id, "options")) if size and others else ()


def _origin(draft: Draft) -> Reply | Given:
    """Whose words the gold answer is: the teacher's that drafted the question."""
    spans = (span for message in draft.messages for span in message.spans)
    answers = (span.origin for span in spans if isinstance(span, Span) and span.role == "answer")
    return next(one for one in answers if isinstance(one, Reply | Given))
