"""benchmarks/gpu.py in small, on a CPU: its operations are those that torch counts, its figures those of a training."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from longgrain.run import Run
from longgrain.train import Settings
from training import torch

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def gpu() -> Any:
    spec = importlib.util.spec_from_file_location("gpu", ROOT / "benchmarks" / "gpu.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules["gpu"] = found
    spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="module")
def run(gpu: Any, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return gpu.rows_of(gpu.TINY, tmp_path_factory.mktemp("gpu"), 3)  # type: ignore[no-any-return]


def asked(gpu: Any, folder: Path, **changes: Any) -> Settings:
    torch.set_num_threads(1)
    (folder / "config.json").write_text(json.dumps(gpu.TINY.config()), "utf-8")
    how = {"config": str(folder / "config.json"), "accumulate": 1, "batch": 1}
    return Settings(**{**how, **changes})


def test_a_row_holds_one_example_of_nearly_the_whole_length(gpu: Any, run: Run) -> None:
    rows = list(run.rows("train"))
    assert len(rows) == 3
    for row in rows:
        assert len(row.seq_lengths) == 1
        assert 0.85 * gpu.TINY.length < int(row.seq_lengths[0]) <= gpu.TINY.length


def test_the_formula_counts_what_torch_counts(gpu: Any, run: Run, tmp_path: Path) -> None:
    """Eager attention works out both halves of a causal square; the formula has the half that is needed."""
    from torch.utils.flop_counter import FlopCounterMode

    from longgrain.train.job import prepared
    from longgrain.train.trainer import model_inputs, weighted_loss

    settings = asked(gpu, tmp_path, attention="eager")
    job = prepared(run, settings, tmp_path / "out")
    row = job.train[0]
    inputs = job.inputs([row])
    given = model_inputs(inputs, settings.as_mask(), job.attention, job.mask_bytes)
    with FlopCounterMode(display=False) as counted:
        weighted_loss(job.model, inputs, given).backward()
    length = int(row.seq_lengths[0])
    half = 6.0 * gpu.TINY.layers * gpu.TINY.width * length**2
    assert counted.get_total_flops() == pytest.approx(gpu.flops(gpu.TINY, [row]) + half, rel=0.01)


def test_the_figures_are_those_of_the_training(gpu: Any, run: Run, tmp_path: Path) -> None:
    found = gpu.measured(gpu.TINY, asked(gpu, tmp_path, steps=5), run, tmp_path)
    assert found["steps"] == 2
    assert found["tflops"] == pytest.approx(
        found["flops_per_token"] * found["tokens_per_second"] / 1e12
    )
    assert found["tokens_per_second"] > 100
    assert found["device"] in ("cpu", "cuda")
    assert "of 1 TFLOPS" in gpu.said(found, 1.0)
    assert "give --peak-tflops" in gpu.said(found, None)
