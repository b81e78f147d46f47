"""A probe, sizes and a model > its answers, one JSON line a question, and scores by length and position.

Questions are made from a seed, asked in blocks through a ledger of the folder's own, and scored by the
metric that the probe names. A run that was killed goes on where it stopped: the same questions are
made again, and stored answers are not asked for again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from longgrain.calls import Ledger, Outcome
from longgrain.engine import atomic
from longgrain.errors import PlanError, RunError, TeacherError
from longgrain.ground import HeldOut
from longgrain.make import component
from longgrain.meter import metered
from longgrain.metrics.item import Item, Metric
from longgrain.probe_scores import Line, Summary, summed
from longgrain.protocols import Probe, Teacher
from longgrain.tokens import SHIPPED, Tokenizer
from longgrain.took import USAGE
from longgrain.types import Measure, Question, Refused, Reply, Request, Size, Speaker

BLOCK = 64  # questions that are made and asked at a time
# The words of a prompt are fewer than the server's tokens of it, which has its template on top.
LEAST_READ = 0.98
CUT = "the server cut the prompt"
NOT_ASKED = "not asked: the server cuts prompts of this length or shorter"
CONTEXTS = ("whole", "evidence", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is probed, with what, and how. ``model`` is a folder, or with ``base_url`` a name there."""

    probe: str
    model: str
    base_url: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()
    """Tokens of a whole prompt."""
    sizes: tuple[int, ...] = ()
    """Items of a context, in the probe's own unit; the published ones without lengths and sizes."""
    language: str = "en"
    contexts: tuple[str, ...] = ("whole",)
    questions: int = 100
    positions: int = 0
    seed: int = 17
    documents: tuple[str, ...] = ()
    data: str = ""
    tokenizer: str = ""
    """By default that of a model's folder, or longgrain's own for an endpoint."""
    reply_tokens: int = 0
    batch: int = 8
    device: str = ""

    def __post_init__(self) -> None:
        """PlanError for what cannot be."""
        if unknown := [one for one in self.contexts if one not in CONTEXTS]:
            raise PlanError(
                f"context {unknown[0]!r} is none, so nothing can be laid: {', '.join(CONTEXTS)}"
            )
        if self.language not in ("en", "zh") or not self.contexts:
            raise PlanError(
                f"language {self.language!r}, contexts {self.contexts}: there would be no question; "
                "write en or zh, and one context or more"
            )
        if min((self.questions, *self.lengths, *self.sizes)) < 1 or self.positions < 0:
            raise PlanError(
                f"questions {self.questions}, lengths {self.lengths}, sizes {self.sizes}, positions "
                f"{self.positions}: there would be nothing to ask; give 1 or more"
            )


def probe(
    asked: Asked,
    out: Path,
    *,
    teacher: Teacher | None = None,
    replace: bool = False,
    tell: Callable[[str], None] = lambda words: None,
) -> Summary:
    """Asks what is not stored yet, and writes answers.jsonl and summary.json.

    Raises PlanError for what cannot be made, RunError for a folder with the answers of other
    settings, TeacherError where no question at all could be scored.
    """
    chosen: Probe = component("probes", asked.probe, asked.settings)
    local = asked.model if teacher is None and not asked.base_url else ""
    step = _Step(
        asked=asked,
        probe=chosen,
        teacher=teacher or _teacher(asked, chosen),
        own=asked.tokenizer or local,
    )
    out.mkdir(parents=True, exist_ok=True)
    _claim(out, step.told(), replace=replace)
    with Ledger(out / "calls.sqlite") as ledger:
        lines = list(_written(out / "answers.jsonl", step.lines(ledger, tell)))
    found = summed(lines, step.metric, step.told(), step.ground.said)
    _refuse_nothing(lines)
    with atomic(out / "summary.json") as path:
        path.write_bytes(found.json())
    return found


def _claim(out: Path, told: Mapping[str, Any], *, replace: bool) -> None:
    """Writes down what is asked; RunError where there are the results of something else."""
    path, results = out / "asked.json", [out / name for name in ("answers.jsonl", "summary.json")]
    old = orjson.loads(path.read_bytes()) if path.is_file() else told
    other = next((name for name in {**old, **told} if old.get(name) != told.get(name)), "")
    if other and results[0].is_file() and not replace:
        raise RunError(
            f"{out} holds answers that were asked with {other} {old.get(other)!r}, now it is "
            f"{told.get(other)!r}: give another --out, or --replace to write over them; stored "
            "answers are kept"
        )
    for result in results if other else ():
        result.unlink(missing_ok=True)
    with atomic(path) as part:
        part.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))


def _written(path: Path, lines: Iterator[Line]) -> Iterator[Line]:
    with atomic(path) as part, part.open("wb") as file:
        for line in lines:
            file.write(line.json() + b"\n")
            yield line


def _refuse_nothing(lines: Sequence[Line]) -> None:
    """TeacherError where not one question was scored: there is nothing to look at."""
    if any(line.score is not None for line in lines):
        return
    reason = lines[0].unscored if lines else "the data has no question"
    raise TeacherError(
        f"none of {len(lines):,} questions could be scored, so there is no result: {reason}"
    )


def _teacher(asked: Asked, chosen: Probe) -> Teacher:
    """The model behind one of the teachers' doors, greedy, its replies taken as they are."""
    shared: dict[str, Any] = {
        "model": asked.model,
        "temperature": 0.0,
        "max_reply_tokens": asked.reply_tokens or chosen.reply_tokens,
        "whole_replies": False,
        "reasks": 0,
    }
    if asked.base_url:
        found: Teacher = component("teachers", "openai", {**shared, "base_url": asked.base_url})
    else:
        local = {"batch_size": asked.batch, "device": asked.device}
        found = component("teachers", "transformers", {**shared, **local})
    return found


@dataclass(slots=True)
class _Step:
    """One probe of one model on its way."""

    asked: Asked
    probe: Probe
    teacher: Teacher
    own: str
    """The model's own tokenizer, of whose tokens it must have read as many; "" if it is not known."""
    ground: HeldOut = field(init=False)
    metric: Metric = field(init=False)

    def __post_init__(self) -> None:
        asked = self.asked
        self.sizes()  # what cannot be asked is said before anything is loaded
        if foreign := [one for one in asked.contexts if one not in ("whole", *self.probe.controls)]:
            raise PlanError(
                f"{self.probe.name} makes no sense with context {foreign[0]!r}, so it is not asked: "
                f"it has {', '.join(('whole', *self.probe.controls))}"
            )
        tokenizer = Tokenizer.load(self.own or SHIPPED)
        self.ground = HeldOut(
            language=asked.language,
            seed=asked.seed,
            positions=asked.positions,
            places=asked.documents,
            data=Path(asked.data) if asked.data else None,
            tokenizer=tokenizer.agreeing(["The lamp is lit, at 4.50.\n\n", "灯亮着。第3条"]),
        )
        measure = self.probe.measure
        self.metric = component("metrics", measure.metric, measure.settings)

    def told(self) -> dict[str, Any]:
        """Everything that decides the questions and the answers, as JSON values."""
        asked = asdict(self.asked)
        for name in ("base_url", "batch", "device", "model"):
            del asked[name]
        told = {
            "probe": self.probe.name,
            "model": self.teacher.name,
            "answers": self.teacher.version,
            **asked,
            "settings": asdict(self.probe),  # type: ignore[call-overload]
            "tokenizer": self.ground.tokenizer.name,
            "tokenizer_sha256": self.ground.tokenizer.sha256,
            "measure": asdict(self.probe.measure),
            "source": self.probe.source,
        }
        plain: dict[str, Any] = orjson.loads(orjson.dumps(told))
        return plain

    def sizes(self) -> list[Size]:
        """Those asked for or published, the shortest first. PlanError if there are none."""
        found = [Size(tokens=one) for one in sorted({*self.asked.lengths})]
        items = self.asked.sizes or (() if found else self.probe.sizes)
        if items and not self.probe.unit:
            raise PlanError(f"{self.probe.name} counts no items: give --lengths, as in 4k,8k")
        found += [Size(items=one) for one in sorted({*items})]
        if not found:
            raise PlanError(
                f"{self.probe.name} has no sizes of its own, so it needs --lengths, as in 4k,8k"
            )
        return found

    def lines(self, ledger: Ledger, tell: Callable[[str], None]) -> Iterator[Line]:
        """A line for every question of every context and size, in the order in which they are made."""
        for context in self.asked.contexts:
            ground = self.ground.with_context(context)
            cut = False
            for size in self.sizes():
                made = self.probe.ask(ground, size, self.asked.questions)
                label = _label(size, self.probe.unit)
                done = 0
                while block := list(islice(made, BLOCK)):
                    done += len(block)
                    tell(f"{context}, {label}: {done:,} of {self.asked.questions:,} questions")
                    for line in self._answered(ledger, block, context, label, asked=not cut):
                        cut = cut or line.unscored.startswith(CUT)
                        yield line

    def _answered(
        self, ledger: Ledger, block: Sequence[Question], context: str, label: str, *, asked: bool
    ) -> Iterator[Line]:
        outcomes: Sequence[Outcome] = [Refused(reason=NOT_ASKED)] * len(block)
        if asked:
            outcomes = self._replies(ledger, [one.prompt for one in block])
        firsts = [one.text if isinstance(one, Reply) else None for one in outcomes]
        outcomes = self._second(ledger, block, outcomes)
        for question, first, outcome in zip(block, firsts, outcomes, strict=True):
            yield self._line(ledger, question, first, outcome, context, label)

    def _replies(self, ledger: Ledger, prompts: Sequence[Prompt]) -> Sequence[Outcome]:
        requests = [Request(task=f"probe.{self.probe.name}", prompt=one) for one in prompts]
        return self._asked(ledger, requests)

    def _second(
        self, ledger: Ledger, block: Sequence[Question], firsts: Sequence[Outcome]
    ) -> list[Outcome]:
        """What came of the second turn, where a question has one and its first was answered."""
        found, again = list(firsts), list[int]()
        prompts: list[Prompt] = []
        for number, (one, first) in enumerate(zip(block, firsts, strict=True)):
            if one.then and isinstance(first, Reply):
                again.append(number)
                prompts.append((*one.prompt, ("assistant", first.text), ("user", one.then)))
        replies = self._replies(ledger, prompts) if prompts else ()
        for number, outcome in zip(again, replies, strict=True):
            found[number] = outcome
        return found

    def _asked(self, ledger: Ledger, requests: Sequence[Request]) -> Sequence[Outcome]:
        """Asks, and where the model runs here notes what the new answers took."""
        if self.asked.base_url:
            return ledger.ask(self.teacher, requests, batch=BLOCK)
        begun = time.time()
        with metered() as usage:
            outcomes = ledger.ask(self.teacher, requests, batch=BLOCK)
        calls = [ledger.call(one.call) for one in outcomes if isinstance(one, Reply)]
        new = [call.key for call in calls if call and call.time >= begun]
        if new:
            with (ledger.path.parent / USAGE).open("ab") as file:
                file.write(orjson.dumps({"calls": [*dict.fromkeys(new)], **usage.told()}) + b"\n")
        return outcomes

    def _line(
        self,
        ledger: Ledger,
        question: Question,
        first: str | None,
        outcome: Outcome,
        context: str,
        label: str,
    ) -> Line:
        line = Line.of(question, context=context, size=label)
        if question.then and first is not None:
            line.row = {**line.row, "first": first}
        if isinstance(outcome, Refused):
            line.unscored = outcome.reason
            return line
        line.reply, line.call = outcome.text, outcome.call
        call = ledger.call(outcome.call)
        line.read = call.prompt_tokens if call else 0
        if self.own and line.read < LEAST_READ * question.tokens:
            line.unscored = (
                f"{CUT}: it read {line.read:,} tokens of {question.tokens:,}; raise its context "
                "length, probe shorter lengths, or give its own --tokenizer"
            )
            return line
        _score(line, question, outcome, self.metric, self.probe.measure)
        return line


Prompt = tuple[tuple[Speaker, str], ...]


def _score(line: Line, question: Question, reply: Reply, metric: Metric, measure: Measure) -> None:
    """Notes the score of a reply, and of each reference where each has a position of its own."""

    def scored(references: tuple[str, ...]) -> Item:
        return Item(
            id=question.id, prediction=reply.text, references=references, row=dict(line.row)
        )

    figures = metric.score(scored(question.references))
    line.score = figures[measure.figure]
    line.beside = {name: figures[name] for name in measure.beside}
    if line.score is None:
        line.unscored = "the metric has no figure for this reply"
    elif len(question.positions) == len(question.references) > 1:
        parts = [metric.score(scored((one,)))[measure.figure] for one in question.references]
        line.parts = tuple(0.0 if one is None else one for one in parts)


def _label(size: Size, unit: str) -> str:
    return f"{size.tokens:,} tokens" if size.tokens else f"{size.items:,} {unit}"
