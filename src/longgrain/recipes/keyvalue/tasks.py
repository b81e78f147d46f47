"""A maker of symbols, what is asked for > entries that answer, entries beside them, the answer and the way to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from longgrain.vocabulary import Kind, Maker, number

# Digits of a threshold for values of six digits: neither rare above nor rare below.
THRESHOLDS = (300_000, 700_000)
# Entries that a chain goes on for behind the step that is asked for.
BEYOND = (1, 3)
# Of two statements beside the asked chain about one copies a variable, one in eight sets one anew.
COPIES, RESETS = 0.5, 0.125
CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A key and its values; a key "" is the entry's number in the list, known when it is laid."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to find in a list of entries.

    ``form`` names its wordings, ``said`` fills their braces. ``evidence`` are the entries from which
    the answer follows, in the order to follow; ``near`` stand in every context, and ``others(n)``
    gives n more. ``in_order``: entries take effect one after the other, so their order must be kept.
    ``operands`` are the symbols from which the answer is made.
    """

    form: str
    evidence: tuple[Entry, ...]
    others: Callable[[int], list[Entry]]
    answer: str
    said: Mapping[str, str]
    operands: tuple[str, ...]
    near: tuple[Entry, ...] = ()
    in_order: bool = False
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbols:
    """Makes keys and values of their kinds; no symbol comes twice."""

    maker: Maker
    key: Kind
    value: Kind

    @property
    def random(self) -> Any:
        """The generator of all that is made."""
        return self.maker.random

    def keys(self, count: int) -> list[str]:
        """So many new keys."""
        return [self.maker.one(self.key) for _ in range(count)]

    def entry(self, values: int = 1, key: str = "") -> Entry:
        """A new value, or several, for a key that is new unless it is given."""
        key = key or self.maker.one(self.key)
        return Entry(key=key, values=tuple(self.maker.one(self.value) for _ in range(values)))

    def alike(self, keys: Sequence[str], count: int, values: int = 1) -> tuple[Entry, ...]:
        """So many entries for each key whose own key is nearly the same."""
        near = [self.maker.like(key, self.key) for key in keys for _ in range(count)]
        return tuple(self.entry(values, key) for key in near)


def between(random: Any, bounds: tuple[int, int]) -> int:
    """A number from the first to the second, both included."""
    return int(random.integers(bounds[0], bounds[1] + 1))


def lookup(symbols: Symbols, queries: int, values: int, alike: int) -> Task:
    """One or several keys, each with one or several values, among pairs of the same kind."""
    asked = [symbols.entry(values) for _ in range(queries)]
    keys = [one.key for one in asked]
    found = [", ".join(one.values) for one in asked]
    return Task(
        form="lookup-one" if queries == 1 else "lookup-many",
        evidence=tuple(asked),
        near=symbols.alike(keys, alike, values),
        others=lambda count: [symbols.entry(values) for _ in range(count)],
        answer=found[0]
        if queries == 1
        else "\n".join(map(": ".join, zip(keys, found, strict=True))),
        said={"keys": "\n".join(keys)},
        operands=tuple(value for one in asked for value in one.values),
        about={"symbols": [symbols.key, symbols.value], "queries": queries, "values": values},
    )


def hops(symbols: Symbols, count: int, to_end: bool, alike: int) -> Task:
    """A chain of keys in which the value of one is the key of the next: to its end, or so many steps."""
    bounds = (1, count + 1)
    beyond = 0 if to_end else between(symbols.random, BEYOND)
    chain = symbols.keys(count + beyond + 1)
    links = _links(chain)
    near = [
        one
        for key in (symbols.maker.like(chain[0], symbols.key) for _ in range(alike))
        for one in _links([key, *symbols.keys(between(symbols.random, bounds))])
    ]
    return Task(
        form="hops-end" if to_end else "hops-steps",
        evidence=tuple(links[:count]),
        near=(*near, *links[count:]),
        others=lambda wanted: _chains(symbols, wanted, bounds),
        answer=chain[count],
        said={"key": chain[0], "count": str(count)},
        operands=(chain[count],),
        about={"symbols": [symbols.key], "hops": count},
    )


def _links(chain: Sequence[str]) -> list[Entry]:
    return [Entry(key=one, values=(other,)) for one, other in pairwise(chain)]


def _chains(symbols: Symbols, wanted: int, bounds: tuple[int, int]) -> list[Entry]:
    """Links of chains as long as the one that is asked for, so that a link tells nothing by itself."""
    found: list[Entry] = []
    while len(found) < wanted:
        found += _links(symbols.keys(between(symbols.random, bounds) + 1))
    return found[:wanted]


def tracking(random: Any, count: int, wants_value: bool, replaced: bool) -> Task:
    """A number that variables take over from each other; in the end one may have been set anew."""
    fresh, taken = _variables(random), set[str]()
    chain = [next(fresh) for _ in range(count + 1)]
    value, other = _new(random, taken), _new(random, taken)
    statements = [Entry(key=chain[0], values=(value,)), *_links(chain[::-1])[::-1]]
    if replaced:  # once its value was taken over
        lost = between(random, (0, count))
        place = between(random, (min(lost + 2, count + 1), count + 1))
        statements.insert(place, Entry(key=chain[lost], values=(other,)))
    state = run(statements)
    holding = [name for name in chain if state[name] == value]
    asked = chain[-1]
    answer = state[asked] if wants_value else ", ".join(holding)
    return Task(
        form="tracking-value" if wants_value else "tracking-names",
        evidence=tuple(statements),
        others=lambda wanted: _statements(random, fresh, wanted, taken),
        answer=answer,
        said={"name": asked, "value": value},
        operands=(answer,) if wants_value else tuple(holding),
        in_order=True,
        about={"symbols": ["variables", "numbers"], "hops": count, "replaced": replaced},
    )


def _variables(random: Any) -> Iterator[str]:
    """Names such as K482, each once."""
    seen: set[str] = set()
    while True:
        name = f"{CAPITALS[random.integers(len(CAPITALS))]}{number(random, 3)}"
        if name not in seen:
            seen.add(name)
            yield name


def _new(random: Any, taken: set[str]) -> str:
    """A number of six digits that is not taken."""
    while (value := number(random, 6)) in taken:
        pass
    taken.add(value)
    return value


def run(statements: Sequence[Entry]) -> dict[str, str]:
    """The number that each variable has in the end."""
    state: dict[str, str] = {}
    for one in statements:
        [value] = one.values
        state[one.key] = state.get(value, value)
    return state


def _statements(random: Any, fresh: Iterator[str], wanted: int, taken: set[str]) -> list[Entry]:
    """Statements about other variables, each sound after those before it."""
    known: list[str] = []
    found: list[Entry] = []
    while len(found) < wanted:
        draw = float(random.random())
        anew = bool(known) and draw < RESETS
        key = known[random.integers(len(known))] if anew else next(fresh)
        if known and RESETS <= draw < RESETS + COPIES:
            value = known[random.integers(len(known))]
        else:
            value = _new(random, taken)
        known += [] if anew else [key]
        found.append(Entry(key=key, values=(value,)))
    return found


def occurrences(symbols: Symbols, times: tuple[int, int], alike: int) -> Task:
    """How often one symbol stands in a list of symbols, most of which stand there several times."""
    count = between(symbols.random, times)
    [asked] = symbols.keys(1)
    near = [symbols.maker.like(asked, symbols.key) for _ in range(alike)]
    return Task(
        form="count-one",
        evidence=(Entry(key="", values=(asked,)),) * count,
        near=tuple(Entry(key="", values=(one,)) for one in near),
        others=lambda wanted: _repeated(symbols, wanted, (1, times[1])),
        answer=str(count),
        said={"symbol": asked, "count": str(count)},
        operands=(asked,),
        about={"symbols": [symbols.key], "times": count},
    )


def most(symbols: Symbols, times: tuple[int, int]) -> Task:
    """The symbol that stands most often in a list; every other one stands there less often."""
    count = max(2, between(symbols.random, times))
    [asked] = symbols.keys(1)
    return Task(
        form="count-most",
        evidence=(Entry(key="", values=(asked,)),) * count,
        others=lambda wanted: _repeated(symbols, wanted, (1, count - 1)),
        answer=asked,
        said={"symbol": asked, "count": str(count)},
        operands=(asked,),
        about={"symbols": [symbols.key], "times": count},
    )


def _repeated(symbols: Symbols, wanted: int, times: tuple[int, int]) -> list[Entry]:
    found: list[Entry] = []
    while len(found) < wanted:
        found += [Entry(key="", values=tuple(symbols.keys(1)))] * between(symbols.random, times)
    return found[:wanted]


def bounded(symbols: Symbols, times: tuple[int, int], above: bool) -> Task:
    """How many values are above a number, or below it; only so many are."""
    random, count = symbols.random, between(symbols.random, times)
    limit = between(random, THRESHOLDS)
    symbols.maker.reserve(str(limit))
    inside, outside = ((limit + 1, 999_999), (100_000, limit - 1))
    inside, outside = (inside, outside) if above else (outside, inside)

    def entries(wanted: int, bounds: tuple[int, int]) -> list[Entry]:
        found: list[Entry] = []
        while len(found) < wanted:
            value = str(between(random, bounds))
            if symbols.maker.reserve(value):
                found.append(Entry(key=symbols.maker.one(symbols.key), values=(value,)))
        return found

    asked = entries(count, inside)
    return Task(
        form="count-above" if above else "count-below",
        evidence=tuple(asked),
        others=lambda wanted: entries(wanted, outside),
        answer=str(count),
        said={"limit": str(limit), "count": str(count)},
        operands=tuple(value for one in asked for value in one.values),
        about={"symbols": [symbols.key, "numbers"], "times": count},
    )
