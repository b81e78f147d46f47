"""Neighbouring parts > a term that several sentences of them mention, and a question for all of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from longgrain.facts import Language, facts
from longgrain.modality import obligations
from longgrain.recipes.multistage import asking
from longgrain.recipes.multistage.trace import Trace, gathered, listed, nothing, one_of
from longgrain.recipes.quotable import Sentence, sentences
from longgrain.recipes.sections import Section
from longgrain.types import Given, content_id

# Sentences of a term over all parts, and the parts that must have some.
FEWEST, MOST, IN_PARTS = 2, 12, 2
# Times that a sentence may say it, on average.
OFTEN = 2
# Characters of all sentences together: notes are to be shorter than what they are about.
LONGEST = 3000
SHORTEST: dict[Language, int] = {"en": 4, "zh": 2}
_WORD = re.compile(r"[0-9A-Za-z]")
_SHORT_FORM = re.compile(r"(?<![\w-])[A-Z]{3,}[0-9]?(?![\w-])")
# Told apart by case alone from words that any sentence has.
_COMMON = frozenset(("SHALL", "SHOULD", "MUST", "MAY", "NOT", "AND", "THE", "FOR", "NOTE", "TODO"))
_HEADING = re.compile(r"^#.*$", re.MULTILINE)


def terms_of(texts: Sequence[str], language: Language) -> list[str]:
    """Terms whose mentions can be told without doubt, in an order drawn by their hash."""
    able = [one for one in _terms(texts, language) if mentions(one, texts, language)]
    return sorted(able, key=lambda one: content_id("term", one, texts[0][:200]))


def collect(
    term: str, parts: Sequence[Section], texts: Sequence[str], where: str, language: Language
) -> Trace | None:
    """A question for the sentences on a term; None where its mentions are in doubt."""
    said = mentions(term, texts, language)
    if said is None:
        return None
    form = _form(said, term)
    if form == "duties":
        said = [[one for one in some if obligations(one.text)] for some in said]
    return _trace(term, form, said, parts, where, language)


def mentions(term: str, texts: Sequence[str], language: Language) -> list[list[Sentence]] | None:
    """The sentences of each part that mention a term; None unless they are all its mentions.

    A term that stands in a table or in code too would make a count a matter of opinion; a heading
    is no sentence.
    """
    if not IN_PARTS <= sum(text.count(term) for text in texts) <= OFTEN * MOST:
        return None
    pattern = bounded(term)
    found = []
    for text in texts:
        some = [
            one for one in sentences_of(text, language) if pattern.search(text, one.start, one.end)
        ]
        inside = sum(len(pattern.findall(text, one.start, one.end)) for one in some)
        if inside != len(pattern.findall(_HEADING.sub("", text))):
            return None
        found.append(some)
    size = sum(map(len, found))
    length = sum(len(one.text) for some in found for one in some)
    able = FEWEST <= size <= MOST and length <= LONGEST and sum(map(bool, found)) >= IN_PARTS
    return found if able else None


@lru_cache(maxsize=256)
def sentences_of(text: str, language: Language) -> list[Sentence]:
    """The quotable sentences of a part; parts are asked about again and again."""
    return sentences(text, language)


def bounded(term: str) -> re.Pattern[str]:
    """Where a term stands as whole words: Holmes, not Holmesian; Chinese has no word borders."""
    before = r"(?<![0-9A-Za-z])" if _WORD.match(term) else ""
    after = r"(?![0-9A-Za-z])" if _WORD.match(term[-1]) else ""
    return re.compile(before + re.escape(term) + after)


def _terms(texts: Sequence[str], language: Language) -> Iterator[str]:
    """Names and marked terms that at least two of the parts say."""
    held: Counter[str] = Counter()
    for text in texts:
        held.update(set(_named(text, language)))
    for term, count in held.items():
        if count >= IN_PARTS:
            yield term


@lru_cache(maxsize=256)
def _named(text: str, language: Language) -> tuple[str, ...]:
    some = (
        fact.text.strip()
        for fact in facts(text, language, names=True)
        if fact.kind in ("name", "term")
    )
    short = (one[0] for one in _SHORT_FORM.finditer(text) if one[0] not in _COMMON)
    named = (
        one for one in some if len(one) >= SHORTEST[language] and "\n" not in one and _is_word(one)
    )
    return (*named, *(short if language == "en" else ()))


def _is_word(term: str) -> bool:
    return any(character.isalpha() for character in term) and not set(term) & set('“”"`*|<>{}=/')


def _form(said: Sequence[Sequence[Sentence]], term: str) -> str:
    counts = sorted((len(some) for some in said), reverse=True)
    forms = ["count", "list"]
    if counts[0] > counts[1]:
        forms.append("most")
    binding = [[one for one in some if obligations(one.text)] for some in said]
    if sum(map(len, binding)) >= FEWEST and sum(map(bool, binding)) >= IN_PARTS:
        forms = ["duties", "duties", *forms]
    return one_of(forms, "form", term, sum(counts))


def _trace(
    term: str,
    form: str,
    said: Sequence[Sequence[Sentence]],
    parts: Sequence[Section],
    where: str,
    language: Language,
) -> Trace:
    wordings = asking.COLLECT[language][form]
    question = one_of(wordings, form, term, where).format(where=where, x=term)
    part = (asking.PART_OF_DUTIES if form == "duties" else asking.PART_OF_COLLECT)[language]
    trace = Trace(
        task="collect",
        form=form,
        template=f"multistage.{form}-{[one.format(where=where, x=term) for one in wordings].index(question)}",
        language=language,
        parts=tuple(parts),
        question=question,
        asker=Given(source="longgrain.multistage", id=form),
        found=tuple(tuple(some) for some in said),
        step=part.format(x=term),
        last=asking.LAST_OF_COLLECT[language][form],
    )
    notes = [_note(trace, some) for some in trace.found]
    states = [_state(trace, part) for part in range(1, len(parts) + 1)]
    answer, gold = _answer(trace)
    return trace.told(notes, states, answer, gold)


def counted(n: int, language: Language) -> str:
    """So many sentences, in words."""
    one, more = asking.COUNTED[language]
    return (one if n == 1 else more).format(n=n)


def _note(trace: Trace, some: Sequence[Sentence]) -> str:
    if not some:
        return nothing(trace)
    mark = ":" if trace.language == "en" else "："
    return f"{counted(len(some), trace.language)}{mark}\n{listed(some)}"


def _state(trace: Trace, parts: int) -> str:
    size = sum(map(len, trace.found[:parts]))
    if not size:
        return nothing(trace, so_far=True)
    said = asking.SO_FAR[trace.language].format(n=counted(size, trace.language))
    return f"{said}\n{gathered(trace, parts)}"


def _answer(trace: Trace) -> tuple[str, str]:
    """The answer in words, and bare."""
    language, counts = trace.language, [len(some) for some in trace.found]
    total = counted(sum(counts), language)
    draw = (trace.name, "answer")
    if trace.form in ("list", "duties"):
        head = one_of(asking.LIST_ANSWER[language], *draw).format(n=total)
        body = gathered(trace, len(counts))
        return f"{head}\n{body}", body
    if trace.form == "count":
        parts = _by_part(enumerate(counts, 1), language)
        said = one_of(asking.COUNT_ANSWER[language], *draw).format(n=total, parts=parts)
        return said, str(sum(counts))
    best = counts.index(max(counts)) + 1
    rest = _by_part(((n, c) for n, c in enumerate(counts, 1) if n != best), language)
    said = one_of(asking.MOST_ANSWER[language], *draw).format(
        part=best, n=counted(max(counts), language), parts=rest
    )
    return said, asking.PART[language].format(part=best)


def _by_part(counts: Iterator[tuple[int, int]] | enumerate[int], language: Language) -> str:
    said = [
        asking.IN_PART[language].format(
            part=part, n=count if language == "en" else counted(count, language)
        )
        if count
        else asking.NONE_IN_PART[language].format(part=part)
        for part, count in counts
    ]
    return (", " if language == "en" else "，").join(said)
