"""The manifest's documents > how much of each was asked about, by chapter, ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from longgrain.types import SIDES

Chapter = dict[str, Any]

FIRST, MORE, CELLS = 30, 170, 80  # documents drawn, documents to unfold, cells of one document


def coverage(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Documents by size, each with its cells; what there are too many of is summed up in words."""
    ordered = sorted(documents, key=lambda one: (-one["grains"], one["source"]))
    scale = _scale(documents)
    drawn = [_document(one, scale) for one in ordered[: FIRST + MORE]]
    asked, grains = (sum(one[key] for one in documents) for key in ("asked", "grains"))
    untouched = sum(1 for one in documents if not one["asked"])
    said = f"{asked:,} of {grains:,} grains were asked about"
    said += f"; {untouched:,} documents were not asked about at all." if untouched else "."
    return {
        "said": said,
        "scale": scale,
        "first": drawn[:FIRST],
        "more": drawn[FIRST:],
        "rest": _rest(ordered[FIRST + MORE :]),
        "sides": [side for side in SIDES if any(side == _side(one) for one in _cells(documents))],
    }


def _cells(documents: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [cell for one in documents for cell in one["chapters"] or [one]]


def _side(one: Mapping[str, Any]) -> Any:
    return one.get("side") or ""


def _scale(documents: Sequence[Mapping[str, Any]]) -> float:
    """The share of a full cell: the largest of chapters with at least 10 grains, else of all."""
    cells = _cells(documents)
    shares = [(c["asked"] / c["grains"], c["grains"] >= 10) for c in cells if c["grains"]]
    large = [share for share, is_large in shares if is_large]
    return max(large or [share for share, _ in shares], default=0) or 1.0


def _document(one: Mapping[str, Any], scale: float) -> dict[str, Any]:
    chapters = [dict(cell) for cell in one["chapters"] or [one] if cell["grains"]]
    for cell in chapters:
        cell["side"] = _side(cell) or _side(one)
    cells = _merged(chapters)
    for cell in cells:
        cell["height"] = min(cell["asked"] / cell["grains"] / scale, 1.0)
    return {
        "title": one["title"] or one["source"],
        "asked": one["asked"],
        "grains": one["grains"],
        "share": one["asked"] / one["grains"] if one["grains"] else None,
        "cells": cells,
    }


def _merged(chapters: Sequence[Chapter]) -> list[Chapter]:
    """At most `CELLS` cells: neighbours of one side are taken together where there are more."""
    each = -(-len(chapters) // CELLS)
    cells: list[Chapter] = []
    held = 0
    for chapter in chapters:
        if held and held < each and cells[-1]["side"] == chapter["side"]:
            cells[-1]["asked"] += chapter["asked"]
            cells[-1]["grains"] += chapter["grains"]
            cells[-1]["title"] = f"{cells[-1]['title'].split(' … ')[0]} … {chapter['title']}"
            held += 1
        else:
            cells.append(dict(chapter))
            held = 1
    return cells


def _rest(documents: Sequence[Mapping[str, Any]]) -> str:
    if not documents:
        return ""
    asked, grains = (sum(one[key] for one in documents) for key in ("asked", "grains"))
    return (
        f"The {len(documents):,} smallest documents are not drawn; "
        f"{asked:,} of their {grains:,} grains were asked about. manifest.json lists them all."
    )
