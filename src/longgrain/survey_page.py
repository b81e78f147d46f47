"""A Survey > one HTML page that opens offline: lengths, topics, documents by chapter, copies, trouble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from longgrain import survey_charts as charts
from longgrain.engine import atomic
from longgrain.intents import INTENTS, QUESTIONS, Intent
from longgrain.show import environment, percent
from longgrain.survey_terminal import language_name
from longgrain.trouble import MEANING, TroubleKind

if TYPE_CHECKING:
    from longgrain.survey import Survey, Surveyed

# Documents drawn, documents to unfold; rows of the longer tables.
FIRST, MORE, ROWS = 40, 160, 60


def write(found: Survey, path: Path) -> None:
    """Writes the page, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as part:
        part.write_text(html(found), "utf-8")


def html(found: Survey) -> str:
    """The page."""
    ordered = sorted(found.documents, key=lambda one: (-one.tokens, one.source))
    drawn = charts.bars(found, ordered[: FIRST + MORE])
    return (
        environment()
        .get_template("survey.html")
        .render(
            found=found,
            title=_title(found),
            lead=_lead(found),
            figures=_figures(found),
            known=list(_known(found)),
            lengths=charts.lengths(found) if found.documents else None,
            map=charts.topic_map(found) if found.places else None,
            topics=_topics(found),
            languages=_languages(found),
            first=drawn[:FIRST],
            more=drawn[FIRST:],
            rest=max(0, len(ordered) - FIRST - MORE),
            kinds=[(kind, charts.colour(i)) for i, kind in enumerate(INTENTS)],
            intents=[_intent(found, kind) for kind in INTENTS],
            heat=_heat(found, ordered[:FIRST]),
            trouble=_trouble(found),
            dropped=_dropped(found),
            recipes=_recipes(found, ordered),
            rows=ROWS,
        )
    )


def _title(found: Survey) -> str:
    names = [PurePath(path).name or path for path in found.paths]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _lead(found: Survey) -> str:
    spoken = ", ".join(
        f"{percent(one.tokens / max(found.tokens, 1))} {language_name(one.language, one.script)}"
        for one in found.languages[:4]
    )
    many = len(found.documents)
    about = f" They are about {len(found.topics)} topics." if found.topics else ""
    return (
        f"{many:,} document{'s' * (many != 1)} of {found.tokens:,} tokens ({spoken or 'no text'})."
        f"{about}"
    )


def _figures(found: Survey) -> list[tuple[str, str, str]]:
    """Label, value, what it is made of."""
    troubled = len({one for numbers in found.trouble.values() for one in numbers})
    asked = sum(sentences for sentences, _ in found.intents.values())
    chapters = sum(1 for one in found.documents for chapter in one.chapters if chapter.title)
    return [
        ("Documents", f"{len(found.documents):,}", f"from {found.sources:,} sources"),
        ("Tokens", _large(found.tokens), f"of tokenizer {found.tokenizer}"),
        ("Chapters", f"{chapters:,}", f"{found.grains:,} grains of 128 tokens"),
        ("Answers", f"{asked:,}", "sentences, by kind of question"),
        ("Repeated", percent(found.copies.share), f"{found.copies.grains:,} grains, near copies"),
        ("With trouble", f"{troubled:,}", f"and {len(found.dropped):,} could not be read"),
    ]


def _large(count: int) -> str:
    return f"{count / 1e6:,.1f} M" if count >= 1_000_000 else f"{count:,}"


def _known(found: Survey) -> Any:
    """What should be known before anything is built from these documents."""
    for reason, count in Counter(one.reason for one in found.dropped).most_common(4):
        yield f"{count:,} x {reason}: not read."
    harmful: tuple[TroubleKind, ...] = ("mojibake", "characters lost", "hardly any text")
    for kind in harmful:
        if numbers := found.trouble.get(kind):
            yield f"{len(numbers):,} documents: {MEANING[kind]}."
    if found.copies.exact:
        twins = sum(len(sources) - 1 for sources in found.copies.exact)
        yield f"{twins:,} documents are word for word the same as another and are counted once."
    if found.copies.share >= 0.05:
        yield f"{percent(found.copies.share)} of the tokens repeat what stands elsewhere."


def _languages(found: Survey) -> list[dict[str, Any]]:
    return [
        {
            "name": language_name(one.language, one.script),
            "share": one.tokens / max(found.tokens, 1),
            "documents": one.documents,
            "tokens": one.tokens,
            "colour": charts.colour(2 * i),
        }
        for i, one in enumerate(found.languages)
    ]


def _topics(found: Survey) -> list[dict[str, Any]]:
    titles = {one.source: one.title for one in found.documents}
    most = max((one.share for one in found.topics), default=1)
    return [
        {
            "topic": one,
            "colour": charts.colour(i),
            "width": one.share / most,
            "titles": [titles[source] for source in one.sources[:3]],
        }
        for i, one in enumerate(found.topics)
    ]


def _intent(found: Survey, kind: Intent) -> dict[str, Any]:
    """A kind of question with an example of the document that is richest in it."""
    sentences, documents = found.intents[kind]
    most = max((count for count, _ in found.intents.values()), default=1) or 1
    held = [one for one in found.documents if kind in one.examples]
    best = sorted(held, key=lambda one: -one.intents[kind] / one.tokens)
    examples = []
    for language in ("en", "zh"):
        examples += [one for one in best if one.language == language][:1]
    return {
        "kind": kind,
        "question": QUESTIONS[kind],
        "sentences": sentences,
        "documents": documents,
        "width": sentences / most,
        "examples": [(one.examples[kind], one.title) for one in examples],
    }


def _heat(found: Survey, documents: list[Surveyed]) -> list[dict[str, Any]]:
    """Sentences of each kind in 1,000 tokens, and how dark the cell is: the most in it is 1."""
    rates = [
        [1000 * one.intents.get(kind, 0) / max(one.tokens, 1) for kind in INTENTS]
        for one in documents
    ]
    most = [max(column) or 1 for column in zip(*rates, strict=True)]
    return [
        {
            "title": one.title,
            "cells": [(rate, rate / top) for rate, top in zip(row, most, strict=True)],
        }
        for one, row in zip(documents, rates, strict=True)
    ]


def _trouble(found: Survey) -> list[dict[str, Any]]:
    return [
        {
            "kind": kind,
            "meaning": MEANING[kind],
            "documents": len(numbers),
            "seen": [
                (one.source, next(t for t in one.trouble if t.kind == kind))
                for one in (found.documents[i] for i in numbers[:5])
            ],
        }
        for kind, numbers in found.trouble.items()
    ]


def _dropped(found: Survey) -> list[tuple[str, int, list[Any]]]:
    counts = Counter(one.reason for one in found.dropped)
    return [
        (reason, count, [one for one in found.dropped if one.reason == reason][:8])
        for reason, count in counts.most_common()
    ]


def _recipes(found: Survey, ordered: list[Surveyed]) -> list[Mapping[str, Any]]:
    return [
        {
            "name": name,
            "overall": overall,
            "not_good": [one for one in ordered if one.recipes[name].fit != "good"],
            "documents": ordered[:ROWS],
        }
        for name, overall in found.recipes.items()
    ]
