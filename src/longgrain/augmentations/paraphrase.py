"""A draft > the same with its instruction or question said in another way, by pattern or by a language model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import orjson

from longgrain.augmentations.patterns import said_otherwise
from longgrain.augmentations.replied import flag, words
from longgrain.augmentations.spoken import (
    draw,
    language_of,
    marked,
    own_spans,
    with_spans,
    with_text,
)
from longgrain.errors import PlanError
from longgrain.facts import holds, same_answer
from longgrain.protocols import Materials
from longgrain.scripts import is_traditional
from longgrain.types import Draft, Given, Refused, Reply, Request, Span

NOTHING = "no instruction or question of a form that is known"
# Forms whose answer a second reading of the evidence can be held against.
SOLVED = ("number", "date", "name", "term", "quote")


@dataclass(frozen=True, kw_only=True)
class Paraphrase:
    """Another way of saying what is to be done. A model's is read again before it is believed."""

    name: ClassVar[str] = "paraphrase"
    takes: ClassVar[int] = 1
    reforms: ClassVar[bool] = False

    where: tuple[Literal["instruction", "question"], ...] = ("instruction", "question")
    """Of which role one span is chosen."""
    by: Literal["auto", "rule", "teacher"] = "auto"
    """Who paraphrases: patterns of our own, the teacher, or the teacher where it is a language model."""

    def __post_init__(self) -> None:
        if not self.where:
            raise PlanError(
                "paraphrase where []: nothing would be said otherwise; name instruction, question "
                "or both"
            )

    def altered(
        self, groups: Sequence[Sequence[Draft]], materials: Materials
    ) -> Sequence[Draft | str]:
        """One draft each, or why not."""
        if self.by == "teacher" and not materials.prompted:
            raise PlanError(
                "paraphrase by: teacher needs a language model, and the teacher of the plan works by "
                "rule; set by: rule, or another teacher"
            )
        drafts = [draft for [draft] in groups]
        asks = materials.prompted and self.by != "rule"
        return self._asked(drafts, materials) if asks else [self._ruled(one) for one in drafts]

    def _ruled(self, draft: Draft) -> Draft | str:
        spans = self._spans(draft)
        language = language_of(draft)
        hant = language == "zh" and is_traditional("".join(one.text or "" for one in spans))
        for span in spans:
            ways = list(said_otherwise(span.text or "", span.role, language, hant=hant))
            if ways and span.role == "instruction" and _are_several(spans):
                ways = [one for one in ways if one[0] != "imperative"] or ways[:1]  # only "Please"
            if ways:
                pattern, text = ways[draw(len(ways), draft.id, span.text or "")]
                changed = with_spans(draft, {span: with_text(span, text, self.name)})
                return marked(changed, self.name, draft, role=span.role, pattern=pattern)
        return NOTHING

    def _spans(self, draft: Draft) -> list[Span]:
        """Whole sentences of our own, in an order of the draft's own; options are none.

        A question among several turns leans on those before it, so there only instructions are said
        otherwise.
        """
        turns = sum(one.speaker == "user" for one in draft.messages)
        where = [one for one in self.where if one == "instruction" or turns == 1]
        spans = [one for one in own_spans(draft, where) if _is_said(one.text or "")]
        return sorted(dict.fromkeys(spans), key=lambda one: draw(1 << 32, draft.id, one.text or ""))

    # --- by a language model ------------------------------------------------------------------

    def _asked(self, drafts: Sequence[Draft], materials: Materials) -> list[Draft | str]:
        """Words first, then for those that can be used whether they ask for the same."""
        spans = [next(iter(self._spans(draft)), None) for draft in drafts]
        found: list[Draft | str] = [NOTHING] * len(drafts)
        able = [n for n, span in enumerate(spans) if span]
        requests = [_request("words", drafts[n], [(spans[n] or _NONE).text or ""]) for n in able]
        waiting: dict[int, tuple[Span, Reply, str]] = {}
        for n, reply in zip(able, materials.ask(requests), strict=True):
            span = spans[n]
            assert span is not None
            said = words(reply, language_of(drafts[n]), like=span.text or "")
            if isinstance(said, tuple):
                waiting[n] = (span, said[0], said[1])
            else:
                found[n] = said
        self._read_again(drafts, waiting, materials, found)
        return found

    def _read_again(
        self,
        drafts: Sequence[Draft],
        waiting: Mapping[int, tuple[Span, Reply, str]],
        materials: Materials,
        found: list[Draft | str],
    ) -> None:
        """Fills ``found`` with the paraphrases that a second reading takes for the same."""
        looks = [
            _request("same", drafts[n], [old.text or "", new])
            for n, (old, _, new) in waiting.items()
        ]
        sound = [
            n for n, reply in zip(waiting, materials.ask(looks), strict=True) if flag(reply, "same")
        ]
        for n in waiting.keys() - set(sound):
            found[n] = "a second reading finds that the paraphrase asks for something else"
        solved = [n for n in sound if _can_be_solved(drafts[n], waiting[n][0])]
        replies = materials.ask([_solving(drafts[n], waiting[n], materials) for n in solved])
        answers = dict(zip(solved, replies, strict=True))
        for n in sound:
            span, reply, text = waiting[n]
            if n in answers and not _agrees(answers[n], drafts[n].answer):
                found[n] = "a second reading does not come to the same answer"
                continue
            origin = Reply(teacher=reply.teacher, call=reply.call, text=text)
            new = Span(role=span.role, origin=origin, text=text, loss=span.loss)
            changed = with_spans(drafts[n], {span: new})
            found[n] = marked(changed, self.name, drafts[n], role=span.role, by=reply.teacher)

    @staticmethod
    def rehearse(request: Request) -> str:
        """What a model would reply, by rule."""
        if request.task.endswith(".same"):
            return '{"same": true}'
        [text] = request.material
        language = "zh" if str(request.settings.get("language", "")).startswith("zh") else "en"
        role = str(request.settings.get("said", {}).get("role", "question"))
        said = next((one for _, one in said_otherwise(text, role, language)), text)
        return orjson.dumps({"words": said}).decode()


_NONE = Span(role="glue", origin=Given(source="longgrain.paraphrase", id="none"), text="")


def _is_said(text: str) -> bool:
    """Whether it is a sentence that somebody is told: options in brackets and labels are not."""
    return (
        bool(text.strip())
        and (text[0].isalpha() or text[0] in "“「《")
        and text.rstrip()[-1] in ".。?？!！”"
    )


def _are_several(spans: Sequence[Span]) -> bool:
    """Whether the instruction is told in several spans, so that none of them is the whole task."""
    return sum(one.role == "instruction" for one in spans) > 1


def _request(task: str, draft: Draft, material: Sequence[str]) -> Request:
    settings = {"language": language_of(draft), "said": {"role": _role(material, draft)}}
    return Request(task=f"paraphrase.{task}", material=tuple(material), settings=settings)


def _role(material: Sequence[str], draft: Draft) -> str:
    asked = {one.text for one in own_spans(draft, ("question",))}
    return "question" if material[0] in asked else "instruction"


def _can_be_solved(draft: Draft, span: Span) -> bool:
    literal = draft.meta.get("form") in SOLVED and draft.meta.get("operands")
    return span.role == "question" and bool(literal) and bool(draft.meta.get("evidence"))


def _solving(draft: Draft, waiting: tuple[Span, Reply, str], materials: Materials) -> Request:
    """The task `solve`: an answer from the evidence alone. ``like`` is the question it came from."""
    old, _, new = waiting
    texts = tuple(materials.text(number) for number in draft.meta["evidence"])
    settings = {"language": language_of(draft), "question": new, "like": old.text or ""}
    return Request(task="solve", material=texts, settings=settings)


def _agrees(reply: Reply | Refused, gold: str) -> bool:
    if isinstance(reply, Refused):
        return False
    try:
        said = orjson.loads(reply.text)
    except orjson.JSONDecodeError:
        return False
    if not isinstance(said, dict) or said.get("answerable") is not True:
        return False
    answer = str(said.get("answer") or "")
    return same_answer(answer, gold) or holds(answer, gold) or holds(gold, answer)
