"""The names of `import longgrain`: which they are, that each is there and costs nothing."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import longgrain

NAMES = [
    *("Check", "Document", "Draft", "Dropped", "Example", "Export", "Given", "Grain"),
    *("LonggrainError", "Message", "Plan", "Reader", "Recipe", "Reply", "Run", "Span", "Teacher"),
    *("__version__", "build", "cut", "explain", "preview", "read", "survey"),
]


def test_the_package_has_these_names_and_no_others() -> None:
    assert sorted(longgrain.__all__) == NAMES
    assert dir(longgrain) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_there_and_documented(name: str) -> None:
    found = getattr(longgrain, name)
    if not isinstance(found, str):
        assert callable(found)
        assert (found.__doc__ or "").strip()


def test_a_name_that_is_not_there_is_an_attribute_error_that_lists_the_others() -> None:
    with pytest.raises(AttributeError, match=r"no 'bild'.*build"):
        longgrain.bild  # noqa: B018


def test_the_version_is_that_of_the_project() -> None:
    project = Path(__file__).resolve().parent.parent / "pyproject.toml"
    assert longgrain.__version__ == tomllib.loads(project.read_text("utf-8"))["project"]["version"]


@pytest.mark.parametrize("name", ["build", "preview", "explain"])
def test_a_function_stays_a_function_when_its_module_is_imported(name: str) -> None:
    module = importlib.import_module(f"longgrain.{name}")
    assert getattr(longgrain, name) is getattr(module, name)


def test_the_nouns_are_there_before_anything_is_imported() -> None:
    code = "import longgrain, sys; print('longgrain.types' in sys.modules, longgrain.Span.__name__)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.split() == ["False", "Span"]
