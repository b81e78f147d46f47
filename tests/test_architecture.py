"""What may import what, how large things may grow, that map and dependencies are true."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "longgrain"
SHELVES = (
    *("readers", "recipes", "augmentations", "teachers", "checks", "exports", "metrics", "probes"),
)
# Rooms of their own: what is data, and no component.
FOLDERS = (
    *SHELVES,
    "prompts",
    "templates",
    "tokenizers",
    "train",
    "prove",
    "review",
    "evaluation",
    "why",
    "tune",
)
OPEN_TO_SHELVES = {
    *("types", "protocols", "grains", "facts", "modality", "fidelity", "search", "terms", "errors"),
    *("content_words", "scripts", "style", "quota", "vocabulary", "lines", "trouble", "dense"),
}
DRAWERS = {"utils", "util", "helpers", "helper", "common", "base", "core", "manager", "misc"}
LONGEST_FUNCTION, LONGEST_FILE = 60, 400


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def named(path: Path) -> str:
    """Dotted name below longgrain: "recipes.in2", "plan", "recipes" for a shelf's own file."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


@pytest.fixture(params=modules(), ids=lambda path: named(path) or "longgrain")
def module(request: pytest.FixtureRequest) -> Path:
    return request.param


def imports(source: str) -> Iterator[str]:
    """Every module that a source imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports name the whole path"
            if node.module == "longgrain":
                yield from (f"longgrain.{alias.name}" for alias in node.names)
            else:
                yield str(node.module)


def own(source: str) -> list[str]:
    """The modules of longgrain that a source imports, without "longgrain."."""
    found = (name.split(".", 1) for name in imports(source))
    return [parts[1] for parts in found if parts[0] == "longgrain" and len(parts) == 2]


def forbidden(shelf: str, source: str) -> list[str]:
    """What a file of a shelf imports although it may not."""
    allowed = OPEN_TO_SHELVES | {shelf}
    return [name for name in own(source) if name.split(".")[0] not in allowed]


def test_a_shelf_imports_the_nouns_and_nothing_of_the_steps(module: Path) -> None:
    shelf = named(module).split(".")[0]
    if shelf in SHELVES:
        assert not forbidden(shelf, module.read_text("utf-8"))


def test_the_rule_for_shelves_finds_a_step_and_another_shelf() -> None:
    source = (
        "from longgrain import plan\nfrom longgrain.checks.leak import Leak\nimport longgrain.run"
    )
    assert forbidden("recipes", source) == ["plan", "checks.leak", "run"]


def test_nobody_imports_the_command_line_or_the_walk(module: Path) -> None:
    assert not {"cli", "walk"} & set(own(module.read_text("utf-8")))


def test_a_folder_is_a_shelf_or_a_room() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders <= set(FOLDERS)


def test_nothing_is_named_like_a_drawer(module: Path) -> None:
    assert not DRAWERS & set(re.split(r"[._]", named(module)))


def test_a_module_says_what_comes_in_and_what_goes_out(module: Path) -> None:
    said = (ast.get_docstring(ast.parse(module.read_text("utf-8"))) or "").partition("\n")[0]
    assert len(said) > 20
    assert said.endswith((".", ":"))


def test_files_and_functions_stay_small(module: Path) -> None:
    source = module.read_text("utf-8")
    assert source.count("\n") <= LONGEST_FILE
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, node.name


@cache
def installed() -> Mapping[str, list[str]]:
    """The distributions of each top-level name; reading all their lists takes a tenth of a second."""
    return packages_distributions()


@cache
def declared() -> set[str]:
    """Names of the distributions that pyproject.toml lists, extras included, in normal form."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    return {normal(re.split(r"[\s\[<>=!~;]", one, maxsplit=1)[0]) for many in lists for one in many}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_package_that_is_imported_is_declared(module: Path) -> None:
    outside = {name.split(".")[0] for name in imports(module.read_text("utf-8"))}
    for name in outside - set(sys.stdlib_module_names) - {"longgrain"}:
        assert {normal(one) for one in installed().get(name, [name])} & declared(), name


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import longgrain, longgrain.cli, sys; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert not {"numpy", "pyarrow", "tokenizers", "pydantic"} & set(run.stdout.split())


def test_the_map_is_fresh() -> None:
    run = subprocess.run(
        [sys.executable, ROOT / "scripts" / "make_map.py", "--check"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stdout + run.stderr
