"""A text > its sentences of prose that can be quoted: no headings, tables, code or pieces of markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from longgrain.facts import Language, plain
from longgrain.grains import sentence_ends

_ITEM = re.compile(r"\s*(?:[-+*•]\s+|\d{1,3}[.)]\s+|>\s*)*")
_MARKUP = re.compile(r"[#|<]|```|!\[|\$\$|\[\^?[\w-]+\]:|:{3}|\t|    ")
_BAD = re.compile(
    r"[{}|\\^~<>]|\]\(|\]\[|\$[^$\d]|```|https?:|={2,}|_{3,}|(?:[-*·.]\s?){4,}|\S\s{4,}\S"
)
_CODE = re.compile(r"`[^`\n]{1,60}`")
_ENDS = {"en": re.compile(r"[.!?][”’\"')\]*_]*$"), "zh": re.compile(r"[。！？；：…][”’」』）)*]*$")}
_LEANS = {
    "en": re.compile(
        r"[“\"‘'(*_]*(?:He|She|It|They|We|You|I|This|That|These|Those|His|Her|Its|Their|And|But|Or|So"
        r"|Then|However|Therefore|Thus|Such|Here|There|Also|Yes|No|Note|See)\b"
    ),
    "zh": re.compile(
        r"[“「（*]*(?:[他她它其此该這这那您你我咱吾汝]|又|也|但|而|于是|因此|所以|然而|不过|并|却|则|故|且|另|如上|上述|前款)"
    ),
}
# Words of English, characters of Chinese.
LENGTHS: dict[Language, tuple[int, int]] = {"en": (5, 60), "zh": (8, 220)}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Sentence:
    """``[start, end)`` of a text; ``text`` is plain: one line, without asterisks of emphasis."""

    start: int
    end: int
    text: str


def sentences(text: str, language: Language) -> list[Sentence]:
    """The sentences of prose and of list items, in reading order."""
    least, most = LENGTHS[language]
    found = []
    for start, end in _pieces(text):
        words = text[start:end]
        if _MARKUP.match(words) or _BAD.search(_CODE.sub("x", words)):
            continue
        said = plain(words).strip()
        length = len(said) if language == "zh" else len(said.split())
        if least <= length <= most and _ENDS[language].search(said) and _is_balanced(said):
            found.append(Sentence(start=start, end=end, text=said))
    return found


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Where sentences and lines of markup lie; what stands inside fences of code is left out."""
    start, fences = 0, 0
    for end in sentence_ends(text).tolist():
        if text[end - 1] == "；" and text[end : end + 1] != "\n":
            continue  # a Chinese sentence goes on in its line, or behind the end of the text
        piece = text[start:end]
        inside, fences = fences % 2, fences + piece.count("```")
        item = _ITEM.match(piece)
        begin = start + (item.end() if item else 0)
        begin += len(text[begin:end]) - len(text[begin:end].lstrip())
        if begin < end and not inside and "```" not in piece:
            yield begin, begin + len(text[begin:end].rstrip())
        start = end


def stands_alone(sentence: Sentence, language: Language) -> bool:
    """Whether it can be read without the sentences before it, going by how it begins."""
    return not _LEANS[language].match(sentence.text)


def _is_balanced(text: str) -> bool:
    pairs = ("“”", "「」", "『』", "《》", "（）", "()", "[]")
    even = text.count('"') % 2 == text.count("`") % 2 == 0
    return even and all(text.count(pair[0]) == text.count(pair[1]) for pair in pairs)
