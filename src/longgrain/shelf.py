"""A shelf and a component's name > its class, from its list, entry points or ``module:Name``.

A shelf is a package whose ``__init__.py`` holds ``SHELF``, a line of ``"name": "module:Name"`` for
each component, as strings so that nothing is imported before it is asked for. Other distributions
add to a shelf with an entry point of the group ``longgrain.SHELF``.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from longgrain.errors import PlanError


def names(shelf: str) -> list[str]:
    """What the shelf holds: its own components in their order, then those of entry points."""
    return list(_places(shelf))


def load(shelf: str, name: str) -> type[Any]:
    """The class called ``name``, or the one at ``module:Name``.

    Raises PlanError when nothing has that name, and when the component's module cannot be
    imported; the import's own error is then the cause.
    """
    place = name if ":" in name else _places(shelf).get(name)
    if place is None:
        raise PlanError(_unknown(shelf, name))
    return _class_at(place, f"{name!r} of {shelf}")


@cache  # looking through the installed distributions takes milliseconds
def _places(shelf: str) -> dict[str, str]:
    """Name > ``module:Name``; the shelf's own components cannot be replaced by an entry point."""
    places: dict[str, str] = dict(import_module(f"longgrain.{shelf}").SHELF)
    found = entry_points(group=f"longgrain.{shelf}")
    for point in sorted(found, key=lambda point: (point.name, point.value)):
        places.setdefault(point.name, point.value)
    return places


def _unknown(shelf: str, name: str) -> str:
    known = names(shelf)
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return (
        f"{shelf} have no {name!r}, so it cannot be used: {hint}there are "
        f"{', '.join(known)}; one of your own is written as 'module:Name'"
    )


def _class_at(place: str, what: str) -> type[Any]:
    module, _, attribute = place.partition(":")
    try:
        found = getattr(import_module(module), attribute.strip(), None)
    except ImportError as cause:
        raise PlanError(
            f"{what} is at {place!r}, which cannot be imported: {cause}; install what is missing "
            "or correct the path"
        ) from cause
    if not isinstance(found, type):
        raise PlanError(
            f"{what} is at {place!r}, but the module {module!r} has no class {attribute!r}; "
            "write 'module:Name'"
        )
    return found
