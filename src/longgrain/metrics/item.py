"""What is scored, and what a metric must offer: the nouns of the shelf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

from longgrain.types import Refused, Reply, Request

Figures = Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A prediction and what it may be held against.

    ``row`` holds every field that the files have for this item, those of the prediction first.
    """

    id: str = ""
    prediction: str = ""
    references: tuple[str, ...] = ()
    source: str | None = None
    row: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Metric(Protocol):
    """An item > figures. Scores of several references are the best of them.

    ``origin`` says whose rule it is. ``needs`` names what an item must have ("references",
    "source", or fields of its row); an item without it is not scored. ``gold`` is the figure in
    which a gold answer scores 1 and an empty reply 0, or "" where there is no gold answer.
    ``shares`` says that figures lie in 0..1 and are shown in percent.
    """

    name: ClassVar[str]
    origin: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]
    gold: ClassVar[str]
    shares: ClassVar[bool]

    def score(self, item: Item) -> Figures:
        """Each figure of this item; the same figures for every item."""
        ...


@runtime_checkable
class Pooled(Protocol):
    """A metric with figures of all items together, which are no means over items."""

    def tally(self, item: Item) -> Mapping[str, float]:
        """Counts of one item; those of several items may be added up."""
        ...

    def pooled(self, sums: Mapping[str, float]) -> Figures:
        """The figures of all items whose tallies were added up."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What came of one item where a score is more than figures."""

    figures: Figures
    tally: Mapping[str, float] = field(default_factory=dict)
    why: str = ""
    """Why there is no figure at all; "" where there is one."""
    details: Any = None
    """JSON values that are written beside the figures of the item."""


@runtime_checkable
class Batched(Protocol):
    """A metric that is faster on many items at once, such as one with a model of its own."""

    def scores(self, items: Sequence[Item]) -> Sequence[Scored]:
        """What came of each item, in order."""
        ...


@runtime_checkable
class Judged(Protocol):
    """A metric that has a language model look at each item. It is handed in; the metric knows none.

    ``asks`` says that it needs one as it is set.
    """

    @property
    def asks(self) -> bool:
        """Whether a judge is needed."""
        ...

    def requests(self, item: Item) -> Sequence[Request]:
        """What the judge is asked about an item; nothing where there is nothing to ask."""
        ...

    def judged(self, item: Item, replies: Sequence[Reply | Refused]) -> Scored:
        """What came of an item, from the reply or refusal to each request."""
        ...


@runtime_checkable
class Lacking(Protocol):
    """A metric that cannot be had without a setting, such as a model."""

    @property
    def lacks(self) -> str:
        """What is still to be given and how; "" for nothing."""
        ...
