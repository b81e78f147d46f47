"""Labels that people set > one record for each text: task data that heads train on, rows that recipe sft reads.

What most of those who labelled a text set is taken; a class or an answer on which they are divided
is none, and counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from longgrain.engine import atomic
from longgrain.review.decision import Decision
from longgrain.review.marks import marks
from longgrain.review.ruling import suffices
from longgrain.review.standing import standing

Record = dict[str, Any]


def write(decisions: Iterable[Decision], path: Path, form: str) -> tuple[list[Path], Counter[str]]:
    """The file written, and what is not in it; ``form`` is "task" or "rows"."""
    notes = Counter[str]()
    texts: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    latest: dict[tuple[str, str], Decision] = {}
    for one in standing(decisions):
        if one.kind != "label":
            continue
        if one.verdict == "skip" or "text" not in one.labels:
            notes["skipped" if one.verdict == "skip" else "labels without their text"] += 1
        else:
            latest[one.item, one.by] = one
    for (item, _), one in latest.items():
        texts[item].append(one.labels)
    make = record_of if form == "task" else row_of
    made = ((item, make(many, notes)) for item, many in texts.items())
    found = _alike([{"id": item, **record} for item, record in made if record])
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as part:
        part.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in found))
    return [path], notes


def _alike(found: list[Record]) -> list[Record]:
    """All classes in lists, where some text has several or none."""
    if any("labels" in one for one in found):
        for one in found:
            if "label" in one:
                one["labels"] = [one.pop("label")]
    return found


def record_of(many: Sequence[Mapping[str, Any]], notes: Counter[str]) -> Record:
    """A text with its classes, entities and relations; empty where nothing is agreed."""
    record: Record = {}
    if classes := [one["classes"] for one in many if "classes" in one]:
        record |= _classes(classes, notes)
    if marked := [one for one in many if "entities" in one]:
        record |= _entities(marked)
    if not record:
        notes["texts without agreed classes or entities"] += 1
        return {}
    return {"text": many[0]["text"], **record}


def _classes(many: Sequence[Sequence[str]], notes: Counter[str]) -> Record:
    """``label`` where each person set one class, else ``labels``."""
    agreed = _agreed(many)
    if all(len(one) == 1 for one in many):
        if not agreed:
            notes["texts on whose class people are divided"] += 1
            return {}
        return {"label": agreed[0]}
    return {"labels": agreed}


def _agreed(many: Sequence[Sequence[Any]]) -> list[Any]:
    """What more than half of them say, in the order of the first that says it."""
    counts = Counter(one for each in many for one in dict.fromkeys(each))
    return [one for one, count in counts.items() if suffices(count, len(many), "majority")]


def _entities(many: Sequence[Mapping[str, Any]]) -> Record:
    places = sorted(_agreed([marks(one, "entities") for one in many]))
    names = {place: f"e{number}" for number, place in enumerate(places, 1)}
    entities = [
        {"id": names[place], "start": place[0], "end": place[1], "label": place[2]}
        for place in places
    ]
    related = [one for one in many if "relations" in one]
    if not related:
        return {"entities": entities}
    ends = {place[:2]: name for place, name in names.items()}
    relations = [
        {"from": ends[one[:2]], "to": ends[one[2:4]], "label": one[4]}
        for one in sorted(_agreed([marks(each, "relations") for each in related]))
        if one[:2] in ends and one[2:4] in ends
    ]
    return {"entities": entities, "relations": relations}


def row_of(many: Sequence[Mapping[str, Any]], notes: Counter[str]) -> Record:
    """A question about a text with its answers, as SQuAD has it; the evidence stands beside them.

    Questions are everybody's own, so that of the person who labelled last is taken. A text without one
    but with one class becomes a labelled row.
    """
    asked = [one for one in many if str(one.get("question") or "").strip() and one.get("answers")]
    if asked:
        if len(asked) > 1:
            notes["texts to which several people asked a question: the last one is taken"] += 1
        one = asked[-1]
        answers = list(_quoted(one, "answers"))
        return {
            "question": one["question"].strip(),
            "context": one["text"],
            "answers": {
                "text": [words for words, _ in answers],
                "answer_start": [start for _, start in answers],
            },
            "evidence": [words for words, _ in _quoted(one, "evidence")],
        }
    classes = [one["classes"] for one in many if one.get("classes")]
    label = _classes(classes, notes).get("label") if classes else None
    if label is None:
        notes["texts without a question or a class of their own"] += 1
        return {}
    return {"text": many[0]["text"], "label": label}


def _quoted(one: Mapping[str, Any], part: str) -> Iterator[tuple[str, int]]:
    text = one["text"]
    for span in sorted(one.get(part) or (), key=lambda span: span["start"]):
        yield text[span["start"] : span["end"]], span["start"]
