"""An Example with a chosen and a rejected view > whether they are a pair, and the rejected one is provably wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, ClassVar

from longgrain.facts import facts, holds, language_of, plain, same_answer
from longgrain.modality import negations
from longgrain.types import Example, Message, Span

REPLY = "rejected"
# Characters of the words on which a sentence can turn: is not required to.
LONGEST = 24
_FORBIDS = re.compile("禁止|严禁|嚴禁")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferred:
    """Both views are one conversation up to the last turn, and nothing of the rejected one is learned.

    Of an example whose lineage has ``error``, the rejected reply is held against ``rests``, the
    document, start and end of the sentence that decides, and ``wrong``, the value that it gives:
    that is another value than the answer, of the same type where the answer is a number or a date,
    said in the rejected reply, and not in that sentence; of a sentence turned into its opposite
    (``turned``), one negation more or less, a ban counting as one. Where the right reply leaves the question
    open (``answered``), the sentence must not stand in the context; else it must. An example without
    both views is sound.
    """

    name: ClassVar[str] = "preferred"

    def problems(self, example: Example, texts: Mapping[str, str]) -> Iterator[str]:
        """What is wrong with the pair, then what is wrong with its error."""
        chosen, other = (example.views.get(name, ()) for name in ("chosen", REPLY))
        if not chosen or not other:
            return
        if chosen[:-1] != other[:-1]:
            yield "the two views of a pair differ before their last turn"
        if any(span.loss for message in other for span in _spans(message)):
            yield "a rejected reply is learned"
        right, wrong = (_words(view[-1], texts) for view in (chosen, other))
        if right.strip() == wrong.strip():
            yield "the two replies of a pair are the same"
        if "error" in example.lineage:
            yield from _unproved(example, chosen, wrong, texts)


def _unproved(
    example: Example, chosen: Sequence[Message], said: str, texts: Mapping[str, str]
) -> Iterator[str]:
    """Why the rejected reply may not be wrong."""
    error, wrong = example.lineage["error"], str(example.lineage.get("wrong") or "")
    place = _place(example.lineage.get("rests"), texts)
    if place is None:
        yield "the sentence that decides a pair is not in its document"
        return
    sentence = plain(texts[place[0]][place[1] : place[2]])
    there = _is_shown(place, chosen)
    if there == (error == "answered"):
        yield (
            "the sentence that answers stands in a context that is said to lack it"
            if there
            else "the sentence that answers is not in the context"
        )
    if error == "refused":
        return
    if plain(wrong) not in plain(said) and not holds(said, wrong):
        yield "the rejected reply does not say the wrong value"
    gold = str(example.lineage.get("answer") or "")
    if error == "turned":
        if plain(wrong) in sentence or not _is_opposite(wrong, gold):
            yield "the rejected sentence is not the opposite"
        return
    if error == "answered":
        gold = ""  # the gold answer is that there is none
    if not wrong.strip() or same_answer(wrong, gold) or holds(sentence, wrong):
        yield "the wrong value is the right one, or stands in the sentence that answers"
    if gold and _type(gold) and _type(wrong) not in (None, _type(gold)):
        yield "the wrong value is of another type than the answer"


def _spans(message: Message) -> list[Span]:
    return [one for one in message.spans if isinstance(one, Span)]


def _words(message: Message, texts: Mapping[str, str]) -> str:
    known = (one for one in _spans(message) if one.grain is None or one.grain.doc_id in texts)
    return "".join(one.words(texts) for one in known)


def _place(given: Any, texts: Mapping[str, str]) -> tuple[str, int, int] | None:
    if not isinstance(given, list | tuple) or len(given) != 3 or given[0] not in texts:
        return None
    name, start, end = given
    sound = isinstance(start, int) and isinstance(end, int)
    return (name, start, end) if sound and 0 <= start < end <= len(texts[name]) else None


def _is_shown(place: tuple[str, int, int], messages: Sequence[Message]) -> bool:
    """Whether the turns before the reply quote it as a whole."""
    quoted = (one.grain for message in messages[:-1] for one in _spans(message))
    name, start, end = place
    return any(
        one and one.doc_id == name and one.start <= start and end <= one.end for one in quoted
    )


def _type(value: str) -> str | None:
    """number or date, where the value begins with one."""
    found = facts(value, language_of(value))
    first = next((one for one in found if one.kind in ("number", "date")), None)
    return first.kind if first and not value[: first.start].strip() else None


def _is_opposite(one: str, other: str) -> bool:
    """Whether two ends of a sentence differ in their first word or two alone, and in one negation."""
    first, second = plain(one), plain(other)
    ends = zip(reversed(first), reversed(second), strict=False)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], ends))
    heads = first[: len(first) - shared], second[: len(second) - shared]
    denied = [len(negations(words)) + len(_FORBIDS.findall(words)) for words in (first, second)]
    return max(map(len, heads)) <= LONGEST and denied[0] % 2 != denied[1] % 2
