"""Questions > what a language model answers over the evidence alone and over a long context; nothing is believed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from longgrain.facts import holds
from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.drawn import shuffled
from longgrain.recipes.fitting import grade, unfit
from longgrain.recipes.prefer.pairs import Case, Pair
from longgrain.recipes.quoting import invented
from longgrain.recipes.replied import told
from longgrain.types import Dropped, Refused, Reply, Request, Span

ALIKE = "the answer over the long context is right, too"
_NUMBER = re.compile(r"\d[\d,.]*\d|\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A reply that can be read: its few words, all of them, and whether it finds an answer at all."""

    answer: str
    response: str
    answerable: bool
    reply: Reply


def short_to_long(
    cases: Sequence[Case], materials: Materials, *, shown: int
) -> list[Pair | Dropped]:
    """For each question a pair of the model's own replies, or why there is none."""
    numbers = [_shown(case, shown) for case in cases]
    requests = [_request(case, case.draft.meta["evidence"], materials) for case in cases]
    requests += [_request(case, some, materials) for case, some in zip(cases, numbers, strict=True)]
    replies = materials.ask(requests)
    return [
        _paired(case, replies[n], replies[n + len(cases)], requests[n + len(cases)])
        for n, case in enumerate(cases)
    ]


def _shown(case: Case, shown: int) -> list[int]:
    """The evidence among the grains nearest to the question, in an order that is drawn."""
    near = list(case.draft.meta["hard"])[:shown]
    some = [str(one) for one in (*case.draft.meta["evidence"], *near)]
    return [int(one) for one in shuffled(some, case.draft.id, "long")]


def _request(case: Case, numbers: Sequence[int], materials: Materials) -> Request:
    settings = {
        "language": case.draft.meta["language"],
        "question": asked(case.draft),
        "gold": case.draft.answer,
    }
    material = tuple(materials.text(number) for number in numbers)
    return Request(task="prefer.answer", material=material, settings=settings)


def _paired(
    case: Case, short: Reply | Refused, long: Reply | Refused, request: Request
) -> Pair | Dropped:
    gold, draft = case.draft.answer, case.draft
    right = _read(short, case, f"{case.read}\n{asked(draft)}")
    if isinstance(right, Dropped):
        return right
    if not right.answerable or not _says(right, gold):
        reason = "the answer over the evidence alone is not right"
        return _lost(case, right.reply, reason)
    wrong = _read(long, case, "\n".join((*request.material, asked(draft))))
    if isinstance(wrong, Dropped):
        return wrong
    if wrong.answerable:
        graded = grade(wrong.answer, gold)
        if graded:
            return _lost(case, wrong.reply, ALIKE)
        if graded is None or holds(wrong.response, gold) or not wrong.answer:
            reason = "the answer over the long context is neither right nor clearly wrong"
            return _lost(case, wrong.reply, reason)
    return Pair(
        telling=case.telling,
        chosen=(_span(right),),
        rejected=(_span(wrong),),
        answer=gold,
        wrong=wrong.answer if wrong.answerable else "",
        error="model" if wrong.answerable else "refused",
        form=str(draft.meta["form"]),
        evidence=tuple(sorted(draft.meta["evidence"])),
        rests=case.said,
    )


def _says(said: Told, gold: str) -> bool:
    return grade(said.answer, gold) is True and grade(said.response, gold) is True


def _read(reply: Reply | Refused, case: Case, read: str) -> Told | Dropped:
    said = told(reply, answerable=bool, response=str)
    if isinstance(reply, Refused) or isinstance(said, str):
        reason, _, detail = str(said).partition(": ")
        return Dropped(step="draft", id=case.draft.id, reason=reason, detail=detail)
    answer, response = str(said.get("answer") or "").strip(), said["response"]
    problem = unfit(case.language, response)
    if not problem and said["answerable"] and invented(response, read):
        problem = "has a number that no passage has"
    if problem:
        return _lost(case, reply, f"the answer {problem}")
    return Told(answer=answer, response=response, answerable=said["answerable"], reply=reply)


def _lost(case: Case, reply: Reply, reason: str) -> Dropped:
    return Dropped(step="draft", id=reply.call, reason=reason, detail=asked(case.draft))


def _span(said: Told) -> Span:
    origin = Reply(teacher=said.reply.teacher, call=said.reply.call, text=said.response)
    return Span(role="answer", origin=origin, text=said.response, loss=1.0)


def rehearsed(request: Request) -> str:
    """What a model might say: right over one grain, another number of the passages over many."""
    gold = str(request.settings["gold"])
    answer = gold
    if len(request.material) > 1:
        numbers = _NUMBER.findall("\n".join(request.material))
        answer = next((one for one in numbers if not holds(gold, one)), "")
    zh = request.settings["language"] == "zh"
    words = f"{'答案是' if zh else 'The answer is '}{answer}{'。' if zh else '.'}"
    if not answer:
        words = "材料没有给出答案。" if zh else "The passages do not give the answer."
    said = {"answerable": bool(answer), "answer": answer, "response": words}
    return orjson.dumps(said).decode()
