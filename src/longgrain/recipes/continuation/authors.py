"""Sections > texts that a model plans and then writes part by part, each checked, or why there is none.

AgentWrite (Bai et al. 2024, "LongWriter", arXiv 2408.07055): a plan of parts, what each is about and
how long it is; then the parts in turn, each with the plan and what is written already in view.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from longgrain.facts import language_of
from longgrain.fidelity import added
from longgrain.grains import sentence_ends
from longgrain.protocols import Materials
from longgrain.recipes.continuation.outlines import about, measured
from longgrain.recipes.continuation.telling import Long, filled
from longgrain.recipes.drawn import draw
from longgrain.recipes.fitting import unfit
from longgrain.recipes.replied import told
from longgrain.recipes.sections import Section
from longgrain.recipes.sft.item import spoken
from longgrain.types import Dropped, Refused, Reply, Request

PLAN, WRITE = "continuation.plan", "continuation.write"
# Of the words that are asked for, what a plan may add up to, and what a part may have.
OF_PLAN, OF_PART = (0.6, 1.5), (0.5, 1.7)
# Words that a part must have, so that it is one.
LEAST = 30
# Characters of what is written already that a model is shown: the end of it.
SHOWN = 3000
# Sentences of a part that may stand in an earlier one, and from how many characters on they count.
REPEATED, TELLING = 0.3, 20
# What is about the writing, and no part of the text.
_ABOUT = re.compile(
    r"\A\W*(?:here (?:is|are|comes)\b|sure\b|certainly\b|part \d+\b|paragraph \d+\b|as requested"
    r"|第[一二三四五六七八九十\d]+(?:部分|段)|(?:以下|下面)是|好的[，,。！])",
    re.IGNORECASE,
)


@dataclass(slots=True, kw_only=True)
class _Work:
    """A text on the way."""

    section: Section
    source: str
    words: int
    plan: list[dict[str, Any]] = field(default_factory=list)
    planned: Reply | None = None
    texts: list[Reply] = field(default_factory=list)
    lost: Dropped | None = None

    def lose(self, reason: str, detail: str = "") -> None:
        """Gives the text up, with a reason."""
        name = f"{self.section.doc_id}:{self.section.grain.start}"
        self.lost = Dropped(step="draft", id=name, reason=reason, detail=detail[:200])


@dataclass(frozen=True, kw_only=True)
class Author:
    """Has a model plan and write; nothing in its replies is believed.

    ``parts`` bounds the parts of a plan, ``tokens`` the length of a text; none is longer than its
    source, from which everything in it has to come.
    """

    materials: Materials
    tokens: tuple[int, int]
    parts: tuple[int, int]

    def write(self, sections: Sequence[Section]) -> Iterator[Long | Dropped]:
        """A text for each section, one part of all of them at a time."""
        works = [self._begun(one) for one in sections]
        replies = self.materials.ask([self._plan(one) for one in works])
        for work, reply in zip(works, replies, strict=True):
            self._read_plan(work, reply)
        for number in range(self.parts[1]):
            going = [one for one in works if not one.lost and number < len(one.plan)]
            replies = self.materials.ask([self._part(one, number) for one in going])
            for work, reply in zip(going, replies, strict=True):
                self._read_part(work, number, reply)
        for work in works:
            yield work.lost or self._told(work)

    def _begun(self, section: Section) -> _Work:
        source = self.materials.words(section.body)
        words, low, high = measured(source), *self.tokens
        share = draw(section.doc_id, section.grain.start, "length") / 2**64
        most = min(high, section.tokens)
        tokens = min(low, most) * (most / min(low, most)) ** share
        return _Work(
            section=section,
            source=source,
            words=about(int(words * tokens / max(1, section.tokens))),
        )

    # --- the plan -----------------------------------------------------------------------------------

    def _plan(self, work: _Work) -> Request:
        low, high = self.parts
        said = {"words": work.words, "least": low, "most": high}
        return self._request(PLAN, work, said)

    def _request(
        self,
        task: str,
        work: _Work,
        said: Mapping[str, Any],
        given: Mapping[str, str] | None = None,
    ) -> Request:
        return Request(
            task=task,
            material=(work.source,),
            settings={"language": work.section.language, "given": dict(given or {}), "said": said},
        )

    def _read_plan(self, work: _Work, reply: Reply | Refused) -> None:
        if isinstance(reply, Refused):
            reason, _, detail = reply.reason.partition(": ")
            return work.lose(reason, detail)
        fields = told(reply, parts=list)
        if isinstance(fields, str):
            return work.lose(fields, reply.text)
        parts = [part for one in fields["parts"] if (part := _part_of(one)) is not None]
        if problem := self._plan_is_wrong(work, parts, len(fields["parts"])):
            return work.lose(problem, reply.text)
        work.plan, work.planned = parts, reply
        return None

    def _plan_is_wrong(self, work: _Work, parts: Sequence[Mapping[str, Any]], of: int) -> str:
        subjects = "\n".join(one["about"] for one in parts)
        total = sum(one["words"] for one in parts)
        if len(parts) < of:
            return "a part of the plan lacks what it is about or its length"
        if not self.parts[0] <= of <= self.parts[1]:
            return "the plan has more or fewer parts than asked for"
        if not OF_PLAN[0] * work.words <= total <= OF_PLAN[1] * work.words:
            return "the lengths of the plan do not add up to what is asked for"
        if wrong := unfit(spoken(work.section.language), *(one["about"] for one in parts)):
            return f"the plan {wrong}".replace("the question", "its source")
        if len({one["about"].casefold() for one in parts}) < of:
            return "two parts of the plan are about the same"
        if added(work.source, subjects):
            return "the plan has a number, date or name that its source does not have"
        return ""

    # --- a part -------------------------------------------------------------------------------------

    def _part(self, work: _Work, number: int) -> Request:
        lines = [f"{n}. {one['about']} ({one['words']})" for n, one in enumerate(work.plan, 1)]
        part = work.plan[number]
        said = {"number": number + 1, "of": len(work.plan), "words": part["words"]}
        before = "\n\n".join(one.text for one in work.texts)[-SHOWN:]
        given = {"plan": "\n".join(lines), "written": before or "-"}
        return self._request(WRITE, work, said, given)

    def _read_part(self, work: _Work, number: int, reply: Reply | Refused) -> None:
        if isinstance(reply, Refused):
            reason, _, detail = reply.reason.partition(": ")
            return work.lose(reason, detail)
        fields = told(reply, text=str)
        if isinstance(fields, str):
            return work.lose(fields, reply.text)
        text = str(fields["text"])
        if problem := _text_is_wrong(work, number, text):
            return work.lose(problem, text)
        work.texts.append(Reply(teacher=reply.teacher, call=reply.call, text=text))
        return None

    def _told(self, work: _Work) -> Long:
        assert work.planned
        parts = tuple(
            filled(part, work.planned, text)
            for part, text in zip(work.plan, work.texts, strict=True)
        )
        return Long(section=work.section, parts=parts, source=work.section.body)


def _part_of(one: Any) -> dict[str, Any] | None:
    """A part of a plan in its right form: one line on what it is about, and a length."""
    if not isinstance(one, Mapping):
        return None
    subject, words = one.get("about"), one.get("words")
    if not isinstance(subject, str) or not subject.strip():
        return None
    if isinstance(words, bool) or not isinstance(words, int) or words < LEAST:
        return None
    return {"about": " ".join(subject.encode("utf-8", "replace").decode().split()), "words": words}


def _text_is_wrong(work: _Work, number: int, text: str) -> str:
    """Why a part cannot be used, or nothing."""
    wished, size = work.plan[number]["words"], measured(text)
    if wrong := unfit(spoken(work.section.language), text):
        return f"a part {wrong}".replace("the question", "its source")
    if language_of(text) != language_of(work.source):
        return "a part is in another language than its source"
    if not OF_PART[0] * wished <= size <= OF_PART[1] * wished:
        return "a part is much longer or shorter than planned"
    if _ABOUT.match(text):
        return "a part speaks of itself"
    subjects = "\n".join(one["about"] for one in work.plan)
    if added(f"{work.source}\n{subjects}", text):
        return "a part has a number, date or name that neither source nor plan has"
    before = _sentences("\n".join(one.text for one in work.texts))
    said = _sentences(text)
    if len(said & before) > REPEATED * max(1, len(said)):
        return "a part repeats what is written already"
    return ""


def _sentences(text: str) -> set[str]:
    ends = sentence_ends(text).tolist()
    found = (text[a:b].strip() for a, b in zip([0, *ends], ends, strict=False))
    return {one for one in found if len(one) >= TELLING}


def rehearsed(request: Request) -> str:
    """What a model would reply, by rule from the source; nothing to another task."""
    said, source = request.settings["said"], "\n".join(request.material)
    ends = sentence_ends(source).tolist()
    sentences = [source[a:b].strip() for a, b in zip([0, *ends], ends, strict=False)]
    whole = [one for one in sentences if len(one) >= TELLING and one[-1] in ".!?。！？"]
    if request.task == PLAN:
        return orjson.dumps({"parts": _rehearsed_plan(whole, said)}).decode()
    if request.task == WRITE:
        first = len(whole) * (said["number"] - 1) // said["of"]
        return orjson.dumps({"text": _up_to(whole[first:], said["words"])}).decode()
    return ""


def _rehearsed_plan(whole: Sequence[str], said: Mapping[str, Any]) -> list[dict[str, Any]]:
    count = max(said["least"], min(said["most"], said["words"] // 150))
    firsts = [whole[len(whole) * n // count] for n in range(count)] if whole else []
    size = max(LEAST, said["words"] // count)
    return [{"about": one[:60], "words": size} for one in firsts]


def _up_to(sentences: Sequence[str], words: int) -> str:
    chosen: list[str] = []
    for one in sentences:
        if chosen and measured(" ".join([*chosen, one])) > words * OF_PART[1]:
            break
        chosen.append(one)
        if measured(" ".join(chosen)) >= words:
            break
    return " ".join(chosen)
