"""Plans and pilots > how far forecasts lay from the facts of their builds, as tables.

``python benchmarks/forecast.py --write`` puts them into ``docs/forecast.md``. Tokens are those of a
stand-in model behind a server on this machine (``tests/standin_model.py``); disk, memory and seconds
those of builds with the extractive teacher, preview and build each in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
PAGE = ROOT / "docs" / "forecast.md"
DEMO = ROOT / "examples" / "demo" / "plan.yaml"
CORPORA = ROOT.parent / "shared" / "data" / "corpora"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
PRICES = {"price_per_million_prompt": 1.0, "price_per_million_reply": 4.0}
FIGURES = ("calls", "prompt tokens", "reply tokens", "money")
# Name, changes of the small plan of the tests, settings of the teacher.
PAID: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("600 of all kinds", {"examples": 600}, {}),
    ("the same, another seed", {"examples": 600, "seed": 18}, {}),
    ("600 fine", {"examples": 600, "shares": {"fine": 1}}, {}),
    ("300 joined", {"examples": 300, "shares": {"integration": 1}}, {}),
    ("150 fine, judged", {"examples": 150, "shares": {"fine": 1}}, {"judges": True}),
)
PILOTS = (20, 40, 100)
FREE = (
    ("demonstration", [], (400, 2000)),
    (
        "laws, standards, manuals",
        [f'sources=["{CORPORA}/en/gov", "{CORPORA}/en/tech", "{CORPORA}/zh/law"]'],
        (300, 3000),
    ),
    (
        "Chinese books, manuals",
        [f'sources=["{CORPORA}/zh/books", "{CORPORA}/en/tech"]'],
        (300, 3000),
    ),
)
# Run in a process of its own, since memory is that of the process at its largest.
ONE = """
import sys, json, time
from longgrain import Plan, build, preview
plan, began = Plan.load(sys.argv[1], json.loads(sys.argv[2])), time.perf_counter()
if sys.argv[3] == "preview":
    found = preview(plan, 0).forecast
    told = [found.disk, found.memory_mb, found.seconds + found.teacher_seconds, found.tokens]
else:
    run = build(plan, sys.argv[3])
    disk = sum(path.stat().st_size for path in run.folder.iterdir())
    tokens = sum(one["tokens"] for one in run.manifest["packing"].values())
    told = [disk, run.manifest["peak_memory_mb"], time.perf_counter() - began, tokens]
print(json.dumps(told))
"""


def paid() -> Iterator[str]:
    """Forecast against fact of calls and tokens, for several plans and sizes of pilots."""
    from longgrain import build, preview
    from small import shelve, small_plan
    from standin_model import middling
    from standin_server import serving

    os.environ.setdefault("OPENAI_API_KEY", "none")
    yield "| plan | pilot | said to be within | " + " | ".join(FIGURES) + " |"
    yield "|---|---:|---:|" + "---:|" * len(FIGURES)
    for name, changes, teacher in PAID:
        for pilot in PILOTS:
            with serving(middling) as server, tempfile.TemporaryDirectory() as folder:
                shelve(Path(folder) / "documents", english=40, chinese=30)
                use = {"use": "openai", "model": "m", "base_url": server.url, **PRICES, **teacher}
                recipe = {"use": "in2", **{k: v for k, v in changes.items() if k != "seed"}}
                seed = changes.get("seed", 17)
                plan = small_plan(Path(folder), teacher=use, recipes=[recipe], seed=seed)
                found = preview(plan, 0, pilot=pilot, out=f"{folder}/run").forecast
                manifest = build(plan, f"{folder}/run").manifest
            rows = {one["figure"]: one["off"] for one in manifest["forecast"]["against"]}
            told = " | ".join(f"{rows[figure]:+.0%}" for figure in FIGURES)
            assert found is not None
            yield f"| {name} | {pilot} | {found.give_or_take:.0%} | {told} |"


def free() -> Iterator[str]:
    """Forecast against fact of disk, memory and seconds."""
    yield "| documents | examples | disk | off | memory | off | seconds | off | tokens off |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    for name, changes, counts in FREE:
        if changes and not CORPORA.exists():
            continue
        for count in counts:
            with tempfile.TemporaryDirectory() as folder:
                asked = [*changes, f"recipes.0.examples={count}"]
                told, fact = _one(asked, "preview"), _one(asked, f"{folder}/run")
            off = [f"{one / other - 1:+.0%}" for one, other in zip(told, fact, strict=True)]
            yield (
                f"| {name} | {count:,} | {fact[0] / 1e6:.0f} MB | {off[0]} | {fact[1]:.0f} MB | "
                f"{off[1]} | {fact[2]:.0f} | {off[2]} | {off[3]} |"
            )


def _one(changes: list[str], where: str) -> list[Any]:
    command = [sys.executable, "-c", ONE, str(DEMO), json.dumps(changes), where]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _told(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        print(line, flush=True)
        yield line


def main() -> None:
    """Prints the tables; with ``--write`` they go into the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    write = parser.parse_args().write
    # Memory first: a process begins with the largest size that its parent had.
    lines = [*_told(free()), "", *_told(paid())]
    if write:
        page = PAGE.read_text("utf-8")
        head, rest = page.split(BEGIN)
        PAGE.write_text(
            head + "\n".join([BEGIN, "", *lines, "", END]) + rest.split(END)[1], "utf-8"
        )


if __name__ == "__main__":
    main()
