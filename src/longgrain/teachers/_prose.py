"""A grain > its sentences that are whole, plain prose; a sentence and a fact > a statement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from longgrain.facts import Fact, Language, plain

BLANK = "____"
_PARAGRAPH = re.compile(
    r"[^\n]+(?:\n(?![ \t]*(?:\n|[#>|]|[-+*]\s|\d+[.)]\s|```|$))[^\n]+)*", re.MULTILINE
)
_MARKUP = re.compile(
    r"\s*(?:[#|><]|```|!\[|\$\$|[-+*]\s|\d+[.)]\s|[(（][一二三四五六七八九十\d]+[)）])|\t|    "
)
_ABBREVIATED = "Mr Mrs Ms Dr St vs e.g i.e No cf Capt Prof al Fig vol pp approx"
_NOT_AFTER = "".join(rf"(?<!\b{re.escape(word)}\.)" for word in _ABBREVIATED.split())
_STOP = {
    "en": re.compile(
        rf"[.!?]+{_NOT_AFTER}(?<![\s.(“‘\"][A-Z]\.)[”\"’)\]*]*(?=\s+[\"“‘(*`_]*[A-Z0-9]|\s*\Z)"
    ),
    "zh": re.compile(r"(?:[。！？；]|(?<!\d)．)+[”’」』）)*]*"),
}
_BAD = re.compile(
    r"\t|\S[^\S\n]{3,}\S|[{}<>=|\\$^~#@_\[\]†‡•→⇒∑∫≤≥]|https?:|:[a-z]+:|\.\.\.|……|——$|\d\)|\b[A-Z]{4,}\s[A-Z]{4,}"
)
_NUMERALS = re.compile(r"[\d一二三四五六七八九十]")
_CODE = re.compile(r"`[^`\n]{1,40}`")
_PRONOUN = {
    "en": re.compile(
        r"[“\"‘(*]*(?:(?:He|She|It|They|We|You|I|This|That|These|Those|His|Her|Hers|Its|Their|My|Our"
        r"|Your|Here|Such|But|And|Or|Nor|So|Then|However|Therefore|Thus|Yet|Hence|Instead|Otherwise"
        r"|Also|Both|Neither|Another|Others|Similarly|Likewise|Finally|Moreover|Furthermore"
        r"|Consequently|Meanwhile|Nevertheless|Nonetheless|Accordingly|Again|Next|Now|Note|Still"
        r"|Besides|Indeed|Rather|Afterwards|Conversely|Alternatively|Additionally|Second|Third|Oh|Ah"
        r"|Yes|No|Well|Changed in|New in|Added in|Please|Let|See)\b|[A-Z][’'])"
    ),
    "zh": re.compile(
        r"[“「（*]*(?:[他她它其此该該这這那您你我咱吾汝尔彼]|又|也|但|而|于是|於是|因此|所以|然而|不过|不過|并|並|却|卻|"
        r"则|則|故|且|另|再|还|還|同样|同樣|例如|比如|如上|如图|如圖|上述|以上|以下|前款|前项|同时|同時|接着|接著|然后|"
        r"然後|随后|隨後|最后|首先|其次|看官|话说|話說|却说|卻說|原来|原來|只见|只見|忽|遂|乃|即|便|就|曰|道)"
    ),
}
_CLAUSE = {"en": re.compile(r"[,;:]\s|\s?[—–]\s?"), "zh": re.compile(r"[，；：]|——")}
# Whole statements up to here; longer ones are cut to the clauses around the blank.
_LONG = {"en": 30, "zh": 60}
_SHORT = {"en": 14, "zh": 26}
# Content words that a question must leave to lead to its sentence.
LEAST_CUES = {"en": 4, "zh": 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How long a sentence may be: words of English, characters of Chinese."""

    min_words: int
    max_words: int
    min_chars: int
    max_chars: int


def prose(text: str, language: Language, bounds: Bounds, whole: bool) -> Iterator[tuple[int, int]]:
    """Offsets of sentences that are whole, readable alone, and free of markup, code and tables.

    ``whole`` says that the text begins where a sentence begins; else its first one is left out.
    """
    for paragraph in _PARAGRAPH.finditer(text):
        start, end = paragraph.span()
        if _MARKUP.match(text, start):
            continue
        for stop in _STOP[language].finditer(text, start, end):
            while text[start : start + 1].isspace():
                start += 1
            # What follows a Chinese semicolon leans on what stands before it.
            leans = text[start - 1 : start] == "；"
            begins = (whole or start) and not leans
            if begins and _readable(text[start : stop.end()], language, bounds):
                yield start, stop.end()
            start = stop.end()


def _readable(sentence: str, language: Language, bounds: Bounds) -> bool:
    last = sentence.rstrip('”"’」』）)*')
    if language == "en":
        length = sentence.count(" ") + sentence.count("\n") + 1
        sized = bounds.min_words <= length <= bounds.max_words
        begins = sentence.lstrip('“"‘(*`')[:1].isupper() or sentence[:1].isdigit()
    else:
        sized = bounds.min_chars <= len(sentence) <= bounds.max_chars
        begins = not sentence[0].isspace() and sentence[0] not in "，、：；。！？）)”’」』》·"
    if not (sized and begins and last.endswith((".", "。", "．", "；"))):
        return False
    if _PRONOUN[language].match(sentence) or not _balanced(sentence):
        return False
    # `*` is code, and plain text loses its asterisks.
    if ("`" in sentence or '"*' in sentence) and "*" in sentence.replace("**", ""):
        return False
    if language == "zh" and 3 * len(_NUMERALS.findall(sentence)) > len(sentence):
        return False  # a row of a chronicle's table
    return not _BAD.search(_CODE.sub("x", sentence) if "`" in sentence else sentence)


def _balanced(sentence: str) -> bool:
    pairs = ("“”", "「」", "『』", "《》", "（）", "()")
    even = sentence.count('"') % 2 == sentence.count("`") % 2 == sentence.count("**") % 2 == 0
    if sentence.isascii():
        return even and sentence.count("(") == sentence.count(")")
    return even and all(sentence.count(pair[0]) == sentence.count(pair[1]) for pair in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Plain words around the place of one fact; ``cut`` says on which sides words were left out."""

    before: str
    after: str
    cut: tuple[bool, bool]

    @property
    def words(self) -> str:
        """The words without the blank."""
        return f"{self.before} {self.after}"

    @property
    def text(self) -> str:
        """The statement as quoted in a question."""
        left, right = self.cut
        return f"{'… ' * left}{self.before.lstrip()}{BLANK}{self.after.rstrip()}{' …' * right}"


def statement(sentence: str, fact: Fact, start: int, language: Language) -> Statement:
    """A sentence with its fact (offsets relative to ``start``) left out, cut where it is long."""
    before = plain(sentence[: fact.start - start])
    after = plain(sentence[fact.end - start :])
    measure = _words if language == "en" else len
    if measure(before) + measure(after) <= _LONG[language]:
        return Statement(before=before, after=after, cut=(False, False))
    clause = _CLAUSE[language]
    lefts = [0, *(match.end() for match in clause.finditer(before))]
    rights = [*(match.start() for match in clause.finditer(after)), len(after)]
    left, right = lefts.pop(), rights.pop(0)
    while measure(before[left:]) + measure(after[:right]) < _SHORT[language] and (lefts or rights):
        # The shorter addition first, so that the window stays around the blank.
        if not rights or (lefts and left - lefts[-1] <= rights[0] - right):
            left = lefts.pop()
        else:
            right = rights.pop(0)
    return Statement(before=before[left:], after=after[:right], cut=(left > 0, right < len(after)))


def _words(text: str) -> int:
    return len(text.split())


_STOP_WORDS = (
    "the and for with that this from was were are has have had not but his her its their they them "
    "she him you your our who whom which what when where will would could should may might "
    "must can been being into than then there these those such some any all each one two also "
    "only very more most other out over under about after before between upon how why did does done"
)
_STOP_SET = frozenset(_STOP_WORDS.split())
_LATIN = re.compile(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ’'-]{2,}|\d[\d.,]*\d")
_HAN = re.compile(r"[㐀-鿿\uf900-\ufaff]+|[A-Za-z]{3,}")
_FUNCTION = re.compile("[的了在是和与與及或之于於以为為而其这這那有也都就被把从從对對等中个個]")


def cues(words: str, language: Language) -> list[str]:
    """The content words: English in lower case, Chinese as pairs of characters."""
    if language == "en":
        found = (word.lower() for word in _LATIN.findall(words))
        return list(dict.fromkeys(word for word in found if word not in _STOP_SET))
    pairs: dict[str, None] = {}
    for run in _HAN.findall(_FUNCTION.sub(" ", words)):
        if run[0] < "㐀":
            pairs[run.lower()] = None
        else:
            pairs.update(dict.fromkeys(map(str.__add__, run, run[1:])))
    return list(pairs)
