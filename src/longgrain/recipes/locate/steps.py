"""A question with its passages > who says what: the question again, where it is answered, the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from longgrain.protocols import Materials
from longgrain.recipes.asked import asked, question_of
from longgrain.recipes.drawn import drawn
from longgrain.recipes.locate import wording
from longgrain.recipes.locate.passages import Shown, path_of
from longgrain.recipes.quoting import Said, quoted
from longgrain.recipes.script import written
from longgrain.recipes.stated import said
from longgrain.types import Draft, Given, Grain, Message, Reply, Role, Span

Style = Literal["index", "several", "quote", "path", "support"]


def spoken(language: str) -> str:
    """The language of our own words."""
    return "zh" if language.startswith("zh") else "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Our own words for one example: in a language, in the script of ``like``, drawn by ``name``."""

    language: str
    like: str
    name: str

    def draw(self, of: str, wordings: Sequence[str]) -> tuple[int, str]:
        """The number of a wording, and the wording."""
        number = drawn(len(wordings), of, self.name)
        return number, self.told(wordings[number])

    def told(self, words: str) -> str:
        """Words of ours in the right script."""
        return written(words, self.like) if self.language == "zh" else words


def ours(role: Role, name: str, text: str, loss: float = 0.0) -> Span:
    """Words of our own."""
    return Span(role=role, origin=Given(source="longgrain.locate", id=name), text=text, loss=loss)


def asking(
    style: Style, shown: Shown, question: Span, speech: Speech, materials: Materials
) -> Message:
    """Instruction, passages, question."""
    language = speech.language
    number, words = speech.draw("instruction", wording.INSTRUCTIONS[style][language])
    parts, space = [words], "" if language == "zh" else " "
    if style != "support":
        labels = wording.LABELS[style][language][labels_of(speech, style)]
        parts += [wording.LINES[language].format(*labels)]
        parts += [wording.UNLESS[language][drawn(5, "unless", speech.name)]]
    instruction = space.join(map(speech.told, parts))
    return Message(
        speaker="user",
        spans=(
            ours("instruction", f"{style}-{language}-{number}", instruction),
            ours("glue", "break", "\n\n"),
            *shown.spans(materials),
            ours("glue", "label", speech.told(wording.QUESTION[language])),
            question,
        ),
    )


def labels_of(speech: Speech, style: Style) -> int:
    """Which of the labels the lines of the reply begin with."""
    return drawn(len(wording.LABELS[style][speech.language]), "labels", style, speech.name)


def answering(
    style: Style, draft: Draft, shown: Shown, quotes: Sequence[Said], speech: Speech,
    materials: Materials,
) -> Message:  # fmt: skip
    """The three steps, all of them learned: question, place, answer.

    The question and the answer are in the words of whoever wrote them; the place is a number, a
    sentence by reference, or the headings, and "none" where the evidence is not shown.
    """
    first, second, third = map(
        speech.told, wording.LABELS[style][speech.language][labels_of(speech, style)]
    )
    space = "" if speech.language == "zh" else " "
    reply = said(draft)
    answer, origin = (reply.text or "").strip(), reply.origin
    place: list[Span] = [_none(second + space, speech)]
    if not shown.evidence:
        _, refusal = speech.draw("refusal", wording.REFUSALS[speech.language])
        answer, origin = refusal.format(k=len(shown.numbers)), _rule("refusal")
        answer = answer[:1].upper() + answer[1:] if speech.language == "en" else answer
    elif style == "quote":
        place = [ours("reasoning", "label", f"\n{second}{space}", 1.0)]
        for number, one in enumerate(quotes):
            place += [ours("reasoning", "break", " … ", 1.0)] if number else []
            place += [quoted(one, "reasoning", 1.0)]
    elif style == "path":
        path = path_of(shown.evidence[0], materials)
        place = [ours("reasoning", "path", f"\n{second}{space}{path}", 1.0)]
    else:
        place = [
            ours("reasoning", "index", f"\n{second}{space}{named(shown.evidence, shown)}", 1.0)
        ]
    question = question_of(draft)
    assert not isinstance(question.origin, Grain)
    assert not isinstance(origin, Grain)
    return Message(
        speaker="assistant",
        spans=(
            Span(role="question", origin=_again(question.origin, asked(draft)),
                 text=f"{first}{space}{asked(draft)}", loss=1.0),
            *place,
            ours("reasoning", "label", f"\n{third}{space}", 1.0),
            Span(role="answer", origin=_again(origin, answer), text=answer, loss=1.0),
        ),
    )  # fmt: skip


def named(numbers: Sequence[int], shown: Shown) -> str:
    """The passages of grains, by number, as they are cited: ``[2][7]``."""
    return "".join(f"[{place}]" for place in sorted(map(shown.place, numbers)))


def _none(label: str, speech: Speech) -> Span:
    return ours("reasoning", "none", f"\n{label}{speech.told(wording.NONE[speech.language])}", 1.0)


def _again(origin: Reply | Given, words: str) -> Reply | Given:
    """A teacher's words keep their home."""
    if isinstance(origin, Reply):
        return Reply(teacher=origin.teacher, call=origin.call, text=words)
    return origin


def _rule(name: str) -> Given:
    return Given(source="longgrain.locate", id=name)
