"""A text, a label spec and the teacher of a plan > labels for people to correct, asked once and stored.

All requests are made in one thread, through the ledger of the run and under the caps of its plan, so
what was paid once is not paid again, however often a review is started.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from longgrain.calls import Ledger
from longgrain.caps import Caps
from longgrain.errors import LonggrainError, PlanError
from longgrain.facts import language_of
from longgrain.make import component
from longgrain.plan import Plan
from longgrain.prompts import Prompts
from longgrain.protocols import Teacher
from longgrain.review.label_spec import LabelSpec, Names
from longgrain.types import Refused, Request

TASK = "review.labels"
_MANY = {"en": ("exactly one", "one or more"), "zh": ("恰好一个", "一个或多个")}
_ASKS = {
    "en": (
        "empty strings.",
        "a question that the text answers, its answer, and the sentence that gives it, both copied "
        "from the text character by character.",
    ),
    "zh": (
        "都给空字符串。",
        "一个能由文本回答的问题，它的答案，以及给出答案的那句话；后两者逐字照抄原文。",
    ),
}


@dataclass(kw_only=True)
class Suggester:
    """Asks the plan's teacher for labels, one text after the other."""

    plan: Plan
    ledger: Path
    spec: LabelSpec
    _asked: dict[str, Future[Mapping[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """PlanError for a teacher that cannot label a text while somebody waits."""
        entry = self.plan.teacher
        self._teacher: Teacher = component("teachers", entry.use, entry.settings)
        if entry.use == "extractive" or getattr(self._teacher, "eager", False):
            raise PlanError(
                f"the plan's teacher {entry.use!r} cannot suggest labels on the page; name a "
                "language model that answers at once under `teacher`, or write `suggest: rule`"
            )
        self._prompts = Prompts(self.plan.prompts)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="suggesting")
        self._book: Ledger | None = None

    def begin(self, text: str) -> Future[Mapping[str, Any]]:
        """Asks for the labels of a text, unless that was done before."""
        if text not in self._asked:
            self._asked[text] = self._thread.submit(self._labels, text)
        return self._asked[text]

    def _labels(self, text: str) -> Mapping[str, Any]:
        """Labels with offsets; ``refused`` says why there are none."""
        entry = self.plan.teacher
        caps = Caps(max_money=entry.max_money, max_calls=entry.max_calls)
        try:
            self._book = self._book or Ledger(self.ledger, caps)
            request = self._prompts.fill(request_of(text, self.spec))
            [outcome] = self._book.ask(self._teacher, [request], label="review")
        except LonggrainError as error:
            return {"refused": str(error), "from": entry.use}
        if isinstance(outcome, Refused):
            return {"refused": outcome.reason, "from": entry.use}
        try:
            return {**placed(orjson.loads(outcome.text), text, self.spec), "from": outcome.teacher}
        except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
            return {"refused": f"the reply holds no labels ({error})", "from": outcome.teacher}


def request_of(text: str, spec: LabelSpec) -> Request:
    """What is asked about a text."""
    language = language_of(text)
    said = {
        "classes": _told(spec.classes),
        "entities": _told(spec.entities),
        "relations": _told(spec.relations),
        "many": _MANY[language][spec.several],
        "asks": _ASKS[language][spec.question],
    }
    return Request(task=TASK, material=(text,), settings={"language": language, "said": said})


def _told(names: Names) -> list[str]:
    return [f"{name}: {hint}" if hint else name for name, hint in names.items()]


def placed(reply: Mapping[str, Any], text: str, spec: LabelSpec) -> dict[str, Any]:
    """A reply's labels with offsets in the text; ``left_out`` counts those that the text does not hold.

    Several mentions of the same words are taken in the order of the text.
    """
    entities: list[dict[str, Any]] = []
    at = lost = 0
    for one in reply["entities"]:
        words = str(one["text"])
        start = text.find(words, at) if words else -1
        start = text.find(words) if start < 0 and words else start
        if start < 0 or one["label"] not in spec.entities:
            lost += 1
            continue
        at = start + len(words)
        span = {"start": start, "end": at, "label": str(one["label"])}
        entities.append({"id": f"e{len(entities) + 1}", **span})
    first = {text[one["start"] : one["end"]]: one["id"] for one in reversed(entities)}
    relations = []
    for one in reply["relations"]:
        pair = first.get(str(one["from"])), first.get(str(one["to"]))
        if None in pair or pair[0] == pair[1] or one["label"] not in spec.relations:
            lost += 1
            continue
        relations.append({"from": pair[0], "to": pair[1], "label": str(one["label"])})
    classes = [str(one) for one in reply["classes"] if one in spec.classes]
    lost += len(reply["classes"]) - len(classes)
    found = {"classes": classes if spec.several else classes[:1], "entities": entities}
    asked, missing = _asked_of(reply, text) if spec.question else ({}, 0)
    return {**found, "relations": relations, **asked, "left_out": lost + missing}


def _asked_of(reply: Mapping[str, Any], text: str) -> tuple[dict[str, Any], int]:
    """Question, answer and evidence; nothing without the words of the answer in the text."""
    question, answer = str(reply["question"]).strip(), _spans(str(reply["answer"]), text)
    if not question or not answer:
        return {}, int(bool(question))
    return {
        "question": question,
        "answers": answer,
        "evidence": _spans(str(reply["evidence"]), text),
    }, 0


def _spans(words: str, text: str) -> list[dict[str, int]]:
    start = text.find(words) if words else -1
    return [] if start < 0 else [{"start": start, "end": start + len(words)}]
