"""A published benchmark's prompts and positions > the words to say, and how many places evidence is put at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from longgrain.errors import PlanError
from longgrain.probes.laying import POSITIONS
from longgrain.protocols import Ground
from longgrain.types import Size

# Items of a context > positions of Lost in the Middle: its figures have these, and `place` gives the
# published indexes for every one of them (140 pairs: 0, 34, 69, 104, 139).
PAIRS: Mapping[int, int] = {75: 4, 140: 5, 300: 7}
PASSAGES: Mapping[int, int] = {10: 3, 20: 5, 30: 7}
# Where its repository, and a copy of its data, keep the prompts.
FOLDERS = ("prompts", "src/lost_in_the_middle/prompts")


def positions(ground: Ground, size: Size, known: Mapping[int, int]) -> int:
    """Those asked for, else the published ones of a size, else ten."""
    return ground.positions or known.get(size.items, POSITIONS)


def prompt(ground: Ground, name: str, own: str) -> str:
    """The published prompt where the data folder has it and the language is English, else our own."""
    if ground.language == "en":
        for folder in FOLDERS:
            if ground.has(f"{folder}/{name}.prompt"):
                ground.said["prompt"] = "as published, from the data folder"
                return ground.text(f"{folder}/{name}.prompt").rstrip("\n")
    ground.said["prompt"] = "our own words"
    return own


def has_prompts(ground: Ground) -> bool:
    """Whether the published prompts are used."""
    return ground.language == "en" and any(
        ground.has(f"{folder}/qa.prompt") or ground.has(f"{folder}/kv_retrieval.prompt")
        for folder in FOLDERS
    )


def tell(ground: Ground, label: str, made: str, differs: Sequence[str]) -> None:
    """Says of one size how its contexts were made, and whether figures can be held against published ones."""
    prompt = () if has_prompts(ground) else ("the prompt is in our own words",)
    reasons = [one for one in (*differs, *prompt) if one]
    ground.said[label] = made
    ground.said[f"{label}, comparable with published figures"] = (
        f"no: {'; '.join(reasons)}" if reasons else "yes: data, positions and prompt are published"
    )


def filled(template: str, **values: str) -> str:
    """The template with its ``{name}`` places filled; braces in the values stay as they are."""
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), template)


def items(ground: Ground, name: str, folders: tuple[str, ...]) -> list[Mapping[str, Any]] | None:
    """The rows of a published file in the first of the folders that has it; None if none has."""
    for folder in folders:
        path = f"{folder}/{name}" if folder else name
        if ground.has(path):
            ground.said["data"] = path
            return list(ground.rows(path))
    return None


def pieces(
    ground: Ground, probe: str, what: str, name: str, folders: tuple[str, ...]
) -> list[Mapping[str, Any]]:
    """The rows that a VaL probe is made of. PlanError where the data folder has none."""
    rows = items(ground, name, folders)
    if not rows:
        raise PlanError(
            f"{probe} is made of {what}, and there is no {name} in the data folder: give the folder "
            "of VaL Probing's pieces with --data, see docs/probe.md"
        )
    return rows
