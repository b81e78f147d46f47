"""The manifest's part on balancing > for each side, what the report says of it: sentences, rows by class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    measure = told["measure"]
    for one in told["dimensions"]:
        wished = any(found["wished"] is not None for found in one["classes"])
        if len(one["classes"]) > 1 or wished:
            yield {
                "title": TITLES[one["dimension"]],
                "wished": wished,
                "rows": [_row(found, told, measure) for found in one["classes"]],
            }


def _row(found: Mapping[str, Any], told: Mapping[str, Any], measure: str) -> dict[str, Any]:
    def share(when: str) -> float:
        return float(found[when][measure] / max(told[when][measure], 1))

    return {
        "name": found["name"],
        "wished": "–" if found["wished"] is None else f"{found['wished']:.1%}",
        "before": share("before"),
        "after": share("after"),
        "counts": [
            found[when][what] for what in ("learned", "examples") for when in ("before", "after")
        ],
    }
