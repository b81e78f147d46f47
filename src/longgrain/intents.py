"""A scanned text and its sentences > the kinds of question that each sentence can answer, English and Chinese.

Numbers, dates and quotes are the facts of `facts`; Chinese names those of `names`, English ones
capitals inside a sentence; the others go by phrases such as "is defined as" and 是指, matched by the
codes of their terms, so that case and line breaks do not matter and a book is looked through at
once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from longgrain.facts import Language, facts, kind_of_quantity
from longgrain.lines import CODE, Lines
from longgrain.names import chinese_names
from longgrain.terms import Codes, terms

Intent = Literal[
    "number", "date", "name", "definition", "how", "rule", "cause", "comparison", "quote", "code"
]
# The order is that of every table of counts.
INTENTS: tuple[Intent, ...] = get_args(Intent)
QUESTIONS: Mapping[Intent, str] = {
    "number": "How many? How much?",
    "date": "When?",
    "name": "Who? Where?",
    "definition": "What is it?",
    "how": "How do I do it?",
    "rule": "Must I? May I?",
    "cause": "Why?",
    "comparison": "How do they differ?",
    "quote": "What was said?",
    "code": "Show me the code.",
}

_PHRASES: Mapping[Language, Mapping[Intent, str]] = {
    "en": {
        "definition": "is defined as|are defined as|defined as|refers to|is called a|is called an|is called the|this "
        "is called|are called|is known as|are known as|stands for|is the process of|is a type of|is a kind of|"
        "is the name for|we define|let us define",
        "how": "how to|in order to|follow these steps|the following steps|you can use|you "
        "need to|you will need|you ll need|make sure|run the following|to do this|to do so|we can "
        "use|be sure to|let s create|let s add|let s use|the first step|the next step|step by step",
        "rule": "shall|must|should|may not|has to|have to|is required to|are required to|is obliged "
        "to|are obliged to|is entitled to|are entitled to|has the right to|have the right to|is prohibited|"
        "are prohibited|is permitted|are permitted|is forbidden|not permitted",
        "cause": "because|therefore|due to|as a result|for this reason|caused by|leads to|led to|"
        "owing to|the reason|consequently|hence|thus|that s why|is why|on account of",
        "comparison": "more than|less than|greater than|fewer than|compared to|compared with|in "
        "contrast|whereas|unlike|differs from|differ from|different from|similar to|better than|"
        "worse than|larger than|smaller than|faster than|slower than|as opposed to|difference "
        "between|differences between|rather than|instead of|in comparison",
    },
    "zh": {
        "definition": "是指|指的是|定义为|的定义|称为|称之为|叫做|叫作|所谓的|是一种",
        "how": "首先|接下来|步骤|如何使用|如何将|如何在|如何用|如何通过|如何实现|如何创建|怎样使用|我们可以使用|"
        "可以使用|可以通过|需要先|请确保|确保你|运行以下|使用以下|按照下列|按照以下|按下列|方法如下|具体做法|为了实现|下列程序",
        "rule": "应当|必须|不得|禁止|严禁|不准|不许|务必|应由|应在|应按|应予|应向|有权|准许|不予|可以依法|无权|有义务",
        "cause": "因为|由于|因此|所以|导致|从而|以致|致使|之所以|原因|是故|因而|使得|故而",
        "comparison": "相比|相较|不同于|与之相反|相反|类似于|区别|而不是|优于|大于|小于|多于|少于|高于|低于|不同之处|"
        "胜于|不如|差异|相似",
    },
}
# A name inside an English sentence: a capital behind a small letter or a comma.
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-zà-ÿ’'-]*[a-zà-ÿ]{2}")
_NO_NAMES = """
    Mr Mrs Miss Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March
    April May June July August September October November December English French German Chinese
    Figure Table Section Chapter Listing Appendix Note God Sir The This That
"""
_NO_NAME = frozenset(_NO_NAMES.split())

_SPEECH = np.array([ord(mark) for mark in '“”「」『』"?？'], np.uint32)


@lru_cache(maxsize=2)
def _codes(language: Language) -> Mapping[Intent, list[Codes]]:
    """The term codes of every phrase."""
    return {
        intent: [terms(phrase)[0] for phrase in phrases.split("|")]
        for intent, phrases in _PHRASES[language].items()
    }


def answerable(
    lines: Lines,
    prose: str,
    held: tuple[Codes, NDArray[np.int64]],
    starts: NDArray[np.int64],
    language: Language,
) -> NDArray[np.bool_]:
    """(kinds, sentences): whether a sentence can answer a question of each kind of ``INTENTS``.

    Parameters
    ----------
    prose : the text with its code blanked out, in Simplified characters.
    held : its terms, as `search.terms` gives them.
    starts : where the sentences start, ascending.
    """
    found = np.zeros((len(INTENTS), len(starts)), bool)
    if not len(starts):
        return found
    for intent, offsets in _offsets(prose, held, language):
        at = np.searchsorted(starts, offsets, "right") - 1
        found[INTENTS.index(intent), at[at >= 0]] = True
    found[INTENTS.index("rule"), _speech(lines, held, starts)] = False
    found[INTENTS.index("code")] = _first_of_code(lines, starts)
    return found


def _offsets(
    prose: str, held: tuple[Codes, NDArray[np.int64]], language: Language
) -> Iterator[tuple[Intent, NDArray[np.int64]]]:
    by_kind: dict[Intent, list[int]] = {"number": [], "date": [], "quote": []}
    for fact in facts(prose, language):
        if fact.kind == "number":  # one of something is seldom an answer, nor is a kind or a time
            if (kind_of_quantity(fact) or fact.unit == "clock") and fact.value != 1:
                by_kind["number"].append(fact.start)
        elif fact.kind in ("date", "quote"):
            by_kind[fact.kind].append(fact.start)
    by_kind["name"] = list(_names(prose, language))
    for intent, places in by_kind.items():
        yield intent, np.asarray(places, np.int64)
    for intent, phrases in _codes(language).items():
        yield intent, said(phrases, held, adjacent=language == "zh")


def _speech(
    lines: Lines, held: tuple[Codes, NDArray[np.int64]], starts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Sentences that quote, ask or say I or "we shall": what must or shall be in them is no rule."""
    marks = np.flatnonzero(np.isin(lines.codes, _SPEECH))
    self_ = held[1][held[0] == terms("I")[0]]
    we = said([terms("we shall")[0]], held, adjacent=False)
    at = np.searchsorted(starts, np.concatenate([marks, self_, we]), "right") - 1
    return at[at >= 0]


def _names(prose: str, language: Language) -> Iterator[int]:
    if language == "zh":
        yield from (start for start, _, _ in chinese_names(prose))
        return
    yield from (match.start() for match in _NAME.finditer(prose) if match[0] not in _NO_NAME)


def said(
    phrases: list[Codes], held: tuple[Codes, NDArray[np.int64]], *, adjacent: bool
) -> NDArray[np.int64]:
    """Where any of the phrases begins; ``adjacent`` asks that no sign stands between its terms."""
    codes, places = held
    first = np.flatnonzero(np.isin(codes, np.array([phrase[0] for phrase in phrases])))
    if not len(first):
        return first
    padded = np.append(codes, np.zeros(max(map(len, phrases)), np.uint64))
    where = np.append(places, np.full(max(map(len, phrases)), -9))
    found = []
    for phrase in phrases:
        at = first[codes[first] == phrase[0]]
        for step in range(1, len(phrase)):
            at = at[padded[at + step] == phrase[step]]
            if adjacent:
                at = at[where[at + step] == where[at] + step]
        found.append(places[at])
    return np.sort(np.concatenate(found))


def _first_of_code(lines: Lines, starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The first sentence of every block of code: a block counts once."""
    inside = lines.kinds[lines.line_of(starts)] == CODE
    first: NDArray[np.bool_] = inside & ~np.append(False, inside[:-1])
    return first


def example(text: str, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> str:
    """The most readable of some sentences: whole, of a length that fits two lines; "" for none.

    Of those that look equally good the middle one is taken, since books begin with front matter.
    """
    good: list[str] = []
    step = max(1, len(starts) // 40)
    for start, end in zip(starts[::step].tolist(), ends[::step].tolist(), strict=True):
        words = " ".join(text[start : min(end, start + 400)].split())
        if any(words.count(mark) != words.count(other) for mark, other in ("“”", "「」")):
            continue
        if _READABLE.fullmatch(words) and (35 <= len(words) <= 200 or _SHORT_HAN.match(words)):
            good.append(words)
    return good[len(good) // 2] if good else ""


_READABLE = re.compile(r"[\w“\"「‘《(（][^|{}<>\[\]\\#`$*_=]{10,}[.!?。！？][”\"」’)）]*")
_SHORT_HAN = re.compile(r"(?=[^㐀-鿿]*(?:[㐀-鿿][^㐀-鿿]{0,4}){10}).{12,90}$")
