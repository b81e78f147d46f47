"""Sentences > the words that several of them are about, with the sentences that mention each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from longgrain.facts import Language, facts
from longgrain.recipes.pearl.actions import mentions

# "the assertion is", "an attacker can": a noun stands between a determiner and one of these.
_NOUN = re.compile(
    r"\b(?:the|an?|this|each|every|any|no)\s([a-z][a-z-]{4,})(?=\s(?:of|is|was|are|were|in|and|to|that"
    r"|shall|should|may|must|will|can|has|had|for|on|with|by|from|or|at|as|when|if|which)\b|[.,;:])"
)
_VAGUE = frozenset(
    """following above other others first second third former latter whole whose thing things same
    previous next example examples number order rest kind part parts place point reason result
    section chapter figure table there where which these those their little great small large
    sense manner course moment matter question answer least means""".split()  # noqa: SIM905
)
_VAGUE_HAN = frozenset(
    """时候 东西 地方 问题 情况 方面 时间 我们 你们 他们 自己 人们 什么 这里 那里 例子 部分 方法 意思 结果
    关系 样子 事情 先生 大家 起来 出来 内容 下面 上面 过程 本章 本节 规定 今天 明天 昨天 后来 之日起 实际
    情形""".split()  # noqa: SIM905
)
_HAN_NOUNS = ("n", "nz", "vn", "nr", "ns", "nt", "an")
LONGEST = 24


def subjects(
    sentences: Sequence[str], language: Language, least: int, most: int
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Words that ``least`` to ``most`` sentences mention, in the order of their first mention."""
    seen: set[str] = set()
    for sentence in sentences:
        for words in _candidates(sentence, language):
            if words.casefold() in seen:
                continue
            seen.add(words.casefold())
            held = tuple(n for n, one in enumerate(sentences) if mentions(one, words))
            if least <= len(held) <= most:
                yield words, held


def _candidates(sentence: str, language: Language) -> Iterator[str]:
    for fact in facts(sentence, language, names=language == "en"):
        if fact.kind in ("name", "term") and fact.unit != "code" and 3 <= len(fact.text) <= LONGEST:
            yield fact.text
    if language == "en":
        yield from (word for word in _NOUN.findall(sentence) if word not in _VAGUE)
        return
    import rjieba  # its dictionary takes 40 MB, so it is loaded only where Chinese is read

    for word, tag in rjieba.tag(sentence):
        if tag in _HAN_NOUNS and 2 <= len(word) <= 8 and word not in _VAGUE_HAN:
            yield word
