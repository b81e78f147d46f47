"""An Example with a demand on the form of its answer > whether the answer meets it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from longgrain.checks.parts import comparable, gold, said
from longgrain.types import Example

_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+(?:[.,'’:/-][^\W\u3400-\u9fff]+)*")
_TAGGED = re.compile(r"<answer>(.*)</answer>", re.DOTALL)
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """For examples whose lineage has a ``constraint``: a ``demand``, of words with ``most`` of them.

    ``json`` is an object of the one key "answer", ``alone`` the answer and nothing else, ``words`` at
    most so many words (of Chinese, characters), ``tag`` the answer between <answer> and </answer>,
    ``language`` that of the question. But for the last the answer is held to be the gold one.
    """

    name: ClassVar[str] = "constraints"

    def problems(self, example: Example, texts: Mapping[str, str]) -> Iterator[str]:
        """At most one reason."""
        wanted = example.lineage.get("constraint")
        if not isinstance(wanted, Mapping):
            return
        answer, right = "".join(said(example, texts, "answer")), gold(example, texts)
        demand = wanted.get("demand")
        if demand == "language":
            question = " ".join(said(example, texts, "question"))
            met = bool(_HAN.search(question)) or not _HAN.search(answer)
        elif demand == "words":
            most = wanted.get("most")
            met = isinstance(most, int) and len(_WORD.findall(answer)) <= most
        else:
            inner = _inside(str(demand), answer)
            met = inner is not None and comparable(inner) == comparable(right)
        if not met:
            yield "the answer is not in the form that is demanded"


def _inside(demand: str, answer: str) -> str | None:
    """The bare answer in its form, or None where that is another one."""
    if demand == "alone":
        return answer
    if demand == "tag":
        found = _TAGGED.fullmatch(answer.strip())
        return found[1] if found else None
    try:
        told = json.loads(answer)
    except ValueError:
        return None
    only = isinstance(told, dict) and list(told) == ["answer"]
    return told["answer"] if only and isinstance(told["answer"], str) else None
