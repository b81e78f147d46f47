"""The documents of a side > traces of every task by share, made once and read by every kind of stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import TypeVar

from longgrain.facts import Language
from longgrain.protocols import Materials
from longgrain.recipes.in2 import In2
from longgrain.recipes.multistage.collect import collect, terms_of
from longgrain.recipes.multistage.digest import digest
from longgrain.recipes.multistage.figures import figures, sought
from longgrain.recipes.multistage.find import find
from longgrain.recipes.multistage.trace import Trace
from longgrain.recipes.multistage.windows import Group, Windows
from longgrain.recipes.multistage.wording import ASKING
from longgrain.recipes.multistage.written import Writer
from longgrain.types import Draft, Dropped

One = TypeVar("One")

TASKS = {"find": 0.25, "collect": 0.35, "figures": 0.2, "digest": 0.2}
SPOKEN = ("en", "zh")
UNSPOKEN = "stages are worded in English and Chinese only"
# Groups of windows are asked about again, for another term or figure.
TURNS = 6
# Traces whose words a model is asked for at a time.
BATCH = 4
# What instruction, notes and answer may take in a row beside the windows of a whole trace.
AROUND = 0.35


@dataclass(kw_only=True)
class Traces:
    """Made when they are first read; every kind of stage reads the same ones from the first on."""

    materials: Materials
    tasks: Mapping[str, float]
    window: int
    windows: tuple[int, int]
    each: int
    _made: list[Trace | Dropped] = field(default_factory=list)

    def read(self) -> Iterator[Trace | Dropped]:
        """What was made before, without what was dropped then; then more, until there is no more."""
        yield from [one for one in self._made if isinstance(one, Trace)]
        for one in self._source:
            self._made.append(one)
            yield one

    @cached_property
    def _source(self) -> Iterator[Trace | Dropped]:
        return self._written(self._planned())

    @cached_property
    def _windows(self) -> Windows:
        room = int(self.materials.longest * (1 - AROUND)) // self.window
        least = self.windows[0]
        return Windows(
            materials=self.materials,
            window=self.window,
            least=least,
            most=max(least, min(self.windows[1], room)),
        )

    def _written(self, traces: Iterator[Trace | Dropped]) -> Iterator[Trace | Dropped]:
        """Traces without words are written by the model, a few at a time."""
        writer = Writer(materials=self.materials)
        while some := list(islice(traces, BATCH if self.materials.prompted else 1)):
            yield from (one for one in some if isinstance(one, Dropped))
            begun = [one for one in some if isinstance(one, Trace)]
            yield from (one for one in begun if one.is_sound)
            if waiting := [one for one in begun if not one.is_sound]:
                yield from writer.complete(waiting)

    def _planned(self) -> Iterator[Trace | Dropped]:
        """The task that lags behind its share comes next; one that has no more is left out."""
        sources = {
            "find": self._finds(),
            "collect": self._collected(),
            "figures": self._figured(),
            "digest": self._digested(),
        }
        shares = {task: share for task, share in self.tasks.items() if share > 0}
        made = dict.fromkeys(shares, 0)
        while shares:
            task = min(shares, key=lambda one: ((made[one] + 0.5) / shares[one], one))
            one = next(sources[task], None)
            if one is None:
                del shares[task]
                continue
            made[task] += isinstance(one, Trace)
            yield one

    def _groups(self) -> Iterator[tuple[Group, Language]]:
        for group in self._windows.groups():
            if group[0].language[:2] in SPOKEN:
                yield group, _language(group)

    def _collected(self) -> Iterator[Trace]:
        return self._turned(terms_of, collect)

    def _figured(self) -> Iterator[Trace]:
        return self._turned(sought, figures)

    def _turned(
        self,
        able: Callable[[Sequence[str], Language], Sequence[One]],
        make: Callable[[One, Group, Sequence[str], str, Language], Trace | None],
    ) -> Iterator[Trace]:
        """One question a group, then the second of every group that has one, and so on."""
        groups = ((*one, list[One]()) for one in self._groups())
        waiting: Iterable[tuple[Group, Language, Sequence[One]]] = groups
        for turn in range(TURNS):
            later: list[tuple[Group, Language, Sequence[One]]] = []
            for group, language, left in waiting:
                texts = self._windows.texts(group)
                options = left if turn else able(texts, language)[:TURNS]
                where = self._windows.where(group, language)
                trace = make(options[0], group, texts, where, language) if options else None
                if len(options) > 1:
                    later.append((group, language, options[1:]))
                if trace:
                    yield trace
            waiting = later

    def _digested(self) -> Iterator[Trace]:
        """Once a group; told by a model where there is one."""
        prompted = self.materials.prompted
        for group, language in self._groups():
            texts, where = self._windows.texts(group), self._windows.where(group, language)
            trace = digest(group, texts, where, language, self.each, prompted)
            if trace:
                yield trace.told((), (), "") if prompted else trace

    def _finds(self) -> Iterator[Trace | Dropped]:
        """Questions about one grain, in a stretch of windows around it."""
        for item in In2().questions("multistage/find", self.materials, 1, asking=ASKING):
            if isinstance(item, Dropped):
                yield item
                continue
            if str(item.meta["language"])[:2] not in SPOKEN:
                yield Dropped(step="draft", id=item.id, reason=UNSPOKEN)
                continue
            made = find(item, self._windows, "zh" if _is_chinese(item) else "en")
            if isinstance(made, Trace):
                yield made
            else:
                yield Dropped(step="draft", id=item.id, reason=made)


def _language(group: Group) -> Language:
    return "zh" if group[0].language.startswith("zh") else "en"


def _is_chinese(draft: Draft) -> bool:
    return str(draft.meta["language"]).startswith("zh")
