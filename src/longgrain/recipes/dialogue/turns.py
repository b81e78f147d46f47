"""Questions and answers in turn > a conversation whose first question has the document before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from longgrain.protocols import Materials
from longgrain.recipes.dialogue import wording
from longgrain.recipes.dialogue.topics import Topic
from longgrain.recipes.drawn import drawn
from longgrain.recipes.script import written
from longgrain.types import Draft, Given, Message, Reply, Role, Slot, Span

# What fills a wording with words of ours: a reference, the kind of a fact.
OURS = ("that", "what", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One question and its answer.

    ``answer`` is what the checks hold against the evidence, by ``form`` and ``operands``; ``quotes``
    are the words that it rests on, ``numbers`` the grains that they stand in. ``refers`` says that
    the question cannot be understood alone.
    """

    move: str
    asked: tuple[Span, ...]
    reply: tuple[Span, ...]
    answer: str
    form: str
    numbers: tuple[int, ...]
    operands: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    refers: bool = True

    @property
    def told(self) -> dict[str, Any]:
        """What the checks and the reader of an example need to know."""
        return {
            "move": self.move,
            "form": self.form,
            "answer": self.answer,
            "operands": list(self.operands),
            "quotes": list(self.quotes),
            "refers": self.refers,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Our own words for one conversation: in a language, in the script of ``like``, drawn by ``name``."""

    language: str
    like: str
    name: str

    def draw(self, of: str, wordings: Sequence[str], **filling: str) -> tuple[str, str]:
        """The name of a wording and its words; what fills it from the document stays as it is."""
        number = drawn(len(wordings), of, self.name)
        filled = {name: self.told(text) if name in OURS else text for name, text in filling.items()}
        words = self.told(wordings[number]).format(**filled)
        return f"{of}-{self.language}-{number}", words

    def told(self, words: str) -> str:
        """Words of ours in the script of the document."""
        return written(words, self.like) if self.language == "zh" else words


def ours(role: Role, name: str, text: str, loss: float = 0.0) -> Span:
    """Words of our own."""
    return Span(role=role, origin=Given(source="longgrain.dialogue", id=name), text=text, loss=loss)


def said_by(origin: Reply | Given, role: Role, text: str, loss: float = 0.0) -> Span:
    """Words that keep their home."""
    if isinstance(origin, Reply):
        origin = Reply(teacher=origin.teacher, call=origin.call, text=text)
    return Span(role=role, origin=origin, text=text, loss=loss)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """Topics, the turns about them, and whether their document stays in order."""

    kind: str
    topics: Sequence[Topic]
    turns: Sequence[Turn]
    in_order: bool
    speech: Speech
    meta: Mapping[str, Any] = field(default_factory=dict)

    def draft(self, materials: Materials) -> Draft:
        """The draft: the document comes once, in the first turn; every answer is learned."""
        first = self.topics[0].draft
        evidence = sorted({number for turn in self.turns for number in turn.numbers})
        rivals = {number for topic in self.topics for number in topic.draft.meta["rivals"]}
        rivals -= set(evidence)
        ranked = zip_longest(*(topic.draft.meta["hard"] for topic in self.topics))
        hard = dict.fromkeys(one for some in ranked for one in some)
        last = self.turns[-1]
        return Draft(
            recipe="dialogue",
            seed=first.seed,
            evidence=tuple(map(materials.grain, evidence)),
            messages=self._messages(),
            answer=last.answer,
            meta={
                "kind": self.kind,
                "form": "dialogue",
                "template": "dialogue." + "-".join(turn.move for turn in self.turns),
                "language": first.meta["language"],
                "layout": "stretch" if self.in_order else "long",
                "keep_order": True,
                "evidence": evidence,
                "rivals": sorted(rivals),
                "hard": [n for n in hard if n is not None and n not in rivals | set(evidence)],
                "by": first.meta.get("by", ""),
                "turns": [turn.told for turn in self.turns],
                **self.meta,
            },
        )

    def _messages(self) -> tuple[Message, ...]:
        name, words = self.speech.draw("instruction", wording.INSTRUCTIONS[self.speech.language])
        before: tuple[Span | Slot, ...] = (
            ours("instruction", name, words),
            ours("glue", "break", "\n\n"),
            Slot(),
        )
        messages = []
        for turn in self.turns:
            messages.append(Message(speaker="user", spans=(*before, *turn.asked)))
            messages.append(Message(speaker="assistant", spans=turn.reply))
            before = ()
        return tuple(messages)
