"""Logits of the windows of a side > what the model says of each text, and its scores beside those of a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from longgrain.train.heads import scores as scoring
from longgrain.train.heads import tags
from longgrain.train.heads.labelled import Entity, Labelled, Text
from longgrain.train.heads.trainer import Floats
from longgrain.train.heads.windows import Learned, spoken_for
from longgrain.types import Side

Said = tuple[str, ...] | list[Entity]
# From which probability on a text has a class of which it may have several, as pipelines have it.
THERE = 0.5


@dataclass(frozen=True, kw_only=True)
class Judging:
    """The texts of a side with their windows, in order; ``found`` holds all sides."""

    found: Labelled
    side: Side
    labels: Sequence[str]
    windows: Sequence[Learned]

    @property
    def texts(self) -> Sequence[Text]:
        """The texts that are judged."""
        return self.found.sides[self.side]

    @cached_property
    def all_labels(self) -> list[str]:
        """Those of the model, then those that only stand on this side: they count as missed."""
        more = {name for one in self.texts for name in one.labels} - {*self.labels}
        return [*self.labels, *sorted(more)]

    def said(self, logits: Sequence[Floats]) -> list[Said]:
        """Classes or entities of each text: a text of several windows by the mean of what they say."""
        numbers: list[list[int]] = [[] for _ in self.texts]
        for number, one in enumerate(self.windows):
            numbers[one.window.text].append(number)
        return [self._of_text([(self.windows[n], logits[n]) for n in some]) for some in numbers]

    def _of_text(self, read: Sequence[tuple[Learned, Floats]]) -> Said:
        if self.found.task == "tokens":
            known = np.concatenate([one[w.window.own] for w, one in read]).argmax(-1)
            places = spoken_for([w.window for w, _ in read])
            return tags.entities_of(known, places, self.labels)
        mean = np.mean([self._chances(one) for _, one in read], axis=0)
        if self.found.multi:
            return tuple(self.labels[at] for at in np.flatnonzero(mean >= THERE).tolist())
        return (self.labels[int(mean.argmax())],)

    def _chances(self, logits: Floats) -> Floats:
        if self.found.multi:
            return np.asarray(1 / (1 + np.exp(-logits)), np.float32)
        raised = np.exp(logits - logits.max())
        return np.asarray(raised / raised.sum(), np.float32)

    def quick(self, logits: Sequence[Floats]) -> dict[str, float]:
        """Macro F1, for a look on the way."""
        return {"macro_f1": float(scoring.macro(self._counts(self.said(logits)).sum(0)))}

    def scores(self, logits: Sequence[Floats]) -> dict[str, Any]:
        """Everything about a side: accuracy, F1, classes; the same of a rule without a model."""
        said = self.said(logits)
        found = {"texts": len(self.texts), **self._accuracy(said, logits)}
        found |= scoring.figures(self._counts(said), self.all_labels)
        return {**found, "baseline": self._baseline()}

    def _counts(self, said: Sequence[Said]) -> scoring.Counts:
        if self.found.task == "tokens":
            gold: list[Any] = [one.entities for one in self.texts]
            return scoring.counts(gold, said, self.all_labels, lambda one: str(one.label))
        return scoring.counts([one.classes for one in self.texts], said, self.all_labels)

    def _accuracy(self, said: Sequence[Said], logits: Sequence[Floats]) -> dict[str, Any]:
        """Of texts, all of whose classes must be right; of tokens, their tags."""
        if self.found.task == "classification":
            right = [
                {*one.classes} == {*given} for one, given in zip(self.texts, said, strict=True)
            ]
            return {"accuracy": scoring.share(sum(right), len(right))}
        hits = total = 0
        for one, some in zip(self.windows, logits, strict=True):
            known = one.target != tags.UNSURE
            hits += int((some.argmax(-1) == one.target)[known].sum())
            total += int(known.sum())
        return {"token_accuracy": scoring.share(hits, total)}

    def _baseline(self) -> dict[str, Any]:
        """What is said most often in training, or what was an entity there."""
        train = self.found.sides["train"]
        said: list[Said]
        if self.found.task == "classification":
            most = scoring.commonest([one.classes for one in train])
            said = [most for _ in self.texts]
            rule = f"always {', '.join(most) or 'no class'}"
        else:
            known = scoring.word_list(
                [(t.text[one.start : one.end], one.label) for t in train for one in t.entities]
            )
            said = [[Entity(*one) for one in scoring.looked_up(t.text, known)] for t in self.texts]
            rule = "what was an entity in training"
        found = scoring.figures(self._counts(said), self.all_labels)
        return {"rule": rule, **self._plain(said), **_without_classes(found)}

    def _plain(self, said: Sequence[Said]) -> dict[str, Any]:
        if self.found.task == "classification":
            return self._accuracy(said, [])
        known = np.concatenate([one.target[one.target != tags.UNSURE] for one in self.windows])
        return {"token_accuracy": scoring.share(int((known == 0).sum()), len(known))}


def _without_classes(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != "classes"}
