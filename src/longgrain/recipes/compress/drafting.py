"""A source, what stands in its place and what is said about it > drafts of every kind of `compress`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from longgrain.fidelity import Tally
from longgrain.fidelity import counts as lost_counts
from longgrain.protocols import Materials
from longgrain.recipes.compress import wording
from longgrain.recipes.compress.entities import Table
from longgrain.recipes.drawn import draw
from longgrain.recipes.sections import Section
from longgrain.types import Draft, Given, Grain, Message, Reply, Slot, Span

RECIPE = "compress"
FIRST_WORDS = {"en": 8, "zh": 16}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is compressed: the grain that is quoted, its words, and how it is spoken of."""

    grain: Grain
    words: str
    language: str
    numbers: tuple[int, ...]
    name: str

    @property
    def place(self) -> list[str | int]:
        """Document, start and end, as checks read them."""
        return [self.grain.doc_id, self.grain.start, self.grain.end]


def source_of(section: Section, materials: Materials) -> Source:
    """A section without its heading, named by it and by its document; a run by its first words."""
    words = materials.words(section.body)
    return Source(
        grain=section.body,
        words=words,
        language=section.language,
        numbers=section.numbers,
        name=_name(section, words, materials),
    )


def _name(section: Section, words: str, materials: Materials) -> str:
    spoken = wording.spoken(section.language)
    if not section.title:
        many = FIRST_WORDS[spoken]
        opening = (
            " ".join(words.split())[:many] if spoken == "zh" else " ".join(words.split()[:many])
        )
        return wording.OPENING[spoken].format(words=opening)
    titles = section.headings[-2:] if len(section.title) < 8 else section.headings[-1:]
    title = " ".join(titles)
    whole = str(materials.document(section.doc_id).meta.get("title") or section.headings[0])
    form = wording.TITLE if whole in titles else wording.OF
    # Within 《》, titles stand between 〈〉.
    document = whole.replace("《", "〈").replace("》", "〉") if spoken == "zh" else whole
    return form[spoken].format(words=title, document=document)


def measure(text: str, language: str) -> int:
    """Words of a text, in Chinese characters without blanks."""
    return len("".join(text.split())) if language.startswith("zh") else len(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Spans of our own words in one language, the wordings drawn by ``number``."""

    language: str
    number: int

    def own(self, role: Any, name: str, text: str, loss: float = 0.0) -> Span:
        """A span of words that are a rule's."""
        return Span(
            role=role, origin=Given(source=f"longgrain.{RECIPE}", id=name), text=text, loss=loss
        )

    def drawn(self, role: Any, name: str, wordings: wording.Wordings, /, **filled: Any) -> Span:
        """One of several wordings, filled in."""
        listed = wordings[self.language]
        at = draw(self.number, name) % len(listed)  # for each name apart
        text = listed[at].format(**filled) if filled else listed[at]
        return self.own(role, f"{name}-{self.language}-{at}", text)

    def glue(self, text: str = "\n\n", loss: float = 0.0) -> Span:
        """What stands between spans."""
        return self.own("glue", "break", text, loss)


def made_of(
    materials: Materials, source: Source, text: str, lost: Tally
) -> tuple[Grain, dict[str, Any]]:
    """The document that stands in the source's place, and what a draft says about it.

    What was lost is counted for the report.
    """
    made = materials.made(RECIPE, text, of=source.grain.doc_id, title=source.name)
    for kind, count in lost_counts(lost).items():
        materials.count(f"{kind} left out of compressed texts, and listed", count)
    return made, {"source": source.place, "made": made.doc_id, "lost": lost}


def section_draft(
    materials: Materials,
    source: Source,
    text: str,
    lost: Tally,
    *,
    keep: Sequence[str],
    about: Mapping[str, Any],
    headline: Reply | None = None,
) -> Draft:
    """A section and the shorter text that is learned; with a headline, both are a model's words."""
    spoken = wording.spoken(source.language)
    made, meta = made_of(materials, source, text, lost)
    speech = Speech(language=spoken, number=draw(made.doc_id, materials.seed))
    size = -(-measure(text, source.language) // 10) * 10
    asked = speech.drawn("question", "asked", wording.SECTION_ASKED, title=source.name, size=size)
    if keep:
        kinds = wording.listed([wording.KIND[spoken][one] for one in keep], spoken)
        words = f"{asked.text}{wording.KEEP[spoken].format(kinds=kinds)}"
        asked = Span(role="question", origin=asked.origin, text=words)
    purpose = wording.ABSTRACT if headline else wording.EXTRACT
    lead = speech.own("answer", "lead", wording.LEAD[spoken], loss=1.0)
    if headline:
        lead = Span(role="answer", origin=headline, text=f"{headline.text}\n\n", loss=1.0)
    return _draft(
        materials,
        source,
        user=(*_quoted(speech, purpose, source), asked),
        assistant=(lead, Span(role="summary", origin=made, loss=1.0)),
        answer=text,
        meta={
            **meta,
            "kind": "compress-section",
            "form": "abstract" if headline else "extract",
            **about,
        },
    )


def entities_draft(
    materials: Materials, source: Source, table: Table, lost: Tally, about: Mapping[str, Any]
) -> Draft:
    """A section and its entities and relations as JSON, which is learned."""
    text = table_words(table)
    made, meta = made_of(materials, source, text, lost)
    spoken = wording.spoken(source.language)
    speech = Speech(language=spoken, number=draw(made.doc_id, materials.seed))
    asked = speech.drawn("question", "asked", wording.TABLE_ASKED, title=source.name)
    return _draft(
        materials,
        source,
        user=(*_quoted(speech, wording.ENTITIES, source), asked),
        assistant=(Span(role="answer", origin=made, loss=1.0),),
        answer=text,
        meta={**meta, "kind": "compress-entities", "form": "table", **about},
    )


def table_words(table: Table) -> str:
    """A table as JSON on one line, nothing escaped that need not be."""
    return json.dumps(table, ensure_ascii=False)


def focused_draft(
    materials: Materials,
    source: Source,
    asked: Draft,
    text: str,
    lost: Tally,
    about: Mapping[str, Any],
) -> Draft:
    """A text, a question; what of the text bears on it, and the answer: both are learned."""
    made, meta = made_of(materials, source, text, lost)
    spoken = wording.spoken(source.language)
    speech = Speech(language=spoken, number=draw(made.doc_id, asked.id))
    question, answer = _said(asked)
    label = speech.glue(wording.QUESTION[spoken])
    return _draft(
        materials,
        source,
        user=(*_quoted(speech, wording.FOCUSED, source), label, question),
        assistant=(
            speech.glue(wording.BEARING[spoken], 1.0),
            Span(role="summary", origin=made, loss=1.0),
            speech.glue(wording.ANSWERS[spoken], 1.0),
            answer,
        ),
        answer=asked.answer,
        meta={**_of_question(asked), **meta, "kind": "compress-focused", **about},
        evidence=asked.evidence,
    )


def answer_draft(
    materials: Materials,
    source: Source,
    asked: Draft,
    text: str,
    lost: Tally,
    about: Mapping[str, Any],
    *,
    note: bool,
) -> Draft:
    """A compressed text in the place of what it was made of, and a question that it answers."""
    made, meta = made_of(materials, source, text, lost)
    spoken = wording.spoken(source.language)
    speech = Speech(language=spoken, number=draw(made.doc_id, asked.id))
    question, answer = _said(asked)
    told = (
        (speech.own("metadata", "note", _note(source, text, lost)), speech.glue("\n"))
        if note
        else ()
    )
    return _draft(
        materials,
        source,
        user=(
            speech.drawn("instruction", "instruction", wording.ANSWER),
            speech.glue(),
            *told,
            Span(role="summary", origin=made),
            speech.glue(),
            speech.glue(wording.QUESTION[spoken]),
            question,
        ),
        assistant=(answer,),
        answer=asked.answer,
        meta={
            **{**_answered_by(asked), "asks": asked.meta["form"], "form": "compressed"},
            **{**meta, "kind": "compress-answer", **about},
        },
        evidence=asked.evidence,
    )


def _answered_by(asked: Draft) -> dict[str, Any]:
    """What is known of the question; what a model quoted stands in the compressed text by now."""
    known = _of_question(asked)
    quotes = known.pop("quotes", None)
    return {**known, **({"rests_on": quotes} if quotes else {})}


def _note(source: Source, text: str, lost: Tally) -> str:
    """How much was left out, as a reader of the compressed text may want to know."""
    spoken = wording.spoken(source.language)
    form, before, comma = wording.NOTE[spoken]
    gone = [
        f"{wording.COUNTED[spoken][kind]}{count}处"
        if spoken == "zh"
        else f"{count} {wording.COUNTED[spoken][kind]}"
        for kind, count in lost_counts(lost).items()
    ]
    of, size = (measure(one, source.language) for one in (source.words, text))
    return form.format(of=of, size=size, lost=before + comma.join(gone) if gone else "")


def _quoted(speech: Speech, purpose: wording.Wordings, source: Source) -> tuple[Span, ...]:
    """Instruction and source, with what stands between and behind."""
    instruction = speech.drawn("instruction", "instruction", purpose)
    quoted = Span(role="evidence", origin=source.grain)
    return instruction, speech.glue(), quoted, speech.glue()


def _said(asked: Draft) -> tuple[Span, Span]:
    """The question and the answer of a draft of `in2`."""
    question, answer = asked.messages[0].spans[-1], asked.messages[-1].spans[-1]
    assert not isinstance(question, Slot)
    assert not isinstance(answer, Slot)
    return question, answer


# What a draft of `in2` says of its question that is as true of a compressed text.
_KEPT = ("form", "template", "by", "operands", "quotes", "asked", "quantity")


def _of_question(asked: Draft) -> dict[str, Any]:
    return {key: asked.meta[key] for key in _KEPT if key in asked.meta}


def _draft(
    materials: Materials,
    source: Source,
    *,
    user: tuple[Span, ...],
    assistant: tuple[Span, ...],
    answer: str,
    meta: Mapping[str, Any],
    evidence: Sequence[Grain] = (),
) -> Draft:
    numbers = [
        number for number in source.numbers if not evidence or materials.grain(number) in evidence
    ]
    asked = next(span for span in user if span.role == "question")
    template = asked.origin.id if isinstance(asked.origin, Given) else RECIPE
    return Draft(
        recipe=RECIPE,
        seed=materials.seed,
        evidence=tuple(map(materials.grain, numbers)),
        messages=(
            Message(speaker="user", spans=user),
            Message(speaker="assistant", spans=assistant),
        ),
        answer=answer,
        meta={
            **{"template": template, "language": source.language, "layout": "none"},
            **{"keep_order": True, "evidence": numbers, "rivals": [], "hard": []},
            **meta,
        },
    )
