"""A group of sections > a summary of each, then one of all of them: the tree of summaries, bottom-up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from longgrain.fidelity import counts, lost
from longgrain.protocols import Materials
from longgrain.recipes.compress.reading import said_in, summary_of
from longgrain.recipes.compress.selecting import compressed
from longgrain.recipes.hierarchy import wording
from longgrain.recipes.hierarchy.nodes import Group, Node
from longgrain.recipes.hierarchy.speaking import RECIPE, Said, name_of
from longgrain.recipes.hierarchy.structure import about
from longgrain.recipes.hierarchy.structure import lost as dropped
from longgrain.types import Draft, Dropped, Refused, Reply, Request, Span

# A section is summed up in this share of its tokens, and all of them together in half of that.
SHARE = 0.25
LEAST, MOST = 64, 240


class Fallen(NamedTuple):
    """Why a summary could not be had."""

    reason: str


def summed(materials: Materials, group: Group, written: bool) -> Iterator[Draft | Dropped]:
    """The summaries of the sections, each under its heading, and their summary, which is learned."""
    made = _summed(materials, group, written)
    yield dropped(group, made.reason) if isinstance(made, Fallen) else made


def _summed(materials: Materials, group: Group, written: bool) -> Draft | Fallen:
    said = about(materials, group, "hierarchy-summary")
    texts: list[str] = []
    for found in _of_sections(materials, group, said.language, written):
        if isinstance(found, Fallen):
            return found
        texts.append(found)
    joined = "\n\n".join(
        f"{_headed(one)}{text}" for one, text in zip(group.members, texts, strict=True)
    )
    budget = max(LEAST, int(SHARE / 2 * group.tokens))
    budget = min(budget, materials.tokens([joined])[0] // 2)
    name = name_of(materials, group, said.language)
    whole = _one(materials, ["\n\n".join(texts)], said.language, budget, written, name, "chapter")
    if isinstance(whole, Fallen):
        return whole
    text, by = whole
    made = materials.made(RECIPE, text, of=group.doc_id, title=name)
    gone = lost(materials.words(group.grain), text)
    for kind, count in counts(gone).items():
        materials.count(f"{kind} left out of summaries, and listed", count)
    before = [
        span
        for one, words in zip(group.members, texts, strict=True)
        for span in _quoted(materials, one, words, said)
    ]
    return said.draft(
        purpose=wording.SUMMED,
        before=before,
        question=said.asked("summary", wording.SUMMARY_ASKED, name=name),
        answer=Span(role="answer", origin=made, loss=1.0),
        said=text,
        form="summary",
        layout="none",
        meta={
            "source": [group.doc_id, group.grain.start, group.grain.end],
            **{"made": made.doc_id, "lost": gone, "sections": len(texts)},
            **by,
        },
    )


def _headed(node: Node) -> str:
    return "" if node.is_told else f"{node.title}\n\n"


def _quoted(materials: Materials, node: Node, words: str, said: Said) -> tuple[Span, ...]:
    """A section's heading, where it has one, and its summary."""
    title = said.speech.own("metadata", "heading", _headed(node))
    made = materials.made(RECIPE, words, of=node.grain.doc_id, title=node.title)
    head = () if node.is_told else (title,)
    return (*head, Span(role="summary", origin=made), said.speech.glue())


def _of_sections(
    materials: Materials, group: Group, language: str, written: bool
) -> Sequence[str | Fallen]:
    texts = [materials.words(one.body) for one in group.members]
    sizes = materials.tokens(texts)
    budgets = [min(MOST, max(LEAST, int(SHARE * size))) for size in sizes]
    if not written:
        pairs = zip(texts, budgets, strict=True)
        return tuple(_chosen(materials, text, language, budget) for text, budget in pairs)
    requests = [
        _request(text, language, budget, one.title, "section")
        for one, text, budget in zip(group.members, texts, budgets, strict=True)
    ]
    replies = zip(materials.ask(requests), texts, budgets, strict=True)
    return tuple(_read(materials, reply, text, budget) for reply, text, budget in replies)


def _one(
    materials: Materials,
    texts: Sequence[str],
    language: str,
    budget: int,
    written: bool,
    name: str,
    level: str,
) -> tuple[str, Mapping[str, Any]] | Fallen:
    """The summary of summaries, and by whom it is."""
    if not written:
        text = _chosen(materials, texts[0], language, budget)
        return text if isinstance(text, Fallen) else (text, {"by": "extractive"})
    [reply] = materials.ask([_request(texts[0], language, budget, name, level)])
    text = _read(materials, reply, texts[0], budget)
    if isinstance(text, Fallen):
        return text
    assert isinstance(reply, Reply)
    return text, {"by": reply.teacher, "call": reply.call}


def _chosen(materials: Materials, text: str, language: str, budget: int) -> str | Fallen:
    found = compressed(text, language, float(max(2, budget)), count_tokens=materials.tokens)
    if found.problem:
        return Fallen("a section has no sentence that fits its summary")
    return found.text


def _request(text: str, language: str, budget: int, title: str, level: str) -> Request:
    words = max(15, budget if language.startswith("zh") else budget * 7 // 10)
    return Request(
        task="hierarchy.summary",
        material=(text,),
        settings={
            "language": language,
            "given": {"headings": title},
            "said": {"limit": words, "level": level},
        },
    )


def _read(materials: Materials, reply: Reply | Refused, source: str, budget: int) -> str | Fallen:
    """The words of a reply that is sound, or the reason why it is not."""
    said = said_in(reply)
    size = 0 if isinstance(said, str) else materials.tokens([said.text])[0]
    told = summary_of(reply, source, most=int(1.25 * budget) + 8, tokens=size)
    if isinstance(told, str):
        return Fallen(told)
    return told.text


def rehearsed(request: Request) -> str:
    """What a model would reply, by rule."""
    text = request.material[0]
    language = str(request.settings.get("language", ""))
    limit = int(request.settings.get("said", {}).get("limit", 60))
    return compressed(text, language, float(max(2, limit))).text
