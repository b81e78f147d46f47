"""The files that a plan names beside its sources > what a run depends on, and copies of them in its folder.

Rows that somebody labelled and decisions that somebody took are dear and get edited in place. So a
run keeps those that went into it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from longgrain.engine import atomic
from longgrain.manifest import sha256_of
from longgrain.plan import Plan
from longgrain.review.gathered import decisions_in

FOLDER = "inputs"


def named(plan: Plan) -> list[Path]:
    """The files that settings of the plan's recipes name, each once, in the order of the plan."""
    found = (name for entry in plan.recipes for name in _strings(entry.settings))
    # A setting that is no name may still be far too long for one.
    paths = (plan.path(name) for name in found if name and len(name) < 1024 and "\0" not in name)
    return list(dict.fromkeys(path for path in paths if _is_file(path)))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _strings(value: Any) -> Iterator[str]:
    """Every text of a setting, those inside of lists and mappings included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _strings(one)


def keep(plan: Plan, folder: Path) -> list[dict[str, Any]]:
    """Copies the files to ``inputs/`` of the run's folder; what the manifest says of each.

    A copy's name begins with the start of its hash, since two folders may hold files of one name.
    """
    kept = []
    for path in named(plan):
        digest = sha256_of(path)
        place = folder / FOLDER / f"{digest[:8]}-{path.name}"
        place.parent.mkdir(exist_ok=True)
        if not place.exists():
            with atomic(place) as part:
                shutil.copyfile(path, part)
        kept.append(_told(plan, path, place, digest))
    return [*kept, *(_decisions(plan, name, folder) for name in _reviews(plan))]


def _reviews(plan: Plan) -> Sequence[str]:
    return plan.review.decisions if plan.review else ()


def _decisions(plan: Plan, name: str, folder: Path) -> dict[str, Any]:
    """Copies decisions as lines, since a database goes on growing; each says which draft it is about."""
    lines = b"".join(one.json() + b"\n" for one in decisions_in(plan.path(name)))
    digest = hashlib.sha256(lines).hexdigest()
    place = folder / FOLDER / f"{digest[:8]}-review.jsonl"
    place.parent.mkdir(exist_ok=True)
    with atomic(place) as part:
        part.write_bytes(lines)
    return _told(plan, plan.path(name), place, digest)


def _told(plan: Plan, path: Path, place: Path, digest: str) -> dict[str, Any]:
    near = path.is_relative_to(plan.folder)
    return {
        "source": str(path.relative_to(plan.folder) if near else path),
        "copy": f"{FOLDER}/{place.name}",
        "sha256": digest,
        "bytes": place.stat().st_size,
    }
