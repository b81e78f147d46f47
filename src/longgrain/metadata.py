"""What a document and a cut's place say about a cut > the line that stands before it in a context."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Name = Literal["title", "heading", "date", "position"]


def metadata_line(
    names: Sequence[str], meta: Mapping[str, Any], headings: Sequence[str], position: float
) -> str:
    """The parts that are asked for and that the document has, in brackets; "" for none.

    ``position`` is the share of the document that lies before the cut.
    """
    if not names:
        return ""
    known = {
        "title": str(meta.get("title") or ""),
        "heading": " > ".join(headings),
        "date": str(meta.get("date") or ""),
        "position": f"{round(100 * position)}%",
    }
    parts = [known[name] for name in names if known[name].strip()]
    return "[" + " | ".join(" ".join(part.split()) for part in parts) + "]" if parts else ""


def lines_of(
    names: Sequence[str],
    *,
    metas: Sequence[Mapping[str, Any]],
    length: Callable[[int], int],
    document: NDArray[np.int32],
    starts: NDArray[np.int32],
    headings: Sequence[Sequence[str]],
) -> list[str]:
    """The line of every cut.

    Parameters
    ----------
    metas : of every document; ``length`` gives the characters of the document with a number.
    document, starts : (cuts,) the document's number and the code point at which a cut begins.
    headings : (cuts,) those above a cut, the outermost first.
    """
    numbers = np.unique(document).tolist() if "position" in names else []
    lengths = {number: max(1, length(number)) for number in numbers}
    places = zip(document.tolist(), starts.tolist(), headings, strict=True)
    return [
        metadata_line(names, metas[number], above, start / lengths.get(number, 1))
        for number, start, above in places
    ]
