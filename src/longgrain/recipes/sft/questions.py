"""Questions of `in2` about one grain > extractive question answering over a passage around it, and dialogues."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from longgrain.facts import facts as facts_of
from longgrain.facts import holds, kind_of_quantity
from longgrain.protocols import Materials
from longgrain.recipes.asked import question_of
from longgrain.recipes.in2 import In2
from longgrain.recipes.sections import Section
from longgrain.recipes.sft.item import BREAK, about, at, of_rule, spoken, worded
from longgrain.recipes.sft.passages import part, stretches
from longgrain.recipes.sft.wording import ASKING, QUESTION
from longgrain.types import Draft, Dropped, Grain, Message, Span, content_id

TURNS = 2  # questions of a dialogue that stand in its section; one more refers back


def answers(materials: Materials, wanted: int, tokens: int) -> Iterator[Draft | Dropped]:
    """A question, a passage around its grain that nothing else in answers, the answer as it stands there."""
    for item in In2().questions("sft", materials, wanted, asking=ASKING):
        if isinstance(item, Dropped):
            yield item
        else:
            yield _answer(materials, item, tokens)


def _answer(materials: Materials, asked: Draft, tokens: int) -> Draft | Dropped:
    [number] = asked.meta["evidence"]
    numbers = _around(materials, number, set(asked.meta["rivals"]), tokens)
    passage = _window(materials, numbers)
    text = materials.words(passage)
    own = materials.grain(number)
    start = _literal(text, asked.answer, own.start - passage.start, own.end - passage.start)
    if start is None:
        reason = "the answer does not stand in the passage word by word"
        return Dropped(step="draft", id=asked.id, reason=reason, detail=asked.answer)
    words = text[start : start + len(asked.answer)]
    language = str(asked.meta["language"])
    turn, instruction, _ = worded("qa", language, asked.id)
    rule = of_rule(f"qa-{turn}")
    question = question_of(asked)
    user = (
        Span(role="instruction", origin=rule, text=instruction),
        BREAK,
        Span(role="evidence", origin=passage),
        Span(role="glue", origin=of_rule("label"), text="\n\n" + QUESTION[spoken(language)]),
        question,
    )
    held = part(passage, start, start + len(words))
    learned = (Span(role="answer", origin=held, loss=1.0),)
    data = {
        "task": "qa",
        "text_at": at(passage),
        "question": question.text,
        "answers": [[words, start]],
    }
    meta = {
        **asked.meta,
        **about("qa", str(asked.meta["form"]), f"sft.qa-{turn}/{asked.meta['template']}", language),
        "evidence": numbers,
        "label": str(asked.meta["form"]),
        "parts": 1,
        "near": len(asked.meta["hard"]),
        "data": data,
    }
    return Draft(
        recipe="sft",
        seed=materials.seed,
        evidence=tuple(materials.grain(one) for one in numbers),
        messages=(
            Message(speaker="user", spans=user),
            Message(speaker="assistant", spans=learned),
        ),
        answer=words,
        meta=meta,
    )


def _around(materials: Materials, number: int, rivals: set[int], tokens: int) -> list[int]:
    """Neighbours under the same headings, up to so many tokens; none that might answer, too."""
    mine = set(materials.neighbours(number)) - rivals
    headings, size = materials.headings(number), materials.length(number)
    low = high = number
    growing = True
    while growing:
        growing = False
        for one in (low - 1, high + 1):
            if one in mine and materials.headings(one) == headings:
                length = materials.length(one)
                if size + length <= tokens:
                    low, high, size, growing = min(low, one), max(high, one), size + length, True
    return list(range(low, high + 1))


def _window(materials: Materials, numbers: Sequence[int]) -> Grain:
    first, last = materials.grain(numbers[0]), materials.grain(numbers[-1])
    return Grain(
        doc_id=first.doc_id, path=(first.start,), kind="window", start=first.start, end=last.end
    )


def _literal(text: str, answer: str, low: int, high: int) -> int | None:
    """Where the answer stands in its grain, as a whole word."""
    start = text.find(answer, low, high)
    while start >= 0:
        before, after = (
            text[max(0, start - 1) : start],
            text[start + len(answer) : start + len(answer) + 1],
        )
        apart = not (
            answer[:1].isascii() and answer[:1].isalnum() and before.isalnum() and before.isascii()
        )
        ended = not (
            answer[-1:].isascii() and answer[-1:].isalnum() and after.isalnum() and after.isascii()
        )
        if apart and ended:
            return start
        start = text.find(answer, start + 1, high)
    return None


# --- dialogues --------------------------------------------------------------------------------------


def dialogues(
    materials: Materials, wanted: int, tokens: tuple[int, int]
) -> Iterator[Draft | Dropped]:
    """Two questions about one section, and a third that refers back to their answers."""
    for section in stretches(materials, tokens):
        if isinstance(section, Dropped):
            yield section
            continue
        found: list[Draft] = []
        for item in In2().questions(
            "sft.dialogue", materials, TURNS, among=section.numbers, asking=ASKING
        ):
            if isinstance(item, Dropped):
                yield item
            elif _inside(materials, item, section):
                found.append(item)
            if len(found) == TURNS:
                break
        if len(found) == TURNS:
            yield from _dialogue(materials, section, found)


def _inside(materials: Materials, asked: Draft, section: Section) -> bool:
    """Whether the section holds the answer, and only there: its cuts may begin before it."""
    text = materials.words(section.body)
    return not set(asked.meta["rivals"]) & set(section.numbers) and holds(text, asked.answer)


def _dialogue(
    materials: Materials, section: Section, asked: Sequence[Draft]
) -> Iterator[Draft | Dropped]:
    language = section.language
    key = content_id("dialogue", *(one.id for one in asked))
    number, opening, _ = worded("dialogue", language, key)
    back = _larger(materials, asked, language, key) or _where(
        materials, section, asked[-1], language, key
    )
    if back is None:
        reason = "no turn can refer back to the answers of the dialogue"
        yield Dropped(step="draft", id=key, reason=reason)
        return
    first = (
        Span(role="instruction", origin=of_rule(f"dialogue-{number}"), text=opening),
        BREAK,
        Span(role="evidence", origin=section.body),
        BREAK,
        question_of(asked[0]),
    )
    messages = [Message(speaker="user", spans=first), _reply(asked[0])]
    for one in asked[1:]:
        messages += [Message(speaker="user", spans=(question_of(one),)), _reply(one)]
    messages += [
        Message(speaker="user", spans=(back[0],)),
        Message(speaker="assistant", spans=(back[1],)),
    ]
    yield draft_of(materials, section, messages, back[2], f"sft.dialogue-{number}", back[3])


def draft_of(
    materials: Materials,
    section: Section,
    messages: Sequence[Message],
    answer: str,
    template: str,
    label: str,
) -> Draft:
    """A dialogue over a section as a draft; its last answer is the gold one."""
    numbers = sorted(section.numbers)
    said = [
        {"role": one.speaker, "content": "".join(_words(materials, span) for span in one.spans)}
        for one in messages
    ]
    return Draft(
        recipe="sft",
        seed=materials.seed,
        evidence=tuple(materials.grain(one) for one in numbers),
        messages=tuple(messages),
        answer=answer,
        meta={
            **about("dialogue", "dialogue", template, section.language),
            "evidence": numbers,
            "label": label,
            "parts": len(messages) // 2,
            "data": {"task": "dialogue", "text_at": at(section.body), "turns": said},
        },
    )


def _words(materials: Materials, span: Any) -> str:
    """What a turn says, the section itself left out: it stands beside the turns."""
    if span.role == "evidence" or span is BREAK:
        return ""
    return materials.words(span.origin) if isinstance(span.origin, Grain) else span.text or ""


def _reply(asked: Draft) -> Message:
    spans = tuple(
        replace(one, loss=1.0) for one in asked.messages[-1].spans if isinstance(one, Span)
    )
    return Message(speaker="assistant", spans=spans)


Back = tuple[Span, Span, str, str]


def _larger(materials: Materials, asked: Sequence[Draft], language: str, key: str) -> Back | None:
    """Which answer is larger, where both count the same."""
    values = []
    for one in asked:
        text = materials.words(one.evidence[0])
        found = {
            (fact.value, kind_of_quantity(fact))
            for fact in facts_of(text, spoken(language))  # type: ignore[arg-type]
            if fact.kind == "number" and fact.text == one.answer
        }
        value, unit = found.pop() if len(found) == 1 else (None, None)
        if unit is None or not isinstance(value, float | int):
            return None
        values.append((float(value), unit, one.answer))
    (first, unit, _), (second, other, _) = values[:2]
    if unit != other or first == second:
        return None
    larger = max(values[:2])[2]
    number, words, _ = worded("larger", language, key)
    ask = Span(role="question", origin=of_rule(f"larger-{number}"), text=words)
    reply = Span(role="answer", origin=of_rule("larger"), text=larger, loss=1.0)
    return ask, reply, larger, "larger"


def _where(
    materials: Materials, section: Section, asked: Draft, language: str, key: str
) -> Back | None:
    """The one sentence of the evidence that holds the answer, quoted."""
    [grain] = asked.evidence
    text = materials.words(grain)
    found = [s for s in materials.sentences(asked.meta["evidence"][0]) if holds(s, asked.answer)]
    if len(found) != 1 or (start := text.find(found[0].strip())) < 0:
        return None
    quote = part(grain, start, start + len(found[0].strip()))
    if not section.body.start <= quote.start < quote.end <= section.body.end:
        return None
    number, words, _ = worded("where-said", language, key)
    ask = Span(role="question", origin=of_rule(f"where-said-{number}"), text=words)
    return ask, Span(role="answer", origin=quote, loss=1.0), materials.words(quote), "where-said"
