"""Sentences, values and whose words they are > the user's turn and replies that begin alike, learned or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from longgrain.facts import plain
from longgrain.recipes.asked import asked, question_of
from longgrain.recipes.drawn import drawn
from longgrain.recipes.prefer import wording
from longgrain.recipes.quoting import Said, marks, quoted
from longgrain.recipes.script import written
from longgrain.types import Draft, Given, Grain, Message, Reply, Role, Slot, Span

SOURCE = "longgrain.prefer"
BREAK = Span(role="glue", origin=Given(source=SOURCE, id="break"), text="\n\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """The words around one question; ``question`` stands in its place where it is asked otherwise."""

    draft: Draft
    question: Span | None = None

    @property
    def language(self) -> str:
        """The language of our words: English beside languages that we do not speak."""
        return "zh" if self.draft.meta["language"] == "zh" else "en"

    def user(self) -> Message:
        """Instruction, context, question: the same before both replies."""
        wordings = wording.INSTRUCTIONS[self.language]
        number = self._number("instruction", wordings)
        label = written(wording.QUESTION[self.language], self._like)
        spans = (
            _span("instruction", f"instruction-{number}", self._ours(wordings[number])),
            BREAK,
            Slot(),
            _span("glue", "label", label),
            self.question or question_of(self.draft),
        )
        return Message(speaker="user", spans=spans)

    # --- replies ---

    def answering(
        self, said: Said, answer: str, origin: Reply | Given, *, as_it_is: str = ""
    ) -> tuple[Span, ...]:
        """A sentence, quoted, and the answer that it gives; ``as_it_is`` is what it is misquoted as."""
        number, (before, then, _) = self._found
        lead = self._quoting(said, f"found-{number}", before, then, as_it_is)
        return (*lead, _answer(answer, origin, self.language))

    def leaving_open(self, said: Said, what: str, size: int) -> tuple[Span, ...]:
        """A sentence, quoted, that says something else, and that the question stays open.

        ``size`` 0 says so in short, 1 at length.
        """
        number, (before, _, opens) = self._found
        *lead, last = self._quoting(said, f"found-{number}", before, "", "")
        gap = str(last.text).rstrip(" ") if self.language == "zh" else last.text
        words = self._ours(opens[size]).format(what=self._ours(what))
        answer = _span("answer", f"open-{number}-{size}", words, 1.0)
        return (*lead, _span("reasoning", f"found-{number}", str(gap), 1.0), answer)

    def finishing(self, said: Said, text: str = "") -> tuple[Span, ...]:
        """A sentence, quoted, as the answer; ``text`` is what it is misquoted as."""
        number, (before, _, _) = self._found
        spans = self._quoting(said, f"found-{number}", before, "", text)
        closing = str(spans[-1].text).rstrip()
        end = [_span("reasoning", f"found-{number}", closing, 1.0)] if closing else []
        return (spans[0], _answered(spans[1]), *end)

    def claiming(self, text: str, answer: str, number: int) -> tuple[Span, ...]:
        """A statement for which nothing is cited, and the answer taken from it."""
        before, then = wording.CLAIMED[self.language][number]
        blank = " " if self.language == "en" else ""
        words = f"{self._ours(before)}{blank}{plain(text)}{blank}{self._ours(then)}{blank}"
        given = Given(source=SOURCE, id="claim")
        spoken = _span("reasoning", f"claimed-{number}", words, 1.0)
        return (spoken, _answer(answer, given, self.language))

    def _quoting(
        self, said: Said, style: str, before: str, then: str, text: str
    ) -> tuple[Span, Span, Span]:
        """Our words, the sentence, our words up to an answer."""
        opening, closing, gap = marks(said, self.language, self._like)
        blank = " " if self.language == "en" else ""
        place = f"{said.grain.doc_id}:{said.grain.start}-{said.grain.end}"
        sentence = quoted(said, "reasoning", 1.0)
        if text:
            altered = Given(source=f"{SOURCE}.altered", id=place)
            sentence = Span(role="reasoning", origin=altered, text=plain(text), loss=1.0)
        behind = f"{closing}{gap}{self._ours(then)}{blank if then else ''}"
        return (
            _span("reasoning", style, self._ours(before) + opening, 1.0),
            sentence,
            _span("reasoning", style, behind, 1.0),
        )

    # --- words ---

    @property
    def _found(self) -> tuple[int, tuple[str, str, tuple[str, str]]]:
        """How replies that quote a sentence begin and go on, and the number of that wording."""
        wordings = wording.FOUND[self.language]
        number = self._number("found", wordings)
        return number, wordings[number]

    @property
    def _like(self) -> str:
        return asked(self.draft)

    def _ours(self, words: str) -> str:
        return written(words, self._like)

    def _number(self, name: str, wordings: Sequence[object]) -> int:
        """Which of our wordings, the same for every reply to this question."""
        return drawn(len(wordings), "prefer", self.draft.id, name)


def completing(head: str, draft: Draft, language: str) -> Span:
    """The question how a sentence goes on."""
    wordings = wording.COMPLETE[language]
    number = drawn(len(wordings), "prefer", head)
    words = written(wordings[number], head).format(h=head)
    return _span("question", f"complete-{language}-{number}", words)


def rejected(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The same words as an attempt of which nothing is learned."""
    return tuple(
        Span(role="attempt", origin=span.origin, text=span.text, loss=0.0) for span in spans
    )


def origin_of(draft: Draft) -> Reply | Given:
    """Whose words the gold answer is."""
    spans = (span for message in draft.messages for span in message.spans)
    found = (one.origin for one in spans if isinstance(one, Span) and one.role == "answer")
    return next(one for one in found if not isinstance(one, Grain))


def _answered(sentence: Span) -> Span:
    return Span(role="answer", origin=sentence.origin, text=sentence.text, loss=1.0)


def _answer(words: str, origin: Reply | Given, language: str) -> Span:
    stop = "。" if language == "zh" else "."
    text = words + ("" if words.endswith((".", "。", "!", "?", "！", "？")) else stop)
    if isinstance(origin, Reply):
        origin = Reply(teacher=origin.teacher, call=origin.call, text=text)
    return Span(role="answer", origin=origin, text=text, loss=1.0)


def _span(role: Role, name: str, words: str, loss: float = 0.0) -> Span:
    return Span(role=role, origin=Given(source=SOURCE, id=name), text=words, loss=loss)


def length(spans: Sequence[Span]) -> int:
    """Characters of a reply."""
    return sum(len(one.text or "") if one.grain is None else _size(one.grain) for one in spans)


def _size(grain: Grain) -> int:
    return grain.end - grain.start
