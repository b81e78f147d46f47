"""An Example > whether what its compressed text lost of its source is listed, and its answer kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from longgrain.checks.parts import comparable, gold, holds
from longgrain.fidelity import KINDS, unlisted
from longgrain.types import Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Fidelity:
    """Every number, date, name, negation and obligation of a source is kept or listed as lost.

    It reads ``lineage["source"]`` (document, start and end of what was compressed),
    ``lineage["made"]`` (the document that stands in its place) and ``lineage["lost"]`` (by kind, the
    words and how many of them are gone). With ``lineage["kept"]`` true, the answer must stand in
    the compressed text. What it reads is counted anew: it does not take the recipe's word for it.
    """

    name: ClassVar[str] = "fidelity"

    kinds: tuple[str, ...] = KINDS
    """Kinds of which nothing may be lost unlisted."""
    names: bool = True
    """Whether to look for names, which cost most of the time."""

    def __post_init__(self) -> None:
        """ValueError for a kind that there is not."""
        if unknown := sorted(set(self.kinds) - set(KINDS)):
            raise ValueError(f"kinds {unknown} are none that can be lost: give {', '.join(KINDS)}")

    def problems(self, example: Example, texts: Mapping[str, str]) -> Iterator[str]:
        """One reason for each kind, and one for a lost answer."""
        made, lost = example.lineage.get("made"), example.lineage.get("lost")
        source = _quoted(example.lineage.get("source"), texts)
        if not isinstance(made, str) or made not in texts or source is None:
            return
        if isinstance(lost, Mapping):
            names = self.names and "names" in self.kinds
            for kind in unlisted(source, texts[made], _tally(lost), names=names):
                if kind in self.kinds:
                    yield f"{kind} of the source are neither in the compressed text nor listed as lost"
        answer = comparable(gold(example, texts))
        if example.lineage.get("kept") is True and not holds(comparable(texts[made]), answer):
            yield "the compressed text has lost the answer"


def _quoted(place: Any, texts: Mapping[str, str]) -> str | None:
    """The words at ``[document, start, end]``, or None where that is no place."""
    if not isinstance(place, list | tuple) or len(place) != 3 or place[0] not in texts:
        return None
    start, end = place[1:]
    if not isinstance(start, int) or not isinstance(end, int):
        return None
    return texts[place[0]][start:end]


def _tally(lost: Mapping[Any, Any]) -> dict[str, dict[str, int]]:
    """What is listed, without entries that are no counts."""
    return {
        str(kind): {str(word): n for word, n in words.items() if isinstance(n, int)}
        for kind, words in lost.items()
        if isinstance(words, Mapping)
    }
