"""The user's own rows, held against each other > drafts, those with a passage in a long context if wished."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from longgrain.facts import language_of
from longgrain.protocols import Materials
from longgrain.recipes.agreement import Agreed, Lost, agreed, question_key
from longgrain.recipes.general import given, turns_of
from longgrain.recipes.rows import Row, rows
from longgrain.recipes.sft.item import BREAK, about, at, of_rule, spoken, worded
from longgrain.recipes.sft.surround import surrounded
from longgrain.recipes.sft.wording import QUESTION, UNSAID
from longgrain.types import Draft, Dropped, Grain, Message, Role, Side, Slot, Span, content_id

# Cuts that may be the evidence of one row: an answer that may rest on more needs its passage whole.
MOST = 8
RIVAL = 0.5  # a grain with this share of a question's words stays out of its context
NEAR = 24  # grains nearest to a question that are kept as hard distractors
COUNTED = "sft own rows: "


@dataclass(frozen=True, kw_only=True)
class Own:
    """Files, the declared classes, the share of rows with a passage that get a long context, its size."""

    files: Sequence[Path]
    classes: Sequence[str]
    long: float
    around: tuple[int, int]

    def drafts(self, materials: Materials) -> Iterator[Draft | Dropped]:
        """One draft a row, each on one side, and every row that falls on the side it would be on."""
        found = [one for file in self.files for one in agreed(rows(file), self.classes)]
        labels = self.classes or sorted(
            {o.row.label for o in found if isinstance(o, Agreed)} - {""}
        )
        for one in found:
            if isinstance(one, Lost):
                if materials.takes(one.content):
                    materials.count(COUNTED + one.reason)
                    yield Dropped(step="draft", id=one.name, reason=one.reason, detail=one.detail)
            else:
                yield from self._draft(materials, one, labels)

    def _draft(
        self, materials: Materials, one: Agreed, labels: Sequence[str]
    ) -> Iterator[Draft | Dropped]:
        row = one.row
        place = _place_of(materials, row)
        if place is None:
            if not materials.takes(_name(one)):
                return
            draft = self._apart(materials, row, labels)
        elif place[1] is None:
            if materials.takes(_name(one)):
                reason = "its passage reaches over several sides, or into what was left out"
                yield Dropped(step="draft", id=row.name, reason=reason, detail=row.passage[:200])
            return
        elif place[1] != materials.side:
            return
        else:
            draft = self._within(materials, row, place[0])
        for event, there in (("flagged: nearly the instruction of another row", one.near), (one.repaired, one.repaired)):  # fmt: skip
            if there:
                materials.count(COUNTED + event)
        told = {"row": row.name, **({"near": one.near} if one.near else {})}
        yield replace(draft, meta={**draft.meta, **told})

    # --- rows whose passage stands in the run's documents ---

    def _within(self, materials: Materials, row: Row, passage: Grain) -> Draft:
        numbers = _evidence(materials, row, passage)
        if 0 < len(numbers) <= MOST and self._drawn(row):
            return _long(materials, row, numbers)
        whole = sorted(materials.numbers(passage))
        quoted = (Span(role="evidence", origin=passage),)
        draft = _draft(materials, row, quoted, whole, "none")
        return _with_data(draft, row, {"text_at": at(passage)}, materials.words(passage))

    def _drawn(self, row: Row) -> bool:
        return int(content_id("long", row.content), 16) / 2**64 < self.long

    # --- rows that bring their passage, or have none ---

    def _apart(self, materials: Materials, row: Row, labels: Sequence[str]) -> Draft:
        if row.label:
            return _labelled(materials, row, labels)
        if not row.passage:
            return _draft(materials, row, (), [], "none")
        quoted: tuple[Span, ...] = (Span(role="evidence", origin=given(row), text=row.passage),)
        numbers: list[int] = []
        if self._drawn(row):
            quoted = surrounded(materials, row, self.around)
        draft = _draft(materials, row, quoted, numbers, "none")
        return _with_data(draft, row, {"text": row.passage}, row.passage)


def _place_of(materials: Materials, row: Row) -> tuple[Grain, Side | None] | None:
    """Where the row's passage stands; rows share passages, and each is looked for once."""
    if not row.passage or row.label:
        return None
    known: dict[str, tuple[Grain, Side | None] | None]
    known = materials.notes.setdefault("sft-passages", {})
    name = content_id(row.passage)
    if name not in known:
        known[name] = materials.where(row.passage)
    return known[name]


def _name(one: Agreed) -> str:
    """What decides the side: the passage, or what is asked, so that its like is on the same side."""
    if one.row.passage:
        return content_id("passage", " ".join(one.row.passage.split()))
    if one.near:
        return content_id("near", *sorted((one.row.name, one.near)))
    return question_key(one.row)


def _evidence(materials: Materials, row: Row, passage: Grain) -> list[int]:
    """The grains that hold an answer said word by word, or else all of the passage."""
    text = materials.words(passage)
    answer = row.answers[0] if row.answers else (row.response, -1)
    start = text.find(answer[0].strip()) if answer[0].strip() else -1
    if answer[1] >= 0 and text[answer[1] : answer[1] + len(answer[0])] == answer[0]:
        start = answer[1]
    elif start >= 0 and text.find(answer[0].strip(), start + 1) >= 0:
        start = -1  # said twice: nobody knows which is meant
    if start < 0 or row.impossible:
        return sorted(materials.numbers(passage))
    held = replace(
        passage,
        start=passage.start + start,
        end=passage.start + start + len(answer[0].strip()),
    )
    return sorted(materials.numbers(held))


def _long(materials: Materials, row: Row, numbers: Sequence[int]) -> Draft:
    """The row's evidence where the assembler lays it, among grains that do not answer."""
    asked = row.question or row.turns[-2][1]
    own = set(numbers)
    rivals = {n for n, _ in materials.holding(asked, RIVAL)} - own
    hard = [n for n, _ in materials.nearest(asked, NEAR) if n not in own | rivals]
    draft = _draft(materials, row, (Slot(),), numbers, "long")
    draft = replace(
        draft, meta={**draft.meta, "rivals": sorted(rivals), "hard": hard, "near": len(hard)}
    )
    cuts = [materials.grain(number) for number in numbers]
    whole = replace(cuts[0], end=cuts[-1].end) if _joined(numbers) else cuts[0]
    return _with_data(draft, row, {"text_at": at(whole)}, materials.words(whole))


def _joined(numbers: Sequence[int]) -> bool:
    return list(numbers) == list(range(numbers[0], numbers[-1] + 1))


# --- messages ---------------------------------------------------------------------------------------


def _draft(
    materials: Materials,
    row: Row,
    quoted: tuple[Span | Slot, ...],
    numbers: Sequence[int],
    layout: str,
) -> Draft:
    said = row.question or " ".join(words for _, words in row.turns)
    language = language_of(said)
    if row.turns:
        messages, answer, template = _turns(row, quoted), row.turns[-1][1], "sft.own-turns"
    else:
        messages, answer, template = _asked(row, quoted, language)
    form = "turns" if row.turns else "unsaid" if row.impossible else "squad"
    return Draft(
        recipe="sft",
        seed=materials.seed,
        evidence=tuple(materials.grain(one) for one in sorted(numbers)),
        messages=messages,
        answer=answer,
        meta={
            **about("own", form, template, language),
            "layout": layout,
            "evidence": sorted(numbers),
            "label": form,
            "parts": max(1, len(row.turns) // 2),
        },
    )


def _turns(row: Row, quoted: tuple[Span | Slot, ...]) -> tuple[Message, ...]:
    """The row's turns, the passage before the first question."""
    found = list(turns_of(replace(row, passage="")))
    if quoted:
        first = next(n for n, one in enumerate(found) if one.speaker == "user")
        spans = (*quoted, BREAK, *found[first].spans)
        found[first] = Message(speaker="user", spans=spans)
    return tuple(found)


def _asked(
    row: Row, quoted: tuple[Span | Slot, ...], language: str
) -> tuple[tuple[Message, ...], str, str]:
    """A question in the words of the row, behind an instruction of the recipe's."""
    number, words, _ = worded("qa", language, row.content)
    origin, rule = given(row), of_rule(f"qa-{number}")
    label = "\n\n" + QUESTION[spoken(language)]
    # Beside its own passage a question may be asked of many; among others it must be the only one.
    role: Role = "question" if any(isinstance(one, Slot) for one in quoted) else "instruction"
    user = (
        Span(role="instruction", origin=rule, text=words),
        BREAK,
        *quoted,
        Span(role="glue", origin=of_rule("label"), text=label),
        Span(role=role, origin=origin, text=row.question),
    )
    said = row.response
    if row.impossible:
        wordings = UNSAID[spoken(language)]
        place = int(content_id("unsaid", row.content), 16) % len(wordings)
        origin, said = of_rule(f"unsaid-{place}"), wordings[place]
    learned = (Span(role="answer", origin=origin, text=said, loss=1.0),)
    messages = (
        Message(speaker="user", spans=user),
        Message(speaker="assistant", spans=learned),
    )
    return messages, said, f"sft.own-qa-{number}"


def _labelled(materials: Materials, row: Row, labels: Sequence[str]) -> Draft:
    """A text and its label, asked for in the words of the recipe."""
    language = language_of(row.passage)
    joined = ("、" if spoken(language) == "zh" else ", ").join(labels)
    number, words, first = worded("class", language, row.content, filled={"classes": joined})
    origin = given(row)
    asked = Span(role="instruction", origin=of_rule(f"class-{number}"), text=words)
    quoted = Span(role="evidence", origin=origin, text=row.passage)
    learned = Span(role="answer", origin=origin, text=row.label, loss=1.0)
    data = {"task": "classification", "label": row.label, "labels": list(labels)}
    return Draft(
        recipe="sft",
        seed=materials.seed,
        evidence=(),
        messages=(
            Message(
                speaker="user", spans=(asked, BREAK, quoted) if first else (quoted, BREAK, asked)
            ),
            Message(speaker="assistant", spans=(learned,)),
        ),
        answer=row.label,
        meta={
            **about("own", "label", f"sft.own-class-{number}", language),
            "evidence": [],
            "label": row.label,
            "parts": 1,
            "data": {**data, "text": row.passage},
        },
    )


def _with_data(draft: Draft, row: Row, where: dict[str, Any], text: str) -> Draft:
    """Task data of a question over a passage: every answer that stands in what is written out."""
    if not row.question:
        return draft
    places = [(words, _place(text, words, start, row.passage)) for words, start in row.answers]
    data = {
        "task": "qa",
        **where,
        "question": row.question,
        "answers": [[words, start] for words, start in places if start >= 0],
        "impossible": row.impossible,
    }
    return replace(draft, meta={**draft.meta, "data": data})


def _place(text: str, words: str, start: int, passage: str) -> int:
    """Where an answer stands in another cut of its passage: the one that has the words around it."""
    if text[start : start + len(words)] == words:
        return start
    for reach in (40, 15, 5, 0):
        low = max(0, start - reach)
        around = passage[low : start + len(words) + reach]
        if (found := text.find(around)) >= 0:
            return found + start - low
    return text.find(words)
