"""A model made from sizes and rows of a length > tokens a second, model FLOP utilisation and peak memory of `longgrain train`.

    python benchmarks/gpu.py --peak-tflops 989 --attention flash_attention_2 [--out gpu.json]
    python benchmarks/gpu.py --tiny          the same in small, on any CPU, in under a minute

Rows are built by the recipe `keyvalue` out of Python's own documentation, one example of the whole length
a row. Nothing is downloaded: the model is a Llama of random weights. The first steps are not counted.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

import numpy as np
import orjson

from longgrain import Run
from longgrain.build import build
from longgrain.plan import Plan
from longgrain.rows import Row
from longgrain.train import Settings, train

WARM = 3  # steps at first, in which kernels are compiled and memory is found


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The sizes of a Llama, and the rows it is given. By default 1.3 billion weights, 32K tokens."""

    layers: int = 24
    width: int = 2048
    heads: int = 16
    key_heads: int = 8
    inner: int = 5632
    vocabulary: int = 32_768
    length: int = 32_768

    def config(self) -> dict[str, Any]:
        """As a config.json."""
        return {
            "model_type": "llama",
            "vocab_size": self.vocabulary,
            "hidden_size": self.width,
            "intermediate_size": self.inner,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.key_heads,
            "max_position_embeddings": self.length,
            "rope_parameters": {"rope_type": "default", "rope_theta": 500_000.0},
            "tie_word_embeddings": False,
        }

    @property
    def body(self) -> int:
        """Weights that multiply every token: those of the layers, without the embeddings and norms."""
        head = self.width // self.heads
        attention = 2 * self.width * self.width + 2 * self.width * head * self.key_heads
        return self.layers * (attention + 3 * self.width * self.inner)


TINY = Shape(layers=2, width=64, heads=2, key_heads=2, inner=128, length=1024)


def flops(shape: Shape, rows: Sequence[Row]) -> float:
    """Floating point operations of one forward and backward pass, by formula, without any done twice.

    6 a weight and token for the layers; 6 * vocabulary * width for each token that is learned, for
    logits are made for these alone; and for attention 6 * layers * width * n^2 for an example of n
    tokens: two products of 2 * width * n^2 forward and twice that back, of which a causal mask needs
    half.
    """
    lengths = np.concatenate([row.seq_lengths for row in rows]).astype(np.float64)
    learned = sum(int(np.count_nonzero(row.weights)) for row in rows)
    attention = 6.0 * shape.layers * shape.width * float((lengths**2).sum())
    head = 6.0 * shape.vocabulary * shape.width * learned
    return 6.0 * shape.body * float(lengths.sum()) + head + attention


def rows_of(shape: Shape, folder: Path, count: int) -> Run:
    """A run of so many rows, each of one example as long as the model reads."""
    documents = folder / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(sorted(topics)):
        (documents / f"{number:03}.txt").write_text(topics[name], "utf-8")
    plan = Plan.of(
        {
            "name": "gpu",
            "sources": [str(documents)],
            "split": {"valid": 0, "test": 0},
            "recipes": [{"use": "keyvalue", "examples": count}],
            # Template and question come on top of the context.
            "layout": {"lengths": [shape.length - shape.length // 16]},
            "pack": {"length": shape.length},
        }
    )
    return build(plan, folder / "run")


def measured(shape: Shape, asked: Settings, run: Run, folder: Path) -> dict[str, Any]:
    """Tokens a second after the first steps, floating point operations, and the most memory."""
    rows = list(run.rows("train"))
    record = train(run, asked, folder / "tuned")
    log = [orjson.loads(one) for one in (folder / "tuned/log.jsonl").read_bytes().splitlines()]
    steps = [one for one in log if "loss" in one]
    first, last = steps[min(WARM, len(steps) - 1) - 1], steps[-1]
    seconds = last["seconds"] - first["seconds"]
    share = (last["step"] - first["step"]) / last["step"]
    found = record.found
    seen = found["trained_on"]["tokens"] * share
    once = flops(shape, rows) / sum(len(row.input_ids) for row in rows)
    return {
        "parameters": found["model"]["parameters"],
        "device": found["device"],
        "attention": found["attention"],
        "precision": found["precision"],
        "length": shape.length,
        "longest_example": found["trained_on"]["longest_example"],
        "steps": last["step"] - first["step"],
        "tokens_per_second": seen / seconds,
        "flops_per_token": once,
        "tflops": once * seen / seconds / 1e12,
        "peak_memory_mb": found["peak_memory_mb"],
        "peak_gpu_memory_mb": found["peak_gpu_memory_mb"],
        "versions": found["versions"],
    }


def said(found: Mapping[str, Any], peak: float | None) -> str:
    """A table of it."""
    used = f"{found['tflops'] / peak:.1%} of {peak:g} TFLOPS" if peak else "give --peak-tflops"
    gpu = found["peak_gpu_memory_mb"]
    lines = {
        "model": f"{found['parameters']:,} weights, {found['precision']}, {found['attention']}",
        "device": found["device"],
        "rows": f"{found['length']:,} tokens, longest example {found['longest_example']:,}",
        "tokens a second": f"{found['tokens_per_second']:,.0f} over {found['steps']} steps",
        "FLOPs a token": f"{found['flops_per_token']:.3g}",
        "TFLOPS": f"{found['tflops']:.3g}",
        "model FLOP utilisation": used,
        "peak memory": f"{found['peak_memory_mb']:,} MB" + (f", GPU {gpu:,} MB" if gpu else ""),
    }
    return "\n".join(f"{name:<24}{value}" for name, value in lines.items())


def arguments() -> argparse.Namespace:
    """The words behind the command."""
    parser = argparse.ArgumentParser(description=str(__doc__), formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    for name, value in vars(Shape()).items():
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=int, default=None, help=f"{value:,}"
        )
    parser.add_argument(
        "--attention", default="auto", help="sdpa, flash_attention_2, flex_attention"
    )
    parser.add_argument("--precision", default="auto", help="mixed, bfloat16, float32")
    parser.add_argument("--method", default="full", choices=("full", "lora"))
    parser.add_argument("--recompute", action="store_true")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--peak-tflops", type=float, help="of the device, dense, in this precision")
    parser.add_argument("--tiny", action="store_true", help="two layers and 1,024 tokens")
    parser.add_argument("--out", type=Path, help="write the figures to this file, as JSON")
    return parser.parse_args()


def main() -> None:
    """One training, and what it took."""
    asked = arguments()
    given = {name: one for name in vars(Shape()) if (one := getattr(asked, name)) is not None}
    shape = replace(TINY if asked.tiny else Shape(), **given)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "config.json").write_text(json.dumps(shape.config()), "utf-8")
        settings = Settings(
            config=str(folder / "config.json"),
            steps=asked.steps,
            batch=asked.batch,
            accumulate=1,
            attention=asked.attention,
            precision=asked.precision,
            method=asked.method,
            recompute=asked.recompute,
            save_every=10**6,
            keep=1,
        )
        run = rows_of(shape, folder, max(8, asked.batch))
        found = measured(shape, settings, run, folder)
    print(said(found, asked.peak_tflops))
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=2), "utf-8")


if __name__ == "__main__":
    main()
