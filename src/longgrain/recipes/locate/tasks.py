"""A question, or statements, and a place for the evidence > the finished draft, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from longgrain.recipes.asked import asked
from longgrain.recipes.asked import question_of as first_question
from longgrain.recipes.locate import support
from longgrain.recipes.locate.passages import Chooser, Shown, stands_under
from longgrain.recipes.locate.steps import Speech, Style, answering, asking, spoken
from longgrain.recipes.locate.support import Statement
from longgrain.recipes.quoting import Said, is_readable, rests_on
from longgrain.types import Draft, Dropped, Message

# What the checks need again of a question.
KEPT = ("operands", "statements", "asked", "descending", "quantity")
UNQUOTABLE = "the sentence that answers the question cannot be quoted as a whole"


@dataclass(frozen=True, kw_only=True)
class Located:
    """A question to be said again, located and answered; ``withheld`` leaves its evidence out."""

    question: Draft
    style: Style
    withheld: bool = False

    def draft(self, kind: str, chooser: Chooser, turn: int) -> Draft | Dropped:
        """The draft with its evidence at the place of this turn."""
        one, materials = self.question, chooser.materials
        quotes: list[Said] = []
        if self.style == "quote" and not self.withheld:
            quotes = rests_on(one, materials) or []
            if not quotes or not all(is_readable(q, one.meta["language"]) for q in quotes):
                return lost(one, UNQUOTABLE)
        if self.style == "path" and not self.withheld and not stands_under(one, materials):
            return lost(one, "a heading stands between the beginning of the passage and its answer")
        shown = chooser.shown(
            [one], turn, withheld=[one] if self.withheld else (), path=self.style == "path"
        )
        if isinstance(shown, str):
            return lost(one, shown)
        speech = Speech(language=spoken(one.meta["language"]), like=asked(one), name=one.id)
        said = answering(self.style, one, shown, quotes, speech, materials)
        meta: dict[str, Any] = {
            "form": "refusal" if self.withheld else one.meta["form"],
            "template": f"locate.{self.style}:{one.meta['template']}",
            "style": self.style,
            **{name: one.meta[name] for name in KEPT if name in one.meta},
        }
        if self.style in ("index", "several") or self.withheld:
            meta["cites"] = sorted(map(shown.place, shown.evidence))
        if quotes or (one.meta.get("quotes") and not self.withheld):
            meta["quotes"] = [q.text for q in quotes] or list(one.meta["quotes"])
        answer = asked_answer(said) if self.withheld else one.answer
        messages = (asking(self.style, shown, first_question(one), speech, materials), said)
        return made(kind, [one], shown, messages, answer, meta, chooser)


@dataclass(frozen=True, kw_only=True)
class Attributed:
    """Statements to attribute; the evidence of those ``withheld`` is not shown."""

    statements: Sequence[Statement]
    withheld: Sequence[Statement] = ()

    @property
    def _style(self) -> str:
        if any(one.wrong for one in self.statements):
            return "changed"
        return "mixed" if 0 < len(self.withheld) < len(self.statements) else "support"

    def draft(self, kind: str, chooser: Chooser, turn: int) -> Draft | Dropped:
        """The draft with its evidence at the place of this turn."""
        drafts = [one.draft for one in self.statements]
        first, materials = drafts[0], chooser.materials
        withheld = [one.draft for one in self.withheld]
        shown = chooser.shown(drafts, turn, withheld=withheld, path=False)
        if isinstance(shown, str):
            return lost(first, shown)
        like = "".join(one.repeated for one in self.statements)
        speech = Speech(language=spoken(first.meta["language"]), like=like, name=first.id)
        question = support.question_of(self.statements, speech)
        said = support.answering(self.statements, shown, speech)
        quotes = [q.text for one in self.statements if one not in self.withheld for q in one.quotes]
        meta = {
            "form": "support",
            "template": f"locate.{getattr(question.origin, 'id', '')}",
            "style": self._style,
            "cites": sorted(map(shown.place, shown.evidence)),
            "quotes": quotes,
        }
        messages = (asking("support", shown, question, speech, materials), said)
        return made(kind, drafts, shown, messages, asked_answer(said), meta, chooser)


Task = Located | Attributed


def made(
    kind: str,
    drafts: Sequence[Draft],
    shown: Shown,
    messages: tuple[Message, ...],
    answer: str,
    meta: Mapping[str, Any],
    chooser: Chooser,
) -> Draft:
    """The draft with what the steps and the checks need to know of it."""
    evidence = sorted(shown.evidence)
    others = [one for one in shown.numbers if one not in evidence]
    needed = {number for one in drafts for number in one.meta["evidence"]}
    rivals = {number for one in drafts for number in one.meta["rivals"]} | needed
    return Draft(
        recipe="locate",
        seed=drafts[0].seed,
        evidence=tuple(map(chooser.materials.grain, evidence)),
        messages=messages,
        answer=answer,
        meta={
            "kind": kind,
            "language": drafts[0].meta["language"],
            "layout": "none",
            "keep_order": False,
            "evidence": evidence,
            "rivals": sorted(rivals - set(shown.numbers)),
            "hard": others,
            "withheld": sorted(needed - set(evidence)),
            "passages": list(shown.numbers),
            "by": drafts[0].meta.get("by", ""),
            **meta,
        },
    )


def asked_answer(said: Message) -> str:
    """What a reply answers, without its other steps."""
    words = (one.text or "" for one in said.spans if getattr(one, "role", "") == "answer")  # type: ignore[union-attr]
    return "".join(words).strip()


def lost(draft: Draft, reason: str) -> Dropped:
    """Why a question came to nothing."""
    return Dropped(step="draft", id=draft.id, reason=reason, detail=asked(draft))
