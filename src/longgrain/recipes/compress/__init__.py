"""Sections and questions > shorter texts in their place: sentences, summaries, tables, and what they lost.

Compression before a text is used, by choosing sentences or by summing up (Xu et al. 2024, "RECOMP",
arXiv 2310.04408), with an account of all numbers, dates, names, negations and obligations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, ClassVar

import orjson

from longgrain.errors import PlanError
from longgrain.facts import holds, language_of
from longgrain.fidelity import KINDS, Tally, lost
from longgrain.protocols import Materials
from longgrain.recipes.compress.drafting import (
    RECIPE,
    Source,
    answer_draft,
    entities_draft,
    focused_draft,
    measure,
    section_draft,
    source_of,
    table_words,
)
from longgrain.recipes.compress.entities import Table, entities_of
from longgrain.recipes.compress.focusing import around, keeps
from longgrain.recipes.compress.reading import said_in, summary_of, table_of
from longgrain.recipes.compress.selecting import Compressed as Compressed
from longgrain.recipes.compress.selecting import compressed as compressed
from longgrain.recipes.compress.wording import ASKING
from longgrain.recipes.drawn import draw
from longgrain.recipes.in2 import In2
from longgrain.recipes.quotable import sentences
from longgrain.recipes.sections import runs, sections
from longgrain.recipes.shares import counts
from longgrain.types import Draft, Dropped, Refused, Reply, Request

SHARES = {"section": 0.3, "focused": 0.25, "answer": 0.3, "entities": 0.15}
# Requests asked at a time, at most.
BATCH = 16
# Sentences that a section must have for a choice among them: four show which matter.
FEWEST = 4
# So many times the drafts that are wanted are made of questions at most, for checks may drop some.
SPARE, AT_LEAST = 2, 24
# A compressed text above this share of its source's tokens has left out nothing to speak of.
TOO_LONG = 0.9


@dataclass(frozen=True, kw_only=True)
class Compress:
    """Sections to shorter texts, texts to what bears on a question, questions to compressed texts.

    ``shares`` of the kinds are scaled to 1. ``budget`` is at most 1 a share of the source's tokens,
    above it a number of tokens. ``keep`` names kinds (numbers, dates, names, negations,
    obligations) of which no sentence may be left out; a draft whose budget cannot hold them falls.
    ``tokens`` bounds sections, ``context`` what a compressed text stands for in questions.
    ``abstractive`` is the share of texts that a language model writes where it is the teacher;
    ``note`` tells the reader of a compressed text what it lacks; ``entities`` is the least number in
    a table. Of a text that is to bear on a question, sentences below the share ``bearing`` of the
    best one are left out.
    """

    name: ClassVar[str] = RECIPE
    source: ClassVar[str] = "Xu et al. 2024 (RECOMP), arXiv 2310.04408"
    own_contexts: ClassVar[bool] = True

    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))
    budget: float = 0.3
    keep: tuple[str, ...] = ()
    tokens: tuple[int, int] = (200, 2400)
    context: tuple[int, int] = (1024, 6144)
    abstractive: float = 0.5
    note: bool = True
    entities: int = 3
    bearing: float = 0.35

    def __post_init__(self) -> None:
        unknown = sorted(set(self.shares) - set(SHARES))
        given = self.shares.values()
        if unknown or not any(given) or min(given) < 0:
            raise PlanError(
                f"compress shares {dict(self.shares)!r}: kinds are {', '.join(SHARES)}, none may "
                "be below 0, and one must be above"
            )
        if not self.budget > 0:
            raise PlanError(
                f"compress budget {self.budget}: nothing fits into it; give a share of the "
                "source's tokens up to 1, or a number of tokens above 1"
            )
        if wrong := [one for one in self.keep if one not in KINDS]:
            raise PlanError(f"compress keep {wrong!r} cannot be kept: there are {', '.join(KINDS)}")
        for label, (low, high) in (("tokens", self.tokens), ("context", self.context)):
            if not 1 <= low <= high:
                raise PlanError(
                    f"compress {label} {[low, high]}: give least and most tokens, smaller first"
                )
        if not 0 <= self.abstractive <= 1:
            raise PlanError(f"compress abstractive {self.abstractive}: a share lies in 0..1")
        if not 0 <= self.bearing <= 1:
            raise PlanError(f"compress bearing {self.bearing}: a share lies in 0..1")
        if self.entities < 1:
            raise PlanError(f"compress entities {self.entities}: a table has 1 or more")

    def kinds(self, examples: int) -> Mapping[str, int]:
        """Whole numbers by kind."""
        return counts(examples, {f"compress-{kind}": self.shares.get(kind, 0.0) for kind in SHARES})

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Drafts of one kind, spread over all documents of the side."""
        if kind in ("compress-section", "compress-entities"):
            yield from self._sections(kind, materials, wanted)
        else:
            yield from self._questions(kind, materials, wanted)

    # --- sections ---------------------------------------------------------------------------------

    def _sections(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """One draft a section, then one a run of grains, for documents without headings."""
        found = 0
        texts = chain(sections(materials, tokens=self.tokens), runs(materials, tokens=self.tokens))
        sources = (source_of(one, materials) for one in texts)
        # No more is asked than may still be needed: replies can cost money.
        while batch := list(islice(sources, max(1, min(BATCH, wanted - found)))):
            made = self._tables if kind == "compress-entities" else self._summaries
            for item in made(materials, batch):
                if isinstance(item, Draft) and not _is_new(materials, item):
                    # Documents of one publisher begin alike.
                    reason = "an equal text was made before"
                    yield Dropped(step="draft", id=item.id, reason=reason)
                    continue
                found += isinstance(item, Draft)
                yield item

    def _is_written(self, materials: Materials, source: Source) -> bool:
        """Whether a model writes this one, by the share that is asked for."""
        return materials.prompted and self._drawn(*source.place) < self.abstractive

    def _drawn(self, *parts: str | int) -> float:
        return draw(*parts, "written") / 2**64

    def _summaries(
        self, materials: Materials, batch: Sequence[Source]
    ) -> Iterator[Draft | Dropped]:
        written = [one for one in batch if self._is_written(materials, one)]
        requests = [self._request("compress.abstract", materials, one) for one in written]
        replies = dict(zip(map(id, written), materials.ask(requests), strict=True))
        for source in batch:
            reply = replies.get(id(source))
            if reply is None:
                yield self._extracted(materials, source)
            else:
                yield self._abstracted(materials, source, reply)

    def _extracted(self, materials: Materials, source: Source) -> Draft | Dropped:
        if len(sentences(source.words, language_of(source.words))) < FEWEST:
            return _dropped(source, "too few whole sentences to choose from")
        found = self._shortened(materials, source)
        if problem := _problem(found):
            return _dropped(source, problem)
        about = {"by": "extractive", "tokens": found.tokens, "of_tokens": found.of}
        return section_draft(materials, source, found.text, found.lost, keep=self.keep, about=about)

    def _shortened(
        self,
        materials: Materials,
        source: Source,
        question: str | None = None,
        bearing: float = 0.0,
    ) -> Compressed:
        words, language, count = source.words, source.language, materials.tokens
        return compressed(words, language, self.budget, question, self.keep, count, bearing)

    def _abstracted(
        self, materials: Materials, source: Source, reply: Reply | Refused
    ) -> Draft | Dropped:
        said = self._read(materials, source, reply, headline=True)
        if isinstance(said, Dropped):
            return said
        assert isinstance(reply, Reply)
        text, gone, headline, about = said
        first = Reply(teacher=reply.teacher, call=reply.call, text=headline)
        return section_draft(
            materials, source, text, gone, keep=self.keep, about=about, headline=first
        )

    def _read(
        self, materials: Materials, source: Source, reply: Reply | Refused, *, headline: bool
    ) -> tuple[str, Tally, str, dict[str, Any]] | Dropped:
        """A model's summary, what it lost, its headline and where it is from; or why it fell."""
        said = said_in(reply, headline=headline)
        size = 0 if isinstance(said, str) else materials.tokens([said.text])[0]
        of = materials.tokens([source.words])[0]
        # A model counts words badly, so a tenth more than asked for is taken.
        most = int(1.1 * self._limit(of)) + 1
        told = summary_of(
            reply, source.words, most=most, tokens=size, keep=self.keep, headline=headline
        )
        if isinstance(told, str):
            detail = reply.text[:200] if isinstance(reply, Reply) else ""
            return _dropped(source, told, detail)
        assert isinstance(reply, Reply)
        about = {"by": reply.teacher, "call": reply.call, "tokens": size, "of_tokens": of}
        return told.text, lost(source.words, told.text), told.headline, about

    def _limit(self, of: int) -> int:
        return int(self.budget * of) if self.budget <= 1 else int(self.budget)

    def _request(
        self, task: str, materials: Materials, source: Source, question: str = ""
    ) -> Request:
        """What a model is asked: the source, and how long its reply may be in words."""
        of = materials.tokens([source.words])[0]
        words = max(20, measure(source.words, source.language) * self._limit(of) // max(1, of))
        return Request(
            task=task,
            material=(source.words,),
            settings={
                "language": source.language,
                "given": {"asked": question} if question else {},
                "said": {"limit": words // 10 * 10, "keep": list(self.keep)},
            },
        )

    # --- tables -----------------------------------------------------------------------------------

    def _tables(self, materials: Materials, batch: Sequence[Source]) -> Iterator[Draft | Dropped]:
        written = batch if materials.prompted else ()
        requests = [self._request("compress.entities", materials, one) for one in written]
        replies: Sequence[Reply | Refused | None] = (
            materials.ask(requests) if requests else [None] * len(batch)
        )
        for source, reply in zip(batch, replies, strict=True):
            if reply is None:
                table = entities_of(source.words, source.language)
                yield self._tabled(materials, source, table, {"by": "extractive"})
                continue
            read = table_of(reply, source.words)
            if isinstance(read, str):
                detail = reply.text[:200] if isinstance(reply, Reply) else ""
                yield _dropped(source, read, detail)
                continue
            assert isinstance(reply, Reply)
            for problem in read[1]:
                yield _dropped(source, problem, reply.text[:200])
            about = {"by": reply.teacher, "call": reply.call}
            yield self._tabled(materials, source, read[0], about)

    def _tabled(
        self, materials: Materials, source: Source, table: Table, about: Mapping[str, Any]
    ) -> Draft | Dropped:
        if len(table["entities"]) < self.entities:
            return _dropped(source, "fewer entities than a table must have")
        told = len(table["relations"]) + sum(len(one["attributes"]) for one in table["entities"])
        if told < max(2, len(table["entities"]) // 3):
            return _dropped(source, "few attributes and relations beside the names")
        words = table_words(table)
        of, size = materials.tokens([source.words, words])
        if size > TOO_LONG * of:
            return _dropped(source, "the table is as long as its source")
        gone = lost(source.words, words)
        return entities_draft(
            materials, source, table, gone, {**about, "tokens": size, "of_tokens": of}
        )

    # --- questions --------------------------------------------------------------------------------

    def _questions(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Questions about single grains, each with the stretch around its grain compressed for it."""
        waiting: list[tuple[Draft, Source]] = []
        found = 0
        size = self.context if kind == "compress-answer" else self.tokens
        for asked in In2().questions(f"compress/{kind}", materials, wanted, asking=ASKING):
            if isinstance(asked, Dropped):
                yield asked
                continue
            source = around(materials, asked, size)
            if source is None:
                yield Dropped(
                    step="draft", id=asked.id, reason="too little text around the evidence"
                )
                continue
            waiting.append((asked, source))
            if len(waiting) >= (min(BATCH, wanted - found) if materials.prompted else 1):
                for item in self._answered(kind, materials, waiting):
                    found += isinstance(item, Draft)
                    yield item
                waiting = []
            if found >= SPARE * wanted + AT_LEAST:  # facts are left for other kinds
                return
        yield from self._answered(kind, materials, waiting)

    def _answered(
        self, kind: str, materials: Materials, waiting: Sequence[tuple[Draft, Source]]
    ) -> Iterator[Draft | Dropped]:
        written = [
            place
            for place, (asked, _) in enumerate(waiting)
            if materials.prompted and self._drawn(asked.id) < self.abstractive
        ]
        requests = [
            self._request("compress.focused", materials, waiting[at][1], _question(waiting[at][0]))
            for at in written
        ]
        replies = dict(zip(written, materials.ask(requests) if requests else (), strict=True))
        for place, (asked, source) in enumerate(waiting):
            if place in replies:
                read = self._read(materials, source, replies[place], headline=False)
                if isinstance(read, Dropped):
                    yield read
                    continue
                text, gone, _, about = read
                held = holds(text, asked.answer)
            else:
                bearing = self.bearing if kind == "compress-focused" else 0.0
                found = self._shortened(materials, source, _question(asked), bearing)
                text, gone = found.text, found.lost
                about = {"by": "extractive", "tokens": found.tokens, "of_tokens": found.of}
                if problem := _problem(found):
                    yield _dropped(source, problem)
                    continue
                held = keeps(found, source, asked)
            if not held:
                yield _dropped(source, "the compressed text has lost the answer", _question(asked))
                continue
            about["kept"] = holds(text, asked.answer)
            if kind == "compress-answer":
                yield answer_draft(materials, source, asked, text, gone, about, note=self.note)
            else:
                yield focused_draft(materials, source, asked, text, gone, about)

    @staticmethod
    def rehearse(request: Request) -> str:
        """What a model would reply, by rule: sentences for a summary, patterns for a table."""
        text = request.material[0]
        language = str(request.settings.get("language") or language_of(text))
        if request.task == "compress.entities":
            table = entities_of(text, language)
            entities = [
                {**one, "attributes": [{"name": "name", "value": one["name"]}]}
                for one in table["entities"]
            ]
            return orjson.dumps({"entities": entities, "relations": []}).decode()
        asked = request.settings.get("given", {}).get("asked")
        limit = int(request.settings.get("said", {}).get("limit", 100))
        share = min(1.0, limit / max(1, measure(text, language)))
        words = compressed(text, language, 0.9 * share, asked).text
        first = " ".join(words.split()[:6])[:40]
        fields = {"headline": first} if request.task == "compress.abstract" else {}
        return orjson.dumps({**fields, "summary": words}).decode() if words else ""


def _is_new(materials: Materials, draft: Draft) -> bool:
    known: set[str] = materials.notes.setdefault(RECIPE, set())
    if draft.answer in known:
        return False
    known.add(draft.answer)
    return True


def _question(asked: Draft) -> str:
    span = asked.messages[0].spans[-1]
    return str(getattr(span, "text", "") or "")


def _problem(found: Compressed) -> str:
    if found.problem:
        return found.problem
    return "nothing could be left out" if found.tokens > TOO_LONG * found.of else ""


def _dropped(source: Source, reason: str, detail: str = "") -> Dropped:
    doc_id, start, _ = source.place
    return Dropped(
        step="draft", id=f"{doc_id}:{start}", reason=reason, detail=detail or source.name
    )
