"""A piece of a document and seeds > pairs that a language model makes in their manner, proved against the piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from longgrain.content_words import content_words
from longgrain.facts import facts, holds, plain
from longgrain.protocols import Materials
from longgrain.recipes.drawn import shuffled
from longgrain.recipes.imitate.seeds import Seed, Seeds, gives_of, size
from longgrain.recipes.quoting import invented
from longgrain.recipes.replied import told
from longgrain.recipes.written import Page
from longgrain.types import Grain, Reply, Request

# Of the words that say what an output is about, this share stands in the piece or the input.
BORNE_OUT = 0.6
# Words and Han characters of a quote, at least.
SHORTEST = 4
TASK = "imitate.pairs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One pair of a reply, and where its quote stands (None where it stands nowhere)."""

    input: str
    output: str
    quote: Grain | None
    reply: Reply
    number: int
    shown: tuple[Seed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked about one grain, and the seeds that were shown."""

    number: int
    shown: tuple[Seed, ...]
    request: Request


def requests(
    numbers: Sequence[int],
    seeds: Seeds,
    materials: Materials,
    *,
    shots: int,
    limit: int,
) -> list[Asked]:
    """For each grain a request for pairs, with some of the seeds of its language."""
    found = []
    for number in numbers:
        language = materials.language(number)
        mine = {one.id: one for one in seeds.of(language)}
        drawn = shuffled(list(mine), str(number), "shots")[:shots]
        shown = tuple(mine[one] for one in drawn)
        request = Request(
            task=TASK,
            material=(materials.text(number),),
            settings={
                "language": language,
                "limit": limit,
                "given": {"seeds": "\n\n".join(map(_shown, shown))},
            },
        )
        found.append(Asked(number=number, shown=shown, request=request))
    return found


def _shown(seed: Seed) -> str:
    return orjson.dumps({"input": seed.input, "output": seed.output}).decode()


def read(reply: Reply, asked: Asked, materials: Materials) -> Iterator[Pair | str]:
    """The pairs of a reply, or why it, or one of them, cannot be read."""
    said = told(reply, pairs=list)
    if isinstance(said, str):
        yield said
        return
    if not said["pairs"]:
        yield "the reply holds no pair"
    page = Page.of(materials.text(asked.number))
    for one in said["pairs"]:
        texts = _texts(one)
        if texts is None:
            yield "a pair of the reply lacks what was asked for (input, output, quote)"
            continue
        given, output, quote = texts
        place = _place(quote, page, materials.grain(asked.number))
        yield Pair(
            input=given,
            output=output,
            quote=place,
            reply=reply,
            number=asked.number,
            shown=asked.shown,
        )


def _place(quote: str, page: Page, cut: Grain) -> Grain | None:
    """Where a quote stands in a cut grain; a few words could stand anywhere."""
    span = page.find(quote) if size(quote) >= SHORTEST else None
    if span is None:
        return None
    start, end = cut.start + span[0], cut.start + span[1]
    return Grain(doc_id=cut.doc_id, path=(start,), kind="sentence", start=start, end=end)


def _texts(one: Any) -> tuple[str, str, str] | None:
    if not isinstance(one, Mapping):
        return None
    fields = [one.get(name) for name in ("input", "output", "quote")]
    texts = [str(text).encode("utf-8", "replace").decode().strip() for text in fields if text]
    return (texts[0], texts[1], texts[2]) if len(texts) == 3 else None


def stands(pair: Pair, piece: str, language: str) -> str:
    """ "" where the facts of an output are borne out by its piece, or what is wrong with them."""
    if pair.quote is None:
        return "the quote of a pair is not in the evidence"
    labels = {one.output for one in pair.shown if one.task.gives == "label"}
    if pair.output in labels:
        return ""
    read_ = plain(f"{piece}\n{pair.input}")
    known = "zh" if language == "zh" else "en"
    told_ = facts(pair.output, known, names=True)  # type: ignore[arg-type]
    named = [plain(one.text) for one in told_ if one.kind in ("date", "name")]
    if invented(pair.output, read_) or not all(holds(read_, one) for one in named):
        return "an output has a number, date or name that the evidence does not have"
    words = content_words(pair.output)
    if words and len(words & content_words(read_)) < BORNE_OUT * len(words):
        return "an output says what the evidence does not say"
    return ""


def is_of_its_task(pair: Pair) -> bool:
    """Whether an output is of the sort that the seeds shown give."""
    gives = gives_of(pair.output)
    sorts = {one.task.gives for one in pair.shown}
    labels = {one.output for one in pair.shown if one.task.gives == "label"}
    return gives in sorts or pair.output in labels or ("label" in sorts and gives == "answer")


def rehearsed(request: Request) -> str:
    """What a model might say: a question about each of the first facts of the piece."""
    zh, text = request.settings["language"] == "zh", request.material[0]
    pairs: list[dict[str, str]] = []
    for line in plain(text).replace("。", "。\n").replace(". ", ".\n").splitlines():
        words = line.strip()
        found = facts(words, "zh" if zh else "en")
        fact = next((one for one in found if one.kind in ("number", "date")), None)
        if fact and words in text and len(pairs) < request.settings["limit"]:
            gap = f"{words[: fact.start]}____{words[fact.end :]}"
            asked = f"“{gap}”里空着的是什么？" if zh else f"What is missing from “{gap}”?"
            pairs.append({"input": asked, "output": fact.text, "quote": words})
    return orjson.dumps({"pairs": pairs}).decode()
