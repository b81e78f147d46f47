"""Documents and questions > a plan of actions, what each step gives, and the answer (PEARL).

Sun et al. 2023, "PEARL: Prompting Large Language Models to Plan and Execute Actions Over Long
Documents", arXiv 2305.14564. By rule, FIND, EXTRACT, COUNT and CONCAT run over the words of the
document; with a language model, plans are written, checked, carried out and held against the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, ClassVar

from longgrain.errors import PlanError
from longgrain.facts import same_answer
from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.drawn import drawn
from longgrain.recipes.in2 import In2
from longgrain.recipes.pearl.actions import (
    BLANK,
    CannotDoError,
    Done,
    Page,
    execute,
    further,
    mentions,
)
from longgrain.recipes.pearl.over import Reading, readings
from longgrain.recipes.pearl.plans import CTX, Argument, Plan, Step
from longgrain.recipes.pearl.telling import messages, with_slot
from longgrain.recipes.pearl.wording import (
    ASKING,
    COMPARE,
    COUNT,
    EXTRACT,
    INSTRUCTIONS,
    QUOTE,
    WHY,
)
from longgrain.recipes.pearl.written import Planner, rehearsed, user_questions
from longgrain.recipes.shares import counts, sound
from longgrain.types import Draft, Dropped, Reply, Request, content_id

SHARES = {"count": 0.25, "extract": 0.2, "quote": 0.25, "compare": 0.15, "joined": 0.15}
WORDINGS = {"count": COUNT, "extract": EXTRACT, "quote": QUOTE, "compare": COMPARE}
# What EXTRACT is asked for by rule, in the order to try.
KINDS = {"en": ("quantities", "dates", "names"), "zh": ("数量", "日期", "名称")}
# Joined questions that a plan can compute.
COMPUTED = {"compare": "DIFFERENCE", "sum": "SUM"}
# Items of an answer: more are no answer but a table.
MOST_ITEMS = 12


@dataclass(frozen=True, kw_only=True)
class Pearl:
    """Plans over documents: counted, extracted, quoted, compared, or joined from several grains.

    ``shares`` of the kinds are scaled to 1; ``tokens`` are the least and most of a document that is
    read in order; ``mentions`` bounds the sentences that a step finds. With a language model
    (kind joined): ``mined`` questions are looked at for actions, which are merged to ``actions``;
    an invalid plan goes back up to ``tries`` times; ``demonstrations`` are questions whose plans
    gave the right answer, asked for again up to ``refinements`` times until they do; ``questions``
    is a file of the user's own to mine actions from (JSONL with ``question``).
    """

    name: ClassVar[str] = "pearl"
    source: ClassVar[str] = "Sun et al. 2023, arXiv 2305.14564"

    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))
    tokens: tuple[int, int] = (256, 6144)
    mentions: tuple[int, int] = (2, 8)
    mined: int = 40
    actions: int = 20
    tries: int = 7
    demonstrations: int = 4
    refinements: int = 3
    questions: str = ""

    def __post_init__(self) -> None:
        sound("pearl", self.shares, SHARES)
        for what, (least, most), floor in (
            ("tokens", self.tokens, 64),
            ("mentions", self.mentions, 1),
        ):
            if not floor <= least <= most:
                raise PlanError(
                    f"pearl {what} [{least}, {most}]: give two numbers from {floor}, smaller first"
                )
        if min(self.mined, self.tries, self.demonstrations, self.refinements) < 0 or (
            self.actions < 1
        ):
            raise PlanError(
                "pearl mined, tries, demonstrations and refinements may not be below 0, actions "
                "not below 1; see docs/recipes/pearl.md"
            )

    def kinds(self, examples: int) -> Mapping[str, int]:
        """Whole numbers by kind."""
        shares = {f"pearl-{kind}": self.shares.get(kind, 0.0) for kind in SHARES}
        return counts(examples, shares)

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Drafts of one kind, spread over the documents of the side."""
        what = kind.removeprefix("pearl-")
        if what == "joined":
            yield from self._joined(materials, wanted)
            return
        # A plan, its results and the instruction take room, too.
        most = max(self.tokens[0], min(self.tokens[1], materials.longest * 3 // 4 - 256))
        for reading in readings(materials, (self.tokens[0], most), what):
            draft = self._read(what, reading, materials)
            if draft is None:
                reason = f"no subject of this text can be asked about ({what})"
                yield Dropped(step="draft", id=reading.name, reason=reason)
            else:
                yield draft

    @staticmethod
    def rehearse(request: Request) -> str:
        """What a language model would reply."""
        return rehearsed(request)

    # --- by rule, over a stretch of a document -----------------------------------------------------

    def _read(self, what: str, reading: Reading, materials: Materials) -> Draft | None:
        """A question about the first subject of a text that was not asked about before."""
        asked: set[str] = materials.notes.setdefault(f"{self.name}-{what}", set())
        subjects = reading.subjects(*self.mentions)
        for subject, _ in subjects:
            if subject.casefold() in asked:
                continue
            for plan, words in self._plans(what, subject, reading, subjects):
                draft = self._executed(what, plan, words, reading, materials)
                if draft is not None:
                    asked.add(subject.casefold())
                    return draft
        return None

    def _plans(
        self,
        what: str,
        subject: str,
        reading: Reading,
        subjects: list[tuple[str, tuple[int, ...]]],
    ) -> Iterator[tuple[Plan, dict[str, str]]]:
        """Plans for one subject, with the words that the question needs."""
        language, why = reading.language, WHY[reading.language]
        find = Step("found", "FIND", (Argument(CTX), Argument(subject, True)), why["FIND"])

        def step(output: str, action: str, *arguments: Argument) -> Step:
            return Step(output, action, arguments, why[action])

        found = Argument("found")
        if what == "count":
            yield Plan((find, step("number", "COUNT", found))), {"x": subject}
        elif what == "quote":
            yield Plan((find, step("quotes", "CONCAT", found))), {"x": subject}
        elif what == "extract":
            for kind in KINDS[language]:
                extract = step("items", "EXTRACT", found, Argument(kind, True))
                yield Plan((find, extract)), {"x": subject, "kind": kind}
        else:
            sizes = dict(subjects)
            for other, held in subjects:
                if len(held) < len(sizes[subject]) and not set(held) <= set(sizes[subject]):
                    second = Step(
                        "others", "FIND", (Argument(CTX), Argument(other, True)), why["FIND"]
                    )
                    first, less = Argument("first"), Argument("second")
                    steps = (
                        find,
                        step("first", "COUNT", found),
                        second,
                        step("second", "COUNT", Argument("others")),
                        step("more", "DIFFERENCE", first, less),
                    )
                    new = (further("DIFFERENCE", 2, language),)
                    yield Plan(steps, new), {"x": subject, "y": other}

    def _executed(
        self,
        what: str,
        plan: Plan,
        words: Mapping[str, str],
        reading: Reading,
        materials: Materials,
    ) -> Draft | None:
        try:
            done = execute(plan, reading.page)
        except CannotDoError:
            return None
        results = [item for name in done.results for item in done.outputs[name]]
        own = any(mentions(item.text, words["x"]) for item in results)
        few = what == "extract" and (own or len({item.text for item in results}) < 2)
        if few or len(results) > MOST_ITEMS:
            return None
        wordings = WORDINGS[what][reading.language]
        # Drawn apart, so that no wording of the question always comes with the same instruction.
        number = drawn(len(wordings), "pearl question", what, reading.name, words["x"])
        draw = drawn(len(INSTRUCTIONS[reading.language]), "pearl", reading.name, words["x"])
        question = wordings[number].format(**words)
        return self._draft(
            f"pearl-{what}",
            materials,
            messages=messages(reading, plan, done, question, draw),
            answer=done.answer,
            meta={
                "form": f"pearl-{what}",
                "template": f"pearl-{what}-{reading.language}-{number}",
                "language": reading.language,
                "layout": "none",
                "keep_order": True,
                "evidence": sorted(reading.numbers(done)),
                "rivals": [],
                "hard": [],
                "plan": plan.written(reading.language),
                "by": "rule",
            },
        )

    def _draft(
        self, kind: str, materials: Materials, *, messages: Any, answer: str, meta: dict[str, Any]
    ) -> Draft:
        return Draft(
            recipe=self.name,
            seed=materials.seed,
            evidence=tuple(map(materials.grain, meta["evidence"])),
            messages=messages,
            answer=answer,
            meta={"kind": kind, **meta},
        )

    # --- questions that join several grains of a long context -----------------------------------------

    def _joined(self, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Integration questions with their plans: by rule, or by the teacher where it is a model."""
        recipe = In2(shares={"integration": 1.0})
        items = recipe.questions(self.name, materials, wanted, "integration", asking=ASKING)
        if materials.prompted:
            yield from self._planned(items, materials, wanted)
            return
        for item in items:
            if isinstance(item, Dropped):
                yield item
            elif item.meta["form"] in COMPUTED:
                yield self._computed(item, materials)

    def _planned(
        self, items: Iterator[Draft | Dropped], materials: Materials, wanted: int
    ) -> Iterator[Draft | Dropped]:
        """By a language model, which learns its actions from the first questions and the user's."""
        planner = Planner(self, materials)
        first: list[Draft] = []
        while len(first) < min(self.mined, wanted) and (item := next(items, None)) is not None:
            if isinstance(item, Dropped):
                yield item
            else:
                first.append(item)
        own = user_questions(materials.path(self.questions)) if self.questions else []
        planner.mine([*own, *map(asked, first)])
        for item in chain(first, items):
            planned = item if isinstance(item, Dropped) else planner.planned(item)
            if isinstance(planned, Dropped):
                yield planned
            elif isinstance(item, Draft):
                plan, done, reply = planned
                yield self._told(item, materials, plan, done, reply)

    def _computed(self, item: Draft, materials: Materials) -> Draft | Dropped:
        language = item.meta["language"]
        plan = _of_statements(item.meta, language)
        try:
            done = execute(plan, _page_of(item, materials))
        except CannotDoError as problem:
            return Dropped(
                step="draft", id=item.id, reason="no rule can do the plan", detail=str(problem)
            )
        if not same_answer(done.answer, item.answer):
            reason = "the plan's answer is not the answer of the question"
            return Dropped(step="draft", id=item.id, reason=reason, detail=done.answer[:200])
        return self._told(item, materials, plan, done)

    def _told(
        self,
        item: Draft,
        materials: Materials,
        plan: Plan,
        done: Done,
        reply: Reply | None = None,
    ) -> Draft:
        language = item.meta["language"]
        draw = int(content_id("pearl", item.id), 16)
        meta = {
            **item.meta,
            "template": f"pearl-joined-{item.meta['template']}",
            "plan": plan.written(language),
            "by": reply.teacher if reply else "rule",
        }
        del meta["kind"]
        said = with_slot(item, plan, done, draw, reply)
        return self._draft("pearl-joined", materials, messages=said, answer=item.answer, meta=meta)


def _of_statements(meta: Mapping[str, Any], language: Any) -> Plan:
    """Find the sentence of each statement, take out what its blank hides, and compute."""
    why, steps, numbers = WHY[language], [], []
    for number, statement in enumerate(meta["statements"], 1):
        words = Argument(f"{statement['before']}{BLANK}{statement['after']}", True)
        found, value = f"found{number}", f"value{number}"
        steps.append(Step(found, "FIND", (Argument(CTX), words), why["FIND"]))
        steps.append(Step(value, "EXTRACT", (Argument(found), words), why["EXTRACT"]))
        numbers.append(Argument(value))
    action = COMPUTED[meta["form"]]
    steps.append(Step("result", action, tuple(numbers), why[action]))
    return Plan(tuple(steps), (further(action, len(numbers), language),))


def _page_of(item: Draft, materials: Materials) -> Page:
    """The sentences of the evidence, end to end: no other grain of a context fits the statements."""
    said = [one for number in item.meta["evidence"] for one in materials.sentences(number)]
    text, places = "", []
    for sentence in said:
        places.append((len(text), len(text) + len(sentence)))
        text += sentence + "\n"
    return Page(text, places, item.meta["language"])
