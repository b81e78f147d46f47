"""A plan's YAML file, changes to it, and errors in its values > a mapping, and where each error stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from longgrain.errors import PlanError
from longgrain.secret import hidden


def parsed(path: Path) -> CommentedMap:
    """The mapping in a YAML file, lines kept. PlanError for a file that holds none."""
    try:
        values = YAML().load(path.read_text("utf-8"))
    except YAMLError as error:
        raise PlanError(f"{path} is not valid YAML: {hidden(str(error))}") from None
    if not isinstance(values, CommentedMap):
        raise PlanError(f"{path} holds no mapping of settings; see `longgrain init --help`")
    return values


def change(values: CommentedMap, said: str) -> None:
    """Sets one ``key.part=value`` in the mapping. PlanError for what cannot be set."""
    key, found, value = said.partition("=")
    if not found:
        raise PlanError(f"--set {hidden(said)!r} has no '='; write --set key.part=value")
    *parents, last = key.split(".")
    place: Any = values
    for parent in parents:
        place = place[int(parent)] if isinstance(place, list) else place.setdefault(parent, {})
        if not isinstance(place, dict | list):
            raise PlanError(
                f"--set {hidden(said)!r}: {parent!r} is a single value and has no parts"
            )
    place[int(last) if isinstance(place, list) else last] = YAML(typ="safe").load(value)


def telling(error: Any) -> bool:
    """Of a value that may be a mapping or a list, only the branch that was meant is explained."""
    meant_mapping = isinstance(error["input"], dict)
    return not (error["type"] in ("tuple_type", "int_type") and meant_mapping)


def explained(error: Any, values: Mapping[str, Any], file: str) -> str:
    """One error as `file:line: key: what is wrong (value)`."""
    place = [p for p in error["loc"] if isinstance(p, int) or re.fullmatch("[a-z_]+", p)]
    key = ".".join(map(str, place)) or "plan"
    line = _line(values, place)
    where = f"{file}:{line}" if line else file
    said = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        said = "there is no such setting; remove it or check the spelling"
    # What is wrong with the plan as a whole says what it is about; all of it would hide that.
    told = error["type"] in ("missing", "extra_forbidden") or not place
    given = "" if told else f" (given: {error['input']!r})"
    return f"{where}: {key}: {said}{given}"


def _line(values: Any, place: Sequence[Any]) -> int | None:
    """The line of a key in the file, counting from 1, where the YAML reader kept it."""
    line = None
    for part in place:
        try:
            line = (values.lc.key(part) if isinstance(part, str) else values.lc.item(part))[0] + 1
            values = values[part]
        except (KeyError, IndexError, TypeError, AttributeError):
            return line
    return line
