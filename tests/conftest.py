"""What several test files share: small finished runs, and a terminal to type a command at."""

from __future__ import annotations

import os

# Before torch is loaded: with several threads a training that goes on ends with other last digits.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from kinds import depth_run, kinds  # noqa: F401
from longgrain import cli
from longgrain.build import build
from longgrain.run import Run
from small import balanced_plan, small_plan

Said = Callable[..., tuple[int, str, str]]

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run of `small_plan`; its documents lie beside it. Nothing may write to it."""
    folder: Path = tmp_path_factory.mktemp("small")
    return build(small_plan(folder), folder / "run")


@pytest.fixture(scope="session")
def balanced_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run of `balanced_plan`; its documents lie beside it. Nothing may write to it."""
    folder: Path = tmp_path_factory.mktemp("balanced")
    return build(balanced_plan(folder), folder / "run")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """Types a command at a terminal of 100 columns; its exit code, stdout and stderr."""

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setenv("COLUMNS", "100")
        monkeypatch.setattr(sys, "argv", ["longgrain", *map(str, words)])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return run
