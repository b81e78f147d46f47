"""The answers of a probe, the record of a training, a manifest > rows that say what each call took, or all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from longgrain.callfile import CallFile

LEDGER, USAGE = "calls.sqlite", "usage.jsonl"
RECORDS = ("train.json", "manifest.json")


def of_answers(rows: Sequence[Any], folder: Path) -> list[Any]:
    """Adds ``took``: seconds, tokens and money of the call, as it was when the model was asked.

    Reading a stored answer takes no time and is not what is meant. A call that several rows share
    counts at the first of them. Where a local model was metered, its energy is shared among the calls
    of a block. Raises RunError for a ledger that cannot be read.
    """
    if not (folder / LEDGER).is_file():
        return list(rows)
    used = _used(folder / USAGE)
    found, seen = [], set[str]()
    with CallFile(folder / LEDGER) as calls:
        for row in rows:
            key = str(row.get("call") or "") if isinstance(row, dict) else ""
            call = calls.call(key) if key and key not in seen else None
            seen.add(key)
            if call is None:
                found.append(row)
                continue
            took = {
                "seconds": call.seconds,
                "prompt_tokens": call.prompt_tokens,
                "reply_tokens": call.reply_tokens,
                "money": call.money,
            }
            found.append({**row, "took": took | used.get(key, {})})
    return found


def _used(path: Path) -> dict[str, dict[str, Any]]:
    """What was metered, by call: a block's energy in equal parts, its peaks as they are."""
    found: dict[str, dict[str, Any]] = {}
    for line in path.read_bytes().splitlines() if path.is_file() else ():
        block = orjson.loads(line)
        peaks = {name: block[name] for name in block if name.startswith("peak_")}
        share = {"joules": block["joules"] / len(block["calls"])} if "joules" in block else {}
        found |= dict.fromkeys(block["calls"], peaks | share)
    return found


def of_training(held: Mapping[str, Any]) -> list[Any]:
    """One row; nothing for a training that is not finished."""
    found = held.get("found") or {}
    took = {name: found.get(name) for name in ("seconds", "peak_memory_mb", "peak_gpu_memory_mb")}
    took["tokens"] = (found.get("trained_on") or {}).get("tokens")
    known = {name: value for name, value in took.items() if value is not None}
    return [{"id": "training", "prediction": "", "took": known}] if found else []


def of_manifest(held: Mapping[str, Any]) -> list[Any]:
    """One row for the whole build: its steps added up, its peak memory, what its teacher cost."""
    steps = [one for one in held.get("steps") or () if isinstance(one, dict)]
    cost = held.get("teacher")
    cost = cost if isinstance(cost, dict) else {}
    took = {
        "seconds": sum(one.get("seconds", 0.0) for one in steps) if steps else None,
        "peak_memory_mb": held.get("peak_memory_mb"),
        **{name: cost.get(name) for name in ("money", "prompt_tokens", "reply_tokens")},
    }
    known = {name: value for name, value in took.items() if value is not None}
    return [{"id": "build", "prediction": "", "took": known}] if known else []


def record(held: Any) -> list[Any] | None:
    """The rows of what a training or a build wrote down; None for any other JSON."""
    if not isinstance(held, Mapping):
        return None
    if {"asked", "found"} <= held.keys():
        return of_training(held)
    if {"steps", "plan_id"} <= held.keys():
        return of_manifest(held)
    return None
