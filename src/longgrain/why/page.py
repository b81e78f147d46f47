"""An explained answer > one HTML page that opens offline: its context coloured by influence, a table of grains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from longgrain.engine import atomic
from longgrain.show import environment
from longgrain.why import Explained
from longgrain.why.case import Part
from longgrain.why.leaving import Effect
from longgrain.why.verdict import chance, named, sentences

ROWS, WORDS = 20, 100


def write(found: Explained, path: Path) -> None:
    """Writes the page, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as part:
        part.write_text(html(found), "utf-8")


def html(found: Explained) -> str:
    """The page."""
    worth = _worth(found)
    return (
        environment()
        .get_template("why.html")
        .render(
            found=found,
            case=found.case,
            said=list(sentences(found)),
            figures=_figures(found),
            bars=_bars(found, worth),
            turns=[(speaker, _grains(parts, worth)) for speaker, parts in found.case.turns],
            worth=worth,
            rows=list(_rows(found)),
            left_over=max(0, len(found.left.effects) - ROWS),
        )
    )


def _figures(found: Explained) -> list[tuple[str, str, str]]:
    left, case = found.left, found.case
    ranks = [str(left.rank(one) or "–") for one in case.evidence]
    share = left.share(case.evidence) if case.evidence else None
    nats = found.unit == "nats"

    def score(value: float | None) -> str:
        if value is None:
            return "–"
        return chance(value) if nats else f"{value:.2f}"

    what = "probability of the answer" if nats else "token F1 with the answer"
    return [
        ("With the context", score(left.full), what),
        ("Without", score(left.bare), "no grain left"),
        ("Rank of the evidence", ", ".join(ranks) or "–", f"of {len(left.effects):,}"),
        ("Share of the evidence", "–" if share is None else f"{share:.0%}", "of all support"),
        ("Asked about", f"{left.asked:,}", f"contexts, for {case.grains:,} grains"),
    ]


def _worth(found: Explained) -> list[tuple[float, str]]:
    """Of each grain its effect in -1..1 of the largest, and in words; of a group it is shared out."""
    most = max((abs(one.value or 0) / len(one.grains) for one in found.left.effects), default=0)
    shown = []
    for one in found.left.effects:
        value = "no answer" if one.value is None else f"{one.value:+.2f} {found.unit}"
        more = f", left out with {named(one)}" if len(one.grains) > 1 else ""
        strength = (one.value or 0.0) / len(one.grains) / most if most else 0.0
        shown += [(strength, f"grain {grain + 1}: {value}{more}") for grain in one.grains]
    return shown


def _bars(found: Explained, worth: Sequence[tuple[float, str]]) -> list[dict[str, Any]]:
    case = found.case
    widths = [0] * case.grains
    for _, parts in case.turns:
        for part in parts:
            if part.grain is not None:
                widths[part.grain] += len(part.text)
    return [
        {
            "width": max(1, width),
            "strength": worth[grain][0],
            "evidence": grain in case.evidence,
            "said": worth[grain][1],
        }
        for grain, width in enumerate(widths)
    ]


def _grains(parts: Sequence[Part], worth: Sequence[tuple[float, str]]) -> list[dict[str, Any]]:
    """The parts of a message, those of one grain together."""
    shown: list[dict[str, Any]] = []
    for part in parts:
        if shown and part.grain is not None and shown[-1]["grain"] == part.grain:
            shown[-1]["text"] += part.text
            shown[-1]["evidence"] = shown[-1]["evidence"] or part.evidence
            continue
        strength, said = (0.0, "") if part.grain is None else worth[part.grain]
        shown.append(
            {
                "grain": part.grain,
                "text": part.text,
                "evidence": part.evidence,
                "strength": strength,
                "said": said,
            }
        )
    return shown


def _rows(found: Explained) -> Iterator[dict[str, Any]]:
    """The first in rank, and whatever holds evidence."""
    evidence = {*found.case.evidence}
    for rank, one in enumerate(found.left.ranked(), 1):
        if rank > ROWS and not evidence & {*one.grains}:
            continue
        yield {
            "rank": rank,
            "grains": named(one),
            "effect": f"{one.value:+.2f}",
            "left": "" if found.unit == "F1" else chance(found.left.full - (one.value or 0.0)),
            "attention": _attention(found, one),
            "evidence": bool(evidence & {*one.grains}),
            "about": found.case.about(one.grains.start),
            "words": " ".join(found.case.words(one.grains.start).split())[:WORDS],
        }


def _attention(found: Explained, one: Effect) -> str:
    if found.attention is None:
        return ""
    return f"{sum(found.attention.grains[grain] for grain in one.grains):.1%}"
