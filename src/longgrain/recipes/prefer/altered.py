"""A sentence and a fact in it > the same sentence with another value of the same kind, or turned into its opposite."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from longgrain.facts import Fact, Language, facts, holds, plain, same_answer
from longgrain.modality import negations, obligations
from longgrain.recipes.drawn import shuffled
from longgrain.recipes.script import written

_UNITS = "one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905
_HAN = "一二三四五六七八九"
_PIECE = re.compile(rf"[0-9]|[{_HAN}]|\b(?:{'|'.join((*_UNITS, *_TENS))})\b", re.IGNORECASE)
# A value is looked for in so many changes of one digit or word.
TRIES = 40
# What obliges, allows or denies, and what says the opposite in its place. The first one that fits a
# place counts; one that is its own opposite keeps longer ones from being read in parts.
_TURNS: dict[Language, tuple[tuple[str, str], ...]] = {
    "en": (
        (r"\b(shall|must) not\b", r"\1"),
        (r"\bmay not\b", "may"),
        (r"\b(is|are) not (required|permitted|allowed|obliged) to\b", r"\1 \2 to"),
        (r"\b(is|are) (required|permitted|allowed|obliged) to\b", r"\1 not \2 to"),
        (r"\b(shall|must)\b(?! have\b)", r"\1 not"),
    ),
    "zh": (
        (r"不应当|不應當", "应当"),
        (r"不得不|不能不|是不是|能不能|可不可以|有没有|有沒有", ""),
        (r"不得", "可以"),
        (r"不可以", "可以"),
        (r"不能(?!够|夠)", "可以"),
        (r"应当|應當|必须|必須", "不必"),
        (r"(?:禁止|严禁|嚴禁)(?!令)", "允许"),
        (r"不属于|不屬於", "属于"),
        (r"不构成|不構成", "构成"),
        (r"不承担|不承擔", "承担"),
    ),
}  # fmt: skip
# What somebody says, or means to do, is no rule.
_SAID = re.compile(r"[“‘「『\"']")
_SELF = re.compile(r"\b(?:I|we|you)\s*\Z|[“「]", re.IGNORECASE)
_STOPPED = re.compile(r"[.。；;]\Z")
# Words of English, characters of Chinese that a beginning must have to be known by, and an end to say something.
HEAD: dict[Language, int] = {"en": 5, "zh": 8}
TAIL: dict[Language, int] = {"en": 3, "zh": 5}
# A beginning longer than this is no reminder.
LONGEST: dict[Language, int] = {"en": 30, "zh": 60}


@dataclass(frozen=True, slots=True, kw_only=True)
class Altered:
    """A sentence that is not so: ``text`` holds ``wrong`` where the true one has something else."""

    text: str
    wrong: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """A sentence cut before the word on which it turns, and its end turned into the opposite."""

    head: str
    tail: str
    opposite: str


def altered(sentence: str, answer: str, language: Language, read: str) -> Altered | None:
    """The sentence with another number or date in the answer's place, written alike.

    One digit, number word or Han numeral is another one; ``read`` does not hold the new value. None
    where the sentence has no such fact, or more than one place for it.
    """
    able = [
        one
        for one in facts(sentence, language)
        if one.kind in ("number", "date") and same_answer(plain(one.text), answer)
    ]
    if len(able) != 1:
        return None
    for text in shuffled(sorted(set(_changed(able[0].text))), sentence, "altered")[:TRIES]:
        said = sentence[: able[0].start] + text + sentence[able[0].end :]
        if _is_alike(able[0], text, said, language) and not holds(read, plain(text)):
            wrong = plain(text)
            return Altered(text=said, wrong=wrong.lower() if answer.islower() else wrong)
    return None


def _changed(text: str) -> Iterator[str]:
    """The text with one digit or numeral replaced, each way once."""
    for found in _PIECE.finditer(text):
        old = found[0]
        group = next(one for one in ("123456789", _HAN, _UNITS, _TENS, "0") if old.lower() in one)
        for new in group if group != "0" else "123456789":
            if new != old.lower():
                like = new.capitalize() if old[:1].isupper() else new
                said = text[: found.start()] + like + text[found.end() :]
                if not said.startswith("一十"):
                    yield said


def _is_alike(old: Fact, text: str, sentence: str, language: Language) -> bool:
    """Whether the new words say another value of the same kind and unit at the same place."""
    there = [one for one in facts(sentence, language) if one.start == old.start]
    same = any(
        one.text == text and (one.kind, one.unit) == (old.kind, old.unit) and one.value != old.value
        for one in there
    )
    value = there[0].value if there else None
    if language == "en" and 1.0 in (value, old.value):
        return False  # one thing is said in the singular
    return same and not (old.unit == "%" and isinstance(value, float) and value > 100)


def turned(sentence: str, language: Language) -> Turned | None:
    """A sentence that obliges, allows or denies in one word, with the opposite word in its place.

    None where it does so in more than one, since nobody could tell what the opposite is.
    """
    if not _STOPPED.search(sentence) or "\n" in sentence:
        return None
    fitting = (
        (re.search(pattern, sentence, re.IGNORECASE), words) for pattern, words in _TURNS[language]
    )
    found, opposite = next(((one, words) for one, words in fitting if one), (None, ""))
    if found is None:
        return None
    if not opposite or _turns_elsewhere(sentence, *found.span()):
        return None
    if _SAID.match(sentence) or _SELF.search(sentence[: found.start()]):
        return None
    head, tail = sentence[: found.start()].rstrip(), sentence[found.start() :]
    rest = sentence[found.end() :]
    if not HEAD[language] <= _size(head, language) <= LONGEST[language]:
        return None
    if _size(rest, language) < TAIL[language]:
        return None
    said = written(found.expand(opposite), sentence)
    said = said.upper() if found[0].isupper() else said
    return Turned(head=head, tail=tail, opposite=said + rest)


def _turns_elsewhere(sentence: str, start: int, end: int) -> bool:
    marks = [*negations(sentence), *obligations(sentence)]
    return any(last <= start or first >= end for first, last in marks)


def _size(text: str, language: Language) -> int:
    return len(text) if language == "zh" else len(text.split())
