"""Topics and a language model > the turns that it adds to a conversation, and why others fell.

The first turn, and the change of subject, are questions that were guarded like any other. What the
model adds refers back to them, and nothing of it is believed: see `reading`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

import orjson

from longgrain.facts import language_of
from longgrain.protocols import Materials
from longgrain.recipes.dialogue import wording
from longgrain.recipes.dialogue.moves import first, remembered
from longgrain.recipes.dialogue.reading import Asked, read
from longgrain.recipes.dialogue.topics import Topic
from longgrain.recipes.dialogue.turns import Conversation, Turn
from longgrain.types import WAITS, Draft, Dropped, Refused, Reply, Request

TASK = "dialogue.turns"
# Conversations that are asked for at a time, at most.
BATCH = 16
# A teacher that answers by file is asked for so many times the drafts that are still wanted.
SPARE = 1.5


def continued(
    kind: str,
    found: Iterator[tuple[Topic, ...] | Dropped],
    materials: Materials,
    wanted: int,
    opened: Callable[[str, tuple[Topic, ...]], tuple[Conversation, int]],
) -> Iterator[Draft | Dropped]:
    """Conversations whose later turns a model writes; ``opened`` says how many turns each is to have."""
    made = waiting = 0
    # No more is asked than may still be needed: replies cost money.
    while items := list(islice(found, min(BATCH, max(1, wanted - made)))):
        yield from (one for one in items if isinstance(one, Dropped))
        talks = [opened(kind, one) for one in items if not isinstance(one, Dropped)]
        begun = [(replace(talk, turns=_begun(talk, many)), many) for talk, many in talks]
        whole = [talk for talk, many in begun if len(talk.turns) == many]
        yield from (talk.draft(materials) for talk in whole)
        made += len(whole)
        begun = [(talk, many) for talk, many in begun if len(talk.turns) < many]
        requests = [_request(talk, many - len(talk.turns)) for talk, many in begun]
        for (talk, many), reply in zip(begun, materials.ask(requests), strict=True):
            item = _finished(talk, many - len(talk.turns), reply, materials)
            made += isinstance(item, Draft)
            waiting += isinstance(item, Dropped) and item.reason == WAITS
            yield item
        if waiting and made + waiting / SPARE >= wanted:
            return


def _begun(talk: Conversation, many: int) -> list[Turn]:
    """The first question, and the second subject's where there is room for more; a right premise."""
    one, *others = talk.topics
    turns = [first(one, wording.OPENING, "open", talk.speech)]
    if others and many > 2:
        turns.append(first(others[0], wording.TURNING, "turn", talk.speech))
    if talk.meta.get("premise") == "right":
        turns.append(remembered(one, talk.speech))
    return turns


def _request(talk: Conversation, more: int) -> Request:
    materials, topics = talk.topics[0].materials, talk.topics
    return Request(
        task=TASK,
        material=tuple(materials.text(topic.number) for topic in topics),
        settings={
            "language": topics[0].draft.meta["language"],
            "given": {"earlier": transcript(talk.turns)},
            "said": {"turns": more, "kind": _kind(talk)},
            "gold": topics[0].draft.answer,
        },
    )


def _kind(talk: Conversation) -> str:
    """What the model is asked to do; where a premise is right, only to go on."""
    settled = talk.meta.get("premise") == "right"
    return "follow" if settled else talk.kind.removeprefix("dialogue-")


def transcript(turns: Sequence[Turn]) -> str:
    """The turns so far, one line each for question and answer."""
    lines = []
    for turn in turns:
        for mark, spans in (("Q", turn.asked), ("A", turn.reply)):
            lines.append(f"{mark}: {''.join(span.text or '' for span in spans)}")
    return "\n".join(lines)


def _finished(
    talk: Conversation, more: int, reply: Reply | Refused, materials: Materials
) -> Draft | Dropped:
    name = talk.topics[0].draft.id
    if isinstance(reply, Refused):
        reason, _, detail = reply.reason.partition(": ")
        return Dropped(step="draft", id=name, reason=reason, detail=detail)
    asked = Asked(talk=talk, more=more, earlier=transcript(talk.turns), materials=materials)
    turns = read(reply, asked)
    if isinstance(turns, str):
        return Dropped(step="draft", id=reply.call, reason=turns, detail=reply.text[:200])
    return replace(talk, turns=[*talk.turns, *turns]).draft(materials)


def rehearsed(request: Request) -> str:
    """What a model might say, in the form of the prompt: sentences of the pieces, one a turn."""
    said, gold = request.settings["said"], str(request.settings["gold"])
    chinese = language_of("".join(request.material)) == "zh"
    turns = []
    for number in range(int(said["turns"])):
        piece = request.material[0].strip()
        quote = piece[: max(40, len(piece) // (number + 2))]
        question = (
            f"关于这一点还说了什么（{number}）？" if chinese else f"And what of it, {number}?"
        )
        reply, answer = quote, quote
        if said["kind"] == "premise" and not number:
            question = "那么它是77777，对吗？" if chinese else "So it is 77777, as you said?"
            reply = f"不对，是{gold}。" if chinese else f"No, it is {gold}."
            answer = gold
        elif said["kind"] == "compare":
            reply = f"前一个是{gold}。{quote}" if chinese else f"The first is {gold}. {quote}"
        turns.append({"question": question, "reply": reply, "answer": answer, "quote": quote})
    return orjson.dumps({"turns": turns}).decode()
