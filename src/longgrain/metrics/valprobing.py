"""A reply to a VaL probe > recall or match by the published rules; many > average and gap over positions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from longgrain.metrics.item import Figures, Item
from longgrain.metrics.words import comparable_words, has_han

SPAN = 50  # positions


@dataclass(frozen=True, slots=True, kw_only=True)
class ValProbing:
    """The scores of VaL Probing and, from ``position_id`` and ``set_id``, their average and gap.

    document: the share of the reference's distinct words that the reply has, in Chinese of its
    characters. code: 1 if the
    reference without outer full stops stands in the reply. database: 1 if ``label`` or
    ``description`` of the item does, case aside. Positions are taken together in spans of 50: the
    mean of each set, then of the sets; ``val_average`` is the mean of the spans, ``val_gap`` their
    largest less their smallest.
    """

    name: ClassVar[str] = "valprobing"
    origin: ClassVar[str] = "FILM (arXiv 2404.16811), VaLProbing/plot.py"
    needs: ClassVar[tuple[str, ...]] = ()
    gold: ClassVar[str] = "val"
    shares: ClassVar[bool] = True

    probe: Literal["document", "code", "database"] = "document"
    drop_last_of_span: bool = False
    """Leaves out the last position of every span, as the published script does."""
    han: bool = True
    """Chinese references by characters; False treats every text as the published script does."""

    def score(self, item: Item) -> Figures:
        """``val``, 0..1; None without a reference (database: without label and description)."""
        if self.probe == "document":
            return {"val": max(_recalls(item, han=self.han), default=None)}
        return {"val": _RULES[self.probe](item)}

    def tally(self, item: Item) -> Mapping[str, float]:
        """The score under its set and span; nothing for an item without a position."""
        value, position = self.score(item)["val"], item.row.get("position_id")
        if value is None or not isinstance(position, int):
            return {}
        if self.drop_last_of_span and position % SPAN == SPAN - 1:
            return {}
        place = f"{position // SPAN}/{item.row.get('set_id', 0)}"
        return {f"{place}/sum": value, f"{place}/count": 1.0}

    def pooled(self, sums: Mapping[str, float]) -> Figures:
        """``val_average`` and ``val_gap`` over the spans that were asked about."""
        means: dict[str, list[float]] = {}
        for key in sorted(sums):
            if key.endswith("/count") and sums[key]:
                place = key.removesuffix("/count")
                span = place.split("/", 1)[0]
                means.setdefault(span, []).append(sums[f"{place}/sum"] / sums[key])
        spans = [sum(one) / len(one) for one in means.values()]
        if not spans:
            return {"val_average": None, "val_gap": None}
        return {"val_average": sum(spans) / len(spans), "val_gap": max(spans) - min(spans)}


def _recalls(item: Item, *, han: bool) -> list[float]:
    """Of each reference the share of its distinct words, or Chinese characters, in the reply."""
    found = []
    for reference in item.references:
        words = comparable_words if han and has_han(reference) else _published_words
        expected = set(words(reference))
        if expected:
            found.append(len(expected & set(words(item.prediction))) / len(expected))
    return found


def _published_words(text: str) -> list[str]:
    return text.strip().lower().split()


def _code(item: Item) -> float | None:
    if not item.references:
        return None
    return float(any(one.strip(".") in item.prediction for one in item.references))


def _database(item: Item) -> float | None:
    given: tuple[Any, ...] = (item.row.get("label"), item.row.get("description"))
    named = [one.strip(".").lower() for one in given if isinstance(one, str)]
    return float(any(one in item.prediction.lower() for one in named)) if named else None


_RULES = {"code": _code, "database": _database}
