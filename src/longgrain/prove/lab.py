"""A folder and a seed > runs built, models trained and probed in it, each once: what is finished is kept.

Everything goes through the package's own steps: a plan and `build`, `longgrain.train`, `longgrain.probe`.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from longgrain.build import build
from longgrain.engine import atomic
from longgrain.plan import Plan
from longgrain.probe import Asked, probe
from longgrain.probe_scores import Summary, Total
from longgrain.prove import symbols, writer

Tell = Callable[[str], None]
THETA = 3000.0
# Rows of base training; those of long contexts hold one example.
ROW, LONG = 256, writer.CHUNKS * (writer.CHUNK + 1) + 5 * 4

# Keys are asked for again and again, each time in another context: not the check for duplicates.
CHECKS = ("quote", "answerable", "leak")


@dataclass(frozen=True, kw_only=True)
class Lab:
    """One seed's folder. ``theta`` is the base of the rotary positions."""

    folder: Path
    seed: int
    theta: float = THETA
    tell: Tell = lambda words: None

    # --- what is read ---

    @cached_property
    def tokenizer(self) -> Path:
        """The folder of the tokenizer."""
        return symbols.written(self.folder / "tokenizer")

    def config(self, **changes: Any) -> Path:
        """A Llama of two layers, width 64, two heads, as a file.

        Input and output share their embeddings: without that the base takes half as many steps more.
        """
        values = {
            "model_type": "llama",
            "vocab_size": symbols.COUNT,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "max_position_embeddings": 1024,
            "rope_parameters": {"rope_type": "default", "rope_theta": self.theta},
            "initializer_range": 0.02,
            "tie_word_embeddings": True,
            "bos_token_id": None,
            "eos_token_id": symbols.END,
            "pad_token_id": symbols.END,
        }
        path = self.folder / "config.json"
        path.write_text(json.dumps({**values, **changes}, indent=2), "utf-8")
        return path

    # --- steps ---

    def build(
        self,
        name: str,
        sources: Sequence[Path],
        recipe: str,
        examples: int,
        *,
        settings: Mapping[str, Any] | None = None,
        depths: Sequence[float] = (1.0,),
        row: int = ROW,
        length: int = LONG,
        valid: float = 0.0,
        checks: Sequence[str] = CHECKS,
    ) -> Path:
        """A run of one recipe; ``depths`` are the quota of where evidence lies."""
        self.tell(f"building {name}")
        plan = Plan.of(
            {
                "name": name,
                "seed": self.seed,
                "sources": [str(one.absolute()) for one in sources],
                "tokenizer": str(self.tokenizer.absolute()),
                "template": "tokenizer",
                "grains": {"size": writer.CHUNK + 1, "mode": "exact"},
                "split": {"valid": valid, "test": 0},
                "recipes": [{"use": recipe, "examples": examples, **(settings or {})}],
                "layout": {
                    "lengths": [length],
                    "depths": list(depths),
                    "distractors": {"random": 1, "hard": 0, "same_document": 0},
                    "in_order": 0,
                },
                "checks": list(checks),
                "pack": {"length": row},
            }
        )
        folder = self.folder / "runs" / name
        build(plan, folder)
        return folder

    def train(
        self,
        name: str,
        run: Path,
        base: Path | None = None,
        *,
        config: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> Path:
        """A model trained on a run, from ``base`` or, with ``config`` changed, from nothing."""
        from longgrain.train import Settings, train

        out = self.folder / "models" / name
        begun: dict[str, Any] = (
            {"model": str(base)} if base else {"config": str(self.config(**config or {}))}
        )
        whole = {"accumulate": 1, "save_every": 10**6, "evaluate_every": 10**6, **settings}
        self.tell(f"training {name}")
        train(run, Settings(**begun, **whole, seed=self.seed), out)
        return out

    def validation(self, model: Path) -> float:
        """The loss of a model on the validation rows of its run, as its record says."""
        from longgrain.train.record import Record

        record = Record.load(model)
        return float(record.found["valid"]["loss"]) if record else math.inf

    def look(self, name: str, model: Path, chunks: int, questions: int, positions: int) -> Summary:
        """What a model answers about contexts of so many chunks with facts that were never trained on."""
        self.tell(f"probing {name}")
        asked = Asked(
            probe="longgrain.prove.lookup:LookUp",
            model=str(model),
            sizes=(chunks,),
            questions=questions,
            positions=positions,
            documents=(str(self.held_out),),
            seed=self.seed,
            batch=32,
        )
        return probe(asked, self.folder / "probes" / name)

    # --- documents ---

    @cached_property
    def facts(self) -> Path:
        """Documents to train on."""
        return writer.write_facts(self.folder / "documents" / "facts", seed=self.seed, count=42_000)

    @cached_property
    def noise(self) -> Path:
        """Random symbols."""
        return writer.write_noise(self.folder / "documents" / "noise", seed=self.seed, count=60_000)

    @cached_property
    def held_out(self) -> Path:
        """Other topics with other facts."""
        folder = self.folder / "documents" / "held-out"
        return writer.write_facts(folder, seed=10_000 + self.seed, count=3000, held_out=True)


def by_position(found: Summary) -> list[Total]:
    """The totals of each position, in order."""
    some = [one for one in found.totals if one.position is not None]
    return sorted(some, key=lambda one: one.position or 0)


def values_of(found: Summary) -> list[float]:
    """Accuracy by position, in percent."""
    return [round(100 * (one.value or 0.0), 2) for one in by_position(found)]


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Seconds on the clock and of this process since it was made."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> Clock:
        """The time."""
        return cls(wall=time.perf_counter(), cpu=time.process_time())

    def since(self) -> dict[str, float]:
        """Seconds since then."""
        now = Clock.now()
        return {"wall": round(now.wall - self.wall, 1), "cpu": round(now.cpu - self.cpu, 1)}


def kept(path: Path, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What lies in a JSON file; made and written there if there is none."""
    if path.is_file():
        found: dict[str, Any] = orjson.loads(path.read_bytes())
        return found
    made = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as part:
        part.write_bytes(orjson.dumps(made, option=orjson.OPT_INDENT_2))
    return made
