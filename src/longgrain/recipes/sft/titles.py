"""A heading > its words without number and markup, or why it sums up nothing."""

from __future__ import annotations

import re

from longgrain.grains import heading_title

_TAG = re.compile(r"<[^>]{1,200}>|\{#[^}]*\}|:label:`[^`]*`|\[\[[^\]]*\]\]|\\[a-z]+\{[^}]*\}")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_HAN_COUNT = "〇零一二三四五六七八九十百千"
_NUMBER = re.compile(
    rf"(?:chapter|section|part|book|appendix|volume|act|scene|letter|lesson|unit|step|article)\s+"
    rf"(?:[\divxlc]+|[a-z])\b[\s.:：、—–-]*"
    rf"|第[\d{_HAN_COUNT}]+[章节節条條编編部卷回篇讲講课課]\s*[:：、]?\s*|附录\s*[A-Z\d]?\s*"
    rf"|[（(]?(?:\d+(?:\.\d+)*|[{_HAN_COUNT}]+|[ivxlc]+|[a-z](?:\.\d+)+)[)）.、．:：]+\s*|\d+(?:\.\d+)*\s+|§\s*\d+\s*",
    re.IGNORECASE,
)  # fmt: skip
_GENERIC = re.compile(
    r"(?:introduction|overview|background|summary|conclusions?|discussion|preface|foreword|prologue|"
    r"epilogue|abstract|notes?|exercises?|answers?|examples?|questions?|appendix|appendices|general|"
    r"miscellaneous|purpose|scope|definitions?|definitions and abbreviations|terminology|contents|"
    r"getting started|what'?s next|next steps?|quiz|end[- ]of[- ]chapter quiz|further reading|"
    r"related work|results?|methods?|setup|installation|faq|other|notice|notes to readers|"
    r"引言|绪论|緒論|导言|导论|前言|序言?|自序|后记|後記|跋|概述|概览|总则|總則|分则|附则|附則|附录|一般规定|其他规定|"
    r"小结|总结|结语|结论|练习题?|习题|思考题|讨论|背景|目标|简介|介绍|说明|其他|其它|注释|答案|章末小测验|目的|范围|术语和?定义?|"
    r"定义|更多资源|下一步|资源|示例|例子|测验|楔子|尾声)",
    re.IGNORECASE,
)
_EMPTY = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "and",
        "or",
        "to",
        "in",
        "on",
        "for",
        "with",
        "by",
        "from",
        "at",
        "as",
        "is",
        "are",
        "be",
        "how",
        "what",
        "why",
        "when",
        "your",
        "our",
        "its",
        "this",
        "that",
        "it",
        "do",
        "does",
        "not",
    ]
)
_WORD = re.compile(r"[^\W\d_\u3400-\u9fff\uf900-\ufaff]+(?:['’][a-z]+)?")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
LONGEST = 120  # characters; beyond that a heading is a sentence that was set in bold
AGREES = 0.5  # share of a title's words that its section says


def title_of(raw: str) -> str:
    """A heading's words: no number, no tags, no emphasis."""
    text = _LINK.sub(r"\1", _TAG.sub("", heading_title(raw)))
    text = " ".join(re.sub(r"[*`]|(?<!\w)_|_(?!\w)", "", text).split()).strip(" \u3000#:：-—")
    while (match := _NUMBER.match(text)) and match.end():
        text = text[match.end() :].strip(" \u3000.:：-—")
    return text


def says_nothing(title: str, text: str) -> str:
    """Why a title is no summary of a text, or ""."""
    words, han = _content(title)
    if not title or not words + han:
        return "its heading is only a number"
    if _GENERIC.fullmatch(title.strip(" .:：?？!！")):
        return "its heading would fit any section"
    if len(title) > LONGEST:
        return "its heading is a whole sentence"
    if len(words) + len(han) // 2 < 2:
        return "its heading is a single word"
    body = text.casefold()
    pairs = ["".join(han[i : i + 2]) for i in range(len(han) - 1)]
    said = [one for one in words if _stem(one) in body] + [one for one in pairs if one in body]
    if len(said) < AGREES * (len(words) + len(pairs)):
        return "its heading speaks of other things than its text"
    return ""


def _content(title: str) -> tuple[list[str], list[str]]:
    words = [word.casefold() for word in _WORD.findall(title)]
    return [word for word in words if word not in _EMPTY and len(word) > 1], _HAN.findall(title)


def _stem(word: str) -> str:
    """Enough of a word for its other forms to be found, too."""
    return word[: max(4, len(word) - 3)] if len(word) > 4 else word
