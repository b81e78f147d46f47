"""A draft of any recipe > the same with an outline, a window or lines of metadata about its context."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from longgrain.facts import holds
from longgrain.plan import Wrapping
from longgrain.protocols import Materials
from longgrain.recipes.hierarchy.nodes import nodes_of
from longgrain.recipes.hierarchy.outline import outline_of
from longgrain.recipes.hierarchy.speaking import title_of
from longgrain.recipes.hierarchy.wording import CONTENTS
from longgrain.types import Draft, Given, Message, Slot, Span
from longgrain.window import LINE, window_of

# Levels of an outline at most; where they do not fit, there are fewer.
DEPTH = 3
NO_CONTEXT = "its messages quote what is read themselves (layout none)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapped:
    """The draft, what was done to it, and what could not be done (name > reason)."""

    draft: Draft
    done: tuple[str, ...] = ()
    left: dict[str, str] = field(default_factory=dict)


def wrapped(draft: Draft, wrapping: Wrapping, materials: Materials) -> Wrapped:
    """The draft in all that a recipe's ``wrap`` asks for and that can be done to it."""
    found = Wrapped(draft=draft)
    if wrapping.window or wrapping.compress:
        found = _windowed(found, wrapping, materials)
    if wrapping.outline:
        found = _outlined(found, wrapping.outline, materials)
    if wrapping.metadata and "metadata" not in found.done:
        found = _lined(found, wrapping)
    return found


def _told(found: Wrapped, draft: Draft, **what: Any) -> Wrapped:
    """What was done, in the draft's own meta too."""
    told = {**draft.meta.get("wrapped", {}), **what}
    draft = replace(draft, meta={**draft.meta, "wrapped": told})
    done = tuple(name for name in what if name != "depth")
    return replace(found, draft=draft, done=(*found.done, *done))


def _left(found: Wrapped, reason: str, *names: str) -> Wrapped:
    return replace(found, left={**found.left, **dict.fromkeys(names, reason)})


def _windowed(found: Wrapped, wrapping: Wrapping, materials: Materials) -> Wrapped:
    """The context cut to a window around the evidence, which then stands in the messages."""
    draft, layout = found.draft, found.draft.meta.get("layout")
    names = ["window", *(["compress"] if wrapping.compress else [])]
    if layout == "none":
        return _left(found, NO_CONTEXT, *names)
    if layout != "long":
        return _left(found, "its context is a stretch of its document already", *names)
    reach = wrapping.reach(materials.longest)
    window = window_of(
        draft,
        materials,
        tokens=reach,
        share=wrapping.compress,
        names=wrapping.metadata,
    )
    if isinstance(window, str):
        return _left(found, window, *names)
    changed = _at_slot(draft, window.spans, keep=False)
    changed = replace(changed, meta={**changed.meta, "layout": "none"})
    what: dict[str, Any] = {"window": reach, "depth": window.depth}
    if window.compressed:
        what["compress"] = wrapping.compress
    elif wrapping.compress:
        found = _left(found, "nothing lies so far from the evidence", "compress")
    if any(map(_is_line, window.spans)):
        what["metadata"] = list(wrapping.metadata)
    return _told(found, changed, **what)


def _is_line(span: Span) -> bool:
    return isinstance(span.origin, Given) and span.origin.source == LINE


def _outlined(found: Wrapped, tokens: int, materials: Materials) -> Wrapped:
    """The outlines of the evidence's documents before the context."""
    draft = found.draft
    if draft.meta.get("outlined"):
        return _left(found, "it brings an outline of its own", "outline")
    if "window" not in found.done and draft.meta.get("layout") == "none":
        return _left(found, NO_CONTEXT, "outline")
    documents = list(dict.fromkeys(grain.doc_id for grain in draft.evidence))
    if not documents:
        return _left(found, "it has no evidence", "outline")
    spans: list[Span] = []
    for doc_id in documents:
        nodes = nodes_of(materials, doc_id)
        made = outline_of(nodes, depth=DEPTH, tokens=tokens // len(documents), materials=materials)
        if made is None:
            return _left(found, "its document has too few headings for an outline", "outline")
        if holds(made.text, draft.answer):
            return _left(found, "the outline would tell the answer", "outline")
        title = title_of(materials, doc_id)
        grain = materials.made("wrap", made.text, of=doc_id, title=title)
        lead = CONTENTS["zh" if draft.meta.get("language") == "zh" else "en"]
        spans += [
            Span(role="metadata", origin=_own("outline"), text=lead.format(document=title)),
            Span(role="summary", origin=grain),
            Span(role="glue", origin=_own("break"), text="\n\n"),
        ]
    changed = _before_context(draft, tuple(spans))
    return _told(found, changed, outline=tokens)


def _outline(doc_id: str, tokens: int, materials: Materials) -> str:
    """The headings of what of a document is on this side; "" where there are too few."""
    known: dict[tuple[str, int], str] = materials.notes.setdefault("wrap/outlines", {})
    if (doc_id, tokens) not in known:
        nodes = nodes_of(materials, doc_id)
        made = outline_of(nodes, depth=DEPTH, tokens=tokens, materials=materials)
        known[doc_id, tokens] = made.text if made else ""
    return known[doc_id, tokens]


def _lined(found: Wrapped, wrapping: Wrapping) -> Wrapped:
    """A line before every grain of the pool; it is laid with the context."""
    layout = found.draft.meta.get("layout")
    if "window" in found.done:
        return _left(found, "its document has none of the parts asked for", "metadata")
    if layout == "none":
        return _left(found, NO_CONTEXT, "metadata")
    if layout != "long":
        reason = "its context is a stretch of its document, with no grains to set lines before"
        return _left(found, reason, "metadata")
    return _told(found, found.draft, metadata=list(wrapping.metadata))


def _own(name: str) -> Given:
    return Given(source="longgrain.wrap", id=name)


def _before_context(draft: Draft, spans: tuple[Span, ...]) -> Draft:
    """The spans before the slot, or before what took its place."""
    if any(isinstance(span, Slot) for one in draft.messages for span in one.spans):
        return _at_slot(draft, spans, keep=True)

    def told(messages: tuple[Message, ...]) -> tuple[Message, ...]:
        found = []
        for one in messages:
            at = next((n for n, span in enumerate(one.spans) if _is_read(span)), None)
            if at is not None and one.speaker == "user":
                one = replace(one, spans=(*one.spans[:at], *spans, *one.spans[at:]))
            found.append(one)
        return tuple(found)

    views = {name: told(messages) for name, messages in draft.views.items()}
    return replace(draft, messages=told(draft.messages), views=views)


def _is_read(span: Span | Slot) -> bool:
    """Whether a window begins here."""
    return isinstance(span, Span) and span.role in ("metadata", "summary", "distractor", "evidence")


def _at_slot(draft: Draft, spans: tuple[Span, ...], *, keep: bool) -> Draft:
    """The spans where the slot is: before it if it is kept, else in its place."""

    def parts(span: Span | Slot) -> tuple[Span | Slot, ...]:
        if not isinstance(span, Slot):
            return (span,)
        return (*spans, span) if keep else spans

    def told(messages: tuple[Message, ...]) -> tuple[Message, ...]:
        return tuple(
            replace(one, spans=tuple(part for span in one.spans for part in parts(span)))
            for one in messages
        )

    views = {name: told(messages) for name, messages in draft.views.items()}
    return replace(draft, messages=told(draft.messages), views=views)
