"""A question and a kind of error > a right reply and one that is provably wrong, or why there is no such pair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from longgrain.facts import Language
from longgrain.protocols import Materials
from longgrain.recipes.drawn import drawn
from longgrain.recipes.misread import Misreading, Misreadings
from longgrain.recipes.prefer.altered import Turned, altered, turned
from longgrain.recipes.prefer.reader import hasty
from longgrain.recipes.prefer.telling import Telling, completing, length, origin_of
from longgrain.recipes.prefer.wording import CLAIMED
from longgrain.recipes.quoting import Said, rests_on
from longgrain.recipes.stated import what_of
from longgrain.types import Draft, Given, Span

# Another sentence that begins like a rule, by this share of the terms of its beginning, may go on otherwise.
RIVAL = 0.8
SIZES = (0, 1)  # in short, at length
OTHERS = Given(source="longgrain.prefer", id="misreading")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two replies to one question.

    ``wrong`` is the value that the rejected one gives; ``error`` says in which way it is wrong;
    ``evidence`` are the grains of the context, ``rivals`` those that must stay out of it; ``rests``
    is the place of the sentence that decides.
    """

    telling: Telling
    chosen: tuple[Span, ...]
    rejected: tuple[Span, ...]
    answer: str
    wrong: str
    error: str
    form: str
    evidence: tuple[int, ...]
    rests: Said
    rivals: tuple[int, ...] = ()

    @property
    def over(self) -> int:
        """By how many characters the rejected reply is the longer one."""
        return length(self.rejected) - length(self.chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question with the sentence that answers it and, the nearest first, those that mislead."""

    draft: Draft
    said: Said
    right: Misreading | None
    others: tuple[Misreading, ...]
    materials: Materials

    @classmethod
    def of(cls, draft: Draft, materials: Materials) -> Case | str:
        """The case of a question about one grain, or why there is none."""
        evidence = rests_on(draft, materials)
        if not evidence or len(evidence) > 1:
            return "the sentence that answers the question cannot be quoted as a whole"
        known = Misreadings.of(materials)
        right = known.right(draft, evidence)
        others = known.against(draft, right, evidence) if right else []
        return cls(
            draft=draft, said=evidence[0], right=right, others=tuple(others), materials=materials
        )

    @property
    def language(self) -> Language:
        """The language of our words."""
        return "zh" if self.draft.meta["language"] == "zh" else "en"

    @property
    def telling(self) -> Telling:
        """The words around the question."""
        return Telling(draft=self.draft)

    @property
    def gold(self) -> str:
        """The answer as it is said beside the misreadings: with what it counts where they have it."""
        alike = self.right and self.others and self.others[0].unit == self.right.unit
        return self.right.answer if self.right and alike else self.draft.answer

    @property
    def unit(self) -> str:
        """What the answer says behind its bare fact: years, 间."""
        bare = self.right.bare if self.right else self.gold
        return self.gold.removeprefix(bare) if self.gold.startswith(bare) else ""

    @property
    def what(self) -> str:
        """What is asked for, in a word."""
        kind, unit = (self.right.kind, self.right.unit) if self.right else ("term", None)
        return what_of(kind, unit, self.language)

    @property
    def read(self) -> str:
        """All words of the evidence."""
        return "\n".join(self.materials.text(one) for one in self.draft.meta["evidence"])

    @property
    def apart(self) -> list[Misreading]:
        """Those of other grains than the question's own."""
        own = set(self.draft.meta["evidence"])
        return [one for one in self.others if one.said.number not in own]

    @property
    def alike(self) -> list[Misreading]:
        """Those that can stand in the answer's place: a person for a person, a title for a title."""
        unit = self.right.unit if self.right else None
        return [one for one in self.apart if unit is not None and one.unit == unit]

    def right_reply(self) -> tuple[Span, ...]:
        """The sentence, and the answer that it gives."""
        return self.telling.answering(self.said, self.gold, origin_of(self.draft))

    def evened(self, kind: str, able: Sequence[Pair]) -> Pair:
        """The pair whose replies are nearest in length, the rejected one in turn longer and shorter."""
        tally: Counter[str] = self.materials.notes.setdefault("prefer lengths", Counter())
        wanted = -1 if tally[kind] > 0 else 1
        able = [one for one in able if one.over * wanted >= 0] or able
        found = min(able, key=lambda one: abs(one.over))
        tally[kind] += (found.over > 0) - (found.over < 0)
        return found


def pair_of(kind: str, case: Case) -> Pair | str:
    """The pair of one kind, or why the question gives none."""
    return BY_RULE[kind](kind, case)


def _misread(kind: str, case: Case) -> Pair | str:
    """Another sentence's fact of the same type, as somebody gives it who reads in a hurry."""
    if not case.others:
        return "no other sentence holds a fact of the answer's type"
    return case.evened(kind, [_by_mistake(case, one) for one in case.others])


def _short(kind: str, case: Case) -> Pair | str:
    """What a reader by rule answers over the evidence alone, and over a long context."""
    found = hasty(case.draft, case.said, case.others)
    if found is None:
        return "the reader by rule answers alike over the short and the long context"
    return _by_mistake(case, found)


def _by_mistake(case: Case, other: Misreading) -> Pair:
    return _pair(
        case,
        chosen=case.right_reply(),
        rejected=case.telling.answering(other.said, other.answer, OTHERS),
        wrong=other.answer,
        error="misread",
        misled=other.said.number,
    )


def _changed(kind: str, case: Case) -> Pair | str:
    """The sentence misquoted: another number or date in it, or its opposite."""
    if drawn(2, "prefer", case.draft.id, "turn"):
        return _number(case) or _polarity(case) or _unchanged()
    return _polarity(case) or _number(case) or _unchanged()


def _unchanged() -> str:
    return "the sentence has no number, date or rule that can be changed"


def _number(case: Case) -> Pair | None:
    other = altered(case.said.text, case.draft.answer, case.language, case.read)
    if other is None or case.right is None:
        return None
    telling, own = case.telling, origin_of(case.draft)
    unit = case.right.answer.removeprefix(case.right.bare)
    return _pair(
        case,
        chosen=telling.answering(case.said, case.right.bare + unit, own),
        rejected=telling.answering(case.said, other.wrong + unit, OTHERS, as_it_is=other.text),
        wrong=other.wrong,
        error="changed",
    )


def _polarity(case: Case) -> Pair | None:
    found = turned(case.said.text, case.language)
    if found is None:
        return None
    own = set(case.draft.meta["evidence"])
    like = {number for number, _ in case.materials.holding(found.head, RIVAL)} - own
    question = completing(found.head, case.draft, case.language)
    telling = Telling(draft=case.draft, question=question)
    return Pair(
        telling=telling,
        chosen=telling.finishing(case.said),
        rejected=telling.finishing(case.said, _joined(found, case.language)),
        answer=found.tail,
        wrong=found.opposite,
        error="turned",
        form="polarity",
        evidence=tuple(sorted(own)),
        rests=case.said,
        rivals=tuple(sorted(like)),
    )


def _joined(found: Turned, language: Language) -> str:
    return f"{found.head}{' ' if language == 'en' else ''}{found.opposite}"


def _unsupported(kind: str, case: Case) -> Pair | str:
    """A value that the evidence does not have, given as known without looking."""
    other = altered(case.said.text, case.draft.answer, case.language, case.read)
    if other is not None:
        text, wrong = other.text, other.wrong
    elif case.alike and case.said.text.count(case.draft.answer) == 1:
        wrong = case.alike[0].bare
        text = case.said.text.replace(case.draft.answer, wrong)
    else:
        return "the sentence has no value that another one can stand for"
    able = [
        _pair(
            case,
            chosen=case.right_reply(),
            rejected=case.telling.claiming(text, wrong + case.unit, number),
            wrong=wrong,
            error="unsupported",
        )
        for number in range(len(CLAIMED[case.language]))
    ]
    return case.evened(kind, able)


def _refuse(kind: str, case: Case) -> Pair | str:
    """The sentence that answers stays out of the context: right is to leave the question open."""
    if not case.apart:
        return "no other grain holds a fact of the answer's type"
    return case.evened(kind, [_open(case, one, size) for one in case.apart for size in SIZES])


def _open(case: Case, other: Misreading, size: int) -> Pair:
    right = case.telling.leaving_open(other.said, case.what, size)
    return Pair(
        telling=case.telling,
        chosen=right,
        rejected=case.telling.answering(other.said, other.answer, OTHERS),
        answer=right[-1].text or "",
        wrong=other.answer,
        error="answered",
        form="refusal",
        evidence=(other.said.number,),
        rests=case.said,
        rivals=tuple(case.draft.meta["evidence"]),
    )


def _answer(kind: str, case: Case) -> Pair | str:
    """The sentence stands in the context: wrong is to leave the question open."""
    if not case.apart:
        return "no other grain holds a fact of the answer's type"
    able = [
        _pair(
            case,
            chosen=case.right_reply(),
            rejected=case.telling.leaving_open(one.said, case.what, size),
            wrong="",
            error="refused",
            misled=one.said.number,
        )
        for one in case.apart
        for size in SIZES
    ]
    return case.evened(kind, able)


def _pair(
    case: Case,
    *,
    chosen: tuple[Span, ...],
    rejected: tuple[Span, ...],
    wrong: str,
    error: str,
    misled: int | None = None,
) -> Pair:
    """What misleads stands in the context, too."""
    own = set(case.draft.meta["evidence"])
    return Pair(
        telling=case.telling,
        chosen=chosen,
        rejected=rejected,
        answer=case.draft.answer,
        wrong=wrong,
        error=error,
        form=str(case.draft.meta["form"]),
        evidence=tuple(sorted(own | ({misled} if misled is not None else set()))),
        rests=case.said,
    )


BY_RULE: Mapping[str, Callable[[str, Case], Pair | str]] = {
    "prefer-changed": _changed,
    "prefer-short": _short,
    "prefer-misread": _misread,
    "prefer-unsupported": _unsupported,
    "prefer-refuse": _refuse,
    "prefer-answer": _answer,
}
