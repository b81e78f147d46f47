"""Items with decisions > tasks and a labeling config for each kind as Label Studio reads them, and back.

Tasks are Label Studio's JSON with annotations and predictions; an export of the form JSON is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import orjson

from longgrain.engine import atomic
from longgrain.errors import RunError
from longgrain.review.decision import VERDICTS, Decision, Kind
from longgrain.review.exchange import regions
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
    suggestion,
    verdict_of,
)

CHOSEN = {"example": ("accept", "reject", "edit"), "pair": ("tie",)}


def carried(decision: Decision) -> Decision:
    """What of a decision these files hold: all but what was shown beside the item."""
    left = decision.shown.get("left")
    labels = {name: value for name, value in placed(decision.labels).items() if value}
    shown = {"left": left or "a"} if decision.kind == "pair" else {}
    edit = decision.edit if decision.kind == "example" else {}
    return replace(decision, shown=shown, labels=labels, edit=edit)


def write(items: Sequence[Item], rubrics: Rubrics, folder: Path) -> list[Path]:
    """The files written: ``FOLDER/examples.json`` with its config ``examples.xml`` and so on."""
    paths = []
    for kind in VERDICTS:
        mine = [one for one in items if one.kind == kind]
        if not mine:
            continue
        names, points = Names.of(mine), rubrics_of(mine, rubrics if kind == "example" else {})
        tasks = orjson.dumps(
            [_task(one, points, names) for one in mine], option=orjson.OPT_INDENT_2
        )
        config = "\n".join(_config(kind, names, points)).encode()
        folder.mkdir(parents=True, exist_ok=True)
        for path, raw in (
            (folder / f"{kind}s.json", tasks),
            (folder / f"{kind}s.xml", config + b"\n"),
        ):
            with atomic(path) as part:
                part.write_bytes(raw)
            paths.append(path)
    return paths


# --- labeling config -------------------------------------------------------------------------------


def _tag(tag: str, children: Sequence[str] = (), /, **attributes: str) -> str:
    said = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    if not children:
        return f"  <{tag}{said}/>"
    inner = "\n".join(f"  {one}" for one in children)
    return f"  <{tag}{said}>\n{inner}\n  </{tag}>"


def _config(kind: Kind, names: Names, rubrics: Rubrics) -> Iterator[str]:
    to = regions.about(kind)
    yield "<View>"
    yield "  <Style>.htx-text { white-space: pre-wrap; }</Style>"
    for name in FIELDS[kind]:
        yield _tag("Header", value=name)
        yield _tag("Text", name=name, value=f"${name}")
    if kind == "pair":
        yield _tag("Pairwise", name=regions.BETTER, toName="left,right")
    if kind in CHOSEN:
        options = [_tag("Choice", value=one) for one in CHOSEN[kind]]
        yield _tag("Choices", options, name=regions.VERDICT, toName=to, choice="single")
    for number, (name, points) in enumerate(rubrics.items(), 1):
        anchors = "; ".join(f"{point}: {words}" for point, words in sorted(points.items()) if words)
        yield _tag("Header", value=f"{name}. {anchors}" if anchors else name)
        yield _tag("Rating", name=f"rating-{number}", toName=to, maxRating=str(max(points)))
    if kind == "example":
        yield from (line for name in regions.EDITS.values() for line in _area(name, to))
    if kind == "label":
        yield from _labelling(names)
    yield from _area(regions.NOTE, to)
    yield from _area(regions.BY, to)
    yield "</View>"


def _area(name: str, to: str) -> Iterator[str]:
    yield _tag("Header", value="your name" if name == regions.BY else name.replace("-", " "))
    yield _tag("TextArea", name=name, toName=to, maxSubmissions="1", editable="true", rows="2")


def _labelling(names: Names) -> Iterator[str]:
    if names.classes:
        options = [_tag("Choice", value=one) for one in names.classes]
        yield _tag("Choices", options, name=regions.CLASSES, toName="text", choice="multiple")
    if names.entities:
        options = [_tag("Label", value=one) for one in names.entities]
        yield _tag("Labels", options, name=regions.ENTITIES, toName="text")
    if names.relations:
        yield _tag("Relations", [_tag("Relation", value=one) for one in names.relations])
    if names.asks:
        yield from _area(regions.ASKED, "text")
        options = [_tag("Label", value=one) for one in regions.PARTS]
        yield _tag("Labels", options, name=regions.QUOTES, toName="text")


# --- tasks -----------------------------------------------------------------------------------------


def _task(item: Item, rubrics: Rubrics, names: Names) -> dict[str, Any]:
    text = item.fields.get("text", "")
    known = {f"rating-{number}": name for number, name in enumerate(rubrics, 1)}
    data = {
        **item.fields,
        "item": item.id,
        "repeat": item.repeat,
        **({"left": item.left} if item.left else {}),
        **({"rubrics": known} if known else {}),
        **({"parts": names.parts} if names.parts else {}),
    }
    suggested = suggestion(item)
    predictions = [
        {
            "model_version": str(suggested.get("from", "suggestion")),
            "score": 0.0,
            "result": regions.labelled(suggested, text),
        }
    ]
    return {
        "data": data,
        "annotations": [_annotation(one, text, rubrics) for one in item.decisions],
        "predictions": predictions if suggested else [],
    }


def _annotation(one: Decision, text: str, rubrics: Rubrics) -> dict[str, Any]:
    result = regions.result(one, text, rubrics)
    # Without `completed_by`: one address that the server does not know makes it refuse the whole file.
    return {
        "result": result,
        "was_cancelled": one.verdict == "skip",
        "ground_truth": False,
        "lead_time": one.seconds,
        "created_at": one.at,
        "updated_at": one.at,
        "result_count": len(result),
    }


# --- and back --------------------------------------------------------------------------------------


def read(path: Path) -> Read:
    """The decisions of a file of tasks, or of all those in a folder. RunError where there is none."""
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    notes, found = Counter[str](), list[Decision]()
    for file in files:
        try:
            tasks = orjson.loads(file.read_bytes())
        except orjson.JSONDecodeError as error:
            raise RunError(
                f"{file} is no JSON ({error}); export from Label Studio as JSON"
            ) from error
        if not isinstance(tasks, list):
            raise RunError(
                f"{file} is no list of tasks; export from Label Studio as JSON, not JSON-MIN"
            )
        for task in tasks:
            try:
                found += _decisions(task, notes)
            except (AttributeError, IndexError, KeyError, TypeError, ValueError):
                notes["tasks whose annotations are not as Label Studio writes them"] += 1
    if not files:
        raise RunError(f"{path} holds no .json of Label Studio, so nothing is read; name the file")
    return Read(decisions=tuple(found), notes=notes)


def _decisions(task: Mapping[str, Any], notes: Counter[str]) -> Iterator[Decision]:
    data, annotations = task.get("data") or {}, task.get("annotations") or ()
    kind = next((kind for kind, names in FIELDS.items() if set(names) <= set(data)), None)
    if kind is None:
        notes["tasks with other data than ours"] += bool(annotations)
        return
    for one in annotations:
        text = str(data.get("text", ""))
        answers = regions.Answers(one.get("result") or (), text, notes)
        cancelled = bool(one.get("was_cancelled"))
        left = str(data.get("left") or "a") if kind == "pair" else ""
        said = "skip" if cancelled else "labelled" if kind == "label" else answers.verdict
        made = decision_of(
            {
                "item": str(data.get("item", task.get("id"))),
                "kind": kind,
                "by": answers.words(regions.BY).strip() or _user(one.get("completed_by")),
                "verdict": verdict_of(kind, said, left),
                "at": str(one.get("created_at") or ""),
                "seconds": float(one.get("lead_time") or 0.0),
                "repeat": int(data.get("repeat") or 0),
                "ratings": answers.ratings(data.get("rubrics") or {}),
                "note": answers.words(regions.NOTE),
                "edit": _edit(answers),
                "labels": _labels(kind, answers, data.get("parts") or (), cancelled),
                "shown": {"left": left} if left else {},
            },
            notes,
        )
        if made:
            yield made


def _user(known: Any) -> str:
    if isinstance(known, Mapping):
        return str(known.get("email") or known.get("id") or "label-studio")
    return f"user {known}" if known is not None else "label-studio"


def _edit(answers: regions.Answers) -> dict[str, str]:
    found = {part: answers.words(name) for part, name in regions.EDITS.items()}
    return {part: words for part, words in found.items() if words}


def _labels(
    kind: Kind, answers: regions.Answers, parts: Sequence[str], cancelled: bool
) -> dict[str, Any]:
    if kind != "label" or (cancelled and len(answers.regions) < 2):
        return {}
    labels = answers.labels(parts)
    return {name: value for name, value in labels.items() if (name, value) != ("text", UNKNOWN)}
