"""A question and a long text > an answer by one method, with the words it rests on and what it cost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from longgrain.ask_text import Place, Text
from longgrain.errors import PlanError
from longgrain.facts import Language
from longgrain.recipes.compress import compressed
from longgrain.recipes.pearl.actions import SEEDS, Item, Items
from longgrain.recipes.pearl.plans import CTX, Action, Plan, Step, parse
from longgrain.recipes.replied import told
from longgrain.speaker import Hear, Speaker, UnansweredError, silent
from longgrain.types import Grain, Reply, Request

QUOTE = re.compile(r"^[ \t]*[>＞][ \t]?(.*)$", re.MULTILINE)
NOTHING = ("NOTHING", "无", "没有")
# A plan that does not parse goes back so often.
TRIES = 3


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked, and within which bounds.

    ``window`` are tokens that are read at a time, ``budget`` those of a compressed text (0 takes the
    window), ``k`` the passages that are retrieved.
    """

    question: str
    window: int = 8192
    budget: int = 0
    k: int = 12

    def __post_init__(self) -> None:
        if not self.question.strip():
            raise PlanError("there is no question, so nothing can be answered; write one in quotes")
        if min(self.window, self.k) < 1 or self.budget < 0:
            raise PlanError(
                f"window {self.window}, budget {self.budget}, k {self.k}: give tokens and passages "
                "above 0"
            )


@dataclass(kw_only=True)
class Asking:
    """One question on its way: the text, who is asked, who hears the answer come, who is told of steps."""

    asked: Asked
    text: Text
    speaker: Speaker
    hear: Hear = silent
    tell: Hear = silent
    evidence: list[Place] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def language(self) -> Language:
        """Prompts are in Chinese or English."""
        return "zh" if self.text.language.startswith("zh") else "en"

    def say(self, task: str, pieces: Sequence[str], *, last: bool = False, **more: object) -> str:
        """What the teacher says to these pieces; the last reply of all is heard as it comes."""
        settings = {"language": self.text.language, "question": self.asked.question, **more}
        request = Request(task=task, material=tuple(pieces), settings=settings)
        return self.speaker.say(request, self.hear if last else silent)

    def found(self, reply: str, among: Sequence[Grain] = ()) -> str:
        """The reply without its quotes, which become evidence where they stand in the text."""
        for quote in QUOTE.findall(reply):
            place = self.text.find(_bare(quote), among)
            if place.words and place not in self.evidence:
                self.evidence.append(place)
        return QUOTE.sub("", reply).strip()


@dataclass(frozen=True, kw_only=True)
class Found:
    """An answer. ``problem`` says why there is none; ``notes`` what the method has to say of itself."""

    by: str
    text: str
    evidence: tuple[Place, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""
    calls: int = 0
    prompt_tokens: int = 0
    reply_tokens: int = 0
    money: float = 0.0
    seconds: float = 0.0


def ask(by: str, asking: Asking) -> Found:
    """The answer by a method of `METHODS`. Raises PlanError for another one."""
    if by not in METHODS:
        raise PlanError(f"there is no way to ask by {by!r}; choose {', '.join(METHODS)}, or all")
    before = replace(asking.speaker)
    began, problem, answer = time.perf_counter(), "", ""
    try:
        answer = METHODS[by](asking)
    except UnansweredError as error:
        problem = str(error)
    after = asking.speaker
    return Found(
        by=by,
        text=answer,
        evidence=tuple(asking.evidence),
        notes=tuple(asking.notes),
        problem=problem,
        calls=after.calls - before.calls,
        prompt_tokens=after.prompt_tokens - before.prompt_tokens,
        reply_tokens=after.reply_tokens - before.reply_tokens,
        money=after.money - before.money,
        seconds=time.perf_counter() - began,
    )


def full(asking: Asking) -> str:
    """Everything in one prompt."""
    documents = [document.text for document in asking.text.documents]
    asking.tell(f"reading {asking.text.tokens:,} tokens in one prompt")
    return asking.found(asking.say("ask.answer", documents, last=True))


def retrieve(asking: Asking) -> str:
    """The nearest passages in one prompt, in the order of the document."""
    near = asking.text.in_order(asking.text.nearest(asking.asked.question, asking.asked.k))
    asking.tell(f"reading the {len(near)} nearest of {len(asking.text.grains):,} passages")
    if not near:
        asking.notes.append("no passage shares a word with the question")
    words = [asking.text.words(grain) for grain in near]
    return asking.found(asking.say("ask.answer", words, last=True), near)


def map_reduce(asking: Asking) -> str:
    """Notes from each window, then an answer from the notes."""
    notes, read = [], []
    for part, window in _windows(asking):
        reply = asking.say("ask.map", [asking.text.words(window)], said=_part(asking, part))
        if _is_something(reply):
            notes.append(reply)
            read.append(window)
    asking.notes.append(f"{len(notes)} of {_count(asking)} windows had something to say")
    asking.tell("putting the notes together")
    return asking.found(asking.say("ask.reduce", notes or [_none(asking)], last=True), read)


def refine(asking: Asking) -> str:
    """Notes that grow and change window by window, then an answer from them."""
    notes, read = "", []
    for part, window in _windows(asking):
        words = [asking.text.words(window)]
        given = {"notes": notes or _none(asking)}
        reply = asking.say("ask.refine", words, given=given, said=_part(asking, part))
        if _is_something(reply):
            notes = reply
            read.append(window)
    asking.tell("answering from the notes")
    return asking.found(asking.say("ask.reduce", [notes or _none(asking)], last=True), read)


def compress(asking: Asking) -> str:
    """The sentences that bear on the question, within the budget, in one prompt."""
    budget, texts = asking.asked.budget or asking.asked.window, []
    total = max(1, asking.text.tokens)
    lost: dict[str, int] = {}
    sizes = asking.text.count([one.text for one in asking.text.documents])
    for document, size in zip(asking.text.documents, sizes, strict=True):
        share = max(1.0001, budget * size / total)
        one = compressed(
            document.text,
            asking.language,
            share,
            asking.asked.question,
            count_tokens=asking.text.count,
        )
        texts += [one.text] if one.text else []
        for kind, words in one.lost.items():
            lost[kind] = lost.get(kind, 0) + sum(words.values())
    left = sum(asking.text.count(texts))
    asking.notes.append(f"{left:,} of {total:,} tokens were read")
    gone = ", ".join(f"{count:,} {kind}" for kind, count in lost.items() if count)
    asking.notes.append(f"left out: {gone}" if gone else "nothing countable was left out")
    asking.tell(f"reading {left:,} of {total:,} tokens")
    return asking.found(asking.say("ask.answer", texts or [_none(asking)], last=True))


def pearl(asking: Asking) -> str:
    """A plan of actions, each carried out on the document or the passages nearest to it."""
    plan, known = _plan(asking)
    outputs: dict[str, Items] = {}
    for number, step in enumerate(plan.steps, 1):
        asking.tell(f"step {number} of {len(plan.steps)}: {step}")
        outputs[step.output] = _done(step, known, outputs, asking)
    results = [item.text for name in plan.results for item in outputs[name]]
    asking.notes += plan.written(asking.language).splitlines()
    if not results:
        return asking.found(asking.say("ask.reduce", [_none(asking)], last=True))
    return asking.found(asking.say("ask.reduce", results, last=True))


METHODS: dict[str, Callable[[Asking], str]] = {
    "full": full,
    "retrieve": retrieve,
    "map-reduce": map_reduce,
    "refine": refine,
    "compress": compress,
    "pearl": pearl,
}


def _windows(asking: Asking) -> Iterator[tuple[int, Grain]]:
    windows = asking.text.windows(asking.asked.window)
    for part, window in enumerate(windows, 1):
        asking.tell(f"reading window {part} of {len(windows)}")
        yield part, window


def _count(asking: Asking) -> int:
    return len(asking.text.windows(asking.asked.window))


def _part(asking: Asking, part: int) -> dict[str, int]:
    return {"part": part, "parts": _count(asking)}


def _bare(quote: str) -> str:
    """A quote without the marks that models put around it."""
    return quote.strip().strip('“”"').strip()


def _is_something(reply: str) -> bool:
    return reply.strip().strip(".。") not in NOTHING


def _none(asking: Asking) -> str:
    return NOTHING[0] if asking.language == "en" else NOTHING[1]


# --- plans ----------------------------------------------------------------------------------------


def _plan(asking: Asking) -> tuple[Plan, dict[str, Action]]:
    """A plan that parses; one that does not goes back with what is wrong."""
    actions = SEEDS[asking.language]
    given: dict[str, str] = {}
    problem = ""
    for number in range(1 + TRIES):
        asking.tell("writing a plan" if not number else f"the plan went back: {problem}")
        said = {
            "actions": [str(action) for action in actions.values()],
            "demonstrations": [],
            "problem": problem,
        }
        reply = asking.say("pearl.plan", [], given=given, said=said)
        fields = told(Reply(teacher="", call="", text=reply), plan=str)
        text = reply[:2000] if isinstance(fields, str) else fields["plan"]
        plan = fields if isinstance(fields, str) else parse(text, actions)
        if isinstance(plan, Plan):
            return plan, {**actions, **{action.name: action for action in plan.new}}
        given, problem = {"plan": text}, str(plan)
    raise UnansweredError(f"no valid plan after {1 + TRIES} tries: {problem}")


def _done(step: Step, known: dict[str, Action], outputs: dict[str, Items], asking: Asking) -> Items:
    used = [one.text for one in step.arguments if not one.quoted and one.text != CTX]
    earlier = [item for name in used for item in outputs[name]]
    if step.action == "COUNT" and used:
        return (Item(str(len(earlier))),)
    if step.action == "CONCAT" and used:
        return tuple(earlier)
    given = {name: "\n".join(item.text for item in outputs[name]) for name in used}
    said = {"action": str(known[step.action]), "call": str(step)}
    reply = asking.say("pearl.step", _material(step, given, asking), given=given, said=said)
    fields = told(Reply(teacher="", call="", text=reply), items=list)
    if isinstance(fields, str):
        raise UnansweredError(f"step {step}: {fields}")
    return tuple(Item(str(one).strip()) for one in fields["items"] if str(one).strip())


def _material(step: Step, given: dict[str, str], asking: Asking) -> list[str]:
    """The document, or where it is longer than the window the passages nearest to the step."""
    if asking.text.tokens <= asking.asked.window:
        return [document.text for document in asking.text.documents]
    words = [one.text for one in step.arguments if one.quoted]
    query = " ".join([*words, *given.values(), asking.asked.question])
    most = max(asking.asked.k, asking.asked.window // (2 * asking.text.size))
    near = asking.text.nearest(query, most)
    asking.notes.append(f"{step.output}: the {len(near)} passages nearest to the step were read")
    return [asking.text.words(grain) for grain in asking.text.in_order(near)]
