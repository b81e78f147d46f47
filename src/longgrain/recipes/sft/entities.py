"""Paragraphs and a user's gazetteer > names, dates and quantities with their places, as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.recipes.rows import Row, rows
from longgrain.recipes.sft.found import Found, marked, overlooked
from longgrain.recipes.sft.item import Item, spoken
from longgrain.recipes.sft.passages import paragraphs
from longgrain.types import Grain

# What rules can find, and what it is called in an instruction and in the answer.
TYPES = {
    "en": {"name": "name", "date": "date", "quantity": "quantity", "money": "amount of money"},
    "zh": {"person": "人名", "place": "地名", "organisation": "机构名", "date": "日期",
           "quantity": "数值", "money": "金额", "title": "书名或文件名"},
}  # fmt: skip
LEAST, MOST = 2, 40  # entities of a passage

# Rules miss or invent too many Chinese persons and places to look for them unasked.
UNASKED = {"en": ("name", "date", "quantity", "money"),
           "zh": ("organisation", "date", "quantity", "money", "title")}  # fmt: skip

Gazetteer = Mapping[str, Sequence[str]]


def gazetteer_of(path: Path) -> dict[str, list[str]]:
    """Type > names, of a JSON object of lists or a table of text and label. PlanError if it is neither."""
    if not path.is_file():
        raise PlanError(
            f"sft gazetteer: there is no file {path}; give a JSON object of lists, or a table with "
            "text and label"
        )
    if path.suffix.lower() == ".json":
        try:
            value = orjson.loads(path.read_bytes())
        except orjson.JSONDecodeError as error:
            raise PlanError(f"sft gazetteer: {path} is not JSON ({error}); mend the file") from None
        if isinstance(value, Mapping) and all(isinstance(one, list) for one in value.values()):
            return {str(kind): [str(name) for name in names] for kind, names in value.items()}
    found: dict[str, list[str]] = {}
    for row in rows(path):
        if isinstance(row, Row) and row.label:
            found.setdefault(row.label, []).append(row.passage.strip())
    if not found:
        raise PlanError(
            f"sft gazetteer: {path} has no entry; give a JSON object of lists such as "
            '{"ship": ["Orlan"]}, or a table with the columns text and label'
        )
    return found


def entities(
    materials: Materials, gazetteer: Gazetteer, types: Sequence[str] | None
) -> Iterator[Item]:
    """Every paragraph with enough entities and no number that rules overlook."""
    listed = _pattern(gazetteer)
    for paragraph in paragraphs(materials, "entities"):
        text = materials.words(paragraph)
        language = str(materials.document(paragraph.doc_id).meta["language"])
        names = called(language, gazetteer, types)
        spans = [
            one
            for one in spans_of(text, language, names, listed)
            if one.kind in gazetteer
            or _is_sure(materials, paragraph, text[one.start : one.end], one)
        ]
        counted = {"date", "quantity", "money"} & names.keys()
        if not LEAST <= len(spans) <= MOST or (counted and overlooked(text, language)):
            continue
        ruled = [one for one in spans if one.kind not in gazetteer]
        if all(_is_sure(materials, paragraph, text[o.start : o.end], o) for o in ruled):
            yield item(paragraph, text, language, spans, names)


# A Chinese organisation ends in what it is.
_ORGANISATION = re.compile(
    ".*(?:法院|检察院|检察机关|医院|学院|大学|学校|中学|小学|银行|公司|集团|委员会|协会|学会|联合会|商会|工会|政府|机关|"
    "机构|部门|公安|局|厅|署|部|处|社|党|团|队|军|研究所|研究院|实验室|中心|组织|基金会|报社|出版社|检察院)"
)


def _is_sure(materials: Materials, paragraph: Grain, words: str, one: Found) -> bool:
    """What looks like a name is one that its document hardly ever writes small.

    A paragraph with one of which that is not sure is passed over: it would be marked wrong either way.
    """
    if one.kind == "organisation":
        return _ORGANISATION.fullmatch(words) is not None
    if one.kind == "person":
        return _counts(materials, paragraph.doc_id, words)[0] >= 2
    if one.kind == "name" and len(words.split()) == 1:
        written, small = _counts(materials, paragraph.doc_id, words)
        return 10 * small <= written and len(words) > 2
    return one.kind != "name" or "\n" not in words


def _counts(materials: Materials, doc_id: str, words: str) -> tuple[int, int]:
    """How often a document has the words as they are, and with small letters."""
    known: dict[tuple[str, str], tuple[int, int]] = materials.notes.setdefault("sft-names", {})
    if (doc_id, words) not in known:
        text = materials.document(doc_id).text
        lower = words.lower()
        small = 0 if lower == words else len(re.findall(rf"(?<!\w){re.escape(lower)}(?!\w)", text))
        known[doc_id, words] = text.count(words), small
    return known[doc_id, words]


def called(language: str, gazetteer: Gazetteer, types: Sequence[str] | None) -> dict[str, str]:
    """The types that are looked for, and their names in this language."""
    own = TYPES[spoken(language)]
    chosen = UNASKED[spoken(language)] if types is None else types
    wanted = {one: own[one] for one in chosen if one in own}
    return {**wanted, **{kind: kind for kind in gazetteer}}


def _pattern(gazetteer: Gazetteer) -> tuple[re.Pattern[str], Mapping[str, str]] | None:
    """The names of a gazetteer, the longest first, as whole words where words have borders."""
    kinds = {name: kind for kind, names in gazetteer.items() for name in names if name.strip()}
    if not kinds:
        return None
    words = sorted(kinds, key=len, reverse=True)
    bounded = (
        (r"(?<!\w)" if word[0].isascii() else "") + re.escape(word)
        + (r"(?!\w)" if word[-1].isascii() else "")
        for word in words
    )  # fmt: skip
    return re.compile("|".join(bounded)), kinds


def spans_of(
    text: str,
    language: str,
    names: Mapping[str, str],
    listed: tuple[re.Pattern[str], Mapping[str, str]] | None = None,
) -> list[Found]:
    """The entities of a text in reading order; the user's gazetteer goes before the rules."""
    own = [
        Found(match.start(), match.end(), listed[1][match[0]])
        for match in (listed[0].finditer(text) if listed else ())
    ] if listed else []  # fmt: skip
    ruled = [
        one
        for one in marked(text, language, names=True)
        if one.kind in names
        and not any(one.start < taken.end and taken.start < one.end for taken in own)
    ]
    return sorted([*own, *ruled])


def item(
    paragraph: Grain, text: str, language: str, spans: Sequence[Found], names: Mapping[str, str],
    **more: Any,
) -> Item:  # fmt: skip
    """The entities as a list of JSON objects, and with their offsets as task data."""
    told = [{"text": text[one.start : one.end], "type": names[one.kind]} for one in spans]
    joined = "、" if spoken(language) == "zh" else ", "
    return Item(
        task="entities",
        form="entities",
        purpose="entities",
        language=language,
        passage=paragraph,
        answer=orjson.dumps(told).decode(),
        filled={"types": joined.join(names.values())},
        label=_rarest(spans, names),
        parts=len(spans),
        data={
            "task": "entities",
            "spans": [[one.start, one.end, names[one.kind]] for one in spans],
            "labels": list(names.values()),
        },
        **more,
    )


def _rarest(spans: Sequence[Found], names: Mapping[str, str]) -> str:
    """What a passage counts as in a balance: the type that it has fewest of."""
    kinds = [one.kind for one in spans]
    return names[min(kinds, key=lambda kind: (kinds.count(kind), kind))]
