"""A finished run > its examples as items to accept, reject or edit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import orjson
import pyarrow.parquet as pq

from longgrain.explain import laid_out, weighed
from longgrain.review.blocks import blocks, evidence
from longgrain.review.decision import Decision, Kind
from longgrain.review.rubrics import ratings, rubrics_of
from longgrain.review.task import Entry, UnusableError, at_once
from longgrain.run import Run
from longgrain.types import Example, Message, Side, Span, content_id

_ASKED = ("question", "instruction", "plan")
# Characters of a question in the list.
_SHORT = 160
_COLUMNS = ["id", "kind", "form", "language", "recipe", "messages", "answer"]


@dataclass(kw_only=True)
class Examples:
    """The examples of all sides, or of one."""

    kind: ClassVar[Kind] = "example"
    page: ClassVar[str] = "example.html"

    run: Run
    side: Side | None = None
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        """Tells its items from those of other tasks in the same file."""
        return f"example:{self.side or 'all'}"

    @property
    def seed(self) -> int:
        """The plan's."""
        return self.run.plan.seed

    @cached_property
    def fingerprint(self) -> str:
        """Of the run as it is now."""
        return content_id((self.run.folder / "manifest.json").read_bytes(), 1)

    def entries(self) -> Iterator[Entry]:
        """One for each example, without its context."""
        drafts = pq.read_table(self.run.folder / "drafts.parquet", columns=_COLUMNS)
        for side in [self.side] if self.side else self.run.sides:
            path = self.run.folder / f"examples-{side}.parquet"
            table = pq.read_table(path, columns=["id", "draft", "tokens"])
            rows = zip(table.to_pylist(), drafts.take(table["draft"]).to_pylist(), strict=True)
            for row, (example, draft) in enumerate(rows):
                yield Entry(
                    id=example["id"],
                    place=f"{side}/{row}",
                    about=_asked(draft["messages"])[:_SHORT] or draft["answer"][:_SHORT],
                    sort=f"{draft['recipe']} · {draft['kind']}",
                    language=draft["language"] or "",
                    size=example["tokens"],
                )

    def _example(self, entry: Entry) -> Example:
        side, row = entry.place.split("/")
        return next(self.run.examples_at(side, [int(row)]))  # type: ignore[arg-type]

    def prepare(self, entry: Entry) -> Callable[[], object]:
        """Nothing takes long."""
        return at_once

    def view(self, entry: Entry, by: str, language: str) -> Mapping[str, Any]:
        """The example with its words made."""
        example = self._example(entry)
        shown, texts = laid_out(self.run, example, tokens=False), self.run.texts()
        question, answer = self._words(example)
        others = {
            name: "\n\n".join(_said(one, texts) for one in messages[-1:])
            for name, messages in example.views.items()
            if messages != example.trained
        }
        return {
            "shown": shown,
            "turns": blocks(shown),
            "evidence": evidence(shown),
            "question": question,
            "answer": answer,
            "others": others,
            "rubrics": self.rubrics(language),
            "passed": [one.use for one in self.run.plan.checks],
            "weighed": weighed(example),
            "about": {name: example.lineage.get(name) for name in ("form", "template", "by")},
        }

    def _words(self, example: Example) -> tuple[str, str]:
        """The question, and the whole last turn that answers it; "" for a text without either."""
        texts, messages = self.run.texts(), example.trained
        if messages[-1].speaker != "assistant":
            return "", ""
        asked = [one for one in messages if one.speaker == "user"]
        spans = [s for one in asked for s in one.spans if isinstance(s, Span)]
        for role in _ASKED:
            if words := [s.words(texts) for s in spans if s.role == role]:
                return "\n\n".join(words), _said(messages[-1], texts)
        return "", _said(messages[-1], texts)

    def rubrics(self, language: str) -> Any:
        """Of the plan, or ours in the language of the page."""
        part = self.run.plan.review
        return rubrics_of(part.rubrics if part else None, language)

    def parts(self, entry: Entry, by: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Verdict, ratings, note and what was edited."""
        verdict = form.get("verdict", "")
        if verdict not in ("accept", "reject", "edit", "skip"):
            raise UnusableError("no_such_verdict", verdict)
        return {
            "verdict": verdict,
            "ratings": ratings(form, self.rubrics("en")),
            "note": form.get("note", "").strip(),
            "edit": self._edit(entry, form) if verdict == "edit" else {},
        }

    def _edit(self, entry: Entry, form: Mapping[str, str]) -> dict[str, str]:
        question, answer = self._words(self._example(entry))
        found = {}
        for name, before in (("question", question), ("answer", answer)):
            said = form.get(name, before).replace("\r\n", "\n")
            if not before and said:
                raise UnusableError("nothing_to_edit", name)
            if before and not said.strip():
                raise UnusableError("edit_is_empty", name)
            if said != before.replace("\r\n", "\n"):
                found[name] = said
        if not found:
            raise UnusableError("edit_changes_nothing")
        return found

    def result(self, decisions: Iterable[Decision]) -> Mapping[str, Any]:
        """Nothing beyond the counts."""
        return {}


def _asked(messages: str) -> str:
    """The words of the question in stored messages, "" where it is quoted."""
    for role in _ASKED:
        for _, spans in orjson.loads(messages):
            for span in spans:
                if span and span[0] == role and span[2]:
                    return str(span[2])
    return ""


def _said(message: Message, texts: Mapping[str, str]) -> str:
    return "".join(span.words(texts) for span in message.spans if isinstance(span, Span))
