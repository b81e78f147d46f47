"""A draft with a short answer > the same with a demand on the form of the answer, and the answer in that form."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from longgrain.augmentations.spoken import draw, language_of, marked, own_spans
from longgrain.augmentations.wording import CONSTRAINTS
from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.types import Draft, Given, Message, Reply, Span

Demand = Literal["json", "alone", "words", "tag", "language"]
DEMANDS: tuple[Demand, ...] = ("json", "alone", "words", "tag", "language")
# What is a whole sentence cannot be had in a few words, or without being one.
SHORT = ("alone", "words")
FORMS = ("number", "date", "name", "term", "quote", "compare", "sum", "order", "bridge")
# An instruction that says itself what the answer should look like.
_DEMANDS = re.compile(
    r"\b(?:sentences?|JSON|brackets?|words?|wording|verbatim|quote|list|steps?|plan|reason(?:ing)?|evidence|"
    r"rests?|check|verify|briefly|brief|short|shortest|stretch|number(?:ed)?|notes?)\b"
    r"|[句字段]|JSON|编号|編號|列出|步|理由|依据|依據|原样|原樣|引用|抄|摘|检查|检验|验证|核对|简[要短单洁]|序号",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+(?:[.,'’:/-][^\W\u3400-\u9fff]+)*")


@dataclass(frozen=True, kw_only=True)
class Constrain:
    """One demand that can be checked: JSON, the answer alone, at most so many words, a tag, a language."""

    name: ClassVar[str] = "constrain"
    takes: ClassVar[int] = 1
    reforms: ClassVar[bool] = True

    demands: tuple[Demand, ...] = DEMANDS
    """Which demands are made, one of an example."""

    def __post_init__(self) -> None:
        if not self.demands:
            raise PlanError(
                f"constrain demands []: nothing would be demanded; give some of {', '.join(DEMANDS)}"
            )

    def altered(
        self, groups: Sequence[Sequence[Draft]], materials: Materials
    ) -> Sequence[Draft | str]:
        """One draft each, or why not."""
        return [self._one(draft) for [draft] in groups]

    def _able(self, draft: Draft) -> list[Demand]:
        """The demands that go with what the draft's own words ask for."""
        told = own_spans(draft, ("instruction",))
        asks = [_quoted_out(one.text or "") for one in own_spans(draft, ("question",))]
        own = any(_DEMANDS.search(one) for one in (*(one.text or "" for one in told), *asks))
        whole = draft.meta.get("form") == "quote" or draft.answer.rstrip()[-1:] in tuple(
            ".。!！?？"
        )
        spoken = str(draft.meta.get("language")).startswith(("en", "zh"))
        return [
            one
            for one in self.demands
            if (spoken if one == "language" else not own and not (whole and one in SHORT))
        ]

    def _one(self, draft: Draft) -> Draft | str:
        answer = answer_alone(draft)
        if answer is None:
            return "its answer is not one short answer to one question"
        demands = self._able(draft)
        if not demands:
            return "its instruction demands a form of its own"
        drawn = draw(1 << 32, draft.id, self.name)
        demand = demands[drawn % len(demands)]
        spoken, reply = language_of(draft), answer.text or ""
        most = words_in(draft.answer) + drawn // 8 % 4
        wordings = CONSTRAINTS[demand][spoken]
        number = drawn // 64 % len(wordings)
        told = {"demand": demand, **({"most": most} if demand == "words" else {})}
        said = Span(
            role="instruction",
            origin=Given(source=f"longgrain.{self.name}", id=f"{demand}-{spoken}-{number}"),
            text=wordings[number].format(most=most),
        )
        changed = _with(draft, said, answer, _reformed(answer, demand, draft.answer, reply))
        found = marked(changed, self.name, draft, demand=demand)
        return replace(found, meta={**found.meta, "constraint": told})


def _quoted_out(text: str) -> str:
    """A question without what it quotes."""
    return re.sub(r"“[^”]*”|「[^」]*」|\"[^\"]*\"|《[^》]*》", "", text)


def answer_alone(draft: Draft) -> Span | None:
    """The one span that a draft of question and short answer learns, or None for any other draft."""
    meta = draft.meta
    if (
        draft.views
        or "cites" in meta
        or meta.get("form") not in FORMS
        or len(draft.messages[-1].spans) != 1
    ):
        return None
    if [one.speaker for one in draft.messages if one.speaker != "system"] != ["user", "assistant"]:
        return None
    [span] = draft.messages[-1].spans
    asked = [s for s in draft.messages[-2].spans if isinstance(s, Span) and s.role == "question"]
    alone = isinstance(span, Span) and span.role == "answer" and span.text is not None
    return span if alone and len(asked) == 1 and isinstance(span, Span) else None


def words_in(text: str) -> int:
    """Words and Han characters; a number in digits is one."""
    return len(_WORD.findall(text))


def _reformed(answer: Span, demand: Demand, gold: str, reply: str) -> Span:
    words = {
        "json": json.dumps({"answer": gold}, ensure_ascii=False),
        "tag": f"<answer>{gold}</answer>",
        "language": reply,
    }.get(demand, gold)
    origin: Any = answer.origin
    if isinstance(origin, Reply):
        origin = replace(origin, text=words)
    return replace(answer, text=words, origin=origin)


def _with(draft: Draft, said: Span, old: Span, new: Span) -> Draft:
    """The demand stands on a line of its own behind all that the user says."""
    glue = Span(role="glue", origin=Given(source="longgrain.constrain", id="break"), text="\n")
    *before, asked, _ = draft.messages
    asked = replace(asked, spans=(*asked.spans, glue, said))
    learned = Message(speaker="assistant", spans=(new,))
    return replace(draft, messages=(*before, asked, learned))
