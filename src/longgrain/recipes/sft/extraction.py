"""Paragraphs > a JSON object of the dates, quantities, sums and definitions that they hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from longgrain.protocols import Materials
from longgrain.recipes.sft.found import definitions, marked, overlooked
from longgrain.recipes.sft.item import Item, spoken
from longgrain.recipes.sft.passages import paragraphs
from longgrain.types import Grain

# The fields of a record and what they are called.
FIELDS = {
    "en": {"date": "dates", "quantity": "quantities", "money": "amounts", "term": "definitions"},
    "zh": {"date": "日期", "quantity": "数值", "money": "金额", "term": "定义"},
}
DEFINED = {"en": ("term", "definition"), "zh": ("术语", "释义")}
LEAST = 2  # different values in a record


def extractions(materials: Materials) -> Iterator[Item]:
    """A record for every paragraph that has enough to say and no number that rules overlook."""
    for paragraph in paragraphs(materials, "extraction"):
        text = materials.words(paragraph)
        language = str(materials.document(paragraph.doc_id).meta["language"])
        record = record_of(text, language)
        values = [orjson.dumps(value) for listed in record.values() for value in listed]
        if len(set(values)) >= LEAST and not overlooked(text, language):
            yield _item(paragraph, language, record, len(values))


def record_of(text: str, language: str) -> dict[str, list[Any]]:
    """The record of a text; every value stands in it word by word."""
    names = FIELDS[spoken(language)]
    record: dict[str, list[Any]] = {name: [] for name in names.values()}
    for one in marked(text, language):
        if one.kind in names:
            record[names[one.kind]].append(text[one.start : one.end])
    keys = DEFINED[spoken(language)]
    for term, said in definitions(text, language):
        words = (text[term.start : term.end], text[said.start : said.end])
        record[names["term"]].append(dict(zip(keys, words, strict=True)))
    return record


def _item(paragraph: Grain, language: str, record: dict[str, list[Any]], values: int) -> Item:
    told = orjson.dumps(record).decode()
    joined = "、" if spoken(language) == "zh" else ", "
    return Item(
        task="extraction",
        form="record",
        purpose="extraction",
        language=language,
        passage=paragraph,
        answer=told,
        filled={"fields": joined.join(record)},
        label="+".join(name for name, found in record.items() if found),
        parts=values,
        data={"task": "extraction", "target": told},
    )
