"""A label spec, and a run or a file of texts > texts as items to be labelled by people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import orjson
import pyarrow.parquet as pq

from longgrain import languages
from longgrain.errors import SourceError
from longgrain.review.decision import Decision, Kind
from longgrain.review.label_spec import FromRun, LabelSpec
from longgrain.review.labels import by_rule, checked
from longgrain.review.suggesting import Suggester
from longgrain.review.task import Entry, UnusableError, at_once
from longgrain.run import Run
from longgrain.types import content_id

# Characters of a text in the list, and of the longest text that a page can work with.
_SHORT, LONGEST = 160, 200_000
_MADE = ("classes", "entities", "relations", "question", "answers", "evidence")


@dataclass(kw_only=True)
class Labelling:
    """Texts to label. ``run`` is needed where they are grains of it."""

    kind: ClassVar[Kind] = "label"
    page: ClassVar[str] = "label.html"

    spec: LabelSpec
    run: Run | None = None
    suggester: Suggester | None = None
    seed: int = 17
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        """Tells its items from those of other tasks in the same file."""
        return f"label:{self.spec.name}"

    @cached_property
    def fingerprint(self) -> str:
        """Of where the texts are from, as it is now."""
        if isinstance(self.spec.texts, str):
            path = Path(self.spec.texts)
            if not path.is_file():
                raise SourceError(
                    f"there is no file {path}, so there are no texts to label; give `texts` a JSONL "
                    "file with the field `text`, seen from the folder of the label file"
                )
            return content_id(self.spec.texts, path.read_bytes())
        assert self.run is not None
        manifest = (self.run.folder / "manifest.json").read_bytes()
        return content_id(self.spec.texts.model_dump_json(), manifest)

    def entries(self) -> Iterator[Entry]:
        """One for each text that is not too long for a page."""
        for place, text in self._texts():
            if not text.strip() or len(text) > LONGEST:
                self.left_out["text_is_empty" if not text.strip() else "text_is_too_long"] += 1
                continue
            yield Entry(
                id=content_id("label", self.spec.name, text),
                place=place,
                about=" ".join(text[: 2 * _SHORT].split())[:_SHORT],
                sort="",
                language=languages.language(text),
                size=len(text),
            )

    def _texts(self) -> Iterator[tuple[str, str]]:
        if isinstance(self.spec.texts, str):
            yield from self._lines(Path(self.spec.texts))
        else:
            yield from self._grains(self.spec.texts)

    def _lines(self, path: Path) -> Iterator[tuple[str, str]]:
        at = 0
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield f"{at}", _row(line, path, number)["text"]
                at += len(line)

    def _grains(self, asked: FromRun) -> Iterator[tuple[str, str]]:
        assert self.run is not None
        names, texts = ["doc", "start", "end"], self.run.texts()
        path, wanted = self.run.folder / "grains.parquet", [("kind", "=", asked.grains)]
        grains = pq.read_table(path, columns=names, filters=wanted).to_pylist()
        if asked.limit is not None and asked.limit < len(grains):
            drawn = np.random.default_rng(self.seed).choice(len(grains), asked.limit, replace=False)
            grains = [grains[number] for number in sorted(drawn.tolist())]
        for one in grains:
            name = self.run.doc_ids[one["doc"]]
            yield f"{name}/{one['start']}/{one['end']}", texts[name][one["start"] : one["end"]]

    def text(self, entry: Entry) -> str:
        """The words of an item."""
        return str(self._held(entry)["text"])

    def _held(self, entry: Entry) -> Mapping[str, Any]:
        if isinstance(self.spec.texts, str):
            with Path(self.spec.texts).open("rb") as file:
                file.seek(int(entry.place))
                return _row(file.readline(), Path(self.spec.texts), 0)
        assert self.run is not None
        doc_id, start, end = entry.place.rsplit("/", 2)
        return {"text": self.run.texts()[doc_id][int(start) : int(end)]}

    def prepare(self, entry: Entry) -> Callable[[], object]:
        """Asks the teacher, where one suggests labels."""
        if self.suggester is None:
            return at_once
        return self.suggester.begin(self.text(entry)).result

    def suggestion(self, entry: Entry) -> Mapping[str, Any]:
        """Labels to correct: those of the row, else the teacher's or the rule's; ``from`` says whose."""
        held = self._held(entry)
        if isinstance(held.get("labels"), Mapping):
            return {**held["labels"], "from": str(held.get("from", "file"))}
        if self.suggester is not None:
            return self.suggester.begin(str(held["text"])).result()
        if self.spec.suggest == "rule":
            return {**by_rule(str(held["text"]), self.spec), "from": "rule"}
        return {}

    def view(self, entry: Entry, by: str, language: str) -> Mapping[str, Any]:
        """The text, what may be set with which key, and a suggestion."""
        spec, keys = self.spec, self.spec.keys
        groups = {"entity": spec.entities, "class": spec.classes, "relation": spec.relations}
        choices = [
            {"what": what, "name": name, "hint": hint, "key": keys[f"{what}:{name}"]}
            for what, many in groups.items()
            for name, hint in many.items()
        ]
        suggested = self.suggestion(entry)
        return {
            "spec": spec,
            "choices": choices,
            "source": self._source(entry),
            "suggested": suggested,
            "refused": suggested.get("refused", ""),
            "origin": suggested.get("from", "") if any(map(suggested.get, _MADE)) else "",
            "data": {
                "text": self.text(entry),
                "choices": choices,
                "several": spec.several,
                "question": spec.question,
                "labels": suggested,
            },
        }

    def _source(self, entry: Entry) -> str:
        if isinstance(self.spec.texts, str):
            return Path(self.spec.texts).name
        assert self.run is not None
        return self.run.sources[self.run.doc_ids.index(entry.place.rsplit("/", 2)[0])]

    def parts(self, entry: Entry, by: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Verdict, note, labels, and the suggestion that they started from."""
        verdict, note = form.get("verdict", ""), form.get("note", "").strip()
        if verdict == "skip":
            return {"verdict": "skip", "note": note}
        if verdict != "labelled":
            raise UnusableError("no_such_verdict", verdict)
        labels = checked(form.get("labels", ""), self.text(entry), self.spec)
        suggested = self.suggestion(entry)
        shown = {"suggestion": suggested} if suggested else {}
        return {"verdict": "labelled", "note": note, "labels": labels, "shown": shown}

    def result(self, decisions: Iterable[Decision]) -> Mapping[str, Any]:
        """Nothing beyond the counts."""
        return {}


def _row(line: bytes, path: Path, number: int) -> Mapping[str, Any]:
    """One line of the file. Raises SourceError."""
    try:
        row = orjson.loads(line)
        if isinstance(row, Mapping) and isinstance(row.get("text"), str):
            return row
        error = "it has no field `text` with words"
    except orjson.JSONDecodeError as found:
        error = str(found)
    raise SourceError(
        f"line {number} of {path} is no text to label ({error}), so nothing is shown; correct it"
    )
