"""The steps of a training as it goes on, and its record > lines for a terminal, a pipe or a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from longgrain import terminal

if TYPE_CHECKING:
    from longgrain.train.record import Record
    from longgrain.train.search import Search

# Where there is no terminal, a line is printed so many times in a training, and for each look.
LINES = 10
REASONS = 8  # of texts that were left out


@dataclass
class Shown:
    """Says which step is being worked on, and in a terminal the figures of the last one."""

    steps: terminal.Steps
    quiet: bool = False
    brief: bool = False
    """where there is no terminal, only looks are said"""
    said: int = 0

    def tell(self, words: str) -> None:
        """The next part begins."""
        if not self.quiet:
            self.steps.tell(words)

    def watch(self, log: Mapping[str, float]) -> None:
        """Figures of a step, or of a look at the validation rows."""
        if self.quiet:
            return
        words = _figures(log)
        if self.steps.spinner is not None:
            self.steps.spinner.update(words)
            if "eval_loss" not in log:
                return
        due = 0 if self.brief else int(LINES * log["step"] / max(log["steps"], 1))
        if "eval_loss" in log or due > self.said:
            self.said = max(due, self.said)
            self.steps.console.print(f"  {words}")


@contextmanager
def watching(*, quiet: bool = False, brief: bool = False) -> Iterator[Shown]:
    """Nothing if ``quiet``; a spinner with the figures in a terminal, a few lines elsewhere; on stderr.

    ``brief`` has a line only for each look.
    """
    with terminal.steps() as steps:
        yield Shown(steps, quiet, brief)


def _figures(log: Mapping[str, float]) -> str:
    parts = [f"step {log['step']:,.0f}/{log['steps']:,.0f}"]
    if "eval_loss" in log:
        macro = f", macro F1 {log['eval_macro_f1']:.1%}" if "eval_macro_f1" in log else ""
        return f"{parts[0]}  validation loss {log['eval_loss']:.4f}{macro}"
    parts += [f"loss {log['loss']:.4f}", f"lr {log['learning_rate']:.2e}"]
    parts += [f"{log['tokens_per_second']:,.0f} tokens/s"]
    return "  ".join([*parts, f"{terminal.duration(log['seconds_left'])} left"])


def summary(out: Console, record: Record) -> None:
    """What was trained on what, with which loss, and where it is."""
    found = record.found
    seen, model, valid = found["trained_on"], found["model"], found["valid"]
    share = model["trained_parameters"] / model["parameters"]
    lines = {
        "model": f"{model['name']}, {model['parameters']:,} weights, {share:.1%} trained",
        "steps": f"{found['steps']:,} of {found['steps_planned']:,}",
        **_seen(seen),
        "validation": _validation(valid),
        **_older(found),
        "time": terminal.duration(found["seconds"]),
        "memory": f"{found['peak_memory_mb']:,} MB" + _gpu(found["peak_gpu_memory_mb"]),
        "folder": str(record.folder),
    }
    grid = Table.grid(padding=(0, 2, 0, 0))
    for name, words in lines.items():
        grid.add_row(name, words)
    out.print(grid)
    if "labels" in found:
        _labels(out, found)
    if "forgetting" in found:
        out.print(_matrix(found["forgetting"]))


def _older(found: Mapping[str, Any]) -> dict[str, str]:
    """What became of older runs, and how often each source was drawn."""
    lines = {}
    for name, one in found.get("old_valid", {}).get("by_run", {}).items():
        if one["before"] is not None:
            said = f"loss {one['before']:.4f} before, {one['after']:.4f} after"
            lines[f"older: {Path(name).name}"] = said
    if "mix" in found:
        drawn, weights = found["mix"]["drawn"], found["mix"]["weights"]
        parts = [f"{name} {drawn[name]:,} (weight {weights[name]:.1%})" for name in drawn]
        lines["rows drawn"] = ", ".join(parts)
    return lines


def _matrix(found: Mapping[str, Any]) -> Table:
    """Validation losses of every run after every stage."""
    table = Table(box=None, pad_edge=False, header_style="dim", title="validation loss of")
    names = [Path(one).name for one in found["runs"]]
    table.add_column("after")
    for name in names:
        table.add_column(name, justify="right")
    own = len(names) - len(found["after"])
    rows = [("the model before", found["before"]), *zip(names[own:], found["after"], strict=True)]
    for name, losses in rows:
        if any(one is not None for one in losses):
            table.add_row(name, *("" if one is None else f"{one:.4f}" for one in losses))
    return table


def _seen(seen: Mapping[str, int]) -> dict[str, str]:
    if "pairs" in seen:
        return {"seen": f"{seen['pairs']:,} pairs, {seen['distinct_pairs']:,} of them different"}
    if "texts" in seen:
        return {"seen": f"{seen['texts']:,} texts, {seen['windows']:,} windows of them"}
    return {
        "seen": f"{seen['rows']:,} rows, {seen['examples']:,} examples, {seen['tokens']:,} tokens",
        "learned": f"{seen['learned']:,} tokens",
    }


def _validation(valid: Mapping[str, object]) -> str:
    looks = valid["looks"]
    if not isinstance(looks, list) or not looks:
        what = next((one for one in ("pairs", "texts") if one in valid), "rows")
        return f"no validation {what}"
    said = f"loss {looks[0]['loss']:.4f} before, {valid['loss']:.4f} after"
    return f"{said}; {valid['accuracy']:.1%} of pairs the right way" if "pairs" in valid else said


# --- heads ------------------------------------------------------------------------------------------


def _labels(out: Console, found: Mapping[str, Any]) -> None:
    """A table of classes for each side that was judged, and what was left out or passed over."""
    for side in ("valid", "test"):
        if found[side]["texts"]:
            out.print(f"\n{side}: {found[side]['texts']:,} texts; percent, with 95% intervals")
            out.print(_classes(found[side]))
            out.print(_whole(found[side]))
    out.print()
    for why, times in Counter(found["left_out"]).most_common(REASONS):
        out.print(f"left out  {times:,} x {why}", markup=False)
    for part, notes in found["passed_over"].items():
        for why, times in notes.items():
            out.print(f"{part:8}  {times:,} x {why}", markup=False)
    if found["unknown_tokens"]:
        out.print(f"train     {found['unknown_tokens']:.2%} of the tokens are unknown to the model")


def _classes(found: Mapping[str, Any]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("label")
    for name in ("there", "said", "precision", "recall", "F1"):
        table.add_column(name, justify="right")
    for label, one in found["classes"].items():
        figures = (_share(one["precision"]), _share(one["recall"]), _percent(one["f1"]))
        table.add_row(Text(label), f"{one['there']:,}", f"{one['said']:,}", *figures)
    return table


def _whole(found: Mapping[str, Any]) -> Table:
    """The model's scores over a rule's that knows nothing of the texts but the training labels."""
    right = "accuracy" if "accuracy" in found else "token_accuracy"
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("")
    for name in ("macro F1", "micro F1", right.replace("_", " ")):
        table.add_column(name, justify="right")
    for name, one in (("the model", found), (found["baseline"]["rule"], found["baseline"])):
        scores = (_bounded(one["macro_f1"]), _bounded(one["micro_f1"]), _share(one[right]))
        table.add_row(Text(name), *scores)
    return table


def _share(found: Mapping[str, float] | None) -> str:
    if found is None:
        return "-"
    return f"{100 * found['share']:.1f} ({100 * found['low']:.0f}-{100 * found['high']:.0f})"


def _bounded(found: Mapping[str, float] | None) -> str:
    if found is None:
        return "-"
    bounds = f" ({100 * found['low']:.0f}-{100 * found['high']:.0f})" if "low" in found else ""
    return f"{100 * found['value']:.1f}{bounds}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"


# --- searches ---------------------------------------------------------------------------------------


def trials(out: Console, found: Search) -> None:
    """Every trial of a search, the best first, and where the best one is."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("trial", justify="right")
    table.add_column(found.measure.replace("_", " "), justify="right")
    table.add_column("state")
    names = list(dict.fromkeys(name for one in found.trials for name in one["settings"]))
    for name in names:
        table.add_column(name, justify="right")
    table.add_column("time", justify="right")
    sign = -1 if found.measure == "macro_f1" else 1
    for one in sorted(found.trials, key=lambda one: _place(one, sign)):
        value = "-" if one["value"] is None else f"{one['value']:.4f}"
        settings = [_value(one["settings"].get(name)) for name in names]
        seconds = "-" if one["seconds"] is None else terminal.duration(one["seconds"])
        table.add_row(str(one["trial"]), value, one["state"], *settings, seconds)
    out.print(table)
    for one in found.trials:
        if one["state"] == "failed":
            out.print(f"trial {one['trial']} failed: {one['reason']}", markup=False)
    if found.best is not None:
        out.print(f"the best is trial {found.best['trial']}: {found.folder / 'best'}")


def _place(one: Mapping[str, Any], sign: int) -> tuple[bool, float, int]:
    value = one["value"]
    return value is None, 0.0 if value is None else sign * value, one["trial"]


def _value(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _gpu(size: int | None) -> str:
    return "" if size is None else f", {size:,} MB of the GPU"
