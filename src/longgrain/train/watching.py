"""The Trainer's logs > figures of each step for whoever watches, and log.jsonl in the model's folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from transformers import TrainerCallback

from longgrain.engine import atomic

LOG = "log.jsonl"
Watch = Callable[[Mapping[str, float]], None]


class Watching(TrainerCallback):
    """``tokens`` are those of each step, from which the speed comes; ``epoch`` is one in steps."""

    def __init__(self, path: Path, watch: Watch, tokens: Sequence[int], epoch: int) -> None:
        self.path, self.watch, self.tokens, self.epoch = path, watch, tokens, epoch
        self.began, self.first, self.before = time.perf_counter(), 0, 0.0

    @property
    def seconds(self) -> float:
        """Spent on the steps so far, those before a kill included, but for the ones done twice."""
        return self.before + time.perf_counter() - self.began

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Drops the lines of steps that a kill undid, and times from here on."""
        self.began, self.first = time.perf_counter(), state.global_step
        lines = self.path.read_bytes().splitlines() if self.first and self.path.is_file() else []
        kept = [line for line in map(_read, lines) if line and line["step"] <= self.first]
        self.before = kept[-1]["seconds"] if kept else 0.0
        if self.path.is_file() or not self.path.exists():  # not the null device
            with atomic(self.path) as part:
                part.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in kept))

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """One line a step, and one a look at the validation rows."""
        said = {k: v for k, v in (logs or {}).items() if isinstance(v, int | float)}
        if "loss" not in said and "eval_loss" not in said:
            return
        done, seconds = state.global_step, self.seconds - self.before
        speed = sum(self.tokens[self.first : done]) / max(seconds, 1e-9)
        left = seconds / max(done - self.first, 1) * (state.max_steps - done)
        known = {"step": done, "steps": state.max_steps, "tokens_per_second": round(speed, 1)}
        kept = {k: v for k, v in said.items() if not k.endswith("_per_second")}
        line = {**known, **kept, "epoch": round(done / self.epoch, 4)}
        line["seconds"] = round(self.seconds, 3)
        with self.path.open("ab") as file:
            file.write(orjson.dumps(line) + b"\n")
        self.watch({**line, "seconds_left": left})


def _read(line: bytes) -> dict[str, float] | None:
    """One line of the log; None for one that a kill cut short."""
    try:
        found: dict[str, float] = orjson.loads(line)
        return found
    except ValueError:
        return None
