"""Items with decisions > a folder for each kind as Argilla 2 writes it to disk, and back.

``rg.Dataset.from_disk`` reads a folder. Its offsets count code points; where a text has characters
beyond U+FFFF, Argilla's own page counts UTF-16 units (argilla-io/argilla#5729), which a file does
not say: such marks are counted when they are read.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from longgrain.engine import atomic
from longgrain.errors import RunError
from longgrain.review.decision import VERDICTS, Decision, Kind
from longgrain.review.exchange.items import (
    FIELDS,
    UNKNOWN,
    Item,
    Names,
    Read,
    Rubrics,
    decision_of,
    placed,
    rubrics_of,
    side_of,
    suggestion,
    verdict_of,
)

SETTINGS, DATASET, RECORDS = ".argilla/settings.json", ".argilla/dataset.json", "records.json"
# Beside the folders: user id > name. Argilla's files know users by id only.
PEOPLE = "annotators.json"
_PEOPLE = uuid.UUID("6c6f6e67-6772-4169-6e00-000000000000")  # "longgrain", so ids come from names
EDITS = {"question": "edited-question", "answer": "edited-answer"}
QUOTES = ("answers", "evidence")


def carried(decision: Decision) -> Decision:
    """What of a decision these files hold: no times, no relations, no ids of entities, no suggestion."""
    left = decision.shown.get("left")
    labels = {name: value for name, value in placed(decision.labels).items() if value}
    labels.pop("relations", None)
    if "entities" in labels:
        labels["entities"] = [
            {"id": f"e{number}", "start": one["start"], "end": one["end"], "label": one["label"]}
            for number, one in enumerate(labels["entities"], 1)
        ]
    shown = {"left": left or "a"} if decision.kind == "pair" else {}
    edit = decision.edit if decision.kind == "example" else {}
    return replace(decision, at="", seconds=0.0, shown=shown, labels=labels, edit=edit)


def write(items: Sequence[Item], rubrics: Rubrics, folder: Path) -> list[Path]:
    """The files written, by kind: ``FOLDER/examples/records.json`` and so on."""
    paths, people = [], dict[str, str]()
    for kind in VERDICTS:
        mine = [one for one in items if one.kind == kind]
        if not mine:
            continue
        names, points = (
            Names.of(mine),
            list(rubrics_of(mine, rubrics if kind == "example" else {}).items()),
        )
        place = folder / f"{kind}s"
        values = {
            SETTINGS: _settings(kind, names, points),
            DATASET: {
                **_blank(),
                "name": f"{folder.name}-{kind}s",
                "status": "draft",
                "allow_extra_metadata": True,
            },
            RECORDS: [_record(one, dict(points), people) for one in mine],
        }
        for name, value in values.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            with atomic(place / name) as part:
                part.write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2))
            paths.append(place / name)
    with atomic(folder / PEOPLE) as part:
        part.write_bytes(orjson.dumps(people, option=orjson.OPT_INDENT_2))
    return [*paths, folder / PEOPLE]


def user_id(name: str) -> str:
    """The id of a person: the same for the same name."""
    return str(uuid.uuid5(_PEOPLE, name))


# --- settings --------------------------------------------------------------------------------------


def _blank() -> dict[str, Any]:
    return {"id": None, "inserted_at": None, "updated_at": None}


def _settings(kind: Kind, names: Names, rubrics: Sequence[tuple[str, Mapping[int, str]]]) -> Any:
    said = ("left", "right", "tie", "skip") if kind == "pair" else VERDICTS[kind]
    questions = [
        _question("verdict", {"type": "label_selection", "options": _options(said)}, required=True)
    ]
    for number, (name, points) in enumerate(rubrics, 1):
        values = [{"value": point} for point in range(min(points), max(points) + 1)]
        anchors = "\n".join(f"{point}: {words}" for point, words in sorted(points.items()) if words)
        rating = {"type": "rating", "options": values}
        questions.append(_question(f"rating-{number}", rating, title=name, about=anchors))
    if kind == "example":
        questions += [_text(name) for name in EDITS.values()]
    if names.classes:
        several = {"type": "multi_label_selection", "options_order": "natural"}
        questions.append(_question("classes", several | {"options": _options(names.classes)}))
    if names.entities:
        questions.append(_question("entities", _spans(names.entities)))
    if names.asks:
        questions += [_text("question-asked"), _question("quotes", _spans(QUOTES))]
    return {
        "guidelines": None,
        "questions": [*questions, _text("note")],
        "fields": [_field(name, required=number == 0) for number, name in enumerate(FIELDS[kind])],
        "vectors": [],
        "metadata": [],
        "allow_extra_metadata": True,
        "distribution": {"strategy": "overlap", "min_submitted": 1},
        "mapping": None,
    }


def _options(names: Sequence[str]) -> list[dict[str, str]]:
    return [{"value": one, "text": one} for one in names]


def _spans(names: Sequence[str]) -> dict[str, Any]:
    return {"type": "span", "allow_overlapping": True, "field": "text", "options": _options(names)}


def _text(name: str) -> dict[str, Any]:
    return _question(name, {"type": "text", "use_markdown": False})


def _question(
    name: str,
    settings: Mapping[str, Any],
    *,
    title: str = "",
    about: str = "",
    required: bool = False,
) -> dict[str, Any]:
    # Argilla wants at least three options to be visible, or no number.
    options = settings.get("options", ())
    visible = {"visible_options": len(options) if len(options) > 2 else None}
    counted = visible if settings["type"] not in ("text", "rating") else {}
    return {
        **_blank(),
        "name": name,
        "settings": {**settings, **counted},
        "title": title or name,
        "description": about or None,
        "required": required,
        "dataset_id": None,
    }


def _field(name: str, *, required: bool) -> dict[str, Any]:
    return {
        **_blank(),
        "name": name,
        "settings": {"type": "text", "use_markdown": False},
        "title": name,
        "required": required,
        "description": None,
        "dataset_id": None,
    }


# --- records ---------------------------------------------------------------------------------------


def _record(item: Item, rubrics: Rubrics, people: dict[str, str]) -> dict[str, Any]:
    responses: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in item.decisions:
        who = user_id(one.by)
        people[who] = one.by
        for name, value in _answers(one, rubrics):
            responses[name].append({"value": value, "user_id": who, "status": "submitted"})
    meta = {"item": item.id, "repeat": item.repeat} | ({"left": item.left} if item.left else {})
    suggested = suggestion(item)
    agent = str(suggested.get("from", "")) or None
    return {
        "id": item.name,
        "fields": {name: words or " " for name, words in item.fields.items()},
        "metadata": meta,
        "suggestions": {
            name: {"value": value, "score": None, "agent": agent}
            for name, value in _labels(suggested)
        },
        "responses": responses,
        "vectors": {},
        "status": "completed" if responses else "pending",
        "_server_id": None,
    }


def _answers(decision: Decision, rubrics: Rubrics) -> Iterator[tuple[str, Any]]:
    yield "verdict", side_of(decision) if decision.kind == "pair" else decision.verdict
    for number, name in enumerate(rubrics, 1):
        if name in decision.ratings:
            yield f"rating-{number}", decision.ratings[name]
    if decision.kind == "example":
        yield from ((EDITS[name], words) for name, words in decision.edit.items() if name in EDITS)
    yield from _labels(decision.labels)
    if decision.note:
        yield "note", decision.note


def _labels(labels: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    found = placed(labels)
    if found.get("classes"):
        yield "classes", list(found["classes"])
    if found.get("entities"):
        yield "entities", [_mark(one, str(one["label"])) for one in found["entities"]]
    if found.get("question"):
        yield "question-asked", found["question"]
        yield "quotes", [_mark(one, part) for part in QUOTES for one in found.get(part) or ()]


def _mark(one: Mapping[str, Any], label: str) -> dict[str, Any]:
    return {"start": one["start"], "end": one["end"], "label": label}


# --- and back --------------------------------------------------------------------------------------


def read(path: Path) -> Read:
    """The decisions of every dataset below a folder. RunError where there is none."""
    path = path.parent if path.name == RECORDS else path
    places = sorted(one.parent for one in path.rglob(RECORDS))
    if not places:
        raise RunError(
            f"{path} holds no {RECORDS}, so nothing is read; give a folder that Argilla wrote with "
            "to_disk, or the one above several"
        )
    people = _people(path)
    notes, found = Counter[str](), list[Decision]()
    for place in places:
        titles = _titles(place)
        for record in orjson.loads((place / RECORDS).read_bytes()):
            try:
                found += _decisions(record, titles, people, notes)
            except (AttributeError, IndexError, KeyError, TypeError, ValueError):
                notes["records whose responses are not as Argilla writes them"] += 1
    return Read(decisions=tuple(found), notes=notes)


def _people(path: Path) -> dict[str, str]:
    held = [one / PEOPLE for one in (path.parent, path) if (one / PEOPLE).is_file()]
    found: dict[str, str] = {}
    for file in held:
        found |= orjson.loads(file.read_bytes())
    return found


def _titles(place: Path) -> dict[str, str]:
    """Question > what it is called; a rating is called by its rubric."""
    file = place / SETTINGS
    if not file.is_file():
        return {}
    questions = orjson.loads(file.read_bytes()).get("questions") or ()
    return {str(one["name"]): str(one.get("title") or one["name"]) for one in questions}


def _decisions(
    record: Mapping[str, Any],
    titles: Mapping[str, str],
    people: Mapping[str, str],
    notes: Counter[str],
) -> Iterator[Decision]:
    fields, meta = record.get("fields") or {}, record.get("metadata") or {}
    kind = next((kind for kind, names in FIELDS.items() if set(names) <= set(fields)), None)
    said: dict[str, dict[str, Any]] = defaultdict(dict)
    for name, many in (record.get("responses") or {}).items():
        for one in many:
            if one.get("status") in (None, "submitted", "completed"):
                said[str(one["user_id"])][name] = one["value"]
            elif name == "verdict":
                notes[f"responses that are {one['status']}"] += 1
    if kind is None:
        notes["records of other fields than ours"] += bool(said)
        return
    for user, answers in said.items():
        by = people.get(user, user)
        notes["people known by their id alone"] += user not in people
        values = _values(kind, answers, titles, str(fields.get("text", "")), notes)
        left = str(meta.get("left") or "a") if kind == "pair" else ""
        verdict = verdict_of(kind, str(answers.get("verdict", _implied(kind, values))), left)
        made = decision_of(
            {
                "item": str(meta.get("item") or record.get("id")),
                "kind": kind,
                "by": by,
                "verdict": verdict,
                "at": "",
                "repeat": int(meta.get("repeat") or 0),
                "shown": {"left": left} if left else {},
                **values,
            },
            notes,
        )
        if made:
            yield made


def _implied(kind: Kind, values: Mapping[str, Any]) -> str:
    """Labels without a verdict were set all the same."""
    return "labelled" if kind == "label" and len(values["labels"]) > 1 else ""


def _values(
    kind: Kind,
    answers: Mapping[str, Any],
    titles: Mapping[str, str],
    text: str,
    notes: Counter[str],
) -> dict[str, Any]:
    ratings = {
        titles.get(name, name): int(value)
        for name, value in answers.items()
        if name.startswith("rating-")
    }
    edit = {part: str(answers[name]) for part, name in EDITS.items() if answers.get(name)}
    labels: dict[str, Any] = {}
    if kind == "label" and answers.get("verdict") != "skip":
        asked = titles.keys() & {"entities"}
        labels = _read_labels({**dict.fromkeys(asked, ()), **answers}, text, notes)
    return {
        "ratings": ratings,
        "edit": edit,
        "labels": labels,
        "note": str(answers.get("note") or ""),
    }


def _read_labels(answers: Mapping[str, Any], text: str, notes: Counter[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"text": text} if text != UNKNOWN else {}
    if "classes" in answers:
        found["classes"] = list(answers["classes"])
    if "entities" in answers:
        spans = [_span(one, text, notes) for one in answers["entities"]]
        found["entities"] = [
            {"id": f"e{number}", "start": start, "end": end, "label": str(one["label"])}
            for number, (one, (start, end)) in enumerate(
                zip(answers["entities"], spans, strict=True), 1
            )
        ]
    if "question-asked" in answers:
        found["question"] = str(answers["question-asked"])
        for part in QUOTES:
            some = [one for one in answers.get("quotes") or () if one["label"] == part]
            places = [_span(one, text, notes) for one in some]
            found[part] = [{"start": a, "end": b, "text": text[a:b]} for a, b in places]
    return found


def _span(one: Mapping[str, Any], text: str, notes: Counter[str]) -> tuple[int, int]:
    start, end = int(one["start"]), int(one["end"])
    if any(ord(letter) > 0xFFFF for letter in text[:end]):
        notes[
            "marks behind characters that Argilla's page counts twice: look whether they fit"
        ] += 1
    return start, end
