"""Two facts of one kind > turns that ask for both and hold the second against the first, computed."""

from __future__ import annotations

from typing import cast

from longgrain.facts import Fact, combine, fits, plain
from longgrain.protocols import Materials
from longgrain.recipes.asking import Asking
from longgrain.recipes.dialogue import wording
from longgrain.recipes.dialogue.comparing_wording import (
    APART,
    APART_DATE,
    APART_REPLY,
    FACT_REPLY,
    LARGER,
    MORE,
    MORE_DATE,
    MORE_REPLY,
    OTHER,
)
from longgrain.recipes.dialogue.moves import quoting
from longgrain.recipes.dialogue.topics import Topic
from longgrain.recipes.dialogue.turns import Speech, Turn, ours
from longgrain.recipes.stated import BLANK, Stated, counted, inner, shown, within
from longgrain.types import Draft, Span

FORMS = ("compare", "sum", "order")
# A difference of these is not in what they count: minutes of a clock, places in an order.
_UNTOLD = ("clock", "ordinal", "reference", "monthday")


def topics(draft: Draft, materials: Materials) -> tuple[Topic, Topic] | None:
    """The two facts that a question joins, each as a topic; None where a sentence is not whole."""
    statements = draft.meta.get("statements") or ()
    if draft.meta["form"] not in FORMS or len(statements) != 2 or len(draft.evidence) != 2:
        return None
    found = [
        topic
        for statement in statements
        for number in draft.meta["evidence"]
        for sentence in materials.sentences(number)
        for topic in _topics(draft, number, sentence, statement, materials)
    ]
    if len(found) != 2 or found[0].number == found[1].number:
        return None
    one, two = found
    compared = one.fact and two.fact and _answer(one, two) != "0"
    told = one.found.unit not in _UNTOLD and two.found.unit not in _UNTOLD
    return (one, two) if compared and told else None


def _topics(
    draft: Draft, number: int, sentence: str, statement: dict[str, str], materials: Materials
) -> list[Topic]:
    fact = next(fits(statement, sentence, draft.meta["language"]), None)
    grain = within(number, sentence, materials) if fact else None
    if fact is None or grain is None:
        return []
    found = Stated(
        sentence=grain,
        answer=fact.text,
        before=statement["before"],
        after=statement["after"],
        kind=statement["kind"],
        unit=statement.get("unit"),
    )
    topic = Topic.at(number, found, draft, materials)
    return [topic] if topic else []


def compared(one: Topic, two: Topic, speech: Speech, many: int) -> list[Turn]:
    """Two to five turns; of two the second asks for the other fact and the difference at once."""
    turns = [asking(one, wording.OPENING, "open", speech)]
    if many == 2:
        return [*turns, _more(one, two, speech)]
    turns += [asking(two, wording.TURNING, "turn", speech), _apart(one, two, speech)]
    larger, other = (one, two) if _value(one) > _value(two) else (two, one)
    kind = "date" if one.found.kind == "date" else "number"
    ways = (("larger", LARGER[speech.language][kind], larger),
            ("other", OTHER[speech.language], other))  # fmt: skip
    for move, wordings, topic in ways[: many - 3]:
        name, words = speech.draw(move, wordings)
        turns.append(quoting(topic.said, (ours("question", name, words),), move))
    return turns


def asking(topic: Topic, asking: Asking, move: str, speech: Speech) -> Turn:
    """One of the two facts, asked for by its sentence."""
    statement = _statement(topic)
    stop = "。" if speech.language == "zh" else "."
    name, words = speech.draw(
        move, asking.gap[speech.language], s=statement, S=f"{statement}{stop}", what=topic.what
    )
    reply, told = speech.draw(
        f"{move}-reply", FACT_REPLY[speech.language],
        a=topic.full, A=_capital(topic.full), what=topic.what,
    )  # fmt: skip
    return Turn(
        move=move,
        asked=(ours("question", name, words),),
        reply=(ours("answer", reply, told, 1.0),),
        answer=topic.found.answer,
        form=topic.found.kind,
        numbers=(topic.number,),
        quotes=(topic.said.text,),
        refers=False,
    )


def _more(one: Topic, two: Topic, speech: Speech) -> Turn:
    """The second fact, and how it compares with the answer just given."""
    dated = one.found.kind == "date"
    ways = ("earlier", "later") if dated else ("less", "more")
    way = ways[_value(two) > _value(one)]
    wordings = (MORE_DATE if dated else MORE)[speech.language]
    name, words = speech.draw("more", wordings, s=_statement(two), what=two.what)
    reply, told = speech.draw(
        "more-reply", MORE_REPLY[speech.language][way],
        a=one.full, b=two.full, B=_capital(two.full), d=difference(one, two),
    )  # fmt: skip
    return _computed("more", one, two, words, name, told, reply)


def _apart(one: Topic, two: Topic, speech: Speech) -> Turn:
    dated = one.found.kind == "date"
    name, words = speech.draw("apart", (APART_DATE if dated else APART)[speech.language])
    far = difference(one, two)
    reply, told = speech.draw(
        "apart-reply", APART_REPLY[speech.language],
        a=one.full, A=_capital(one.full), b=two.full, d=far, D=_capital(far),
    )  # fmt: skip
    return _computed("apart", one, two, words, name, told, reply)


def _computed(
    move: str, one: Topic, two: Topic, words: str, name: str, told: str, reply: str
) -> Turn:
    question: Span = ours("question", name, words)
    return Turn(
        move=move,
        asked=(question,),
        reply=(ours("answer", reply, told, 1.0),),
        answer=_answer(one, two),
        form="compare",
        numbers=(one.number, two.number),
        operands=(one.found.answer, two.found.answer),
        quotes=(one.said.text, two.said.text),
    )


def _answer(one: Topic, two: Topic) -> str:
    return combine("compare", [cast(Fact, one.fact), cast(Fact, two.fact)])


def difference(one: Topic, two: Topic) -> str:
    """The difference with what it counts, in the form that more than one of it takes."""
    answer, unit, language = _answer(one, two), one.found.unit or "", one.language
    if one.found.kind == "date":
        years = "year" if answer == "1" else "years"
        return f"{answer}年" if language == "zh" else f"{answer} {years}"
    if unit and unit in "$£€¥￥":
        return f"{unit}{answer}"
    if unit == "%":
        return f"{answer}个百分点" if language == "zh" else f"{answer} percentage points"
    if language == "en" and answer == "1":
        return answer  # "1 pages" is no English, and the singular is not in the text
    forms = [counted(answer, each.found.after, each.found.unit, language) for each in (one, two)]
    return max(forms, key=len)


def _value(topic: Topic) -> float:
    """A number, or the year of a date: what a difference is taken of."""
    value = cast(Fact, topic.fact).value
    return float(value[0] if isinstance(value, tuple) else value or 0)


def _statement(topic: Topic) -> str:
    """Its sentence with a blank, as it stands inside quotation marks."""
    text = shown(topic.found, BLANK, topic.said.text, topic.language)
    return inner(plain(text), topic.language)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
