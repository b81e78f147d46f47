"""A trace > its stages as drafts: parts noted, notes brought together, brought up to date, in steps, whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from longgrain.protocols import Materials
from longgrain.recipes.multistage import wording
from longgrain.recipes.multistage.trace import Trace, nothing, one_of
from longgrain.types import (
    Draft,
    Given,
    Grain,
    Message,
    Reply,
    Role,
    Span,
    content_id,
)

RECIPE = "multistage"
Method = Literal["map-reduce", "refine", "stepwise"]
METHODS: tuple[Method, ...] = ("map-reduce", "refine", "stepwise")


@dataclass(frozen=True, kw_only=True)
class Stages:
    """The examples that one trace makes."""

    trace: Trace
    materials: Materials

    # --- what each kind is -------------------------------------------------------------------------

    def map(self) -> Iterator[Draft]:
        """Each part by itself and what is noted of it."""
        for part, note in enumerate(self.trace.notes, 1):
            asked = self._asked(wording.MAP_ASKED, part=part)
            user = [*self._instructed("map"), *self._part(part), *asked]
            yield self._draft("map", "map-reduce", part, (part,), user, note)

    def reduce(self) -> Iterator[Draft]:
        """The notes on all parts and the answer."""
        user = self._instructed("reduce")
        for part, note in enumerate(self.trace.notes, 1):
            user += self._quoted(wording.NOTES_HEAD, note, part=part)
        user += self._asked(wording.REDUCE_ASKED)
        every = range(1, len(self.trace.parts) + 1)
        last = len(self.trace.parts) + 1
        yield self._draft("reduce", "map-reduce", last, every, user, self.trace.answer, True)

    def refine(self) -> Iterator[Draft]:
        """The notes so far, the next part and the new notes; in the end the answer."""
        before = ""
        for part, state in enumerate(self.trace.states, 1):
            user = self._instructed("refine")
            user += self._quoted(wording.STATE_HEAD, before) if before else self._no_state()
            user += [*self._part(part), *self._asked(wording.REFINE_ASKED, part=part)]
            yield self._draft("refine", "refine", part, range(1, part + 1), user, state)
            before = state
        user = [*self._instructed("reduce"), *self._quoted(wording.STATE_HEAD, before)]
        user += self._asked(wording.FINISH_ASKED)
        every = range(1, len(self.trace.parts) + 1)
        last = len(self.trace.parts) + 1
        yield self._draft("refine", "refine", last, every, user, self.trace.answer, True)

    def step(self) -> Iterator[Draft]:
        """A plan over the parts, each of its steps, and the last, which answers."""
        every = range(1, len(self.trace.parts) + 1)
        of = len(self.trace.parts)
        opened = [*self._instructed("step"), *self._listed_parts()]
        plan = self.plan
        user = [*opened, *self._asked(wording.PLAN_ASKED)]
        yield self._draft("step", "stepwise", 1, every, user, plan)
        for part, note in enumerate(self.trace.notes, 1):
            user = [*self._instructed("step"), *self._quoted(wording.PLAN_HEAD, plan)]
            user += self._part(part)
            user += self._asked(wording.STEP_ASKED, n=part, sub=self.trace.step)
            yield self._draft("step", "stepwise", part + 1, (part,), user, note)
        user = [*self._instructed("step"), *self._quoted(wording.PLAN_HEAD, plan)]
        for part, note in enumerate(self.trace.notes, 1):
            user += self._quoted(wording.NOTES_HEAD, note, part=part)
        user += self._asked(wording.CONCLUDE_ASKED, n=of + 1)
        yield self._draft("step", "stepwise", of + 2, every, user, self.trace.answer, True)

    def whole(self) -> Iterator[Draft]:
        """The whole as one conversation, in one of the ways; every reply is learned."""
        method = cast(Method, one_of(METHODS, "method", self.trace.name))
        turns = [self._trace_opening(method)]
        if method == "stepwise":
            turns.append(self._assistant("plan", self.plan))
        replies = self.trace.states if method == "refine" else self.trace.notes
        for part, reply in enumerate(replies, 1):
            if method == "stepwise" or part > 1:
                turns.append(Message(speaker="user", spans=tuple(self._part(part, last=True))))
            turns.append(self._assistant("reasoning", reply))
        words = one_of(wording.FINALLY[self.trace.language], self.trace.name, "finally")
        turns.append(Message(speaker="user", spans=(self._given("instruction", words),)))
        turns.append(self._assistant("answer", self.trace.answer))
        every = range(1, len(self.trace.parts) + 1)
        yield self._made("trace", method, 0, every, tuple(turns), self.trace.gold)

    def _trace_opening(self, method: Method) -> Message:
        label = wording.QUESTION[self.trace.language]
        asked = [
            self._given("glue", label),
            Span(role="question", origin=self.trace.asker, text=self.trace.question),
        ]
        if method == "stepwise":
            spans = [*self._instructed("step"), *self._listed_parts(), *asked]
        else:
            opened = self._instructed("trace")
            spans = [*opened, *asked, self._given("glue", "\n\n"), *self._part(1, last=True)]
        return Message(speaker="user", spans=tuple(spans))

    # --- parts of a message ------------------------------------------------------------------------

    def _instructed(self, kind: str) -> list[Span]:
        words = one_of(wording.INSTRUCTIONS[self.trace.language][kind], self.trace.name, kind)
        return [self._given("instruction", words), self._given("glue", "\n\n")]

    def _part(self, part: int, *, last: bool = False) -> list[Span]:
        """A window behind its head."""
        section = self.trace.parts[part - 1]
        role: Role = "evidence" if self.trace.found[part - 1] else "distractor"
        head = wording.HEAD[self.trace.language].format(part=part, of=len(self.trace.parts))
        heading = " > ".join(section.headings)
        spans = [
            self._given("metadata", f"[{head}{' | ' + heading if heading else ''}]\n"),
            Span(role=role, origin=section.grain),
        ]
        return spans if last else [*spans, self._given("glue", "\n\n")]

    def _quoted(self, heads: dict[str, str], text: str, **named: int) -> list[Span]:
        """Notes or a plan behind their head."""
        head = heads[self.trace.language].format(**named)
        return [
            self._given("metadata", f"[{head}]\n"),
            Span(role="summary", origin=self._document(text)),
            self._given("glue", "\n\n"),
        ]

    def _no_state(self) -> list[Span]:
        head, none = wording.STATE_HEAD[self.trace.language], wording.NO_STATE[self.trace.language]
        return [self._given("metadata", f"[{head}]\n"), self._given("glue", f"{none}\n\n")]

    def _listed_parts(self) -> list[Span]:
        lines = [
            f"{part}. {' > '.join(one.headings) or '-'}"
            for part, one in enumerate(self.trace.parts, 1)
        ]
        head = wording.PARTS_HEAD[self.trace.language]
        return [
            self._given("metadata", f"[{head}]\n" + "\n".join(lines)),
            self._given("glue", "\n\n"),
        ]

    def _asked(self, forms: dict[str, str], **named: Any) -> list[Span]:
        """The question, and what of it this stage is about."""
        words = forms[self.trace.language].format(
            question=self.trace.question, of=len(self.trace.parts), **named
        )
        return [
            self._given("glue", wording.QUESTION[self.trace.language]),
            Span(role="question", origin=self._of_question(words), text=words),
        ]

    def _of_question(self, words: str) -> Given | Reply:
        asker = self.trace.asker
        if isinstance(asker, Reply):
            return Reply(teacher=asker.teacher, call=asker.call, text=words)
        return asker

    @property
    def plan(self) -> str:
        """The steps, one a line."""
        language, lines = self.trace.language, []
        for part, one in enumerate(self.trace.parts, 1):
            named = (
                wording.HEADED[language].format(heading=one.headings[-1]) if one.headings else ""
            )
            lines.append(
                wording.STEP[language].format(n=part, part=part, heading=named, sub=self.trace.step)
            )
        last = wording.LAST_STEP[language].format(n=len(lines) + 1, sub=self.trace.last)
        return "\n".join([*lines, last])

    def _document(self, text: str) -> Grain:
        """Notes are documents of their own, so that their words have a home."""
        return self.materials.made(RECIPE, text, of=self.trace.parts[0].doc_id)

    def _assistant(self, role: Role, text: str) -> Message:
        """What a stage writes: by rule a document of its own, a model's words as they are."""
        teller = self.trace.teller
        ours = role == "plan" or text in (nothing(self.trace), nothing(self.trace, so_far=True))
        if isinstance(teller, Reply) and not ours:
            span = Span(role=role, origin=self._told_by(teller, text), text=text, loss=1.0)
        else:
            span = Span(role=role, origin=self._document(text), loss=1.0)
        return Message(speaker="assistant", spans=(span,))

    def _told_by(self, teller: Reply, text: str) -> Reply:
        call = self.trace.calls.get(text, teller.call)
        return Reply(teacher=teller.teacher, call=call, text=text)

    def _given(self, role: Role, text: str) -> Span:
        return Span(role=role, origin=Given(source=f"longgrain.{RECIPE}", id=role), text=text)

    # --- a draft -----------------------------------------------------------------------------------

    def _draft(
        self,
        kind: str,
        method: Method,
        stage: int,
        parts: Sequence[int],
        user: Sequence[Span],
        reply: str,
        final: bool = False,
    ) -> Draft:
        messages = (Message(speaker="user", spans=tuple(user)), self._assistant("answer", reply))
        gold = self.trace.gold if final else reply
        return self._made(kind, method, stage, parts, messages, gold)

    def _made(
        self,
        kind: str,
        method: Method,
        stage: int,
        parts: Sequence[int],
        messages: tuple[Message, ...],
        gold: str,
    ) -> Draft:
        trace = self.trace
        evidence = sorted({number for part in parts for number in self._evidence(part)})
        of = len(trace.parts) + (2 if method == "stepwise" else 1)
        return Draft(
            recipe=RECIPE,
            seed=self.materials.seed,
            evidence=tuple(map(self.materials.grain, evidence)),
            messages=messages,
            answer=gold,
            meta={
                "kind": f"{RECIPE}-{kind}",
                "form": trace.form,
                "template": trace.template,
                "language": self.materials.language(trace.parts[0].numbers[0]),
                "layout": "none",
                "keep_order": True,
                "evidence": evidence,
                "rivals": [one for one in trace.rivals if one not in evidence],
                "hard": [],
                "task": trace.task,
                "method": method,
                "trace": content_id("stages", trace.name),
                "stage": stage,
                "of": of,
            },
        )

    def _evidence(self, part: int) -> list[int]:
        """The cuts of a part that hold what is noted of it."""
        window = self.trace.parts[part - 1].grain
        found: list[int] = []
        for one in self.trace.found[part - 1]:
            start = window.start + one.start
            place = Grain(
                doc_id=window.doc_id,
                path=(start,),
                kind="sentence",
                start=start,
                end=window.start + one.end,
            )
            found += self.materials.numbers(place)
        return found
