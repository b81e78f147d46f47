"""A question, attempts at it and the right answer > messages in which no wrong attempt is learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from longgrain.recipes.asked import asked
from longgrain.recipes.drawn import drawn, shuffled
from longgrain.recipes.misread import Misreading
from longgrain.recipes.pam import wording
from longgrain.recipes.pam.attempts import Attempt
from longgrain.recipes.quoting import Said, marks, quoted
from longgrain.recipes.script import written
from longgrain.types import Draft, Given, Message, Reply, Role, Slot, Span

Words = Mapping[str, Sequence[str]]
SEPARATOR = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """Reasoning that leads up to an answer, and the answer; ``number`` is the grain that it quotes."""

    spans: tuple[Span, ...]
    answer: str
    origin: Reply | Given
    by: str
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """The words around one question; ``options`` are empty where it is asked openly."""

    draft: Draft
    options: tuple[str, ...]
    positive: Words
    negative: Words

    @property
    def language(self) -> str:
        """The language of our words: English beside languages that we do not speak."""
        return "zh" if self.draft.meta["language"] == "zh" else "en"

    def _like(self) -> str:
        return asked(self.draft)

    def _one(self, name: str, words: Words, place: int = 0) -> Span:
        """One of our wordings, drawn for this question; another one at each place where it is used."""
        wordings = words[self.language]
        number = (drawn(len(wordings), "pam", self.draft.id, name) + place) % len(wordings)
        origin = Given(source="longgrain.pam", id=f"{name}-{self.language}-{number}")
        return Span(role="instruction", origin=origin, text=written(wordings[number], self._like()))

    # --- what is asked ---

    def user(self) -> Message:
        """Instructions in any order, the context, the question, the options."""
        task = wording.CHOOSE if self.options else wording.ANSWER
        parts = [
            self._one("task", task),
            self._one("think", wording.THINK),
            self._one("check", wording.CHECK),
        ]
        order = shuffled(["0", "1", "2"], self.draft.id, "order")
        spans: list[Span | Slot] = []
        for place, number in enumerate(order):
            if place and self.language == "en":
                spans.append(_glue(" "))
            spans.append(parts[int(number)])
        label = written(wording.QUESTION[self.language], self._like())
        spans += [_glue(SEPARATOR), Slot(), _glue(label), *_question(self.draft)]
        for place in range(len(self.options)):
            spans += [_glue("\n"), Span(
                role="instruction",
                origin=Given(source="longgrain.pam", id="option"),
                text=self.labelled(self.options[place]),
            )]  # fmt: skip
        return Message(speaker="user", spans=tuple(spans))

    def labelled(self, answer: str) -> str:
        """The answer behind the letter of its option; as it is where there are no options."""
        if answer not in self.options:
            return answer
        letter = chr(ord("A") + self.options.index(answer))
        return f"（{letter}）{answer}" if self.language == "zh" else f"({letter}) {answer}"

    # --- what is answered ---

    def good(self, right: Try, *, loss: float = 1.0) -> Message:
        """The right attempt, its answer, and the verdict that it is right."""
        spans = [
            *_told(right.spans, "attempt", loss),
            self._answer(right, "answer", loss),
            *self._verdict("right", self.positive),
        ]
        return Message(speaker="assistant", spans=tuple(spans))

    def bad(self, wrong: Sequence[Try], right: Try, *, confirmed: bool) -> Message:
        """Wrong attempts at weight 0, each with the verdict on it; then what is right, learned."""
        spans: list[Span] = []
        for number, one in enumerate(wrong):
            spans += _told(one.spans, "attempt", 0.0)
            spans += [self._answer(one, "attempt", 0.0)]
            spans += [*self._verdict("wrong", self.negative, number), _glue(SEPARATOR, 1.0)]
        spans += [*_told(right.spans, "reasoning", 1.0), self._answer(right, "answer", 1.0)]
        spans += self._verdict("right", self.positive) if confirmed else []
        return Message(speaker="assistant", spans=tuple(spans))

    def _verdict(self, name: str, words: Words, place: int = 0) -> list[Span]:
        said = self._one(name, words, place)
        return [_glue(SEPARATOR, 1.0), replace(said, role="verdict", loss=1.0)]

    def _answer(self, one: Try, role: Role, loss: float) -> Span:
        words = self.labelled(one.answer)
        stop = "。" if self.language == "zh" else "."
        stop = "" if words.endswith((".", "。", "!", "?", "！", "？")) else stop
        origin = one.origin
        if isinstance(origin, Reply):
            origin = replace(origin, text=words + stop)
        return Span(role=role, origin=origin, text=words + stop, loss=loss)

    # --- attempts ---

    def quoting(
        self, said: Sequence[Said], answer: str, origin: Reply | Given, place: int = 0
    ) -> Try:
        """Sentences, and the answer that is taken from them; at place -1 after a wrong attempt."""
        pairs = (wording.AGAIN if place < 0 else wording.FIRST)[self.language]
        number = (drawn(len(pairs), self.draft.id, "reasoning") + place) % len(pairs)
        before, after = (written(words, self._like()) for words in pairs[number])
        given = Given(source="longgrain.pam", id=f"reasoning-{self.language}-{number}")
        spans: list[Span] = []
        ours, gap = before, ""
        for one in said:
            opening, closing, gap = marks(one, self.language, self._like())
            spans.append(Span(role="reasoning", origin=given, text=ours + opening))
            spans.append(quoted(one, "reasoning"))
            ours = closing
        blank = " " if self.language == "en" else ""
        spans.append(Span(role="reasoning", origin=given, text=f"{ours}{gap}{after}{blank}"))
        number = said[0].number
        return Try(spans=tuple(spans), answer=answer, origin=origin, by="rule", number=number)

    def misread(self, one: Misreading, number: int) -> Try:
        """A sentence that speaks of something else, and what a hasty reader takes from it."""
        origin = Given(source="longgrain.pam", id="misreading")
        return self.quoting((one.said,), one.answer, origin, number)

    def told(self, one: Attempt, place: int = 0) -> Try:
        """Somebody's own words, with ours before the answer where they stop short of it."""
        origin: Reply | Given = one.origin
        spans = (
            (Span(role="reasoning", origin=origin, text=one.reasoning),) if one.reasoning else ()
        )
        if one.reasoning and not one.ready:
            words = self._one("so", wording.SO, place)
            blank = " " if self.language == "en" else ""
            lead = replace(words, role="reasoning", text=f"\n{words.text}{blank}")
            spans = (*spans, lead)
        return Try(spans=spans, answer=one.answer, origin=origin, by=one.by)


def _question(draft: Draft) -> list[Span]:
    spans = (span for message in draft.messages for span in message.spans)
    return [span for span in spans if isinstance(span, Span) and span.role == "question"]


def _told(spans: Sequence[Span], role: Role, loss: float) -> list[Span]:
    return [replace(span, role=role, loss=loss) for span in spans]


def _glue(words: str, loss: float = 0.0) -> Span:
    return Span(role="glue", origin=Given(source="longgrain.pam", id="glue"), text=words, loss=loss)
