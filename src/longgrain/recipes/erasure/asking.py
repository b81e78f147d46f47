"""Questions and strategies > what a language model answers under each strategy; nothing is believed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.fitting import grade, unfit
from longgrain.recipes.quoting import invented
from longgrain.types import Draft, Dropped, Refused, Reply, Request, Slot, Span

_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_DATA = re.compile(r"\s*(?:```|[{\[]\s*[\"{\[\]}]|[{\[]\s*\Z)")
_LABEL = re.compile(
    r"[\s*_#>-]*(?:(?:the )?(?:final )?answer(?: is)?|(?:最终|最終)?答案(?:是|为|為)?)\s*[:：]?[\s*_]*",
    re.IGNORECASE,
)
# What a server might take for the end of a turn is broken by a sign that is not seen.
_CONTROL = re.compile(
    r"<(?=\|[^|<>\n]{1,40}\|>|/?s>|[be]os>|(?:start|end)_of_turn>|｜)|\[(?=/?INST\])"
)
JOINER = "\u2060"


def requests(
    asking: Sequence[tuple[Draft, str, str]], materials: Materials, *, shown: int
) -> list[Request]:
    """For each question, strategy and its system message: that, then the user's turn over some grains."""
    return [
        _request(draft, strategy, system, materials, shown) for draft, strategy, system in asking
    ]


def _request(draft: Draft, strategy: str, system: str, materials: Materials, shown: int) -> Request:
    numbers = sorted({*draft.meta["evidence"], *list(draft.meta["hard"])[:shown]})
    texts = tuple(materials.text(number) for number in numbers)
    context = "".join(_CONTROL.sub(lambda one: one[0] + JOINER, f"{text}\n\n") for text in texts)
    words = (
        context if isinstance(span, Slot) else span.text or ""
        for message in draft.messages
        if message.speaker == "user"
        for span in message.spans
    )
    return Request(
        task="erasure.answer",
        material=texts,
        prompt=(("system", system), ("user", "".join(words))),
        settings={
            "language": draft.meta["language"],
            "strategy": strategy,
            "gold": draft.answer,
        },
    )


def read(reply: Reply | Refused, draft: Draft, request: Request) -> list[Span] | Dropped:
    """What the teacher said, its last line as the answer; or the reason why it cannot be used."""
    if isinstance(reply, Refused):
        reason, _, detail = reply.reason.partition(": ")
        return Dropped(step="draft", id=draft.id, reason=reason, detail=detail)
    text = _THOUGHT.sub("", reply.text).replace(JOINER, "").strip()
    before, last = text[: text.rfind("\n") + 1], text[text.rfind("\n") + 1 :]
    if problem := _problem(text, before, last, draft, request):
        return Dropped(step="draft", id=reply.call, reason=problem, detail=text[:200])

    def said(words: str) -> Reply:
        return Reply(teacher=reply.teacher, call=reply.call, text=words)

    answer = Span(role="answer", origin=said(last), text=last, loss=1.0)
    if not before:
        return [answer]
    return [Span(role="reasoning", origin=said(before), text=before, loss=1.0), answer]


def _problem(text: str, before: str, last: str, draft: Draft, request: Request) -> str:
    if not text:
        return "the answer is empty"
    if _DATA.match(text):
        return "the answer is data, not words"
    if problem := unfit(str(draft.meta["language"]), text):
        return f"the answer {problem}"
    if grade(_LABEL.sub("", last, count=1) or last, draft.answer) is False:
        return "the last line gives another answer"
    if (request.settings["strategy"] == "direct") == bool(before.strip()):
        return "the answer does not follow the strategy"
    read = "\n".join([*request.material, asked(draft), draft.answer])
    if len(draft.evidence) == 1 and invented(text, read):
        return "the answer has a number that its passages do not have"
    return ""


def rehearsed(request: Request) -> str:
    """What a model might say: its material, then the answer; the answer alone where that is asked for."""
    gold = str(request.settings["gold"])
    return gold if request.settings["strategy"] == "direct" else f"{request.material[0]}\n{gold}"
