"""A filled review sheet and drafts > the accepted ones, the edited with their new response, the rejected as dropped."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.types import Draft, Dropped, Given, Message, Span

DECISIONS = {
    **dict.fromkeys(("accept", "accepted", "yes", "ok", "y", "通过", "接受"), "accept"),
    **dict.fromkeys(("reject", "rejected", "no", "n", "拒绝", "不通过"), "reject"),
    **dict.fromkeys(("edit", "edited", "修改"), "edit"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What somebody decided about one item; ``edit`` is the new response of an edited one."""

    verdict: str
    edit: str
    note: str


def decisions_of(path: Path) -> dict[str, Decision]:
    """Item > decision, of a CSV or JSONL sheet; lines without a decision say nothing yet.

    PlanError for a word that is no decision, an edit without words, or two decisions on one item.
    """
    if not path.is_file():
        raise PlanError(
            f"sft review: there is no file {path}; write a sheet with `longgrain export RUN --to "
            "review`, or leave the setting out"
        )
    found: dict[str, Decision] = {}
    for line, record in _records(path):
        item, said = str(record.get("item") or ""), str(record.get("decision") or "").strip()
        if not said:
            continue
        verdict = DECISIONS.get(said.casefold())
        edit = str(record.get("edited_response") or "").strip()
        problem = _problem(item, said, verdict, edit) or (
            "a second, other decision on the same item"
            if _other(found, item, verdict, edit)
            else ""
        )
        if problem:
            raise PlanError(f"sft review: {path}, line {line}: {problem}; correct the sheet")
        found[item] = Decision(verdict=str(verdict), edit=edit, note=str(record.get("note") or ""))
    return found


def _problem(item: str, said: str, verdict: str | None, edit: str) -> str:
    if not item:
        return "a decision without an item"
    if verdict is None:
        return f"{said!r} is no decision (accept, reject, edit)"
    return "an edit without an edited_response" if verdict == "edit" and not edit else ""


def _other(found: dict[str, Decision], item: str, verdict: str | None, edit: str) -> bool:
    return item in found and (found[item].verdict, found[item].edit) != (verdict, edit)


def _records(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    raw = path.read_bytes()
    if path.suffix.lower() == ".csv":
        text = raw.decode("utf-8-sig", "replace")
        reader = csv.DictReader(io.StringIO(text, newline=""))
        for one in reader:
            yield reader.line_num, dict(one)
        return
    for number, line in enumerate(raw.splitlines(), 1):
        if line.strip():
            try:
                value = orjson.loads(line)
            except orjson.JSONDecodeError:
                value = None
            if not isinstance(value, dict):
                raise PlanError(
                    f"sft review: {path}, line {number}: no JSON object; correct the sheet"
                )
            yield number, value


def reviewed(
    found: Iterable[Draft | Dropped], path: Path | None, materials: Materials
) -> Iterator[Draft | Dropped]:
    """Every draft knows its item, the name under which a sheet decides about it."""
    decisions = decisions_of(path) if path else {}
    for draft in found:
        if isinstance(draft, Dropped):
            yield draft
            continue
        item = draft.id
        named = replace(draft, meta={**draft.meta, "item": item})
        decision = decisions.get(item)
        if decision is None:
            yield named
            continue
        materials.count(f"sft review: {decision.verdict}")
        if decision.verdict == "reject":
            yield Dropped(step="draft", id=item, reason="review", detail=decision.note)
        elif decision.verdict == "edit" and path:
            yield _edited(named, decision, path)
        else:
            yield replace(named, meta={**named.meta, "review": "accept"})


def _edited(draft: Draft, decision: Decision, path: Path) -> Draft:
    """The last turn in the reviewer's words; what it said before stays in the lineage."""
    given = Given(source=path.name, id=str(draft.meta["item"]))
    span = Span(role="answer", origin=given, text=decision.edit, loss=1.0)
    last = Message(speaker=draft.messages[-1].speaker, spans=(span,))
    # Offsets and labels of task data belong to the response that was replaced.
    data = {
        name: value
        for name, value in draft.meta.get("data", {}).items()
        if name in ("task", "text", "text_at", "question", "labels", "turns")
    }
    meta = {
        **draft.meta,
        "form": "edited",
        "review": "edit",
        "original": draft.answer,
        "data": {**data, "target": decision.edit, "edited": True} if data else {},
    }
    return replace(draft, messages=(*draft.messages[:-1], last), answer=decision.edit, meta=meta)
