"""Documents longer than a window > notes on each window, notes brought together, up to date, and in steps.

Map and reduce, refine, and a plan carried out step by step: every stage is an example of its own, and
the whole is one, too. What an answer says follows from the notes, and the notes from the windows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.recipes.multistage.stages import RECIPE, Stages
from longgrain.recipes.multistage.trace import Trace
from longgrain.recipes.multistage.traces import TASKS, Traces
from longgrain.recipes.multistage.written import rehearsed
from longgrain.recipes.shares import counts, sound
from longgrain.types import Draft, Dropped, Request

SHARES = {"map": 0.3, "reduce": 0.15, "refine": 0.25, "step": 0.15, "trace": 0.15}


@dataclass(frozen=True, kw_only=True)
class Multistage:
    """Stages of reading in windows: map, reduce, refine, step, and the trace of them all.

    ``shares`` of the kinds and ``tasks`` (a fact to find, sentences on a term to collect, a figure to
    compare, a digest) are scaled to 1. A window has up to ``window`` tokens, a trace ``windows`` of
    them at least and at most, fewer where a row could not hold it. ``sentences`` of each window go
    into a digest. At most a share ``empty`` of the map stages and of the steps finds nothing.
    """

    name: ClassVar[str] = RECIPE
    source: ClassVar[str] = "Wu et al. 2021, Recursively Summarizing Books, arXiv 2109.10862"
    own_contexts: ClassVar[bool] = True

    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))
    tasks: Mapping[str, float] = field(default_factory=lambda: dict(TASKS))
    window: int = 1024
    windows: tuple[int, int] = (2, 5)
    sentences: int = 2
    empty: float = 0.3

    def __post_init__(self) -> None:
        for what, given, known in (("shares", self.shares, SHARES), ("tasks", self.tasks, TASKS)):
            sound("multistage", given, known, what, "there are")
        if self.window < 64:
            raise PlanError(
                f"multistage window {self.window}: hardly a sentence fits; give at least 64 tokens"
            )
        if not 2 <= self.windows[0] <= self.windows[1]:
            raise PlanError(
                f"multistage windows {list(self.windows)}: give two numbers from 2, smaller first; "
                "what fits one window needs no stages"
            )
        if self.sentences < 1 or not 0 <= self.empty < 1:
            raise PlanError(
                f"multistage sentences {self.sentences}, empty {self.empty}: a digest has 1 sentence "
                "of a window or more, and a share is from 0 to below 1"
            )

    def kinds(self, examples: int) -> Mapping[str, int]:
        """Whole numbers by kind."""
        return counts(examples, {f"{RECIPE}-{kind}": self.shares.get(kind, 0.0) for kind in SHARES})

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Stages of one kind, of the same traces as those of every other kind."""
        stage = kind.removeprefix(f"{RECIPE}-")
        found = empty = 0
        for trace in self._traces(materials).read():
            if isinstance(trace, Dropped):
                yield trace
                continue
            for one in self._stages(stage, trace, materials):
                if not one.evidence and empty >= self.empty * (found + 1):
                    continue
                found, empty = found + 1, empty + (not one.evidence)
                yield one

    def _stages(self, stage: str, trace: Trace, materials: Materials) -> Iterator[Draft]:
        stages = Stages(trace=trace, materials=materials)
        return {
            "map": stages.map,
            "reduce": stages.reduce,
            "refine": stages.refine,
            "step": stages.step,
            "trace": stages.whole,
        }[stage]()

    def _traces(self, materials: Materials) -> Traces:
        """Those of a side, remembered from one kind to the next."""
        traces: Traces = materials.notes.setdefault(
            RECIPE,
            Traces(
                materials=materials,
                tasks=self.tasks,
                window=self.window,
                windows=self.windows,
                each=self.sentences,
            ),
        )
        return traces

    @staticmethod
    def rehearse(request: Request) -> str:
        """What a model would reply, so that calls and tokens can be foreseen."""
        return rehearsed(request)
