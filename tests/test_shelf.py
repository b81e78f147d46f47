"""Components are found by name, by entry point and by ``module:Name``; errors say what there is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import longgrain
from longgrain import shelf
from longgrain.errors import PlanError
from longgrain.readers.jsonl import Jsonl

PACKAGES = sorted(Path(longgrain.__file__).parent.glob("*/__init__.py"))
SHELVES = [path.parent.name for path in PACKAGES if "SHELF = {" in path.read_text()]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path with a distribution that puts readers on the shelf by entry points."""
    (tmp_path / "rune_reader.py").write_text("class Runes:\n    suffixes = ('.rune',)\n")
    (tmp_path / "needy_reader.py").write_text("import a_library_nobody_has\n")
    metadata = tmp_path / "rune_reader-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: rune-reader\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[longgrain.readers]\nrunes = rune_reader:Runes\njsonl = rune_reader:Runes\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    shelf._places.cache_clear()
    yield tmp_path
    shelf._places.cache_clear()
    for module in ("rune_reader", "needy_reader"):
        sys.modules.pop(module, None)


def test_a_component_is_loaded_by_its_name() -> None:
    assert shelf.load("readers", "jsonl") is Jsonl


def test_a_component_is_loaded_by_module_and_name() -> None:
    assert shelf.load("readers", "longgrain.readers.jsonl:Jsonl") is Jsonl


@pytest.mark.parametrize("name", SHELVES)
def test_every_line_of_a_shelf_leads_to_a_class(name: str) -> None:
    assert shelf.names(name)
    for component in shelf.names(name):
        assert isinstance(shelf.load(name, component), type)


def test_an_installed_distribution_adds_a_component(installed: Path) -> None:
    assert shelf.names("readers")[-1] == "runes"
    assert shelf.load("readers", "runes").__name__ == "Runes"


def test_an_installed_distribution_cannot_replace_a_component(installed: Path) -> None:
    assert shelf.names("readers").count("jsonl") == 1
    assert shelf.load("readers", "jsonl") is Jsonl


def test_an_unknown_name_lists_what_there_is_and_what_is_close() -> None:
    with pytest.raises(PlanError) as caught:
        shelf.load("readers", "json")
    message = str(caught.value)
    assert "'json'" in message
    assert "did you mean 'jsonl'" in message
    assert "text, markdown, jsonl, csv, parquet, " in message
    assert "module:Name" in message


def test_an_import_error_inside_a_component_is_the_cause_that_is_shown(installed: Path) -> None:
    with pytest.raises(PlanError, match="a_library_nobody_has") as caught:
        shelf.load("readers", "needy_reader:Needy")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


@pytest.mark.parametrize(
    "place", ["longgrain.readers.jsonl:Gone", "longgrain.readers.jsonl:orjson"]
)
def test_a_place_without_a_class_is_refused(place: str) -> None:
    with pytest.raises(PlanError, match="has no class"):
        shelf.load("readers", place)


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    code = (
        "import sys, longgrain.shelf as s; s.names('readers'); "
        "print([m for m in sys.modules if m.startswith(('longgrain.readers.', 'pyarrow'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
