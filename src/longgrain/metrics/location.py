"""A reply and where the answer stands > whether it names that place and no other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from longgrain.metrics.item import Figures, Item
from longgrain.metrics.words import comparable_words

_CITED = re.compile(r"[\[【［]\s*(\d+(?:\s*[,、，]\s*\d+)*)\s*[\]】］]")
_NAMED = re.compile(
    r"(?:passage|paragraph|source|number|found in|at|段落?|编号|出处|见于|位置|第)\D{0,4}(\d+)",
    re.I,
)
_LABELLED = re.compile(r"^[^:：>]{1,20}[:：]\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Of numbered passages ``[7]``, or of headings ``Title > Section``.

    ``located``: of a number, 1 if the reply cites it and no other; numbers in brackets count, else
    those behind a word such as passage or 段落, else a reply that is nothing but numbers. Of
    headings, 1 if one of its lines, without a label, is the whole path or ends it.
    """

    name: ClassVar[str] = "location"
    origin: ClassVar[str] = "longgrain's own, for replies as PAM-QA has them (arXiv 2311.09198)"
    needs: ClassVar[tuple[str, ...]] = ("references",)
    gold: ClassVar[str] = "located"
    shares: ClassVar[bool] = True

    def score(self, item: Item) -> Figures:
        """One figure, 0 or 1."""
        found = any(_is_named(one, item.prediction) for one in item.references)
        return {"located": float(found)}


def _is_named(place: str, reply: str) -> bool:
    if cited := _CITED.fullmatch(place.strip()):
        return _numbers(reply) == {*_split(cited[1])}
    wanted = comparable_words(place)
    # A part of the path names it as well, as long as it is the end.
    lines = (comparable_words(_LABELLED.sub("", one, count=1)) for one in reply.splitlines())
    last = comparable_words(place.rsplit(">", 1)[-1])
    return bool(wanted) and any(
        line and wanted[-len(line) :] == line and len(line) >= len(last) for line in lines
    )


def _numbers(reply: str) -> set[str]:
    found = [one for match in _CITED.finditer(reply) for one in _split(match[1])]
    found = found or _NAMED.findall(reply)
    bare = not found and not re.search(r"[^\W\d]", reply)
    return {str(int(one)) for one in (re.findall(r"\d+", reply) if bare else found)}


def _split(listed: str) -> list[str]:
    return re.findall(r"\d+", listed)
