"""Requests for a teacher that may not be asked > replies by rule in the form it would use, tokens counted.

A preview must not spend anything. So recipes draft with a stand-in, and what they would ask the
teacher is counted on the prompts themselves. Its yields are those of a rule: they are assumed, and
a pilot measures them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

import orjson

from longgrain import shelf
from longgrain.make import component
from longgrain.plan import Plan, TeacherEntry
from longgrain.protocols import Teacher
from longgrain.quota import share_out
from longgrain.teachers.extractive import Extractive
from longgrain.tokens import Tokenizer
from longgrain.types import Answered, Refused, Request

# What a chat template and a server add to a prompt: begin and end of turns, who speaks.
A_PROMPT = 8
# Teachers that work offline and by rule: asking them costs nothing but a moment.
FREE = ("extractive", "scripted")


def is_free(teacher: Teacher, entry: TeacherEntry) -> bool:
    """Whether the teacher may be asked before anyone has agreed to spend anything."""
    return entry.use in FREE or bool(getattr(teacher, "offline", False))


def rehearsing(plan: Plan) -> Plan:
    """The same plan with a stand-in for its teacher, or as it is where the teacher is free."""
    entry = plan.teacher
    if is_free(component("teachers", entry.use, entry.settings), entry):
        return plan
    tokenizer = str(entry.settings.get("tokenizer") or plan.tokenizer_path)
    stand_in = TeacherEntry.model_validate(
        {
            "use": "longgrain.rehearsal:Rehearsal",
            "part": entry.use,
            "settings": entry.settings,
            "tokenizer": tokenizer,
            "prompts": entry.prompts,
        }
    )
    return plan.model_copy(update={"teacher": stand_in})


def sample(plan: Plan, size: int) -> Plan:
    """The same plan with fewer examples, shared out over its recipes as in the plan."""
    counts = [entry.examples for entry in plan.recipes]
    if sum(counts) <= size:
        return plan
    fewer = share_out(size, counts)
    recipes = tuple(
        entry.model_copy(update={"examples": max(few, min(1, entry.examples))})
        for entry, few in zip(plan.recipes, fewer, strict=True)
    )
    return plan.model_copy(update={"recipes": recipes})


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """Stands in for the teacher ``part`` with its ``settings``, and asks nobody.

    It takes questions from the text by rule (see `Extractive`), in the form of a language model's
    reply where that is what the teacher is; asked for a second reading it agrees, and in second
    looks it finds nothing. Tokens are those of ``tokenizer``, money is at the teacher's prices.
    """

    version: ClassVar[str] = "1"
    offline: ClassVar[bool] = True

    part: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    tokenizer: str = "longgrain"

    @cached_property
    def _teacher(self) -> Any:
        return component("teachers", self.part, self.settings)

    @property
    def name(self) -> str:
        """Of the teacher."""
        return str(self._teacher.name)

    @property
    def prompted(self) -> bool:
        """As the teacher."""
        return bool(getattr(self._teacher, "prompted", False))

    @property
    def judges(self) -> bool:
        """As the teacher."""
        return bool(getattr(self._teacher, "judges", False))

    @cached_property
    def _counter(self) -> Tokenizer:
        return Tokenizer.load(self.tokenizer)

    @cached_property
    def _answers(self) -> dict[str, tuple[str, int]]:
        """Question > its answer and how many pieces it needs."""
        return {}

    def ask(self, requests: Sequence[Request]) -> Sequence[Answered | Refused]:
        """A reply for each request, with the tokens that it would take."""
        texts = [self._reply(request) for request in requests]
        asked = ["\n".join(words for _, words in request.prompt) for request in requests]
        sent = self._counter.encode(asked).lengths.tolist()
        back = self._counter.encode(texts).lengths.tolist()
        return [
            self._answer(text, prompt + A_PROMPT if one.prompt else 0, reply)
            for one, text, prompt, reply in zip(requests, texts, sent, back, strict=True)
        ]

    def _answer(self, text: str, prompt: int, reply: int) -> Answered | Refused:
        """Tokens are of no matter to a teacher that reads no prompts."""
        if not self.prompted:
            reply = 0
        prices = getattr(self._teacher, "prices", None)
        money = (prices.prompt * prompt + prices.reply * reply) / 1e6 if prices else 0.0
        if text:
            return Answered(text=text, prompt_tokens=prompt, reply_tokens=reply, money=money)
        return Refused(reason="nothing to ask about was found by rule")

    def _reply(self, request: Request) -> str:
        if request.task == "solve":
            return self._solved(request)
        if request.task == "second_look":
            return '{"answers": []}'
        if words := _rehearsed(self._knowing(request)):
            return words
        language = str(request.settings.get("language", "en"))
        known = language if language in ("en", "zh") else "en"
        settings = {**request.settings, "language": known}
        plain = Request(
            task=request.task, material=request.material, settings=settings, index=request.index
        )
        [answer] = Extractive().ask([plain])
        if isinstance(answer, Refused):
            return '{"questions": []}' if self.prompted else ""
        found = orjson.loads(answer.text)
        return self._as_a_model(found, request.material) if self.prompted else answer.text

    def _as_a_model(self, found: Sequence[Mapping[str, Any]], pieces: Sequence[str]) -> str:
        """Candidates in the form that the prompts ask for."""
        questions = []
        for one in found:
            self._answers[str(one["question"])] = (
                str(one["answer"]),
                len({place[0] for place in one["evidence"]}),
            )
            quotes: list[Any] = [pieces[n][start:end] for n, start, end in one["evidence"]]
            if len(pieces) > 1:
                numbers = [place[0] + 1 for place in one["evidence"]]
                quotes = [
                    {"piece": number, "quote": quote}
                    for number, quote in zip(numbers, quotes, strict=True)
                ]
            words = {name: one[name] for name in ("question", "answer", "reply")}
            questions.append({**words, "quotes": quotes})
        return orjson.dumps({"questions": questions}).decode()

    def _knowing(self, request: Request) -> Request:
        """The request with the answer that goes with its question, as ``known`` in its settings."""
        answer, _ = self._answers.get(str(request.settings.get("question", "")), ("", 0))
        return replace(request, settings={**request.settings, "known": answer})

    def _solved(self, request: Request) -> str:
        """The answer that goes with the question, where all its evidence is shown."""
        question = str(request.settings.get("question", ""))
        # A paraphrase is answered like the question that it came from.
        like = str(request.settings.get("like", question))
        answer, needed = self._answers.get(like, ("", 1))
        able = bool(answer) and len(request.material) >= needed
        return orjson.dumps({"answerable": able, "answer": answer if able else ""}).decode()


def _rehearsed(request: Request) -> str:
    """What the recipe or the augmentation of a task says that a model would reply, where it says so.

    A task begins with its component's name; that has a function ``rehearse(request)``, which finds
    the answer to the request's question in ``settings["known"]``, "" where there is none.
    """
    name = request.task.partition(".")[0]
    for kind in ("recipes", "augmentations"):
        if name in shelf.names(kind):
            rehearse = getattr(shelf.load(kind, name), "rehearse", None)
            return str(rehearse(request)) if rehearse else ""
    return ""
