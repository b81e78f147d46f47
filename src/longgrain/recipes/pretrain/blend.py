"""Chosen texts and the user's general data > the mix: pieces in the order of training, and what is not in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import pairwise

from longgrain.protocols import Materials
from longgrain.recipes.pretrain.mixing import Balance, There, by_length, shares, supplies
from longgrain.recipes.pretrain.order import Course, Pick, Stream, at_most
from longgrain.recipes.pretrain.related import Neighbours, path
from longgrain.recipes.pretrain.replay import REPLAY, replayed
from longgrain.recipes.pretrain.telling import shortfalls, tokens_of, unused
from longgrain.recipes.pretrain.texts import Borders, Text, borders
from longgrain.types import Dropped

# Tokens that the end of a text may take in a row.
ENDS = 2
# Classes whose tokens the report shows, the largest first; drafts.parquet has all.
SHOWN = 20
NO_SHARE = "its class has no share in the mix"
LEFT_OUT = "left out so that shares are met"
BEYOND = "pretrain: texts beyond the examples or tokens asked for"
SPARE = "pretrain: general texts beyond the share of replay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blend:
    """How much of what is mixed, and in which order; the fields are those of the recipe."""

    balance: Balance
    repeats: int
    undersample: bool
    long: int
    long_share: float
    tokens: int
    replay: Sequence[str]
    replay_share: float
    related: str
    window: int
    stages: int
    first_window: int
    reached: float
    fade: float

    def course(self, materials: Materials) -> Course:
        """What changes on the way."""
        longest = materials.longest - ENDS
        window = min(self.window or longest, longest)
        first = min(self.first_window, window)
        return Course(
            window=window, first=first, reached=self.reached, stages=self.stages, fade=self.fade
        )

    def of_side(self, side: str) -> Blend:
        """Held-out sides are measured on: they stay as they are but for replay, in no order."""
        if side == "train":
            return self
        plain = replace(self, balance="natural", repeats=1, undersample=False, long_share=0.0)
        return replace(plain, stages=1, first_window=0, fade=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Texts, the pieces of them to train on in their order, and what was left out."""

    texts: list[Text]
    picks: list[Pick]
    dropped: list[Dropped]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pot:
    """Texts of one class, long and short ones apart where that matters, and the tokens to take."""

    name: str
    numbers: tuple[int, ...]
    there: float
    taken: float


def mixed(
    materials: Materials, found: Sequence[Text], blend: Blend, wanted: int, rewrites: int
) -> Mix:
    """The mix of one side with at most ``wanted`` examples, beside ``rewrites`` tokens of rewrites."""
    texts, dropped = list(found), list[Dropped]()
    share = blend.replay_share if blend.replay else 0.0
    budget = max(1.0, blend.tokens * (1 - share) - rewrites) if blend.tokens else 0.0
    pots = domain(texts, blend, budget)
    if share:
        for item in replayed(blend.replay, materials):
            if isinstance(item, Dropped):
                dropped.append(item)
            else:
                texts.append(item)
        needed = (sum(one.taken for one in pots) + rewrites) * share / (1 - share)
        pots.append(_general(texts, len(found), blend.repeats, needed))
    picks, scale = picked(materials, texts, pots, blend, wanted, blend.course(materials))
    is_small = scale < 1 or bool(blend.tokens)
    dropped += _outside(materials, texts, picks, pots, is_small=is_small)
    dropped += _missed(materials.side, texts, picks, blend, share, rewrites)
    made = tokens_of(texts, picks, lambda text: text.group)
    for name, tokens in made.most_common(SHOWN):
        materials.count(f"pretrain, {materials.side}: tokens of {name}", tokens)
    return Mix(texts=texts, picks=picks, dropped=dropped)


def domain(texts: Sequence[Text], blend: Blend, budget: float = 0.0) -> list[Pot]:
    """The domain's texts by class, and how many tokens each should give."""
    classes: dict[str, tuple[list[int], list[int]]] = {}
    for number, text in enumerate(texts):
        long = bool(blend.long_share) and text.tokens >= blend.long
        classes.setdefault(text.group, ([], []))[not long].append(number)
    sizes = {
        name: [float(sum(texts[n].tokens for n in some)) for some in both]
        for name, both in classes.items()
    }
    parts = {
        name: (
            by_length(long, short, blend.long_share, 1),
            by_length(long, short, blend.long_share, blend.repeats),
        )
        for name, (long, short) in sizes.items()
    }
    more = 1 if blend.long_share else blend.repeats
    there = {name: There(sum(once), more * sum(most)) for name, (once, most) in parts.items()}
    taken = supplies(
        there, shares(there, blend.balance), undersample=blend.undersample, tokens=budget
    )
    pots = []
    for name, both in classes.items():
        most = parts[name][1]
        for some, size, own in zip(both, sizes[name], most, strict=True):
            part = taken[name] * own / max(1.0, sum(most))
            if some:
                pots.append(Pot(name=name, numbers=tuple(some), there=size, taken=part))
    return pots


def _general(texts: Sequence[Text], first: int, repeats: int, needed: float) -> Pot:
    """The user's general data, as much of it as makes up its share."""
    numbers = tuple(range(first, len(texts)))
    there = float(sum(texts[number].tokens for number in numbers))
    return Pot(name=REPLAY, numbers=numbers, there=there, taken=min(needed, repeats * there))


def picked(
    materials: Materials,
    texts: Sequence[Text],
    pots: Sequence[Pot],
    blend: Blend,
    wanted: int,
    course: Course,
) -> tuple[list[Pick], float]:
    """The pieces in order, and the share of what the pots should give that they are."""

    @cache
    def cut(number: int) -> Borders:
        return borders(materials, texts[number])

    neighbours = Neighbours(materials, texts) if blend.related else None
    orders = [_order(pot, neighbours, blend.related) for pot in pots]

    def streams() -> list[Stream]:
        return [
            Stream(
                name=pot.name,
                numbers=order,
                texts=texts,
                borders=cut,
                supply=pot.taken,
                repeats=blend.repeats,
                ends=pot.taken < blend.repeats * pot.there,
                near=_near(order, neighbours, blend.related),
                along=blend.related == "path",
            )
            for pot, order in zip(pots, orders, strict=True)
            if pot.taken > 0
        ]

    return at_most(wanted, streams, course)


def _order(pot: Pot, neighbours: Neighbours | None, related: str) -> Sequence[int]:
    if neighbours is None or related != "path" or pot.name == REPLAY:
        return pot.numbers
    return path(pot.numbers, neighbours)


def _near(
    order: Sequence[int], neighbours: Neighbours | None, related: str
) -> Callable[[int], Sequence[int]] | None:
    """What may follow a text in its example: its neighbours, or the next of a path if it is one."""
    if neighbours is None:
        return None
    if related == "splice":
        return neighbours.of
    following = dict(pairwise(order))

    def next_of_path(number: int) -> list[int]:
        other = following.get(number, -1)
        return [other] if other in neighbours.of(number) else []

    return next_of_path


def _outside(
    materials: Materials,
    texts: Sequence[Text],
    picks: Sequence[Pick],
    pots: Sequence[Pot],
    *,
    is_small: bool,
) -> Iterator[Dropped]:
    """Texts that are not, or not wholly, in the mix: dropped, or counted where fewer were asked for."""
    barred = {number for pot in pots if not pot.taken for number in pot.numbers}
    for number, item in unused(texts, picks, LEFT_OUT):
        if number in barred:
            yield replace(item, reason=NO_SHARE)
        elif texts[number].group == REPLAY:
            materials.count(SPARE)
        elif is_small:
            materials.count(BEYOND)
        else:
            yield item


def _missed(
    side: str,
    texts: Sequence[Text],
    picks: Sequence[Pick],
    blend: Blend,
    share: float,
    rewrites: int,
) -> Iterator[Dropped]:
    """Shares that the mix does not meet."""
    made = tokens_of(texts, picks, lambda text: text.group)
    general = made.pop(REPLAY, 0)
    if share:
        all_of_it = {REPLAY: general, "domain": sum(made.values()) + rewrites}
        yield from shortfalls(all_of_it, {REPLAY: share}, f"of {side}")
    if blend.balance != "natural":
        there: Mapping[str, There] = {
            name: There(float(tokens), float(tokens))
            for name, tokens in tokens_of(texts, [], lambda text: text.group, whole=True).items()
            if name != REPLAY
        }
        yield from shortfalls(made, shares(there, blend.balance), f"of the domain, {side}")
    for name in made if blend.long_share else ():
        lengths = tokens_of(texts, picks, partial(_length, blend.long), of=partial(_is_of, name))
        yield from shortfalls(lengths, {"long": blend.long_share}, f"of {name}, {side}", above=True)


def _length(long: int, text: Text) -> str:
    return "long" if text.tokens >= long else "short"


def _is_of(name: str, text: Text) -> bool:
    return text.group == name
