"""The steps of a training as it goes on, and its record > lines for a terminal, a pipe or a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from longgrain import terminal

if TYPE_CHECKING:
    from longgrain.train.record import Record

# Where there is no terminal, a line is printed so many times in a training, and for each look.
LINES = 10


@dataclass
class Shown:
    """Says which step is being worked on, and in a terminal the figures of the last one."""

    steps: terminal.Steps
    quiet: bool = False
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
        due = int(LINES * log["step"] / max(log["steps"], 1))
        if "eval_loss" in log or due > self.said:
            self.said = max(due, self.said)
            self.steps.console.print(f"  {words}")


@contextmanager
def watching(*, quiet: bool = False) -> Iterator[Shown]:
    """Nothing if ``quiet``; a spinner with the figures in a terminal, a few lines elsewhere; on stderr."""
    with terminal.steps() as steps:
        yield Shown(steps, quiet)


def _figures(log: Mapping[str, float]) -> str:
    parts = [f"step {log['step']:,.0f}/{log['steps']:,.0f}"]
    if "eval_loss" in log:
        return f"{parts[0]}  validation loss {log['eval_loss']:.4f}"
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
    return {
        "seen": f"{seen['rows']:,} rows, {seen['examples']:,} examples, {seen['tokens']:,} tokens",
        "learned": f"{seen['learned']:,} tokens",
    }


def _validation(valid: Mapping[str, object]) -> str:
    looks = valid["looks"]
    if not isinstance(looks, list) or not looks:
        return f"no validation {'pairs' if 'pairs' in valid else 'rows'}"
    said = f"loss {looks[0]['loss']:.4f} before, {valid['loss']:.4f} after"
    return (
        f"{said}; {valid['accuracy']:.1%} of pairs the right way" if "accuracy" in valid else said
    )


def _gpu(size: int | None) -> str:
    return "" if size is None else f", {size:,} MB of the GPU"
