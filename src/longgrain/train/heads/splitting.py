"""Labelled texts of one file > the same on sides train, valid and test; near-duplicates on one side."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from longgrain.near import groups, signatures
from longgrain.terms import coded
from longgrain.train.heads.labelled import Labelled, Text
from longgrain.types import Side, content_id

# Two short texts are copies when so much of their 5-grams is the same; a question that is asked of
# many things in one form of words has less in common, else all of them would be one group.
ALIKE = 0.5


def split(found: Labelled, valid: float, test: float, seed: int) -> Labelled:
    """Deals groups of near-duplicates by the hash of their texts and the seed.

    Each label has its share on each side, as near as whole groups allow: a group goes by its rarest
    label. Groups too large for the smaller sides are for training.
    """
    texts = found.sides["train"]
    often = Counter(label for one in texts for label in {*one.labels, ""})
    dealt: dict[Side, list[Text]] = {"train": [], "valid": [], "test": []}
    shares: dict[Side, float] = {"valid": valid, "test": test}
    taken: Counter[tuple[Side, str]] = Counter()
    listed = [
        (min(one.labels, key=lambda name: (often[name], name), default=""), one) for one in texts
    ]
    total = Counter(label for label, _ in listed)
    rarest = {one.name: label for label, one in listed}
    for group in sorted(
        _groups(texts), key=lambda some: content_id(seed, *sorted(t.text for t in some))
    ):
        label = min((rarest[one.name] for one in group), key=lambda name: (total[name], name))
        open_: list[Side] = [
            side
            for side, share in shares.items()
            if share and taken[side, label] + len(group) / 2 <= share * total[label]
        ]
        side: Side = open_[0] if open_ else "train"
        taken[side, label] += len(group)
        dealt[side] += group
    order = {one.name: number for number, one in enumerate(texts)}
    return replace(
        found,
        sides={side: sorted(some, key=lambda one: order[one.name]) for side, some in dealt.items()},
    )


def _groups(texts: Sequence[Text]) -> list[list[Text]]:
    """Near-duplicates together, in their order."""
    codes, owners = coded([one.text for one in texts])
    near = groups(signatures(codes, owners, len(texts)), jaccard=ALIKE, containment=None)
    found: defaultdict[int, list[Text]] = defaultdict(list)
    for number, one in zip(near.tolist(), texts, strict=True):
        found[number].append(one)
    return list(found.values())
