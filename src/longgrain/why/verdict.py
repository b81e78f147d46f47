"""What was measured of one answer > sentences: whether it rests on its context, on which grains, and on the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp

from longgrain.why import Explained
from longgrain.why.leaving import Effect

# A smaller fall of the score says nothing: in nats, and in F1.
LEAST = {"nats": 0.5, "F1": 0.2}
# Below this F1 with the whole context the model gives another answer than the one explained.
SAME = 0.5
# If no grain alone has this part of what all have together, several of them say the same.
ALONE = 0.1


def sentences(found: Explained) -> Iterator[str]:
    """What can be said, and what cannot."""
    left = found.left
    yield _with_and_without(found)
    if found.unit == "F1" and left.full < SAME:
        yield (
            f"With the whole context the model gives another answer (F1 {left.full:.2f}), so what "
            "follows says little; explain its own answer with --own."
        )
    fall = None if left.bare is None else left.full - left.bare
    ranked = left.ranked()
    top = ranked[0].value if ranked else None
    if top is None or max(fall or 0.0, top) < LEAST[found.unit]:
        yield "It hardly depends on the context, so no grain explains it."
    elif fall and top < ALONE * fall:
        yield (
            "No grain matters by itself, though all together do: several of them say the same, or "
            "each does a little."
        )
    else:
        yield _on_what(found, ranked[0])
    yield from _evidence(found)
    yield from _seen(found)
    if unknown := sum(one.value is None for one in left.effects):
        yield (
            f"{unknown:,} of {len(left.effects):,} contexts got no answer, so their grains are not "
            "ranked."
        )


def _with_and_without(found: Explained) -> str:
    left = found.left
    if left.bare is None:
        return "Without any grain the model gave no answer."
    if found.unit == "F1":
        return (
            f"Without any grain the model's answer agrees with this one to {left.bare:.2f} (token F1), "
            f"with all of them to {left.full:.2f}."
        )
    change = left.full - left.bare
    return (
        f"With the whole context the answer has a probability of {chance(left.full)}, without any grain "
        f"{chance(left.bare)}: its log-probability {'falls' if change >= 0 else 'rises'} by "
        f"{abs(change):.2f} nats."
    )


def _on_what(found: Explained, one: Effect) -> str:
    evidence = set(found.case.evidence)
    kind = "part of the evidence" if evidence & {*one.grains} else "not the evidence"
    if not evidence:
        kind = "and which grains are the evidence is not known"
    worth = f"{one.value:.2f} {found.unit}"
    if len(one.grains) > 1:
        return (
            f"What matters most are {named(one)} together ({worth}, {kind}); no one of them was told "
            "apart."
        )
    after = "" if found.unit == "F1" else f", to {chance(found.left.full - (one.value or 0))}"
    return f"{named(one).capitalize()} matters most, {kind}: without it the answer loses {worth}{after}."


def _evidence(found: Explained) -> Iterator[str]:
    evidence, left = found.case.evidence, found.left
    for grain in evidence:
        effect, rank = left.of(grain), left.rank(grain)
        if rank is None:
            yield f"Grain {grain + 1}, of the evidence, got no answer when it was left out."
        elif len(effect.grains) > 1:
            yield (
                f"Grain {grain + 1}, of the evidence, was left out only together with {named(effect)}, "
                f"which came {_nth(rank)} of {len(left.effects):,}."
            )
        else:
            yield (
                f"Grain {grain + 1}, of the evidence, comes {_nth(rank)} of {len(left.effects):,} "
                f"({effect.value:+.2f} {found.unit})."
            )
    share = left.share(evidence)
    if evidence and share is not None:
        yield f"The evidence has {share:.0%} of all support that grains give to the answer."


def _seen(found: Explained) -> Iterator[str]:
    if found.attention and found.case.evidence:
        weights = found.attention.grains
        own = sum(weights[one] for one in found.case.evidence)
        most = max(range(len(weights)), key=weights.__getitem__)
        yield (
            f"Of the attention of the answer's tokens {own:.1%} goes to the evidence, "
            f"{found.attention.rest:.1%} to what is no grain; of the grains number {most + 1} gets most "
            f"({weights[most]:.1%})."
        )
    if found.unseen:
        yield f"No attention: {found.unseen}."


def named(one: Effect) -> str:
    """``grain 3`` or ``grains 3 to 9``."""
    if len(one.grains) == 1:
        return f"grain {one.grains.start + 1}"
    return f"grains {one.grains.start + 1} to {one.grains.stop}"


def chance(nats: float) -> str:
    """A log-probability as a probability."""
    share = exp(min(nats, 0.0))
    if share >= 0.001:
        return f"{share:.1%}"
    return f"{share:.3%}" if share >= 1e-5 else f"e^{nats:.1f}"


def _nth(rank: int) -> str:
    end = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank:,}{end}"
