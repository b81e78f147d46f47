"""The steps of a build, a forecast, a finished run > lines for a terminal, a pipe or a file."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.status import Status

    from longgrain.forecast import Forecast
    from longgrain.run import Run

WIDTH = 100  # columns where there is no terminal to ask
REASONS = 8  # dropped items are listed by so many reasons, the rest as a sum


def console(*, stderr: bool = False) -> Console:
    """Where to print; a pipe gets plain lines that are not broken."""
    stream = sys.stderr if stderr else sys.stdout
    if stream.isatty():
        return Console(stderr=stderr, highlight=False)
    return Console(stderr=stderr, highlight=False, width=WIDTH, soft_wrap=True)


@dataclass
class Steps:
    """Says which step is being worked on, and how long the one before took."""

    console: Console
    words: str = ""
    began: float = 0.0
    spinner: Status | None = None

    def tell(self, words: str) -> None:
        """The next step begins."""
        self.end()
        self.words, self.began = words, time.perf_counter()
        if self.console.is_terminal:
            self.spinner = self.console.status(Text(words))
            self.spinner.start()

    def end(self) -> None:
        """The step that was begun last is done."""
        self.stop()
        if self.words:
            seconds = f" {time.perf_counter() - self.began:.1f} s"
            self.console.print(Text.assemble(("✓ ", "green"), self.words, (seconds, "dim")))
        self.words = ""

    def stop(self) -> None:
        """Takes the spinner away."""
        if self.spinner:
            self.spinner.stop()
            self.spinner = None


@contextmanager
def steps() -> Iterator[Steps]:
    """A spinner with the step in a terminal, a line for each step elsewhere; on stderr."""
    shown = Steps(console(stderr=True))
    try:
        yield shown
        shown.end()
    finally:
        shown.stop()


def bullets(out: Console, title: str, said: Sequence[str], style: str = "bold") -> None:
    """A heading and a line for each item; nothing at all for none."""
    if said:
        out.print(Text(f"\n{title}", style))
    grid = Table.grid(padding=(0, 1))
    for one in said:
        if out.is_terminal:
            grid.add_row("  -", Text(one))
        else:
            out.print(Text(f"  - {one}"))
    if grid.row_count:
        out.print(grid)


def forecast_table(found: Forecast) -> Table:
    """What a build will take."""
    calls = f"{found.calls:,} of {found.teacher}"
    if found.prompt_tokens:
        calls += f" ({found.prompt_tokens:,} tokens sent, {found.reply_tokens:,} back)"
    lines = {
        "examples": f"{found.examples:,}",
        "drafts": f"{found.drafts:,}",
        "teacher calls": calls,
        "money": f"{found.money:,.2f} {found.currency}".strip() if found.money else "nothing",
        "tokens": f"{found.tokens:,} in {found.rows:,} rows",
        "time": duration(found.seconds),
        "disk": size(found.disk),
        "measured on": "the whole plan" if found.exact else f"{found.sampled:,} examples of it",
    }
    grid = Table.grid(padding=(0, 2, 0, 0))
    for name, value in lines.items():
        grid.add_row(name, value)
    return grid


def summary(out: Console, run: Run) -> None:
    """What a build made, dropped and missed, and where its report is."""
    manifest = run.manifest
    out.print()
    out.print(_examples(manifest))
    bullets(out, "dropped", list(_dropped(manifest)))
    short = [
        f"{side}: {words}"
        for side, quota in manifest["quotas"].items()
        for words in quota["shortfalls"]
    ]
    bullets(out, "asked for and not met", short, "bold yellow")
    bullets(out, "notes", [*manifest["split"]["notes"], *manifest["notes"]])
    out.print(Text(f"\nrun     {run.folder}"))
    if (run.folder / "report.html").is_file():
        out.print(Text(f"report  {run.folder / 'report.html'}"))


def _examples(manifest: Mapping[str, Any]) -> Table:
    """Examples by kind, rows, tokens, share learned from and fill, one line a side."""
    quotas, packing = manifest["quotas"], manifest["packing"]
    kinds = list(dict.fromkeys(kind for one in quotas.values() for kind in one["kinds"]))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("side")
    for name in (*kinds, "examples", "rows", "tokens", "learned", "fill"):
        table.add_column(name, justify="right")
    for side, packed in packing.items():
        made = [quotas[side]["kinds"].get(kind, {"made": 0})["made"] for kind in kinds]
        learned = sum(role["learned"] for role in manifest["roles"][side].values())
        numbers = [*made, sum(made), packed["rows"], packed["tokens"], learned]
        table.add_row(side, *(f"{number:,}" for number in numbers), f"{packed['fill']:.1%}")
    return table


def _dropped(manifest: Mapping[str, Any]) -> Iterator[str]:
    counts = Counter[tuple[str, str]]()
    for step in manifest["steps"]:
        for reason, number in step["dropped"].items():
            counts[step["step"], reason] += number
    most = counts.most_common(REASONS)
    for (step, reason), number in most:
        yield f"{number:,} x {reason} ({step})"
    if rest := sum(counts.values()) - sum(number for _, number in most):
        yield f"{rest:,} for other reasons: see dropped.parquet"


def some_ids(out: Console, run: Run) -> None:
    """The first few examples of each side, to have an id to ask for."""
    for side in run.sides:
        for example in islice(run.examples(side), 5):
            about = " ".join(str(example.lineage[name]) for name in ("kind", "form", "language"))
            tokens = f"{example.lineage['tokens']:,}"
            out.print(Text(f"{example.id}  {side:5}  {tokens:>7} tokens  {about}"))


def duration(seconds: float) -> str:
    """Seconds for people."""
    if seconds < 90:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def size(count: float) -> str:
    """Bytes for people."""
    for unit in ("bytes", "KB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
