"""Sections > drafts about their title, their paragraphs, and where a sentence stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from longgrain.protocols import Materials
from longgrain.recipes.compress.selecting import compressed
from longgrain.recipes.drawn import draw
from longgrain.recipes.hierarchy import wording
from longgrain.recipes.hierarchy.nodes import Node, nodes_of, without_number
from longgrain.recipes.hierarchy.speaking import Said, opening, title_of
from longgrain.types import Draft, Dropped, Grain, Slot

# Characters of a sentence that is asked for, and tokens that are enough to find one.
SHORTEST, LONGEST = 24, 400
SENTENCES = 3


def about(materials: Materials, node: Node, kind: str, numbers: Sequence[int]) -> Said:
    """What all drafts about a section share."""
    doc_id = node.grain.doc_id
    return Said(
        materials=materials,
        kind=kind,
        doc_id=doc_id,
        language=materials.language(numbers[0]),
        numbers=numbers,
        seed=f"{node.grain.start}",
    )


def lost(node: Node, reason: str, detail: str = "") -> Dropped:
    """Why there is no draft about a section."""
    name = f"{node.grain.doc_id}:{node.grain.start}"
    return Dropped(step="draft", id=name, reason=reason, detail=detail or node.title)


def titled(
    materials: Materials, node: Node, *, outline: bool, depth: int, tokens: int
) -> Iterator[Draft | Dropped]:
    """A section without its heading, and the heading."""
    title = without_number(node.title)
    if node.is_mark or not any(map(str.isalpha, title)):
        yield lost(node, "the heading is a number alone")
        return
    titles = [one.title for one in nodes_of(materials, node.grain.doc_id)]
    words = materials.words(node.body)
    if titles.count(node.title) > 1:
        yield lost(node, "another section has the same heading")
        return
    said = about(materials, node, "hierarchy-title", node.numbers)
    spans, listed = said.outline(depth=depth, tokens=tokens) if outline else ((), ())
    # Its number can be told only where the outline says it.
    title = node.title if node.title in listed else title
    document = title_of(materials, node.grain.doc_id)
    first = opening(words, said.language)
    if "<" in first or not (first[:1].isalnum() or first[:1] in "“「《*_["):
        yield lost(node, "the section begins with markup", first)
        return
    if title in first:
        yield lost(node, "the heading is repeated where its section begins")
        return
    yield said.draft(
        purpose=wording.READ,
        before=(*spans, *said.quoted(node.body)),
        question=said.asked("title", wording.TITLE_ASKED, document=document, opening=first),
        answer=said.told(title),
        said=title,
        form="title",
        layout="none",
        meta={"outlined": bool(spans)},
    )


def paragraphed(
    materials: Materials, node: Node, *, outline: bool, depth: int, tokens: int
) -> Iterator[Draft | Dropped]:
    """A section, words from inside one of its paragraphs, and the sentence that opens the paragraph."""
    chosen = _paragraph(materials, node)
    if chosen is None:
        yield lost(node, "no paragraph has enough plain sentences")
        return
    first, other = chosen
    said = about(materials, node, "hierarchy-paragraph", node.numbers)
    begin = beginning(other, said.language)
    inside = _plain(materials.words(node.body))
    if inside.count(_plain(begin)) != 1 or inside.count(_plain(first)) != 1:
        yield lost(node, "the words are said in more than one place", begin)
        return
    spans, _ = said.outline(depth=depth, tokens=tokens) if outline else ((), ())
    name = node.title or title_of(materials, node.grain.doc_id)
    yield said.draft(
        purpose=wording.READ,
        before=(*spans, *said.quoted(node.body)),
        question=said.asked("paragraph", wording.PARAGRAPH_ASKED, title=name, words=begin),
        answer=said.told(first),
        said=first,
        form="quote",
        layout="none",
        meta={"outlined": bool(spans)},
    )


def _paragraph(materials: Materials, node: Node) -> tuple[str, str] | None:
    """The first and a later sentence of a paragraph of three or more, both plain; drawn."""
    found: list[tuple[Grain, list[str]]] = []
    for one in materials.tree(node.grain.doc_id):
        if one.start < node.body.start or one.end > node.body.end:
            continue
        if one.kind == "paragraph":
            found.append((one, []))
        elif one.kind == "sentence" and found and one.end <= found[-1][0].end:
            found[-1][1].append(materials.words(one))
    able = [said for _, said in found if len(said) >= SENTENCES and _is_plain(said[0])]
    while able:
        drawn = draw(node.grain.doc_id, node.grain.start, len(able))
        first, *others = able.pop(drawn % len(able))
        later = [one for one in others if _is_plain(one) and one != first]
        if later:
            return first, later[drawn % len(later)]
    return None


def _is_plain(sentence: str) -> bool:
    """One line of a fair length that begins with a word and ends as a sentence does."""
    whole = sentence.rstrip('”’"」） )')
    return (
        "\n" not in sentence
        and SHORTEST // 2 <= len(sentence) <= LONGEST
        and sentence[0].isalnum() | (sentence[0] in "“「《")
        and whole.endswith((".", "!", "?", "。", "！", "？"))
    )


def _plain(text: str) -> str:
    return " ".join(text.split())


def _best(materials: Materials, words: str) -> str:
    """The sentence that would be chosen first, where it is whole and of a fair length."""
    budget = max(24, materials.tokens([words])[0] // 2)
    chosen = compressed(words, "", budget, count_tokens=materials.tokens, keep=())
    for start, end in chosen.ranked:
        sentence = words[start:end]
        if _is_plain(sentence):
            return sentence
    return ""


def placed(
    materials: Materials, node: Node, *, depth: int, tokens: int
) -> Iterator[Draft | Dropped]:
    """The beginning of a sentence; the section it stands in, and the whole of it."""
    doc_id = node.grain.doc_id
    nodes = nodes_of(materials, doc_id)
    own = [one for one in nodes if one.grain.path[: len(node.grain.path)] == node.grain.path]
    end = min((one.grain.start for one in own if one is not node), default=node.body.end)
    words = materials.words(node.body)[: max(0, end - node.body.start)]
    sentence = _best(materials, words) if words.strip() else ""
    if len(sentence) < SHORTEST:
        yield lost(node, "no sentence of the section can be asked for")
        return
    start = node.body.start + words.index(sentence)
    numbers = materials.numbers(
        Grain(doc_id=doc_id, path=(), kind="window", start=start, end=start + len(sentence))
    )
    heading = materials.numbers(node.heading) if node.heading else []
    if len(numbers) != 1 or not heading:
        yield lost(node, "the sentence lies in more than one grain", sentence)
        return
    said = about(materials, node, "hierarchy-where", sorted({*heading, *numbers}))
    begin = beginning(sentence, said.language)
    text = materials.document(doc_id).text
    if _plain(text).count(_plain(begin)) != 1:
        yield lost(node, "the words are said in more than one place", begin)
        return
    if sum(one.path == node.path for one in nodes) > 1:
        yield lost(node, "another section has the same heading")
        return
    spans, titles = said.outline(depth=depth, tokens=tokens)
    path = " > ".join([one for one in node.path[:-1] if one in titles] + [node.title])
    told = wording.WHERE_TOLD[said.spoken]
    answer = told[said.speech.number % len(told)].format(path=path, quote=sentence)
    document = title_of(materials, doc_id)
    yield said.draft(
        purpose=wording.READ,
        before=(*spans, Slot()),
        question=said.asked("where", wording.WHERE_ASKED, document=document, words=begin),
        answer=said.told(answer),
        said=answer,
        form="where",
        layout="stretch",
        meta={"quotes": [sentence], "path": list(node.path), "outlined": bool(spans)},
    )


def beginning(sentence: str, language: str) -> str:
    """Enough of a sentence to look for, and not all of it."""
    if language.startswith("zh"):
        return sentence[: max(8, min(24, len(sentence) // 2))].rstrip("，、；：“（")
    words = sentence.split()
    return " ".join(words[: max(5, min(14, len(words) // 2))]).rstrip(",;:(")
