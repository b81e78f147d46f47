"""One grain > candidates: questions about one fact of one of its sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from longgrain.facts import Fact, Language, counted_noun, facts, holds, kind_of_quantity, plain
from longgrain.teachers import _forms as forms
from longgrain.teachers._asking import askable, chinese_question, english_question
from longgrain.teachers._drawn import Draws
from longgrain.teachers._prose import LEAST_CUES, Bounds, Statement, cues, prose, statement
from longgrain.teachers._script import Script, inner, script_of, written


class Hit(NamedTuple):
    """A fact worth asking about, with its sentence; offsets are those of the material's piece."""

    piece: int
    start: int
    end: int
    sentence: str
    fact: Fact
    before: str
    after: str

    def of_piece(self, piece: int) -> Hit:
        """The same in the piece with another number."""
        return self if piece == self.piece else self._replace(piece=piece)


def hits(
    piece: int, text: str, language: Language, bounds: Bounds, whole: bool, named: Draws | None
) -> list[list[Hit]]:
    """The facts worth asking about, sentence by sentence.

    ``named`` has Chinese names looked for in one sentence, since tagging takes a microsecond a
    character; None has them looked for in all.
    """
    spans = list(prose(text, language, bounds, whole))
    tagged = named.below(len(spans)) if named is not None and spans else None
    found = []
    for number, (start, end) in enumerate(spans):
        names = language == "en" or tagged is None or number == tagged
        found.append(list(_sentence_hits(piece, text[start:end], start, language, names)))
    return [one for one in found if one]


def _sentence_hits(
    piece: int, sentence: str, start: int, language: Language, names: bool
) -> Iterator[Hit]:
    for fact in facts(sentence, language, names=names):
        before, after = plain(sentence[: fact.start]), plain(sentence[fact.end :])
        if askable(fact, before, after, language):
            moved = Fact(
                kind=fact.kind,
                start=start + fact.start,
                end=start + fact.end,
                text=fact.text,
                value=fact.value,
                unit=fact.unit,
            )
            yield Hit(piece, start, start + len(sentence), sentence, moved, before, after)


def single(
    text: str, language: Language, bounds: Bounds, whole: bool, limit: int, draws: Draws
) -> list[dict[str, Any]]:
    """At most ``limit`` candidates, each about another sentence."""
    candidates: list[dict[str, Any]] = []
    for found in draws.shuffled(hits(0, text, language, bounds, whole, draws)):
        kinds = list(dict.fromkeys(hit.fact.kind for hit in found))
        kind = draws.one(kinds)
        hit = draws.one([hit for hit in found if hit.fact.kind == kind])
        if (candidate := _candidate(hit, language, draws)) is not None:
            candidates.append(candidate)
        if len(candidates) == limit:
            break
    return candidates


def _candidate(hit: Hit, language: Language, draws: Draws) -> dict[str, Any] | None:
    fact = hit.fact
    # Two of three questions are natural ones where the sentence allows it.
    natural = list(_natural(hit, language)) if draws.below(3) else []
    if natural:
        template, question, shows = draws.one(natural)
        style: str = fact.kind
        blank: dict[str, str] = {}
    else:
        shows = statement(hit.sentence, fact, hit.start, language)
        template, question, blank = _gap(hit, shows, language, draws)
        style = "gap"
    words = cues(shows.words, language)
    answer = answer_of(hit)
    told = answer.lower() in question.lower() or (fact.kind == "number" and holds(question, answer))
    if told or len(words) < LEAST_CUES[language]:
        return None
    return {
        "form": fact.kind,
        "language": language,
        "template": template,
        "question": question,
        "answer": answer,
        "reply": _reply(hit, style, language, draws),
        "evidence": [[hit.piece, hit.start, hit.end]],
        "facts": [[hit.piece, fact.start, fact.end, fact.kind]],
        "statements": [as_json(shows, fact)],
        "cues": words,
        "quantity": kind_of_quantity(fact),
        "blank": blank,
    }


def _natural(hit: Hit, language: Language) -> Iterator[tuple[str, str, Statement]]:
    if language == "en":
        asked = english_question(hit.fact, hit.before, hit.after)
    else:
        script = script_of(hit.sentence, language)
        asked = chinese_question(hit.fact, hit.before, hit.after, script)
    for template, question, before, after in asked:
        shows = Statement(before=before, after=after, cut=(False, False))
        if len(cues(shows.words, language)) >= LEAST_CUES[language]:
            yield template, question, shows


def _gap(
    hit: Hit, shows: Statement, language: Language, draws: Draws
) -> tuple[str, str, dict[str, str]]:
    """Template and question, and what a wording is filled with: the statement, what is asked for."""
    english = language == "en"
    gaps, own = (forms.GAPS_EN, forms.KINDS_EN) if english else (forms.GAPS_ZH, forms.KINDS_ZH)
    wordings = {**gaps, **own[hit.fact.kind]}
    name = draws.one(list(wordings))
    script = script_of(hit.sentence, language)
    s, with_stop = shown(shows, script)
    blank = {"s": s, "S": with_stop, "what": written(what(hit.fact, language), script)}
    return f"{hit.fact.kind}.{name}", written(wordings[name], script).format(**blank), blank


def _reply(hit: Hit, style: str, language: Language, draws: Draws) -> str:
    replies = forms.REPLIES_EN if language == "en" else forms.REPLIES_ZH
    fact = hit.fact
    style = "quote" if fact.kind == "quote" else style
    answer, full = answer_of(hit), counted(hit, language)
    plainly = fact.unit == "code"
    script = script_of(hit.sentence, language)
    words = written(draws.one(replies.get(style) or replies["name"]), script).format(
        a=answer,
        A=answer if plainly else capital(answer),
        full=full,
        Full=capital(full),
        what=written(what(fact, language), script),
    )
    return words.replace("..", ".")


# --- parts of a candidate -------------------------------------------------------------------------


def what(fact: Fact, language: Language) -> str:
    """The word for what a blank hides: number, percentage, date, name."""
    words = forms.WHAT_EN if language == "en" else forms.WHAT_ZH
    return words.get(f"{fact.kind}:{fact.unit}") or words[fact.kind]


def answer_of(hit: Hit) -> str:
    """The gold answer: the words of the fact, number words in lower case."""
    text = plain(hit.fact.text)
    return text.lower() if hit.fact.kind == "number" and text.isascii() else text


def counted(hit: Hit, language: Language) -> str:
    """The answer with what it counts: "24 pages", "38平方米"."""
    answer, unit = answer_of(hit), hit.fact.unit
    if hit.fact.kind != "number" or unit in ("%", "clock", "ordinal", None) or unit in "$£€¥￥":
        return answer
    return answer + unit if language == "zh" else f"{answer} {counted_noun(hit.after, 0)}".strip()


def shown(shows: Statement, script: Script) -> tuple[str, str]:
    """The statement between quotation marks: without its full stop, and with it."""
    text = inner(shows.text, script)
    bare = text.rstrip(".。．；")
    stops = bare.endswith(("…", "’", "』", "!", "?", "！", "？", "'"))
    return bare, bare if stops else bare + ("." if script == "en" else "。")


def as_json(shows: Statement, fact: Fact) -> dict[str, str | None]:
    """A statement as `longgrain.facts.derive` reads it."""
    return {"before": shows.before, "after": shows.after, "kind": fact.kind, "unit": fact.unit}


def capital(words: str) -> str:
    """The words with a capital first letter."""
    return words[:1].upper() + words[1:]
