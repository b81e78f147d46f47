"""What one person said of one item > a record that can be written as a line of JSON and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

import orjson

from longgrain.errors import RunError

Kind = Literal["example", "label", "pair"]
Verdict = Literal["accept", "reject", "edit", "labelled", "a", "b", "tie", "skip"]
VERDICTS: dict[Kind, tuple[Verdict, ...]] = {
    "example": ("accept", "reject", "edit", "skip"),
    "label": ("labelled", "skip"),
    "pair": ("a", "b", "tie", "skip"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One act of one person. Nothing is overwritten: of several the last one counts, and all are kept."""

    item: str
    """The id of an example, of a text to label, or of a pair of answers."""
    kind: Kind
    by: str
    verdict: Verdict
    """Of a pair: which answer is better, whichever side it stood on."""
    at: str
    """ISO 8601, UTC."""
    seconds: float = 0.0
    """How long the item was in view."""
    repeat: int = 0
    """1 and more where the same person was shown the same item again."""
    ratings: Mapping[str, int] = field(default_factory=dict)
    """By the name of the rubric."""
    note: str = ""
    edit: Mapping[str, str] = field(default_factory=dict)
    """Of an example: the new ``question`` and ``answer``, those that were changed."""
    labels: Mapping[str, Any] = field(default_factory=dict)
    """Offsets count code points of ``text``. ``text``; ``classes``: names; ``entities``: id, start,
    end, label; ``relations``: from, to, label; ``question``; ``answers`` and ``evidence``: start, end,
    text."""
    shown: Mapping[str, Any] = field(default_factory=dict)
    """What could sway the decision: the side of ``a`` in a pair, a suggestion and where it is from."""

    def __post_init__(self) -> None:
        """RunError for what no page of ours could have written."""
        if self.kind not in get_args(Kind) or self.verdict not in VERDICTS[self.kind]:
            allowed = ", ".join(VERDICTS.get(self.kind, get_args(Kind)))
            raise RunError(
                f"item {self.item}: kind {self.kind!r} with verdict {self.verdict!r} cannot be counted; "
                f"write one of {allowed}"
            )
        if not self.item or not self.by.strip():
            raise RunError(
                f"a decision about {self.item!r} by {self.by!r}: both are needed to count it; "
                "write the item's id and a name"
            )

    def json(self) -> bytes:
        """One line, without its end."""
        return orjson.dumps(asdict(self))


def read(line: bytes) -> Decision:
    """The record of a line. RunError for a line that is none."""
    try:
        return Decision(**orjson.loads(line))
    except (orjson.JSONDecodeError, TypeError) as error:
        raise RunError(
            f"{line[:80]!r} is not a decision ({error}); give a file that `longgrain review` exported"
        ) from error
