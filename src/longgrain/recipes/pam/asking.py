"""Cases > what a language model answers to them, and how it corrects a wrong answer; nothing is believed."""

from __future__ import annotations

import re
from collections.abc import Sequence

import orjson

from longgrain.facts import holds
from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.drawn import shuffled
from longgrain.recipes.fitting import unfit
from longgrain.recipes.pam.attempts import Attempt, replied
from longgrain.recipes.pam.cases import Case
from longgrain.recipes.pam.telling import Try
from longgrain.recipes.quoting import invented
from longgrain.recipes.replied import told
from longgrain.types import Dropped, Refused, Reply, Request

OTHER = {"en": "something else", "zh": "另有其他"}


def attempts_at(
    cases: Sequence[Case], materials: Materials, *, shown: int, samples: int
) -> list[list[Attempt | Dropped]]:
    """For each case the teacher's attempts, and those of its replies that cannot be used."""
    requests = [
        _attempt(case, materials, shown, index) for case in cases for index in range(samples)
    ]
    replies = materials.ask(requests)
    found: list[list[Attempt | Dropped]] = []
    for number, case in enumerate(cases):
        mine = replies[number * samples : (number + 1) * samples]
        found.append([_read(reply, case) for reply in mine])
    return found


def _attempt(case: Case, materials: Materials, shown: int, index: int) -> Request:
    numbers = [*case.draft.meta["evidence"], *case.draft.meta["hard"]][: max(shown, 1)]
    order = shuffled([materials.text(number) for number in numbers], case.draft.id, "shown")
    return Request(
        task="pam.attempt",
        material=tuple(order),
        settings={
            "language": case.language,
            "question": asked(case.draft),
            "given": {"options": _listed(case)},
            "said": {"choices": len(case.telling.options)},
            "gold": case.gold,
        },
        index=index,
    )


def _listed(case: Case) -> str:
    return "\n".join(map(case.telling.labelled, case.telling.options))


def _read(reply: Reply | Refused, case: Case) -> Attempt | Dropped:
    name = reply.call if isinstance(reply, Reply) else case.draft.id
    found = replied(reply, case.language, case.telling.options)
    if isinstance(found, tuple):
        return Dropped(step="draft", id=name, reason=found[0], detail=found[1])
    if case.is_right(found.answer) is None:
        reason = "the attempt is neither right nor clearly wrong"
        return Dropped(step="draft", id=name, reason=reason, detail=found.answer)
    return found


def corrections(
    cases: Sequence[Case], wrong: Sequence[Sequence[Try]], materials: Materials
) -> list[Try | Dropped]:
    """For each case the right reasoning after its wrong attempts, or why the reply cannot be used."""
    requests = [_correct(case, tries, materials) for case, tries in zip(cases, wrong, strict=True)]
    replies = materials.ask(requests)
    return [
        _corrected(reply, case, "\n".join(request.material))
        for reply, case, request in zip(replies, cases, requests, strict=True)
    ]


def _correct(case: Case, tries: Sequence[Try], materials: Materials) -> Request:
    return Request(
        task="pam.correct",
        material=tuple(materials.text(number) for number in case.draft.meta["evidence"]),
        settings={
            "language": case.language,
            "question": asked(case.draft),
            "given": {
                "answer": case.telling.labelled(case.gold),
                "wrong": "\n".join(case.telling.labelled(one.answer) for one in tries),
                "options": _listed(case),
            },
            "said": {"choices": len(case.telling.options)},
            "gold": case.gold,
        },
    )


def _corrected(reply: Reply | Refused, case: Case, read: str) -> Try | Dropped:
    said = told(reply, reasoning=str, answer=str)
    if isinstance(reply, Refused) or isinstance(said, str):
        reason, _, detail = str(said).partition(": ")
        return Dropped(step="draft", id=case.draft.id, reason=reason, detail=detail)
    reasoning, answer = said["reasoning"], said["answer"]
    if problem := _problem(reasoning, answer, case, read):
        return Dropped(step="draft", id=reply.call, reason=problem, detail=reply.text[:200])
    origin = Reply(teacher=reply.teacher, call=reply.call, text=reasoning)
    attempt = Attempt(reasoning=reasoning, answer=case.gold, origin=origin, by="teacher")
    return case.telling.told(attempt, -1)


def _problem(reasoning: str, answer: str, case: Case, read: str) -> str:
    if problem := unfit(case.language, reasoning, answer):
        return f"the correction {problem}"
    if case.is_right(answer) is not True:
        return "the correction gives another answer"
    if case.misreadings and not holds(reasoning, case.draft.answer):
        return "the correction's reasoning does not come to the answer"
    if invented(reasoning, f"{read}\n{asked(case.draft)}\n{_listed(case)}\n{case.gold}"):
        return "the correction has a number that its evidence does not have"
    return ""


def rehearsed(request: Request) -> str:
    """What a model might say: every other attempt is wrong, every correction is right."""
    gold = str(request.settings["gold"])
    language = "zh" if request.settings["language"] == "zh" else "en"
    options = re.findall(r"[(（][A-H][)）] ?(.+)", request.settings["given"]["options"])
    others = [one for one in options if one != gold] or [OTHER[language]]
    errs = request.task == "pam.attempt" and len(request.settings["question"]) % 2
    answer = others[0] if errs else gold
    words = {"reasoning": f"{request.material[0]} {answer}", "answer": answer}
    return orjson.dumps(words).decode()
