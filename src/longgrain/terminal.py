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
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.status import Status

    from longgrain.forecast import Forecast
    from longgrain.preview import Preview
    from longgrain.run import Run
    from longgrain.survey import Survey

WIDTH = 100  # columns where there is no terminal to ask
BESIDE = 4  # kinds of example that have room in one line with a side's other figures
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


def forecast(out: Console, found: Preview) -> None:
    """What a build will take, what is assumed in that, what cannot work and what will only in part."""
    if found.forecast:
        out.print(Rule("forecast", align="left"))
        out.print(forecast_table(found.forecast))
        if len([one for one in found.forecast.kinds if one["calls"]]) > 1:
            out.print()
            out.print(_kinds(found.forecast))
        bullets(out, "know of these numbers", found.forecast.said)
    bullets(out, "this cannot work", found.problems, "bold red")
    bullets(out, "this will work only in part", found.doubts, "bold yellow")


def forecast_table(found: Forecast) -> Table:
    """What a build will take."""
    about = f" (give or take {found.give_or_take:.0%})" if found.give_or_take > 0.005 else ""
    lines = {
        "examples": f"{found.examples:,}",
        "drafts": f"{found.drafts:,}",
        "teacher calls": f"{found.calls:,} of {found.teacher}{about}",
        "tokens sent": f"{found.prompt_tokens:,}" if found.prompt_tokens else "",
        "tokens back": f"{found.reply_tokens:,}" if found.prompt_tokens else "",
        "money": _money(found),
        "cap": _cap(found),
        "tokens": f"{found.tokens:,} in {found.rows:,} rows",
        "time": _time(found),
        "disk": size(found.disk),
        "memory": f"{found.memory_mb:,} MB" if found.memory_mb else "",
        "measured on": "the whole plan" if found.exact else f"{found.sampled:,} drafts of it",
    }
    grid = Table.grid(padding=(0, 2, 0, 0))
    for name, value in lines.items():
        if value:
            grid.add_row(name, value)
    return grid


def as_json(found: Survey, taken: Preview | None) -> bytes:
    """A survey, and what a build will take where that was asked for too."""
    import orjson

    if taken is None:
        return found.json()
    said = {"forecast": taken.forecast, "problems": taken.problems, "doubts": taken.doubts}
    return orjson.dumps(orjson.loads(found.json()) | said, option=orjson.OPT_INDENT_2)


def _money(found: Forecast) -> str:
    if not found.money:
        return "nothing" if not found.prompt_tokens else "the plan has no prices"
    when = f"of {found.prices_of}" if found.prices_of else "of an unknown day (prices_of)"
    return f"{found.money:,.2f} {found.currency}".rstrip() + f", at the plan's prices {when}"


def _cap(found: Forecast) -> str:
    if not found.cap:
        return ""
    calls, money = found.uncapped["calls"], found.uncapped["money"]
    whole = f"{calls:,.0f} calls" + (f", {money:,.2f} {found.currency}".rstrip() if money else "")
    return f"{found.cap} is reached at {found.share:.0%} of the plan; all of it takes {whole}"


def _time(found: Forecast) -> str:
    if found.seconds is None:
        return ""
    if found.teacher_seconds is None:
        return f"{duration(found.seconds)}, and as long as the teacher takes (a pilot measures it)"
    return duration(found.seconds + found.teacher_seconds)


def _kinds(found: Forecast) -> Table:
    """Drafts, calls, tokens and money by kind of example."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("kind")
    names = ("drafts", "calls", "prompt_tokens", "reply_tokens", "money")
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for one in found.kinds:
        numbers = [f"{round(one[name]):,}" for name in names[:-1]]
        table.add_row(one["kind"], *numbers, f"{one['money']:,.2f}")
    return table


def summary(out: Console, run: Run) -> None:
    """What a build made, dropped and missed, and where its report is."""
    manifest = run.manifest
    out.print()
    kinds = _kinds_made(manifest)
    beside = kinds if len(kinds) <= BESIDE else ()
    out.print(_examples(manifest, beside))
    if len(kinds) > len(beside):
        out.print()
        out.print(_by_kind(manifest, kinds))
    bullets(out, "dropped", list(_dropped(manifest)))
    short = [
        f"{side}: {words}"
        for side, quota in manifest["quotas"].items()
        for words in quota["shortfalls"]
    ]
    bullets(out, "asked for and not met", short, "bold yellow")
    bullets(out, "notes", [*manifest["split"]["notes"], *manifest["notes"]])
    bullets(out, "forecast and fact", list(_against(manifest)))
    out.print(Text(f"\nrun     {run.folder}"))
    if (run.folder / "report.html").is_file():
        out.print(Text(f"report  {run.folder / 'report.html'}"))


def _against(manifest: Mapping[str, Any]) -> Iterator[str]:
    from longgrain.forecast import compared

    for one in compared(manifest):
        yield f"{one['figure']}: {one['forecast']} forecast, {one['fact']} in fact, {one['off']}"


def _kinds_made(manifest: Mapping[str, Any]) -> list[str]:
    """The kinds of example that were asked for on some side, or made there."""
    asked = [
        kind
        for quota in manifest["quotas"].values()
        for kind, counts in quota["kinds"].items()
        if counts["wished"] or counts["made"]
    ]
    return list(dict.fromkeys(asked))


def _by_kind(manifest: Mapping[str, Any], kinds: Sequence[str]) -> Table:
    """Examples made of each kind, one column a side."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("kind")
    for side in manifest["quotas"]:
        table.add_column(side, justify="right")
    for kind in kinds:
        found = (quota["kinds"].get(kind, {"made": 0}) for quota in manifest["quotas"].values())
        table.add_row(kind, *(f"{counts['made']:,}" for counts in found))
    return table


def _examples(manifest: Mapping[str, Any], kinds: Sequence[str]) -> Table:
    """Examples, by kind where there are few, rows, tokens, learned and fill, one line a side."""
    quotas, packing = manifest["quotas"], manifest["packing"]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("side")
    for name in (*kinds, "examples", "rows", "tokens", "learned", "fill"):
        table.add_column(name, justify="right")
    for side, packed in packing.items():
        counts = quotas[side]["kinds"]
        made = [counts.get(kind, {"made": 0})["made"] for kind in kinds]
        total = sum(one["made"] for one in counts.values())
        total = manifest.get("balance", {}).get(side, {}).get("examples", total)
        learned = sum(role["learned"] for role in manifest["roles"][side].values())
        numbers = [*made, total, packed["rows"], packed["tokens"], learned]
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
