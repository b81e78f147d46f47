"""An Example with numbered passages > whether it cites those that answer, and quotes them word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from longgrain.types import Example, Grain, Span

_HEAD = re.compile(r"\[(\d+)\]")


class _Passage(NamedTuple):
    grain: Grain
    answers: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Citations:
    """For examples whose lineage has ``cites``, the numbers of the passages to cite; [] for none.

    A passage is a quoted grain behind metadata that begins with its number, like ``[3]``. The answer
    and the reasoning before it name the passages of ``cites`` and no others, each of them is evidence,
    and what they quote from a document lies inside one of them.
    """

    name: ClassVar[str] = "citations"

    def problems(self, example: Example, texts: Mapping[str, str]) -> Iterator[str]:
        """At most one reason."""
        wanted = example.lineage.get("cites")
        if not isinstance(wanted, list | tuple):
            return
        spans = [span for one in example.trained for span in one.spans if isinstance(span, Span)]
        passages = _passages(spans)
        answer = [span for span in spans if span.role in ("reasoning", "answer")]
        named = {int(number) for span in answer if span.text for number in _HEAD.findall(span.text)}
        if not named <= passages.keys():
            yield "cites a passage that there is not"
        elif named != {one for one in wanted if isinstance(one, int)}:
            yield "cites other passages than those that answer"
        elif not all(passages[number].answers for number in named):
            yield "a passage that is cited is not evidence"
        elif not all(_is_inside(span.grain, named, passages) for span in answer if span.grain):
            yield "quotes words from outside the passages that it cites"


def _passages(spans: Sequence[Span]) -> dict[int, _Passage]:
    """The numbered passages: metadata with a number, then a grain."""
    found: dict[int, _Passage] = {}
    number = None
    for span in spans:
        if span.role == "metadata":
            head = _HEAD.match(span.text or "")
            number = int(head[1]) if head else None
        elif number is not None and span.grain and span.role in ("evidence", "distractor"):
            found[number] = _Passage(span.grain, span.role == "evidence")
            number = None
    return found


def _is_inside(quote: Grain, named: set[int], passages: Mapping[int, _Passage]) -> bool:
    grains = [passages[number].grain for number in named]
    return any(
        one.doc_id == quote.doc_id and one.start <= quote.start and quote.end <= one.end
        for one in grains
    )
