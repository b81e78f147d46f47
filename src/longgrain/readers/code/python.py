"""The text of a Python file > where its classes and functions begin, by Python's own grammar."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

_LONGEST = 4_000_000  # code points; a larger file is generated, and its tree takes gigabytes
_COLON = re.compile(r":[ \t]*(?:#.*)?$")

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def definitions(text: str) -> list[tuple[int, int, int]] | None:
    """Start, end, level of the signature of every class and function, decorators included.

    Offsets are code points, levels count from 1. None where the text is no Python of this
    interpreter's version.
    """
    if len(text) > _LONGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in strings, which are not ours to mend
            module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    return [
        (starts[first - 1], starts[last] - 1, level)
        for first, last, level in (
            (*_signature(found, lines), level) for found, level in _definitions(module, 1)
        )
    ]


def _definitions(node: ast.AST, level: int) -> Iterator[tuple[Definition, int]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            yield child, level
            yield from _definitions(child, level + 1)
        elif isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            yield from _definitions(child, level)


def _signature(node: Definition, lines: list[str]) -> tuple[int, int]:
    """The first and last line, counted from 1, from the decorators to the colon."""
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    for last in range(node.body[0].lineno - 1, node.lineno - 1, -1):
        line = lines[last - 1].strip()
        if line and line[0] != "#" and _COLON.search(line):
            return first, last
    return first, node.body[0].lineno  # all on one line
