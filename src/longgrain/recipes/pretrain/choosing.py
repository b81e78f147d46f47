"""The texts of one side > those worth training on, cleaned, measured and in classes; the others with reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import numpy as np

from longgrain.errors import PlanError
from longgrain.lines import read_lines
from longgrain.protocols import Materials
from longgrain.recipes.pretrain.cleaning import Left, Shared, unwanted
from longgrain.recipes.pretrain.labels import UNLABELLED, Labels, place
from longgrain.recipes.pretrain.quality import Bounds, broken, measures
from longgrain.recipes.pretrain.selecting import classified, keyed, nearness
from longgrain.recipes.pretrain.texts import Text, raw, texts_of, words_of
from longgrain.types import Dropped

# Texts whose tokens are counted in one go.
BATCH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a text must be like; the fields are those of the recipe."""

    clean: bool
    boilerplate: float
    quality: Mapping[str, Bounds]
    seeds: Sequence[str]
    keywords: Sequence[str]
    by: str
    keep: float
    label: str
    domain: Sequence[str]
    classes: str


@dataclass(slots=True)
class Chosen:
    """Texts to mix, and what was left out on the way."""

    texts: list[Text] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)

    def drop(self, text: Text, reason: str, detail: str = "") -> None:
        """Leaves a text out."""
        name = f"{text.name}:{text.start}"
        detail = f"{detail}; {text.source}" if detail else text.source
        self.dropped.append(Dropped(step="draft", id=name, reason=reason, detail=detail))


def chosen(materials: Materials, wanted: Wanted) -> Chosen:
    """The texts of this side's documents that are worth training on."""
    found = Chosen()
    labels = Labels(wanted.label, materials)
    shared = _shared(materials, wanted) if wanted.clean else None
    for text in texts_of(materials):
        label = labels.of(text)
        if wanted.by == "label" and label not in wanted.domain:
            found.drop(text, "of another domain by its label", label or UNLABELLED)
            continue
        sound = _sound(materials, text, wanted, shared, found)
        if sound is not None:
            found.texts.append(replace(sound, group=_class(sound, wanted.classes, label)))
    _apart(materials, found)
    _near(materials, wanted, found)
    _count(materials, found)
    return found


def _class(text: Text, classes: str, label: str) -> str:
    if classes == "label":
        return label or UNLABELLED
    return text.language if classes == "language" else place(text.source)


def _shared(materials: Materials, wanted: Wanted) -> Shared:
    """The lines of all documents, counted."""
    shared = Shared(share=wanted.boilerplate)
    for _, some in groupby(texts_of(materials), key=lambda text: text.name):
        shared.add(raw(materials, text) for text in some)
    return shared


def _sound(
    materials: Materials, text: Text, wanted: Wanted, shared: Shared | None, found: Chosen
) -> Text | None:
    """A text without what is not worth training on, unless what is left is not good enough."""
    lines = read_lines(raw(materials, text))
    if wanted.clean:
        left = unwanted(lines, shared, code=text.code)
        found.dropped += _told(text, left)
        if left:
            cut = tuple((one.start + text.start, one.end + text.start) for one in left)
            text = replace(text, left_out=cut)
            lines = read_lines(words_of(materials, text))
    held = measures(lines, text.language, code=text.code)
    if rule := broken(held, text.language, wanted.quality):
        found.drop(text, f"quality: {rule.partition(' ')[0]}", rule)
        return None
    if not lines.text.strip():
        found.drop(text, "nothing is left of it")
        return None
    return replace(text, quality=held)


def _told(text: Text, left: Sequence[Left]) -> Iterator[Dropped]:
    """What was left out of a text, one item for each reason."""
    for reason, count in Counter(one.reason for one in left).items():
        words = next(one.words for one in left if one.reason == reason)
        yield Dropped(
            step="draft",
            id=f"{text.name}:{text.start}:{reason}",
            reason=f"cleaned: {reason}",
            detail=f"{count} left out, the first in {words[:60]!r}; {text.source}",
        )


def _apart(materials: Materials, found: Chosen) -> None:
    """Lets go of near-duplicates of other sides, of benchmarks, and of each other."""
    kin = materials.kin(words_of(materials, text) for text in found.texts)
    kept = []
    for number, (text, (first, barred)) in enumerate(zip(found.texts, kin, strict=True)):
        twin = "near-duplicate of an earlier text" if first != number else ""
        if reason := barred or twin:
            found.drop(text, reason)
        else:
            kept.append(text)
    found.texts = kept


def _near(materials: Materials, wanted: Wanted, found: Chosen) -> None:
    """Lets go of the texts that are furthest from the domain, by their words."""
    if not (wanted.seeds or wanted.keywords) or not found.texts:
        return

    def texts() -> Iterator[str]:
        return (words_of(materials, text) for text in found.texts)

    seeds = [_seed(materials, name) for name in wanted.seeds]
    scores = nearness(texts, seeds) if seeds else keyed(texts, wanted.keywords)
    if wanted.by == "classifier":
        learned = classified(texts, scores)
        if learned is None:
            materials.count("pretrain: too few texts for a classifier, chosen by relevance")
        scores = scores if learned is None else learned
    sizes = np.array([text.characters for text in found.texts], np.float64)
    order = np.argsort(-scores, kind="stable")
    before = np.cumsum(sizes[order]) - sizes[order]
    near = np.zeros(len(order), bool)
    near[order] = before < wanted.keep * sizes.sum()
    kept = []
    for text, score, is_near in zip(found.texts, scores.tolist(), near.tolist(), strict=True):
        if is_near:
            kept.append(replace(text, relevance=score))
        else:
            found.drop(text, "far from the domain", f"relevance {score:.3f}")
    found.texts = kept


def _seed(materials: Materials, name: str) -> str:
    path = materials.path(name)
    if not path.is_file():
        raise PlanError(
            f"pretrain seeds: there is no file {path}, so nothing says what the domain is; correct "
            "its name or give keywords"
        )
    return path.read_text("utf-8", "replace")


def _count(materials: Materials, found: Chosen) -> None:
    """Counts the tokens of each text."""
    counted: list[Text] = []
    for at in range(0, len(found.texts), BATCH):
        some = found.texts[at : at + BATCH]
        tokens = materials.tokens([words_of(materials, text) for text in some])
        counted += [replace(text, tokens=n) for text, n in zip(some, tokens, strict=True)]
    found.texts = counted
