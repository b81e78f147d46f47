"""Questions > good cases (attempt, answer, it is right) and bad ones (a masked wrong attempt, corrected).

Intrinsic self-correction with partial answer masking (Han et al. 2024, "Small Language Model Can
Self-correct", AAAI, arXiv 2401.07301).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.in2 import In2
from longgrain.recipes.pam.asking import attempts_at, corrections, rehearsed
from longgrain.recipes.pam.attempts import Answered, Attempt, attempts_of, question_id
from longgrain.recipes.pam.cases import Case, case_of
from longgrain.recipes.pam.telling import Try
from longgrain.recipes.pam.wording import ASKING, RIGHT, WRONG
from longgrain.recipes.shares import counts
from longgrain.types import Draft, Dropped, Message

# Questions whose attempts are asked for at a time: replies cost money.
GROUP = 8
# Bad cases are no more than this many times what is wanted, so that good ones find questions.
MOST = 3
OPTIONS = (0, 2, 3, 4, 5, 6)
LANGUAGES = ("en", "zh")


@dataclass(frozen=True, kw_only=True)
class Pam:
    """Answers that are checked, and wrong ones that are corrected and never learned.

    Questions are those of `In2`, about one grain each. Attempts come from the file ``attempts``, else
    from the teacher where it is a language model, else (or where these do not serve and ``by_rule``
    is on) by rule: another sentence's fact of the same type, taken for the answer.
    """

    name: ClassVar[str] = "pam"
    source: ClassVar[str] = "Han et al. 2024, arXiv 2401.07301"

    bad: float = 0.5
    """Share of bad cases."""
    rounds: tuple[int, int] = (1, 1)
    """Fewest and most wrong attempts before the right answer."""
    options: int = 4
    """Options of a question, as far as there are facts of the answer's type; 0 asks openly."""
    attempts: str = ""
    """A JSONL file of attempts at the questions (see the page)."""
    by_rule: bool = True
    """Whether a rule makes the attempt where neither file nor teacher gives a fitting one."""
    samples: int = 1
    """Attempts asked of the teacher for a question."""
    shown: int = 4
    """Grains that the teacher sees with a question: the evidence, then those nearest to it."""
    confirm: bool = False
    """Whether the corrected answer, too, is followed by a verdict."""
    positive: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(RIGHT))
    """Verdicts that an answer is right, by language."""
    negative: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(WRONG))
    """Verdicts that it is wrong."""

    def __post_init__(self) -> None:
        if not 0 <= self.bad <= 1:
            raise PlanError(f"pam bad {self.bad}: the share of bad cases is 0 to 1")
        if self.options not in OPTIONS:
            raise PlanError(
                f"pam options {self.options}: give 0 for open questions, or 2 to 6 options"
            )
        if not 1 <= self.rounds[0] <= self.rounds[1]:
            raise PlanError(
                f"pam rounds {list(self.rounds)}: give two numbers from 1, smaller first"
            )
        if self.options and self.rounds[1] >= self.options:
            raise PlanError(
                f"pam rounds {list(self.rounds)}: {self.options} options leave "
                f"{self.options - 1} wrong ones; ask for fewer rounds or more options"
            )
        if min(self.samples, self.shown) < 1:
            raise PlanError("pam samples and shown: a teacher gives and sees 1 or more")
        for name, words in (("positive", self.positive), ("negative", self.negative)):
            for language in LANGUAGES:
                if not words.get(language) or not all(one.strip() for one in words[language]):
                    raise PlanError(
                        f"pam {name}: there is no verdict in {language!r}, so an answer in that "
                        "language could not be judged; give a list of wordings for en and zh"
                    )

    def kinds(self, examples: int) -> Mapping[str, int]:
        """Bad cases first: the attempts that turn out right serve the good ones."""
        return counts(examples, {"pam-bad": self.bad, "pam-good": 1 - self.bad})

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Cases of one kind, one for each question that has one.

        Both kinds take their questions from one stream, so none is asked twice.
        """
        rows, lost = self._rows(materials)
        yield from lost
        made = 0
        if kind == "pam-good":
            for case, right in _kept(materials):
                made += 1
                yield self._good(case, right, materials)
        questions = _questions(materials, wanted)
        while kind == "pam-good" or self.bad == 1 or made < MOST * wanted:
            cases: list[Case] = []
            size = min(GROUP, max(1, wanted - made)) if materials.prompted else 1
            for item in questions:
                found = item if isinstance(item, Dropped) else case_of(item, materials, self, rows)
                if isinstance(found, Dropped):
                    yield found
                    continue
                cases.append(found)
                if len(cases) == size:
                    break
            if not cases:
                return
            for done in self._done(kind, cases, materials, wanted):
                made += isinstance(done, Draft)
                yield done

    rehearse = staticmethod(rehearsed)

    def _rows(self, materials: Materials) -> tuple[Mapping[str, Answered], Sequence[Dropped]]:
        """The user's attempts; what is wrong with the file is told once a side."""
        if not self.attempts:
            return {}, ()
        key = f"pam {self.attempts}"
        if key in materials.notes:
            return materials.notes[key], ()
        rows, lost = attempts_of(materials.path(self.attempts), materials)
        materials.notes[key] = rows
        return rows, lost

    # --- cases ---

    def _done(
        self, kind: str, cases: Sequence[Case], materials: Materials, wanted: int
    ) -> Iterator[Draft | Dropped]:
        """Each case as a draft, or the reason why it is none."""
        good = round(wanted * (1 - self.bad) / self.bad) if kind == "pam-bad" else 0
        attempts: dict[str, list[Attempt]] = {
            case.draft.id: list(case.row.attempts) for case in cases if case.row
        }
        open_ = [case for case in cases if not case.row]
        if materials.prompted and open_:
            asked_of = attempts_at(open_, materials, shown=self.shown, samples=self.samples)
            for case, found in zip(open_, asked_of, strict=True):
                yield from (one for one in found if isinstance(one, Dropped))
                attempts[case.draft.id] = [one for one in found if isinstance(one, Attempt)]
        if kind == "pam-good":
            for case in cases:
                yield self._right(case, attempts.get(case.draft.id, ()), materials)
            return
        wrong: list[tuple[Case, list[Try]]] = []
        for case in cases:
            tries = self._wrong(case, attempts.get(case.draft.id, ()), materials, good)
            if isinstance(tries, Dropped):
                yield tries
            else:
                wrong.append((case, tries))
        yield from self._corrected(wrong, materials)

    def _right(
        self, case: Case, attempts: Sequence[Attempt], materials: Materials
    ) -> Draft | Dropped:
        """A good case: of a right attempt, or of the evidence."""
        tries = case.tries(attempts, right=True)
        if tries:
            return self._good(case, tries[0], materials)
        if not self.by_rule:
            return _lost(case, "no attempt at a good case is right")
        if attempts:
            materials.count("attempt at a good case that was not right, replaced by rule")
        return self._good(case, case.by_evidence(), materials)

    def _wrong(
        self, case: Case, attempts: Sequence[Attempt], materials: Materials, good: int
    ) -> list[Try] | Dropped:
        """As many wrong attempts as the case is to have, or why there are none.

        Attempts that are right are kept until there are as many as good cases are wanted.
        """
        rounds = case.rounds(self)
        tries = case.tries(attempts, right=False)[:rounds]
        right = case.tries(attempts, right=True)
        kept: list[tuple[Case, Try]] = materials.notes.setdefault("pam kept", [])
        if right and not tries and (not self.by_rule or len(kept) < good):
            kept.append((case, right[0]))
            return _lost(case, "the attempts at a bad case are right; kept for a good one")
        if self.by_rule:
            known = {one.answer for one in tries}
            more = [one for one in case.misread(rounds) if one.answer not in known]
            tries += more[: rounds - len(tries)]
        if len(tries) >= self.rounds[0]:
            return tries
        if not tries and self.by_rule:
            return _lost(case, "no other sentence holds a fact of the answer's type")
        return _lost(case, "there are fewer wrong attempts than the case is to have")

    def _corrected(
        self, wrong: Sequence[tuple[Case, list[Try]]], materials: Materials
    ) -> Iterator[Draft | Dropped]:
        """Bad cases: the right reasoning by the teacher, or the evidence quoted."""
        right: Sequence[Try | Dropped] = [case.by_evidence(-1) for case, _ in wrong]
        if materials.prompted and wrong:
            right = corrections(
                [case for case, _ in wrong], [tries for _, tries in wrong], materials
            )
        for (case, tries), one in zip(wrong, right, strict=True):
            if isinstance(one, Dropped):
                yield one
                continue
            said = case.telling.bad(tries, one, confirmed=self.confirm)
            yield _draft(case, said, tries, one, materials)

    def _good(self, case: Case, right: Try, materials: Materials) -> Draft:
        return _draft(case, case.telling.good(right), (), right, materials)


def _questions(materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
    """The questions of one side, each once, over both kinds."""
    if "pam questions" not in materials.notes:
        materials.notes["pam questions"] = In2().questions("pam", materials, wanted, asking=ASKING)
    questions: Iterator[Draft | Dropped] = materials.notes["pam questions"]
    return questions


def _kept(materials: Materials) -> Iterator[tuple[Case, Try]]:
    """Right attempts at bad cases, each once."""
    kept = materials.notes.get("pam kept", [])
    while kept:
        yield kept.pop(0)


def _lost(case: Case, reason: str) -> Dropped:
    return Dropped(step="draft", id=case.draft.id, reason=reason, detail=asked(case.draft))


def _draft(
    case: Case, said: Message, wrong: Sequence[Try], right: Try, materials: Materials
) -> Draft:
    """What misled is evidence too: the context must hold the sentence that was misread."""
    draft, meta = case.draft, case.draft.meta
    misled = [one.number for one in wrong if one.number is not None]
    numbers = sorted({*meta["evidence"], *misled})
    options = list(case.telling.options)
    return Draft(
        recipe=Pam.name,
        seed=draft.seed,
        evidence=tuple(map(materials.grain, numbers)),
        messages=(case.telling.user(), said),
        answer=draft.answer,
        meta={
            **meta,
            "kind": "pam-bad" if wrong else "pam-good",
            "template": f"pam:{meta['template']}",
            "evidence": numbers,
            "hard": [number for number in meta["hard"] if number not in numbers],
            "rivals": [number for number in meta["rivals"] if number not in numbers],
            "options": options,
            "first": (wrong[0] if wrong else right).answer.rstrip(".。"),
            "verdict": "wrong" if wrong else "right",
            "attempts_by": [one.by for one in (wrong or (right,))],
            "question_id": question_id(asked(draft)),
        },
    )
