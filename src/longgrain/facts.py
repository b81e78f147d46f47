"""Text > its numbers, dates, names, terms and quotes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, cast

from longgrain.chinese import chinese
from longgrain.english import counted_noun as counted_noun
from longgrain.english import english
from longgrain.names import chinese_names, english_names
from longgrain.numerals import HAN, HAN_RUN, WORDS, Day, Found, english_value, han_value

Language = Literal["en", "zh"]
FactKind = Literal["number", "date", "name", "term", "quote"]
# Kind, start, end, value, unit; numbers and dates are `Found` and have a value.
Said = tuple[str, int, int, float | Day | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One checkable thing in a text; ``text[start:end]`` of that text is ``Fact.text``.

    ``value`` is the number, or (year, month, day) of a date with 0 for what is not said, else None.
    ``unit`` says what is counted ("page", "厘米", "%", "$"); for numbers that count nothing it is
    "clock" (minutes after midnight), "ordinal" or "reference" (Chapter 3); for dates "day",
    "month", "year" or "monthday"; for names "person", "place" or "organisation"; for terms "bold",
    "code", "title" or "named"; None where that does not show.
    """

    kind: FactKind
    start: int
    end: int
    text: str
    value: float | Day | None = None
    unit: str | None = None


def language_of(text: str) -> Language:
    """Chinese where at least a tenth of the characters are Han, else English."""
    return "zh" if 10 * len(_IDEOGRAPH.findall(text)) >= max(1, len(text)) else "en"


def facts(text: str, language: Language | None = None, *, names: bool = False) -> list[Fact]:
    """The facts of a text in reading order; the outer one first where one holds another.

    Parameters
    ----------
    language : by default as `language_of` finds it.
    names : look for proper names too. In Chinese that costs about 0.8 us a character.
    """
    language = language or language_of(text)
    found: list[Said] = [*_counted(text, language), *_marked(text, language)]
    if names:
        found += _named(text, language)
    return _as_facts(text, found)


@lru_cache(maxsize=1 << 11)  # a sentence is drawn from, and soon after held against what was drawn
def _counted(text: str, language: Language) -> tuple[Found, ...]:
    return tuple((english if language == "en" else chinese)(text))


def _named(text: str, language: Language) -> Iterator[Said]:
    """Names, those inside dates left out."""
    dates = [(start, end) for kind, start, end, _, _ in _counted(text, language) if kind == "date"]
    for start, end, bearer in (english_names if language == "en" else chinese_names)(text):
        if not any(first < end and start < last for first, last in dates):
            yield "name", start, end, None, bearer


def _as_facts(text: str, found: Iterable[Said]) -> list[Fact]:
    return [
        Fact(
            kind=cast(FactKind, kind),
            start=start,
            end=end,
            text=text[start:end],
            value=value,
            unit=unit,
        )
        for kind, start, end, value, unit in sorted(found, key=_outer_first)
    ]


def _outer_first(one: Said) -> tuple[int, int]:
    return one[1], -one[2]


def counts(text: str, language: Language) -> list[Fact]:
    """The numbers and dates of a text alone, in reading order: half the work of `facts`."""
    return _as_facts(text, _counted(text, language))


def has(text: str, kind: str, language: Language) -> bool:
    """Whether a text has a fact of this kind; the others are not looked for."""
    if kind in ("number", "date"):
        return any(one[0] == kind for one in _counted(text, language))
    looked = _named(text, language) if kind == "name" else _marked(text, language)
    return any(one[0] == kind for one in looked)


_IDEOGRAPH = re.compile(r"[㐀-鿿\uf900-\ufaff]")
_MARKED = re.compile(
    r"\*\*(?P<bold>[^\s*][^*\n]{0,38}[^\s*.:。：])\*\*"
    r"|`(?P<code>[^`\n]{1,60})`"
    r"|《(?P<title>[^《》\n]{1,30})》"
    r"|“(?P<curly>[^“”\n]{2,160})”|「(?P<corner>[^「」\n]{2,160})」"
    r"|(?<![\w\"])\"(?P<straight>[^\"\n]{1,160})\"(?![\w\"])"
)
_ANY_MARK = re.compile('[*`《“「"]')
_INNER_MARK = re.compile(r"[，。！？；：、,.!?;:…—]")
_SPOKEN = "：:道说說曰云"


def _marked(text: str, language: Language) -> Iterator[Said]:
    """Terms between ** **, ` `, 《 》 and quoted phrases: three words or six Han characters."""
    if not _ANY_MARK.search(text):
        return
    for match in _MARKED.finditer(text):
        group = cast(str, match.lastgroup)
        start = match.start(group)
        end = start + len(match[group].rstrip(" ,.;，。；"))
        if end - start < 2:
            continue
        if group in ("bold", "code", "title"):
            yield "term", start, end, None, group
        elif language == "zh" and _is_named(text, match):
            yield "term", start, end, None, "named"
        elif len(match[group].split()) >= 3 or len(_IDEOGRAPH.findall(match[group])) >= 6:
            yield "quote", start, end, None, None


def _is_named(text: str, match: re.Match[str]) -> bool:
    """A term that Chinese puts in quotation marks; speech has a mark inside or before it."""
    inner = match[match.lastgroup or 0]
    before = text[match.start() - 1 : match.start()]
    return len(inner) <= 8 and not _INNER_MARK.search(inner) and before not in tuple(_SPOKEN)


_VAGUE = frozenset(("time", "way", "kind", "type", "thing", "case", "hundred", "one", "item"))
_VAGUE |= frozenset("个個种種类類道倍组組步款项項")


def kind_of_quantity(fact: Fact) -> str | None:
    """What a number or date can be compared with: equal keys may be ordered and subtracted.

    None for names, terms and quotes, for numbers that count nothing, and for units that count
    anything (个, 种, time, kind): a difference between unlike things says nothing.
    """
    if fact.kind == "date":
        return "date" if fact.unit != "monthday" else None
    if fact.unit in _VAGUE:
        return None
    if fact.kind == "number" and fact.unit not in (None, "clock", "ordinal", "reference"):
        return f"number:{fact.unit}"
    return None


# --- equal answers --------------------------------------------------------------------------------

_COUNT = "|".join(sorted(WORDS, key=len, reverse=True))
# Letters and Han characters; most can begin no number, and are known by their first character.
_IDEOGRAPHS = "㐀-鿿\uf900-\ufaff"
_LETTERS = rf"[^\W\d_{_IDEOGRAPHS}]+(?:['’][^\W\d_]+)*"
_FIRST = "".join(sorted({word[0] for word in (*WORDS, "per cent")}))
_TOKEN = re.compile(
    rf"(?P<row>(?:(?![{HAN}])[{_IDEOGRAPHS}])+)|(?P<sure>(?![{_FIRST}]){_LETTERS})|"
    rf"(?P<percent>百分之(?=[\d{HAN}]))"
    rf"|(?P<han>(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?[十百千万萬亿億]+|{HAN_RUN})"
    r"|(?P<digits>(?:\d{1,3}(?:[, ]\d{3})+(?!\d)|\d+)(?:\.\d+)?"
    r"(?:\s(?:thousand|million|billion)\b)?)"
    rf"|(?P<words>\b(?:{_COUNT})(?:[\s-](?:and\s)?(?:{_COUNT}))*\b)"
    r"|(?P<sign>%|per\s?cent\b|[$€£¥°])"
    rf"|(?P<plain>{_LETTERS}|[{_IDEOGRAPHS}])"
)


@lru_cache(maxsize=1 << 12)  # a sentence is held against several answers, an answer against several
def normalise(answer: str) -> str:
    """The words of an answer, comparable: one width and case, no punctuation, numbers as digits.

    Every Han character and every number is a word of its own, so ``1,200``, ``1 200``, ``１２００``
    and ``一千二百`` are all ``1200``, and ``共十二册`` is ``共 12 册``.
    """
    words: list[str] = []
    percents = 0
    for match in _TOKEN.finditer(unicodedata.normalize("NFKC", answer).casefold()):
        if match.lastgroup == "row":
            words.extend(match[0])
            continue
        if match.lastgroup == "percent":
            percents += 1
            continue
        words.append(_word(match))
        if percents and words[-1][0].isdigit():
            words.append("%")
            percents -= 1
    return " ".join(words)


def _word(match: re.Match[str]) -> str:
    text = match[0]
    if match.lastgroup == "sign":
        return "%" if text.startswith("per") else text
    if match.lastgroup in ("plain", "sure"):
        return text.replace("’", "'")
    if match.lastgroup == "digits":
        text = re.sub(r"(?<=\d)[, ](?=\d{3})", "", text)
    value = han_value(text) if match.lastgroup == "han" else english_value(text)
    return " ".join(text) if value is None and match.lastgroup == "han" else _number(value, text)


def _number(value: float | None, text: str) -> str:
    # Larger ones would be written with an exponent, which is no number to read again.
    return text if value is None or value >= 1e15 else f"{value:.15g}"


def same_answer(first: str, second: str) -> bool:
    """Whether two answers say the same: equal when normalised, or the same date or number."""
    return normalise(first) == normalise(second) or _value(first) == _value(second) is not None


def holds(text: str, answer: str) -> bool:
    """Whether a text says an answer, as whole words: ``12`` is not in ``1,200``."""
    wanted = normalise(answer)
    return bool(wanted) and f" {wanted} " in f" {normalise(text)} "


def _value(answer: str) -> tuple[str, object] | None:
    """The one date of an answer that is nothing else."""
    answer = answer.strip().rstrip(".。")
    whole = [fact for fact in facts(answer) if fact.end - fact.start == len(answer)]
    return ("date", whole[0].value) if whole and whole[0].kind == "date" else None


# --- what sentences say together ------------------------------------------------------------------


def plain(text: str) -> str:
    """Text as it is quoted: without asterisks of emphasis, word joiners and line breaks."""
    text = text.replace("*", "").replace("\u2060", "")
    if "\n" not in text:
        return text
    return re.sub(r"(?<=[^\x00-\x7f])\s*\n\s*(?=[^\x00-\x7f])|\s+", _space, text)


def _space(match: re.Match[str]) -> str:
    text, (start, end) = match.string, match.span()
    return "" if any(map(_IDEOGRAPH.match, (text[start - 1 : start], text[end : end + 1]))) else " "


def number_text(value: float) -> str:
    """A computed number as it is written in an answer: ``1234``, ``0.4``."""
    return f"{round(value, 6):.15g}"


def combine(form: str, filled: Sequence[Fact], *, descending: bool = False) -> str:
    """The answer to a question over several facts of one quantity, in the question's order.

    "compare" gives the difference (of calendar years for dates), "sum" the total, "order" the
    labels A, B, ... sorted by value; anything else is the text of the only fact.
    """
    if form in ("compare", "sum"):
        values = [fact.value[0] if isinstance(fact.value, tuple) else fact.value for fact in filled]
        known = [value for value in values if value is not None]
        return number_text(max(known) - min(known) if form == "compare" else sum(known))
    if form == "order":
        ranks = sorted(
            range(len(filled)),
            key=lambda one: cast(float, filled[one].value),
            reverse=descending,
        )
        return ", ".join(chr(ord("A") + rank) for rank in ranks)
    return filled[0].text


def fits(statement: Mapping[str, Any], sentence: str, language: Language) -> Iterator[Fact]:
    """What a sentence has in the place of a statement's blank, the words around it being equal."""
    before, after, kind = statement["before"], statement["after"], statement["kind"]
    sentence = plain(sentence)
    if before not in sentence or after not in sentence:
        return
    if kind in ("number", "date"):
        for fact in counts(sentence, language):
            around = sentence[: fact.start].endswith(before), sentence[fact.end :].startswith(after)
            if fact.kind == kind and all(around):
                yield fact
        return
    for start, end in _blanks(sentence, before, after, kind):
        yield Fact(kind=kind, start=start, end=end, text=sentence[start:end])


def _blanks(sentence: str, before: str, after: str, kind: str) -> Iterator[tuple[int, int]]:
    """Where words stand between ``before`` and ``after``; none overlap.

    Plain string search, since a pattern for each statement costs 0.3 ms to compile.
    """
    filler = _IN_CODE if before.endswith("`") else _FILLERS.get(kind, _IN_CLAUSE)
    free = 0
    for start in _openings(sentence, before):
        filled = filler.match(sentence, start) if start - len(before) >= free else None
        end = _closed(sentence, start, filled.end(), after, kind) if filled else -1
        if end >= 0:
            yield start, end
            free = end + len(after)


def _openings(sentence: str, before: str) -> Iterator[int]:
    """The places behind ``before``, or where a clause begins if that is blank."""
    if not before.strip():
        yield from (match.end() for match in _CLAUSE_STARTS.finditer(sentence))
        return
    at = sentence.find(before)
    while at >= 0:
        yield at + len(before)
        at = sentence.find(before, at + 1)


def _closed(sentence: str, start: int, longest: int, after: str, kind: str) -> int:
    """The end of what fills a blank: as much as may, but of a quote as little; -1 if nothing."""
    if after:
        find = sentence.find if kind == "quote" else sentence.rfind
        return find(after, start + 1, longest + len(after))
    ends = [match.start() for match in _CLAUSE_ENDS.finditer(sentence, start + 1, longest + 2)]
    ends += [longest] if longest == len(sentence) else []
    able = [end for end in ends if end <= longest]
    return (able[0] if kind == "quote" else able[-1]) if able else -1


_IN_CODE = re.compile(r"[^\n`]{1,60}")
_IN_CLAUSE = re.compile(r"[^\n，。；：,;“”—–]{1,80}")
_FILLERS = {"quote": re.compile(r"[^\n“”「」\"]{1,160}")}
# Where a statement that was cut to its clauses may begin and end.
_CLAUSE_STARTS = re.compile(r"(?:\A|[.。！？．，；：,;:—”」“])\s*")
_CLAUSE_ENDS = re.compile(r"\s?[,;:.，；：。—–]")


def derive(question: Mapping[str, Any], sentences: Sequence[str]) -> str | None:
    """The answer that follows from these sentences alone, or None where it does not.

    Parameters
    ----------
    question : ``form``, ``language``, ``statements`` (each ``before`` and ``after`` its blank, its
        ``kind``), for order ``descending``, for bridge ``asked`` (kind and unit of the last fact).

    Each statement must fit exactly one sentence. The name of a bridge must be said in exactly one
    other sentence, and that one must say one fact of the kind asked for.
    """
    language: Language = question["language"]
    filled, used = [], []
    for statement in question["statements"]:
        found = [
            (n, fact) for n, one in enumerate(sentences) for fact in fits(statement, one, language)
        ]
        if len({normalise(fact.text) for _, fact in found}) != 1:
            return None
        used.append(found[0][0])
        filled.append(found[0][1])
    if question["form"] != "bridge":
        return combine(question["form"], filled, descending=question.get("descending", False))
    name, asked = filled[0].text, question["asked"]
    others = [one for n, one in enumerate(sentences) if n != used[0] and name in plain(one)]
    answers = [fact for one in others for fact in facts(one, language) if says(fact, asked)]
    return answers[0].text if len(others) == len(answers) == 1 else None


def says(fact: Fact, asked: Sequence[str | None]) -> bool:
    """Whether a fact is of the kind and, where one is named, the unit asked for."""
    return fact.kind == asked[0] and asked[1] in (None, fact.unit)
