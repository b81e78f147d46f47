"""An evaluation > its page: conclusions, curves, heat maps, controls, metrics, people, data and costs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from longgrain import report
from longgrain.charts import Chart
from longgrain.engine import atomic
from longgrain.evaluation import Evaluation, Looked, curves, scored
from longgrain.evaluation.conclusions import said
from longgrain.evaluation.gathered import Group
from longgrain.show import environment

# Conclusions of each kind that are not folded away.
SHOWN = 10
# Settings that the page shows in words or not at all.
QUIET = ("model", "answers", "probe", "language", "measure", "tokenizer_sha256", "contexts")


def write(found: Evaluation, path: Path) -> None:
    """Writes the page, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as part:
        part.write_text(html(found, path.parent), "utf-8")


def html(found: Evaluation, folder: Path) -> str:
    """The page; ``folder`` is where it will lie, for its links to other pages."""
    manifest = {**report.EMPTY, **found.run.manifest}
    findings = found.findings
    files, rows = scored.table(found.figures)
    return (
        environment()
        .get_template("evaluation.html")
        .render(
            m=manifest,
            lead=_lead(found),
            figures=_figures(found),
            shown=SHOWN,
            supported=[one for one in findings if one.supported],
            doubtful=[one for one in findings if not one.supported],
            probes=[_probe(one, number) for number, one in enumerate(found.probes)],
            files=files,
            scores=rows,
            people=found.people,
            explained=[(one.name, os.path.relpath(one, folder)) for one in found.explained],
            summary=report.in_words(manifest),
            steps=report.way(manifest)["steps"],
            lengths=report.histograms(manifest, "lengths", "tokens")[:1],
            depths=report.histograms(manifest, "depths", "depth")[:1],
            full=_link(found.run.folder / "report.html", folder),
            costs=found.costs,
            said=said,
        )
    )


def _link(path: Path, folder: Path) -> str:
    return os.path.relpath(path, folder) if path.is_file() else ""


def _lead(found: Evaluation) -> str:
    models = dict.fromkeys(one.said for looked in found.probes for one in looked.group.probes)
    if not models:
        return "No probe was given, so this page says what data there is and what it cost."
    probes = ", ".join(
        dict.fromkeys(one.group.asked["probe"].rpartition(":")[2] for one in found.probes)
    )
    return f"What {_and(list(models))} answered to {probes}, by length and by place in the context."


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _figures(found: Evaluation) -> list[tuple[str, str, str]]:
    lines = [line for one in found.probes for probed in one.group.probes for line in probed.lines]
    scored_lines = sum(line.score is not None for line in lines)
    findings = found.findings
    held = sum(one.supported for one in findings)
    money = sum(one.money or 0 for one in found.costs)
    return [
        ("Questions", f"{len(lines):,}", f"{scored_lines:,} with a score"),
        ("Conclusions", f"{held:,}", f"and {len(findings) - held:,} that the data do not support"),
        ("Spent", f"{money:,.2f}", _currency(found)),
    ]


def _currency(found: Evaluation) -> str:
    names = dict.fromkeys(one.currency for one in found.costs if one.currency)
    return f"{', '.join(names) or 'money'} for all stored calls"


def _probe(one: Looked, number: int) -> dict[str, Any]:
    group = one.group
    return {
        "anchor": f"probe-{number + 1}",
        "title": group.title,
        "figure": group.figure,
        "models": [(probed.name, probed.model, len(probed.lines)) for probed in group.probes],
        "settings": [
            (name, value) for name, value in group.asked.items() if name not in QUIET and value
        ],
        "said": _cautions(group),
        "curves": [curves.curve(group, size) for size in curves.sizes(group)]
        if _has_places(one)
        else [],
        "changes": list(_changes(one)),
        "heats": [curves.heat(group, probed) for probed in group.probes]
        if _has_places(one)
        else [],
        "standings": one.standings,
        "pooled": list(_pooled(one)),
    }


def _has_places(one: Looked) -> bool:
    return any(line.positions for probed in one.group.probes for line in probed.lines)


def _cautions(group: Group) -> list[str]:
    """What the probe itself says of its questions, such as what they are not comparable with."""
    told = [one.summary.said.items() for one in group.probes]
    return list(dict.fromkeys(f"{name}: {text}" for items in told for name, text in items))


def _changes(one: Looked) -> Iterator[tuple[str, Chart]]:
    for compared in one.compared:
        names = (compared.before.name, compared.after.name)
        for size in curves.sizes(one.group):
            if any((c.context, c.size) == ("whole", size) for c in compared.changes):
                yield size, curves.difference(compared.changes, size, names, one.group.positions)


def _pooled(one: Looked) -> Iterator[tuple[str, ...]]:
    """Figures of a probe beside the one that counts."""
    for probed in one.group.probes:
        for total in probed.summary.totals:
            if (
                total.figure != one.group.figure
                and total.position is None
                and total.value is not None
            ):
                interval = (
                    ""
                    if total.low is None or total.high is None
                    else (f" ({100 * total.low:.1f}–{100 * total.high:.1f})")
                )
                yield (
                    probed.name,
                    total.context,
                    total.size,
                    total.figure,
                    f"{100 * total.value:.1f}{interval}",
                )
