"""The result of a sweep > best.yaml: the user's plan with the chosen settings, and why they were chosen."""

from __future__ import annotations

import io
import os
from copy import deepcopy
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from longgrain.engine import atomic
from longgrain.tune.result import Tuned
from longgrain.tune.varying import OVERLAP, put

FILE = "best.yaml"
# Names that are no paths, even where a file has that name.
NAMES = ("name", "use", "system", "template")


def write(found: Tuned, folder: Path, *, file: Path, values: Any) -> None:
    """Writes the plan so that it can be built where it lies: its paths are read from its own folder."""
    made = deepcopy(values)
    for name, value in found.best.arm.changed.items():
        if name != OVERLAP:
            put(made, name, value)
    _move(made, file.parent, folder)
    out = io.StringIO()
    yaml = YAML()
    yaml.width = 4096  # a comment stays beside its line
    yaml.dump(made, out)
    with atomic(folder / FILE) as part:
        part.write_text(f"{_why(found)}\n{out.getvalue()}", "utf-8")


def _why(found: Tuned) -> str:
    """Comment lines."""
    lines = [
        f"The plan {found.plan.name} with the settings that a sweep chose: {found.best.arm.name}."
    ]
    lines += [f"Ranked by {found.score.name}: {found.score.about}.", *found.words[: _choice(found)]]
    if found.best.arm.changed.get(OVERLAP):
        lines.append(
            "An overlap is for a search of your own: a plan's grains hold every word once."
        )
    if found.score.unsure:
        lines.append("No model was trained: whether it teaches better is not known.")
    if found.command:
        lines.append(found.command)
    return "\n".join(f"# {line}" for line in lines)


def _choice(found: Tuned) -> int:
    """How many of the sentences are about the choice, and not about single settings."""
    return len(found.words) - len(found.sweep.dimensions)


def _move(values: Any, old: Path, new: Path, key: str = "") -> None:
    """Paths below the folder of the plan, as they are from another folder."""
    items = values.items() if isinstance(values, dict) else enumerate(values)
    for name, value in list(items):
        field = name if isinstance(name, str) else key
        if isinstance(value, dict | list):
            _move(value, old, new, field)
        elif isinstance(value, str) and _is_path(field, value, old):
            values[name] = os.path.relpath(old / Path(value).expanduser(), new)


def _is_path(field: str, value: str, folder: Path) -> bool:
    """Whether it names a file; sources may be patterns, and addresses are none."""
    if not value or Path(value).is_absolute():
        return False
    if (folder / Path(value).expanduser()).exists():
        return field not in NAMES or (field == "template" and (folder / value).is_file())
    return field in ("sources", "decontaminate") and ":" not in value
