"""A run, folders of probes and a training > what each took: calls, tokens, seconds, memory, money."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from longgrain.calls import Ledger
from longgrain.errors import RunError
from longgrain.evaluation.gathered import Probed


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One line of the table; None where nothing is known."""

    what: str
    calls: int | None = None
    read: int | None = None
    """tokens of prompts, or of the rows that were trained on"""
    written: int | None = None
    """tokens of replies"""
    seconds: float | None = None
    memory_mb: int | None = None
    money: float | None = None
    currency: str = ""


def of_build(manifest: Mapping[str, Any]) -> Iterator[Cost]:
    """The steps of the build, and the calls of its teacher."""
    seconds = sum(step["seconds"] for step in manifest["steps"])
    memory = manifest.get("peak_memory_mb")
    yield Cost(what="Building the data", seconds=seconds, memory_mb=memory)
    teacher = manifest["teacher"]
    yield Cost(
        what=f"Teacher {teacher['name']}",
        calls=teacher["asked"],
        read=teacher["prompt_tokens"],
        written=teacher["reply_tokens"],
        seconds=teacher.get("seconds"),
        money=teacher["money"],
        currency=teacher.get("currency", ""),
    )


def of_training(folder: Path) -> Cost:
    """What train.json says. RunError where there is no finished training."""
    path = folder / "train.json"
    found = orjson.loads(path.read_bytes())["found"] if path.is_file() else {}
    if not found:
        raise RunError(
            f"{folder} holds no finished training (train.json), so its costs are not known: give the "
            "folder that `longgrain train --out` was given, or leave out --trained"
        )
    memory = found.get("peak_gpu_memory_mb") or found.get("peak_memory_mb")
    return Cost(
        what=f"Training {folder.name} ({found['steps']:,} steps on {found['device']})",
        read=found["trained_on"]["tokens"],
        seconds=found["seconds"],
        memory_mb=memory,
    )


def of_probe(title: str, one: Probed) -> Cost:
    """All calls that lie in the folder of a probe, those of other settings among them."""
    path = one.folder / "calls.sqlite"
    what = f"{title}, {one.said}"
    if not path.is_file():
        return Cost(what=what, read=sum(line.read for line in one.lines) or None)
    with Ledger(path) as ledger:
        total = ledger.total()
    return Cost(
        what=what,
        calls=total.asked,
        read=total.prompt_tokens,
        written=total.reply_tokens,
        seconds=total.seconds,
        money=total.money,
    )
