"""An example of a run > what a model reads before it answers, in parts that can be left out, and the answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from longgrain.errors import RunError
from longgrain.masks import MATERIAL
from longgrain.run import Run
from longgrain.types import Example, Grain, Message, Slot, Span, Speaker

Chat = tuple[tuple[Speaker, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of a message. Parts with one ``grain`` are left out together, those of None never."""

    text: str
    grain: int | None = None
    evidence: bool = False
    about: str = ""
    """where the words come from"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What was read, and the answer that is to be explained."""

    id: str
    title: str
    language: str
    turns: tuple[tuple[Speaker, tuple[Part, ...]], ...]
    answer: str
    expected: tuple[str, ...]
    """what would be right"""
    evidence_is: str
    """how it is known which grains are the evidence, in words"""

    @property
    def grains(self) -> int:
        """How many there are."""
        return 1 + max(
            (part.grain for _, parts in self.turns for part in parts if part.grain is not None),
            default=-1,
        )

    @property
    def evidence(self) -> tuple[int, ...]:
        """The numbers of the grains that the answer should rest on."""
        found = {part.grain for _, parts in self.turns for part in parts if part.evidence}
        return tuple(sorted(one for one in found if one is not None))

    def chat(self, without: Collection[int] = ()) -> Chat:
        """The messages without these grains."""
        return tuple(
            (speaker, "".join(part.text for part in parts if part.grain not in without))
            for speaker, parts in self.turns
        )

    def words(self, grain: int) -> str:
        """What a grain says."""
        return "".join(
            part.text for _, parts in self.turns for part in parts if part.grain == grain
        )

    def about(self, grain: int) -> str:
        """Where it comes from."""
        return next(
            (p.about for _, parts in self.turns for p in parts if p.grain == grain and p.about), ""
        )


def of_example(run: Run, name: str) -> Case:
    """The example with this id, or a beginning of it, and its last learned answer.

    RunError for an example without an answer or without grains in front of it.
    """
    example = run.example(name)
    last = _answered(example)
    if last is None:
        raise RunError(
            f"example {example.id} has no answer of an assistant, so there is nothing to explain: "
            "choose one with a question"
        )
    counter = _Counter(run)
    turns = tuple((one.speaker, counter.parts(one)) for one in example.trained[:last])
    case = Case(
        id=example.id,
        title=f"{run.manifest['name']}, {example.recipe}, {example.side}",
        language=str(example.lineage.get("language", "")),
        turns=turns,
        answer="".join(one.words(run.texts()) for one in _spans(example.trained[last])),
        expected=(str(example.lineage.get("answer", "")),),
        evidence_is="the grains that the question was made from",
    )
    return some_grains(case)


def some_grains(case: Case) -> Case:
    """The case as it is. RunError where it has no grain that could be left out."""
    if not case.grains:
        raise RunError(
            f"{case.id} has no grain before its answer, so nothing can be left out: choose one with a "
            "context"
        )
    return case


def _answered(example: Example) -> int | None:
    """The number of the last message that an assistant says and that is learned."""
    for number, message in reversed([*enumerate(example.trained)]):
        if message.speaker == "assistant" and any(one.loss > 0 for one in _spans(message)):
            return number if number else None
    return None


def _spans(message: Message) -> list[Span]:
    return [span for span in message.spans if not isinstance(span, Slot)]


class _Counter:
    """Numbers the grains of messages: metadata opens its grain, blanks behind a grain belong to it."""

    def __init__(self, run: Run) -> None:
        self._texts = run.texts()
        self._sources = dict(zip(run.doc_ids, run.sources, strict=True))
        self._rows = {name: row for row, name in enumerate(run.doc_ids)}
        self._cuts = run.cuts
        self._grains = 0

    def parts(self, message: Message) -> tuple[Part, ...]:
        spans, found = _spans(message), list[Part]()
        opened = False
        for at, span in enumerate(spans):
            for text, about in self._pieces(span):
                number = None
                if span.role in MATERIAL:
                    number = self._grains if opened else self._next()
                    opened = span.role == "metadata"
                elif self._behind(spans, at):
                    number = self._grains
                grain = None if number is None else number - 1
                evidence = span.role == "evidence"
                found.append(Part(text=text, grain=grain, evidence=evidence, about=about))
        return tuple(found)

    def _pieces(self, span: Span) -> Iterator[tuple[str, str]]:
        """The words and where they are from; a stretch of a document by the cuts of the run."""
        whole = span.grain
        if whole is None or span.role != "distractor" or whole.doc_id not in self._rows:
            yield span.words(self._texts), self._about(whole) if whole else ""
            return
        row, cuts = self._rows[whole.doc_id], self._cuts
        starts = cuts.starts[int(cuts.first[row]) : int(cuts.first[row + 1])].tolist()
        inner = [one for one in starts if whole.start < one < whole.end]
        for start, end in pairwise([whole.start, *inner, whole.end]):
            one = replace(whole, start=start, end=end)
            yield self._texts[whole.doc_id][start:end], self._about(one)

    def _next(self) -> int:
        self._grains += 1
        return self._grains

    def _behind(self, spans: Sequence[Span], at: int) -> bool:
        """Whether a span is what stands between two grains."""
        return (
            spans[at].role == "glue"
            and 0 < at < len(spans) - 1
            and spans[at - 1].role in MATERIAL
            and spans[at + 1].role in MATERIAL
        )

    def _about(self, grain: Grain) -> str:
        name = Path(self._sources.get(grain.doc_id, grain.doc_id)).name
        return f"{name}, characters {grain.start:,} to {grain.end:,}"
