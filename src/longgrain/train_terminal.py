"""The steps of a training as it goes on, and its record > lines for a terminal, a pipe or a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
        "time": terminal.duration(found["seconds"]),
        "memory": f"{found['peak_memory_mb']:,} MB" + _gpu(found["peak_gpu_memory_mb"]),
        "folder": str(record.folder),
    }
    grid = Table.grid(padding=(0, 2, 0, 0))
    for name, words in lines.items():
        grid.add_row(name, words)
    out.print(grid)


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
