"""Sentences with numbers, tables > the same said otherwise, where a rule can do it without loss."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import orjson

from longgrain.protocols import Materials
from longgrain.recipes.sft.item import Item, spoken
from longgrain.recipes.sft.numerals import rewritten
from longgrain.recipes.sft.passages import WHOLE, in_turn, paragraphs, part, sentences, spread
from longgrain.types import Grain

_RULE = re.compile(r"\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)+\|?\s*")
MOST_ROWS, MOST_COLUMNS = 20, 8
LONGEST = 600  # characters of a sentence


def rewritings(materials: Materials) -> Iterator[Item]:
    """Numbers in the other form and tables as records, in turn."""
    yield from in_turn([_numbers(materials), _tables(materials)])


def _numbers(materials: Materials) -> Iterator[Item]:
    """One sentence of a paragraph, in one direction."""
    for paragraph in paragraphs(materials, "rewriting"):
        language = str(materials.document(paragraph.doc_id).meta["language"])
        found = (
            one for s in sentences(materials, paragraph) for one in _both(materials, s, language)
        )
        if (first := next(found, None)) is not None:
            yield first


def _both(materials: Materials, sentence: Grain, language: str) -> Iterator[Item]:
    text = materials.words(sentence)
    if not 10 <= len(text) <= LONGEST or not WHOLE.fullmatch(text):
        return
    if not materials.numbers(sentence):
        return
    for digits in (True, False):
        if told := rewritten(text, language, digits=digits):
            purpose = "to-digits" if digits else "to-words"
            yield _item(sentence, language, purpose, told)


def _item(passage: Grain, language: str, purpose: str, told: str) -> Item:
    return Item(
        task="rewriting",
        form="rewriting",
        purpose=purpose,
        language=language,
        passage=passage,
        answer=told,
        label=purpose,
        data={"task": "rewriting", "target": told},
    )


def _tables(materials: Materials) -> Iterator[Item]:
    yield from in_turn([_tables_of(materials, one) for one in materials.documents])


def _tables_of(materials: Materials, doc_id: str) -> Iterator[Item]:
    language = spoken(str(materials.document(doc_id).meta["language"]))
    nodes = [one for one in materials.tree(doc_id) if one.kind == "paragraph"]
    for node in spread(nodes, "table"):
        text = materials.words(node)
        if (span := _table(text)) and materials.numbers(part(node, *span)):
            records = records_of(text[slice(*span)])
            if records:
                told = orjson.dumps(records).decode()
                yield _item(part(node, *span), language, "table", told)


def _table(text: str) -> tuple[int, int] | None:
    """Where the lines of a table begin and end in a paragraph."""
    lines = [match.span() for match in re.finditer(r"^[ \t]*\|.*\|[ \t]*$", text, re.MULTILINE)]
    if len(lines) < 4 or any(text[end:start].strip() for (_, end), (start, _) in pairwise(lines)):
        return None
    return lines[0][0], lines[-1][1]


def records_of(table: str) -> list[dict[str, str]]:
    """The rows of a table by its headings; none where a row has another number of cells."""
    lines = [line.strip() for line in table.splitlines()]
    if not _RULE.fullmatch(lines[1]) or len(lines) - 2 > MOST_ROWS:
        return []
    head, *body = ([cell.strip() for cell in _cells(line)] for line in (lines[0], *lines[2:]))
    sound = all(head) and len(set(head)) == len(head) and 2 <= len(head) <= MOST_COLUMNS
    if not sound or any(len(row) != len(head) or not any(row) for row in body):
        return []
    return [dict(zip(head, row, strict=True)) for row in body]


def _cells(line: str) -> list[str]:
    """The cells of a line; a bar behind a backslash is none of its borders."""
    inner = line.removeprefix("|").removesuffix("|")
    return [one.replace("\\|", "|") for one in re.split(r"(?<!\\)\|", inner)]
