"""A draft by rule > the same fact asked for as a user of a search would, answered from its passages."""

from __future__ import annotations

from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.retrieve import wording
from longgrain.recipes.retrieve.asks import Ask, Style, asks, drawn, spoken
from longgrain.recipes.retrieve.found import Found, Search, answered, asked_of, cited, given
from longgrain.recipes.retrieve.joins import joins
from longgrain.recipes.retrieve.passages import Passages
from longgrain.recipes.stated import said, stated
from longgrain.types import Draft, Dropped, Span

STYLES: dict[str, tuple[Style, ...]] = {
    "retrieve-cite": ("fact", "claim"),
    "retrieve-quote": ("lookup", "fact", "claim"),
    "retrieve-plain": ("fact", "claim"),
    "retrieve-refuse": ("fact", "claim", "lookup"),
}
# The instruction of an unanswerable question is one that could have been answered.
ASKED_FOR = ("cite", "quote", "plain")


def by_rule(kind: str, draft: Draft, search: Search, turn: int) -> Found | Dropped:
    """A finished question of one kind, or why there is none."""
    if kind == "retrieve-joined":
        return _joined(draft, search, turn)
    if kind == "retrieve-plain" and search.materials.prompted:
        return _plain(draft, search, turn)
    ask = _ask(kind, draft, search.materials)
    if ask is None:
        return _lost(draft, "the sentence of the evidence cannot be asked about in other words")
    refuse = kind == "retrieve-refuse"
    shown = search.shown(draft, ask.question, turn, refuse=refuse, terms=ask.terms)
    if isinstance(shown, str):
        return _lost(draft, shown)
    language = draft.meta["language"]
    style = kind.removeprefix("retrieve-")
    if refuse:
        style = "quote" if ask.style == "lookup" else ASKED_FOR[drawn(draft.id) % len(ASKED_FOR)]
        return _refusal(draft, ask, shown, style, search.materials)
    quotes = [(shown.cites[0], ask.sentence)] if style == "quote" else []
    reply = ask.reply if style != "cite" else cited(ask.reply, shown.cites, language)
    said_of = [given("answer", "reply", reply, loss=1.0)] if reply else []
    question = given("question", ask.template, ask.question)
    return Found(
        messages=(
            asked_of(shown, question, style, language, search.materials),
            answered(said_of, quotes),
        ),
        answer=ask.answer,
        passages=shown,
        meta={"form": ask.form, "template": ask.template, "style": ask.style},
    )


def _ask(kind: str, draft: Draft, materials: Materials) -> Ask | None:
    """A question in the style whose turn it is, or in another one that the sentence allows."""
    found = stated(draft, materials)
    if found is None:
        return None
    styles = STYLES[kind]
    first = drawn("style", draft.id) % len(styles)
    language = spoken(draft.meta["language"])
    for style in (*styles[first:], *styles[:first]):
        if ask := asks(found, style, language, materials, draft.meta["hard"]):
            return ask
    return None


def _refusal(draft: Draft, ask: Ask, shown: Passages, style: str, materials: Materials) -> Found:
    language = draft.meta["language"]
    wordings = wording.REFUSE[spoken(language)][ask.style]
    number = drawn("refuse", ask.question) % len(wordings)
    words = wordings[number].format(k=len(shown.numbers))
    question = given("question", ask.template, ask.question)
    reply = given("answer", f"refuse-{ask.style}-{number}", words, loss=1.0)
    return Found(
        messages=(asked_of(shown, question, style, language, materials), answered([reply])),
        answer=words,
        passages=shown,
        meta={"form": "refusal", "template": ask.template, "style": ask.style},
    )


def _joined(draft: Draft, search: Search, turn: int) -> Found | Dropped:
    language = draft.meta["language"]
    join = joins(draft, spoken(language), search.materials)
    if join is None:
        return _lost(draft, "these two facts cannot be asked about in other words")
    shown = search.shown(draft, join.question, turn, refuse=False)
    if isinstance(shown, str):
        return _lost(draft, shown)
    places = dict(zip(shown.evidence, shown.cites, strict=True))
    marks = [f"[{places[number]}]" for number in join.evidence]
    question = given("question", join.template, join.question)
    reply = given("answer", "reply", join.reply.format(*marks), loss=1.0)
    kept = ("operands", "statements", "asked", "quantity")
    return Found(
        messages=(
            asked_of(shown, question, "cite", language, search.materials),
            answered([reply]),
        ),
        answer=join.answer,
        passages=shown,
        meta={
            "form": draft.meta["form"],
            "template": join.template,
            "style": "joined",
            **{name: draft.meta[name] for name in kept if name in draft.meta},
        },
    )


def _plain(draft: Draft, search: Search, turn: int) -> Found | Dropped:
    """A model's own question and reply, with passages before them."""
    shown = search.shown(draft, asked(draft), turn, refuse=False)
    if isinstance(shown, str):
        return _lost(draft, shown)
    language, reply = draft.meta["language"], said(draft)
    question = Span(role="question", origin=reply.origin, text=asked(draft))
    return Found(
        messages=(
            asked_of(shown, question, "plain", language, search.materials),
            answered([reply]),
        ),
        answer=draft.answer,
        passages=shown,
        meta={
            "form": draft.meta["form"],
            "template": "retrieve.plain",
            "style": "free",
            "quotes": list(draft.meta.get("quotes", ())),
        },
    )


def _lost(draft: Draft, reason: str) -> Dropped:
    return Dropped(step="draft", id=draft.id, reason=reason, detail=asked(draft))
