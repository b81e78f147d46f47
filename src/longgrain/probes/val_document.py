"""Sentences, published or of held-out documents > which of them holds a piece: VaL Probing's document task."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from longgrain.errors import PlanError
from longgrain.probes import published
from longgrain.probes.items import Entry, Items
from longgrain.protocols import Ground
from longgrain.types import Measure, Question, Size

FILE = "document_sentences.jsonl"
FOLDERS = ("pieces", "", "valprobing/pieces")
PIECE = {"en": 8, "zh": 10}  # words or characters that a sentence is asked for by; published: 8
SHORTEST, LONGEST = {"en": 14, "zh": 20}, {"en": 60, "zh": 120}
WORDS = {
    "en": (
        "Below is a list of sentences, one on each line.",
        'One sentence contains these words: "{mark}". Write out that whole sentence and nothing else.',
    ),
    "zh": (
        "下面是一些句子，每行一句。",
        "其中有一句话包含“{mark}”。请把这句话完整地写出来，不要写别的。",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ValDocument:
    """Retrieval in both directions: the piece stands in the middle of its sentence."""

    name: ClassVar[str] = "val_document"
    source: ClassVar[str] = "FILM (arXiv 2404.16811), VaL Probing, document sentence retrieval"
    sizes: ClassVar[tuple[int, ...]] = (800,)
    unit: ClassVar[str] = "sentences"
    controls: ClassVar[tuple[str, ...]] = ("evidence", "none")
    reply_tokens: ClassVar[int] = 128

    drop_last_of_span: bool = False
    """Leaves out the last of every 50 places in average and gap, as the published script does."""

    @property
    def measure(self) -> Measure:
        """The share of the sentence's words that the reply has."""
        settings = {"probe": "document", "drop_last_of_span": self.drop_last_of_span}
        return Measure(metric="valprobing", figure="val", settings=settings)

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """Questions of one size; English from the published pieces where the data folder has them."""
        pool = self._pool(ground)
        opening, ask = WORDS[ground.language]

        def prompt(context: str, asked: Entry) -> str:
            said = published.filled(ask, mark=asked.mark)
            return "\n\n".join((opening, context, said)) if context else said

        items = Items(ground=ground, name=self.name, pool=pool, joint="\n", prompt=prompt)
        yield from items.ask(size, count)

    def _pool(self, ground: Ground) -> list[Entry]:
        ground.said["comparable"] = "no: contexts and prompts are not the published ones"
        rows = published.items(ground, FILE, FOLDERS) if ground.language == "en" else None
        found = (
            [_entry(row) for row in rows]
            if rows
            else [one for said in ground.sentences if (one := _of(said, ground.language))]
        )
        if not found:
            raise PlanError(
                f"there are no sentences in language {ground.language!r}, so nothing can be asked: "
                f"name --documents, or the folder of {FILE} with --data"
            )
        return found


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(text=row["sentence"], mark=row["piece"], answer=row["sentence"])


def _of(sentence: str, language: str) -> Entry | None:
    """A sentence with the piece in its middle; None if it is too short, too long, or no prose."""
    said = " ".join(sentence.split())
    size = PIECE[language]
    if language == "zh":
        if not SHORTEST["zh"] <= len(said) <= LONGEST["zh"] or not said.endswith(
            ("。", "！", "？")
        ):
            return None
        start = (len(said) - size) // 2
        mark = said[start : start + size]
        prose = 2 * len(re.findall("[一-鿿]", mark)) > size
        return Entry(text=said, mark=mark, answer=said) if prose else None
    words = said.split(" ")
    if not SHORTEST["en"] <= len(words) <= LONGEST["en"] or not re.match(r"[A-Z].*[.!?]$", said):
        return None
    start = (len(words) - size) // 2
    return Entry(text=said, mark=" ".join(words[start : start + size]), answer=said)
