"""A run and a model behind an endpoint > how many of the run's own examples it answers, nothing trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from longgrain.calls import Ledger
from longgrain.make import component
from longgrain.metrics.item import Item, Metric
from longgrain.probe import BLOCK
from longgrain.prove.lab import Clock
from longgrain.run import Run
from longgrain.tune.scoring import ANSWERS
from longgrain.types import Example, Grain, Message, Refused, Request, Span

# An answer to a question about a text: longer replies are scored as far as they go.
REPLY = 128


@dataclass(frozen=True, kw_only=True)
class Asking:
    """A model that is asked the examples of every arm with their own contexts, greedy."""

    model: str
    base_url: str
    examples: int

    def scores(self, run: Run, folder: Path) -> dict[str, Any]:
        """The values of one run; stored answers are not asked for again."""
        clock = Clock.now()
        settings = {"temperature": 0.0, "max_reply_tokens": REPLY, "whole_replies": False}
        where = {"model": self.model, "base_url": self.base_url, "reasks": 0}
        teacher = component("teachers", "openai", {**settings, **where})
        listed = list(run.examples("train"))
        # Examples of one kind lie together, so a few are taken evenly.
        chosen = listed[:: max(1, -(-len(listed) // self.examples))]
        examples = [one for one in chosen if one.lineage.get("answer")]
        requests = [_request(one, run.texts()) for one in examples]
        with Ledger(folder / "answers.sqlite") as ledger:
            outcomes = ledger.ask(teacher, requests, batch=BLOCK)
            calls = [o.call for o in outcomes if not isinstance(o, Refused)]
            read = sum(found.prompt_tokens for one in calls if (found := ledger.call(one)))
        metric: Metric = component("metrics", "subspan", {"until": ""})
        values = {
            str(one.lineage["draft"]): float(score)
            for one, outcome in zip(examples, outcomes, strict=True)
            if not isinstance(outcome, Refused)
            and (score := _score(metric, one, outcome.text)) is not None
        }
        missing = len(chosen) - len(values)
        return {
            "values": {ANSWERS: values},
            "unscored": {ANSWERS: missing} if missing else {},
            "read": read,
            "steps": 0,
            "took": {"ask": clock.since()},
        }


def _score(metric: Metric, example: Example, reply: str) -> float | None:
    item = Item(prediction=reply, references=(str(example.lineage["answer"]),))
    return metric.score(item)["best_subspan_em"]


def _request(example: Example, texts: Mapping[str, str]) -> Request:
    """The turns before the last answer, as a model is asked them."""
    turns = list(example.trained)
    last = max((n for n, one in enumerate(turns) if one.speaker == "assistant"), default=len(turns))
    prompt = tuple((one.speaker, _words(one, texts)) for one in turns[:last])
    return Request(task=f"tune.{ANSWERS}", prompt=prompt)


def _words(message: Message, texts: Mapping[str, str]) -> str:
    spans = (span for span in message.spans if isinstance(span, Span))
    return "".join(_of(span, texts) for span in spans)


def _of(span: Span, texts: Mapping[str, str]) -> str:
    if span.text is None and isinstance(span.origin, Grain):
        return texts[span.origin.doc_id][span.origin.start : span.origin.end]
    return span.text or ""
