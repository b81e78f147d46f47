"""A run > a sheet on which somebody accepts, rejects or edits each example, one a side.

The recipe that made the examples takes the filled sheet as its setting ``review``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import orjson

from longgrain.errors import RunError
from longgrain.exports.columns import Run, whole
from longgrain.exports.turns import turns
from longgrain.types import SIDES, Example, Side

COLUMNS = (
    *("item", "recipe", "kind", "language", "label", "difficulty", "prompt", "response"),
    *("decision", "edited_response", "note"),
)
# What a cell may begin with without a spreadsheet taking it for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Writes ``review-SIDE.csv`` (or JSONL) with empty columns ``decision``, ``edited_response``, ``note``.

    ``characters`` of a prompt are shown at most: its beginning and end. What was decided before is
    filled in.
    """

    name: ClassVar[str] = "review"

    form: Literal["csv", "jsonl"] = "csv"
    characters: int = 4000

    def write(self, run: Run, folder: Path) -> list[Path]:
        """The sheets of the sides that have examples; RunError if none has."""
        paths = []
        for side in SIDES:
            found = list(self._lines(run, side))
            if found:
                path = Path(folder) / f"review-{side}.{self.form}"
                with whole(path) as part:
                    part.write_bytes(_csv(found) if self.form == "csv" else _jsonl(found))
                paths.append(path)
        if not paths:
            raise RunError(
                "the run has no examples, so there is nothing to export: see its dropped.parquet for "
                "why they did not go on, then build again"
            )
        return paths

    def _lines(self, run: Run, side: Side) -> Iterator[dict[str, Any]]:
        texts = run.texts()
        for example in run.examples(side):
            yield self._line(example, texts)

    def _line(self, example: Example, texts: Mapping[str, str]) -> dict[str, Any]:
        lineage = example.lineage
        said = turns(example.trained, texts)
        prompt = "\n\n".join(f"[{one.speaker}] {one.text}" for one in said[:-1])
        edited = lineage.get("review") == "edit"
        values = {
            **{name: str(lineage.get(name, "")) for name in ("kind", "language", "label", "difficulty")},
            "item": str(lineage.get("item", example.id)),
            "recipe": example.recipe,
            "prompt": self._shortened(prompt),
            "response": said[-1].text,
            "decision": str(lineage.get("review", "")),
            "edited_response": said[-1].text if edited else "",
            "note": "",
        }  # fmt: skip
        return {name: values[name] for name in COLUMNS}

    def _shortened(self, prompt: str) -> str:
        if len(prompt) <= self.characters:
            return prompt
        half = max(1, self.characters // 2)
        left_out = len(prompt) - 2 * half
        return f"{prompt[:half]}\n[... {left_out:,} characters ...]\n{prompt[-half:]}"


def _csv(found: list[dict[str, Any]]) -> bytes:
    """With a mark of its encoding, which spreadsheets need for Chinese, and no cell that is a formula."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    for line in found:
        shown = {
            name: f"'{value}"
            if name in ("prompt", "response") and value.startswith(_FORMULA)
            else value
            for name, value in line.items()
        }
        writer.writerow(shown)
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def _jsonl(found: list[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(line) + b"\n" for line in found)
