"""A topic > the turns about it that rules can make: asked first, referred back to, misremembered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from longgrain.facts import Fact, facts, holds, plain
from longgrain.recipes.asked import asked, question_of
from longgrain.recipes.asking import Asking, asked_by
from longgrain.recipes.dialogue import wording
from longgrain.recipes.dialogue.topics import Topic
from longgrain.recipes.dialogue.turns import Speech, Turn, ours, said_by
from longgrain.recipes.drawn import shuffled
from longgrain.recipes.quoting import Said, quoted
from longgrain.recipes.stated import said, what_of
from longgrain.types import Draft, Grain, Span

# Facts of the sentence that may be asked for beside the first.
BESIDE = ("number", "date", "name")
# Turns whose answer is a neighbouring sentence.
AWAY = ("next", "before")
# Turns after which "that one" and "there" are the place that the topic is about.
HERE = ("open", "quote")
# A heading may stand so many tokens before the end of the grain with the answer.
NEAR = 1024


def first(topic: Topic, asking: Asking, move: str, speech: Speech) -> Turn:
    """The question of the topic itself, opening a conversation or changing the subject."""
    old = question_of(topic.draft)
    draft = asked_by(topic.draft, asking)
    assert isinstance(draft, Draft)
    question = question_of(draft)
    spans: tuple[Span, ...] = (question,)
    assert not isinstance(old.origin, Grain)
    if topic.materials.prompted:  # what a model wrote is its own; what leads up to it is ours
        lead = (question.text or "").partition(old.text or "")[0]
        own = said_by(old.origin, "question", old.text or "")
        spans = (ours("question", move, lead), own) if lead else (own,)
    reply = said(topic.draft)
    assert not isinstance(reply.origin, Grain)
    form = str(topic.draft.meta["form"])
    return Turn(
        move=move,
        asked=spans,
        reply=(said_by(reply.origin, "answer", reply.text or "", 1.0),),
        answer=topic.draft.answer,
        form=form,
        numbers=(topic.number,),
        quotes=(topic.said.text,),
        refers=False,
    )


Move = Callable[[Topic, Speech, str, bool], Turn | None]


def followed(
    topic: Topic,
    speech: Speech,
    many: int,
    in_order: bool,
    rivals: Collection[int],
    *,
    after: Sequence[Turn],
    lead: wording.Wordings | None,
    may_end: bool,
) -> Iterator[Turn]:
    """Up to so many turns about the place that the topic's answer was taken from, none twice.

    ``after`` are the turns so far; ``lead`` are words that say what is returned to. Without them a
    turn about a neighbouring sentence is the last, since "that number" could then be one of its own.
    A heading is asked for where the document stays in order and none of the ``rivals`` stands on the
    way to it.
    """
    before = list(after)
    used = {turn.move.removeprefix("back-") for turn in before if topic.number in turn.numbers}
    order = [one for one in shuffled(list(MOVES), topic.draft.id) if one not in used]
    if lead is None:
        order.sort(key=AWAY.__contains__)
    for name in order:
        if many <= 0 or (lead is None and before[-1].move in AWAY):
            return
        if name in AWAY and not may_end:
            return
        plainly = lead is None and before[-1].move in HERE
        turn = MOVES[name](topic, speech, name, plainly)
        if turn is None or (name == "heading" and not (in_order and _clear(turn, topic, rivals))):
            continue
        turn = turn if lead is None else _returned(turn, lead, speech, len(before))
        before.append(turn)
        many -= 1
        yield turn


def _clear(turn: Turn, topic: Topic, rivals: Collection[int]) -> bool:
    low, high = min(turn.numbers), max(turn.numbers)
    between = range(low, high + 1)
    return sum(map(topic.materials.length, between)) <= NEAR and not set(between) & set(rivals)


def _returned(turn: Turn, lead: wording.Wordings, speech: Speech, place: int) -> Turn:
    name, words = speech.draw(f"back-{place}", lead[speech.language])
    space = "" if speech.language == "zh" else " "
    spans = (ours("question", name, f"{words}{space}"), *turn.asked)
    return replace(turn, move=f"back-{turn.move}", asked=spans)


def _asked(
    topic: Topic, speech: Speech, move: str, wordings: wording.Wordings, plainly: bool, **more: str
) -> tuple[Span, ...]:
    """The question; where something else was spoken of last, only wordings that say of what."""
    able = [one for one in wordings[speech.language] if plainly or "{that}" in one]
    name, words = speech.draw(move, able, that=topic.that, **more)
    return (ours("question", name, words),)


def _quote(topic: Topic, speech: Speech, move: str, plainly: bool) -> Turn:
    return quoting(topic.said, _asked(topic, speech, move, wording.QUOTE, plainly), move)


def quoting(sentence: Said, question: tuple[Span, ...], move: str) -> Turn:
    """A turn that is answered by a sentence, word for word."""
    return Turn(
        move=move,
        asked=question,
        reply=(quoted(sentence, "answer", 1.0),),
        answer=sentence.text,
        form="quote",
        numbers=(sentence.number,),
        quotes=(sentence.text,),
    )


def _next(topic: Topic, speech: Speech, move: str, plainly: bool) -> Turn | None:
    other = topic.beside(1)
    question = _asked(topic, speech, move, wording.NEXT, plainly)
    return quoting(other, question, move) if other else None


def _before(topic: Topic, speech: Speech, move: str, plainly: bool) -> Turn | None:
    other = topic.beside(-1)
    question = _asked(topic, speech, move, wording.BEFORE, plainly)
    return quoting(other, question, move) if other else None


def _heading(topic: Topic, speech: Speech, move: str, plainly: bool) -> Turn | None:
    found = topic.heading()
    if found is None or holds(asked(topic.draft), found[0]):
        return None
    title, numbers = found
    name, words = speech.draw("heading-reply", wording.HEADING_REPLY[speech.language], a=title)
    return Turn(
        move=move,
        asked=_asked(topic, speech, move, wording.HEADING, plainly),
        reply=(ours("answer", name, words, 1.0),),
        answer=title,
        form="term",
        numbers=(*numbers, topic.number),
    )


def _beside(topic: Topic, speech: Speech, move: str, plainly: bool) -> Turn | None:
    """Another fact of the sentence, the only one of its kind there, that was not told before."""
    found = next(_others(topic), None)
    if found is None:
        return None
    other = what_of(found.kind, found.unit, topic.language)
    text = plain(found.text)
    capital = text[:1].upper() + text[1:]
    name, words = speech.draw("given", wording.GIVEN[speech.language], a=text, A=capital)
    return Turn(
        move=move,
        asked=_asked(topic, speech, move, wording.BESIDE, plainly, other=other),
        reply=(ours("answer", name, words, 1.0),),
        answer=found.text,
        form=found.kind,
        numbers=(topic.number,),
        quotes=(topic.said.text,),
    )


def _others(topic: Topic) -> Iterator[Fact]:
    every = facts(topic.said.text, topic.language, names=True)
    own = topic.found.kind
    told = f"{asked(topic.draft)} {topic.draft.answer} {said(topic.draft).text}"
    for fact in every:
        same = [one for one in every if one.kind == fact.kind]
        counted = fact.kind != "number" or fact.unit not in (None, "ordinal", "reference")
        alone = fact.kind in BESIDE and fact.kind != own and len(same) == 1 and counted
        if alone and not holds(told, fact.text) and "\n" not in fact.text:
            yield fact


MOVES: Mapping[str, Move] = {
    "quote": _quote,
    "next": _next,
    "before": _before,
    "heading": _heading,
    "beside": _beside,
}


def misremembered(topic: Topic, speech: Speech) -> Turn | None:
    """A turn whose question has the earlier answer wrong; the reply sets it right."""
    wrong = topic.misremembered()
    if not wrong:
        return None
    name, words = speech.draw("premise", wording.PREMISE[speech.language], that=topic.that, w=wrong)
    reply, corrected = speech.draw(
        "corrected", wording.CORRECTED[speech.language], a=topic.full, w=topic.in_full(wrong)
    )
    return Turn(
        move="premise",
        asked=(ours("question", name, words),),
        reply=(ours("answer", reply, corrected, 1.0),),
        answer=topic.found.answer,
        form=topic.found.kind,
        numbers=(topic.number,),
        quotes=(topic.said.text,),
    )


def remembered(topic: Topic, speech: Speech) -> Turn:
    """The same question with the earlier answer right; the reply confirms it."""
    name, words = speech.draw(
        "premise", wording.PREMISE[speech.language], that=topic.that, w=plain(topic.found.answer)
    )
    reply, confirmed = speech.draw("confirmed", wording.CONFIRMED[speech.language], a=topic.full)
    return Turn(
        move="confirmed",
        asked=(ours("question", name, words),),
        reply=(ours("answer", reply, confirmed, 1.0),),
        answer=wording.YES[speech.language],
        form="claim",
        numbers=(topic.number,),
        quotes=(topic.said.text,),
    )
