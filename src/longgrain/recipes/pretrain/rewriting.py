"""A piece of a text and a language model's reply > the text in other words, or why it cannot be used.

Rewriting as in WRAP (Maini et al. 2024, arXiv 2401.16380). Nothing in a reply is believed: it may
hold no number, date or name that the text does not hold, and must keep most of those that it does.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

import orjson

from longgrain.facts import language_of, plain
from longgrain.fidelity import added, items, lost
from longgrain.recipes.pretrain.wording import STYLES
from longgrain.recipes.replied import told
from longgrain.types import Refused, Reply, Request

TASK = "pretrain.rewrite"
CHECKED = ("numbers", "dates", "names")
# A reply is no rewrite where it is much shorter or longer than the text.
SHORTEST, LONGEST = 0.4, 2.5
_REFUSES = re.compile(
    r"\W*(?:I(?:['’]m| am) (?:sorry|unable|not able)|I (?:can(?:not|['’]t)|won['’]t)|Sorry\b"
    r"|As an? (?:AI|language model)|Unfortunately, I|抱歉|很抱歉|对不起|對不起"
    r"|作为(?:一个|一名)?(?:AI|人工智能|语言模型)|我(?:无法|不能|没有办法)|无法(?:完成|提供|回答))",
    re.IGNORECASE,
)
_OF_ITSELF = re.compile(
    r"\b(?:here is|here['’]s|below is) (?:the|a|my) (?:rewrit|rephras|re-?worded)"
    r"|\brewritten (?:text|version)\b|^\W*(?:sure|certainly|of course)[,!.]"
    r"|以下是(?:改写|重写)|(?:改写|重写)(?:后的|如下|版本)|^\W*好的[，,。]",
    re.IGNORECASE,
)


class Rewrite(NamedTuple):
    """The words, or a reason (the same for the same kind of trouble) and what it is about."""

    text: str = ""
    reason: str = ""
    detail: str = ""


def request(text: str, language: str, style: str) -> Request:
    """What a teacher is asked for one piece."""
    said = STYLES["zh" if language == "zh" else "en"][style]
    settings = {"language": language, "style": style, "said": {"style": said}}
    return Request(task=TASK, material=(text,), settings=settings)


def rewritten(reply: Reply | Refused, source: str, loses: float) -> Rewrite:
    """What of a reply can be learned from.

    ``loses`` is the share of the source's numbers, dates and names that a rewrite may leave out.
    """
    fields = told(reply, text=str)
    if isinstance(fields, str):
        reason, _, detail = fields.partition(": ")
        return Rewrite(reason=reason, detail=detail)
    text = str(fields["text"])
    if reason := _unlike(text, source):
        return Rewrite(reason=reason)
    for kind, words in added(source, text).items():
        reason = f"the rewrite has {kind} that its source does not have"
        return Rewrite(reason=reason, detail=", ".join(words))
    gone = lost(source, text)
    there = Counter(one.kind for one in items(source))
    for kind in CHECKED:
        missing = sum(gone.get(kind, {}).values())
        if missing > loses * there[kind]:
            reason = f"the rewrite has lost {kind} of its source"
            return Rewrite(reason=reason, detail=", ".join(gone[kind]))
    return Rewrite(text=text)


def _unlike(text: str, source: str) -> str:
    """Why a reply is no rewrite at all, or ""."""
    if _REFUSES.match(text):
        return "the reply refuses"
    if _OF_ITSELF.search(text):
        return "the rewrite speaks of itself"
    if language_of(text) != language_of(source):
        return "the rewrite is in another language than its source"
    if not SHORTEST <= len(text) / max(1, len(source)) <= LONGEST:
        return "the rewrite is much shorter or longer than its source"
    if _bare(text) in _bare(source) or _bare(source) in _bare(text):
        return "the rewrite says the same words as its source"
    return ""


def _bare(text: str) -> str:
    return "".join(plain(text).casefold().split())


_ENDS = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"“])|(?<=[。！？])")


def rehearsed(asked: Request) -> str:
    """What a model might reply, by rule: the text's own sentences, each a paragraph."""
    [source] = asked.material
    sentences = [one.strip() for one in _ENDS.split(" ".join(source.split())) if one.strip()]
    joined = "\n\n".join([*sentences[1:], *sentences[:1]])
    return orjson.dumps({"text": joined}).decode() if len(sentences) > 1 else ""
