"""Questions with their answers > statements to attribute, and the reply that says what supports each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from longgrain.facts import Language, plain
from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.drawn import drawn
from longgrain.recipes.locate import wording
from longgrain.recipes.locate.passages import Shown
from longgrain.recipes.locate.steps import Speech, named, ours
from longgrain.recipes.misread import Misreadings
from longgrain.recipes.quoting import Said, is_readable, quoted, rests_on
from longgrain.recipes.stated import inner, said, shown, stated
from longgrain.types import Draft, Given, Message, Reply, Span

# Facts that a sentence can be told with as a statement of its own.
TOLD = ("number", "date", "name", "term")
# Facts that a statement can have wrong without becoming nonsense: numbers and dates, and names and terms
# of a sort that is known.
CHANGEABLE = ("number", "date")
SORTS = ("person", "place", "organisation", "code", "title")
LETTERS = {
    "en": ("(a)", "(b)", "(c)", "(d)", "(e)"),
    "zh": ("（甲）", "（乙）", "（丙）", "（丁）", "（戊）"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What somebody says, the sentences it is drawn from, and what is ``wrong`` with it, if anything.

    ``told`` is a statement of its own, or "" where the question and its answer are shown.
    """

    draft: Draft
    told: str
    quotes: tuple[Said, ...]
    origin: Reply | Given
    right: str = ""
    wrong: str = ""

    @property
    def repeated(self) -> str:
        """The statement as the reply says it again."""
        return self.told or (said(self.draft).text or "").strip()


def statement(draft: Draft, materials: Materials, *, changed: bool = False) -> Statement | None:
    """A question's sentence as a statement, its fact exchanged if ``changed``.

    Where the sentence cannot be told alone it is the question with its answer; None where its
    evidence cannot be quoted, or no other fact can take the place of its own.
    """
    quotes = rests_on(draft, materials)
    language: Language = draft.meta["language"]
    if not quotes or not all(is_readable(one, language) for one in quotes):
        return None
    reply = said(draft).origin
    assert isinstance(reply, Reply | Given)
    found = stated(draft, materials) if len(draft.evidence) == 1 else None
    sentence = materials.words(found.sentence) if found else ""
    tellable = found and found.is_cut and found.kind in TOLD and sentence[:1] not in '“‘「『"'
    if not found or not tellable:
        whole = Statement(draft=draft, told="", quotes=tuple(quotes), origin=reply)
        return None if changed else whole
    wrong = _wrong(draft, quotes, materials) if changed else ""
    if changed and (not wrong or (found.kind not in CHANGEABLE and found.unit not in SORTS)):
        return None
    told = inner(shown(found, wrong or plain(found.answer), sentence, language), language)
    return Statement(
        draft=draft,
        told=f"{told[:1].upper()}{told[1:]}{'。' if language == 'zh' else '.'}",
        quotes=tuple(quotes),
        origin=Given(source="longgrain.locate", id="statement"),
        right=plain(found.answer),
        wrong=wrong,
    )


def alone(one: Statement) -> Statement:
    """A statement that is attributed alone: a question and its answer where it would be a mere copy."""
    copied = any(plain(quote.text) == one.told for quote in one.quotes)
    return replace(one, told="") if copied or drawn(2, "alone", one.draft.id) else one


def _wrong(draft: Draft, quotes: Sequence[Said], materials: Materials) -> str:
    """A fact of the same kind and unit from another sentence; "" where there is none."""
    misreadings = Misreadings.of(materials)
    right = misreadings.right(draft, quotes)
    others = misreadings.against(draft, right, quotes) if right else []
    return next((one.bare for one in others if right and one.unit == right.unit), "")


def question_of(statements: Sequence[Statement], speech: Speech) -> Span:
    """What is asked about one statement or several."""
    language = speech.language
    first = statements[0]
    if not first.told and len(statements) == 1:
        number, words = speech.draw("answered", wording.ANSWERED[language])
        text = words.format(q=asked(first.draft), a=first.repeated)
        return ours("question", f"answered-{language}-{number}", text)
    name, several = ("listed", True) if len(statements) > 1 else ("claimed", False)
    number, words = speech.draw(name, (wording.LISTED if several else wording.CLAIMED)[language])
    listed = "\n".join(_lettered(statements, language)) if several else first.repeated
    return ours("question", f"{name}-{language}-{number}", words.format(list=listed))


def _lettered(statements: Sequence[Statement], language: str) -> Iterator[str]:
    space = "" if language == "zh" else " "
    for letter, one in zip(LETTERS[language], statements, strict=False):
        yield f"{letter}{space}{one.repeated}"


def answering(statements: Sequence[Statement], passages: Shown, speech: Speech) -> Message:
    """Of each statement its words again, the sentences it rests on, the numbers of their passages."""
    spans: list[Span] = []
    several = len(statements) > 1
    lines = list(_lettered(statements, speech.language))
    for place, one in enumerate(statements):
        line = lines[place] if several else one.repeated
        spans += [Span(role="question", origin=_home(one, line), text=f"{line}\n", loss=1.0)]
        if set(one.draft.meta["evidence"]) <= set(passages.evidence):
            for quote in one.quotes:
                spans += [
                    ours("reasoning", "quote", "> ", 1.0),
                    quoted(quote, "reasoning", 1.0),
                    ours("reasoning", "line", "\n", 1.0),
                ]
        end = "\n" if place + 1 < len(statements) else ""
        verdict = verdict_of(one, passages, speech)
        spans += [ours("answer", "verdict", f"{verdict}{end}", 1.0)]
    return Message(speaker="assistant", spans=tuple(spans))


def verdict_of(one: Statement, passages: Shown, speech: Speech) -> str:
    """What is said of a statement: its source, what its source says instead, or that it has none."""
    language, numbers = speech.language, one.draft.meta["evidence"]
    kinds = (wording.UNSUPPORTED, wording.OTHERWISE, wording.SUPPORTED)
    shows = set(numbers) <= set(passages.evidence)
    _, words = speech.draw("verdict", kinds[(2 - bool(one.wrong)) if shows else 0][language])
    marks = named(numbers, passages) if shows else ""
    return words.format(n=marks, a=one.right, w=one.wrong, k=len(passages.numbers))


def _home(one: Statement, line: str) -> Reply | Given:
    if isinstance(one.origin, Reply):
        return Reply(teacher=one.origin.teacher, call=one.origin.call, text=line)
    return one.origin
