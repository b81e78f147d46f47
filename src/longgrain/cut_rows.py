"""The folder of a finished run > its cut grains as rows to score: words, document, where they begin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from longgrain.run import Run


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """One row a cut, in the order of their numbers. Raises RunError where there is no finished run."""
    run = Run(folder)
    cuts, texts = run.cuts, run.texts()
    found = []
    for number, document in enumerate(cuts.document.tolist()):
        name = run.doc_ids[document]
        text, start, end = texts[name], int(cuts.starts[number]), int(cuts.ends[number])
        found.append(
            {
                "id": f"{name}:{start}",
                "prediction": text[start:end],
                "source": text,
                "start": start,
                "document": run.sources[document],
            }
        )
    return found
