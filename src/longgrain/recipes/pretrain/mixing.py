"""Classes of texts with their tokens, and shares > how many tokens of each class the mix takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Balance = Mapping[str, float] | Literal["natural", "even"]


class There(NamedTuple):
    """Tokens of a class: when every text is used once at most, and when as often as it may be."""

    once: float
    most: float


def shares(there: Mapping[str, There], balance: Balance) -> dict[str, float]:
    """The share of the domain's tokens that each class should have; also of classes that are missing.

    Classes without a share of their own divide what is left, by their tokens.
    """
    if balance == "even":
        return {name: 1 / len(there) for name in there}
    named = {} if isinstance(balance, str) else dict(balance)
    rest = {name: one.once for name, one in there.items() if name not in named}
    left, total = max(0.0, 1 - sum(named.values())), max(1.0, sum(rest.values()))
    return {**named, **{name: left * tokens / total for name, tokens in rest.items()}}


def supplies(
    there: Mapping[str, There],
    wished: Mapping[str, float],
    *,
    undersample: bool,
    tokens: float = 0,
) -> dict[str, float]:
    """Tokens that the mix takes of each class; 0 of one that is missing or has no share.

    With ``undersample`` it ends where the first class could give no more, so that the shares are
    met. Without it, it goes on until the class with most for its share is used once; the others come
    again as often as they may, and can fall short. ``tokens`` above 0 end the mix as well.
    """
    held = {n: one for n, one in there.items() if one.once > 0 and wished.get(n, 0) > 0}
    if not held:
        return dict.fromkeys(there, 0.0)
    if undersample:
        total = min(one.most / wished[name] for name, one in held.items())
    else:
        total = max(one.once / wished[name] for name, one in held.items())
    total = min(total, tokens) if tokens else total
    return {
        name: min(one.most, wished[name] * total) if name in held else 0.0
        for name, one in there.items()
    }


def by_length(long: float, short: float, share: float, repeats: int) -> tuple[float, float]:
    """Tokens of long and of short texts of one class, so that long ones have their share of it.

    Per-source length upsampling (Fu et al. 2024, arXiv 2402.10171): short texts are let go, long
    ones may come ``repeats`` times. A class without either kind is taken as it is, and so is one
    that has more of long texts than asked for.
    """
    if not share or not long or not short or long / (long + short) >= share:
        return long, short
    total = repeats * long / share
    if share < 1:
        total = min(total, short / (1 - share))
    return total * share, total * (1 - share)
