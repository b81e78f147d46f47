"""A run, folders of probes, files of scores, a training and decisions of people > evaluation.html, one offline page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from longgrain.evaluation import conclusions, costs, scored
from longgrain.evaluation.change import Change, changes
from longgrain.evaluation.conclusions import Finding, Pair
from longgrain.evaluation.gathered import Group, Probed, gathered, settings_apart
from longgrain.evaluation.people import Judged, judged
from longgrain.evaluation.people import conclusions as of_people
from longgrain.evaluation.standing import Standing, standings
from longgrain.report import Run

FILE = "evaluation.html"


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A model and the one that it is held against."""

    before: Probed
    after: Probed
    changes: Sequence[Change]
    differ: dict[str, tuple[object, object]]


@dataclass(frozen=True, kw_only=True)
class Looked:
    """One probe: who was asked, how each stands, what changed, what can be concluded."""

    group: Group
    standings: Sequence[Standing]
    compared: Sequence[Compared]
    findings: Sequence[Finding]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """All that the page shows."""

    run: Run
    probes: Sequence[Looked]
    figures: Sequence[scored.Figure] = ()
    people: Sequence[Judged] = ()
    costs: Sequence[costs.Cost] = ()
    explained: Sequence[Path] = field(default_factory=tuple)
    """pages of ``longgrain why``"""

    @property
    def findings(self) -> list[Finding]:
        """Every conclusion, those of the probes first."""
        found = [one for looked in self.probes for one in looked.findings]
        return [*found, *scored.conclusions(self.figures), *of_people(self.people)]


def evaluated(
    run: Run,
    probes: Sequence[str],
    *,
    scores: Sequence[str] = (),
    trained: Sequence[Path] = (),
    review: Sequence[Path] = (),
) -> Evaluation:
    """Reads everything that was measured and draws the conclusions. RunError for what is not there.

    ``review`` are files of decisions, or folders that were reviewed.
    """
    looked = [_looked(group) for group in gathered(probes)]
    took = [*costs.of_build(run.manifest), *(costs.of_training(one) for one in trained)]
    for one in looked:
        took += [costs.of_probe(one.group.title, probed) for probed in one.group.probes]
    folders = [run.folder, *(probed.folder for one in looked for probed in one.group.probes)]
    return Evaluation(
        run=run,
        probes=looked,
        figures=scored.figures(scores),
        people=judged(review, run.folder),
        costs=took,
        explained=[page for folder in folders for page in sorted(folder.glob("why-*.html"))],
    )


def _looked(group: Group) -> Looked:
    found = [one for probed in group.probes for one in standings(probed)]
    compared = [
        Compared(
            before=group.first,
            after=other,
            changes=changes(group.first, other),
            differ=dict(settings_apart(group.first, other)),
        )
        for other in group.probes[1:]
    ]
    return Looked(
        group=group,
        standings=found,
        compared=compared,
        findings=list(_findings(group, found, compared)),
    )


def _findings(
    group: Group, found: Sequence[Standing], compared: Sequence[Compared]
) -> Iterator[Finding]:
    by = {(one.name, one.size): one for one in found}
    for one in compared:
        pair = Pair(
            probe=group.title,
            before=one.before.name,
            after=one.after.name,
            changes=one.changes,
            standings=by,
            differ=one.differ,
            places={at: group.place(at) for at in range(group.positions)},
        )
        yield from conclusions.of_questions(pair)
        yield from conclusions.of_pair(pair)
    for standing in found:
        yield from conclusions.of_standing(group.title, standing)
    yield from conclusions.of_missing(group.title, found)
