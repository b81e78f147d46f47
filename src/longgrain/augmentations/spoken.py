"""A draft > the words in it that longgrain or its teacher said to the user's side, and the same with others there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from longgrain.types import Draft, Given, Grain, Message, Reply, Role, Slot, Span

# The first part of the sources of longgrain's own words; a user's own rows are called by their file.
OURS = "longgrain."


def own_spans(draft: Draft, roles: Sequence[Role]) -> list[Span]:
    """The spans of these roles in the turns of the user whose words are longgrain's or a teacher's."""
    spans = (span for one in draft.messages if one.speaker == "user" for span in one.spans)
    return [
        span for span in spans if isinstance(span, Span) and span.role in roles and _is_ours(span)
    ]


def _is_ours(span: Span) -> bool:
    if isinstance(span.origin, Given):
        return span.origin.source.startswith(OURS)
    return isinstance(span.origin, Reply)


def with_spans(draft: Draft, changed: Mapping[Span, Span]) -> Draft:
    """The draft with these spans exchanged, in every view alike."""

    def told(messages: tuple[Message, ...]) -> tuple[Message, ...]:
        return tuple(
            replace(
                one,
                spans=tuple(
                    span if isinstance(span, Slot) else changed.get(span, span)
                    for span in one.spans
                ),
            )
            for one in messages
        )

    views = {name: told(messages) for name, messages in draft.views.items()}
    return replace(draft, messages=told(draft.messages), views=views)


def with_text(span: Span, text: str, way: str) -> Span:
    """The span with other words. A teacher's stay a teacher's; our own say by which rule they came."""
    if isinstance(span.origin, Reply):
        return replace(span, text=text, origin=replace(span.origin, text=text))
    assert isinstance(span.origin, Given)
    return replace(span, text=text, origin=Given(source=f"{OURS}{way}", id=span.origin.id))


def marked(draft: Draft, way: str, *originals: Draft, **more: object) -> Draft:
    """The draft with what was done to it and to which drafts, for its lineage."""
    told = {"way": way, "of": [one.id for one in originals], **more}
    return replace(draft, meta={**draft.meta, "augmented": told})


def language_of(draft: Draft) -> str:
    """The language of our own words beside a draft: en or zh."""
    return "zh" if str(draft.meta.get("language", "")).startswith("zh") else "en"


def grains_in(draft: Draft, roles: Sequence[Role]) -> list[Grain]:
    """The grains that turns of the user quote in these roles, each once."""
    spans = (span for one in draft.messages if one.speaker == "user" for span in one.spans)
    found = [
        span.origin
        for span in spans
        if isinstance(span, Span) and span.role in roles and isinstance(span.origin, Grain)
    ]
    return list(dict.fromkeys(found))


def draw(number: int, *parts: str | int) -> int:
    """A number below ``number`` that looks random and is always the same for the same parts."""
    said = "\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(said).digest()[:8], "little") % number
