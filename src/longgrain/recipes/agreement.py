"""The rows of a user's file > those that make sense by themselves and beside each other, and why others do not.

A row must say something, in one language, with a label that was declared and an answer that stands
where it is said to stand. Of rows that ask the same and are answered differently nobody can know
which is right: all of them go. Rows that ask nearly the same are flagged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import numpy as np

from longgrain.facts import normalise, same_answer
from longgrain.recipes.rows import Bad, Row
from longgrain.terms import mixed, terms
from longgrain.types import content_id

# Asking politely, or in another form of words, asks the same. Chinese words are single characters.
_MANNERS = frozenset(
    """
    a an the please kindly can could would will you me us tell give say name state to what's what is
    are was which that of i want know let like help question answer
    请 請 问 問 你 您 我 帮 幫 一 下 吗 嗎 呢 吧 啊 什 么 麼 的 地 得 了 能 否 可 以 是 告 诉 訴 回 答 说 說 出 给 給
    """.split()  # noqa: SIM905
)
# Han characters or Latin words from which the language of a response must agree.
SPOKEN = 12
# Near-identical: this share of the words alike, in order.
ALIKE = 0.85
FEWEST = 12  # words below which one more or less makes another question
PLACES = 8  # minima of hashes under which near-identical rows meet
TOGETHER = 32  # rows that meet under one minimum and are compared
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_OTHER_LANGUAGE = re.compile(
    r"\btranslat\w*|\b(?:in|into|to|from) (?:english|chinese|mandarin)\b|\benglish\b|\bchinese\b"
    r"|翻译|翻譯|译成|譯成|译为|譯為|英文|英语|英語|中文|汉语|漢語|双语|雙語|```",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """A row that makes sense, what was repaired in it, and a row that asks nearly the same."""

    row: Row
    repaired: str = ""
    near: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A row that does not go on: its name and hash, the reason, and what concerns it alone."""

    name: str
    content: str
    reason: str
    detail: str = ""


def agreed(found: Iterable[Row | Bad], classes: Sequence[str] = ()) -> Iterator[Agreed | Lost]:
    """Every row once, in order. ``classes`` are the labels that may be; empty allows any."""
    alone = [_alone(one, classes) for one in found]
    lost = _against_each_other([one for one in alone if isinstance(one, Agreed)])
    near = _near([one.row for one in alone if isinstance(one, Agreed) and one.row.name not in lost])
    for one in alone:
        if isinstance(one, Lost):
            yield one
        else:
            yield lost.get(one.row.name) or replace(one, near=near.get(one.row.name, ""))


# --- one row ----------------------------------------------------------------------------------------


def _alone(row: Row | Bad, classes: Sequence[str]) -> Agreed | Lost:
    if isinstance(row, Bad):
        return Lost(name=row.name, content=row.content, reason=row.reason)
    found = _placed(row)
    if isinstance(found, Agreed):
        reason = _disagrees(row, classes)
        return Lost(name=row.name, content=row.content, reason=reason) if reason else found
    return Lost(name=row.name, content=row.content, reason=found, detail=row.question)


def _disagrees(row: Row, classes: Sequence[str]) -> str:
    """What is wrong between instruction and response, or ""."""
    if row.label and classes and row.label not in classes:
        return "its label is none of the declared classes"
    if row.turns:
        said = "\n".join(words for _, words in row.turns[:-1])
        asked, _ = _script(said)
        answered, length = _script(row.response)
        other = asked and answered and asked != answered and length >= SPOKEN
        if other and not _OTHER_LANGUAGE.search(said):
            return "its response is in another language than its instruction"
        if len(row.turns) < 2:
            return "its response answers nothing"
        if normalise(row.turns[-2][1]) == normalise(row.response):
            return "its response repeats its instruction"
    return ""


def _script(text: str) -> tuple[str, int]:
    """Which script most of the text is in, and how many characters or words say so."""
    han, latin = len(_HAN.findall(text)), len(_LATIN.findall(text))
    return ("" if not han + latin else "han" if 5 * han >= han + latin else "latin"), han + latin


def _placed(row: Row) -> Agreed | str:
    """The row with every answer where it really stands, or what is wrong."""
    if not row.answers:
        return Agreed(row=row)
    places = []
    for text, start in row.answers:
        place = _place(row.passage, text, start)
        if place < 0:
            return "its answer does not stand in its context"
        places.append((row.passage[place : place + len(text.strip())], place))
    repaired = "answer_start was off and is repaired" if tuple(places) != row.answers else ""
    if repaired and all(start < 0 for _, start in row.answers):
        repaired = "answer_start was missing and is found"
    return Agreed(row=replace(row, answers=tuple(dict.fromkeys(places))), repaired=repaired)


def _place(passage: str, answer: str, start: int) -> int:
    """Where the answer stands: as said, or the place nearest to it, as a whole word if it can be; or -1."""
    words = answer.strip()
    if start >= 0 and passage[start : start + len(answer)] == answer:
        return start + len(answer) - len(answer.lstrip())
    for flags in (0, re.IGNORECASE):
        for pattern in (rf"(?<!\w){re.escape(words)}(?!\w)", re.escape(words)):
            found = [match.start() for match in re.finditer(pattern, passage, flags)]
            if found:
                return min(found, key=lambda place: abs(place - max(0, start)))
    return -1


# --- rows beside each other -------------------------------------------------------------------------


def question_key(row: Row) -> str:
    """What a row asks, without case, marks, width and manners of asking: the same key asks the same."""
    words = normalise(row.asked).split()
    content = [word for word in words if word not in _MANNERS]
    return content_id(" ".join(content or words))


def _same_response(one: Row, other: Row) -> bool:
    if one.impossible != other.impossible:
        return False
    if one.answers and other.answers:
        mine, theirs = ([text for text, _ in row.answers] for row in (one, other))
        return any(same_answer(a, b) for a in mine for b in theirs)
    return same_answer(one.response, other.response)


def _against_each_other(found: Sequence[Agreed]) -> dict[str, Lost]:
    """Rows that contradict another one or repeat it, by name."""
    groups: dict[str, list[Row]] = {}
    for one in found:
        groups.setdefault(question_key(one.row), []).append(one.row)
    lost: dict[str, Lost] = {}
    for group in (group for group in groups.values() if len(group) > 1):
        first = group[0]
        other = next((row for row in group if not _same_response(first, row)), None)
        for row in group:
            if other is None and row is not first:
                lost[row.name] = _gone(row, "asks and answers the same as another row", first)
            elif other is not None:
                beside = first if row is not first and not _same_response(first, row) else other
                reason = "asks the same as another row and is answered differently"
                lost[row.name] = _gone(row, reason, beside)
    return lost


def _gone(row: Row, reason: str, other: Row) -> Lost:
    return Lost(
        name=row.name, content=row.content, reason=reason, detail=f"the other row is {other.name}"
    )


def _near(found: Sequence[Row]) -> dict[str, str]:
    """Of rows that ask nearly the same and are answered differently, each one's name and the other's.

    Rows meet where the smallest of their hashed terms are the same, so not all pairs are compared.
    """
    met: dict[tuple[int, int], list[int]] = {}
    words = [normalise(row.asked).split() for row in found]
    near: dict[str, str] = {}
    for number, row in enumerate(found):
        if row.question or row.label:
            continue  # other questions about one passage, other texts of one table are no rivals
        for key in _minima(row.asked):
            for other in met.setdefault(key, [])[-TOGETHER:]:
                alike = found[other].name not in near and _alike(words[number], words[other])
                if alike and not _same_response(row, found[other]):
                    near[row.name] = found[other].name
                    near[found[other].name] = row.name
            met[key].append(number)
    return near


def _minima(text: str) -> Iterator[tuple[int, int]]:
    codes = np.unique(terms(text)[0])
    for place in range(PLACES if len(codes) else 0):
        yield place, int(mixed(codes + np.uint64(place * 0x9E3779B97F4A7C15 % 2**64)).min())


def _alike(one: Sequence[str], other: Sequence[str]) -> bool:
    """Nearly the same words in the same order, and every number the same."""
    numbers = [[word for word in words if word[0].isdigit()] for words in (one, other)]
    if numbers[0] != numbers[1] or min(len(one), len(other)) < FEWEST:
        return False
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE
