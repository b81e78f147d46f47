"""A text > the words that say what it is about, comparable, in English and Chinese."""

from __future__ import annotations

import re
from itertools import pairwise

from longgrain.scripts import simplified

_LATIN = re.compile(r"[A-Za-z]{3,}")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_STOP_WORDS = frozenset(
    """
    the and for with that this from was were are has have had not but his her its their they
    them she him you your our who whom which what when where will would could should may might
    can must been being into than then there these those such some any all each one ones two
    also only very more most other out over under about after before between upon how why did
    does done own too yet nor both either neither itself themselves yourself whether because
    while until without within through during put
    """.split()  # noqa: SIM905
)
_STOP_HAN = re.compile(
    "[的了在是和与及或之于以为而其这那有也都就被把从对等中个一不你我他她它请并再就要能会所名位只里行]"
)
# They name a task about a text, and no way of doing it.
TASK_WORDS = tuple(
    """
    answer question passage text document material read follow below above user say said use come end give given
    回答 答案 问题 材料 资料 段落 文档 阅读 内容 下面 下列 用户 根据 依据 末尾 最后 作答
    """.split()  # noqa: SIM905
)
_ENDINGS = re.compile(r"(?:ingly|edly|ations?|ings?|ness|ed|es|s|ly|e)\Z")


def content_words(text: str) -> set[str]:
    """The words that say what a text is about, comparable: English without endings, of Chinese pairs.

    English words of two letters and those that only hold a sentence together are left out. Chinese,
    made Simplified, is cut at characters of that sort; what lies between gives its pairs of
    neighbours, or its one character.
    """
    words = (word.lower() for word in _LATIN.findall(text))
    stems = {_ENDINGS.sub("", word) or word for word in words if word not in _STOP_WORDS}
    runs = _HAN.findall(_STOP_HAN.sub(" ", simplified(text)))
    pairs = {first + second for run in runs for first, second in pairwise(run)}
    return stems | pairs | {run for run in runs if len(run) == 1}
