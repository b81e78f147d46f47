"""Several grains > candidates that need a fact of each: compare, sum, order, bridge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from longgrain.facts import Fact, Language, combine, facts, holds, kind_of_quantity, says
from longgrain.teachers import _forms as forms
from longgrain.teachers._drawn import Draws
from longgrain.teachers._prose import LEAST_CUES, Bounds, Statement, cues, statement
from longgrain.teachers._script import Script, script_of, written
from longgrain.teachers._single import Hit, answer_of, as_json, counted, hits, shown, what

KINDS = ("compare", "sum", "order", "bridge")
LABELS = "ABCDE"
# Adding these up gives no sense: shares, temperatures, ages, speeds, years.
_NOT_ADDED = "% ° °C 度 ℃ 摄氏度 岁 歲 周岁 周歲 年 year degree knot 级 級 层 層 届 屆"
_ARTICLE = re.compile(r"\b(?:the|then|an?|this|every|its|our)\s$")  # "the Principal" is no name
_RATE = re.compile(r"\s(?:an?|per|each)\b")  # £15 a kilogram
# Nobody adds 3 metres to 3,000.
_APART = 200
# Tries at the facts of one set of grains before giving up on a kind.
_TRIES = 6


def joined(
    material: Sequence[str],
    *,
    kinds: Sequence[str] | None,
    pieces: tuple[int, int],
    language: Language,
    bounds: Bounds,
    whole: bool,
    limit: int,
    draws: Draws,
) -> list[dict[str, Any]]:
    """At most ``limit`` candidates over at most ``pieces`` grains, each of another kind.

    The first grain takes part wherever it can.
    """
    kinds = [one for one in draws.shuffled(KINDS) if kinds is None or one in kinds]
    found = [
        [hit.of_piece(piece) for hit in _hits(text, language, bounds, whole, "bridge" in kinds)]
        for piece, text in enumerate(material)
    ]
    candidates: list[dict[str, Any]] = []
    for one in kinds:
        if one == "bridge":
            candidate = _bridge(material, found, language, draws)
        else:
            candidate = _quantities(one, found, pieces, language, draws)
        if candidate is not None:
            candidates.append(candidate)
        if len(candidates) == limit:
            break
    return candidates


@lru_cache(maxsize=1 << 14)  # a grain is offered as partner again and again
def _hits(
    text: str, language: Language, bounds: Bounds, whole: bool, names: bool
) -> tuple[Hit, ...]:
    """All facts of a grain worth asking about; Chinese names only where they are needed."""
    named = None if names else Draws((), 0)
    return tuple(hit for group in hits(0, text, language, bounds, whole, named) for hit in group)


# --- compare, sum, order --------------------------------------------------------------------------


def _quantities(
    kind: str,
    found: Sequence[Sequence[Hit]],
    pieces: tuple[int, int],
    language: Language,
    draws: Draws,
) -> dict[str, Any] | None:
    least = max(pieces[0], 3 if kind == "order" else 2)
    most = min(pieces[1], {"compare": 2, "sum": 3, "order": 5}[kind])
    groups = [_by_quantity(one, kind) for one in found]
    keys = list(dict.fromkeys(key for group in groups for key in group))
    keys = [key for key in keys if sum(key in group for group in groups) >= least]
    own = [key for key in keys if key in groups[0]]
    for _ in range(_TRIES if keys and least <= most else 0):
        key = draws.one(own or keys)
        holders = [group[key] for group in groups if key in group]
        some = least + draws.below(min(most, len(holders)) - least + 1)
        others = draws.shuffled(holders[1:])[: some - 1]
        chosen = draws.shuffled([draws.one(hits_of) for hits_of in (holders[0], *others)])
        if (candidate := _computed(kind, key, chosen, language, draws)) is not None:
            return candidate
    return None


def _by_quantity(found: Sequence[Hit], kind: str) -> dict[str, list[Hit]]:
    groups: dict[str, list[Hit]] = {}
    for hit in found:
        key = kind_of_quantity(hit.fact)
        unit = hit.fact.unit
        senseless = kind == "sum" and unit in _NOT_ADDED.split()
        senseless |= unit is not None and unit in "$£€" and _RATE.match(hit.after) is not None
        if key is not None and not senseless and not (kind == "sum" and key == "date"):
            groups.setdefault(key, []).append(hit)
    return groups


def _computed(
    kind: str, key: str, chosen: Sequence[Hit], language: Language, draws: Draws
) -> dict[str, Any] | None:
    values = [_value(hit.fact, chosen) for hit in chosen]
    distinct = {value[:1] for value in values} if kind == "compare" else set(values)
    if kind != "sum" and len(distinct) < len(values):
        return None
    if kind != "order" and key != "date" and max(values)[0] > _APART * min(values)[0]:
        return None
    form = f"{kind}:date" if key == "date" else kind
    wordings = (forms.JOINED_EN if language == "en" else forms.JOINED_ZH)[form]
    template = draws.one(list(wordings))
    descending = kind == "order" and template in ("descending", "down")
    answer = combine(kind, [hit.fact for hit in chosen], descending=descending)
    if any(holds(hit.sentence, answer) for hit in chosen):
        return None
    answer = answer.replace(", ", "、") if language == "zh" else answer
    parts = _parts(chosen, values, language)
    ranked = sorted(range(len(chosen)), key=lambda one: values[one], reverse=descending)
    full = [f"{LABELS[one]} {counted(chosen[one], language)}" for one in ranked]
    parts |= {"answer": answer, "labelled": ("、" if language == "zh" else ", ").join(full)}
    made = _record(kind, form, template, parts, answer, chosen, language)
    return {**made, "descending": descending, "quantity": key} if made is not None else None


def _value(fact: Fact, chosen: Sequence[Hit]) -> tuple[float, ...]:
    """A number, or as much of a date as all of the dates say, so that order is never a guess."""
    if not isinstance(fact.value, tuple):
        return (fact.value or 0.0,)
    dates = [hit.fact.value for hit in chosen if isinstance(hit.fact.value, tuple)]
    return fact.value[: min(sum(part > 0 for part in date) for date in dates)]


def _parts(
    chosen: Sequence[Hit], values: Sequence[tuple[float, ...]], language: Language
) -> dict[str, str]:
    """What the wordings of compare, sum and order are filled with."""
    script = _script(chosen, language)
    texts = [shown(quoted(hit, language), script)[0] for hit in chosen]
    order = sorted(range(len(chosen)), key=lambda one: values[one])
    full = [counted(hit, language) for hit in chosen]
    outer = "「{}」" if script == "hant" else "“{}”"
    marked = [outer.format(text) for text in texts]
    glue, last, stop = (", ", " and ", ". ") if language == "en" else ("、", "和", "；")
    items = [f"{label}. {text}" for label, text in zip(LABELS, marked, strict=False)]
    return {
        "s1": texts[0],
        "s2": texts[1],
        "low": texts[order[0]],
        "high": texts[order[-1]],
        "first": full[0],
        "second": full[1],
        "list": glue.join(marked[:-1]) + last + marked[-1],
        "all": glue.join(full[:-1]) + last + full[-1],
        "items": stop.join(items) + ("." if language == "en" else "。"),
        **_unit_words(chosen[0].fact, language, script),
    }


def _unit_words(fact: Fact, language: Language, script: Script) -> dict[str, str]:
    unit = fact.unit or ""
    if language == "zh":
        ours = forms.UNITS_ZH.get(unit)
        named = written(ours, script) if ours else unit
        return {"units": named, "counted": forms.COUNTED_ZH.get(unit, named)}
    units = forms.UNITS_EN.get(unit) or _plural(unit)
    numbers = forms.NUMBERS_EN.get(unit, f"numbers of {units}")
    number = numbers.replace("numbers", "number").replace("sums", "sum").replace("ages", "age")
    return {"units": units, "numbers": numbers, "number": number}


def _plural(unit: str) -> str:
    if len(unit) <= 2 or not unit.islower():
        return unit
    if unit.endswith("y") and unit[-2] not in "aeiou":
        return unit[:-1] + "ies"
    return unit + ("es" if unit.endswith(("ch", "sh", "x", "ss")) else "s")


# --- bridge ---------------------------------------------------------------------------------------


def _bridge(
    material: Sequence[str], found: Sequence[Sequence[Hit]], language: Language, draws: Draws
) -> dict[str, Any] | None:
    """The name blanked in one grain leads to the one sentence of another grain that says it too."""
    for first in _bridging(material, found, draws):
        name = first.fact.text
        ends = [
            hit
            for hits_of in found
            for hit in hits_of
            if hit.piece != first.piece and name in hit.sentence and hit.fact.kind != "name"
        ]
        for second in draws.shuffled(ends):
            if (candidate := _bridged(first, second, language, draws)) is not None:
                return candidate
    return None


def _bridging(
    material: Sequence[str], found: Sequence[Sequence[Hit]], draws: Draws
) -> Iterator[Hit]:
    """Names that two grains say, once each; those of the first grain come first."""
    named = [hit for hits_of in found for hit in hits_of if hit.fact.kind == "name"]
    named = draws.shuffled(named)
    for hit in sorted(named, key=lambda hit: hit.fact.text not in material[0]):
        times = [text.count(hit.fact.text) for text in material]
        common = " " not in hit.fact.text and _ARTICLE.search(hit.before)
        if sum(times) == 2 and max(times) == 1 and not common:
            yield hit


def _bridged(first: Hit, second: Hit, language: Language, draws: Draws) -> dict[str, Any] | None:
    asked = [second.fact.kind, second.fact.unit if second.fact.kind == "number" else None]
    if second.fact.kind == "term" and second.fact.unit != "title":
        return None
    rivals = [fact for fact in facts(second.sentence, language) if says(fact, asked)]
    leads = quoted(first, language)
    # Captain Tasker must not be asked for where "Tasker" stands in the rest of the statement.
    given_away = first.fact.text.split()[-1] in leads.words
    if len(rivals) != 1 or given_away or holds(first.sentence, second.fact.text):
        return None
    template = draws.one(list((forms.JOINED_EN if language == "en" else forms.JOINED_ZH)["bridge"]))
    script = _script((first, second), language)
    s1, with_stop = shown(leads, script)
    spoken = counted(second, language)
    sought = written(_sought(second.fact, language), script)
    parts = {
        "s1": s1,
        "S1": with_stop,
        "what": sought,
        "hint": f"{'an' if sought[0] in 'aeiou' else 'a'} {sought}",
        "name": first.fact.text,
        "answer": f"“{spoken}”" if second.fact.kind == "quote" else spoken,
    }
    answer = answer_of(second)
    made = _record("bridge", "bridge", template, parts, answer, (first, second), language)
    if made is None:
        return None
    return {**made, "statements": made["statements"][:1], "asked": asked, "name": first.fact.text}


def _sought(fact: Fact, language: Language) -> str:
    """The kind of fact that a bridge ends on: "date", "number of pages", "金额"."""
    word, unit = what(fact, language), fact.unit
    if fact.kind != "number" or unit in ("clock", "ordinal", "%", None) or unit in "$£€¥￥":
        return word
    units = _unit_words(fact, language, "hans")
    return units["number"] if language == "en" else f"{units['units'].lstrip('个個')}数"


# --- a candidate ----------------------------------------------------------------------------------


def quoted(hit: Hit, language: Language) -> Statement:
    """The statement that a question shows of a hit."""
    return statement(hit.sentence, hit.fact, hit.start, language)


def _script(chosen: Sequence[Hit], language: Language) -> Script:
    return script_of("".join(hit.sentence for hit in chosen), language)


def _record(
    kind: str,
    form: str,
    template: str,
    parts: Mapping[str, str],
    answer: str,
    chosen: Sequence[Hit],
    language: Language,
) -> dict[str, Any] | None:
    """A candidate; None where its question leads nowhere or says the answer."""
    wordings, replies = (
        (forms.JOINED_EN, forms.REPLIES_JOINED_EN)
        if language == "en"
        else (forms.JOINED_ZH, forms.REPLIES_JOINED_ZH)
    )
    script, years = _script(chosen, language), "year" if answer == "1" else "years"
    question = written(wordings[form][template], script).format(**parts)
    shows = [quoted(hit, language) for hit in chosen]
    words = [cues(one.words, language) for one in shows[: 1 if kind == "bridge" else None]]
    if any(len(one) < LEAST_CUES[language] for one in words) or holds(question, answer):
        return None
    return {
        "form": kind,
        "language": language,
        "template": f"{form}.{template}",
        "question": question,
        "answer": answer,
        "reply": written(replies[form], script).format(**parts, years=years),
        "evidence": [[hit.piece, hit.start, hit.end] for hit in chosen],
        "facts": [[hit.piece, hit.fact.start, hit.fact.end, hit.fact.kind] for hit in chosen],
        "statements": [as_json(one, hit.fact) for one, hit in zip(shows, chosen, strict=True)],
        "cues": list(dict.fromkeys(word for one in words for word in one)),
    }
