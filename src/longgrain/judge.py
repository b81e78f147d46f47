"""A language model and items > what a metric makes of its verdicts, each asked and paid once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from longgrain.callfile import Counts
from longgrain.calls import Ledger, Outcome
from longgrain.caps import Caps
from longgrain.metrics.item import Item, Judged, Scored
from longgrain.prompts import Prompts

FAMILIES = (
    *("qwen", "llama", "mistral", "mixtral", "gemma", "gemini", "gpt", "claude", "deepseek", "glm"),
    *("internlm", "phi", "yi", "baichuan", "falcon", "cohere", "kimi", "grok", "olmo", "smollm"),
    *("vicuna", "film", "longchat", "mpt", "ernie", "hunyuan", "doubao", "minimax", "granite"),
)
# Made of another: who judges the one judges its like.
MADE_OF = {
    "vicuna": "llama",
    "film": "mistral",
    "longchat": "llama",
    "mixtral": "mistral",
    "gemma": "gemini",
}


@dataclass(kw_only=True)
class Judge:
    """A teacher that gives verdicts, and the ledger in ``folder`` that keeps them."""

    teacher: Any
    folder: Path
    prompts: Prompts = field(default_factory=Prompts)
    caps: Caps = field(default_factory=Caps)
    counts: Counts = field(default_factory=Counts)
    """what was asked and paid, once the judge is closed"""
    _ledger: Ledger | None = field(default=None, init=False, repr=False)

    @property
    def name(self) -> str:
        """The teacher's."""
        return str(self.teacher.name)

    def scored(self, metric: Judged, items: Sequence[Item]) -> list[Scored]:
        """What came of each item. Raises TeacherError where the judge or its server is at fault."""
        requests = [[self.prompts.fill(one) for one in metric.requests(item)] for item in items]
        outcomes = self.ledger.ask(self.teacher, [one for some in requests for one in some])
        replies = iter(outcomes)
        found: list[Scored] = []
        for item, some in zip(items, requests, strict=True):
            own: list[Outcome] = [next(replies) for _ in some]
            found.append(metric.judged(item, own))
        return found

    @property
    def ledger(self) -> Ledger:
        """The ledger, opened at its first use, so that caps hold for all that is asked."""
        if self._ledger is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._ledger = Ledger(self.folder / "calls.sqlite", self.caps)
        return self._ledger

    def __enter__(self) -> Self:
        """The judge itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes its ledger."""
        if self._ledger is not None:
            self.counts = self._ledger.counts
            self._ledger.close()
            self._ledger = None


def family(name: str) -> str:
    """The family of a model by its name or path; "" if it is not known.

    The last name in it counts: DeepSeek-R1-Distill-Qwen-7B is a Qwen.
    """
    words = re.findall("[a-z]+", name.lower())
    known = [one for one in words if one in FAMILIES]
    return MADE_OF.get(known[-1], known[-1]) if known else ""


def kin(judge: str, judged: str) -> str:
    """A warning where the judge is of the family of the model it judges; "" where nothing is seen."""
    same = family(judge)
    if not same or same != family(judged):
        return ""
    return (
        f"the judge {judge} and what it judges ({judged}) look like one family, {same}: models are "
        "kind to their own, so have one of another family judge"
    )
