"""Decisions > files of longgrain, Argilla and Label Studio, and back; what a format cannot hold is counted.

Nothing is written over: what is read is added, what is there already is skipped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from longgrain.errors import RunError
from longgrain.review.decision import Decision
from longgrain.review.exchange import argilla, jsonl, label_studio, labelled
from longgrain.review.exchange.content import answers, contents, indexed, known
from longgrain.review.exchange.items import Read, Rubrics, items_of, same
from longgrain.review.gathered import DRAFT, decisions_in
from longgrain.review.standing import key_of
from longgrain.review.store import FILE, Store
from longgrain.run import Run

Format = Literal["jsonl", "argilla", "label-studio", "task", "rows"]
TOOLS = {"argilla": argilla, "label-studio": label_studio}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The files written, how many decisions they hold, and what they do not hold."""

    paths: tuple[Path, ...]
    decisions: int
    lost: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """How many decisions were added, how many were there already, and what was left out, with reasons."""

    added: int
    known: int
    notes: Mapping[str, int] = field(default_factory=dict)


def export(
    folder: Path,
    out: Path,
    form: Format,
    *,
    more: int = 0,
    pairs: tuple[Path, Path] | None = None,
) -> Exported:
    """Writes the decisions about a run's examples, texts and pairs.

    ``more`` examples that nobody decided about go with them to another tool. ``pairs`` are the answers
    that were compared, where their words are to be shown. PlanError where nobody decided anything
    and nothing more is asked for.
    """
    made = decisions_in(folder) if (folder / FILE).is_file() or not more else []
    if form == "jsonl":
        return Exported(paths=tuple(jsonl.write(made, out)), decisions=len(made))
    if form in ("task", "rows"):
        paths, notes = labelled.write(made, out, form)
        kinds = sum(one.kind == "label" for one in made)
        return Exported(paths=tuple(paths), decisions=kinds, lost=_told(notes))
    run = Run(folder) if (folder / "manifest.json").is_file() else None
    wanted = {one.item for one in made if one.kind == "example"}
    words = (contents(run, wanted, more) if run else {}) | (answers(*pairs) if pairs else {})
    items, lost = items_of(made, words)
    tool = TOOLS[form]
    rubrics: Rubrics = (run.plan.review.rubrics if run and run.plan.review else None) or {}
    held = [one for item in items for one in item.decisions]
    for one in held:
        lost.update(_differences(_plain(one), tool.carried(one)))
    paths = tool.write(items, rubrics, out)
    return Exported(paths=tuple(paths), decisions=len(held), lost=_told(lost))


def _told(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


_LOST = {
    "at": "times of decisions",
    "seconds": "seconds of decisions",
    "shown": "what was shown beside an item",
    "edit": "edits of what is no example",
}


def _differences(one: Decision, held: Decision) -> list[str]:
    """What of a decision a format does not hold."""
    found = [
        said
        for name, said in _LOST.items()
        if getattr(one, name) and getattr(one, name) != getattr(held, name)
    ]
    return [
        *found,
        *(["relations"] if one.labels.get("relations") and "relations" not in held.labels else []),
    ]


def form_of(path: Path) -> Format:
    """The format that a file or a folder seems to be of."""
    if path.name == argilla.RECORDS:
        return "argilla"
    if path.is_dir():
        return "argilla" if any(path.rglob(argilla.RECORDS)) else "label-studio"
    return "label-studio" if path.suffix == ".json" else "jsonl"


def bring_in(folder: Path, path: Path, form: Format | None = None) -> Imported:
    """Adds the decisions of a file or folder to the store of a run.

    RunError for a format that cannot be read, PlanError for a path that is not there.
    """
    if not path.exists():
        raise RunError(f"there is no {path}, so nothing is read; correct the path")
    form = form or form_of(path)
    readers: dict[str, Callable[[Path], Read]] = {
        "jsonl": jsonl.read, "argilla": argilla.read, "label-studio": label_studio.read
    }  # fmt: skip
    if form not in readers:
        raise RunError(
            f"{form} holds no decisions but what came of them; give {', '.join(readers)}"
        )
    found = readers[form](path)
    carried = TOOLS[form].carried if form in TOOLS else _plain
    store = Store(folder / FILE)
    try:
        return _add(store, folder, found, carried, exact=form == "jsonl")
    finally:
        store.close()


def _plain(decision: Decision) -> Decision:
    """A decision without its draft, which exports of some runs say and of others do not."""
    shown = {name: value for name, value in decision.shown.items() if name != DRAFT}
    return replace(decision, shown=shown)


def _add(
    store: Store,
    folder: Path,
    found: Read,
    carried: Callable[[Decision], Decision],
    *,
    exact: bool,
) -> Imported:
    before = list(store.decisions())
    seen = {same(carried(one)) for one in before}
    last = {key_of(one): same(carried(one), timed=False) for one in before}
    items = _items(store, folder, before)
    notes, added, again = Counter(found.notes), 0, 0
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    with store.writing():
        for one in found.decisions:
            bare = carried(one)
            # Servers write times of their own, so what already stands there is no news from a tool.
            stands = not exact and last.get(key_of(one)) == same(bare, timed=False)
            if one.kind in items and one.item not in items[one.kind]:
                notes[f"decisions about no {one.kind} that was to be reviewed here"] += 1
            elif stands or same(bare) in seen:
                again += 1
            else:
                store.add(one if one.at else replace(one, at=now))
                seen.add(same(bare))
                last[key_of(one)] = same(bare, timed=False)
                added += 1
    return Imported(added=added, known=again, notes=_told(notes))


def _items(store: Store, folder: Path, before: Sequence[Decision]) -> dict[str, set[str]]:
    """The items of each kind that may be decided about; a kind of which nothing is known is not here."""
    found: dict[str, set[str]] = {}
    if (folder / "manifest.json").is_file():
        found["example"] = known(folder)
    for task, name in indexed(store):
        found.setdefault(task.partition(":")[0], set()).add(name)
    for one in before:
        if one.kind in found:
            found[one.kind].add(one.item)
    return found
