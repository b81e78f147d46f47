"""A run, a file or a folder > texts with their classes or entities by side, and those left out, with reasons."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from longgrain.errors import TrainError
from longgrain.exports.task import record_of
from longgrain.manifest import sha256_of
from longgrain.recipes.rows import LABELS, TEXTS, Bad, records
from longgrain.run import Run
from longgrain.train.settings import Settings, Task
from longgrain.types import SIDES, Dropped, Side

STEP = "heads"
# What a record of the task is called where runs are exported.
EXPORTED: dict[Task, str] = {"classification": "classification", "tokens": "entities"}
SPLITS: dict[str, Side] = {
    **{"train": "train", "valid": "valid", "validation": "valid", "dev": "valid", "test": "test"},
}


class Entity(NamedTuple):
    """A stretch of a text, in code points, and what it is."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text with its classes, or with its entities in reading order. ``name`` says where it is from."""

    name: str
    text: str
    classes: tuple[str, ...] = ()
    entities: tuple[Entity, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Every class, or the kind of every entity."""
        return self.classes or tuple(one.label for one in self.entities)

    @property
    def key(self) -> str:
        """The text without its white space, which makes no other text of it."""
        return "".join(self.text.split())

    @property
    def answer(self) -> tuple[Any, ...]:
        """What is to be said of it."""
        marked = [
            (one.label, "".join(self.text[one.start : one.end].split())) for one in self.entities
        ]
        return (*sorted(self.classes), *marked)


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Texts by side; ``sides`` has no side but train where nothing says which is on which yet."""

    task: Task
    sides: dict[Side, list[Text]]
    multi: bool = False
    """whether a text may have several classes, or none"""
    about: Mapping[str, Any] = field(default_factory=dict)
    """which source this is, by hashes"""
    left_out: list[Dropped] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    """what was passed over inside of texts that stayed"""
    split: bool = True
    """whether the source says which text is on which side"""


def read(source: Path, settings: Settings) -> Labelled:
    """The labelled texts of a source; TrainError for none, or for a source that is nothing of the kind."""
    assert settings.task
    found = _Reading(task=settings.task)
    if (source / "manifest.json").is_file():
        about, split = found.run(Run(source)), True
    else:
        about, split = found.files(_files_of(source, settings.task))
    made = Labelled(
        task=settings.task,
        sides={side: found.texts[side] for side in SIDES},
        multi=found.multi,
        about=about,
        left_out=found.left_out,
        notes=found.notes,
        split=split,
    )
    made = once(_wanted(made, settings.labels))
    if not any(made.sides.values()):
        reasons = Counter(one.reason for one in made.left_out).most_common(3)
        said = "; ".join(f"{count:,} x {why}" for why, count in reasons) or "no records at all"
        raise TrainError(
            f"{source} has no text that --task {settings.task} can learn from ({said}); give a run with "
            "such task data (recipe sft), or JSON Lines as docs/heads.md shows"
        )
    return made


def _files_of(source: Path, task: Task) -> dict[Path, Side | None]:
    """The files of a source, and the side that the name of each says."""
    if source.is_file():
        return {source: None}
    found: dict[Path, Side | None] = {}
    for name, side in SPLITS.items():
        for stem in (name, f"{EXPORTED[task]}-{name}"):
            for path in sorted(source.glob(f"{stem}.*")):
                if path.suffix in (".jsonl", ".json", ".csv", ".tsv", ".parquet"):
                    found[path] = side
    if not found:
        raise TrainError(
            f"{source} is no finished run, no file, and no folder with train.jsonl or "
            f"{EXPORTED[task]}-train.jsonl, so there is nothing to learn from; give one of them"
        )
    return found


@dataclass(kw_only=True)
class _Reading:
    """Gathers texts record by record."""

    task: Task
    texts: dict[Side, list[Text]] = field(default_factory=lambda: {side: [] for side in SIDES})
    multi: bool = False
    left_out: list[Dropped] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    def run(self, run: Run) -> dict[str, Any]:
        """All task data of a run."""
        texts = run.texts()
        for side in SIDES:
            for example in run.examples(side):
                kind, record = record_of(example, texts)
                if kind != EXPORTED[self.task] or record is None:
                    self.notes["an example of the run that is of another task"] += 1
                elif example.lineage.get("form") == "class-heading":
                    self.drop(example.id, "its classes are the headings of its own document")
                else:
                    self.add(example.id, record, side)
        listed = {one["file"]: one["sha256"] for one in run.manifest["outputs"]}
        kept = ("examples-", "documents")
        files = {name: value for name, value in listed.items() if name.startswith(kept)}
        return {"name": run.manifest["name"], "plan_id": run.manifest["plan_id"], "files": files}

    def files(self, paths: Mapping[Path, Side | None]) -> tuple[dict[str, Any], bool]:
        """All records of some files, and whether those say on which side each is."""
        said: Counter[bool] = Counter()
        for path, of_name in paths.items():
            for name, record in records(path):
                if isinstance(record, Bad) or not isinstance(record, Mapping):
                    self.drop(name, record.reason if isinstance(record, Bad) else "not an object")
                    continue
                own = record.get("split")
                side = of_name or (SPLITS.get(str(own)) if own is not None else None)
                if own is not None and side is None:
                    self.drop(name, f"split {own!r} is none of {', '.join(SPLITS)}")
                    continue
                said[side is not None] += 1
                self.add(name, record, side or "train")
        if len(said) > 1:
            raise TrainError(
                f"{said[True]:,} records say on which side they are (split) and {said[False]:,} do not, so "
                "nobody knows where those belong; give all of them a split, or none"
            )
        return {"files": {path.name: sha256_of(path) for path in paths}}, bool(said[True])

    def drop(self, name: str, reason: str) -> None:
        self.left_out.append(Dropped(step=STEP, id=name, reason=reason))

    def add(self, name: str, record: Mapping[str, Any], side: Side) -> None:
        """One record, or the reason why it cannot be learned from."""
        text = next((record[one] for one in TEXTS if record.get(one)), None)
        if not isinstance(text, str) or not text.strip():
            self.drop(name, "no text")
            return
        made: Text | str
        if self.task == "classification":
            made = self._classes(name, text, record)
        else:
            made = self._entities(name, text, record)
        if isinstance(made, str):
            self.drop(name, made)
        else:
            self.texts[side].append(made)

    def _classes(self, name: str, text: str, record: Mapping[str, Any]) -> Text | str:
        value = next((record[one] for one in LABELS if record.get(one) not in (None, "")), None)
        if value is None and isinstance(record.get("labels"), list):
            value = record["labels"]
        if value is None:
            return "no label"
        if isinstance(value, list):
            self.multi = True
        listed = [str(one).strip() for one in (value if isinstance(value, list) else [value])]
        if not all(listed):
            return "a label without a name"
        return Text(name=name, text=text, classes=tuple(dict.fromkeys(listed)))

    def _entities(self, name: str, text: str, record: Mapping[str, Any]) -> Text | str:
        listed = record.get("entities", record.get("spans"))
        if not isinstance(listed, list):
            return "no list of entities"
        found: set[Entity] = set()
        for one in listed:
            made = _entity(text, one)
            if isinstance(made, str):
                return made
            if made in found:
                self.notes["an entity that is given twice"] += 1
            found.add(made)
        return Text(name=name, text=text, entities=tuple(sorted(found)))


def _entity(text: str, value: Any) -> Entity | str:
    """An entity without the white space at its borders, or what is wrong with it."""
    if isinstance(value, list) and len(value) == 3:
        value = dict(zip(("start", "end", "label"), value, strict=True))
    if not isinstance(value, Mapping):
        return "an entity that is no object"
    start, end = value.get("start"), value.get("end")
    label = str(value.get("label") or value.get("type") or "").strip()
    if type(start) is not int or type(end) is not int or not label:
        return "an entity without start, end or label"
    if not 0 <= start < end <= len(text):
        return "an entity that does not lie in its text"
    words = text[start:end]
    if value.get("text", words) != words:
        return "an entity whose text does not stand at its place (offsets count code points)"
    bare = words.strip()
    if not bare:
        return "an entity of white space"
    start += len(words) - len(words.lstrip())
    return Entity(start, start + len(bare), label)


# --- what is wanted, and each text once -------------------------------------------------------------


def _wanted(found: Labelled, asked: str) -> Labelled:
    """Only the labels that were asked for, where any were."""
    wanted = tuple(one.strip() for one in asked.split(",") if one.strip())
    if not wanted:
        return found
    sides: dict[Side, list[Text]] = {}
    for side, texts in found.sides.items():
        sides[side] = []
        for one in texts:
            classes = tuple(name for name in one.classes if name in wanted)
            entities = tuple(entity for entity in one.entities if entity.label in wanted)
            if one.classes and not classes and not found.multi:
                reason = f"its label {one.classes[0]!r} is none of --labels"
                found.left_out.append(Dropped(step=STEP, id=one.name, reason=reason))
                continue
            lost = len(one.labels) - len(classes) - len(entities)
            found.notes["a label that is none of --labels"] += lost
            sides[side].append(replace(one, classes=classes, entities=entities))
    return replace(found, sides=sides, notes=+found.notes)


def once(found: Labelled) -> Labelled:
    """Each text once: on the first side that has it, and nowhere where its answers differ."""
    answers: defaultdict[str, set[Any]] = defaultdict(set)
    for one in _all(found.sides.values()):
        answers[one.key].add(one.answer)
    seen: dict[str, Side] = {}
    sides: dict[Side, list[Text]] = {}
    for side, texts in found.sides.items():
        sides[side] = []
        for one in texts:
            if reason := _again(one, side, seen, answers):
                found.left_out.append(Dropped(step=STEP, id=one.name, reason=reason))
            else:
                sides[side].append(one)
                seen[one.key] = side
    return replace(found, sides=sides)


def _again(one: Text, side: Side, seen: Mapping[str, Side], answers: Mapping[str, set[Any]]) -> str:
    if len(answers[one.key]) > 1:
        return "the same text is labelled in another way elsewhere"
    if one.key not in seen:
        return ""
    return "said twice" if seen[one.key] == side else f"its text is on side {seen[one.key]}, too"


def _all(many: Iterable[list[Text]]) -> Iterator[Text]:
    for some in many:
        yield from some
