"""Long documents > packed fine-tuning rows: the names to use from Python.

A name's module is imported when the name is first used, so that importing longgrain costs nothing.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from longgrain.build import build as build
    from longgrain.corpus import read as read
    from longgrain.errors import LonggrainError as LonggrainError
    from longgrain.explain import explain as explain
    from longgrain.grains import cut as cut
    from longgrain.plan import Plan as Plan
    from longgrain.preview import preview as preview
    from longgrain.protocols import Check as Check
    from longgrain.protocols import Export as Export
    from longgrain.protocols import Reader as Reader
    from longgrain.protocols import Recipe as Recipe
    from longgrain.protocols import Teacher as Teacher
    from longgrain.run import Run as Run
    from longgrain.survey import survey as survey
    from longgrain.types import Document as Document
    from longgrain.types import Draft as Draft
    from longgrain.types import Dropped as Dropped
    from longgrain.types import Example as Example
    from longgrain.types import Given as Given
    from longgrain.types import Grain as Grain
    from longgrain.types import Message as Message
    from longgrain.types import Reply as Reply
    from longgrain.types import Span as Span

    __version__: str

# Arrow is to give memory back at once and not to keep it in a pool of its own: a build with six
# times the examples then peaks at 1.03 times the memory, and not at 1.28. Read when it is imported.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

_HOMES = {
    "longgrain.corpus": ("read",),
    "longgrain.grains": ("cut",),
    "longgrain.survey": ("survey",),
    "longgrain.plan": ("Plan",),
    "longgrain.build": ("build",),
    "longgrain.preview": ("preview",),
    "longgrain.explain": ("explain",),
    "longgrain.run": ("Run",),
    "longgrain.errors": ("LonggrainError",),
    "longgrain.types": (
        *("Document", "Grain", "Span", "Message", "Draft", "Example", "Reply", "Given", "Dropped"),
    ),
    "longgrain.protocols": ("Reader", "Recipe", "Teacher", "Check", "Export"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}
__all__ = [*_HOME, "__version__"]


def __getattr__(name: str) -> object:
    if name == "__version__":
        return import_module("importlib.metadata").version("longgrain")
    if name not in _HOME:
        raise AttributeError(f"longgrain has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(ModuleType):
    """Keeps `build`, `preview`, `explain` and `survey` the functions once their modules were imported."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
