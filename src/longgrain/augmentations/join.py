"""Two drafts over the same pool > one with both questions, numbered, and both answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from longgrain.augmentations.constrain import answer_alone
from longgrain.augmentations.spoken import draw, language_of, marked
from longgrain.augmentations.wording import BOTH, LABEL
from longgrain.facts import holds
from longgrain.protocols import Materials
from longgrain.types import Draft, Given, Message, Slot, Span

_PLAIN = ("instruction", "glue", "question")


@dataclass(frozen=True, kw_only=True)
class Join:
    """Two questions at once: the evidence of both lies in one context, and neither answers the other."""

    name: ClassVar[str] = "join"
    takes: ClassVar[int] = 2
    reforms: ClassVar[bool] = True

    def altered(
        self, groups: Sequence[Sequence[Draft]], materials: Materials
    ) -> Sequence[Draft | str]:
        """One draft of each two, or why not."""
        return [self._one(first, second) for first, second in groups]

    def _one(self, first: Draft, second: Draft) -> Draft | str:
        for draft in (first, second):
            if not is_plain(draft):
                return "it is not one question over a pool with one short answer"
        if language_of(first) != language_of(second):
            return "the two questions are in two languages"
        if reason := _in_the_way(first, second) or _in_the_way(second, first):
            return reason
        if first.meta.get("form") == "order" or second.meta.get("form") == "order":
            return "an order of letters would be taken for the numbers of the answers"
        pair = (first, second)
        return replace(first, **_parts(pair, materials_of(pair)))


def is_plain(draft: Draft) -> bool:
    """Whether it is an instruction, a context among a pool, one question and one short answer."""
    asked = draft.messages[-2].spans if len(draft.messages) > 1 else ()
    roles = [span.role for span in asked if isinstance(span, Span)]
    plain = draft.meta.get("layout") == "long" and set(roles) <= set(_PLAIN)
    return plain and answer_alone(draft) is not None and sum(map(_is_slot, asked)) == 1


def _is_slot(span: Span | Slot) -> bool:
    return isinstance(span, Slot)


def _in_the_way(one: Draft, other: Draft) -> str:
    """Why the evidence or the question of ``other`` must not stand beside the question of ``one``."""
    if set(one.meta.get("rivals") or ()) & set(other.meta["evidence"]):
        return "the evidence of one question might answer the other"
    asked = " ".join(
        s.text or ""
        for s in other.messages[-2].spans
        if isinstance(s, Span) and s.role == "question"
    )
    if holds(asked, one.answer):
        return "one question gives the answer to the other away"
    return ""


def materials_of(pair: Sequence[Draft]) -> dict[str, Any]:
    """Evidence, rivals and hard distractors of both, none of which is in the way of the other."""
    evidence = sorted({number for one in pair for number in one.meta["evidence"]})
    grains = {
        number: grain
        for one in pair
        for number, grain in zip(one.meta["evidence"], one.evidence, strict=True)
    }
    rivals = list(dict.fromkeys(n for one in pair for n in one.meta.get("rivals") or ()))
    # Taken in turn, the nearest to each question first.
    turns = [list(one.meta.get("hard") or ()) for one in pair]
    longest = max(map(len, turns))
    hard = [turn[n] for n in range(longest) for turn in turns if n < len(turn)]
    kept = [n for n in dict.fromkeys(hard) if n not in rivals and n not in evidence]
    return {
        "evidence": evidence,
        "grains": tuple(grains[number] for number in evidence),
        "rivals": rivals,
        "hard": kept,
    }


def _parts(pair: Sequence[Draft], pool: Mapping[str, Any]) -> dict[str, Any]:
    first, _ = pair
    spoken = language_of(first)
    wordings = BOTH[spoken]
    number = draw(len(wordings), *(one.id for one in pair))
    answers = [one.answer for one in pair]
    meta = {
        **{
            k: v
            for k, v in first.meta.items()
            if k in ("kind", "language", "layout", "by", "prompt")
        },
        "form": "join",
        "template": f"join-{spoken}-{number}",
        "keep_order": False,
        **{name: pool[name] for name in ("evidence", "rivals", "hard")},
        "parts": [
            {
                "form": one.meta.get("form"),
                "answer": one.answer,
                "operands": list(one.meta.get("operands") or ()),
                "template": one.meta.get("template"),
            }
            for one in pair
        ],
        "quotes": [q for one in pair for q in one.meta.get("quotes") or ()],
    }
    told = marked(replace(first, meta=meta), "join", *pair)
    return {
        "evidence": pool["grains"],
        "messages": _messages(pair, wordings[number], f"join-{spoken}-{number}"),
        "answer": _numbered(answers),
        "meta": told.meta,
        "views": {},
    }


def _numbered(answers: Sequence[str]) -> str:
    return "\n".join(f"{n}. {answer}" for n, answer in enumerate(answers, 1))


def _messages(pair: Sequence[Draft], wording: str, name: str) -> tuple[Message, ...]:
    """A system message of the first; instruction, context, both questions; both answers, learned."""

    def own(role: Any, text: str, id: str, loss: float = 0.0) -> Span:
        return Span(role=role, origin=Given(source="longgrain.join", id=id), text=text, loss=loss)

    first = pair[0]
    spoken = language_of(first)
    user: list[Span | Slot] = [
        own("instruction", wording, name),
        own("glue", "\n\n", "break"),
        Slot(),
    ]
    learned: list[Span] = []
    user.append(own("glue", LABEL[spoken], "label"))
    for n, one in enumerate(pair, 1):
        lead = f"{n}. " if n == 1 else f"\n{n}. "
        asked = (s for s in one.messages[-2].spans if isinstance(s, Span) and s.role == "question")
        user += [own("glue", lead, "number"), *asked]
        answer = answer_alone(one)
        assert answer is not None
        learned += [own("glue", lead, "number", answer.loss), answer]
    return (
        *(one for one in first.messages[:-2]),
        Message(speaker="user", spans=tuple(user)),
        Message(speaker="assistant", spans=tuple(learned)),
    )
