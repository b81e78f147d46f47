"""Grains > conversations of several turns over one document, in which later questions refer back.

Conversational question answering (Reddy et al. 2019, "CoQA", arXiv 1808.07042) over long documents:
every answer rests on evidence, and most questions cannot be understood without the turns before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from longgrain.errors import PlanError
from longgrain.facts import same_answer
from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.dialogue import comparing, wording
from longgrain.recipes.dialogue.moves import first, followed, misremembered, remembered
from longgrain.recipes.dialogue.topics import Topic, apart, disturbs
from longgrain.recipes.dialogue.turns import Conversation, Speech, Turn
from longgrain.recipes.dialogue.written import continued, rehearsed
from longgrain.recipes.drawn import drawn
from longgrain.recipes.in2 import In2
from longgrain.recipes.paced import paced
from longgrain.recipes.shares import counts, sound
from longgrain.types import Draft, Dropped

SHARES = {"follow": 0.25, "compare": 0.25, "premise": 0.25, "return": 0.25}
# Fewest turns that a kind needs: a return needs something to return from.
LEAST = {"follow": 2, "compare": 2, "premise": 2, "return": 3}
MOST = 8
# Evidence of one conversation lies within this share of what a row can hold, and so many tokens.
REACH, WITHIN = 0.5, 4096
# Grains of one document that are asked about one after the other, so that they meet in pairs.
RUN = 4
UNQUOTABLE = "the sentence that answers the question cannot be quoted as a whole"


@dataclass(frozen=True, kw_only=True)
class Dialogue:
    """Questions that follow up, compare with an earlier answer, rest on a mistake, or come back.

    ``shares`` of the kinds are scaled to 1, ``turns`` bounds the questions of a conversation, ``long``
    is the share of conversations whose evidence lies among grains of other documents; the rest have
    their own document in order. ``right`` is the share of premises that are none to correct.
    """

    name: ClassVar[str] = "dialogue"
    source: ClassVar[str] = "Reddy et al. 2019, CoQA, arXiv 1808.07042"

    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))
    turns: tuple[int, int] = (2, 5)
    long: float = 0.3
    right: float = 0.25

    def __post_init__(self) -> None:
        sound("dialogue", self.shares, SHARES)
        if not 2 <= self.turns[0] <= self.turns[1] <= MOST:
            raise PlanError(
                f"dialogue turns {list(self.turns)}: give two numbers from 2 to {MOST}, smaller "
                "first; with one turn there is nothing to refer back to"
            )
        short = [kind for kind, least in LEAST.items() if self.turns[1] < least]
        if any(self.shares.get(kind) for kind in short):
            raise PlanError(
                f"dialogue turns {list(self.turns)}: {', '.join(short)} needs three turns, so none "
                "could be made; allow three, or leave it out of the shares"
            )
        if not (0 <= self.long <= 1 and 0 <= self.right <= 1):
            raise PlanError(
                f"dialogue long {self.long}, right {self.right}: a share is from 0 to 1"
            )

    def kinds(self, examples: int) -> Mapping[str, int]:
        """Whole numbers by kind."""
        return counts(examples, {f"dialogue-{kind}": self.shares.get(kind, 0.0) for kind in SHARES})

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Conversations of one kind, spread over all documents of the side."""
        found = self._found(kind, materials, wanted)
        if materials.prompted:
            yield from continued(kind, found, materials, wanted, self._opened)
            return
        makers: dict[str, Callable[..., list[Turn]]] = {
            "dialogue-follow": _follow,
            "dialogue-compare": _compare,
            "dialogue-premise": _premise,
            "dialogue-return": _return,
        }
        for topics in found:
            if isinstance(topics, Dropped):
                yield topics
                continue
            opened, many = self._opened(kind, topics)
            turns = makers[kind](opened, many)
            if len(turns) < LEAST[kind.removeprefix("dialogue-")]:
                yield _lost(topics[0].draft, "nothing can be said of the sentence by rule")
            else:
                yield replace(opened, turns=turns).draft(materials)

    rehearse = staticmethod(rehearsed)

    def _opened(self, kind: str, topics: Sequence[Topic]) -> tuple[Conversation, int]:
        """The conversation before anything is said, and how many turns it is to have."""
        name = topics[0].draft.id
        low = max(self.turns[0], LEAST[kind.removeprefix("dialogue-")])
        many = low + drawn(self.turns[1] - low + 1, "turns", name)
        in_order = (
            drawn(1000, "layout", name) >= 1000 * self.long
            and not disturbs(topics, within=topics[0].materials.longest)
            and apart(topics[0], topics[-1]) <= _reach(topics[0].materials)
        )
        speech = Speech(language=topics[0].language, like=topics[0].said.text, name=name)
        right = drawn(1000, "right", name) < 1000 * self.right
        talk = Conversation(
            kind=kind,
            topics=topics,
            turns=(),
            in_order=in_order,
            speech=speech,
            meta={"premise": "right" if right else "wrong"} if kind == "dialogue-premise" else {},
        )
        return talk, many

    # --- what is talked about ---

    def _found(
        self, kind: str, materials: Materials, wanted: int
    ) -> Iterator[tuple[Topic, ...] | Dropped]:
        """One topic, or two of one document."""
        if kind == "dialogue-compare" and not materials.prompted:
            return _joined(kind, materials, wanted)
        if kind in ("dialogue-return", "dialogue-compare"):
            return _paired(kind, materials, wanted)
        return _single(kind, materials, wanted)


def _single(kind: str, materials: Materials, wanted: int) -> Iterator[tuple[Topic, ...] | Dropped]:
    for item in In2().questions(f"dialogue/{kind}", materials, wanted):
        yield _topic(item, materials)


def _topic(item: Draft | Dropped, materials: Materials) -> tuple[Topic, ...] | Dropped:
    if isinstance(item, Dropped):
        return item
    topic = Topic.of(item, materials)
    return (topic,) if topic else _lost(item, UNQUOTABLE)


def _joined(kind: str, materials: Materials, wanted: int) -> Iterator[tuple[Topic, ...] | Dropped]:
    """Two facts of the same kind, as the questions over two grains join them."""
    asking = In2(pieces=(2, 2))
    seen: set[frozenset[tuple[int, str]]] = set()
    for item in asking.questions(f"dialogue/{kind}", materials, wanted, "integration"):
        if isinstance(item, Dropped):
            yield item
            continue
        topics = comparing.topics(item, materials)
        if topics is None:
            yield _lost(item, "the two facts of the question cannot be compared")
        elif apart(*topics) >= 1 << 30:
            yield _lost(item, "the two facts stand in two documents")
        elif (pair := frozenset((one.number, one.found.answer) for one in topics)) in seen:
            yield _lost(item, "the two facts were compared before")
        else:
            seen.add(pair)
            yield topics


def _paired(kind: str, materials: Materials, wanted: int) -> Iterator[tuple[Topic, ...] | Dropped]:
    """Two topics of one document, from different grains, neither of which answers the other's question."""
    within = int(min(_reach(materials), WITHIN))
    among = paced(materials, run=RUN, within=within)
    waiting: dict[str, list[Topic]] = {}
    for item in In2().questions(f"dialogue/{kind}", materials, 2 * wanted, among=among):
        found = _topic(item, materials)
        if isinstance(found, Dropped):
            yield found
            continue
        [topic] = found
        others = waiting.setdefault(topic.said.grain.doc_id, [])
        for other in others:
            near = other.number != topic.number and apart(other, topic) <= within
            alike = same_answer(other.draft.answer, topic.draft.answer)
            if near and not alike and not disturbs([other, topic], within=0):
                others.remove(other)
                yield other, topic
                break
        else:
            others.append(topic)


def _reach(materials: Materials) -> float:
    return REACH * materials.longest


def _lost(draft: Draft, reason: str) -> Dropped:
    return Dropped(step="draft", id=draft.id, reason=reason, detail=asked(draft))


# --- what is said, by rule --------------------------------------------------------------------------


def following(
    talk: Conversation,
    topic: Topic,
    many: int,
    turns: Sequence[Turn],
    lead: wording.Wordings | None = None,
    *,
    may_end: bool = True,
) -> list[Turn]:
    """Up to so many further turns about one topic; ``may_end`` allows one that must be the last."""
    rivals = {number for one in talk.topics for number in one.draft.meta["rivals"]}
    found = followed(
        topic, talk.speech, many, talk.in_order, rivals, after=turns, lead=lead, may_end=may_end
    )
    return list(found)


def _follow(talk: Conversation, many: int) -> list[Turn]:
    """A question, and others about the same place."""
    [topic] = talk.topics
    turns = [first(topic, wording.OPENING, "open", talk.speech)]
    return [*turns, *following(talk, topic, many - 1, turns)]


def _compare(talk: Conversation, many: int) -> list[Turn]:
    one, two = talk.topics
    return comparing.compared(one, two, talk.speech, many)


def _premise(talk: Conversation, many: int) -> list[Turn]:
    """A question, at some later turn what the user takes for its answer, other questions around it."""
    [topic] = talk.topics
    right = talk.meta["premise"] == "right"
    put = remembered(topic, talk.speech) if right else misremembered(topic, talk.speech)
    if put is None:
        return []
    place = drawn(many - 1, "premise", topic.draft.id)
    turns = [first(topic, wording.OPENING, "open", talk.speech)]
    turns += following(talk, topic, place, turns, may_end=False)
    turns.append(put)
    return [*turns, *following(talk, topic, many - len(turns), turns)]


def _return(talk: Conversation, many: int) -> list[Turn]:
    """Two subjects, and back to the first; with more turns to the second and the first again."""
    one, two = talk.topics
    turns = [
        first(one, wording.OPENING, "open", talk.speech),
        first(two, wording.TURNING, "turn", talk.speech),
    ]
    for place in range(many - 2):
        topic, lead = ((one, wording.BACK), (two, wording.BACK_TO_OTHER))[place % 2]
        turns += following(talk, topic, 1, turns, lead)
    return turns
