"""A draft and other words for passages that it quotes > the draft over made documents, its quotations at home in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from longgrain.augmentations.spoken import grains_in
from longgrain.protocols import Materials
from longgrain.types import MADE, Draft, Grain, Message, Slot, Span

LITERAL = ("number", "date", "name", "term", "quote")


def resting_on_words(draft: Draft) -> str:
    """Why the evidence of a draft must stay word for word, or "" where it may be told otherwise.

    It may where one fact of one sentence is asked for and the messages quote the passages
    themselves: then the answer does not hang on the order or the words of the rest.
    """
    meta = draft.meta
    if meta.get("layout") != "none":
        return "its evidence is laid among grains of the documents, whose words are not changed"
    if meta.get("wrapped"):
        return "its window is a stretch of its document, told as it stands"
    if meta.get("source") or meta.get("made"):
        return "its answer is held against the words of its source"
    if meta.get("form") not in LITERAL or not (meta.get("operands") or "cites" in meta):
        return "its answer may rest on the order or the words of its evidence"
    return ""


def with_homes(
    draft: Draft, told: Mapping[str, str], way: str, materials: Materials
) -> Draft | str:
    """The draft whose passages (words > other words) are made documents of these other words.

    What the assistant quotes out of such a passage is quoted from the made document. A reason where
    such a quotation does not stand in it exactly once, or a passage is a made document already.
    """
    said = {one: materials.words(one) for one in grains_in(draft, ("evidence", "distractor"))}
    passages = {one: told[words] for one, words in said.items() if words in told}
    if not passages:
        return "no passage of its own messages that may be told otherwise"
    homes: dict[Grain, Grain] = {}
    for grain, text in passages.items():
        document = materials.document(grain.doc_id)
        if document.source.startswith(MADE):
            return "a passage is a made document already"
        title = str(document.meta.get("title") or "")
        homes[grain] = materials.made(way, text, of=grain.doc_id, title=title)
    for quoted in _quoted_inside(draft, passages):
        around = next(one for one in passages if _inside(quoted, one))
        words, text = materials.words(quoted), passages[around]
        if text.count(words) != 1:
            return "a quotation does not stand in the passage as it is told now"
        start = text.index(words)
        home = homes[around]
        homes[quoted] = replace(home, kind=quoted.kind, start=start, end=start + len(words))
    return _rehomed(draft, homes)


def _quoted_inside(draft: Draft, passages: Mapping[Grain, str]) -> list[Grain]:
    """The grains quoted anywhere that lie inside one of the passages and are none themselves."""
    spans = (
        span for view in draft.every_view.values() for message in view for span in message.spans
    )
    grains = [span.grain for span in spans if isinstance(span, Span) and span.grain]
    return [
        one
        for one in dict.fromkeys(grains)
        if one not in passages and any(_inside(one, other) for other in passages)
    ]


def _inside(inner: Grain, outer: Grain) -> bool:
    same = inner.doc_id == outer.doc_id
    return same and outer.start <= inner.start and inner.end <= outer.end


def _rehomed(draft: Draft, homes: Mapping[Grain, Grain]) -> Draft:
    def told(messages: tuple[Message, ...]) -> tuple[Message, ...]:
        return tuple(
            replace(one, spans=tuple(_homed(span, homes) for span in one.spans)) for one in messages
        )

    views = {name: told(messages) for name, messages in draft.views.items()}
    return replace(draft, messages=told(draft.messages), views=views)


def _homed(span: Span | Slot, homes: Mapping[Grain, Grain]) -> Span | Slot:
    if isinstance(span, Slot) or not isinstance(span.origin, Grain):
        return span
    return replace(span, origin=homes.get(span.origin, span.origin))
