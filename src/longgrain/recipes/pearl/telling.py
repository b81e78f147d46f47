"""A plan that was carried out > the messages of its example: document, question; plan, results, answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from longgrain.recipes.pearl.actions import Done, Item
from longgrain.recipes.pearl.over import Reading
from longgrain.recipes.pearl.plans import Plan
from longgrain.recipes.pearl.wording import ANSWER, INSTRUCTIONS, QUESTION, RESULTS
from longgrain.types import Draft, Given, Grain, Message, Reply, Role, Slot, Span


def _given(name: str) -> Given:
    return Given(source="longgrain.pearl", id=name)


def _said(role: Role, text: str, name: str, loss: float = 0.0) -> Span:
    return Span(role=role, origin=_given(name), text=text, loss=loss)


def messages(
    reading: Reading, plan: Plan, done: Done, question: str, draw: int
) -> tuple[Message, ...]:
    """The document's own words around the sentences that were found; quotes are quotes of it."""
    language = reading.language
    number = draw % len(INSTRUCTIONS[language])
    user = (
        _said("instruction", INSTRUCTIONS[language][number], f"instruction-{language}-{number}"),
        _said("glue", "\n\n", "break"),
        *_context(reading, done),
        _said("glue", f"\n\n{QUESTION[language]}", "label"),
        _said("question", question, "question"),
    )
    assistant = _assistant(plan, done, language, reading)
    return (Message(speaker="user", spans=user), Message(speaker="assistant", spans=assistant))


def _context(reading: Reading, done: Done) -> Iterator[Span]:
    whole = reading.section.grain
    at = whole.start
    for sentence in reading.evidence(done):
        if sentence.start > at:
            yield Span(role="distractor", origin=_window(whole, at, sentence.start))
        yield Span(role="evidence", origin=sentence)
        at = sentence.end
    if at < whole.end:
        yield Span(role="distractor", origin=_window(whole, at, whole.end))


def _window(whole: Grain, start: int, end: int) -> Grain:
    return Grain(doc_id=whole.doc_id, path=(start,), kind="window", start=start, end=end)


def _assistant(
    plan: Plan,
    done: Done,
    language: str,
    reading: Reading | None = None,
    reply: Reply | None = None,
) -> tuple[Span, ...]:
    """Plan, what the steps gave that others use, and the answer; all of it is learned."""
    origin = reply or _given("plan")
    spans = [
        Span(role="plan", origin=origin, text=plan.written(language), loss=1.0),
        _said("reasoning", f"\n\n{RESULTS[language]}", "results", 1.0),
    ]
    for number, step in enumerate(plan.steps, 1):
        if step.output not in done.results:
            spans.append(_said("reasoning", f"\n{number}. {step.output} =", "results", 1.0))
            spans += _items(done.outputs[step.output], "reasoning", reading)
    spans.append(_said("answer", f"\n\n{ANSWER[language]}", "answer", 1.0))
    results = [item for name in done.results for item in done.outputs[name]]
    return (*spans, *_items(results, "answer", reading))


def _items(items: Sequence[Item], role: Role, reading: Reading | None) -> Iterator[Span]:
    """One item on the line itself, several on lines of their own."""
    lead = " " if role == "reasoning" else ""
    for item in items:
        yield _said(role, lead if len(items) == 1 else "\n- ", "results", 1.0)
        if reading is not None and item.place is not None:
            yield Span(role=role, origin=reading.quoted(item.place), loss=1.0)
        else:
            yield Span(role=role, origin=item.origin or _given("results"), text=item.text, loss=1.0)


def with_slot(
    item: Draft, plan: Plan, done: Done, draw: int, reply: Reply | None = None
) -> tuple[Message, ...]:
    """The messages of a question over a long context, its answer told by a plan."""
    language = item.meta["language"] if item.meta["language"] in INSTRUCTIONS else "en"
    number = draw % len(INSTRUCTIONS[language])
    told = _said("instruction", INSTRUCTIONS[language][number], f"instruction-{language}-{number}")
    user = next(one for one in item.messages if one.speaker == "user")
    spans = tuple(
        told if isinstance(one, Span) and one.role == "instruction" else one for one in user.spans
    )
    assert any(isinstance(one, Slot) for one in spans)
    assistant = Message(speaker="assistant", spans=_assistant(plan, done, language, None, reply))
    return (replace(user, spans=spans), assistant)
