"""Neighbouring parts > the largest, smallest, latest or earliest figure of one kind in all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from longgrain.facts import Fact, Language, counted_noun, counts, kind_of_quantity, plain
from longgrain.recipes.multistage import asking
from longgrain.recipes.multistage.collect import sentences_of
from longgrain.recipes.multistage.trace import Trace, listed, nothing, one_of
from longgrain.recipes.quotable import Sentence
from longgrain.recipes.sections import Section
from longgrain.recipes.stated import counted
from longgrain.types import Given, content_id

# Figures of a kind over all parts, and the parts that must have some.
FEWEST, IN_PARTS = 3, 2
FORMS = {False: ("largest", "smallest"), True: ("latest", "earliest")}


class Figure(NamedTuple):
    """A number or date with its sentence, and how it is told: with what it counts."""

    fact: Fact
    sentence: Sentence
    told: str


Sought = tuple[str, str]


def sought(texts: Sequence[str], language: Language) -> list[Sought]:
    """What can be compared without doubt: a kind of quantity and a form, in a drawn order."""
    able = [
        (key, form)
        for key in _keys(texts, language)
        for form in FORMS[key == "date"]
        if extremes(key, form, texts, language) is not None
    ]
    return sorted(able, key=lambda one: content_id("figure", *one, texts[0][:200]))


def figures(
    one: Sought, parts: Sequence[Section], texts: Sequence[str], where: str, language: Language
) -> Trace | None:
    """A question for an extreme figure; None where it is in doubt."""
    found = extremes(*one, texts, language)
    return _trace(*one, found, parts, texts, where, language) if found else None


@lru_cache(maxsize=256)
def counted_in(text: str, language: Language) -> list[Fact]:
    """The numbers and dates of a part; parts are asked about again and again."""
    return counts(text, language)


def _keys(texts: Sequence[str], language: Language) -> list[str]:
    held: Counter[str] = Counter()
    for text in texts:
        held.update({key for fact in counted_in(text, language) if (key := kind_of_quantity(fact))})
    return sorted(key for key, count in held.items() if count >= IN_PARTS)


def extremes(
    key: str, form: str, texts: Sequence[str], language: Language
) -> list[Figure | None] | None:
    """The extreme figure of each part, None for a part without any; None unless all is clear.

    Clear: one sentence alone has the extreme of all parts, and that of each part is in a sentence.
    """
    found: list[Figure | None] = []
    size = 0
    for text in texts:
        some = [one for one in counted_in(text, language) if kind_of_quantity(one) == key]
        size += len(some)
        figure = _extreme(some, text, form, language) if some else None
        if some and figure is None:
            return None
        found.append(figure)
    values = [_value(one.fact, form) for one in found if one]
    if size < FEWEST or len(values) < IN_PARTS or values.count(max(values)) > 1:
        return None
    return found


def _extreme(some: Sequence[Fact], text: str, form: str, language: Language) -> Figure | None:
    """The figure that goes furthest, if all that go so far stand in one sentence."""
    most = max(_value(one, form) for one in some)
    best = [one for one in some if _value(one, form) == most]
    home = {
        sentence
        for fact in best
        for sentence in sentences_of(text, language)
        if sentence.start <= fact.start and fact.end <= sentence.end
    }
    inside = [
        fact for fact in best if any(s.start <= fact.start and fact.end <= s.end for s in home)
    ]
    if len(home) != 1 or len(inside) != len(best):
        return None
    unit = best[0].unit if best[0].kind == "number" else None
    told = counted(plain(best[0].text), text[best[0].end :], unit, language)
    return Figure(best[0], home.pop(), told)


def _value(fact: Fact, form: str) -> tuple[float, ...]:
    """Bigger is further in the direction asked for; what a date leaves open counts as unknown."""
    value = fact.value if isinstance(fact.value, tuple) else (fact.value or 0.0,)
    sign = -1.0 if form in ("smallest", "earliest") else 1.0
    return tuple(sign * one for one in value[:1])


def _trace(
    key: str,
    form: str,
    found: Sequence[Figure | None],
    parts: Sequence[Section],
    texts: Sequence[str],
    where: str,
    language: Language,
) -> Trace:
    what = _what(key, found, texts, language)
    wordings = [one.format(where=where, what=what) for one in asking.FIGURES[language][form]]
    question = one_of(wordings, form, key, where)
    extreme = asking.EXTREME[language][form]
    trace = Trace(
        task="figures",
        form=form,
        template=f"multistage.{form}-{wordings.index(question)}",
        language=language,
        parts=tuple(parts),
        question=question,
        asker=Given(source="longgrain.multistage", id=form),
        found=tuple((one.sentence,) if one else () for one in found),
        step=asking.PART_OF_FIGURES[language].format(extreme=extreme, what=what),
        last=asking.LAST_OF_FIGURES[language].format(extreme=extreme),
    )
    notes = [_note(trace, one, extreme) for one in found]
    states = [_state(trace, found[:part], extreme, form) for part in range(1, len(parts) + 1)]
    best, place = _best(found, form)
    head = one_of(asking.FIGURE_ANSWER[language], trace.name, "answer").format(
        a=best.told, part=place, extreme=extreme
    )
    return trace.told(notes, states, f"{head}\n{listed([best.sentence])}", best.told)


def _what(
    key: str, found: Sequence[Figure | None], texts: Sequence[str], language: Language
) -> str:
    """What is counted: percentage, date, number of hours."""
    unit = key.partition(":")[2]
    if key == "date":
        return asking.DATE[language]
    if unit in asking.SIGNS[language]:
        return asking.SIGNS[language][unit]
    if language == "en":
        nouns = [
            counted_noun(text, one.fact.end)
            for text, one in zip(texts, found, strict=True)
            if one and one.fact.value != 1
        ]
        unit = next((noun for noun in nouns if noun), unit)
    return asking.UNIT[language].format(unit=unit)


def _best(found: Sequence[Figure | None], form: str) -> tuple[Figure, int]:
    """The figure that goes furthest and the number of its part."""
    able = [(one, part) for part, one in enumerate(found, 1) if one]
    return max(able, key=lambda one: (_value(one[0].fact, form), -one[1]))


def _note(trace: Trace, figure: Figure | None, extreme: str) -> str:
    if figure is None:
        return nothing(trace)
    said = asking.FIGURE_HERE[trace.language].format(extreme=extreme, a=figure.told)
    return f"{said}\n{listed([figure.sentence])}"


def _state(trace: Trace, found: Sequence[Figure | None], extreme: str, form: str) -> str:
    if not any(found):
        return nothing(trace, so_far=True)
    best, part = _best(found, form)
    said = asking.FIGURE_SO_FAR[trace.language].format(extreme=extreme, a=best.told, part=part)
    return f"{said}\n{listed([best.sentence])}"
