"""A question in free words and its evidence > what a second reading by the teacher has against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from longgrain.facts import holds, normalise, same_answer
from longgrain.protocols import Materials
from longgrain.types import Refused, Reply, Request

# Two answers in free words agree when they share this part of their words (F1).
AGREEING = 0.5


def objection(candidate: Mapping[str, Any], evidence: Sequence[int], materials: Materials) -> str:
    """Why the question does not rest on its evidence, all of it and no less; or nothing.

    The teacher answers from the evidence alone, and of several grains from all but each one.
    """
    texts = [materials.text(number) for number in evidence]
    without = [[*texts[:one], *texts[one + 1 :]] for one in range(len(texts))]
    shown = [texts, *(without if len(texts) > 1 else ())]
    question = str(candidate["question"])
    settings = {"language": materials.language(evidence[0]), "question": question}
    requests = [Request(task="solve", material=tuple(one), settings=settings) for one in shown]
    whole, *parts = map(_solved, materials.ask(requests))
    if whole is None or None in parts:
        return "a second reading of the evidence came to nothing"
    if not whole:
        return "a second reading finds no answer in the evidence"
    if not agree(whole, str(candidate["answer"])):
        return "a second reading of the evidence gives another answer"
    if any(parts):
        return "a second reading finds an answer without one of the evidence grains"
    return ""


def _solved(reply: Reply | Refused) -> str | None:
    """The answer, "" where there is none; None for a reply that cannot be read."""
    if isinstance(reply, Refused):
        return None
    try:
        said = orjson.loads(reply.text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("answerable"), bool):
        return None
    return str(said.get("answer") or "") if said["answerable"] else ""


def agree(first: str, second: str) -> bool:
    """Whether two short answers say the same: one holds the other, or they share half their words."""
    if same_answer(first, second) or holds(first, second) or holds(second, first):
        return True
    one, other = Counter(normalise(first).split()), Counter(normalise(second).split())
    shared = (one & other).total()
    return 2 * shared >= AGREEING * (one.total() + other.total()) > 0
