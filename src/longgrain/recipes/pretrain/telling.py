"""A mix that was planned > its drafts, what was left out of it, and how well its shares are met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from longgrain.protocols import Materials
from longgrain.recipes.pretrain.order import Pick
from longgrain.recipes.pretrain.texts import RECIPE, Part, Text, numbers_of, spans_of
from longgrain.types import Draft, Dropped, Given, Message, Span

BETWEEN = Given(source=RECIPE, id="blank line")
# A share is met where it is missed by no more than this much of the mix.
TOLERANCE = 0.01


def drafted(
    materials: Materials, texts: Sequence[Text], pick: Pick, kind: str, *, staged: bool
) -> Draft:
    """The draft of some pieces: raw text, all of it learned."""
    spans: list[Span] = []
    for part in pick.parts:
        if spans:
            spans.append(Span(role="glue", origin=BETWEEN, text="\n\n"))
        spans += spans_of(materials, texts[part.text], part)
    return _draft(materials, texts, pick, kind, spans, spans, staged=staged)


def said(
    materials: Materials,
    texts: Sequence[Text],
    pick: Pick,
    kind: str,
    words: Span,
    *,
    staged: bool,
    style: str,
) -> Draft:
    """The draft of a piece in a teacher's words."""
    quoted = [one for part in pick.parts for one in spans_of(materials, texts[part.text], part)]
    return _draft(materials, texts, pick, kind, [words], quoted, staged=staged, style=style)


def words_said(draft: Draft) -> str:
    """The words of a draft that stand inline."""
    spans = (span for one in draft.messages for span in one.spans if isinstance(span, Span))
    return "".join(span.text or "" for span in spans)


def _draft(
    materials: Materials,
    texts: Sequence[Text],
    pick: Pick,
    kind: str,
    spans: Sequence[Span],
    quoted: Sequence[Span],
    *,
    staged: bool,
    style: str = "",
) -> Draft:
    held = [texts[part.text] for part in pick.parts]
    numbers = numbers_of(materials, quoted)
    first = held[0]
    meta = {
        "kind": kind,
        "form": "text",
        "template": style or "text",
        "language": first.language,
        "layout": "none",
        "keep_order": True,
        "evidence": numbers,
        "rivals": [],
        "hard": [],
        "class": first.group,
        "source": first.source,
        "quality": dict(first.quality),
        "texts": len(held),
        # Between texts in one example nothing hides the one from the other.
        "attention": "crosses texts" if len(held) > 1 else "one text",
    }
    if first.relevance is not None:
        meta["relevance"] = round(first.relevance, 4)
    if staged:
        meta["stage"] = pick.stage
    if pick.repeat:
        meta["repeat"] = pick.repeat
    return Draft(
        recipe=RECIPE,
        # The same words come again under another seed, so that both have ids of their own.
        seed=materials.seed + pick.repeat,
        evidence=tuple(materials.grain(number) for number in numbers),
        messages=(Message(speaker="text", spans=tuple(spans)),),
        answer="",
        meta=meta,
    )


def tokens_of(
    texts: Sequence[Text],
    picks: Sequence[Pick],
    by: Callable[[Text], str],
    *,
    of: Callable[[Text], bool] = lambda text: True,
    whole: bool = False,
) -> Counter[str]:
    """Tokens of the mix by some name of their text; with ``whole`` those of all texts, each once."""
    found: Counter[str] = Counter()
    if whole:
        for text in texts:
            found[by(text)] += text.tokens
    for pick in picks:
        for part in pick.parts:
            if of(texts[part.text]):
                found[by(texts[part.text])] += part.tokens
    return found


def shortfalls(
    made: Mapping[str, float], wished: Mapping[str, float], where: str, *, above: bool = False
) -> Iterator[Dropped]:
    """Shares of the tokens that are missed by more than `TOLERANCE`; more is no miss with ``above``."""
    total = max(1.0, sum(made.values()))
    for name, share in wished.items():
        got = made.get(name, 0.0) / total
        if share - got > TOLERANCE or (got - share > TOLERANCE and not above):
            yield Dropped(
                step="draft",
                id=f"share of {name} {where}",
                reason="a share of the mix is missed",
                detail=f"{name}, {got:.1%} of the tokens {where}, {share:.1%} wished for",
            )


def unused(
    texts: Sequence[Text], picks: Sequence[Pick], reason: str
) -> Iterator[tuple[int, Dropped]]:
    """Texts, by number, of which nothing, or not all, is in the mix."""
    taken: Counter[int] = Counter()
    for pick in picks:
        for part in pick.parts:
            taken[part.text] += _characters(texts[part.text], part)
    for number, text in enumerate(texts):
        left = 1 - taken[number] / max(1, text.characters)
        if left > TOLERANCE:
            yield (
                number,
                Dropped(
                    step="draft",
                    id=f"{text.name}:{text.start}",
                    reason=reason,
                    detail=f"{left:.0%} of {text.tokens} tokens, {text.source}",
                ),
            )


def _characters(text: Text, part: Part) -> int:
    return sum(end - start for start, end in text.kept(part.start, part.end))


def between(drafts: Sequence[Pick], dropped: Sequence[Dropped]) -> Iterator[Pick | Dropped]:
    """Both in one row, what was dropped before what was made: a recipe is not asked on for nothing.

    A kind is given up on when too many in a row were dropped, so they are spread between the drafts.
    """
    each, at = -(-len(dropped) // max(1, len(drafts))), 0
    for draft in drafts:
        yield from dropped[at : at + each]
        at += each
        yield draft
    yield from dropped[at:]
