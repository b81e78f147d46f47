"""Entries, a form of writing, tokens and bins of depth > the spans of a context, and where its evidence lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from longgrain.recipes.keyvalue.tasks import Entry, Task
from longgrain.types import Given, Role, Span

# How far from the middle of its bin evidence may aim, in widths of the bin.
OFF_CENTRE = 0.3
# Entries whose tokens are counted to guess how many fill a context, and what is made beyond.
TRIED, SPARE = 8, 1.3
# What stands for the number of an entry while it is not known has three digits.
HUNDRED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a list is written: what stands before it, between two entries and behind it, and an entry."""

    name: str
    line: Callable[[Entry], str]
    head: str = ""
    joint: str = "\n"
    tail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """The spans of a list, its evidence in the order of the list, and the depth of each."""

    spans: tuple[Span, ...]
    evidence: tuple[Entry, ...]
    depths: tuple[float, ...]


def lay(
    task: Task,
    style: Style,
    *,
    origin: Given,
    tokens: int,
    bins: Sequence[int],
    of: int,
    random: Any,
    count: Callable[[Sequence[str]], Sequence[int]],
) -> Laid | None:
    """A list of about so many tokens, each entry of the evidence in the middle of its bin ``of`` so many.

    ``bins`` has one for each entry of the evidence, in the task's order. None where the tokens do
    not suffice for what must be in it.
    """
    needed = [*task.evidence, *task.near]
    sizes = np.array(count(_joined(needed, style)), np.int64)
    room = tokens - int(sizes.sum()) - int(count([style.head + style.tail])[0])
    if room < 0:
        return None
    own, near = np.split(sizes, [len(task.evidence)])
    filler, fits = _filler(task, style, room, count)
    filler, fits = [*task.near, *filler], np.concatenate([near, fits])
    if not task.in_order:
        order = random.permutation(len(filler))
        filler, fits = [filler[i] for i in order.tolist()], fits[order]
    shift = random.uniform(-OFF_CENTRE, OFF_CENTRE, len(bins))
    aims = (np.asarray(bins) + 0.5 + shift) / of
    aims = np.sort(aims) if task.in_order else random.permutation(aims)
    ranks = np.argsort(aims, kind="stable")
    places, depths = _places(aims[ranks], own[ranks], np.concatenate([[0], np.cumsum(fits)]))
    listed = _numbered(filler, [task.evidence[i] for i in ranks.tolist()], places)
    return Laid(
        spans=tuple(_spans(listed, style, origin)),
        evidence=tuple(one for one, is_evidence in listed if is_evidence),
        depths=tuple(depths),
    )


def _joined(entries: Sequence[Entry], style: Style, first: int = HUNDRED) -> list[str]:
    """Each entry as it is written, the joint behind it; where they have numbers, from ``first`` on."""
    known = (_known(one, str(number)) for number, one in enumerate(entries, first))
    return [style.line(one) + style.joint for one in known]


def _known(entry: Entry, number: str) -> Entry:
    return entry if entry.key else replace(entry, key=number)


def _filler(
    task: Task, style: Style, room: int, count: Callable[[Sequence[str]], Sequence[int]]
) -> tuple[list[Entry], Any]:
    """Other entries that fill the room, and the tokens of each among them."""
    first = 1 + len(task.evidence) + len(task.near)
    found = task.others(TRIED)
    sizes = list(count(_joined(found, style, first)))
    more = int(SPARE * room / max(1.0, sum(sizes) / TRIED)) + 1 - TRIED
    if more > 0:
        found = task.others(TRIED + more) if task.in_order else [*found, *task.others(more)]
        sizes = list(count(_joined(found, style, first)))
    # Signs around a joint become one token: entries joined have fewer than each has on its own.
    whole = int(count(["".join(_joined(found, style, first))])[0])
    joined = np.array(sizes, float) * whole / max(1, sum(sizes))
    fitting = int(np.searchsorted(np.cumsum(joined), room, "right"))
    return found[:fitting], joined[:fitting]


def _places(aims: Any, own: Any, edges: Any) -> tuple[list[int], list[float]]:
    """Before which filler entry each piece of evidence goes, and how deep its middle then lies."""
    total = int(edges[-1] + own.sum())
    places: list[int] = []
    depths: list[float] = []
    before = 0
    for aim, size in zip(aims.tolist(), own.tolist(), strict=True):
        wanted = aim * total - before - size / 2
        place = int(np.abs(edges - wanted).argmin())
        place = max(place, places[-1] if places else 0)
        places.append(place)
        depths.append((int(edges[place]) + before + size / 2) / total)
        before += size
    return places, depths


def _numbered(
    filler: Sequence[Entry], evidence: Sequence[Entry], places: Sequence[int]
) -> list[tuple[Entry, bool]]:
    """All entries in the order of the list with their keys, and which of them are evidence."""
    listed: list[tuple[Entry, bool]] = []
    at = 0
    for entry, place in zip(evidence, places, strict=True):
        listed += [(one, False) for one in filler[at:place]]
        listed.append((entry, True))
        at = place
    listed += [(one, False) for one in filler[at:]]
    return [(_known(one, str(number)), own) for number, (one, own) in enumerate(listed, 1)]


def _spans(listed: Sequence[tuple[Entry, bool]], style: Style, origin: Given) -> list[Span]:
    """The list as it is written: evidence in spans of its own, all between two of them in one."""
    found: list[Span] = []
    words: list[str] = []

    def close(role: Role) -> None:
        if words:
            found.append(Span(role=role, origin=origin, text=style.joint.join(words)))
            words.clear()

    def join() -> None:
        if found:
            found.append(Span(role="glue", origin=origin, text=style.joint))

    for entry, is_evidence in listed:
        if is_evidence:
            if words:
                join()
                close("distractor")
            join()
            words.append(style.line(entry))
            close("evidence")
        else:
            words.append(style.line(entry))
    if words:
        join()
        close("distractor")
    head = [Span(role="metadata", origin=origin, text=style.head)] if style.head else []
    tail = [Span(role="glue", origin=origin, text=style.tail)] if style.tail else []
    return [*head, *found, *tail]
