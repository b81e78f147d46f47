"""The manifest's part on balancing > for each side, what the report says of it: sentences, rows by class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

TITLES = {
    "recipe": "Recipe",
    "kind": "Kind",
    "difficulty": "Difficulty",
    "language": "Language",
    "length": "Length, up to so many tokens",
    "depth": "Depth of the evidence, up to",
    "source": "Source",
}


def mixes(m: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One entry a side, in the order of the manifest; empty for a run that balanced nothing."""
    return [
        {"side": side, "said": _said(told), "dimensions": list(_dimensions(told))}
        for side, told in m["balance"].items()
    ]


def _said(told: Mapping[str, Any]) -> str:
    """How many examples there were, were left out and were repeated."""
    before, after, times = told["before"], told["after"], told["times"]
    if not told["balanced"]:
        return f"{before['examples']:,} examples with {before['learned']:,} learned tokens, left as they are."
    left_out = times.get("0", 0)
    repeated = sum(count for often, count in times.items() if int(often) > 1)
    unit = "learned tokens" if told["measure"] == "learned" else "examples"
    return (
        f"Balanced by {unit}. Of {before['examples']:,} examples {left_out:,} were left out and "
        f"{repeated:,} repeated, at most {max(map(int, times))} times: {before['learned']:,} learned "
        f"tokens became {after['learned']:,}, in {after['examples']:,} examples with repeats."
    )


def _dimensions(told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in told["dimensions"]:
        wished = [found for found in one["classes"] if found["wished"] is not None]
        if len(one["classes"]) > 1 or wished:
            yield {
                "title": TITLES[one["dimension"]],
                "rows": list(_rows(one["classes"], wished or one["classes"], told["measure"])),
            }


def _rows(
    classes: Sequence[Mapping[str, Any]], counted: Sequence[Mapping[str, Any]], measure: str
) -> Iterator[dict[str, Any]]:
    """A row for each class; shares are those of the classes that are counted, others have none."""
    total = {when: sum(one[when][measure] for one in counted) for when in ("before", "after")}
    for one in classes:
        shares = {
            when: one[when][measure] / max(total[when], 1) if one in counted else None
            for when in total
        }
        yield {
            "name": one["name"],
            "wished": "–" if one["wished"] is None else f"{one['wished']:.1%}",
            **shares,
            "counts": [one[when][what] for what in ("learned", "examples") for when in total],
        }
