"""Entities and the places of tokens > a BIO tag for each token, and tags > entities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longgrain.train.heads.labelled import Entity

Ints = NDArray[np.int64]
OUTSIDE = "O"
# Of a token of which nobody knows what it is: it is not learned from.
UNSURE = -100
OVERLAPS = "an entity that overlaps another one: tags cannot say both, and the earlier, longer one is learned"
UNFIT = "an entity whose borders lie inside of tokens: tags cannot say it"
UNKNOWN = "an entity of a kind that side train does not have"


def names_of(labels: Sequence[str]) -> list[str]:
    """O, then a tag for the first token of each kind of entity and one for the others."""
    return [OUTSIDE, *(f"{part}-{label}" for label in labels for part in "BI")]


def places(text: str, offsets: Ints) -> Ints:
    """Offsets of tokens without the white space that some tokenizers count to a token, (tokens, 2)."""
    found = offsets.copy()
    for number, (start, end) in enumerate(offsets.tolist()):
        words = text[start:end]
        if words[:1].isspace() or words[-1:].isspace():
            start += len(words) - len(words.lstrip())
            found[number] = start, max(start, start + len(words.strip()))
    return found


def tagged(
    places: Ints, entities: Sequence[Entity], labels: Sequence[str], notes: Counter[str]
) -> Ints:
    """The tag of each token by its number in `names_of`; UNSURE where no tag says what is there.

    Of the tokens of an entity the first is B; a character of several tokens has one B as well. What
    cannot be said is counted in ``notes``.
    """
    tags = np.zeros(len(places), np.int64)
    tags[places[:, 0] == places[:, 1]] = UNSURE  # white space, or nothing at all
    solid = np.flatnonzero(tags == 0)
    starts, ends = places[solid, 0], places[solid, 1]
    for one in sorted(entities, key=lambda it: (it.start, -it.end, it.label)):
        # Starts and ends of tokens only rise, but for characters of several tokens, where they stay.
        low = int(np.searchsorted(ends, one.start, "right"))
        high = int(np.searchsorted(starts, one.end, "left"))
        mine = solid[low:high]
        fits = len(mine) and starts[low] == one.start and ends[high - 1] == one.end
        if reason := _unsaid(one, labels, bool(fits), bool((tags[mine] > 0).any())):
            notes[reason] += 1
            tags[mine[tags[mine] == 0]] = UNSURE
            continue
        first = 1 + 2 * labels.index(one.label)
        tags[mine] = first + 1
        tags[mine[0]] = first
    return tags


def _unsaid(one: Entity, labels: Sequence[str], fits: bool, taken: bool) -> str:
    if one.label not in labels:
        return UNKNOWN
    if not fits:
        return UNFIT
    return OVERLAPS if taken else ""


def entities_of(tags: Any, places: Ints, labels: Sequence[str]) -> list[Entity]:
    """The entities that tags say: as of seqeval and CoNLL, an I after anything else begins one, too."""
    found: list[Entity] = []
    before = 0
    for tag, (start, end) in zip(np.asarray(tags).tolist(), places.tolist(), strict=True):
        if start == end:
            continue
        if tag:
            label = labels[(tag - 1) // 2]
            inside = tag % 2 == 0 and before and labels[(before - 1) // 2] == label
            if inside:
                found[-1] = found[-1]._replace(end=max(end, found[-1].end))
            else:
                found.append(Entity(start, end, label))
        before = tag
    return found
