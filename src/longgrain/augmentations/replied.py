"""A language model's reply to an augmentation > the words it may be believed with, or what is wrong with it."""

from __future__ import annotations

import re
from json import JSONDecoder
from typing import Any

from longgrain.facts import language_of
from longgrain.types import Refused, Reply

_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_REFUSAL = re.compile(
    r"\W*(?:I(?:['’]m| am)? (?:very |so )?(?:sorry|unable|cannot|can['’]t|won['’]t|apologi[sz]e)"
    r"|(?:Sorry|Unfortunately), |As an? (?:AI|language model)\b|(?:很|非常)?抱歉|对不起|對不起|我?(?:无法|無法|不能)"
    r"|作(?:为|為)(?:一[个個名])?(?:AI|人工智[能慧]|语言模型|語言模型))",
    re.IGNORECASE,
)
# A paraphrase is a fraction or a multiple of its original's characters.
SHORTEST, LONGEST = 0.4, 2.5


def words(reply: Reply | Refused, language: str, *, like: str) -> tuple[Reply, str] | str:
    """The reply and its other words for ``like``, or why they cannot be used."""
    if isinstance(reply, Refused):
        return reply.reason.partition(": ")[0]
    said = _object(reply.text)
    if said is None:
        return "the reply holds no whole JSON object"
    text = said.get("words")
    if not isinstance(text, str) or not text.strip():
        return "the reply has no words"
    text = text.encode("utf-8", "replace").decode().strip()
    if _REFUSAL.match(text) and not _REFUSAL.match(like):
        return "the reply is a refusal"
    if language_of(text) != language_of(like) or language_of(text) != language:
        return "the reply is in another language"
    if text == like:
        return "the reply says the same words"
    if not SHORTEST * len(like) <= len(text) <= LONGEST * len(like) + 20:
        return "the reply is much shorter or longer than what it paraphrases"
    return reply, text


def flag(reply: Reply | Refused, name: str) -> bool:
    """Whether the reply says yes; anything else is no."""
    said = None if isinstance(reply, Refused) else _object(reply.text)
    return said is not None and said.get(name) is True


def _object(text: str) -> dict[str, Any] | None:
    text = _THOUGHT.sub("", text)
    start = text.find("{")
    if start < 0:
        return None
    try:
        value, _ = JSONDecoder(strict=False).raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
